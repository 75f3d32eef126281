"""Handing over, telling back and fetching, at both products."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from pydantic import ValidationError

import connectors.land
from connectors.errors import AlreadyDone, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import Call, EffectClass
from connectors.kit.exchanges import collecting
from connectors.kit.sandbox import Fault, Sandbox, SandboxAnswer, SandboxRequest, serve
from connectors.land import translate
from connectors.land.connect import connected
from connectors.land.operations import operations
from mappings.canonical.codec import to_json
from mappings.canonical.file import FileRef
from mappings.canonical.party import Party, PartyKind, PersonName, Place
from tests.contract.land.conftest import CODE, PERSON, RECEIPT, SCAN, dossier, files, scan, settings

VECTORS = Path(connectors.land.__file__).parent / "contract"


def by_name(client):
    return {operation.name: operation for operation in operations(client)}


@pytest.mark.parametrize("product", ["vbdlis", "ilis"])
def test_the_message_is_the_one_that_was_written_by_hand(product):
    """Client and sandbox may share no guess: the vector was made from the facts, not with our code."""
    wanted = json.loads((VECTORS / f"hand_over_{product}.json").read_text("utf-8"))
    made = translate.hand_over(dossier(), settings(product=product), {"f1": SCAN})

    assert json.loads(json.dumps(made, ensure_ascii=False)) == wanted


def test_a_dossier_is_handed_over_with_its_papers(vbdlis):
    """Place ids are numbers there, files travel inside the message."""
    assert vbdlis.client.hand_over(dossier(), agency="H21.15") == "OK"

    there = vbdlis.books()["dossiers"][RECEIPT]
    assert (there["ward"], there["process"]) == (21001, "1.004199")
    assert there["papers"][0] == {"name": "Đơn đăng ký", "file": "don.pdf", "bytes": len(SCAN)}
    assert there["papers"][1]["bytes"] == 0


def test_ilis_takes_text_and_a_dotted_ward_with_a_token(ilis):
    """The same body, other types; the token is had by the password grant and renewed when it is refused."""
    ilis.client.hand_over(dossier(), agency="H21.15")
    assert ilis.books()["dossiers"][RECEIPT]["ward"] == "52.000.21001"

    ilis.sandbox.tokens.clear()
    ilis.client.hand_over(dossier("H21.15-261123-0002"), agency="H21.15")
    assert len(ilis.books()["dossiers"]) == 2


def test_a_wrong_password_is_not_a_refused_dossier(clock):
    """Nothing was handed over, and an account must not be locked by trying on."""
    from connectors.errors import CredentialsRefused
    from connectors.land.sandbox import LandSandbox

    sandbox = LandSandbox(clock=clock, product="ilis", password="doi-roi")
    with serve(sandbox) as server:
        client = connected(settings(server.url, "ilis"), clock=clock, files=files).client
        with pytest.raises(CredentialsRefused):
            client.hand_over(dossier(), agency="")
    assert sandbox.dossiers == {}


def test_a_repeat_is_done_at_ilis_and_refused_at_vbdlis(ilis, vbdlis):
    """'đã tồn tại' counts as done only where the facts say so; nobody says it of VBDLIS."""
    ilis.client.hand_over(dossier(), agency="")
    with pytest.raises(AlreadyDone):
        ilis.client.hand_over(dossier(), agency="")
    done = by_name(ilis.client)["hand_over"].perform(Call("k", RECEIPT, {"dossier": to_json(dossier())}))
    assert done.data == {"existed": True}

    vbdlis.client.hand_over(dossier(), agency="")
    with pytest.raises(Rejected) as raised:
        vbdlis.client.hand_over(dossier(), agency="")
    assert not isinstance(raised.value, AlreadyDone)


def test_each_product_declares_what_it_can_and_how_its_outcome_is_found(ilis, vbdlis):
    """There is no look-up in either; iLIS takes a repeat, VBDLIS shows it by its first callback."""
    classes = {name: op.effect_class for name, op in by_name(vbdlis.client).items()}
    assert classes == {
        "hand_over": EffectClass.EVIDENCE,
        "supplement": EffectClass.EVIDENCE,
        "returned": EffectClass.IDEMPOTENT,
        "wrong_result": EffectClass.EVIDENCE,
    }
    assert {name: op.effect_class for name, op in by_name(ilis.client).items()} == {
        "hand_over": EffectClass.IDEMPOTENT
    }


@pytest.mark.parametrize(("product", "done"), [("ilis", False), ("vbdlis", True)])
def test_a_province_that_knows_better_says_what_a_repeat_means(clock, product, done):
    """The class follows the answer to a repeat, not the name of the product."""
    client = connected(settings(product=product, exists_is_done=done), clock=clock).client
    wanted = EffectClass.IDEMPOTENT if done else EffectClass.EVIDENCE
    assert by_name(client)["hand_over"].effect_class is wanted


def test_with_both_products_in_use_the_more_careful_class_holds(clock):
    """The engine asks per operation, not per agency: one register that cannot be asked twice decides."""
    mixed = settings(
        product="ilis", agencies={"H21.16": {"base_url": "http://127.0.0.1:9/land", "product": "vbdlis"}}
    )
    client = connected(mixed, clock=clock).client

    assert by_name(client)["hand_over"].effect_class is EffectClass.EVIDENCE
    assert client.offers("supplement", "H21.16")
    assert not client.offers("supplement", "H21.15")


def test_what_a_product_has_no_message_for_does_not_leave(ilis):
    """A person must tell them; a made-up path would only be a 404."""
    with pytest.raises(Rejected) as raised:
        ilis.client.returned(RECEIPT, agency="", at=dossier().received_at)
    assert raised.value.code == "not-sent"


def test_supplement_return_and_wrong_result_arrive(vbdlis):
    """By the SoBienNhan that joins everything."""
    vbdlis.client.hand_over(dossier(), agency="")
    at = dossier().received_at
    vbdlis.client.supplement(RECEIPT, agency="", papers=dossier().papers, at=at, note="bản vẽ")
    vbdlis.client.wrong_result(RECEIPT, agency="", reason="Sai số thửa")
    vbdlis.client.returned(RECEIPT, agency="", at=at)

    there = vbdlis.books()["dossiers"][RECEIPT]
    assert (len(there["supplements"]), there["wrong"], there["state"]) == (1, ["Sai số thửa"], 10)
    with pytest.raises(Rejected) as raised:
        vbdlis.client.returned("H21.15-261123-0404", agency="", at=at)
    assert raised.value.code == "NOTFOUND"


@pytest.mark.parametrize(
    "changes",
    [
        {"received_at": None},
        {"code": ""},
        {"applicant": Party(PartyKind.CITIZEN, PersonName(" "), place=Place("52", commune="21001"))},
        {"parcels": (), "applicant": Party(PartyKind.CITIZEN, PersonName("A"))},
        {
            "parcels": (),
            "applicant": Party(PartyKind.CITIZEN, PersonName("A"), place=Place("H21", commune="1")),
        },
        {"papers": (replace(dossier().papers[0], files=(FileRef("missing", "x.pdf"),)),)},
        {"papers": (replace(dossier().papers[0], files=(scan("f1", b"another content"),)),)},
    ],
    ids=["time", "code", "name", "place", "place-id", "file", "file-changed"],
)
def test_what_must_not_leave_us_does_not(vbdlis, changes):
    """What is wrong in itself, or another file than the dossier names, is refused before a byte leaves."""
    with pytest.raises(Rejected) as raised:
        vbdlis.client.hand_over(dossier(**changes), agency="")
    assert raised.value.code == "not-sent"
    assert vbdlis.sandbox.received["hand_over"] == 0


@pytest.mark.parametrize("limit", ["largest_file_bytes", "largest_message_bytes"])
def test_files_that_are_too_large_do_not_leave(clock, limit):
    """They would be cut or refused there after minutes."""
    client = connected(settings(**{limit: 10}), clock=clock, files=files).client
    with pytest.raises(Rejected, match="bytes"):
        client.hand_over(dossier(), agency="")


def test_a_process_without_a_name_there_does_not_leave(clock):
    """Where a table of processes is set it is whole."""
    client = connected(settings(processes={"9.9": "QT9"}), clock=clock, files=files).client
    with pytest.raises(Rejected, match="processes"):
        client.hand_over(dossier(), agency="")
    mapped = translate.hand_over(dossier(), settings(processes={"1.004199": "QT7"}), {"f1": SCAN})
    assert mapped["ThongTinQuyTrinh"]["MaQuyTrinh"] == "QT7"


class Saying(Sandbox):
    """Always the same answer."""

    def __init__(self, body: bytes, status: int = 200) -> None:
        super().__init__()
        self.body, self.status = body, status

    def knows(self, request: SandboxRequest) -> bool:
        return True

    def handle(self, request: SandboxRequest) -> SandboxAnswer:
        return SandboxAnswer(self.status, {"Content-Type": "application/json"}, self.body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": 1, "status": {"success": false, "code": "E"}}',
        b'{"data": 0, "status": {"success": true}}',
        b'{"data": 2, "status": {"success": true}}',
        b'{"data": 1}',
        b'{"status": {"success": true}}',
        b'{"data": 1, "data": 1, "status": {"success": true}}',
        b'{"data": 1, "status": "success"}',
        b"[]",
        b'{"data": 1, "status": {"success": true, "message": "\\u0000"}}',
        '{"data": 1, "status": {"success": true, "message": "đã"}}'.encode("utf-16"),
    ],
)
def test_an_answer_that_contradicts_itself_is_unknown(clock, body):
    """Neither done nor refused: what they did is not known."""
    with serve(Saying(body)) as server:
        client = connected(settings(server.url), clock=clock, files=files).client
        with pytest.raises(OutcomeUnknown):
            client.hand_over(dossier(), agency="")


def test_a_result_is_fetched_from_the_agreed_host_only(vbdlis):
    """A link is what somebody else wrote; it must not lead our server anywhere else."""
    vbdlis.sandbox.files["GCN 1.pdf"] = SCAN
    got = vbdlis.client.fetch("tep/GCN 1.pdf", agency="H21.15")
    assert (got.content, got.media_type) == (SCAN, "application/pdf")
    assert got.sha256 == scan().sha256
    assert vbdlis.client.fetch(f"{vbdlis.url}/land/tep/GCN%201.pdf", agency="").content == SCAN

    before = vbdlis.sandbox.received["fetch"]
    for link in (
        "http://127.0.0.1:1/land/tep/x.pdf",
        "https://evil.example/land/tep/x.pdf",
        "//evil.example/tep/x.pdf",
        f"{vbdlis.url}/elsewhere/x.pdf",
        "../secret",
        "tep/%2e%2e/secret",
        "tep\\x.pdf",
        "tep/a\r\nb",
        "http://user@127.0.0.1/land/tep/x",
        "",
        "/",
    ):
        with pytest.raises(Rejected) as raised:
            vbdlis.client.fetch(link, agency="")
        assert raised.value.code == "foreign-link", link
    assert vbdlis.sandbox.received["fetch"] == before


def test_a_file_that_is_no_file_is_not_taken(clock, vbdlis):
    """A login page with 200, an empty answer or a cut one would be stored as the citizen's certificate."""
    with pytest.raises(Rejected):
        vbdlis.client.fetch("tep/nothing.pdf", agency="")
    vbdlis.sandbox.files["x.pdf"] = SCAN
    for kind in ("error_200", "half", "lose_answer"):
        vbdlis.sandbox.faults.add(Fault.read({"operation": "fetch", "kind": kind, "times": 1}))
        with pytest.raises(Unavailable):
            vbdlis.client.fetch("tep/x.pdf", agency="")
    small = connected(settings(vbdlis.url, largest_file_bytes=5, largest_answer_bytes=5), clock=clock).client
    with pytest.raises(Unavailable):
        small.fetch("tep/x.pdf", agency="")


