"""Details by code: four addresses, two generations of answers, and codes that are not worth a call."""

from __future__ import annotations

import json
from datetime import date

import pytest

from connectors.business_registration import codes
from connectors.errors import ContractBroken, CredentialsRefused, Rejected, Unavailable
from mappings.canonical.enterprise import EnterpriseState
from mappings.canonical.party import PartyKind, PersonName, Place
from tests.contract.business_registration.conftest import (
    BRANCH,
    CODE,
    COOPERATIVE,
    OWNER,
    answering,
)

SHAPES = ("version_in_path", "no_version", "adapter", "facade")


@pytest.mark.parametrize("newer", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_enterprise_in_every_shape(register, shape, newer):
    """Version in the path, none, in the query, and the façade's certificates; the document's blocks and the newer ones."""
    register.sandbox.newer = newer
    found = register.client(shape=shape).enterprise(CODE)
    assert (found.code, found.kind, found.name) == (
        CODE,
        PartyKind.ENTERPRISE,
        "CÔNG TY TNHH THỬ NGHIỆM BƯỞI",
    )
    assert (found.state, found.their_state) == (EnterpriseState.ACTIVE, "Đang hoạt động")
    assert (found.founded_on, found.amended_on) == (date(2015, 1, 5), date(2025, 9, 30))
    assert (found.changes, found.capital) == (3, 1_500_000_000)
    assert found.representatives == (PersonName("Đỗ Thị Khế"),)
    assert found.activities == (("0121", "Trồng cây ăn quả"), ("4620", "Bán buôn nông sản"))
    assert found.head_office == Place(
        province="37",
        commune="14371",
        detail="Số 1 đường Thử",
        text="Số 1 đường Thử, Phường Thử, Tỉnh Ninh Bình",
    )


@pytest.mark.parametrize(
    ("shape", "path"),
    [
        ("version_in_path", "/dkdn/apiCSDLDKDN/1.0/chiTietDoanhNghiep"),
        ("no_version", "/dkdn/apiCSDLDKDN/chiTietDoanhNghiep"),
        ("adapter", "/dkdn/adapter"),
        ("facade", "/dkdn/apiDKKD/DoanhNghiep/chiTietDoanhNghiep"),
    ],
)
def test_the_address_of_each_shape(register, shape, path):
    """Held against the facts, not against our own code."""
    register.client(shape=shape).enterprise(CODE)
    assert register.sandbox.asked == [path]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_code_that_nobody_has_is_not_found(register, shape):
    """An empty block or a null wrapper; no error."""
    assert register.client(shape=shape).enterprise("9900000030") is None


def test_cooperatives_and_households_have_their_own_certificates(register):
    """At the façade, whatever shape the enterprises have."""
    client = register.client()
    found = client.cooperative(COOPERATIVE)
    assert (found.kind, found.state) == (PartyKind.COOPERATIVE, EnterpriseState.SUSPENDED)
    assert found.representatives == (PersonName("Vũ Thị Sim"),)
    household = client.household(f" {OWNER} ")
    assert (household.kind, household.code) == (PartyKind.HOUSEHOLD_BUSINESS, OWNER)
    assert client.cooperative(CODE) is None
    assert client.household(CODE) is None
    assert register.sandbox.asked[:2] == [
        "/dkdn/apiDKKD/HopTacXa/chiTietHopTacXa",
        "/dkdn/apiDKKD/HoKinhDoanh/chiTietHoKinhDoanh",
    ]


def test_certificates_with_other_names_by_profile():
    """The fields of households are not public."""
    body = json.dumps({"HHCert": [{"MST": OWNER, "TEN_HO": "HỘ THỬ"}]}).encode()
    names = {"ENTERPRISE_GDT_CODE": "MST", "NAME": "TEN_HO"}
    found = answering("household", body, lambda c: c.household(OWNER), household_names=names)
    assert (found.name, found.state, found.representatives) == ("HỘ THỬ", EnterpriseState.UNKNOWN, ())


def test_an_unknown_state_keeps_its_word_and_a_branch_its_dash(register):
    """Never taken for active or dissolved."""
    found = register.client().enterprise("9900000016 001")
    assert (found.code, found.state, found.their_state) == (
        BRANCH,
        EnterpriseState.UNKNOWN,
        "NGỪNG THEO KIỂU MỚI",
    )
    assert (found.founded_on, found.capital, found.representatives) == (date(2024, 2, 29), None, ())


def test_a_branch_without_its_dash_by_setting():
    """The answer is about the same branch either way."""
    body = json.dumps({"Status": 1, "Data": main(ENTERPRISE_GDT_CODE="9900000016001")}).encode()
    assert answering("enterprise", body, lambda c: c.enterprise(BRANCH), branch_form="plain").code == BRANCH


def main(**changes):
    facts = {"ENTERPRISE_GDT_CODE": CODE, "NAME": "CÔNG TY THỬ"}
    return {"MainInformation": {**facts, **changes}}


def told(data, **changes):
    body = json.dumps({"Data": data, "Status": "1", "DataCount": 1}).encode()
    return answering("enterprise", body, lambda c: c.enterprise(CODE), **changes)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31/12/2025", date(2025, 12, 31)),
        ("2025-12-31T00:00:00", date(2025, 12, 31)),
        ("2025-12-31T23:59:59", date(2025, 12, 31)),
        (" 01/02/2025 ", date(2025, 2, 1)),
        ("", None),
        (None, None),
    ],
)
def test_days_in_both_forms(text, day):
    """The document has one, the client that runs has the other."""
    assert told(main(FOUNDING_DATE=text)).founded_on == day


