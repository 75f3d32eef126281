"""A citizen who confirms, refuses or looks away; lost answers; hints that lie: rule by rule."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from io import BytesIO

import pytest
from pydantic import ValidationError

from connectors.errors import (
    AlreadyDone,
    ContractBroken,
    CredentialsRefused,
    Forged,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import Call, Done, EffectClass, NotDone, Refused
from connectors.kit.sandbox import Sandbox, SandboxAnswer, route, serve
from connectors.kit.signing.asked import asked_about
from connectors.kit.signing.errors import WrongSignature
from connectors.kit.signing.pdf import finish_pdf, prepare_pdf
from connectors.smartca.notifications import hint
from connectors.smartca.sandbox import SmartcaSandbox
from connectors.smartca.settings import Settings
from mappings.canonical.codec import to_json
from mappings.canonical.signing import SealKind, SigningState
from tests.contract.signature_check.pdfs import blank
from tests.contract.smartca.conftest import SIGNER, request, serving, settings
from tests.support.clock import VirtualClock
from tests.support.waiting import eventually


def test_what_leaves_is_what_the_paper_shows():
    """Hexadecimal, lower case; our credentials; a name of our own; seen as bytes on the wire."""
    with serving() as service:
        seen = []
        real = service.sandbox._open
        service.sandbox._open = lambda body: seen.append(body) or real(body)
        service.client.sign_hashes(request())
        assert seen == [
            {
                "sp_id": "sp-tinh",
                "sp_password": "mat-khau-doi-tac",
                "user_id": SIGNER,
                "transaction_id": "KY-20261123-0001",
                "transaction_desc": "Ký hồ sơ H21.15-261123-0001",
                "serial_number": "5401A1",
                "time_stamp": "20261123010000Z",
                "sign_files": [
                    {
                        "data_to_be_signed": "861151f18cc1ca92d17f97a7ca948ceb9a27a8669addcb1b27bbd629b208734f",
                        "doc_id": "TL-1",
                        "file_type": "pdf",
                        "sign_type": "hash",
                    }
                ],
            }
        ]


@pytest.mark.parametrize("service", ["sp769", "csc"])
def test_a_citizen_who_confirms_after_a_while(service):
    """Waiting first; then a value for each document, which the key really made."""
    with serving(service=service) as world:
        world.control("citizen", does="confirm", after_seconds=40)
        asked = request("Tờ khai", "Giấy ủy quyền")
        session = world.client.sign_hashes(asked)
        about = asked_about(asked, session.their_reference)
        assert session.state is SigningState.WAITING
        assert world.client.session_status(about).state is SigningState.WAITING
        world.sandbox.clock.advance(timedelta(seconds=41))

        ended = world.client.session_status(about)

        assert ended.state is SigningState.SIGNED
        assert [one.document for one in ended.values] == ["TL-1", "TL-2"]
        holder = world.sandbox.holders["5401A1"]
        expected = base64.b64encode(holder.sign(bytes.fromhex(asked.documents[0].sha256))).decode()
        assert ended.values[0].value == expected
        assert len(world.books()["sessions"]) == 1


@pytest.mark.parametrize(
    ("does", "state"),
    [("refuse", SigningState.REJECTED), ("ignore", SigningState.EXPIRED), ("fail", SigningState.FAILED)],
)
def test_a_citizen_who_refuses_or_looks_away(does, state):
    """The older interface says so in published numbers."""
    with serving(service="csc") as world:
        world.control("citizen", does=does)
        session = world.client.sign_hashes(request())
        world.sandbox.clock.advance(timedelta(minutes=6))
        told = world.client.session_status(asked_about(request(), session.their_reference))
        assert told.state is state
        assert told.values == ()


def test_a_word_that_nobody_explained_is_waiting_until_the_operator_tells():
    """No list of words for refusal is published."""
    words = {"refused": "sig_rejected", "expired": "sig_expired"}
    sandbox = SmartcaSandbox(clock=VirtualClock(), words=words)
    with serving(sandbox) as world:
        world.control("citizen", does="refuse")
        world.client.sign_hashes(request())
        told = world.client.session_status(asked_about(request()))
        assert (told.state, told.code) == (SigningState.WAITING, "sig_rejected")
    sandbox = SmartcaSandbox(clock=VirtualClock(), words=words)
    with serving(sandbox, rejected_words={"sig_rejected"}, expired_words={"sig_expired"}) as world:
        world.control("citizen", does="refuse")
        world.client.sign_hashes(request())
        assert world.client.session_status(asked_about(request())).state is SigningState.REJECTED


@pytest.mark.parametrize("spoil", ["missing", "garbage"])
@pytest.mark.parametrize("service", ["sp769", "csc"])
def test_values_that_do_not_fit_decide_nothing(service, spoil):
    """Neither signed nor failed."""
    with serving(service=service) as world:
        world.control("citizen", spoil=spoil)
        asked = request("A", "B")
        session = world.client.sign_hashes(asked)
        with pytest.raises(ContractBroken):
            world.client.session_status(asked_about(asked, session.their_reference))


@pytest.mark.parametrize("spoil", ["other_hash", "other_key", "swapped"])
def test_a_wrong_value_is_found_before_it_is_written(spoil):
    """They may hand over anything; the certificate decides."""
    with serving() as world:
        world.control("citizen", spoil=spoil)
        holder = world.sandbox.holders["5401A1"]
        made, files = [], []
        for number in (1, 2):
            out = BytesIO()
            made.append(
                prepare_pdf(
                    BytesIO(blank(f"Trang {number}")), out, document=f"TL-{number}", name="a", certificate=holder.der,
                    moment=world.sandbox.clock.now(),
                )
            )  # fmt: skip
            files.append(out)
        asked = request(documents=tuple(one.asked() for one in made))
        world.client.sign_hashes(asked)
        ended = world.client.session_status(asked_about(asked))
        for file, one, value in zip(files, made, ended.values, strict=True):
            with pytest.raises(WrongSignature):
                finish_pdf(file, one, value.value, certificate=holder.der, moment=world.sandbox.clock.now())


def test_a_lost_answer_is_found_by_our_own_name():
    """Asked, not opened again."""
    with serving() as world:
        [sign] = [one for one in world.connection.operations if one.name == "sign_hashes"]
        call = Call("k", "r", {"request": to_json(request())}, deadline_seconds=5.0)
        world.control("citizen", does="confirm", after_seconds=60)
        world.fault("sign", "lose_answer", times=1)
        with pytest.raises(OutcomeUnknown):
            sign.perform(call)
        found = sign.look_up(call)
        assert isinstance(found, Done)
        assert not found.final
        world.sandbox.clock.advance(timedelta(minutes=2))
        found = sign.look_up(call)
        assert isinstance(found, Done)
        assert found.final
        assert found.data["session"]["values"]
        assert len(world.books()["sessions"]) == 1
        assert isinstance(
            sign.look_up(Call("k", "r", {"request": to_json(request(transaction="KY-NEVER-01"))})), NotDone
        )
        assert not sign.not_found_is_proof


def test_a_refusal_is_found_as_one():
    """After a lost answer too."""
    sandbox = SmartcaSandbox(clock=VirtualClock(), words={"refused": "sig_rejected"})
    with serving(sandbox, rejected_words={"sig_rejected"}) as world:
        world.control("citizen", does="refuse")
        world.client.sign_hashes(request())
        [sign] = [one for one in world.connection.operations if one.name == "sign_hashes"]
        found = sign.look_up(Call("k", "r", {"request": to_json(request())}))
        assert isinstance(found, Refused)


def test_what_cannot_be_found_is_declared_so():
    """By their name only, or in the older interface: a call to us or a person must tell."""
    for service, changes, kind in (
        ("sp769", {}, EffectClass.FINDABLE),
        ("sp769", {"status_by": "tran_code"}, EffectClass.EVIDENCE),
        ("csc", {}, EffectClass.EVIDENCE),
    ):
        with serving(service=service, **changes) as world:
            [sign] = [one for one in world.connection.operations if one.name == "sign_hashes"]
            assert sign.effect_class is kind
            assert (sign.look_up is None) == (kind is EffectClass.EVIDENCE)
            assert sign.signature


def test_the_status_may_go_by_their_name():
    """Papers disagree; a setting decides."""
    sandbox = SmartcaSandbox(clock=VirtualClock(), status_by="tran_code")
    with serving(sandbox, status_by="tran_code", status_credentials=False) as world:
        session = world.client.sign_hashes(request())
        ended = world.client.session_status(asked_about(request(), session.their_reference))
        assert ended.state is SigningState.SIGNED
        with pytest.raises(Rejected) as refused:
            world.client.session_status(asked_about(request()))
        assert refused.value.code == "not-found"


def test_an_answer_about_another_transaction_decides_nothing():
    """Whatever it says."""
    with serving() as world:
        world.client.sign_hashes(request())
        real = world.sandbox._status
        world.sandbox._status = lambda name: (
            real(name)[0],
            {**real(name)[1], "transaction_id": "KY-OTHER-0001"},
        )
        with pytest.raises(ContractBroken):
            world.client.session_status(asked_about(request()))
        world.sandbox._open = lambda body: (
            "sig",
            {"transaction_id": "KY-OTHER-0001", "tran_code": "TRAN-00000009"},
        )
        with pytest.raises(ContractBroken):
            world.client.sign_hashes(request(transaction="KY-20261123-0002"))


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (200, 400, Rejected),
        (200, 403, Rejected),
        (200, 401, CredentialsRefused),
        (401, 401, CredentialsRefused),
        (200, 500, OutcomeUnknown),
        (400, 500, OutcomeUnknown),
        (500, 400, OutcomeUnknown),
        (200, 201, ContractBroken),
        (200, "200.5", ContractBroken),
    ],
)
def test_the_worse_of_the_two_states_counts(status, code, error):
    """HTTP status and the number in the body are two things."""
    with serving() as world:
        raw = json.dumps({"status_code": code, "message": "Ông Phạm Văn Ký Thử", "data": None}).encode()
        world.sandbox._gateway, real = (
            lambda request, act, **more: (
                SandboxAnswer(status, {}, raw)
                if request.path.endswith("/sign")
                else real(request, act, **more)
            ),
            world.sandbox._gateway,
        )
        with pytest.raises(error) as told:
            world.client.sign_hashes(request())
        assert "Ký Thử" not in str(told.value)


def test_wrong_credentials_stop():
    """Renewing cannot help: they stand in every body."""
    with serving(sp_password="sai-mat-khau-roi") as world, pytest.raises(CredentialsRefused):
        world.client.get_certificates(SIGNER)


def test_the_same_transaction_twice_is_refused_there_and_told_apart_where_their_word_is_known():
    """Which word it is, is not published."""
    with serving() as world:
        world.client.sign_hashes(request())
        with pytest.raises(Rejected) as refused:
            world.client.sign_hashes(request())
        assert refused.value.code == "400:transaction_existed"
    with serving(duplicate_words={"transaction_existed"}) as world:
        world.client.sign_hashes(request())
        with pytest.raises(AlreadyDone):
            world.client.sign_hashes(request())


@pytest.mark.parametrize(
    ("status", "usable"),
    [
        ("Đang hoạt động", True),
        ("1", True),
        ("VALID", True),
        ("Thu hồi", False),
        ("revoked", False),
        ("lạ", None),
    ],
)
def test_the_word_for_a_certificate_comes_in_several_tongues(status, usable):
    """An unknown word says nothing; the certificate is judged by itself."""
    with serving() as world:
        world.sandbox.holders["5401A1"].status = status
        [held] = world.client.get_certificates(SIGNER)
        assert (held.their_status, held.usable, held.kind) == (status, usable, SealKind.PERSON)
        if usable is False:
            with pytest.raises(Rejected) as refused:
                world.client.sign_hashes(request())
            assert refused.value.code == "certificate-not-active"
            assert world.books()["sessions"] == []


def test_an_expired_certificate_is_not_asked_for():
    """Whatever they say of it."""
    with serving() as world:
        world.sandbox.clock.advance(timedelta(days=1500))
        with pytest.raises(Rejected) as refused:
            world.client.sign_hashes(request())
        assert refused.value.code == "certificate-expired"
        with pytest.raises(Rejected) as refused:
            world.client.sign_hashes(request(credential="5401B2"))
        assert refused.value.code == "certificate-none"
        [seal] = world.client.get_certificates("0100000021")
        assert (seal.kind, seal.numbers) == (SealKind.SEAL, ("MST:0100000021",))


def test_the_envelope_is_sometimes_left_out():
    """The older paper shows both."""
    sandbox = SmartcaSandbox(clock=VirtualClock(), envelope=False)
    with serving(sandbox, service="csc") as world:
        session = world.client.sign_hashes(request())
        ended = world.client.session_status(asked_about(request(), session.their_reference))
        assert ended.state is SigningState.SIGNED


def test_a_number_that_is_not_published_is_waiting_and_an_error_number_is_no_answer():
    """R6; 50000 is theirs, 65000 is a pack used up."""
    with serving(service="csc") as world:
        session = world.client.sign_hashes(request())
        about = asked_about(request(), session.their_reference)
        from connectors.smartca import sandbox as there

        before = dict(there._STATES)
        there._STATES["confirmed"] = 4999
        try:
            assert world.client.session_status(about).state is SigningState.WAITING
        finally:
            there._STATES.update(before)
        for code, error in ((50000, OutcomeUnknown), (65000, Rejected), (77, OutcomeUnknown)):
            world.sandbox._begun = lambda *_, code=code: (_ for _ in ()).throw(ValueError(str(code)))
            with pytest.raises(error):
                world.client.sign_hashes(request())
        with pytest.raises(Rejected) as refused:
            world.client.session_status(asked_about(request(), "TRAN-NOT-THERE"))
        assert refused.value.code == "not-found"


class Door(Sandbox):
    """Where their news arrive."""

    system = "door"

    def __init__(self):
        super().__init__()
        self.got: list[bytes] = []

    @route("POST", "/hooks/smartca", "hook")
    def hook(self, request):
        self.got.append(request.body)
        return SandboxAnswer(200, {}, b"{}")


def test_a_hint_that_lies_changes_nothing():
    """It brings values of its own; only the status call is believed."""
    door = Door()
    server = serve(door)
    try:
        with serving() as world:
            world.control("citizen", does="ignore")
            world.client.sign_hashes(request())
            lie = [{"doc_id": "TL-1", "signature_value": "AAAA", "timestamp_signature": None}]
            world.control(
                "hint", transaction="KY-20261123-0001", signed=lie, url=f"{server.url}/hooks/smartca"
            )
            eventually(lambda: door.got)

            told = world.connection.verifiers["smartca"](door.got[0])

            assert told.transaction == "KY-20261123-0001"
            assert not hasattr(told, "values")
            assert world.client.session_status(asked_about(request())).state is SigningState.WAITING
    finally:
        server.close()


def test_the_older_service_calls_once_and_says_both_names():
    """What was lost with an answer is told there."""
    door = Door()
    server = serve(door)
    try:
        with serving(service="csc", notify_url=f"{server.url}/hooks/smartca") as world:
            session = world.client.sign_hashes(request())
            for _ in range(2):
                world.sandbox.told(world.sandbox.sessions[session.their_reference])
            eventually(lambda: door.got)
            told = hint(door.got[0], settings("https://a.example", "csc"))
            assert (told.transaction, told.their_reference) == (
                request().transaction,
                session.their_reference,
            )
            assert len(world.sandbox.pushed) == 1
    finally:
        server.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"sp_id": "sp-tinh"}',
        b'{"sp_id": "sp-tinh", "status_code": 200, "transaction_id": "a/../b"}',
        b'{"sp_id": "sp-tinh", "status_code": true, "transaction_id": "KY-20261123-0001"}',
        b'{"sp_id": "sp-tinh", "sp_id": "sp-tinh", "status_code": 200, "transaction_id": "KY-20261123-0001"}',
    ],
)
def test_what_is_no_message_of_theirs_is_refused(raw):
    """Nothing is looked up for it."""
    with pytest.raises(ValueError):
        hint(raw, settings("https://a.example"))


def test_a_message_to_another_partner_is_forged():
    """Counted and dropped."""
    raw = b'{"sp_id": "khac", "status_code": 200, "transaction_id": "KY-20261123-0001", "signed_files": []}'
    with pytest.raises(Forged):
        hint(raw, settings("https://a.example"))


def test_a_silent_gateway_is_nothing_for_a_question():
    """Asked again later."""
    with serving() as world:
        world.client.sign_hashes(request())
        world.fault("status", "lose_answer", times=1)
        with pytest.raises(Unavailable):
            world.client.session_status(asked_about(request()))


@pytest.mark.parametrize(
    "changes",
    [
        {"sp_id": ""},
        {"sp_password": ""},
        {"rejected_words": {"a"}, "expired_words": {"a"}},
        {"active_words": {"x"}, "inactive_words": {"x"}},
        {"most_documents": 51},
    ],
)
def test_settings_that_contradict_themselves_are_refused(changes):
    """At start, with the name of the variable."""
    with pytest.raises(ValidationError):
        Settings(**{"base_url": "https://a.example", "sp_id": "a", "sp_password": "b", **changes})
