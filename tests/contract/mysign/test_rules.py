"""A citizen who confirms, refuses or looks away; tokens that end; pushes with and without our token: rule by rule."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from connectors.errors import (
    ContractBroken,
    CredentialsRefused,
    Forged,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import EffectClass
from connectors.kit.sandbox import Sandbox, SandboxAnswer, route, serve
from connectors.kit.signing.asked import asked_about
from connectors.mysign import wire
from connectors.mysign.notifications import hint, token_for
from connectors.mysign.sandbox import MysignSandbox
from connectors.mysign.settings import Settings
from mappings.canonical.signing import Mechanism, SigningState
from tests.contract.mysign.conftest import SIGNER, request, serving, settings
from tests.support.clock import VirtualClock

HOOK = {"hook_user": "viettel", "hook_password": "mat-khau-cap-cho-viettel"}


def test_a_citizen_who_confirms_after_a_while():
    """Values with line breaks, in the order of the request, really of the key."""
    with serving() as world:
        world.citizen(does="confirm", after_seconds=30)
        asked = request("Tờ khai", "Giấy ủy quyền")
        session = world.client.sign_hashes(asked)
        about = asked_about(asked, session.their_reference)
        assert world.client.session_status(about).state is SigningState.WAITING
        world.sandbox.clock.advance(timedelta(seconds=31))
        ended = world.client.session_status(about)
        assert ended.state is SigningState.SIGNED
        holder = world.sandbox.holders["VT-A"]
        for value, one in zip(ended.values, asked.documents, strict=True):
            assert value.document == one.document
            assert value.value == base64.b64encode(holder.sign(bytes.fromhex(one.sha256))).decode()
        assert world.books()["sessions"][0]["description"].startswith("KY-20261123-0001 ")


def test_values_that_name_their_document_are_put_in_order():
    """Their push has them so; the status may."""
    with serving(MysignSandbox(clock=VirtualClock(), by_document=True)) as world:
        asked = request("A", "B")
        session = world.client.sign_hashes(asked)
        ended = world.client.session_status(asked_about(asked, session.their_reference))
        assert [one.document for one in ended.values] == ["TL-1", "TL-2"]


@pytest.mark.parametrize(
    ("does", "state", "code"),
    [
        ("refuse", SigningState.REJECTED, "4002"),
        ("ignore", SigningState.EXPIRED, "4001"),
        ("fail", SigningState.FAILED, "4004"),
    ],
)
def test_a_citizen_who_refuses_or_looks_away(does, state, code):
    """Both end the session."""
    with serving() as world:
        world.citizen(does=does)
        session = world.client.sign_hashes(request())
        world.sandbox.clock.advance(timedelta(minutes=6))
        told = world.client.session_status(asked_about(request(), session.their_reference))
        assert (told.state, told.code, told.values) == (state, code, ())


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (0, SigningState.WAITING),
        (6000, SigningState.WAITING),
        (7777, SigningState.WAITING),
        (4005, SigningState.FAILED),
        (13004, SigningState.FAILED),
    ],
)
def test_every_number_has_a_meaning_and_an_unknown_one_is_waiting(code, state):
    """R6."""
    with serving() as world:
        world.citizen(does="ignore")
        session = world.client.sign_hashes(request())
        world.sandbox.sessions[session.their_reference].facts["code"] = code
        assert world.client.session_status(asked_about(request(), session.their_reference)).state is state
        world.sandbox.sessions[session.their_reference].facts["code"] = 50000
        with pytest.raises(Unavailable):
            world.client.session_status(asked_about(request(), session.their_reference))


@pytest.mark.parametrize("spoil", ["missing", "garbage"])
def test_values_that_do_not_fit_decide_nothing(spoil):
    """Neither signed nor failed."""
    with serving() as world:
        world.citizen(spoil=spoil)
        asked = request("A", "B")
        session = world.client.sign_hashes(asked)
        with pytest.raises(ContractBroken):
            world.client.session_status(asked_about(asked, session.their_reference))


def test_a_lost_answer_cannot_be_looked_up_and_says_so():
    """No name of ours is kept there."""
    with serving() as world:
        [sign] = [one for one in world.connection.operations if one.name == "sign_hashes"]
        assert (sign.effect_class, sign.look_up, sign.signature) == (EffectClass.EVIDENCE, None, True)
        world.fault("sign", "lose_answer", times=1)
        with pytest.raises(OutcomeUnknown):
            world.client.sign_hashes(request())
        with pytest.raises(Rejected) as refused:
            world.client.session_status(asked_about(request()))
        assert refused.value.code == "no-session"
        assert len(world.books()["sessions"]) == 1


def test_one_sign_in_serves_until_it_ends():
    """And belongs to one person."""
    with serving() as world:
        world.client.get_certificates(SIGNER)
        world.client.sign_hashes(request())
        assert world.books()["tokens"] == 1
        world.client.get_certificates("MST_0100000031-001")
        assert world.books()["tokens"] == 2
        world.sandbox.clock.advance(timedelta(minutes=59, seconds=30))
        world.client.get_certificates(SIGNER)
        assert world.books()["tokens"] == 3


def test_a_token_that_is_refused_in_the_middle_is_renewed_once():
    """A 401 proves that nothing was done."""
    with serving() as world:
        world.client.get_certificates(SIGNER)
        world.sandbox.tokens.clear()
        session = world.client.sign_hashes(request())
        assert session.state is SigningState.WAITING
        world.sandbox._user = lambda _: ""
        with pytest.raises(CredentialsRefused):
            world.client.get_certificates(SIGNER)
        assert world.sandbox.received["certificates"] == 4 + 1


@pytest.mark.parametrize(
    ("changes", "signer", "error"),
    [
        ({"client_id": "khac"}, SIGNER, CredentialsRefused),
        ({"client_secret": "sai"}, SIGNER, CredentialsRefused),
        ({}, "CMT_000000000000", Rejected),
    ],
)
def test_a_sign_in_that_fails_says_about_whom(changes, signer, error):
    """Us, or the signer."""
    with serving(**changes) as world, pytest.raises(error) as refused:
        world.client.get_certificates(signer)
    assert signer not in str(refused.value)
    if error is Rejected:
        assert refused.value.code == "signer-unknown"


def test_texts_for_the_signer_are_coded_and_cut_at_a_whole_letter():
    """Below 100 characters, whatever the name of a document."""
    coded = wire.shown("Đơn đề nghị cấp giấy phép xây dựng nhà ở riêng lẻ tại xã Nghĩa Thuận" * 2, 100)
    assert len(coded) < 100
    assert base64.b64decode(coded).decode().startswith("Đơn đề nghị cấp")
    assert wire.shown("Tờ khai", 100) == "VOG7nSBraGFp"
    with serving() as world:
        world.client.sign_hashes(request("Đơn đề nghị " * 20, description="Lý do " * 40))


def test_the_hash_may_be_hexadecimal():
    """One program sends it so; a setting."""
    with serving(MysignSandbox(clock=VirtualClock(), hash_coding="hex"), hash_coding="hex") as world:
        asked = request()
        session = world.client.sign_hashes(asked)
        assert world.books()["sessions"][0]["documents"] == {"TL-1": asked.documents[0].sha256}
        assert session.state is SigningState.WAITING


def test_what_cannot_be_signed_there_is_not_asked_for():
    """A curve, a certificate that is over, more than one confirmation takes."""
    with serving() as world:
        for changes, code in (
            ({"mechanism": Mechanism.ECDSA}, "not-sent"),
            ({"credential": "VT-NONE"}, "certificate-none"),
            ({"documents": request(*map(str, range(51))).documents}, "not-sent"),
        ):
            with pytest.raises(Rejected) as refused:
                world.client.sign_hashes(request(**changes))
            assert refused.value.code == code
        world.sandbox.holders["VT-A"].status = "revoked"
        with pytest.raises(Rejected) as refused:
            world.client.sign_hashes(request())
        assert refused.value.code == "certificate-not-active"
        assert world.books()["sessions"] == []


class Doors(Sandbox):
    """Our two doors, as the edge would have them."""

    system = "doors"

    def __init__(self, made, clock):
        super().__init__()
        self.made, self.clock, self.hints, self.forged = made, clock, [], 0

    @route("POST", "/hooks/mysign_token", "token")
    def token(self, request):
        try:
            return SandboxAnswer(
                200, {}, json.dumps(token_for(request.body, self.made, clock=self.clock)).encode()
            )
        except Forged:
            self.forged += 1
            return SandboxAnswer(403, {}, b"{}")

    @route("POST", "/hooks/mysign", "news")
    def news(self, request):
        try:
            said = hint(
                request.body,
                self.made,
                authorization=request.headers.get("authorization", ""),
                clock=self.clock,
            )
        except Forged:
            self.forged += 1
            return SandboxAnswer(403, {}, b"{}")
        self.hints.append(said)
        return SandboxAnswer(200, {}, b'{"status_code": "00"}')


@pytest.mark.parametrize("word", [HOOK["hook_password"], "doan-mo-mat-khau-nay"])
def test_their_push_in_two_steps_is_a_hint(word):
    """What was lost with an answer is told there: our name stands in the description."""
    clock = VirtualClock()
    doors = Doors(settings("https://a.example", **HOOK), clock)
    server = serve(doors)
    try:
        hook = (f"{server.url}/hooks/mysign_token", f"{server.url}/hooks/mysign", "viettel", word)
        with serving(MysignSandbox(clock=clock, hook=hook), wait=3, **HOOK) as world:
            world.fault("sign", "lose_answer", times=1)
            with pytest.raises(OutcomeUnknown):
                world.client.sign_hashes(request())
            [theirs] = world.sandbox.sessions
            world.sandbox.told(world.sandbox.sessions[theirs])
            if word != HOOK["hook_password"]:
                assert (doors.hints, doors.forged) == ([], 2)
                return
            [said] = doors.hints
            assert (said.transaction, said.their_reference, said.said) == (request().transaction, theirs, "1")
            assert world.books()["accepted"] == ["00"]
            ended = world.client.session_status(asked_about(request(), said.their_reference))
            assert ended.state is SigningState.SIGNED
    finally:
        server.close()


def test_a_token_of_ours_ends_and_cannot_be_made_up():
    """It holds its own end under a seal."""
    clock, made = VirtualClock(), settings("https://a.example", **HOOK)
    asked = json.dumps({"client_id": "viettel", "client_secret": HOOK["hook_password"]}).encode()
    token = token_for(asked, made, clock=clock)["access_token"]
    news = json.dumps(
        {"meta_data": {"transaction_id": "VT-1", "description": "x", "status": 1}, "data": {}}
    ).encode()
    assert hint(news, made, authorization=f"Bearer {token}", clock=clock).transaction == ""
    end, seal = token.split(".")
    for bad in (
        "",
        "Basic x",
        "Bearer ",
        f"Bearer {int(end) + 9}.{seal}",
        f"Bearer {end}.{seal[:-1]}0",
        f"Bearer .{seal}",
    ):
        with pytest.raises(Forged):
            hint(news, made, authorization=bad, clock=clock)
    with pytest.raises(Forged):
        hint(news, settings("https://a.example"), authorization=f"Bearer {token}", clock=clock)
    for raw in (b"", b"{}", b'{"meta_data": {"transaction_id": "a b"}}'):
        with pytest.raises(ValueError, match=r"body|meta_data|transaction_id"):
            hint(raw, made, authorization=f"Bearer {token}", clock=clock)
    clock.advance(minutes=6)
    with pytest.raises(Forged):
        hint(news, made, authorization=f"Bearer {token}", clock=clock)
    with pytest.raises(Forged):
        token_for(asked, settings("https://a.example"), clock=clock)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_secret": ""},
        {"wait": 3},
        {"hook_user": "a"},
        {"hook_user": "a", "hook_password": "ngan"},
        {"wait": 0},
    ],
)
def test_settings_that_contradict_themselves_are_refused(changes):
    """At start."""
    with pytest.raises(ValidationError):
        Settings(**{"base_url": "https://a.example", "client_id": "a", "client_secret": "b", **changes})
