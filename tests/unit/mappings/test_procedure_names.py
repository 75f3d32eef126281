"""Likeness of procedure names proposes, ranks and explains; it never decides."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.tables.procedure_names import LEAST, Procedures
from mappings.text import folded

SHARED = Path(__file__).parents[4] / "shared/data/procedures/procedures.csv"
# Names of our own, alike enough to be mistaken for each other.
NATIONAL = (
    ("1.000001", "Đăng ký khai sinh"),
    ("1.000002", "Đăng ký lại khai sinh"),
    ("1.000003", "Đăng ký khai sinh có yếu tố nước ngoài"),
    ("1.000004", "Đăng ký khai tử"),
    ("1.000005", "Cấp giấy phép xây dựng nhà ở riêng lẻ (cấp huyện)"),
    ("1.000006", "Cấp lại giấy phép xây dựng nhà ở riêng lẻ"),
    ("1.000007", "Cấp bản sao trích lục hộ tịch"),
    ("1.000008", "Thủ tục thành lập hộ kinh doanh"),
    ("1.000009", "Chấm dứt hoạt động hộ kinh doanh"),
)
ALL = Procedures(NATIONAL)


@pytest.mark.parametrize(
    ("local", "code"),
    [
        ("Thủ tục đăng ký khai sinh", "1.000001"),
        ("ĐĂNG KÝ LẠI KHAI SINH", "1.000002"),
        ("dang ky khai tu", "1.000004"),
        ("Cấp phép xây dựng nhà ở riêng lẻ cấp huyện", "1.000005"),
        ("Bản sao trích lục hộ tịch", "1.000007"),
        ("Thành lập hộ kinh doanh cá thể", "1.000008"),
        ("Khai sinh yếu tố nước ngoài", "1.000003"),
    ],
)
def test_the_likeliest_stands_first(local, code):
    """Shortened, without marks, with other words around."""
    assert ALL.like(local)[0].code == code


def test_equal_but_for_spelling_is_one_and_everything_else_is_less():
    """A score of 1 is the only one that says 'the same name'."""
    assert ALL.like("Cấp bản sao trích lục  Hộ Tịch")[0].score == 1
    assert ALL.like("Cap ban sao trich luc ho tich")[0].score < 1
    assert [one.code for one in ALL.like("Đăng ký khai sinh")][:2] == ["1.000001", "1.000002"]


def test_a_local_code_with_a_national_one_in_it_is_told_first_and_marked():
    """The strongest hint; still a person's decision, so its likeness stands beside it."""
    found = ALL.like("Việc khác hẳn", local_code="1.000004.000.00.00.H22")
    assert [(one.code, one.same_code) for one in found] == [("1.000004", True)]
    assert found[0].score < LEAST
    assert not ALL.like("Việc khác hẳn", local_code="TS_lop1.000.00.00.H22")
    assert not any(one.same_code for one in ALL.like("Đăng ký khai sinh", local_code="9.999999"))


def test_names_with_nothing_in_common_are_not_proposed():
    """A list of nonsense is worse than an empty one."""
    assert ALL.like("Gia hạn thẻ thư viện") == ()
    assert ALL.like("") == ()
    assert Procedures([]).like("Đăng ký khai sinh") == ()


@given(st.text(max_size=60), st.integers(1, 5))
def test_any_name_gets_a_ranked_list(name, most):
    """Scores lie between 0 and 1, fall, and the same question has the same answer."""
    found = ALL.like(name, most=most)
    assert len(found) <= most
    assert all(LEAST <= one.score <= 1 for one in found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert found == ALL.like(name, most=most)


@given(st.permutations(NATIONAL))
def test_the_order_of_the_national_list_does_not_matter(national):
    """Two downloads of one list propose the same."""
    assert Procedures(national).like("Đăng ký khai sinh") == ALL.like("Đăng ký khai sinh")


def _spoiled(name: str, chance: random.Random) -> str:
    words = name.split()
    kind = chance.randrange(4)
    if kind == 0:
        return folded(name)
    if kind == 1:
        return f"Thủ tục {name}"
    if kind == 2 and len(words) > 5:
        for _ in range(max(1, len(words) // 6)):
            words.pop(chance.randrange(len(words)))
        return " ".join(words)
    return f"{name} (cấp huyện)"


@pytest.mark.skipif(not SHARED.exists(), reason="the unlicensed list of procedures is not in this clone")
def test_real_names_are_found_however_they_are_spoiled():
    """5,733 names of the portal; 200 of them shortened, unmarked or lengthened: the right one is first or among five."""
    with SHARED.open(encoding="utf-8", newline="") as file:
        rows = [(row["code"], row["name"]) for row in csv.DictReader(file)]
    national, chance = Procedures(rows), random.Random(20261125)
    same: dict[str, set[str]] = {}
    for code, name in rows:
        same.setdefault(folded(name), set()).add(code)
    first = among = 0
    for _, name in chance.sample(rows, 200):
        codes = [one.code for one in national.like(_spoiled(name, chance))]
        first += bool(codes) and codes[0] in same[folded(name)]
        among += bool(same[folded(name)] & set(codes))
    assert (first >= 190, among >= 196) == (True, True), (first, among)
