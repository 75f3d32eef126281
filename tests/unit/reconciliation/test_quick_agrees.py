"""The quick reader says yes only to what the careful one reads, and reads it alike."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.statements.profile import ready_profiles
from connectors.statements.reader import read_settlement, read_statement
from jobs.reconciliation import quick
from jobs.reconciliation.rules import Side
from jobs.reconciliation.sides import SCHEMA, SideFile, from_settlement, from_statement
from tests.support import reconcile_files

READY = ready_profiles()
PROFILES = {
    Side.GATEWAY: READY["vnpay-session"],
    Side.OURS: READY["ours-payments"],
    Side.BANK: READY["bank-generic-csv"],
}
ODD = [
    b" ", b"\t", b'"', b'""', b",", b",,", b"\n", b"\r\n", b"\n\n", b"=", b"+", b"-", b"@", b"0", b"1.234", b"\xc2\xa0",
    b"\x00", b"\x1f", b"\xff", b"/", b":", b"99", b"02", b"60", b"T\xe1\xbb\x95ng c\xe1\xbb\x99ng", b"e5", b"NaN",
    b"\xe2\x88\x92", b"(5)", b" 1", b"x" * 70, b"240000", b"20260230",
]  # fmt: skip
READ = [name for name in SCHEMA if name not in ("session", "text")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("agrees")
    reconcile_files.write(place, 60)
    return place


def carefully(raw: bytes, side: Side) -> SideFile:
    if side is Side.BANK:
        return from_statement(read_statement(raw, profile=PROFILES[side]), side, "")
    return from_settlement(read_settlement(raw, PROFILES[side], ""), side, "", PROFILES[side])


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(list(PROFILES)), st.data())
def test_whatever_it_accepts_is_accepted_alike_by_the_careful_reader(
    folder: Path, side: Side, data: st.DataObject
) -> None:
    """A row that is believed only because the file is large would be a lottery."""
    raw = bytearray((folder / f"{side.name.lower()}.csv").read_bytes())
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 12))] = data.draw(st.sampled_from(ODD))
    path = folder / "changed.csv"
    path.write_bytes(raw)

    found = quick.read(path, side, PROFILES[side], "")
    if found is None:
        return
    careful = carefully(bytes(raw), side)

    assert careful.loadable
    assert found.table.select(found.column(name) for name in READ).equals(careful.table.select(READ))
    assert (found.opening, found.closing, found.terminals) == (
        careful.opening,
        careful.closing,
        careful.terminals,
    )


@pytest.mark.parametrize(
    "time", ["20261102091060", " 2026110209105", "2026 110209105", "00001102091057", "20261131091057"]
)
def test_a_time_that_no_clock_shows_is_left_to_the_careful_reader(folder: Path, time: str) -> None:
    """A library that reads dates generously must not decide what is one."""
    raw = (folder / "ours.csv").read_bytes()
    row = raw.splitlines()[20]
    path = folder / "time.csv"
    path.write_bytes(raw.replace(row, row.replace(row.split(b",")[4], time.encode())))

    assert quick.read(path, Side.OURS, PROFILES[Side.OURS], "") is None


@pytest.mark.parametrize("below", ["\n{row}\n", "Tổng cộng,,,1,,\n{row}\n"])
def test_a_row_behind_a_blank_or_total_row_is_not_passed_over(folder: Path, below: str) -> None:
    """Money below an empty line is money."""
    raw = (folder / "bank.csv").read_text("utf-8")
    path = folder / "below.csv"
    path.write_text(raw + below.format(row="02/11/2026,FT9,LT9,5,,"), "utf-8")

    assert quick.read(path, Side.BANK, PROFILES[Side.BANK], "") is None


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("%d/%m/%Y %H:%M:%S", "02/11/2026 23:57:00"),
        ("%Y-%m-%d %H:%M:%S", "2026-11-02 23:57:00"),
        ("%d/%m/%Y", "02/11/2026"),
    ],
)
def test_each_way_of_writing_a_time_is_read(folder: Path, pattern: str, written: str) -> None:
    """Exports of different programs take the quick road as well."""
    path = folder / "written.csv"
    rows = [f"LT{n:014d},{n},01,{n}000,{written},00" for n in range(1, 9)]
    path.write_text("\n".join([reconcile_files.OURS_HEAD.strip(), *rows]) + "\n", "utf-8")

    found = quick.read(path, Side.OURS, PROFILES[Side.OURS], "")
    assert found is not None
    careful = carefully(path.read_bytes(), Side.OURS)

    assert found.table.select(found.column(name) for name in READ).equals(careful.table.select(READ))
    assert careful.table["skew"].to_list() == [1 if "%H" in pattern else -1] * 8


def test_a_text_that_first_stands_far_below_is_understood(folder: Path) -> None:
    """One refund among a million payments is the rule, not the exception."""
    rows = [
        f"LT{n:014d},{n},{'Hoàn tiền' if n == 900 else 'Thu'},{n}000,20261102120000,00"
        for n in range(1, 1_000)
    ]
    path = folder / "rare.csv"
    path.write_text("\n".join([reconcile_files.OURS_HEAD.strip(), *rows]) + "\n", "utf-8")

    found = quick.read(path, Side.OURS, PROFILES[Side.OURS], "")

    assert found is not None
    assert found.table["kind"].value_counts().sort("kind").rows() == [(1, 998), (2, 1)]
