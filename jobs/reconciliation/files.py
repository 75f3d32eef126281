"""``reconcile files``: the same rules on files alone. No database, no settings beyond a profile."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl

from connectors.statements.profile import SETTLEMENT, Profile, ready_profiles
from connectors.statements.reader import read_settlement, read_statement
from jobs.reconciliation import compile_frame, quick
from jobs.reconciliation.batches import BankLine, Proposal, Session, SessionVerdict, match_sessions
from jobs.reconciliation.breaks import KINDS, BreakKind, Remedy
from jobs.reconciliation.plain_equal import sieve
from jobs.reconciliation.rules import IN_TRANSIT, Kind, Side
from jobs.reconciliation.sessions import Weekdays, WorkingDays, is_due
from jobs.reconciliation.sides import (
    SCHEMA,
    SideFile,
    as_day,
    day_number,
    from_settlement,
    from_statement,
    with_sessions,
)
from mappings.canonical.statement import Trouble

Tell = Callable[[str, str], None]
"""Progress: a Vietnamese and an English sentence."""

QUICK_FROM_BYTES = 1_000_000
_READERS = 2
_SAMPLE = 500


class FileRefused(Exception):
    """A file has a row that cannot be believed: nothing is reconciled, nothing is written."""

    def __init__(self, name: str, troubles: Sequence[Trouble]) -> None:
        self.name = name
        self.troubles = tuple(troubles)
        super().__init__(f"{name}: {self.troubles[0].message_en if self.troubles else 'refused'}")


@dataclass(frozen=True, slots=True)
class Request:
    """What to compare. ``profiles`` by side; a side without one takes the ready profile of its kind."""

    ours: Sequence[Path]
    gateway: Sequence[Path] = ()
    bank: Sequence[Path] = ()
    treasury: Sequence[Path] = ()
    profiles: dict[Side, Profile] = field(default_factory=dict)
    today: date = date(1970, 1, 1)
    calendar: WorkingDays = field(default_factory=Weekdays)
    by_row: bool | None = None
    quick_from_bytes: int = QUICK_FROM_BYTES

    def profile(self, side: Side) -> Profile | None:
        """The layout of a side's tables, if one is known."""
        ready = ready_profiles()
        usual = {Side.OURS: ready["ours-payments"], Side.GATEWAY: ready["vnpay-session"]}
        return self.profiles.get(side) or usual.get(side)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found.

    Attributes:
        breaks: all of them, one row each: kind, against, key, verdict, amounts, rows, difference.
        in_transit: lines whose counterpart is not due yet, the same columns.
        matched: groups that agree. refunds_owed: breaks that make us owe a citizen.
    """

    files: tuple[SideFile, ...]
    breaks: pl.DataFrame
    in_transit: pl.DataFrame
    matched: int
    sessions: tuple[SessionVerdict, ...]
    proposals: tuple[Proposal, ...]
    balances: tuple[SideFile, ...]
    by_row: bool

    @property
    def count(self) -> int:
        """Number of breaks of all levels."""
        return self.breaks.height + len(self.session_breaks) + len(self.balances)

    @property
    def session_breaks(self) -> tuple[SessionVerdict, ...]:
        """Sessions that the bank paid short or too much."""
        kinds = {str(BreakKind.SETTLEMENT_SHORT), str(BreakKind.SETTLEMENT_LONG)}
        return tuple(verdict for verdict in self.sessions if verdict.verdict in kinds)

    def refunds_owed(self) -> pl.DataFrame:
        """Breaks after which a citizen has money to get back, with the amount."""
        owed = [
            str(kind)
            for kind, facts in KINDS.items()
            if facts.remedy in (Remedy.OPEN_REFUND, Remedy.REOPEN_REFUND)
        ]
        return self.breaks.filter(pl.col("verdict").is_in(owed))


def reconcile(request: Request, tell: Tell = lambda _vi, _en: None) -> Outcome:
    """Read, check and compare.

    Raises:
        FileRefused: with every trouble found in that file.
    """
    given = {
        Side.OURS: request.ours, Side.GATEWAY: request.gateway,
        Side.BANK: request.bank, Side.TREASURY: request.treasury,
    }  # fmt: skip
    files: dict[Side, SideFile] = {}
    with ThreadPoolExecutor(_READERS, thread_name_prefix="reader") as readers:
        # Large files are read beside each other: each alone does not keep two cores busy.
        quickly = {
            (side, path): readers.submit(quick.read, path, side, profile, _agreed_name(path, profile))
            for side, paths in given.items()
            for path in paths
            if (profile := request.profile(side)) is not None
            and path.stat().st_size >= request.quick_from_bytes
        }
        for side, paths in given.items():
            if paths:
                read = [_read(path, side, request, tell, quickly.get((side, path))) for path in paths]
                files[side] = with_sessions(_joined(read), request.calendar)
    tell("Đang so khớp.", "Comparing.")
    return _compared(files, request)


def _read(
    path: Path, side: Side, request: Request, tell: Tell, quickly: Future[SideFile | None] | None
) -> SideFile:
    tell(f"Đang đọc {path.name}.", f"Reading {path.name}.")
    if quickly is not None:
        found = quickly.result()
        if found is not None:
            return found
        tell(f"{path.name}: kiểm tra kỹ từng dòng.", f"{path.name}: checking row by row.")
    profile = request.profile(side)
    if side in (Side.OURS, Side.GATEWAY):
        assert profile is not None  # noqa: S101 - both sides have a default
        settlement = read_settlement(path.read_bytes(), profile, _agreed_name(path, profile))
        file = from_settlement(settlement, side, path.name, profile)
    else:
        statement = read_statement(path, profile=profile, name=path.name)
        file = from_statement(statement, side, path.name)
    if not file.loadable:
        raise FileRefused(path.name, [item for item in file.troubles if item.fatal])
    return replace(file, name=path.name)


def _agreed_name(path: Path, profile: Profile) -> str:
    """The file's name if it still is the agreed one; people rename files, and the rows say the same."""
    agreed = bool(profile.name_pattern) and re.fullmatch(profile.name_pattern, path.name) is not None
    return path.name if agreed else ""


