"""The three look-ups: what leaves us field by field, how much of a birth is known, and why we ask at all."""

from __future__ import annotations

import json
from datetime import date

import pytest
from pydantic import ValidationError

from connectors.errors import ContractBroken, CredentialsRefused, Rejected
from connectors.kit.effects import Call
from connectors.social_insurance import translate, wire
from connectors.social_insurance.connect import connected
from mappings.canonical.codec import to_json
from mappings.canonical.party import Birth, BirthPrecision, Place, Sex
from mappings.canonical.purpose import Reason
from tests.contract.social_insurance.conftest import (
    MONTH_ONLY,
    NUMBER,
    YEAR_ONLY,
    answering,
    question,
    reason,
    settings,
)
from tests.support.clock import MONDAY_MORNING, VirtualClock

TODAY = date(2026, 11, 23)


def test_by_number(insurance):
    """Everything that they tell, in our words."""
    found = insurance.client().by_number(" 99000 00101 ", reason()).value
    assert (found.number, found.name.full, found.sex, found.state) == (
        NUMBER,
        "Trần Thị Nhãn",
        Sex.FEMALE,
        "1",
    )
    assert (found.birth, found.old_book) == (Birth(date(1990, 5, 1)), "3710001234")
    assert found.place == Place("37", "", "14371")
    assert insurance.client().by_number("9900000999", reason()).value is None


@pytest.mark.parametrize(
    ("facts", "number"), [({}, NUMBER), (YEAR_ONLY, "9900000102"), (MONTH_ONLY, "9900000103")]
)
def test_a_number_by_what_is_known_of_somebody(insurance, facts, number):
    """Whole date, year alone, month and year; all three sexes."""
    found = insurance.client().find_number(question(**facts), reason())
    assert found.value == number
    assert found.state in ("0", "1")


def test_nobody_only_by_agreed_codes(insurance):
    """Error codes are listed nowhere: an unknown one is a refusal, never 'nobody'."""
    with pytest.raises(Rejected) as caught:
        insurance.client().find_number(question(name="Không Ai"), reason())
    assert caught.value.code == "ND-00"
    client = insurance.client(not_found_codes=["ND-00"])
    assert client.find_number(question(name="Không Ai"), reason()).value == ""


def test_by_household_address_or_by_birth_registration(insurance):
    """IsKs decides which codes are meant."""
    client = insurance.client(not_found_codes=["ND-00"])
    home = Place("37", "", "14371")
    assert client.find_number(question(**{**YEAR_ONLY, "place": home}), reason()).value == ""
    by_home = question(**{**YEAR_ONLY, "place": home}, by_birth_place=False)
    assert client.find_number(by_home, reason()).value == "9900000102"


def test_a_household(insurance):
    """All who live in it, each with as much birth as is known."""
    found = insurance.client().household(question(), reason()).value
    assert [(each.number, each.birth.precision, each.household) for each in found] == [
        (NUMBER, BirthPrecision.DAY, "HO-37-0001"),
        ("9900000102", BirthPrecision.YEAR, "HO-37-0001"),
    ]
    assert found[0].address == "Thôn Thử, Xã Mẫu, Tỉnh Ninh Bình"
    assert insurance.client().household(question(name="Không Ai"), reason()).value == []


@pytest.mark.parametrize("card", ["GD4370000000101", "gd4 3700 0000 0101", ""])
def test_a_household_by_card_and_old_book(insurance, card):
    """Both may be left empty."""
    asked = question(card=card, old_book="3710001234")
    assert len(insurance.client().household(asked, reason()).value) == 2


def test_the_key_with_the_space_is_a_setting(insurance):
    """The document prints ' maTinh': whoever is right, one setting is."""
    assert " maTinh" in translate.of_household(question(), settings(province_key=" maTinh"), today=TODAY)
    insurance.sandbox.province_key = " maTinh"
    assert len(insurance.client(province_key=" maTinh").household(question(), reason()).value) == 2
    with pytest.raises(Rejected):
        insurance.client().household(question(), reason())


def test_the_messages_are_those_written_by_hand():
    """Names and texts from the document, not from our code."""
    assert translate.by_criteria(question(**YEAR_ONLY), settings(), today=TODAY) == {
        "hoTen": "Vũ Văn Sấu",
        "ngaySinh": "19550101",
        "loaiNgaySinh": "1",
        "gioiTinh": "1",
        "maTinhKs": "36",
        "maHuyenKs": "356",
        "maXaKs": "13600",
        "isKs": "1",
    }
    household = question(**MONTH_ONLY, by_birth_place=False, card="0123456789")
    assert translate.of_household(household, settings(upper_case=True), today=TODAY) == {
        "maTinh": "37",
        "hoTen": "ĐINH NA",
        "ngaySinh": "19800301",
        "loaiNgaySinh": "2",
        "gioiTinh": "3",
        "soSo": "",
        "maThe": "0123456789",
        "isKs": "0",
    }


