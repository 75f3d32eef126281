"""Dossiers of the ministry for the case system, and dossiers there and back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Forged
from connectors.kit.reading import Unreadable
from connectors.ministry import notifications, translate, translate_back
from connectors.ministry.connect import connected
from connectors.ministry.sandbox_notices import message
from connectors.ministry.translate import Uploaded
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import CopyKind, FileRef, Paper
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.canonical.party import Birth, Party, PartyKind, PersonName, Place
from tests.contract.ministry.conftest import AT, CODE, INBOUND, dossier, settings, step
from tests.support.clock import VirtualClock

HEADERS = {"Authorization": f"Bearer {INBOUND}"}
KINDS = sorted(notifications.DOORS)
TODAY = date(2026, 11, 25)


def read(
    kind: str, body: bytes | None = None, headers: Any = None, **changes: Any
) -> tuple[DossierNews, ...]:
    given_headers = HEADERS if headers is None else headers
    raw = message(kind, {}) if body is None else body
    return notifications.DOORS[kind](raw, given_headers, settings=settings(**changes), clock=VirtualClock())


def test_a_dossier_handed_in_there_is_news_for_the_case_system():
    """With its applicant, papers and free form; the same number again is the same news."""
    [news] = read("dossier")

    assert (news.kind, news.key) == (NewsKind.NEW_DOSSIER, "new-dossier:G09.20-20261123-0000001")
    assert news.at == datetime(2026, 11, 23, 1, 7, 53, tzinfo=UTC)
    file = news.dossier
    assert (file.applicant.kind, file.applicant.personal_number) == (PartyKind.CITIZEN, "001099000001")
    assert file.applicant.birth == Birth(date(1999, 1, 1))
    assert file.owner is None
    assert file.papers[0].files[0].id == "665f1c2b9d3e4a0012345678"
    assert news.facts == {"service": "1.012345", "form": {"noiDung": "Đề nghị cấp phép"}}
    assert from_json(DossierNews, json.loads(json.dumps(to_json(news)))) == news
    assert read("dossier") == (news,)


def test_another_owner_than_who_hands_in_is_kept_apart():
    """Whose matter it is decides whose data is asked for."""
    [news] = read("dossier", message("dossier", {"ChuHoSo": "TRẦN THỊ CHỦ"}))
    assert news.dossier.owner.name.full == "TRẦN THỊ CHỦ"


def test_states_of_theirs_are_news_with_our_meaning():
    """A supplement is asked for; an unknown number is pending."""
    [asked] = read("states")
    assert (asked.kind, asked.state, asked.their_state) == (
        NewsKind.SUPPLEMENT_ASKED,
        DossierState.SUPPLEMENT,
        "5",
    )
    [unknown] = read("states", message("states", {"TrangThai": 42}))
    assert (unknown.kind, unknown.state, unknown.their_state) == (
        NewsKind.STATE,
        DossierState.PENDING,
        "42",
    )
    assert asked.key != unknown.key
    fee = {"TenPhiLePhi": "Phí", "MaPhiLePhi": "P", "Gia": "5000", "LoaiPhiLePhi": 1, "TrangThaiThanhToan": 1}
    result = {
        "IdGiayTo": "k1",
        "MaKetQua": "KQ.DVC.KETQUA",
        "TenGiayTo": "Giấy phép",
        "HashTepTin": "ab" * 32,
    }
    [done] = read(
        "states",
        message("states", {"TrangThai": 9, "DanhSachLePhi": [fee], "DanhSachGiayToKetQua": [result]}),
    )
    assert done.kind is NewsKind.FINISHED
    assert done.results[0].file.sha256 == "ab" * 32
    assert done.facts["fees"][0]["amount"] == 5000


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {INBOUND}x"}, {"Other": INBOUND}]
)
def test_without_the_secret_nothing_is_read(kind, headers):
    """Not even whether the body could be read is told; without a secret in the settings nobody is believed."""
    for body in (message(kind, {}), b"{"):
        with pytest.raises(Forged):
            read(kind, body, headers)
    with pytest.raises(Forged):
        read(kind, inbound_secret=None)
    old = {"Authorization": "Bearer khoa-cu-cua-bo-0001"}
    assert read(kind, headers=old, previous_inbound_secret="khoa-cu-cua-bo-0001")


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_cut_anywhere_is_an_error(kind):
    """Half a message is no message."""
    body = message(kind, {})
    for length in range(len(body)):
        with pytest.raises(ValueError):
            read(kind, body[:length])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(KINDS), st.data())
def test_wrong_types_anywhere_end_in_a_defined_error_or_in_news(kind, data):
    """One field at any depth replaced by anything at all."""
    found = json.loads(message(kind, {}))
    place = found if kind == "dossier" else found[0]
    while True:
        name = data.draw(st.sampled_from(sorted(place)))
        inner = place[name]
        inner = inner[0] if isinstance(inner, list) and inner else inner
        if not isinstance(inner, dict) or data.draw(st.booleans()):
            break
        place = inner
    place[name] = data.draw(json_values)
    try:
        news = read(kind, json.dumps(found).encode())
    except ValueError:
        return
    assert all(json.loads(json.dumps(to_json(each))) == to_json(each) for each in news)


@pytest.mark.parametrize(
    "changes",
    [
        {"MaHoSo": ""},
        {"LoaiDoiTuong": 4},
        {"LoaiDoiTuong": None},
        {"NgayNop": "20261123080753"},
        {"ThongTinNguoiNop": None},
        {"ThanhPhanHoSo": [{"LoaiBan": 7, "SoLuong": 1}]},
        {"ThanhPhanHoSo": {}},
        {"ChuHoSo": "a\u202eb"},
    ],
)
def test_a_field_that_is_not_as_agreed_is_named(changes):
    """From them, but unreadable: a person looks at it."""
    with pytest.raises(Unreadable):
        read("dossier", message("dossier", changes))


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b"[5]", b'[{"MaHoSo": "A"}]', b'[{"MaHoSo": "A", "TrangThai": "5.5"}]']
)
def test_states_are_taken_whole_or_not_at_all(body):
    """Half a list taken would be told as taken."""
    with pytest.raises(Unreadable):
        read("states", body)


def test_our_answer_and_the_doors(clock):
    """The shape of their own answers."""
    body = json.loads(notifications.answer(200, "Đã nhận", reference="1", dossier_code=CODE))
    assert body == {"code": 200, "message": "Đã nhận", "data": {"idHoSo": "1", "maHoSo": CODE}}
    assert sorted(connected(settings(), clock=clock).verifiers) == ["ministry/dossier", "ministry/states"]


# ---- there and back ------------------------------------------------------------------------------------------------------

words = st.text(st.sampled_from("aăâđêôơưẠếễỗựÁnghtr NGUYỄN0123456789.,-/"), min_size=1, max_size=30).filter(
    lambda text: text.strip()
)
maybe_words = st.just("") | words
moments = st.datetimes(
    datetime(2015, 1, 1), datetime(2040, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=7))])
).map(lambda value: value.replace(microsecond=0))


@st.composite
def parties(draw: st.DrawFn, *, whole: bool) -> Party:
    kind = draw(st.sampled_from([PartyKind.CITIZEN, PartyKind.ENTERPRISE, PartyKind.HOUSEHOLD_BUSINESS]))
    number = st.text("0123456789", min_size=12, max_size=12)
    known = (
        {"personal_number": draw(number)} if kind is PartyKind.CITIZEN else {"tax_code": draw(number)[:10]}
    )
    place = Place(
        province=draw(st.sampled_from(["52", "01"])),
        district=draw(st.sampled_from(["", "624"])) if whole else "",
        commune=draw(st.sampled_from(["23557", "00004"])),
        detail=draw(maybe_words),
    )
    more: dict[str, Any] = {}
    if whole:
        born = draw(st.none() | st.dates(date(1930, 1, 1), date(2026, 1, 1)))
        more = {
            "birth": Birth(born) if born else None,
            "phone": draw(maybe_words),
            "email": draw(maybe_words),
            "fax": draw(maybe_words),
            "account": draw(st.just("") | st.uuids().map(str)),
        }
    return Party(
        kind=kind, name=PersonName(draw(words)), place=draw(st.none() | st.just(place)), **known, **more
    )


papers = st.builds(
    Paper,
    code=maybe_words,
    name=maybe_words,
    copy=st.sampled_from(CopyKind),
    quantity=st.integers(1, 99),
    files=st.lists(st.builds(FileRef, id=st.sampled_from("abcdef"), name=words), max_size=2).map(tuple),
)


@given(parties(whole=True), st.none() | parties(whole=False), st.lists(papers, max_size=3), moments, moments)
def test_there_and_back_loses_nothing_that_both_sides_know(applicant, owner, some, submitted, received):
    """Over JSON, as it really goes; the owner is told apart from who hands in."""
    if owner is not None:
        # Two people of one name, kind, number and address are one person to the other side.
        owner = replace(owner, name=PersonName(f"{owner.name.full} (chủ)"))
    file = dossier(
        applicant=applicant,
        owner=owner,
        papers=tuple(some),
        submitted_at=submitted,
        received_at=received,
        fees=(),
        results=(),
    )
    uploads = {name: Uploaded(name, "") for name in "abcdef"}
    item = translate.dossier(file, settings(), on=TODAY, uploads=uploads, form={"x": [1, "y", None]})
    told = json.loads(json.dumps(item, ensure_ascii=False).encode())

    back, form = translate_back.dossier(told, settings(), on=TODAY, version=1, state=file.state)

    assert back == file
    assert form == {"x": [1, "y", None]}


@given(st.sampled_from([DossierState.RECEIVED, DossierState.DONE]), moments, st.integers(0, 999), maybe_words)
def test_steps_come_back_as_they_left(state, at, milliseconds, content):
    """To the millisecond."""
    made = step(1, state, at=at + timedelta(milliseconds=milliseconds), content=content, started_at=AT)
    [item] = translate.steps("hs-1", CODE, [made])
    assert translate_back.step(json.loads(json.dumps(item)), version=1) == made
