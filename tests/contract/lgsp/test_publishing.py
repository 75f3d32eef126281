"""What leaves us when a dossier is told to a province's platform, field by field, and what their answers mean."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from connectors.errors import AlreadyDone, ContractBroken, OutcomeUnknown, Rejected
from connectors.kit.effects import EffectClass
from connectors.kit.sandbox import SandboxAnswer, serve
from connectors.lgsp import translate, wire
from connectors.lgsp.connect import connected
from connectors.lgsp.sandbox import LgspSandbox
from mappings.canonical.dossier import DossierState, FeeKind
from mappings.canonical.file import FeeItem, FileRef, Paper, ResultPaper
from mappings.canonical.party import Party, PartyKind, PersonName
from tests.contract.conformance import Replaying
from tests.contract.lgsp.conftest import CODE, FILES, at, dossier, settings, step
from tests.support.clock import VirtualClock

SAMPLES = json.loads(Path(wire.__file__).with_name("contract").joinpath("samples.json").read_text("utf-8"))
JSON = {"Content-Type": "application/json"}


def document(**changes):
    return translate.document(dossier(**changes), settings(), FILES.__getitem__)


def test_the_whole_document_is_the_one_written_by_hand():
    """Order, names, types and the lower-case L, held against a message that no program made."""
    made = document()
    assert made == SAMPLES["document"]
    assert list(made) == list(SAMPLES["document"])


def test_a_step_is_the_one_written_by_hand():
    """Here the names are OrganizationIncharge…, there OrganIncharge…: both theirs."""
    made = translate.trace(
        step(),
        settings(),
        code=CODE,
        document_id="",
        agency="H42.15",
        agency_name="Sở Nông nghiệp và Môi trường",
    )
    assert made == SAMPLES["trace"]


def test_the_platform_has_it_as_it_was_told(platform):
    """Files arrive byte for byte; a second telling changes nothing."""
    client = platform.client()
    assert client.sync_dossier(dossier()) == "1"
    assert client.sync_dossier(dossier()) == "1"
    [kept] = platform.books()["documents"].values()
    assert kept["told"] == 2
    assert [(file["Attachmentld"], file["size"]) for file in kept["Attachments"]] == [
        (101, 12),
        (103, 0),
        (translate.whole_id("f-ket-qua"), 24),
    ]
    assert (kept["IsSuccess"], kept["IsReturned"]) == (True, "true")


def test_another_province_spells_it_otherwise():
    """By profile: the right spelling, true yes/no, decimals."""
    sandbox = LgspSandbox(clock=VirtualClock(), attachment_id="AttachmentId")
    with serve(sandbox) as server:
        client = connected(
            settings(server.url, attachment_id_name="AttachmentId"), clock=VirtualClock()
        ).client
        client.read_file = FILES.__getitem__
        assert client.sync_dossier(dossier()) == "1"
    other = settings(
        attachment_id_name="AttachmentId", text_flags=[], price_form="decimal", time_format="%d/%m/%Y %H:%M"
    )
    made = translate.document(dossier(), other, FILES.__getitem__)
    assert made["Attachments"][0]["AttachmentId"] == 101
    assert (made["IsReturned"], made["HasSupplementary"]) == (True, True)
    assert json.dumps(made["DocFees"][1]["Price"]) == "99999.0"
    assert made["DateReceived"] == "20/11/2026 08:00"


@pytest.mark.parametrize("amount", [0, 1, 99_999, 999_999_999_999])
def test_money_is_the_same_number_as_a_double(amount):
    """A double holds every whole đồng that we allow."""
    fee = (FeeItem("P", "Phí", FeeKind.PHI, amount),)
    for form in ("whole", "decimal"):
        made = translate.document(dossier(fees=fee), settings(price_form=form), FILES.__getitem__)
        text = json.dumps(made["DocFees"][0]["Price"])
        assert text == (str(amount) if form == "whole" else f"{amount}.0")


@pytest.mark.parametrize("amount", [-1, 10**12, True])
def test_what_is_no_fee_does_not_leave(amount):
    """Below nothing, or more than any fee."""
    with pytest.raises(ValueError, match="whole"):
        document(fees=(FeeItem("P", "Phí", FeeKind.PHI, amount),))


def test_optional_fields_with_nothing_to_tell_are_left_out_and_needed_ones_are_empty():
    """Their schema tells the two apart."""
    made = document(
        state=DossierState.RECEIVED,
        steps=(),
        supplements=(),
        due_at=None,
        finished_at=None,
        returned_at=None,
        applicant=Party(PartyKind.ENTERPRISE, PersonName("Công ty Thử"), tax_code="0100109106"),
    )
    assert {
        "Address",
        "Email",
        "ApproverName",
        "FinishedDate",
        "RequireSupplementaryDate",
        "Note",
    }.isdisjoint(made)
    assert (made["DateAppointed"], made["SuccessDate"], made["Phone"]) == ("", "", "")
    assert (made["IsSuccess"], made["IsReturned"], made["HasSupplementary"]) == (False, "false", "false")
    assert (made["ApplicantsId"], made["ApplicantsType"], made["Supplementaries"]) == ("0100109106", 2, [])


@pytest.mark.parametrize(
    ("state", "received", "number"),
    [(DossierState.REFUSED, None, 3), (DossierState.REFUSED, at(20), 8), (DossierState.DONE, at(20), 9)],
)
def test_refused_before_and_after_acceptance_are_two_states(state, received, number):
    """Từ chối tiếp nhận is not từ chối giải quyết."""
    assert document(state=state, received_at=received)["Status"] == number


@pytest.mark.parametrize(
    "changes",
    [
        {"state": DossierState.PENDING},
        {"fees": (FeeItem("T", "Thuế", FeeKind.THUE, 1),)},
        {"applicant": Party(PartyKind.OTHER, PersonName("Ai đó"))},
        {"papers": (), "results": ()},
        {"papers": (Paper("A", "A", files=(FileRef("nowhere", "a.pdf"),)),)},
        {"papers": (Paper("A", "A", files=(FileRef("101", "a.pdf", size=5),)),)},
        {"papers": (Paper("A", "A", files=(FileRef("101", "a.pdf", sha256="0" * 64),)),)},
        {"papers": (Paper("A", "A", files=(FileRef("101", "a"), FileRef("101", "b"))),)},
        {"summary": "a\0b"},
        {"due_at": at(20).replace(tzinfo=None)},
    ],
    ids=["state", "tax", "applicant", "no file", "lost file", "size", "digest", "twice", "NUL", "no zone"],
)
def test_what_cannot_be_told_truly_does_not_leave(platform, changes):
    """Refused by us, before a byte has left: repeating cannot help, and a person sees why."""
    with pytest.raises(Rejected) as caught:
        platform.client().sync_dossier(dossier(**changes))
    assert caught.value.code == "not-sent"
    assert platform.sandbox.received["sync_dossier"] == 0


def test_files_that_are_too_large_do_not_leave(platform):
    """Base64 is counted, as it travels."""
    with pytest.raises(Rejected, match="too large"):
        platform.client(largest_message_bytes=20).sync_dossier(dossier())


def test_without_a_file_store_nothing_with_files_leaves(platform):
    """An empty attachment would be worse than none."""
    client = connected(settings(platform.url), clock=VirtualClock()).client
    with pytest.raises(Rejected, match="not in the file store"):
        client.sync_dossier(dossier())


def test_a_dossier_without_files_goes_where_the_province_allows_it(platform):
    """The schema's 1..n is a setting."""
    made = translate.document(
        dossier(papers=(), results=()), settings(attachments_required=False), FILES.__getitem__
    )
    assert made["Attachments"] == []