def _joined(files: Sequence[SideFile]) -> SideFile:
    """Several files of one side as one; a line keeps its number within its file."""
    if len(files) == 1:
        return files[0]
    table = pl.concat([file.table.select(file.column(n) for n in SCHEMA if n != "session") for file in files])
    first, last = files[0], files[-1]
    return SideFile(
        first.side, ", ".join(file.name for file in files), first.format,
        table, account=first.account, opening=first.opening, closing=last.closing,
        difference=next((file.difference for file in files if file.difference), None) or _gap(files),
        terminals=tuple(sorted({t for file in files for t in file.terminals})),
    )  # fmt: skip


def _gap(files: Sequence[SideFile]) -> int | None:
    """What is missing between the closing of one statement and the opening of the next of the same account."""
    for before, after in pairwise(files):
        if before.account == after.account and before.closing is not None and after.opening is not None:
            gap = after.opening - before.closing
            if gap:
                return gap
    return None


def _compared(files: dict[Side, SideFile], request: Request) -> Outcome:
    by_row = request.by_row if request.by_row is not None else _shows_rows(files)
    sieved = sieve(files, by_row=by_row)
    resolved = sieved.files
    unnamed = {
        side: sieved.rest[side].filter(pl.col("reference") == "") for side in resolved if side >= Side.BANK
    }
    lines = pl.concat(
        [_lines(side, table.filter(pl.col("reference") != "") if side >= Side.BANK else table)
         for side, table in sieved.rest.items()]
    )  # fmt: skip
    lines = _with_due(lines, files, request)
    presence = {
        "has_gateway": Side.GATEWAY in files, "has_bank": Side.BANK in files,
        "has_treasury": Side.TREASURY in files, "bank_by_row": by_row,
    }  # fmt: skip
    with_keys = compile_frame.keyed(lines)
    grouped = compile_frame.groups(with_keys, presence)
    verdicts = compile_frame.judged(grouped)
    listed = _listed(with_keys, verdicts)
    sessions, strangers, proposals = _batches(resolved, unnamed, request, by_row=by_row)
    listed = pl.concat([listed, _stranger_breaks(strangers)])
    in_transit = listed.filter(pl.col("verdict") == IN_TRANSIT)
    touched = verdicts.select("kind", "key").n_unique() if verdicts.height else 0
    return Outcome(
        tuple(resolved.values()),
        listed.filter(pl.col("verdict") != IN_TRANSIT),
        in_transit,
        sieved.equal + grouped.height - touched,
        tuple(sessions),
        tuple(proposals),
        tuple(file for file in files.values() if file.difference),
        by_row,
    )


def _shows_rows(files: dict[Side, SideFile]) -> bool:
    """Whether the bank shows each payment by itself: most of a sample of the gateway's payments are on its lines."""
    if Side.BANK not in files or Side.GATEWAY not in files:
        return False
    bank = files[Side.BANK]
    sample = files[Side.GATEWAY].table["reference"].head(_SAMPLE)
    wanted = max(1, len(sample))
    found = bank.table.select(pl.col("reference").is_in(sample.implode()).sum()).item()
    if found * 2 < wanted and "text" in bank.table.columns:
        # Many banks put what we sent into the text only.
        patterns = sample.filter(sample != "").to_list()
        found += bank.table.select(pl.col("text").str.contains_any(patterns).sum()).item() if patterns else 0
    return bool(found * 2 >= wanted)


def _lines(side: Side, table: pl.DataFrame) -> pl.DataFrame:
    """Rows as the rule table wants them."""
    return table.select(
        pl.lit(int(side), pl.Int8()).alias("side"),
        pl.col("row").alias("line"),
        "kind", "reference", "provider_reference" if side <= Side.GATEWAY else pl.lit("").alias("provider_reference"),
        "amount", "fee", "status",
        (pl.col("session") + pl.min_horizontal("skew", pl.lit(0, pl.Int8()))).cast(pl.Int32).alias("session_first"),
        (pl.col("session") + pl.max_horizontal("skew", pl.lit(0, pl.Int8()))).cast(pl.Int32).alias("session_last"),
        "vnd", "returned", "route", "session",
    )  # fmt: skip