def test_no_person_stands_in_notes_or_errors(vbdlis):
    """Also not in a refusal of theirs that quotes the message."""
    with collecting() as noted:
        vbdlis.client.hand_over(dossier(), agency="")
        with pytest.raises(Rejected) as raised:
            vbdlis.client.hand_over(dossier(), agency="")
        vbdlis.sandbox.files[f"{PERSON[0]}.pdf"] = SCAN
        vbdlis.client.fetch(f"tep/{quote(PERSON[0])}.pdf", agency="")
    text = unquote(f"{noted!r} {raised.value!r}")
    assert noted[-1].request_summary["path"] == "/{link}"
    assert not [secret for secret in (*PERSON, CODE, base64.b64encode(SCAN).decode()) if secret in text]
    assert RECEIPT in text


@pytest.mark.parametrize(
    "wrong",
    [
        {"security_code": "short"},
        {"security_code": "has/a-slash-in-the-code"},
        {"product": "elis"},
        {"paths": {"invent": "/x"}},
        {"paths": {"returned": "x"}},
        {"repeatable": ["everything"]},
        {"agencies": {"H21.16": {"base_url": "http://127.0.0.1:9", "security_code": CODE}}},
    ],
    ids=str,
)
def test_settings_that_cannot_work_stop_the_process(wrong):
    """Better at the start than at the first citizen."""
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_the_clock_of_the_message_is_ours(vbdlis):
    """NgayTiepNhan is local time of Việt Nam, whatever zone the moment came in."""
    vbdlis.client.hand_over(dossier(), agency="")
    assert vbdlis.books()["dossiers"][RECEIPT]["received"] == "2026-11-23T08:00:00"
