"""One side's file as a compact table, whatever it was: the common ground of the quick and the careful reader."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import polars as pl

from connectors.statements.profile import Profile, fold
from jobs.reconciliation.rules import Kind, Route, Side, Status
from jobs.reconciliation.sessions import WorkingDays, session_of
from mappings.canonical.statement import EntryStatus, SettlementFile, StatementFile, Trouble

HANOI = timezone(timedelta(hours=7))
EPOCH = date(1970, 1, 1)
SKEW_SECONDS = 300
"""Clocks of two houses may disagree by this much: a payment at 23:58 may stand in the next session."""

SCHEMA: dict[str, pl.DataType] = {
    "row": pl.Int64(), "kind": pl.Int8(), "reference": pl.String(), "provider_reference": pl.String(),
    "amount": pl.Int64(), "fee": pl.Int64(), "net": pl.Int64(), "status": pl.Int8(), "day": pl.Int32(),
    "skew": pl.Int8(), "route": pl.Int8(), "vnd": pl.Int8(), "returned": pl.Int8(), "text": pl.String(),
    "session": pl.Int32(),
}  # fmt: skip
"""``text``: what is said beside the reference. ``day`` counts from 1970; ``skew`` is -1 or 1 close to midnight; ``net`` is signed: what the session owes us."""

KINDS = {
    "payment": Kind.PAYMENT, "refund": Kind.REFUND, "reversal": Kind.REVERSAL, "fee": Kind.FEE,
    "adjustment": Kind.ADJUSTMENT,
}  # fmt: skip
STATUSES = {"success": Status.SUCCESS, "failed": Status.FAILED, "pending": Status.PENDING}
ROUTE_WORDS = {
    "tien mat": Route.ELSEWHERE, "cash": Route.ELSEWHERE, "pos": Route.ELSEWHERE, "cod": Route.ELSEWHERE,
    "chuyen khoan": Route.BANK, "transfer": Route.BANK, "ngan hang": Route.BANK,
    "kho bac": Route.TREASURY, "treasury": Route.TREASURY,
}  # fmt: skip
"""What the channel column of our own list may say; any other word is a terminal of the gateway."""

_OURS_AT_BANKS = ("end_to_end", "customer", "instruction")
"""Where banks put the reference that we gave, the surest first."""


@dataclass(frozen=True, slots=True)
class SideFile:
    """A file as understood.

    Attributes:
        table: rows by ``SCHEMA``, empty when the file was refused; what is the same in all rows stands in ``same``.
        places: row number → where it stands, for files whose lines are no rows (camt).
        opening, closing: signed balances of a statement.
        terminals: of a settlement file.
    """

    side: Side
    name: str
    format: str
    table: pl.DataFrame
    troubles: tuple[Trouble, ...] = ()
    account: str = ""
    opening: int | None = None
    closing: int | None = None
    difference: int | None = None
    terminals: tuple[str, ...] = ()
    places: dict[int, str] = field(default_factory=dict)
    same: dict[str, int | str | None] = field(default_factory=dict)

    @property
    def loadable(self) -> bool:
        """Whether nothing fatal was found."""
        return not any(item.fatal for item in self.troubles)

    def column(self, name: str) -> pl.Expr:
        """A column of ``SCHEMA``, whether it stands in the table or is the same in all rows."""
        if name in self.table.columns:
            return pl.col(name)
        return pl.lit(self.same[name], SCHEMA[name]).alias(name)

    def rows(self, table: pl.DataFrame) -> pl.DataFrame:
        """Some rows of the table with all columns of ``SCHEMA``."""
        return table.select(self.column(name) for name in SCHEMA)


def day_number(day: date) -> int:
    """Days since 1970, as the tables count."""
    return (day - EPOCH).days


def as_day(number: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=number)


def route_of(word: str) -> Route:
    """Where a line of ours must show up, by its channel."""
    return ROUTE_WORDS.get(fold(word), Route.GATEWAY)


def skew_of(second_of_day: int) -> int:
    """-1 just after midnight, 1 just before it, else 0."""
    return -1 if second_of_day < SKEW_SECONDS else int(second_of_day >= 86_400 - SKEW_SECONDS)


def signed_net(kind: int, gross: int, fee: int, net: int) -> int:
    """What a settlement row adds to the session's pay-out: refunds, reversals and fees take away."""
    if kind in (Kind.REFUND, Kind.REVERSAL):
        return -abs(net)
    if kind == Kind.FEE:
        return -abs(net or gross or fee)
    return net