def _with_due(lines: pl.DataFrame, files: dict[Side, SideFile], request: Request) -> pl.DataFrame:
    newest = None
    if Side.GATEWAY in files and files[Side.GATEWAY].table.height:
        gateway = files[Side.GATEWAY]
        newest = as_day(int(gateway.table.select(gateway.column("session").max()).item()))
    sessions = lines["session"].unique().drop_nulls().to_list()
    due = [
        session for session in sessions
        if is_due(as_day(session), newest_file=newest, today=request.today, calendar=request.calendar)
    ]  # fmt: skip
    return lines.with_columns(due=pl.col("session").is_in(due).cast(pl.Int8)).select(
        list(compile_frame.SCHEMA)
    )


_LISTED = (
    "kind", "key", "against", "verdict", "ours_amount", "gateway_amount", "bank_amount", "treasury_amount",
)  # fmt: skip
LISTED_SCHEMA: dict[str, pl.DataType] = {
    "kind": pl.Int8(), "key": pl.String(), "against": pl.Int8(), "verdict": pl.String(), "ours_amount": pl.Int64(),
    "gateway_amount": pl.Int64(), "bank_amount": pl.Int64(), "treasury_amount": pl.Int64(), "rows": pl.String(),
}  # fmt: skip


def _listed(with_keys: pl.DataFrame, verdicts: pl.DataFrame) -> pl.DataFrame:
    """The verdicts with the rows behind them, by kind and reference."""
    if not verdicts.height:
        return pl.DataFrame(schema=LISTED_SCHEMA)
    names = {int(side): side.name.lower() for side in Side}
    rows = (
        with_keys.join(verdicts.select("kind", "key"), on=["kind", "key"], how="semi")
        .sort("side", "line")
        .group_by("kind", "key")
        .agg(
            pl.format(
                "{}:{}", pl.col("side").replace_strict(names, return_dtype=pl.String), pl.col("line")
            ).alias("rows")
        )
        .with_columns(pl.col("rows").list.join(" "))
    )
    return (
        verdicts.select(_LISTED)
        .join(rows, on=["kind", "key"], how="left")
        .select(list(LISTED_SCHEMA))
        .sort("verdict", "against", "key", "kind")
    )


def _batches(
    files: dict[Side, SideFile], unnamed: dict[Side, pl.DataFrame], request: Request, *, by_row: bool
) -> tuple[list[SessionVerdict], dict[Side, list[BankLine]], list[Proposal]]:
    sessions: list[Session] = []
    if Side.GATEWAY in files and Side.BANK in files and not by_row:
        sessions = _sessions(files[Side.GATEWAY], request)
    bank = [
        _bank_line(row) for row in unnamed.get(Side.BANK, pl.DataFrame(schema=SCHEMA)).iter_rows(named=True)
    ]
    verdicts, left, proposals = match_sessions(sessions, bank)
    treasury = [
        _bank_line(row)
        for row in unnamed.get(Side.TREASURY, pl.DataFrame(schema=SCHEMA)).iter_rows(named=True)
    ]
    return verdicts, {Side.BANK: left, Side.TREASURY: treasury}, proposals


def _bank_line(row: dict[str, int]) -> BankLine:
    return BankLine(row["row"], as_day(row["day"]), row["net"], str(row["text"]))


def _sessions(gateway: SideFile, request: Request) -> list[Session]:
    column = gateway.column
    paid = column("status") == 1
    found = (
        gateway.table.filter(paid)
        .group_by(column("session"))
        .agg(
            pl.col("amount").filter(column("kind") == int(Kind.PAYMENT)).sum().alias("gross"),
            column("fee").fill_null(0).sum().alias("fee"),
            column("net").sum().alias("net"),
            pl.len().alias("rows"),
        )
        .sort("session")
    )
    newest = as_day(int(found["session"].max())) if found.height else None  # type: ignore[arg-type]
    return [
        Session(
            gateway.terminals, as_day(row["session"]), row["gross"], row["fee"], row["net"], row["rows"],
            is_due(as_day(row["session"]), newest_file=newest, today=request.today, calendar=request.calendar),
        )
        for row in found.iter_rows(named=True)
    ]  # fmt: skip


def _stranger_breaks(left: dict[Side, list[BankLine]]) -> pl.DataFrame:
    """Lines that name nothing of ours: only theirs, each by itself."""
    rows = [
        {
            "kind": int(Kind.PAYMENT if line.amount >= 0 else Kind.REFUND), "key": f"#{int(side)}:{line.row}",
            "against": int(side), "verdict": str(BreakKind.ONLY_THEIRS),
            f"{side.name.lower()}_amount": abs(line.amount), "rows": f"{side.name.lower()}:{line.row}",
        }
        for side, lines in left.items() for line in lines if line.amount
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=LISTED_SCHEMA)


__all__ = ["SETTLEMENT", "FileRefused", "Outcome", "Request", "day_number", "reconcile"]
