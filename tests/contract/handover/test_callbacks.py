"""What they push to us: nothing is believed that does not prove who sent it, nothing unreadable becomes news."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Forged
from connectors.handover import notifications
from connectors.handover.settings import Settings
from connectors.handover.shelf import profile
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import DossierNews, NewsKind
from tests.contract.handover.conftest import CALLBACK_SECRET, CODE, PERSON, asked, sandbox, settings

THREE = ("xay-dung", "gplx", "lao-dong")


def sent(name: str, kind: str = "state", code: str = CODE) -> dict[str, Any]:
    """A message as the system sends it."""
    return asked(sandbox(name), "POST", "call-back", {"kind": kind, "key": code})


def took(name: str, made: dict[str, Any], body: bytes | None = None, **changes: Any) -> DossierNews:
    section = settings("http://127.0.0.1:9", name, **changes).systems[name]
    return notifications.verified(
        made["body"].encode() if body is None else body,
        headers=made["headers"],
        query={},
        path_secret=made["path"].strip("/"),
        system=f"handover.{name}",
        profile=profile(name),
        settings=section,
    )


@pytest.mark.parametrize("name", THREE)
def test_a_message_that_proves_itself_is_news(name):
    """Secret in the path, signature in a header, secret inside the body: as the profile says."""
    news = took(name, sent(name))

    assert (news.system, news.kind, news.dossier_code) == (f"handover.{name}", NewsKind.STATE, CODE)
    assert news.state is DossierState.PROCESSING
    assert news.their_state in ("DANG_XU_LY", "2", "DANG_GIAI_QUYET")
    assert news.at == datetime(2026, 11, 24, 2, 30, tzinfo=UTC) or name == "gplx"
    assert from_json(DossierNews, to_json(news)) == news


def test_utc_without_saying_so_is_read_as_utc():
    """Seven hours off is another working day."""
    assert took("xay-dung", sent("xay-dung")).at == datetime(2026, 11, 24, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize("name", THREE)
def test_results_come_as_links_or_as_content(name):
    """Links are to be fetched; content stands beside, by the id of its bytes."""
    news = took(name, sent(name, "finished"))
    [paper] = news.results

    assert (news.kind, news.state) == (NewsKind.FINISHED, DossierState.DONE)
    assert paper.file is not None
    if name == "gplx":
        assert news.facts["files"] == {paper.file.id: "JVBERi0xLjQKJSVFT0YK"}
        assert (paper.file.size, len(paper.file.sha256), paper.file.url) == (15, 64, "")
    else:
        assert paper.file.url.startswith("https://")
        assert "files" not in news.facts


def test_a_supplement_is_asked_for_with_its_reason():
    """What is missing is the officer's word."""
    news = took("xay-dung", sent("xay-dung", "supplement"))

    assert (news.kind, news.note, news.facts["request_id"]) == (
        NewsKind.SUPPLEMENT_ASKED,
        "Thiếu bản vẽ",
        "YC-1",
    )


@pytest.mark.parametrize("name", THREE)
@pytest.mark.parametrize("wrong", ["", "khac", CALLBACK_SECRET[:-1], CALLBACK_SECRET + "x", "é" * 20])
def test_a_wrong_or_missing_secret_is_forged(name, wrong):
    """Anybody could have written it."""
    made = sent(name)
    if name == "xay-dung":
        made["path"] = f"/{wrong}"
    elif name == "gplx":
        made["headers"]["X-Chu-Ky"] = wrong
    else:
        made["body"] = made["body"].replace(CALLBACK_SECRET, wrong)

    with pytest.raises(Forged) as refused:
        took(name, made)
    assert CODE not in str(refused.value)
    assert CALLBACK_SECRET not in str(refused.value)


@pytest.mark.parametrize("name", THREE)
def test_without_an_agreed_secret_nothing_is_believed(name):
    """Switched off is the state of an installation that forgot."""
    with pytest.raises(Forged, match="no callbacks"):
        took(name, sent(name), callback_secret=None)


def test_both_secrets_are_good_while_one_replaces_the_other():
    """Two at a time, never three."""
    for name in THREE:
        changed = {"callback_secret": "khoa-moi-hoan-toan-01", "previous_callback_secret": CALLBACK_SECRET}
        assert took(name, sent(name), **changed).dossier_code == CODE
        with pytest.raises(Forged):
            took(name, sent(name), callback_secret="khoa-moi-hoan-toan-01")


@given(st.integers(0, 2_000), st.integers(1, 255))
def test_one_changed_byte_of_a_signed_message_is_never_believed(at, change):
    """The signature is over the raw bytes."""
    made = sent("gplx")
    body = bytearray(made["body"].encode())
    body[at % len(body)] ^= change
    with pytest.raises(Forged):
        took("gplx", made, bytes(body))


