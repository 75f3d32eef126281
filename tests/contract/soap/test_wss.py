"""WS-Security: what we put in, and who is believed. Signatures count by place, never by what an id points to."""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from pydantic import SecretStr

from connectors.errors import ContractBroken, CredentialsRefused, Forged, OutcomeUnknown, Rejected
from connectors.kit.effects import EffectClass
from connectors.kit.sandbox import SandboxAnswer, SandboxRequest, route, serve
from connectors.kit.soap.answers import Opened, opened
from connectors.kit.soap.readers import Reader
from connectors.kit.soap.sandbox import Asked, SoapProblem, SoapSandbox
from connectors.kit.soap.trust import Trust
from connectors.kit.soap.versions import Version
from connectors.kit.soap.wss import ID, Secured, Signature, UsernameToken, ds, wsse, wsu
from connectors.kit.soap.wss_verify import SeenHere, Verifier
from tests.contract.soap import stub
from tests.contract.soap.test_answers import CONTRACT, MNB, Rates
from tests.support.clock import MONDAY_MORNING, VirtualClock

READER = Reader(Rates, MNB)
BOTH = pytest.mark.parametrize("version", list(Version))
S11 = Version.V11
DAY = timedelta(days=1)


@cache
def key(kind: str) -> Any:
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, 1024 if kind == "rsa-short" else 2048)
    return ec.generate_private_key(ec.SECP256R1())


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(
    who: str = "signer",
    *,
    kind: str = "rsa",
    start: datetime = MONDAY_MORNING - 10 * DAY,
    end: datetime = MONDAY_MORNING + 10 * DAY,
    issuer: x509.Certificate | None = None,
    issuer_kind: str = "",
    authority: bool = False,
    signs: bool = True,
) -> x509.Certificate:
    usage = x509.KeyUsage(signs, False, not signs, False, False, authority, authority, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(who))
        .issuer_name(issuer.subject if issuer else name(who))
        .public_key(key(kind).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(authority, None), critical=True)
        .add_extension(usage, critical=True)
    )
    return builder.sign(key(issuer_kind or kind), hashes.SHA256())


def pem(found: x509.Certificate) -> bytes:
    return found.public_bytes(serialization.Encoding.PEM)


def body(version: Version = S11) -> etree._Element:
    text = (
        f'<s:Envelope xmlns:s="{version.namespace}"><s:Body><m:GetCurrenciesResponse xmlns:m="{MNB}">'
        "<m:GetCurrenciesResult>đ</m:GetCurrenciesResult></m:GetCurrenciesResponse></s:Body></s:Envelope>"
    )
    return etree.fromstring(text)


def signed(
    clock: VirtualClock, found: x509.Certificate | None = None, *, kind: str = "rsa", version: Version = S11
) -> etree._Element:
    """An answer with a whole signature over its body and its time."""
    made = body(version)
    signature = Signature(key(kind), found or certificate(kind=kind))
    Secured(clock, signature=signature).applied(made, version)
    return etree.fromstring(etree.tostring(made))


def judged(node: etree._Element, verifier: Verifier, version: Version = S11) -> Opened:
    found = opened(etree.tostring(node), version, understood=verifier.understands)
    verifier.verified(found, version)
    return found


def refusal(node: etree._Element, verifier: Verifier) -> str:
    with pytest.raises(Forged) as raised:
        judged(node, verifier)
    return str(raised.value)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


# ---- a name with its password ----------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("digest", [True, False])
def test_a_name_goes_out_with_nonce_and_time_from_the_seams(version, digest, clock):
    """The profile's own formula; with the same seams the same bytes."""
    token = UsernameToken("u", SecretStr("mật khẩu"), clock, digest=digest, salt=lambda: "00ff" * 8)
    made = body(version)
    Secured(clock, token=token, salt=lambda: "ab").applied(made, version)
    security = made[0][0]
    found = security.find(wsse("UsernameToken"))
    nonce, created = found.findtext(wsse("Nonce")), found.findtext(wsu("Created"))
    password = found.find(wsse("Password"))

    assert made[0].tag == version.tag("Header")
    assert security.get(version.tag("mustUnderstand")) in ("1", "true")
    assert base64.b64decode(nonce) == bytes.fromhex("00ff" * 8)
    assert created == "2026-11-23T01:00:00.000Z"
    by_hand = base64.b64encode(
        hashlib.sha1(bytes.fromhex("00ff" * 8) + created.encode() + "mật khẩu".encode()).digest()
    ).decode()
    assert password.text == (by_hand if digest else "mật khẩu")
    assert password.get("Type").endswith("#PasswordDigest" if digest else "#PasswordText")
    assert "mật khẩu" not in repr(token)
    stamped = security.find(wsu("Timestamp"))
    assert stamped.findtext(wsu("Expires")) == "2026-11-23T01:05:00.000Z"