@pytest.mark.parametrize("text", ["31/02/2025", "2025-02-30T00:00:00", "12/31/2025", "1/2/2025", "2025", 20_251_231, "2025-12-31", True])  # fmt: skip
def test_a_day_in_no_agreed_form_is_an_error_with_the_fields_name(text):
    """A guessed day is worse than none."""
    with pytest.raises(ContractBroken, match="FOUNDING_DATE"):
        told(main(FOUNDING_DATE=text))


@pytest.mark.parametrize(
    ("raw", "amount"),
    [("1500000000.000", 1_500_000_000), (0, 0), ("0", 0), ("999999999999999999.000", 10**18 - 1), ("", None)],
)
def test_capital_is_whole_dong(raw, amount):
    """21 digits with three decimals there."""
    assert told(main(CAPITAL_AMOUNT=raw)).capital == amount


@pytest.mark.parametrize("raw", ["1.500.000.000", "1,5", "-1", "1e9", "0.5", "NaN", "١٢", True, [], 10**18])
def test_capital_that_cannot_be_read_is_an_error(raw):
    """Nor rounded, nor guessed."""
    with pytest.raises(ContractBroken, match="CAPITAL_AMOUNT"):
        told(main(CAPITAL_AMOUNT=raw))


@pytest.mark.parametrize(
    ("people", "names"),
    [
        ({"FULL_NAME": "A B"}, ("A B",)),
        ([{"FULL_NAME": "A B"}, {"FULL_NAME": "C D"}], ("A B", "C D")),
        ([], ("E F", "G H")),
        (None, ("E F", "G H")),
        ([{}], ("E F", "G H")),
    ],
)
def test_representatives_as_object_list_or_not_at_all(people, names):
    """Enterprises without any are real; LEGAL_NAMES then tells."""
    found = told({**main(LEGAL_NAMES=" E F; G H ;"), "Representatives": people})
    assert tuple(name.full for name in found.representatives) == names


def test_codes_of_places_only_where_they_are_the_statistics_offices():
    """A code of another list is wrong data."""
    place = {"CityID": 1, "DistrictID": "7", "WardID": "ABC", "CityName": "Hà Nội", "WardName": "Phường A"}
    found = told({**main(), "HOAdress": place}).head_office
    assert (found.province, found.district, found.commune) == ("01", "007", "")
    assert found.text == "Phường A, Hà Nội"
    own = told({**main(), "HOAdress": place}, place_codes="own").head_office
    assert (own.province, own.district, own.text) == ("", "", "Phường A, Hà Nội")