def from_settlement(read: SettlementFile, side: Side, name: str, profile: Profile) -> SideFile:
    """A settlement file, or our own list, read row by row."""
    rows: list[dict[str, Any]] = []
    for row in read.rows:
        local = row.at.astimezone(HANOI) if row.at else None
        by_session = side is Side.GATEWAY or local is None
        second = (
            43_200 if local is None or by_session else local.hour * 3600 + local.minute * 60 + local.second
        )
        kind = int(KINDS[row.kind])
        rows.append(
            {
                "row": row.row,
                "kind": kind,
                "reference": row.reference,
                "provider_reference": row.provider_reference,
                "amount": row.gross,
                "fee": row.fee if "fee" in profile.columns else None,
                "net": signed_net(kind, row.gross, row.fee, row.net),
                "status": int(STATUSES[row.status]),
                "day": day_number(row.session if by_session or local is None else local.date()),
                "skew": skew_of(second),
                "route": int(route_of(row.terminal)) if side is Side.OURS else 0,
                "vnd": int(profile.currency == "VND"),
                "returned": 0,
                "text": row.text,
            }
        )
    terminals = () if side is Side.OURS else tuple(sorted({row.terminal for row in read.rows} - {""}))
    table = pl.DataFrame(rows, schema=SCHEMA)
    if side is Side.OURS and table.height and not table["fee"].sum():
        table = table.with_columns(
            fee=pl.lit(None, pl.Int64())
        )  # a list without fees says nothing about fees
    return SideFile(side, name, f"settlement:{read.profile}", table, read.troubles, terminals=terminals)


def from_statement(read: StatementFile, side: Side, name: str) -> SideFile:
    """A bank's or the treasury's statement; a batch line with details stands as one line."""
    rows: list[dict[str, Any]] = []
    places: dict[int, str] = {}
    accounts, opening, closing, difference = [], None, None, None
    number = 0
    for statement in read.statements:
        accounts.append(statement.account)
        opening = statement.opening_minor if opening is None else opening
        closing = statement.closing_minor if statement.closing_minor is not None else closing
        if statement.difference_minor:
            difference = statement.difference_minor
        for entry in statement.entries:
            number += 1
            row = int(entry.line) if entry.line.isdigit() else number
            places[row] = entry.line
            if entry.status is not EntryStatus.BOOKED or entry.minor is None:
                continue
            back = entry.returned
            texts = [text for n in _OURS_AT_BANKS if (text := entry.references.get(n))]
            rows.append(
                {
                    "row": row,
                    "kind": int(Kind.PAYMENT if entry.credit and not back else Kind.REFUND),
                    "reference": texts[0] if texts else "",
                    "provider_reference": entry.references.get("account_servicer", ""),
                    "amount": entry.minor,
                    "fee": None,
                    "net": entry.minor if entry.credit else -entry.minor,
                    "status": int(Status.SUCCESS),
                    "day": day_number(entry.booking_date or entry.value_date or EPOCH),
                    "skew": 0,
                    "route": 0,
                    "vnd": int(entry.currency == "VND"),
                    "returned": int(back),
                    "text": " ".join(
                        filter(None, [*(text for text in texts[1:] if text != texts[0]), entry.text])
                    ),
                }
            )
    return SideFile(
        side,
        name,
        read.format,
        pl.DataFrame(rows, schema=SCHEMA),
        read.troubles,
        account=", ".join(dict.fromkeys(filter(None, accounts))),
        opening=opening,
        closing=closing,
        difference=difference,
        places=places if any(not place.isdigit() for place in places.values()) else {},
    )


def with_sessions(file: SideFile, calendar: WorkingDays) -> SideFile:
    """The same file with the session of each line's day."""
    if "day" in file.same:
        session = session_of(as_day(int(file.same["day"] or 0)), calendar)
        return replace(file, same=file.same | {"session": day_number(session)})
    days = file.table["day"].unique().to_list()
    sessions = [day_number(session_of(as_day(day), calendar)) for day in days]
    if len(set(sessions)) == 1:
        return replace(
            file, table=file.table.drop("session", strict=False), same=file.same | {"session": sessions[0]}
        )
    known = pl.col("day").replace_strict(days, sessions, return_dtype=pl.Int32)
    return replace(file, table=file.table.with_columns(session=known))


def local_today(now: datetime) -> date:
    """The working day's date in Việt Nam."""
    return now.astimezone(UTC).astimezone(HANOI).date()
