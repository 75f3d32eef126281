"""What a signer does, what a service refuses, and what never reaches a log: rule by rule."""

from __future__ import annotations

import base64
import traceback
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from pydantic import SecretStr, ValidationError

from connectors.csc.sandbox import CscSandbox
from connectors.csc.settings import Settings
from connectors.errors import ContractBroken, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.exchanges import collecting
from connectors.kit.sandbox import SandboxAnswer
from connectors.kit.signing.asked import asked_about
from connectors.kit.signing.unlock import HeldUnlocks, Unlock
from mappings.canonical.signing import Mechanism, SigningState
from tests.contract.csc.conftest import PLANTED, TOKEN, request, serving
from tests.support.clock import VirtualClock


def v2(**facts) -> CscSandbox:
    return CscSandbox(clock=VirtualClock(), version="v2", token=TOKEN, **facts)


def verifies(service, session, asked) -> bool:
    key = service.sandbox.holders["CRED-A"].certificate.public_key()
    for value, one in zip(session.values, asked.documents, strict=True):
        raw = base64.b64decode(value.value)
        key.verify(raw, bytes.fromhex(one.sha256), padding.PKCS1v15(), Prehashed(hashes.SHA256()))
    return [value.document for value in session.values] == [one.document for one in asked.documents]


def test_several_documents_are_one_confirmation():
    """The signer confirms once."""
    with serving() as service:
        asked = request("Tờ khai", "Giấy ủy quyền", "Biên bản")
        session = service.client.sign_hashes(asked)

        assert session.state is SigningState.SIGNED
        assert verifies(service, session, asked)
        assert len(service.books()["sessions"]) == 1
        assert service.books()["sessions"][0]["transaction"] == asked.transaction


def test_version_2_waits_is_asked_and_finishes():
    """202 with a handle, then the SAD, then a signing that is polled as well."""
    with serving(v2(wait=True), asynchronous=True) as service:
        service.citizen(does="confirm", after_seconds=60)
        asked = request()
        session = service.client.sign_hashes(asked)
        assert session.state is SigningState.WAITING
        assert (
            service.client.session_status(asked_about(asked, session.their_reference)).state
            is SigningState.WAITING
        )
        assert service.client.finish_session(asked, session.their_reference).state is SigningState.WAITING
        service.sandbox.clock.advance(timedelta(seconds=61))

        agreed = service.client.session_status(asked_about(asked, session.their_reference))
        assert agreed.state is SigningState.SENT
        assert agreed.values == ()
        working = service.client.finish_session(asked, session.their_reference)
        assert working.state is SigningState.WAITING
        service.sandbox.sessions[session.their_reference.removeprefix("authorise:")].facts["slow"] = 1
        assert (
            service.client.session_status(asked_about(asked, working.their_reference)).state
            is SigningState.WAITING
        )
        ended = service.client.session_status(asked_about(asked, working.their_reference))
        assert ended.state is SigningState.SIGNED
        assert verifies(service, ended, asked)


@pytest.mark.parametrize(
    ("does", "state"), [("refuse", SigningState.REJECTED), ("ignore", SigningState.EXPIRED)]
)
def test_a_signer_who_refuses_or_never_looks(does, state):
    """Both end the session; neither is an error of ours."""
    with serving(v2(wait=True)) as service:
        service.citizen(does=does)
        session = service.client.sign_hashes(request())
        service.sandbox.clock.advance(timedelta(minutes=6))
        assert service.client.session_status(asked_about(request(), session.their_reference)).state is state
        assert service.client.finish_session(request(), session.their_reference).state is state
        assert service.books()["signed"] == []


def test_in_version_1_a_refusal_is_a_refusal():
    """The call itself is refused."""
    with serving() as service:
        service.citizen(does="refuse")
        with pytest.raises(Rejected) as refused:
            service.client.sign_hashes(request())
        assert refused.value.code == "access_denied"


@pytest.mark.parametrize("operation", ["authorize", "sign"])
@pytest.mark.parametrize("kind", ["lose_answer", "lose_request", "error_after_acting", "garbage", "half"])
def test_a_lost_answer_of_either_call_is_unknown(operation, kind):
    """A second asking would show the signer a second request."""
    with serving() as service:
        service.fault(operation, kind, times=1)
        with pytest.raises(OutcomeUnknown):
            service.client.sign_hashes(request())


