"""Profiles: what is shipped is right, and what is wrong in one is said with line, field and both languages."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest

from connectors.handover.locate import line_of
from connectors.handover.profile import Profile
from connectors.handover.shelf import ProfileWrong, profile, read, shipped
from tests.contract.handover.conftest import FOUR

DOCS = Path(__file__).parents[3] / "docs" / "systems"
RIGHT = """\
name = "thu"
title_vi = "Phần mềm thử"
title_en = "Trial"
version = "1"
valid_from = 2026-11-23
source = "bài kiểm thử"

[tables.state]
source = "bài kiểm thử"
rows = [
  { ours = "done", theirs = "X" },
]

[groups.paper]
fields = [
  { ours = "name", theirs = "Ten" },
]

[answers.usual]
code = "ma"
done = ["0"]

[actions.hand_over]
verb = "hand_over"
path = "/nhan"
effect = "evidence"
found_by = "hỏi chuyên viên"
answer = "usual"
fields = [
  { ours = "dossier.code", theirs = "MaHoSo", needed = true },
  { ours = "dossier.papers", theirs = "GiayTo", as = "list", group = "paper" },
]

[actions.ask_state]
verb = "state"
method = "GET"
path = "/hoi/{MaHoSo}"
body = "none"
effect = "read"
found_by = "hỏi lại được"
answer = "usual"
fields = [
  { ours = "about.dossier_code", theirs = "MaHoSo", place = "path" },
]
reads = [
  { ours = "state", theirs = "TrangThai", as = "table", table = "state", needed = true },
]
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ProfileWrong) as wrong:
        read(text.encode(), "thu.toml")
    assert str(wrong.value).startswith("thu.toml:")
    return [str(each) for each in wrong.value.problems]


def test_the_four_profiles_come_with_the_package_and_are_right():
    """A department is connected by data that was reviewed, not by code."""
    assert set(FOUR) == set(shipped())
    for name in FOUR:
        found = profile(name)
        assert found.name == name
        assert found.assumed, f"{name}: what no public fact confirms is marked"
        assert not found.reviewed, "nobody of a department has looked at it yet"


