"""Before anybody is asked to sign, the certificate is looked at; and time stamps come over our own line."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.errors import Unavailable
from connectors.kit.reading import Unreadable
from connectors.kit.sandbox import Sandbox, SandboxAnswer, route, serve
from connectors.kit.signing.certificates import der_of, described, fit_to_sign
from connectors.kit.signing.errors import NotFit
from connectors.kit.signing.timestamps import TsaSettings, stamper_of
from tests.contract.signature_check.pdfs import stamper_of as dummy
from tests.contract.signature_check.pki import NOW
from tests.support.clock import VirtualClock


def held(holder, **facts):
    return described(holder.der, credential="c-1", **facts)


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("expired", "expired"),
        ("future", "not-yet-valid"),
        ("revoked", "revoked"),
        ("short", "weak-key"),
        ("small_curve", "weak-key"),
        ("enciphering", "key-usage"),
        ("official", "other-person"),
    ],
)
def test_a_certificate_that_would_not_be_valid_is_refused_before_its_holder_is_asked(
    world, material, who, code
):
    """A confirmation for nothing costs a signature of the pack and the citizen's patience."""
    number = "001099000001" if who == "official" else ""
    with pytest.raises(NotFit) as refused:
        fit_to_sign(held(getattr(world, who)), moment=NOW, material=material, number=number)
    assert refused.value.code == code


def test_a_sound_one_passes(world, material):
    """Of every kind of holder."""
    fit_to_sign(held(world.citizen), moment=NOW, material=material, number="001099000001")
    fit_to_sign(held(world.company), moment=NOW, material=material, number="0100000001-001")
    fit_to_sign(held(world.official), moment=NOW, material=material)
    fit_to_sign(held(world.citizen, usable=True), moment=NOW, material=None)


def test_unknown_is_not_good(world, material):
    """No list, an old list, another root with the same name."""
    for worse in (
        replace(material, crls=()),
        replace(material, crls=tuple(
            one.crl(since=NOW - timedelta(days=60), until=NOW - timedelta(days=30)) for one in (world.root, world.ca)
        )),
    ):  # fmt: skip
        with pytest.raises(NotFit) as refused:
            fit_to_sign(held(world.citizen), moment=NOW, material=worse)
        assert refused.value.code == "revocation-unknown"
        assert refused.value.worth_trying_again
    with pytest.raises(NotFit) as refused:
        fit_to_sign(held(world.citizen), moment=NOW, material=replace(material, roots=(world.same_name.der,)))
    assert refused.value.code == "unknown-root"
    with pytest.raises(NotFit) as refused:
        fit_to_sign(held(world.citizen, usable=False), moment=NOW, material=material)
    assert refused.value.code == "not-active"


def test_a_certificate_is_read_in_each_form_that_was_seen_and_in_no_other(world):
    """Line breaks and PEM lines come; half a certificate is none."""
    der = world.citizen.der
    text = base64.b64encode(der).decode()
    broken = "\r\n".join(text[at : at + 64] for at in range(0, len(text), 64))
    for form in (text, broken, world.citizen.pem.decode()):
        assert der_of(form, "cert") == der
    for bad in ("", text[:-8], text[4:], "không", base64.b64encode(der + b"x").decode()):
        with pytest.raises(Unreadable):
            der_of(bad, "cert")
    made = held(world.citizen)
    assert made.sha256 == hashlib.sha256(der).hexdigest()
    assert made.numbers == ("CCCD:001099000001",)
    assert made.key == "rsa 2048"


class Tsa(Sandbox):
    """A time stamping authority made of the library's own; ``say`` spoils its answers."""

    system = "tsa"

    def __init__(self, world, say=lambda answer: answer):
        super().__init__()
        self.world, self.say, self.asked = world, say, 0

    @route("POST", "/tsa", "time_stamp")
    def stamp(self, request):
        from asn1crypto import tsp

        self.asked += 1
        answer = asyncio.run(
            dummy(self.world.stamper, NOW).async_request_tsa_response(tsp.TimeStampReq.load(request.body))
        )
        return self.say(SandboxAnswer(200, {"Content-Type": "application/timestamp-reply"}, answer.dump()))


class OtherDigest(Tsa):
    """Answers the right question's nonce about something else."""

    @route("POST", "/tsa", "time_stamp")
    def stamp(self, request):
        from asn1crypto import tsp

        asked = tsp.TimeStampReq.load(request.body)
        changed = tsp.TimeStampReq(
            {
                "version": 1,
                "message_imprint": {
                    "hash_algorithm": {"algorithm": "sha256"},
                    "hashed_message": hashlib.sha256(b"other").digest(),
                },
                "nonce": asked["nonce"].native,
                "cert_req": True,
            }
        )
        return super().stamp(replace(request, body=changed.dump()))


def test_a_stamp_of_another_digest_with_the_right_nonce_is_none(world):
    """The library compares the nonce only."""
    with pytest.raises(Unavailable):
        stamped(world, made=OtherDigest)


def stamped(world, say=lambda answer: answer, made=Tsa, **settings):
    tsa = made(world, say)
    server = serve(tsa)
    stamper = stamper_of(
        TsaSettings(base_url=server.url, path="/tsa", deadline_seconds=2.0, **settings),
        clock=VirtualClock(NOW),
    )
    try:
        return asyncio.run(stamper.async_timestamp(hashlib.sha256(b"a").digest(), "sha256")), tsa
    finally:
        server.close()
        stamper._transport.close()


def test_a_time_stamp_is_of_this_very_digest(world):
    """And asked for once."""
    token, tsa = stamped(world)
    said = token["content"]["encap_content_info"]["content"].parsed
    assert said["message_imprint"]["hashed_message"].native == hashlib.sha256(b"a").digest()
    assert tsa.asked == 1


@pytest.mark.parametrize("spoil", ["html", "cut", "other", "empty", "status"])
def test_an_answer_that_is_no_stamp_of_it_is_nothing(world, spoil):
    """Nothing has happened then; it is asked for again, not for ever."""
    from asn1crypto import tsp

    asked = tsp.TimeStampReq.load(
        dummy(world.stamper, NOW).request_cms(hashlib.sha256(b"b").digest(), "sha256")[1].dump()
    )
    other = asyncio.run(dummy(world.stamper, NOW).async_request_tsa_response(asked)).dump()
    first: list[bytes] = []

    def say(answer: SandboxAnswer) -> SandboxAnswer:
        first.append(answer.body)
        return {
            "html": SandboxAnswer(200, {"Content-Type": "text/html"}, b"<html>"),
            "cut": replace(answer, body=answer.body[:-40]),
            "other": replace(answer, body=other),
            "empty": replace(answer, body=b""),
            "status": replace(answer, status=500),
        }[spoil]

    with pytest.raises(Unavailable):
        stamped(world, say, attempts=2)
    assert 1 <= len(first) <= 2


def test_the_government_authority_speaks_plain_http():
    """Nowhere else is that allowed."""
    assert TsaSettings(base_url="http://tsa.ca.gov.vn").base_url == TsaSettings().base_url
    for address in ("ftp://a.example", "http://user:word@a.example", "http://a.example/?x=1"):
        with pytest.raises(ValueError, match="base_url"):
            TsaSettings(base_url=address)