class Guarded(SoapSandbox):
    """A service that checks names by the profile's formula, written apart from the client."""

    system = "stub"

    def __init__(self) -> None:
        super().__init__()
        self.nonces: list[str] = []

    @route("POST", "/service", "soap")
    def service(self, request: SandboxRequest) -> SandboxAnswer:
        return self.serve(request, {"GetCurrencies": self._answer})

    def _answer(self, asked: Asked) -> etree._Element:
        [token] = asked.envelope.iter("{*}UsernameToken")
        facts = {etree.QName(child).localname: child.text or "" for child in token}
        raw = base64.b64decode(facts["Nonce"]) + facts["Created"].encode() + b"bi-mat"
        if base64.b64encode(hashlib.sha1(raw).digest()).decode() != facts["Password"]:
            raise SoapProblem("wrong password", code="FailedAuthentication")
        if facts["Nonce"] in self.nonces:
            raise SoapProblem("seen", code="FailedAuthentication")
        self.nonces.append(facts["Nonce"])
        node = etree.Element(f"{{{MNB}}}GetCurrenciesResponse")
        etree.SubElement(node, f"{{{MNB}}}GetCurrenciesResult").text = "đ"
        return node


@BOTH
def test_a_service_that_checks_names_takes_ours_and_each_only_once(version, clock):
    """Every request has a nonce of its own."""
    served = Guarded()
    with serve(served) as server:
        for password, error in (("bi-mat", None), ("sai", CredentialsRefused)):
            token = UsernameToken("u", SecretStr(password), clock)
            port = stub.port(server.url, CONTRACT, version, securing=Secured(clock, token=token))
            for _ in range(3):
                if error is None:
                    found = port.call("rates", "GetCurrencies", {}, READER, effect_class=EffectClass.EVIDENCE)
                    assert found == Rates("đ")
                    continue
                with pytest.raises(error):
                    port.call("rates", "GetCurrencies", {}, READER, effect_class=EffectClass.EVIDENCE)
            port.transport.close()
    assert len(set(served.nonces)) == 3


# ---- our signature ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["rsa", "ec"])
@BOTH
def test_our_signature_is_taken_by_us_and_by_a_foreign_judge(version, kind, clock):
    """Signxml reads the same bytes by its own code."""
    from signxml import XMLVerifier
    from signxml.verifier import SignatureConfiguration

    found = certificate(kind=kind)
    node = signed(clock, found, kind=kind, version=version)
    opened_ = judged(node, Verifier(Trust([found]), clock), version)
    assert opened_.payload is not None

    config = SignatureConfiguration(require_x509=True, location=".//", expect_references=2)
    results = XMLVerifier().verify(
        etree.tostring(node), x509_cert=pem(found).decode(), id_attribute="Id", expect_config=config
    )
    tags = {etree.QName(result.signed_xml).localname for result in results}
    assert tags == {"Body", "Timestamp"}


def test_nothing_leaves_with_a_certificate_that_is_not_valid_now(clock):
    """They would refuse it; we say so before a byte leaves."""
    found = certificate(end=MONDAY_MORNING - DAY)
    secured = Secured(clock, signature=Signature(key("rsa"), found))
    port = stub.port("http://127.0.0.1:9", CONTRACT, securing=secured)
    with pytest.raises(Rejected, match="not valid now") as raised:
        port.call("rates", "GetCurrencies", {}, READER, effect_class=EffectClass.EVIDENCE)
    assert raised.value.code == "not-sent"
    port.transport.close()
    with pytest.raises(ValueError, match="time stamp"):
        Secured(clock, signature=Signature(key("rsa"), found), lives_seconds=0)


