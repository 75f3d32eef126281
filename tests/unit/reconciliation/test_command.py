"""The command ``reconcile files``: what it prints, writes and answers."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from adapters.cli.main import main
from tests.support.session_files import settlement
from tests.unit.reconciliation.test_files import OURS_HEAD, our

AS_OF = ("--as-of", "01/12/2026")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "ours.csv").write_text(OURS_HEAD + our("LT01"), "utf-8")
    (tmp_path / "gateway.csv").write_bytes(
        settlement([{"reference": "LT01"}, {"reference": "LT02", "amount": 1_234_567}])
    )
    return tmp_path


def run(folder: Path, *more: str) -> int:
    return main(
        [
            "reconcile",
            "files",
            "--ours",
            str(folder / "ours.csv"),
            "--gateway",
            str(folder / "gateway.csv"),
            *AS_OF,
            *more,
        ]
    )


def test_breaks_are_exit_code_6_and_are_told(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts ask the code, people read the table."""
    assert run(files) == 6

    assert "LT02" in capsys.readouterr().out


def test_no_breaks_is_0(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A quiet day ends quietly."""
    (files / "gateway.csv").write_bytes(settlement([{"reference": "LT01"}]))

    assert run(files, "--lang", "en") == 0
    assert "Matched 1 · breaks 0" in capsys.readouterr().out


def test_excel_holds_numbers_as_numbers_and_references_as_text(files: Path) -> None:
    """An accountant sums the column; a reference keeps its zeros and cannot run."""
    run(files, "--xlsx", str(files / "out.xlsx"))

    book = CalamineWorkbook.from_path(files / "out.xlsx")
    head, row = book.get_sheet_by_name("Chênh lệch").to_python()[1:3]
    assert row[head.index("Mã tham chiếu")] == "LT02"
    assert row[head.index("Cổng thanh toán")] == 1_234_567.0


def test_json_lists_every_break(files: Path) -> None:
    """Programs get the whole list."""
    run(files, "--json", str(files / "out.json"))

    data = json.loads((files / "out.json").read_text("utf-8"))
    assert [(b["verdict"], b["reference"], b["gateway"]) for b in data["breaks"]] == [
        ("only_theirs", "LT02", 1_234_567)
    ]


def test_the_result_file_answers_the_gateway_completely(files: Path) -> None:
    """Step 2 of the gateway's procedure: all differences, counted."""
    run(files, "--result", str(files / "result.csv"))

    rows = list(csv.reader((files / "result.csv").read_text("utf-8-sig").splitlines()))
    assert [row[1] for row in rows[1:-1]] == ["LT02"]
    assert rows[-1][0] == "Tổng cộng: 1"


def test_a_refused_file_writes_nothing_and_names_the_row(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 1, and both languages say where."""
    (files / "gateway.csv").write_bytes(settlement([{"reference": "LT01", "amount": 0}]))

    assert run(files, "--json", str(files / "out.json"), "--xlsx", str(files / "out.xlsx")) == 1

    said = capsys.readouterr().err
    assert "[2 · gross" in said
    assert not (files / "out.json").exists()
    assert not (files / "out.xlsx").exists()


@pytest.mark.parametrize(
    "wrong", [("--as-of", "2026-12-01"), ("--profile", "nobody"), ("--bank-lines", "maybe")]
)
def test_wrong_use_is_exit_code_2(files: Path, wrong: tuple[str, str]) -> None:
    """A typing mistake is not a difference."""
    assert run(files, *wrong) == 2
