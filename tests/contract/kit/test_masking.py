"""A recorded exchange holds nobody; what nobody tagged may not even look like somebody."""

from __future__ import annotations

import json

import pytest

from connectors.kit import personal
from connectors.kit.masking import LooksPersonal, Masking, Tags, tags_of

TAGS = Tags(personal=frozenset({"fullName", "owner"}), shown=frozenset({"reference", "total"}))
JSON, XML, FORM = "application/json", "text/xml; charset=utf-8", "application/x-www-form-urlencoded"


def masked(body: object, media: str = JSON, tags: Tags = TAGS) -> object:
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Masking(tags).body(raw, media)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("001099000001", "personal number"),
        ("số 012345678 cũ", "identity number"),
        ("0912000001", "phone"),
        ("+84 912 000 001", "phone"),
        ("091.200.0001", "phone"),
        ("thu@tinh.example", "e-mail"),
        ("0101234567", "phone"),
        ("1101234567", "tax code"),
        ("0101234567-001", "tax code"),
        ("19001234567890", "account number"),
        ("Nguyễn Thị Thử", "name"),
        ("NGUYỄN VĂN A", "name"),
        ("nộp cho Trần Văn B hôm qua", "name"),
        ("Nguye\u0302\u0303n Thi\u0323 Thu\u031b\u0309", "name"),  # its marks apart
    ],
)
def test_what_looks_personal_is_seen(value, why):
    """Numbers, telephones, addresses of mail, names: each by its shape alone."""
    assert personal.looks(value) == why


@pytest.mark.parametrize(
    "value",
    ["A1B2C3D4E5F6G7H8", "20261123080000", "2026-11-23", "registered", "TH-90123-TS", "Hồ sơ hợp lệ", "12345678", "Đỗ xe đúng nơi", "1.5", ""],
)  # fmt: skip
def test_references_moments_and_words_do_not(value):
    """A rule that refuses everything is switched off by everybody."""
    assert personal.looks(value) == ""


@pytest.mark.parametrize(
    "name", ["fullName", "hoTen", "ownerName", "SoDienThoai", "Dia_Chi", "sđt", "taxCode", "ngaySinh"]
)
def test_names_of_fields_that_hold_people(name):
    """In both languages and every way of writing."""
    assert personal.named(name)


@pytest.mark.parametrize("name", ["reference", "boatName", "total", "telemetry", "soTien", "owned"])
def test_names_of_fields_that_do_not(name):
    """Whole words decide, not letters in a row."""
    assert not personal.named(name)


def test_tagged_values_keep_their_shape_and_nothing_else():
    """At any depth; below a tagged field everything is."""
    found = masked({"reference": "R-1", "owner": {"fullName": "Nguyễn A", "age": 41, "at": ["0912 000 001"]}})

    assert found == {"reference": "R-1", "owner": {"fullName": "Xxxxxx X", "age": 0, "at": ["0000 000 000"]}}


@pytest.mark.parametrize(
    ("body", "media"),
    [
        ({"note": "gọi 0912000001"}, JSON),
        ({"number": 1099000001}, JSON),
        ({"a": [{"b": {"c": "thu@tinh.example"}}]}, JSON),
        ({"message": '{"c": "Nguyễn Văn B"}'}, JSON),
        (b"<a><note>001099000001</note></a>", XML),
        (b'<a x="0912000001"/>', XML),
        (b"note=Nguy%E1%BB%85n+V%C4%83n+B", FORM),
        (b"%PDF-1.7 anything", "application/pdf"),
        ({"file": "QUJD" * 200}, JSON),
    ],
)
def test_an_untagged_value_that_looks_personal_is_refused(body, media):
    """By the name of its field; the value itself stands nowhere."""
    with pytest.raises(LooksPersonal) as caught:
        masked(body, media)
    for word in ("0912000001", "Nguyễn", "001099000001", "thu@"):
        assert word not in str(caught.value)


def test_what_is_tagged_as_shown_stays_even_if_it_looks_like_a_number():
    """Somebody said that it is none of a person."""
    assert masked({"total": 1_300_000_000, "reference": "123456789012"}) == {
        "total": 1_300_000_000,
        "reference": "123456789012",
    }


def test_secrets_are_masked_whatever_the_tags_say():
    """A token in a body is as good as one in a header."""
    assert masked({"access_token": "abc-123"}) == {"access_token": "xxx-000"}


def test_xml_is_masked_by_the_local_names_of_its_elements():
    """Prefixes are anybody's choice."""
    found = masked(
        "<p:a xmlns:p='urn:x'><p:fullName>Lê B</p:fullName><p:reference>R1</p:reference></p:a>".encode(), XML
    )

    assert "Lê" not in str(found)
    assert "R1" in str(found)


def test_a_path_is_masked_where_it_repeats_what_was_masked_and_refused_otherwise():
    """Numbers of people stand in addresses too."""
    masking = Masking(Tags(personal=frozenset({"number"})))
    masking.body(b'{"number": "001099000001"}', JSON)

    assert masking.path("/people/001099000001/cards") == "/people/000000000000/cards"
    with pytest.raises(LooksPersonal, match="path"):
        masking.path("/people/001099000002")


def test_tags_come_from_the_connector_itself():
    """Both ways of writing them are read."""
    assert "hoTen" in tags_of("social_insurance").personal
    assert "CitizenName" in tags_of("lgsp").personal
    assert "MaThamChieu" in tags_of("payment_platform").shown