def test_an_authorisation_that_could_not_be_used_is_unknown_and_of_a_handle_it_is_nothing():
    """The SAD ends with the call; a handle can be asked again."""
    with serving() as service:
        service.fault("sign", "closed", seconds=60)
        with pytest.raises(OutcomeUnknown):
            service.client.sign_hashes(request())
    with serving(v2(wait=True)) as service:
        session = service.client.sign_hashes(request())
        service.fault("sign", "closed", times=1, seconds=60)
        with pytest.raises(Unavailable):
            service.client.finish_session(request(), session.their_reference)
        assert service.client.finish_session(request(), session.their_reference).state is SigningState.SIGNED


@pytest.mark.parametrize("spoil", ["missing", "garbage"])
def test_values_that_do_not_fit_the_request_are_none(spoil):
    """One value less, or something that is no value."""
    with serving() as service:
        service.citizen(spoil=spoil)
        with pytest.raises(ContractBroken):
            service.client.sign_hashes(request("A", "B"))


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_pin_and_one_time_code_open_once(version):
    """They are typed in, used, and nowhere afterwards."""
    with serving(CscSandbox(clock=VirtualClock(), version=version, mode="explicit", token=TOKEN)) as service:
        with pytest.raises(Rejected) as refused:
            service.client.sign_hashes(request())
        assert refused.value.code == "unlock-needed"
        service.client.unlocks.put(request().transaction, Unlock(SecretStr("1234"), SecretStr("567890")))
        with collecting() as exchanges:
            assert service.client.sign_hashes(request()).state is SigningState.SIGNED
        assert not any(secret in repr(exchanges) for secret in PLANTED)
        with pytest.raises(Rejected):
            service.client.sign_hashes(request(transaction="KY-20261123-0002"))
        service.client.unlocks.put(request().transaction, Unlock(SecretStr("0000"), SecretStr("567890")))
        with pytest.raises(Rejected) as refused:
            service.client.sign_hashes(request())
        assert refused.value.code == "invalid-pin"
        service.client.unlocks.put(request().transaction, Unlock(SecretStr("1234"), SecretStr("1")))
        with pytest.raises(Rejected) as refused:
            service.client.sign_hashes(request())
        assert refused.value.code == "invalid-otp"


def test_a_seal_opens_with_the_pin_of_the_settings():
    """An organisation's seal has no phone."""
    sandbox = CscSandbox(clock=VirtualClock(), mode="explicit", token=TOKEN)
    with serving(sandbox, pins={"CRED-A": "1234"}) as service:
        with pytest.raises(Rejected) as refused:
            service.client.sign_hashes(request())
        assert refused.value.code == "invalid-otp"


def test_a_one_time_code_is_sent_and_its_empty_answer_is_one():
    """The answer has no body by the specification."""
    with serving() as service:
        service.client.send_otp("CRED-A")
        assert service.books()["otps"] == ["CRED-A"]


def test_what_agrees_in_a_browser_is_refused_here():
    """No call of ours can bring a browser about."""
    with serving(CscSandbox(clock=VirtualClock(), mode="oauth2code", token=TOKEN)) as service:
        with pytest.raises(Rejected) as refused:
            service.client.sign_hashes(request())
        assert refused.value.code == "mode"
        assert service.books()["sessions"] == []


@pytest.mark.parametrize("status", ["expired", "revoked", "suspended"])
def test_a_certificate_that_is_not_valid_there_is_not_asked_for(status):
    """Checked before the signer is bothered."""
    with serving() as service:
        service.sandbox.holders["CRED-A"].status = status
        with pytest.raises(Rejected) as refused:
            service.client.sign_hashes(request())
        assert refused.value.code == "certificate-not-active"
        assert service.books()["sessions"] == []


