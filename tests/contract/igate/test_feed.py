"""The feed, the detail and the fees against the sandbox."""

from __future__ import annotations

import json
from datetime import timedelta

import httpx
import pytest

from connectors.errors import ContractBroken, CredentialsRefused, Rejected, Unavailable
from connectors.igate import wire
from connectors.igate.client import SYSTEM, Client
from connectors.kit.exchanges import collecting
from connectors.kit.reading import Unreadable
from connectors.kit.sandbox import SandboxRequest
from connectors.kit.transport import Transport
from mappings.canonical.dossier import DossierStage, DossierState, FeeKind
from tests.contract.igate.conftest import FEES, SECRET, settings


def everything(cases, since):
    found, page, more = [], 0, True
    while more:
        answer = cases.client.changed_since(since, page)
        found += answer.items
        more, page = answer.more, page + 1
    return found, page


@pytest.mark.parametrize("kind", ["slice", "page"])
def test_the_feed_gives_every_change_since_the_watermark(make, kind):
    """Pages are read from the newest back, and reading stops at the watermark, not at the end of history."""
    cases = make(page_kind=kind)
    codes = [cases.file(applicant=f"NGƯỜI {n}")["code"] for n in range(10)]
    middle = cases.clock.now()
    codes += [cases.file()["code"] for _ in range(5)]

    found, _ = everything(cases, middle - timedelta(days=1))
    assert {item.code for item in found} == set(codes)
    late, pages = everything(cases, middle + timedelta(seconds=1))
    assert [item.code for item in late] == codes[:9:-1]
    assert pages == 2
    total = cases.client.changed_since(middle, 0).total
    assert total == (15 if kind == "page" else None)


def test_a_change_while_pages_are_read_is_seen_twice_rather_than_missed(cases):
    """New changes push the others down: overlap, never a gap."""
    codes = [cases.file()["code"] for _ in range(6)]
    since = cases.clock.now() - timedelta(days=1)
    first = cases.client.changed_since(since, 0)
    cases.clock.advance(1)
    cases.control(f"dossiers/{codes[0]}/status", status=2)
    seen = {item.code for item in first.items}
    page, more = 1, True
    while more:
        answer = cases.client.changed_since(since, page)
        seen |= {item.code for item in answer.items}
        more, page = answer.more, page + 1

    assert seen >= set(codes[1:])
    again, _ = everything(cases, cases.clock.now())
    assert [item.code for item in again] == [codes[0]]


def test_a_dossier_says_what_the_money_has_to_know(cases):
    """State by table, names in NFC, times with their offset."""
    filed = cases.file(
        applicant="NGUYE\u0302\u0303N VA\u0306N THỬ", national_code="G22.99-261123-0001", agency="H21.15"
    )
    found = cases.client.changed_since(cases.clock.now(), 0).items[0]

    assert (found.code, found.source_id, found.agency, found.procedure) == (
        filed["code"],
        filed["id"],
        "H21.15",
        "1.004199",
    )
    assert found.applicant_name == "NGUYỄN VĂN THỬ"
    assert found.national_code == "G22.99-261123-0001"
    assert (found.status, found.state, found.stage) == (0, DossierState.RECEIVED, DossierStage.INTAKE)
    assert found.updated_at == cases.clock.now()
    assert found.accepted_at is None


@pytest.mark.parametrize("key", ["fullname", "ownerFullname"])
def test_the_name_is_found_under_each_declared_key(cases, key):
    """The same thing has two names in the forms of different procedures."""
    cases.file(applicant="TRẦN THỊ THỬ", name_key=key)

    assert cases.client.changed_since(cases.clock.now(), 0).items[0].applicant_name == "TRẦN THỊ THỬ"


def test_a_name_under_an_undeclared_key_is_no_name(make):
    """Free-form data is read by declared keys; the others have no say until the settings name them."""
    cases = make(applicant_keys=["tenDoanhNghiep"])
    cases.file(applicant="X", name_key="hoten")
    cases.file(applicant="CÔNG TY THỬ", name_key="tenDoanhNghiep")

    found, _ = everything(cases, cases.clock.now() - timedelta(days=1))
    assert [item.applicant_name for item in found] == ["CÔNG TY THỬ", ""]