def test_ids_that_are_no_numbers_become_the_same_number_every_time():
    """AttachmentId is whole; ours is a text."""
    assert translate.whole_id("101") == 101
    assert translate.whole_id("f-ket-qua") == 1_238_188_296
    assert 0 <= translate.whole_id(str(2**31)) < 2**31


def test_names_are_sent_composed():
    """A decomposed ễ is another text to a search."""
    made = document(applicant=Party(PartyKind.CITIZEN, PersonName("Nguye\u0302\u0303n")))
    assert made["CitizenName"] == "Nguy\u1ec5n"


def answered(body, **changes):
    sandbox = Replaying(LgspSandbox(clock=VirtualClock()), "sync_dossier", SandboxAnswer(200, JSON, body))
    with serve(sandbox) as server:
        client = connected(settings(server.url, **changes), clock=VirtualClock()).client
        client.read_file = FILES.__getitem__
        return client.sync_dossier(dossier())


def test_their_status_means_what_the_profile_says():
    """Success, refusal and duplicate are agreed per province; a text of digits counts as the number."""
    assert answered(b'{"Status":"200","Message":"OK"}', done_codes=[200]) == "200"
    with pytest.raises(Rejected) as refused:
        answered(b'{"Status":-3,"Message":"x"}', refused_codes=[-3])
    assert refused.value.code == "-3"
    with pytest.raises(AlreadyDone):
        answered(b'{"Status":2}', duplicate_codes=[2])


@pytest.mark.parametrize("body", [b'{"Status":0,"Message":"x"}', b'{"Status":200}', b'{"Status":2}'])
def test_a_status_without_agreed_meaning_is_unknown_and_never_success_or_refusal(body):
    """Nobody has published the list."""
    with pytest.raises(OutcomeUnknown) as caught:
        answered(body)
    assert not isinstance(caught.value, ContractBroken)