def test_a_right_profile_is_read_and_is_found_by_its_path(tmp_path):
    """A province keeps its own beside the installation."""
    file = tmp_path / "thu.toml"
    file.write_text(RIGHT, "utf-8")

    assert profile(str(file)) == read(RIGHT.encode(), "x")
    with pytest.raises(ValueError, match=r"gplx, lao-dong, xay-dung"):
        profile("khong-co")
    with pytest.raises(ValueError, match="không đọc được"):
        profile(str(tmp_path / "mất.toml"))


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('ours = "dossier.code"', 'ours = "dossier.cod"', 30, "không có dữ kiện 'dossier.cod' (tại 'cod') · there is no such fact"),
        ('as = "table", table = "state"', 'as = "text"', 46, "'state' chỉ ghi được: table"),
        ('table = "state"', 'table = "stat"', 46, "không có bảng 'stat'"),
        ('group = "paper"', 'group = "papers"', 31, "không có nhóm 'papers'"),
        ('{ ours = "name", theirs = "Ten" }', '{ ours = "nam", theirs = "Ten" }', 16, "không có dữ kiện 'nam'"),
        ('{ ours = "done", theirs = "X" }', '{ ours = "xong", theirs = "X" }', 11, "'xong' không phải"),
        ('theirs = "GiayTo"', 'theirs = "MaHoSo"', 31, "trùng với trường số 1 · clashes with field 1"),
        ('theirs = "GiayTo"', 'theirs = "MaHoSo.GiayTo"', 31, "trùng với trường số 1"),
        ('path = "/hoi/{MaHoSo}"', 'path = "/hoi/{Ma}"', 37, "tên trong {}"),
        ('path = "/nhan"', 'path = "nhan"', 25, "sai dạng · not of the agreed form"),
        ('effect = "evidence"', 'effect = "read"', 26, "chỉ tra cứu mới là 'read'"),
        ('effect = "evidence"', 'effect = "findable"', 23, "look_up"),
        ('effect = "evidence"', 'effect = "maybe"', 26, "giá trị không nằm trong danh sách"),
        ('found_by = "hỏi chuyên viên"\n', "", 23, "thiếu trường bắt buộc · a needed field is missing"),
        ('verb = "hand_over"', 'verb = "hand_over"\ntypo = 1', 25, "không có trường tên này · there is no field of this name"),
        ('answer = "usual"', 'answer = "other"', 28, "không có trong [answers]"),
        ('done = ["0"]', "", 19, "no way to say 'done'"),
        ('done = ["0"]', 'done = ["0"]\nrefused = ["0"]', 19, "codes with two meanings: 0"),
        ('needed = true },\n  { ours = "dossier.papers"', 'as = "time" },\n  { ours = "dossier.papers"', 30, "thiếu / lacks: format"),
        ('needed = true },\n  { ours = "dossier.papers"', 'as = "date", format = "dd/mmm" },\n  { ours = "dossier.papers"', 30, "yyyy MM dd"),
        ('needed = true },\n  { ours = "dossier.papers"', 'as = "whole" },\n  { ours = "dossier.papers"', 30, "'dossier.code' chỉ ghi được: table, text"),
        ('{ ours = "name", theirs = "Ten" }', '{ ours = "files.0.content", theirs = "T", as = "base64" }', 16, "files = 'base64'"),
        ('version = "1"', 'version = "1"\nformat = "soap"', 5, "SOAP"),
        ('version = "1"', 'version = "1"\nassumed = { "bảng" = "?" }', 5, "không có mục này"),
        ('version = "1"', "version = 1", 4, "phải là chữ trong ngoặc kép"),
        ('version = "1"', 'version = "1', 4, "sai cú pháp"),
        ("valid_from = 2026-11-23", "valid_from = 2026-13-23", 5, "sai cú pháp"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_line_and_field_in_both_languages(old, new, line, words):
    """Who writes a profile knows the software of the department, not Python."""
    assert old in RIGHT
    found = problems(RIGHT.replace(old, new, 1))

    assert any(words in each and f"dòng / line {line}," in each for each in found), found


def test_all_that_is_wrong_is_said_at_once():
    """Not one error per attempt."""
    broken = RIGHT.replace('ours = "dossier.code"', 'ours = "a.b"').replace('table = "state"', 'table = "c"')

    assert len(problems(broken)) == 2


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"x" * 1_000_001, b"a = " + b"[" * 5_000, b""])
def test_what_is_no_profile_is_a_defined_error(raw):
    """Not UTF-8, too large, nested without end, empty."""
    with pytest.raises(ProfileWrong):
        read(raw, "thu.toml")


def test_the_same_code_cannot_mean_two_things():
    """In the direction in which it is read; two words of ours may be read from two of theirs."""
    one = '  { ours = "done", theirs = "X" },\n'
    assert read(RIGHT.replace(one, one + '  { ours = "done", theirs = "Y", way = "in" },\n').encode(), "x")
    for second in ('{ ours = "done", theirs = "Y" }', '{ ours = "refused", theirs = "X" }'):
        assert any("stands twice" in each for each in problems(RIGHT.replace(one, one + f"  {second},\n")))


def test_lines_are_found_in_every_shape_that_a_profile_has():
    """Tables, arrays of tables, items on lines of their own."""
    text = '[a]\nb = 1\nc = [\n  { d = 1 },\n  # x\n  { d = 2 },\n]\n[[e]]\nf = 1\n[[e]]\nf = 2\n[g."h"]\ni = 3\n'

    assert [
        line_of(text, path)
        for path in (["a"], ["a", "b"], ["a", "c", 1, "d"], ["e", 1, "f"], ["g", "h", "i"])
    ] == [
        1,
        2,
        6,
        11,
        13,
    ]
    assert line_of(text, ["nowhere"]) == 0


def test_the_schema_in_the_documents_is_the_schema():
    """Made by ``Profile.model_json_schema``; an editor checks a profile with it while it is written."""
    kept = json.loads((DOCS / "handover.schema.json").read_text("utf-8"))

    assert kept == Profile.model_json_schema(by_alias=True)


def test_every_profile_has_a_contract_of_its_own_and_nobody_else_has():
    """Sandboxes read contracts, never profiles."""
    folder = resources.files("connectors.handover").joinpath("contract")
    assert {each.name for each in folder.iterdir() if each.name.endswith(".json")} == {
        f"{name}.json" for name in FOUR
    }
    text = resources.files("connectors.handover").joinpath("sandbox.py").read_text("utf-8")
    assert "profiles" not in text
    assert "import" in text