@pytest.mark.parametrize(
    ("form", "year", "month"),
    [("padded", "19900101", "19900501"), ("zeros", "19900000", "19900500"), ("short", "1990", "199005")],
)
def test_a_birth_of_which_not_all_is_known(form, year, month):
    """How it is written is not told: a setting to send, all three forms to read. A day that is not known never comes out."""
    day = date(1990, 5, 17)
    for precision, text, kind, first in (
        (BirthPrecision.YEAR, year, "1", date(1990, 1, 1)),
        (BirthPrecision.MONTH, month, "2", date(1990, 5, 1)),
        (BirthPrecision.DAY, "19900517", "0", day),
    ):
        sent = wire.sent_birth(Birth(day, precision), form)
        assert sent == {"ngaySinh": text, "loaiNgaySinh": kind}
        assert wire.birth_of(sent) == Birth(first, precision)


@pytest.mark.parametrize(
    ("day", "kind"),
    [("19900230", "0"), ("19900000", "0"), ("1990", "0"), ("199005", "1"), ("19900517", "1"), ("19900010", "1"),
     ("19901301", "2"), ("19900517", "2"), ("1990", "2"), ("01051990", "0"), ("1990-05-1", "0"), ("19900501", "3"),
     ("19900501", ""), ("١٩٩٠٠٥٠١", "0"), ("199005010", "0")],
)  # fmt: skip
def test_a_birth_that_contradicts_its_kind_is_broken(day, kind):
    """A day where only the year is known: one of the two is wrong."""
    body = json.dumps({**ROW, "ngaySinh": day, "loaiNgaySinh": kind}).encode()
    with pytest.raises(ContractBroken, match=r"ngaySinh|loaiNgaySinh"):
        answering("by_number", body, lambda c: c.by_number(NUMBER, reason()))


ROW = {"hoTen": "A", "ngaySinh": "", "loaiNgaySinh": "", "gioiTinh": "1", "trangThai": "1"}


def person(**changes):
    body = json.dumps({**ROW, **changes}).encode()
    return answering("by_number", body, lambda c: c.by_number(NUMBER, reason())).value


def test_what_they_leave_out_is_not_known():
    """Empty is unknown, not male and not 1900."""
    found = person(gioiTinh=None)
    assert (found.birth, found.sex, found.place, found.old_book) == (None, Sex.UNKNOWN, None, "")
    assert person(gioiTinh=2).sex is Sex.FEMALE


@pytest.mark.parametrize(
    "changes",
    [{"hoTen": ""}, {"hoTen": None}, {"hoTen": ["A"]}, {"hoTen": "A\u202eB"}, {"gioiTinh": "0"}, {"gioiTinh": "Nam"},
     {"gioiTinh": True}, {"trangThai": ""}, {"maSoBhxh": "9900000102"}, {"hoTen": "x" * 501}],
)  # fmt: skip
def test_a_person_of_another_shape_or_another_person_is_broken(changes):
    """Another citizen's data in this dossier is the worst of all."""
    with pytest.raises(ContractBroken):
        person(**changes)


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b"null", b"[{}, {}]", b"[1]", b'"x"', b"{", b'{"hoTen":"A","hoTen":"B"}']
)
def test_nobody_and_broken_are_told_apart(body):
    """Nothing at all is nobody; anything else that is no person is broken."""

    def ask(client):
        return client.by_number(NUMBER, reason()).value

    if body in (b"[]", b"{}", b"null"):
        assert answering("by_number", body, ask) is None
    else:
        with pytest.raises(ContractBroken):
            answering("by_number", body, ask)


@pytest.mark.parametrize(
    "body",
    [b'{"maSoBhxh":"","errorCode":""}', b'{"maSoBhxh":"123"}', b'{"maSoBhxh":"99000001O1"}', b'{"trangThai":"1"}',
     b'[{"maSoBhxh":"9900000101"},{"maSoBhxh":"9900000102"}]', b'{"maSoBhxh":"9900000101","errorCode":["1"]}'],
)  # fmt: skip
def test_a_number_that_is_none_is_broken(body):
    """Neither 'nobody' nor a number."""
    with pytest.raises(ContractBroken):
        answering("find_number", body, lambda c: c.find_number(question(), reason()))


def test_an_error_code_stands_above_a_number():
    """And 0 is no error."""

    def ask(client):
        return client.find_number(question(), reason()).value

    with pytest.raises(Rejected) as caught:
        answering("find_number", b'{"maSoBhxh":"9900000101","errorCode":"E7"}', ask)
    assert caught.value.code == "E7"
    assert answering("find_number", b'{"maSoBhxh":"9900000101","errorCode":"0"}', ask) == NUMBER
    wrapped = b'{"result":[{"maSoBhxh":9900000101}]}'
    assert answering("find_number", wrapped, ask, wrapper="result") == NUMBER
    with pytest.raises(ContractBroken):
        answering("find_number", b'{"maSoBhxh":"9900000101"}', ask, wrapper="result")


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"name": " \u200b"}, {"name": "123"}, {"name": "A" * 101}, {"name": "A\u202eB"}, {"name": "A\0"},
     {"sex": Sex.UNKNOWN}, {"birth": Birth(date(1899, 12, 31))}, {"birth": Birth(date(2026, 11, 24))},
     {"place": Place("3", "", "14371")}, {"place": Place("37", "", "")}, {"place": Place("37", "35", "14371")},
     {"place": Place("", "", "14371")}, {"place": Place("37", "", "1437१")}],
)  # fmt: skip
def test_what_cannot_be_asked_does_not_leave(insurance, changes):
    """The error repeats nothing of the person."""
    with pytest.raises(Rejected) as caught:
        insurance.client().find_number(question(**changes), reason())
    assert caught.value.code == "not-sent"
    assert "Nhãn" not in str(caught.value)
    assert not insurance.sandbox.received