@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"Status":null}', b'{"Status":true}', b'{"Status":1.5}', b'{"Status":"OK"}', b'{"Status":1,"Status":1}',
     b'[{"Status":1}]', b'{"Status":1,"Message":7}', '{"Status":1,"Message":"\u1ea1"}'.encode("utf-16"), b'""'],
)  # fmt: skip
def test_an_answer_of_another_shape_is_broken(body):
    """Whatever they did is not known."""
    with pytest.raises(ContractBroken):
        answered(body)


def test_a_refusal_of_theirs_shows_no_free_text(platform):
    """Message may name a citizen; only the number is kept."""
    with pytest.raises(OutcomeUnknown) as caught:
        answered(b'{"Status":0,"Message":"Tran Thi Nhan 037190000123"}')
    assert "037190000123" not in str(caught.value)


def test_whether_it_may_be_sent_again_is_the_provinces_to_say(platform):
    """Assumed for dossiers, not for steps: a step sent twice is two lines there."""
    by_name = {o.name: o for o in connected(settings(), clock=VirtualClock()).operations}
    assert by_name["sync_dossier"].effect_class is EffectClass.IDEMPOTENT
    assert by_name["add_step"].effect_class is EffectClass.EVIDENCE
    other = connected(settings(sync_repeats=False, traces_repeat=True), clock=VirtualClock()).operations
    by_name = {o.name: o for o in other}
    assert by_name["sync_dossier"].effect_class is EffectClass.EVIDENCE
    assert by_name["add_step"].effect_class is EffectClass.IDEMPOTENT
    client = platform.client()
    for _ in range(2):
        client.add_step(step(), code=CODE, agency="H42.15", agency_name="Sở")
    assert len(platform.books()["traces"]) == 2


def test_figures_go_only_under_agreed_names(platform):
    """The fields of Statistic and Vote are not public: nothing is guessed."""
    with pytest.raises(Rejected, match="statistic_fields"):
        platform.client().send_statistic({"received": 1})
    client = platform.client(statistic_fields={"received": "TiepNhan", "on_time": "DungHan"})
    for facts in ({"received": 1}, {"received": 1, "on_time": 1, "late": 0}, {"received": 1, "on_time": 0.5}):
        with pytest.raises(Rejected):
            client.send_statistic(facts)
    assert client.send_statistic({"received": 12, "on_time": 11}) == "1"
    assert platform.books()["statistics"] == [{"TiepNhan": 12, "DungHan": 11}]
    assert platform.client(vote_fields={"score": "Diem"}).send_vote({"score": 5}, code=CODE) == "1"
    assert platform.books()["votes"] == [{"Diem": 5}]


def test_a_token_forgotten_in_mid_batch_is_asked_for_again():
    """Style 2 from the settings to the sandbox's own check, with a restart of theirs between two dossiers."""
    sandbox = LgspSandbox(
        clock=VirtualClock(), style="lgspaccesstoken", key="AK-test-01", secret="s3cret-Of-Nobody"
    )
    with serve(sandbox) as server:
        credentials = {
            "style": "lgspaccesstoken",
            "token_url": f"{server.url}/lgsp/token",
            "access_key": "AK-test-01",
            "secret_key": "s3cret-Of-Nobody",
            "app_name": "motcua",
            "partner_code": "0.0.H42",
            "partner_code_cus": "0.0.H42",
        }
        client = connected(settings(server.url, credentials=credentials), clock=VirtualClock()).client
        client.read_file = FILES.__getitem__
        client.sync_dossier(dossier())
        sandbox.good.clear()
        client.sync_dossier(dossier())
    assert (len(sandbox.tokens), sandbox.documents[CODE]["told"]) == (2, 2)


def test_the_file_in_the_message_is_the_file(platform):
    """Plain base64 with padding, no line breaks."""
    first = document()["Attachments"][0]["Base64"]
    assert base64.b64decode(first, validate=True) == FILES["101"]


def test_a_message_that_leaves_the_schema_is_refused_by_ourselves():
    """A slip in the translation must not become their problem."""
    spelling = translate.spelling(settings())
    for facts in ({}, {"FeeName": "P", "FeeType": "1", "Price": 1}, {"FeeName": "P", "FeeType": 1, "Price": 1.5},
                  {"FeeName": "P", "FeeType": 1, "Price": 1, "X": 1}):  # fmt: skip
        with pytest.raises(ValueError):
            wire.written(wire.FEE, facts, spelling)


def test_the_result_alone_is_an_attachment_too(platform):
    """Unless the province does not want results."""
    only = dossier(papers=(), results=(ResultPaper("K", "K", FileRef("f-ket-qua", "g.pdf")),))
    assert platform.client().sync_dossier(only) == "1"
    with pytest.raises(Rejected, match="attachment"):
        platform.client(send_results=False).sync_dossier(only)