@pytest.mark.parametrize("name", THREE)
def test_a_message_cut_at_any_byte_is_never_news(name):
    """Half a message is no message, also where the secret stands outside of it."""
    made = sent(name, "finished")
    body = made["body"].encode()
    for length in range(len(body)):
        with pytest.raises((Forged, ValueError)):
            took(name, made, body[:length])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"\xff\xfe{}",
        b"[" * 50_000,
        b'{"LoaiThongBao": "ChuyenHoSo", "LoaiThongBao": "KetThucHoSo"}',
        b'{"LoaiThongBao": ["ChuyenHoSo"]}',
        b'{"LoaiThongBao": "Khac"}',
        b'{"LoaiThongBao": "ChuyenHoSo"}',
        b'{"LoaiThongBao": "ChuyenHoSo", "SoBienNhan": "", "MaTrangThai": "X", "NgayChuyen": "2026-11-24T02:30:00"}',
        b'{"LoaiThongBao": "ChuyenHoSo", "SoBienNhan": 1.5, "MaTrangThai": "X", "NgayChuyen": "2026-11-24T02:30:00"}',
        b'{"LoaiThongBao": "ChuyenHoSo", "SoBienNhan": "A", "MaTrangThai": "X", "NgayChuyen": "24/11/2026"}',
        b'{"LoaiThongBao": "KetThucHoSo", "SoBienNhan": "A", "MaTrangThai": "X", "DanhSachGiayToKetQua": [{"TenGiayTo": "x", "LinkFile": "http://trong-mang/x"}]}',
        b'{"LoaiThongBao": "KetThucHoSo", "SoBienNhan": "A", "MaTrangThai": "X", "DanhSachGiayToKetQua": {"0": {}}}',
    ],
    ids=range(15),
)
def test_what_cannot_be_read_is_a_defined_error(body):
    """It is theirs, and it is recorded, but it is no news."""
    with pytest.raises(ValueError):
        took("xay-dung", sent("xay-dung"), body)


@pytest.mark.parametrize("name", ["xay-dung", "lao-dong"])
def test_a_code_that_nobody_agreed_on_is_pending_and_kept(name):
    """Never done, never refused."""
    made = sent(name)
    for old in ("DANG_XU_LY", "DANG_GIAI_QUYET"):
        made["body"] = made["body"].replace(old, "LA_LAM")
    news = took(name, made)
    assert (news.state, news.their_state) == (DossierState.PENDING, "LA_LAM")


@pytest.mark.parametrize("name", THREE)
def test_the_same_message_has_the_same_key_and_another_has_another(name):
    """It is recorded once."""
    first, other = took(name, sent(name)), took(name, sent(name, "finished"))

    assert first.key == took(name, sent(name)).key
    assert first.key != other.key
    assert not [word for word in (*PERSON, CODE) if word in first.key]


def test_a_key_of_their_own_makes_a_repeat_with_other_blanks_the_same():
    """Some programs send again with another time of sending inside."""
    made = sent("lao-dong")
    spaced = made["body"].replace("><", ">\n<")
    assert spaced != made["body"]
    assert took("lao-dong", made).key == took("lao-dong", made, spaced.encode()).key
    with pytest.raises(ValueError, match="MaTin"):
        took("lao-dong", made, made["body"].replace("T-1", "").encode())


@pytest.mark.parametrize("name", THREE)
def test_our_answer_is_the_one_of_the_profile_and_always_the_same(name):
    """A repeat is answered the same."""
    taken, failed = (notifications.answer(profile(name), taken=value) for value in (True, False))

    assert taken != failed
    if name == "lao-dong":
        assert b"ThongBaoKetQua" in taken
        assert b">OK<" in taken
    else:
        wanted = {"xay-dung": {"Result": 1, "Message": "Đã nhận"}, "gplx": {"maLoi": "0"}}
        assert json.loads(taken) == wanted[name]
    with pytest.raises(ValueError):
        notifications.answer(profile("c08"), taken=True)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"callback_secret": "ngan"}, "16 characters"),
        ({"callback_secret": ""}, "16 characters"),
        ({"base_url": "http://so.example"}, "https"),
        ({"profil": "x"}, "profil"),
    ],
)
def test_wrong_settings_stop_the_process(facts, words):
    """With the name of what is wrong."""
    with pytest.raises(ValueError, match=words):
        Settings(systems={"xay_dung": {"base_url": "https://so.example", **facts}})


def test_names_of_variables_become_names_of_systems():
    """XAY_DUNG in the environment is handover.xay-dung."""
    made = Settings(systems={"XAY_DUNG": {"base_url": "https://so.example"}})
    assert list(made.systems) == ["xay-dung"]
    with pytest.raises(ValueError, match="same name"):
        Settings(systems={"xay_dung": {"base_url": "https://a"}, "xay-dung": {"base_url": "https://b"}})