@pytest.mark.parametrize(
    "changes", [{"card": "GD437"}, {"card": "12345678901"}, {"old_book": "a b"}, {"old_book": "x" * 31}]
)
def test_cards_and_books_that_cannot_be_do_not_leave(insurance, changes):
    """Typed wrongly is found here."""
    with pytest.raises(Rejected, match="not-sent"):
        insurance.client().household(question(**changes), reason())
    assert not insurance.sandbox.received


@pytest.mark.parametrize("number", ["", "123", "99000001011", "990000010A", "٩٩٠٠٠٠٠١٠١"])
def test_a_number_that_cannot_be_does_not_leave(insurance, number):
    """Ten digits."""
    with pytest.raises(Rejected) as caught:
        insurance.client().by_number(number, reason())
    assert not number or number not in str(caught.value)
    assert not insurance.sandbox.received


def test_a_district_where_it_is_still_asked_for(insurance):
    """By setting: nobody has told what holds after the merger."""
    with pytest.raises(Rejected, match="district"):
        insurance.client(district_needed=True).find_number(question(), reason())


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ("procedure", "001"),
        ("unit", "002"),
        ("officer", "003"),
        ("request_id", "not-sent"),
        ("dossier_code", "not-sent"),
    ],
)
def test_without_a_purpose_nobody_is_looked_at(insurance, missing, code):
    """For every look-up, before anything leaves."""
    client, empty = insurance.client(), reason(**{missing: " "})
    for ask in (
        lambda: client.by_number(NUMBER, empty),
        lambda: client.find_number(question(), empty),
        lambda: client.household(question(), empty),
    ):
        with pytest.raises(Rejected) as caught:
            ask()
        assert caught.value.code == code
    assert not insurance.sandbox.received


def test_every_answer_carries_the_record_of_the_look(insurance):
    """With a digest instead of the person; the same person is the same digest, another key another."""
    client = insurance.client()
    first, second = client.by_number(NUMBER, reason()), client.by_number(NUMBER, reason(request_id="R2"))
    assert (first.purpose.system, first.purpose.operation, first.purpose.at) == (
        "social_insurance",
        "by_number",
        MONDAY_MORNING,
    )
    assert first.purpose.subject_digest == second.purpose.subject_digest
    assert len(first.purpose.subject_digest) == 64
    other = insurance.client(subject_key="khoa-khac-hoan-toan").by_number(NUMBER, reason())
    assert other.purpose.subject_digest != first.purpose.subject_digest
    by_name = client.find_number(question(), reason()).purpose.subject_digest
    assert by_name == client.find_number(question(name="TRẦN  THỊ NHÃN"), reason()).purpose.subject_digest
    assert by_name != first.purpose.subject_digest
    with pytest.raises(ValidationError, match="16"):
        settings(subject_key="short")


@pytest.mark.parametrize(
    ("payload", "code"),
    [({"number": NUMBER}, "001"), ({"number": NUMBER, "reason": {"officer": "Nhãn"}}, "not-sent"), ({"number": NUMBER, "reason": "Nhãn"}, "not-sent")],
)  # fmt: skip
def test_an_effect_without_a_readable_purpose_is_refused(payload, code):
    """The error tells the place, not what stood there."""
    [ask] = [o for o in connected(settings(), clock=VirtualClock()).operations if o.name == "by_number"]
    with pytest.raises(Rejected) as caught:
        ask.perform(Call("k", "", payload))
    assert caught.value.code == code
    assert "Nhãn" not in str(caught.value)


def test_an_officers_own_account_goes_with_the_look(insurance):
    """Where the platform wants it, the officer of the purpose is who asks."""
    credentials = {
        "style": "bearer",
        "token": "token-Of-Nobody",
        "staff": {"accounts": {"an@tinh.example": "khoaA:matkhauA"}},
    }
    client = insurance.client(credentials=credentials)
    assert client.by_number(NUMBER, reason()).value is not None
    with pytest.raises(CredentialsRefused):
        client.by_number(NUMBER, reason(officer="binh@tinh.example"))


def test_the_question_of_an_effect_is_read_back_exactly():
    """What the engine stores is what is asked."""
    from mappings.canonical.codec import from_json
    from mappings.canonical.insurance import InsuranceQuestion

    asked = question(**MONTH_ONLY)
    assert from_json(InsuranceQuestion, json.loads(json.dumps(to_json(asked)))) == asked
    assert from_json(Reason, to_json(reason())) == reason()