def test_a_status_that_nobody_knows_is_pending_and_visible(cases):
    """Unknown is never done and never refused; the number stays to be seen."""
    code = cases.file()["code"]
    cases.clock.advance(1)
    cases.control(f"dossiers/{code}/status", status=42)
    found = cases.client.changed_since(cases.clock.now(), 0).items[0]

    assert (found.status, found.state, found.status_known) == (42, DossierState.PENDING, False)
    assert found.state.closes is None
    assert not found.state.over


def test_a_province_may_confirm_its_own_rows(make):
    """The table is assumed: what the province says stands above it."""
    cases = make(status_overrides={14: "refused/processing"})
    code = cases.file()["code"]
    cases.control(f"dossiers/{code}/status", status=14)
    found = cases.client.changed_since(cases.clock.now() - timedelta(minutes=1), 0).items[0]

    assert (found.state, found.stage) == (DossierState.REFUSED, DossierStage.PROCESSING)


def test_fees_come_by_dossier_with_kind_and_whole_dong(cases):
    """Amounts are written with a point there; here they are whole đồng."""
    one, two, three = (cases.file(fees=fees)["id"] for fees in (None or [], [*_fees()], [*_fees()[:1]]))
    found = cases.client.fees([two, one, three])

    assert [(demand.source_id, demand.amount) for demand in found] == [
        (two, 1_300_000),
        (one, 0),
        (three, 1_200_000),
    ]
    lines = found[0].lines
    assert [(line.code, line.kind, line.amount, line.paid, line.required) for line in lines] == [
        ("P-TD", FeeKind.PHI, 1_200_000, False, True),
        ("LP-DD", FeeKind.LE_PHI, 100_000, False, True),
    ]


@pytest.mark.parametrize(("amount_is", "amount"), [("unit", 30_000), ("total", 10_000)])
def test_whether_the_amount_is_of_one_piece_is_a_setting(make, amount_is, amount):
    """No paper says it: whoever knows writes it into the settings."""
    cases = make(amount_is=amount_is)
    filed = cases.file(
        fees=[{"code": "P", "name": "Phí chứng thực", "kind": "phí", "amount": 10_000, "quantity": 3}]
    )

    assert cases.client.fees([filed["id"]])[0].amount == amount


def test_a_whole_dossier_has_its_fees_and_declared_form_data(cases):
    """Only declared keys leave the free-form part."""
    filed = cases.file(form={"noidungyeucaugiaiquyet": "Cấp lại giấy", "soDienThoai": "0900000000"})
    found = cases.client.dossier(filed["id"])

    assert found.head.code == filed["code"]
    assert found.fees is not None
    assert found.fees.open_amount == 1_300_000
    assert found.form == {"request": "Cấp lại giấy"}
    assert found.appointment_at is not None


def test_a_dossier_that_is_not_there_is_refused_by_name(cases):
    """404 is an answer, not an outage."""
    with pytest.raises(Rejected) as raised:
        cases.client.dossier("0" * 24)
    assert raised.value.code == "404"


@pytest.mark.parametrize("bad", ["", "../../x", "a/b", "a?b", "x" * 65])
def test_an_id_cannot_lead_to_another_address(cases, bad):
    """What stands in a path is an id or nothing."""
    with pytest.raises(Rejected) as raised:
        cases.client.dossier(bad)
    assert raised.value.code == "not-sent"


def test_a_dossier_is_found_by_its_code(cases):
    """For a created dossier whose answer was lost."""
    code = cases.file()["code"]

    assert cases.client.by_code(code).code == code
    assert cases.client.by_code("H21.1-261123-9999") is None


def test_tokens_that_end_in_the_middle_of_a_batch_are_renewed(make):
    """Operators know it well: the batch goes on, nothing is read twice or left out."""
    cases = make(sandbox={"token_uses": 2})
    codes = {cases.file()["code"] for _ in range(12)}
    found, _ = everything(cases, cases.clock.now() - timedelta(days=1))

    assert {item.code for item in found} == codes
    assert cases.sandbox.acted["token"] >= 2


def test_a_token_that_is_thrown_away_there_is_asked_for_again(cases):
    """The session may end on their side at any moment."""
    filed = cases.file()
    cases.client.dossier(filed["id"])
    cases.control("expire-tokens")

    assert cases.client.dossier(filed["id"]).head.code == filed["code"]


