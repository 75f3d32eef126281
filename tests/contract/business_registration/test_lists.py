"""Lists of registration dossiers: windows, pages, and the status of one."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from connectors.business_registration.settings import Settings
from connectors.errors import ContractBroken, Rejected
from tests.contract.business_registration.conftest import answering, settings

SHAPES = ("version_in_path", "no_version", "adapter")
MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_window_of_days_in_every_shape(register, shape):
    """Both days counted."""
    found = register.client(lists_shape=shape).dossiers_between(MONDAY - timedelta(4), MONDAY)
    assert [(each.number, each.code, each.received_on) for each in found] == [
        ("HS-0001/26", "9900000016", MONDAY),
        ("HS-0002/26", "", date(2026, 11, 20)),
    ]
    assert (found[0].due_on, found[0].status, found[0].office) == (date(2026, 11, 26), "Đang xử lý", "37")
    assert found[0].contact is None


@pytest.mark.parametrize("days", [5, 6, 400, -1])
def test_a_window_of_more_than_five_days_is_not_asked(register, days):
    """Their limit; the call would be spent for nothing."""
    with pytest.raises(Rejected, match="not-sent"):
        register.client().dossiers_between(MONDAY - timedelta(days), MONDAY)
    assert not register.sandbox.asked


def test_today_between_two_times(register):
    """Today is theirs: the sandbox's Monday in Việt Nam."""
    client = register.client()
    assert [each.number for each in client.dossiers_today("07:00", "08:00")] == ["HS-0001/26"]
    assert client.dossiers_today("08:00", "23:59") == []


@pytest.mark.parametrize(
    ("first", "last"), [("8:00", "09:00"), ("08:00", "24:00"), ("09:00", "08:00"), ("", "")]
)
def test_times_that_are_none_are_not_asked(register, first, last):
    """HH:mm, the earlier first."""
    with pytest.raises(Rejected, match="not-sent"):
        register.client().dossiers_today(first, last)
    assert not register.sandbox.asked


def many(register, count):
    """``count`` dossiers over twelve days."""
    register.sandbox.dossiers = [
        {
            "IN_JOURNAL_NO": f"HS-{number:04}",
            "RECEIPT_DATE": (MONDAY - timedelta(number % 12)).strftime("%d/%m/%Y"),
            "at": "10:00",
            "NAME": "CÔNG TY THỬ",
        }
        for number in range(count)
    ]


@pytest.mark.parametrize("count", [0, 1, 24, 60, 61])
def test_everything_of_a_long_time_comes_once(register, count):
    """Twelve days are three windows; pages end with a short one."""
    many(register, count)
    found = list(register.client(page_rows=5).all_between(MONDAY - timedelta(11), MONDAY))
    assert sorted(each.number for each in found) == [f"HS-{number:04}" for number in range(count)]


def test_a_page_that_comes_again_is_an_error_and_not_an_endless_loop(register):
    """An offset that they ignore would never end."""
    rows = [{"IN_JOURNAL_NO": f"HS-{n}", "NAME": "x"} for n in range(3)]
    body = json.dumps({"Status": "1", "Data": rows}).encode()

    def ask(client):
        return list(client.all_between(MONDAY, MONDAY))

    with pytest.raises(ContractBroken, match="same page"):
        answering("dossiers_between", body, ask, page_rows=3)
    with pytest.raises(ContractBroken, match="more pages"):
        many(register, 120)
        list(register.client(page_rows=2, most_pages=3).all_between(MONDAY, MONDAY))


def test_rows_that_shift_between_two_pages_come_once(register):
    """A dossier that arrives while we read pushes the others on."""
    many(register, 24)
    client = register.client(page_rows=2)
    found = []
    for each in client.all_between(MONDAY, MONDAY):
        found.append(each.number)
        if len(found) == 1:
            register.sandbox.dossiers.insert(0, {**register.sandbox.dossiers[0], "IN_JOURNAL_NO": "HS-9999"})
    assert len(found) == len(set(found))
    assert {"HS-0000", "HS-0012"} <= set(found)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_status_of_one(register, shape):
    """With the person who handed it in."""
    found = register.client(lists_shape=shape).dossier_status(" HS-0001/26 ")
    assert (found.number, found.submission, found.registered_on) == ("HS-0001/26", "Qua mạng", None)
    assert (found.contact.name.full, found.contact.personal_number) == ("Đỗ Thị Khế", "037190000456")
    assert register.client(lists_shape=shape).dossier_status("HS-0404/26") is None


@pytest.mark.parametrize("number", ["", "a b", "x?y=1", "x" * 101, "số"])
def test_a_number_that_is_none_is_not_asked(register, number):
    """No question without a question."""
    with pytest.raises(Rejected, match="not-sent"):
        register.client().dossier_status(number)
    assert not register.sandbox.asked


@pytest.mark.parametrize(
    "data",
    [{"IN_JOURNAL_NO": "HS-2"}, [{"IN_JOURNAL_NO": "HS-1"}, {"IN_JOURNAL_NO": "HS-1"}], {"NAME": "x"}, "x", [1],
     {"IN_JOURNAL_NO": "HS-1", "RECEIPT_DATE": "soon"}],
)  # fmt: skip
def test_a_status_of_another_shape_or_about_another_is_broken(data):
    """Another dossier's state in this one."""
    body = json.dumps({"Status": "1", "Data": data}).encode()
    with pytest.raises(ContractBroken):
        answering("dossier_status", body, lambda c: c.dossier_status("HS-1"))


@pytest.mark.parametrize(("offset", "limit"), [(-1, 10), (0, 0), (0, 101)])
def test_pages_outside_what_was_agreed_are_not_asked(register, offset, limit):
    """A limit that is too large may come back cut without a word."""
    with pytest.raises(Rejected, match="not-sent"):
        register.client().dossiers_between(MONDAY, MONDAY, offset=offset, limit=limit)


def test_settings_that_cannot_be():
    """The façade is not known to have lists."""
    with pytest.raises(ValidationError, match="façade"):
        settings(lists_shape="facade")
    assert Settings.model_fields["window_days"].default == 5
