"""Pure reading of iGate's shapes: times, names, numbers, the adapter's sentences."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from connectors.igate import translate, wire
from connectors.kit.reading import Unreadable
from mappings.canonical.dossier import CloseReason, DossierState, FeeKind
from mappings.errors import MappingError
from mappings.tables import fee_kinds, igate_statuses, national_statuses
from tests.contract.igate.conftest import settings

SUCCESS = frozenset({"0", "00", "200", "OK"})


def item(**changes):
    return {
        "id": "685495086145a54664cb95c3",
        "code": "H21.129-250812-0035",
        "dossierStatus": {"id": 2, "name": "Đang xử lý"},
        "updatedDate": "2026-11-23T14:35:01.329+0700",
        **changes,
    }


def fee(**changes):
    return {
        "id": "f1",
        "procost": {"id": "P", "type": {"name": [{"languageId": 228, "name": "Phí thử"}]}},
        "amount": Decimal("10000.0"),
        "quantity": 1,
        "paid": 0,
        "required": 1,
        "dossier": {"id": "d1"},
        **changes,
    }


@pytest.mark.parametrize(
    "text",
    ["2026-11-23T14:35:01.329+0700", "2026-11-23T14:35:01.329+07:00", "2026-11-23T07:35:01.329Z"],
)
def test_offsets_come_with_and_without_a_colon(text):
    """Their +0700 is not what every library reads."""
    assert wire.moment(text, "x") == datetime(2026, 11, 23, 7, 35, 1, 329_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T14:35:01",
        "2026-02-31T14:35:01+0700",
        "23/11/2026",
        "",
        None,
        1_700_000_000,
        "2026-11-23T25:00:00+0700",
    ],
)
def test_a_time_that_cannot_be_read_is_an_error_that_names_it(text):
    """Without a zone it is nobody's time; 31/02 is no day."""
    with pytest.raises(Unreadable, match="updatedDate"):
        wire.moment(text, "updatedDate")


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("A", "A"),
        ([{"languageId": 46, "name": "Eng"}, {"languageId": 228, "name": "Việt"}], "Việt"),
        ({"name": "X"}, "X"),
        ({"label": "Y", "value": 1}, "Y"),
        ([], ""),
        (None, ""),
    ],
)
def test_names_come_in_several_shapes(value, name):
    """One name out of all of them."""
    assert wire.a_name(value, "x") == name


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\ufeff", "\u2066"])
def test_names_with_reversing_or_invisible_characters_are_refused(hidden):
    """What a person sees must be what is there (R7)."""
    with pytest.raises(Unreadable):
        wire.a_name(f"NGUYỄN{hidden}VĂN", "applicant.data.fullname")


@pytest.mark.parametrize(
    "change",
    [
        {"code": ""},
        {"code": None},
        {"id": "../x"},
        {"dossierStatus": None},
        {"dossierStatus": {"id": "hai"}},
        {"dossierStatus": {"id": True}},
        {"updatedDate": None},
        {"applicant": {"data": {"fullname": "A\u202eB"}}},
        {"procedure": "1.004199"},
    ],
    ids=lambda change: repr(change)[:30],
)
def test_an_item_that_cannot_be_read_names_its_field(change):
    """Never a guess: the item is shown to a person, the others go on."""
    with pytest.raises(Unreadable):
        translate.head(item(**change), settings())


@pytest.mark.parametrize(
    "change",
    [
        {"amount": Decimal("10000.5")},
        {"amount": -1},
        {"amount": None},
        {"amount": "mười nghìn"},
        {"quantity": -1},
        {"quantity": Decimal("1.5")},
        {"paid": Decimal("0.1")},
        {"required": "có"},
    ],
    ids=lambda change: repr(change)[:30],
)
def test_a_fee_that_cannot_be_read_makes_its_own_dossier_unknown_and_nobody_elses(change):
    """Money is whole đồng, or it is nothing that we act on; and not known is not: none."""
    others = [fee(dossier={"id": "d2"}), fee(), fee(**change)]
    found = translate.fees_read(others, ["d1", "d2", "d3"], settings())

    assert [demand.source_id for demand in found.demands] == ["d2", "d3"]
    assert [name for name, _ in found.unreadable] == ["d1"]
    assert next(iter(change)) in found.unreadable[0][1]