@pytest.mark.parametrize(
    "data",
    [
        main(ENTERPRISE_GDT_CODE="9900000023"),
        main(ENTERPRISE_GDT_CODE=None),
        main(NAME=""),
        main(NAME=["x"]),
        main(NUMBER_CHANGES="three"),
        {"MainInformation": "x"},
        {**main(), "HOAdress": "Hà Nội"},
        {**main(), "BusinessActivity": ["0121"]},
        [main(), main()],
        "x",
    ],
)
def test_an_answer_of_another_shape_or_about_another_is_broken(data):
    """Another enterprise's data in this dossier is the worst of all."""
    with pytest.raises(ContractBroken):
        told(data)


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b'{"Data":{}}', b'{"Status":"1"}', b'{"Status":"2","Data":{}}', b'{"Status":"OK","Data":{}}',
     b'{"Status":"1","Status":"0","Data":{}}', b"\xff\xfe{", b"null"],
)  # fmt: skip
def test_an_envelope_of_another_shape_is_broken(body):
    """Never 'not found'."""
    with pytest.raises(ContractBroken):
        answering("enterprise", body, lambda c: c.enterprise(CODE))


@pytest.mark.parametrize("body", [b"{}", b'{"Other":null}', b'{"GetEntCert":{}}', b'{"GetEntCert":[null]}', b'{"GetEntCert":[{}]}', b'{"GetEntCert":[{"x":1},{"x":2}]}'])  # fmt: skip
def test_a_wrapper_of_another_shape_is_broken(body):
    """Null is not found; not there at all is not."""
    with pytest.raises(ContractBroken):
        answering("enterprise", body, lambda c: c.enterprise(CODE), shape="facade")


def test_status_0_is_a_refusal_unless_agreed_otherwise():
    """Their message may name somebody: it is not kept."""
    body = '{"Data":null,"Status":"0","Message":"Không có Đỗ Thị Khế"}'.encode()
    with pytest.raises(Rejected) as caught:
        answering("enterprise", body, lambda c: c.enterprise(CODE))
    assert caught.value.code == "0"
    assert "Khế" not in str(caught.value)
    assert answering("enterprise", body, lambda c: c.enterprise(CODE), zero_is_not_found=True) is None


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("9900000016", "9900000016"),
        ("  99 0000 0016 ", "9900000016"),
        ("9900000016001", "9900000016-001"),
        ("9900000016-001", "9900000016-001"),
        ("9900000016 - 001", "9900000016-001"),
        ("9900000070", "9900000070"),  # the rule gives ten: written as nought
        ("0100047516", "0100047516"),  # the worked example that programs cite
    ],
)
def test_codes_as_people_type_them(typed, code):
    """Spaces and dashes are not worth a refusal."""
    assert codes.normalised(typed) == code


@pytest.mark.parametrize(
    "typed",
    ["", "123", "9900000017", "990000001", "99000000161", "9900000016-000", "9900000016/001", "99000000I6",
     "٩٩٠٠٠٠٠٠١٦", "037190000123", "9900000016-0011", "-9900000016"],
)  # fmt: skip
def test_what_is_no_code_spends_no_call(register, typed):
    """The quota is for questions that can be answered. The error does not repeat what was typed."""
    with pytest.raises(Rejected) as caught:
        register.client().enterprise(typed)
    assert caught.value.code == "not-sent"
    assert not typed or typed not in str(caught.value)
    assert not register.sandbox.asked


def test_every_single_wrong_digit_is_seen():
    """That is what the digit is for; 10 written as 0 and 0 are not told apart."""
    wrong = [
        f"{CODE[:at]}{digit}{CODE[at + 1 :]}"
        for at in range(10)
        for digit in "0123456789"
        if digit != CODE[at]
    ]
    assert [code for code in wrong if codes.fits(code)] == []


def test_the_check_digit_can_be_switched_off(register):
    """Its rule is not the register's own paper."""
    assert register.client(check_digit=False).enterprise("9900000017") is None


def test_the_quota_is_theirs_to_tell(register):
    """Wait as long as they say."""
    register.sandbox.quota = 1
    client = register.client()
    client.enterprise(CODE)
    with pytest.raises(Unavailable) as caught:
        client.enterprise(CODE)
    assert caught.value.retry_after_seconds == 3600


def test_a_refused_token_is_not_replaced_by_a_built_in_one(register):
    """One known client falls back to a token in its code."""
    with pytest.raises(CredentialsRefused):
        register.client(credentials={"style": "bearer", "token": "another-Of-Nobody"}).enterprise(CODE)
    assert register.sandbox.received["enterprise"] == 1