def test_key_and_certificate_must_be_a_pair():
    """A wrong file is found at the start, not by the other side."""
    raw = key("ec").private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="no pair"):
        Signature.of(raw, pem(certificate()))
    assert Signature.of(raw, pem(certificate(kind="ec"))).certificate.subject == name("signer")


# ---- attacks ---------------------------------------------------------------------------------------------------------

ANSWER = f"{{{MNB}}}GetCurrenciesResult"


def moved_aside(node: etree._Element) -> None:
    """The signed body wrapped away in the header, another one in its place: what zeep takes."""
    old = node.find(S11.tag("Body"))
    new = copy.deepcopy(old)
    del new.attrib[ID]
    next(new.iter(ANSWER)).text = "giả"
    node.replace(old, new)
    etree.SubElement(node[0], "Wrapper").append(old)


def moved_with_the_same_id(node: etree._Element) -> None:
    """As before, and both carry the id."""
    old = node.find(S11.tag("Body"))
    new = copy.deepcopy(old)
    next(new.iter(ANSWER)).text = "giả"
    node.replace(old, new)
    etree.SubElement(node[0], "Wrapper").append(old)


def moved_into_security(node: etree._Element) -> None:
    """The signed body within the security header itself."""
    old = node.find(S11.tag("Body"))
    new = copy.deepcopy(old)
    new.set(ID, "another")
    next(new.iter(ANSWER)).text = "giả"
    node.replace(old, new)
    node[0][0].append(old)


def moved_as_header_part(node: etree._Element) -> None:
    """The signed body as a header part of its own: a known place, but not the body's."""
    old = node.find(S11.tag("Body"))
    new = copy.deepcopy(old)
    new.set(ID, "another")
    next(new.iter(ANSWER)).text = "giả"
    node.replace(old, new)
    node[0].append(old)


def changed(node: etree._Element) -> None:
    next(node.iter(ANSWER)).text = "giả"


def second_header(node: etree._Element) -> None:
    node[0].append(copy.deepcopy(node[0][0]))


def second_header_elsewhere(node: etree._Element) -> None:
    etree.SubElement(node[0], "Wrapper").append(copy.deepcopy(node[0][0]))


def second_signature(node: etree._Element) -> None:
    node[0][0].append(copy.deepcopy(node[0][0].find(ds("Signature"))))


def no_signature(node: etree._Element) -> None:
    node[0][0].remove(node[0][0].find(ds("Signature")))


def no_security(node: etree._Element) -> None:
    node.remove(node[0])


def body_not_covered(node: etree._Element) -> None:
    info = next(node.iter(ds("SignedInfo")))
    info.remove(info.findall(ds("Reference"))[0])


def time_not_covered(node: etree._Element) -> None:
    info = next(node.iter(ds("SignedInfo")))
    info.remove(info.findall(ds("Reference"))[1])


def newer_time(node: etree._Element) -> None:
    next(node.iter(wsu("Created"))).text = "2026-11-23T01:00:01.000Z"


def whole_document(node: etree._Element) -> None:
    next(node.iter(ds("Reference"))).set("URI", "")


def filtered(node: etree._Element) -> None:
    """A transform that could sign something else than what stands there."""
    next(node.iter(ds("Transform"))).set("Algorithm", "http://www.w3.org/TR/1999/REC-xpath-19991116")


def weak_digest(node: etree._Element) -> None:
    next(node.iter(ds("DigestMethod"))).set("Algorithm", "http://www.w3.org/2000/09/xmldsig#sha1")


def keyed_by_the_certificate(node: etree._Element) -> None:
    """HMAC with the public key as the secret."""
    next(node.iter(ds("SignatureMethod"))).set("Algorithm", "http://www.w3.org/2000/09/xmldsig#hmac-sha1")


def another_certificate(node: etree._Element) -> None:
    token = next(node.iter(wsse("BinarySecurityToken")))
    token.text = base64.b64encode(
        certificate("other", kind="ec").public_bytes(serialization.Encoding.DER)
    ).decode()