@pytest.mark.parametrize("change", [{"dossier": {"id": "d2"}}, {"dossier": None}])
def test_a_fee_of_no_dossier_that_was_asked_for_breaks_the_answer(change):
    """Whose money it is must not be guessed."""
    with pytest.raises(Unreadable):
        translate.fees_read([fee(**change)], ["d1"], settings())


@pytest.mark.parametrize(
    ("paid", "is_paid"),
    [(Decimal("10000.0"), True), (9_999, False), (0, False), (1, False), (True, True), (None, False)],
)
def test_paid_is_an_amount_there(paid, is_paid):
    """A part is not the whole."""
    found = translate.fees_read([fee(paid=paid)], ["d1"], settings()).demands[0].lines[0]

    assert found.paid is is_paid


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('{"code": 200, "message": "x"}', "yes"),
        ('{"code": "0"}', "yes"),
        ("OK", "yes"),
        ('"OK"', "yes"),
        (" ok\n", "yes"),
        ('{"code": 400, "message": "Hồ sơ đã tồn tại"}', "already"),
        ("Hồ sơ đã cập nhật trước đó", "already"),
        ('{"code": 400, "message": "x"}', "no"),
        ("Không tìm thấy hồ sơ", "no"),
        ('{"code": 502, "message": "timeout"}', "unsure"),
        ("Có gì đó không ổn", "unsure"),
        ("OKE", "unsure"),
    ],
)
def test_the_adapter_says_yes_and_no_in_several_ways(body, says):
    """What was not agreed is unsure: never yes, never no."""
    found = wire.verdict(
        body.encode(), success=SUCCESS, refused=settings().refused_texts, already=settings().already_texts
    )

    assert found.says.value == says


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{", b'{"message": "OK"}', b"[]", b"\xff\xfe", b'"OK', b'{"code": {}}']
)
def test_what_is_no_answer_is_not_understood_at_all(body):
    """A login page is no yes."""
    with pytest.raises(Unreadable):
        wire.verdict(body, success=SUCCESS, refused=(), already=())


def test_the_status_table_is_whole_and_says_that_it_is_assumed():
    """0 to 17 and nothing else; each row with its confidence."""
    table = igate_statuses.statuses()

    assert sorted(table) == list(range(18))
    assert all(row.assumed for row in table.values())
    assert {code for code, row in table.items() if row.state.closes} == {6, 7, 12, 13}
    assert table[12].state.closes is CloseReason.REFUSED
    assert table[14].state is DossierState.PENDING
    with pytest.raises(MappingError):
        igate_statuses.meaning(18)
    with pytest.raises(MappingError):
        igate_statuses.meaning(2, {2: "xong"})
    assert all(row.national is None or row.national in national_statuses.statuses() for row in table.values())


def test_every_state_knows_whether_it_closes_a_dossier():
    """A new state makes somebody decide."""
    closing = {state for state in DossierState if state.closes is not None}

    assert closing == {DossierState.REFUSED, DossierState.WITHDRAWN, DossierState.CANCELLED}
    assert {s for s in DossierState if s.over} == closing | {DossierState.DONE, DossierState.RETURNED}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Phí chứng thực", FeeKind.PHI),
        ("  LỆ PHÍ  đăng ký", FeeKind.LE_PHI),
        ("Thuế thu nhập", FeeKind.THUE),
        ("Tiền phạt vi phạm", FeeKind.PHAT),
        ("Phílạ", FeeKind.OTHER),
        ("Chi phí đi lại", FeeKind.OTHER),
        ("", FeeKind.OTHER),
    ],
)
def test_the_kind_of_a_fee_is_what_its_name_begins_with(name, kind):
    """The law's own words; anything else is looked at by a person before money goes back."""
    assert fee_kinds.kind_of(name) is kind


@pytest.mark.parametrize(
    "change",
    [
        {"grant": "password"},
        {"client_secret": None},
        {"adapter_client_secret": None},
        {"fee_status": 4},
        {"sort": "updatedDate,asc"},
        {"status_overrides": {14: "xong"}},
        {"client_secret": " "},
    ],
    ids=lambda change: next(iter(change)),
)
def test_settings_that_cannot_work_stop_the_start(change):
    """A wrong value is found at start, with its name."""
    with pytest.raises(ValueError):
        settings(**change)