def test_a_certificate_that_our_own_lists_call_revoked_is_not_asked_for():
    """The provider may not know yet, or not say."""
    from connectors.kit.signing.certificates import Material

    with serving() as service:
        authority = service.sandbox.authority
        now = service.sandbox.clock.now()
        authority.revoked[service.sandbox.holders["CRED-A"].certificate.serial_number] = now - timedelta(
            days=1
        )
        from cryptography.hazmat.primitives.serialization import Encoding

        root, ca = (one.public_bytes(Encoding.DER) for one in (authority.root, authority.ca))
        service.client.door.material = lambda: Material((root,), (ca,), tuple(authority.lists(now)))
        with pytest.raises(Rejected) as refused:
            service.client.sign_hashes(request())
        assert refused.value.code == "certificate-revoked"
        with pytest.raises(Rejected):
            service.client.sign_hashes(request(credential="CRED-NONE"))
        assert service.client.sign_hashes(request(credential="CRED-B")).state is SigningState.SIGNED


def test_more_hashes_than_one_confirmation_takes_are_refused_here():
    """Above ``multisign`` they refuse; the signer would have been asked."""
    with serving(CscSandbox(clock=VirtualClock(), token=TOKEN, multisign=2)) as service:
        with pytest.raises(Rejected) as refused:
            service.client.sign_hashes(request("A", "B", "C"))
        assert refused.value.code == "not-sent"
        assert service.books()["sessions"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"transaction": "ngắn"},
        {"signer": ""},
        {"signer": "a b"},
        {"description": " "},
        {"documents": ()},
        {"documents": request("A").documents * 2},
    ],
)
def test_what_no_provider_should_see_does_not_leave(changes):
    """Refused before anything left."""
    with serving() as service:
        with pytest.raises(Rejected) as refused:
            service.client.sign_hashes(request(**changes))
        assert refused.value.code == "not-sent"
        assert service.sandbox.received == {}


def test_credentials_come_in_pages():
    """And a mark that never changes ends the reading."""
    with serving(CscSandbox(clock=VirtualClock(), token=TOKEN, page=1), user_in_list=False) as service:
        found = service.client.get_certificates("")
        assert [one.credential for one in found] == ["CRED-A", "CRED-B"]
        assert found[0].numbers == ("CCCD:001099000011",)
        assert found[0].most_hashes == 10
    with serving() as service:
        assert [one.credential for one in service.client.get_certificates("001099000012")] == ["CRED-B"]


def test_free_text_of_theirs_stays_outside():
    """It may name a person; the code says what matters."""
    with serving() as service:
        service.sandbox._authorize = lambda body: SandboxAnswer(
            400,
            {"Content-Type": "application/json"},
            '{"error": "invalid_request", "error_description": "Trần Thị Ký Thử may not"}'.encode(),
        )
        with pytest.raises(Rejected) as refused:
            service.client.sign_hashes(request())
        assert "Ký Thử" not in "".join(traceback.format_exception(refused.value))
        assert refused.value.code == "invalid_request"


def test_a_success_that_says_error_is_none():
    """HTTP 200 with an error body."""
    with serving() as service:
        service.sandbox._authorize = lambda body: SandboxAnswer(
            200, {}, b'{"error": "server_error", "SAD": "x"}'
        )
        with pytest.raises(ContractBroken):
            service.client.sign_hashes(request())


def test_the_parameters_of_pss_are_what_they_say():
    """Written by hand in the wire, read here by another library."""
    from asn1crypto import algos

    from connectors.csc import wire

    read = algos.RSASSAPSSParams.load(base64.b64decode(wire.PSS_PARAMETERS), strict=True).native
    assert read["hash_algorithm"]["algorithm"] == "sha256"
    assert read["mask_gen_algorithm"]["parameters"]["algorithm"] == "sha256"
    assert read["salt_length"] == 32
    assert set(wire.SIGN_OIDS) == set(Mechanism)


def test_settings_that_cannot_be_are_refused():
    """Version 1 has no asynchronous mode."""
    with pytest.raises(ValidationError):
        Settings(base_url="https://a.example", asynchronous=True)
    held = HeldUnlocks(most=1)
    held.put("a", Unlock())
    held.put("b", Unlock())
    assert held.take("a") is None
    assert held.take("b") is not None
    assert held.take("b") is None