def no_certificate(node: etree._Element) -> None:
    next(node.iter(wsse("BinarySecurityToken"))).text = "AAAA"


def value_with_a_child(node: etree._Element) -> None:
    etree.SubElement(next(node.iter(ds("SignatureValue"))), "x")


ATTACKS: list[tuple[Callable[[etree._Element], None], str]] = [
    (moved_aside, "known places"),
    (moved_with_the_same_id, "twice"),
    (moved_into_security, "known places"),
    (moved_as_header_part, "Body: is not under"),
    (changed, "DigestValue"),
    (second_header, "Security: stands there twice"),
    (second_header_elsewhere, "Security: stands there twice"),
    (second_signature, "Signature: stands there twice"),
    (no_signature, "Signature: is missing"),
    (no_security, "Security: is missing"),
    (body_not_covered, "Body: is not under"),
    (time_not_covered, "Timestamp: is not under"),
    (newer_time, "DigestValue"),
    (whole_document, "known places"),
    (filtered, "exclusive"),
    (weak_digest, "SHA-256"),
    (keyed_by_the_certificate, "SignatureMethod"),
    (another_certificate, "SignatureMethod|SignatureValue|trust"),
    (no_certificate, "no X.509"),
    (value_with_a_child, "SignatureValue"),
]


@pytest.mark.parametrize(("attack", "why"), ATTACKS, ids=lambda value: getattr(value, "__name__", ""))
def test_an_attack_on_the_signature_is_seen(attack, why, clock):
    """Only the signed body in its place is used."""
    found = certificate()
    node = signed(clock, found)
    verifier = Verifier(Trust([found]), clock)
    judged(copy.deepcopy(node), Verifier(Trust([found]), clock))
    attack(node)
    import re

    assert re.search(why, refusal(node, verifier))


def test_the_same_message_twice_is_taken_once(clock):
    """A replay changes nothing; what is remembered ends with the message's own time."""
    found = certificate()
    node = signed(clock, found)
    verifier = Verifier(Trust([found]), clock)
    judged(node, verifier)
    assert "taken before" in refusal(node, verifier)
    clock.advance(minutes=4)
    assert "taken before" in refusal(node, verifier)
    judged(signed(clock, found), verifier)


@pytest.mark.parametrize(
    ("minutes", "why"), [(6, "too old"), (-2, "future"), (60 * 24, "too old"), (60 * 24 * 11, "expired")]
)
def test_a_message_belongs_to_its_time(minutes, why, clock):
    """Freshness checks refuse rather than let in."""
    found = certificate()
    node = signed(clock, found)
    clock.advance(minutes=minutes)

    assert why in refusal(node, Verifier(Trust([found]), clock))


def test_a_full_memory_refuses_rather_than_forgets():
    """Whoever can fill it must not be able to replay by it."""
    seen, now = SeenHere(most=2), MONDAY_MORNING
    end = now + timedelta(minutes=5)
    assert seen.first_time("a", end, now)
    assert seen.first_time("b", end, now)
    assert not seen.first_time("c", end, now)
    assert seen.first_time("c", end + DAY, end + timedelta(seconds=1))
    assert not seen.first_time("c", end + DAY, end + timedelta(seconds=2))


def test_only_those_whom_we_trust_are_believed(clock):
    """A good signature of somebody else is a forgery."""
    found = certificate()
    node = signed(clock, found)

    assert "nobody whom we trust" in refusal(node, Verifier(Trust([certificate("other", kind="ec")]), clock))
    with pytest.raises(ValueError, match="trusted"):
        Trust()
    judged(node, Verifier(Trust([certificate("old", kind="ec"), found]), clock))


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"end": MONDAY_MORNING - DAY}, "expired"),
        ({"start": MONDAY_MORNING + DAY}, "not valid yet"),
        ({"signs": False}, "not meant for signing"),
        ({"kind": "rsa-short"}, "too short"),
    ],
)
def test_a_pinned_certificate_must_also_be_fit(facts, why, clock):
    """Pinning is no reason to look away."""
    kind = facts.get("kind", "rsa")
    found = certificate(**facts)
    made = body()
    secured = Secured(
        VirtualClock(found.not_valid_before_utc + timedelta(hours=1)), signature=Signature(key(kind), found)
    )
    secured.applied(made, S11)

    assert why in refusal(made, Verifier(Trust([found]), clock))


