"""What an answer means: nothing is done that does not say so, nothing is refused that does not say so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.handover.answers import Verdict, judged
from connectors.handover.profile import Answer
from connectors.handover.shelf import profile
from connectors.kit.reading import Unreadable

LAND = profile("xay-dung").answers["usual"]
PLAIN = profile("gplx").answers["usual"]


@pytest.mark.parametrize(
    ("data", "code", "words", "verdict"),
    [
        (1, "00", "", Verdict.DONE),
        (0, "00", "", Verdict.UNKNOWN),  # says both
        (1, "77", "", Verdict.UNKNOWN),  # a code that nobody agreed on
        (0, "77", "", Verdict.UNKNOWN),
        (0, "02", "", Verdict.ALREADY),
        (0, "99", "Hồ sơ H1 ĐÃ  TỒN TẠI trong hệ thống", Verdict.ALREADY),
        (0, "03", "", Verdict.REFUSED),
        (0, "01", "", Verdict.ABSENT),
        (0, "05", "", Verdict.WAIT),
        (True, "00", "", Verdict.UNKNOWN),  # true is not 1
        ("1", "00", "", Verdict.DONE),
    ],
)
def test_code_before_words_before_flag(data, code, words, verdict):
    """As the land software answers: data, status.code, status.message."""
    said = {"data": data, "status": {"code": code, "message": words}}

    assert judged(LAND, said).verdict is verdict


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"data": 1},
        {"data": 1, "status": {}},
        {"status": {"code": "00"}},
        {"data": [], "status": {"code": "00"}},
        {"data": 1, "status": {"code": None}},
        {"data": 1, "status": {"code": True}},
    ],
)
def test_an_answer_without_its_flag_or_code_is_no_answer(said):
    """Empty objects come from proxies."""
    with pytest.raises(Unreadable):
        judged(LAND, said)


def test_a_flag_alone_decides_where_no_codes_are_agreed():
    """What a plain no means is the profile's to say; by default nobody knows."""
    flag = Answer(success="ok")

    assert judged(flag, {"ok": True}).verdict is Verdict.DONE
    assert judged(flag, {"ok": False}).verdict is Verdict.UNKNOWN
    assert judged(flag.model_copy(update={"failure": "refused"}), {"ok": False}).verdict is Verdict.REFUSED


def test_words_that_say_two_things_say_nothing():
    """'Already there' and 'refused' in one sentence."""
    rule = Answer(code="c", message="m", done=("0",), already_texts=("đã có",), refused_texts=("từ chối",))

    assert judged(rule, {"c": "9", "m": "Từ chối: hồ sơ đã có"}).verdict is Verdict.UNKNOWN
    assert judged(rule, {"c": "9", "m": "hồ sơ đã có"}).verdict is Verdict.ALREADY
    assert judged(rule, {"c": "9", "m": None}).verdict is Verdict.UNKNOWN
    assert judged(rule, {"c": 0}).verdict is Verdict.DONE


@given(st.text(max_size=8))
def test_only_a_listed_code_is_done(code):
    """Everything else is unknown at best."""
    verdict = judged(PLAIN, {"maLoi": code}).verdict
    assert (verdict is Verdict.DONE) == (code == "0")
    assert verdict is not Verdict.REFUSED or code in ("400", "422")