def test_the_password_grant_of_a_public_client_works_too(make):
    """Tools log in like people; adapters do not."""
    cases = make(
        sandbox={"user": "lienthong.tk", "password": "mk-thu"},
        grant="password",
        client_secret=None,
        username="lienthong.tk",
        password="mk-thu",
    )
    filed = cases.file()

    assert cases.client.dossier(filed["id"]).head.code == filed["code"]


def test_wrong_credentials_stop_and_tell_a_person(make):
    """Trying a refused password again locks the account."""
    cases = make(client_secret="sai-mat-khau")

    for _ in range(3):
        with pytest.raises(CredentialsRefused):
            cases.client.changed_since(cases.clock.now(), 0)
    assert cases.sandbox.received["token"] == 1


@pytest.mark.parametrize("kind", ["too_many", "closed", "lose_answer", "half", "garbage"])
def test_a_feed_that_cannot_be_read_is_an_error_never_an_empty_page(cases, kind):
    """An empty page would end the run and lose what was behind it."""
    cases.file()
    cases.fault("search", kind, seconds=9)

    with pytest.raises(Exception, match=r"igate\.search") as raised:
        cases.client.changed_since(cases.clock.now() - timedelta(days=1), 0)
    if kind in ("too_many", "closed"):
        assert isinstance(raised.value, Unavailable)
        assert raised.value.retry_after_seconds == 9


def test_summaries_of_exchanges_hold_no_person(cases):
    """Bodies are full of people; what operators see is not."""
    with collecting() as exchanges:
        cases.file(applicant="NGUYỄN THỊ KÍN")
        cases.client.changed_since(cases.clock.now(), 0)

    assert exchanges
    assert "KÍN" not in repr(exchanges)
    assert "token" not in repr([e.response_summary for e in exchanges])


def _fees():
    return FEES


def canned(clock, answer):
    """A client that gets ``answer`` whatever it asks."""
    ours = settings(adapter_url="")
    http = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
    return Client(ours, Transport(ours.base_url, system=SYSTEM, http=http), clock=clock)


def head(**changes):
    return {
        "id": "a" * 24,
        "code": "H21.129-261123-0001",
        "dossierStatus": {"id": 2},
        "updatedDate": "2026-11-23T08:00:00.000+0700",
        **changes,
    }


def test_another_dossier_than_asked_for_is_no_answer(clock):
    """Whatever they show, it is not about ours."""
    with pytest.raises(ContractBroken):
        canned(clock, head()).dossier("b" * 24)


def test_two_dossiers_with_one_code_are_a_case_for_a_person(clock):
    """The code that people use must name one."""
    client = canned(clock, {"content": [head(), head(id="b" * 24)], "last": True})

    with pytest.raises(ContractBroken):
        client.by_code("H21.129-261123-0001")


def test_one_item_that_cannot_be_read_stops_nobody_else(clock):
    """It is named with its field, so that a person finds it."""
    items = [head(), head(id="b" * 24, code="H21.129-261123-0002", updatedDate="31/02/2026"), 5]
    page = canned(clock, {"content": items, "last": True}).changed_since(clock.now() - timedelta(days=1), 0)

    assert [item.code for item in page.items] == ["H21.129-261123-0001"]
    assert [name for name, _ in page.unreadable] == ["H21.129-261123-0002", "#2"]
    assert "updatedDate" in page.unreadable[0][1]


@pytest.mark.parametrize(
    "answer", [[], {}, {"content": None}, {"content": [], "last": "yes"}, {"items": []}, None, "OK"], ids=repr
)
def test_an_answer_that_is_no_page_is_an_error_never_an_empty_page(clock, answer):
    """An empty page ends the run: only they may say that it is empty."""
    with pytest.raises(ContractBroken):
        canned(clock, answer).changed_since(clock.now(), 0)


def test_a_search_answer_cut_at_every_byte_is_never_a_page(cases):
    """A reply that was cut is never a success (R1), nor a shorter page."""
    cases.file()
    answer = cases.sandbox.handle
    token = json.loads(answer(SandboxRequest("POST", "/adapter/GetToken", {}, {}, _who())).body)
    headers = {"authorization": f"Bearer {token['data']['access_token']}"}
    whole = answer(SandboxRequest("GET", "/pa/dossier/search", {"size": "3"}, headers, b"")).body
    assert wire.page(whole, 3).items

    for length in range(len(whole)):
        with pytest.raises(Unreadable):
            wire.page(whole[:length], 3)


def _who() -> bytes:
    return json.dumps({"client_id": "lienthong", "client_secret": SECRET}).encode()