def crl(authority: x509.Certificate, *revoked: int, end: datetime = MONDAY_MORNING + DAY) -> Any:
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(MONDAY_MORNING - DAY)
        .next_update(end)
    )
    for serial in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(MONDAY_MORNING - DAY)
        made = made.add_revoked_certificate(entry.build())
    return made.sign(key("ec"), hashes.SHA256())


def test_an_authority_vouches_only_with_its_list_of_what_it_took_back(clock):
    """Without a fresh list nobody can say."""
    root = certificate("root", kind="ec", authority=True)
    leaf = certificate(issuer=root, issuer_kind="ec")
    no_root = certificate("root", kind="ec", authority=False)

    def told(*lists: Any, authority: x509.Certificate = root) -> str:
        return refusal(signed(clock, leaf), Verifier(Trust((), [authority], lists), clock))

    judged(signed(clock, leaf), Verifier(Trust((), [root], [crl(root)]), clock))
    assert "nobody can say" in told()
    assert "nobody can say" in told(crl(root, end=MONDAY_MORNING - timedelta(minutes=1)))
    assert "taken back" in told(crl(root, leaf.serial_number)) or "took" in told(
        crl(root, leaf.serial_number)
    )
    assert "no authority" in told(crl(root), authority=no_root)
    assert "nobody whom we trust" in told(
        crl(root), authority=certificate("root", kind="rsa", authority=True)
    )


# ---- in a call -------------------------------------------------------------------------------------------------------


class Signing(SoapSandbox):
    """Answers what it is given."""

    system = "stub"

    def __init__(self) -> None:
        super().__init__()
        self.body = b""

    @route("POST", "/service", "service")
    def service(self, request: SandboxRequest) -> SandboxAnswer:
        return SandboxAnswer(200, {"Content-Type": "text/xml"}, self.body)


def test_an_answer_is_used_only_when_its_signature_holds(clock):
    """A write with a badly signed answer is unknown: anybody could have written it."""
    found = certificate()
    served = Signing()
    with serve(served) as server:
        port = stub.port(server.url, CONTRACT, judging=Verifier(Trust([found]), clock))

        def call() -> Rates:
            return port.call("rates", "GetCurrencies", {}, READER, effect_class=EffectClass.EVIDENCE)

        served.body = etree.tostring(signed(clock, found))
        assert call() == Rates("đ")
        with pytest.raises(ContractBroken, match="taken before"):
            call()
        for attack, _ in ATTACKS:
            node = signed(clock, found)
            attack(node)
            served.body = etree.tostring(node)
            with pytest.raises(OutcomeUnknown):
                call()
        served.body = etree.tostring(body())
        with pytest.raises(OutcomeUnknown, match="Security"):
            call()
        port.transport.close()


def test_a_message_that_a_foreign_library_signed_is_taken(clock):
    """Signxml writes prefixes, transforms and digests its own way."""
    from signxml import XMLSigner, methods

    found = certificate()
    node = signed(clock, found)
    security = node[0][0]
    ours = security.find(ds("Signature"))
    about = ours.find(ds("KeyInfo"))
    security.remove(ours)
    targets = [node.find(S11.tag("Body")).get(ID), security.find(wsu("Timestamp")).get(ID)]
    signer = XMLSigner(
        method=methods.detached,
        signature_algorithm="rsa-sha512",
        digest_algorithm="sha512",
        c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
    )
    theirs = signer.sign(
        node,
        key=key("rsa"),
        cert=[pem(found).decode()],
        reference_uri=[f"#{t}" for t in targets],
        id_attribute="Id",
    )
    theirs.replace(theirs.find(ds("KeyInfo")), about)
    # As text: moving an element would give it the prefixes of its new place, which are under the signature.
    end = b"</wsse:Security>"
    text = etree.tostring(node).replace(end, etree.tostring(theirs) + end)
    node = etree.fromstring(text)

    judged(node, Verifier(Trust([found]), clock))
    changed(node)
    assert "DigestValue" in refusal(node, Verifier(Trust([found]), clock))
