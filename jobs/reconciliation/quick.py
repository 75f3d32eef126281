"""The quick readers of settlement files and statements: every row checked in columns, or ``None``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from connectors.statements.layout import name_facts
from connectors.statements.profile import SETTLEMENT, Profile
from jobs.reconciliation import quick_statement
from jobs.reconciliation.quick_checks import (
    amount,
    check_foot,
    must,
    number_rows,
    plain_references,
    text,
)
from jobs.reconciliation.quick_rows import (
    NotPlain,
    Plan,
    collected,
    plan,
    scan,
)
from jobs.reconciliation.quick_times import Times, day_numbers, pattern_of, times
from jobs.reconciliation.quick_words import Words, by_table
from jobs.reconciliation.rules import Kind, Route, Side
from jobs.reconciliation.sides import KINDS, STATUSES, SideFile, day_number, route_of
from mappings.canonical.statement import Trouble

_BACK = (int(Kind.REFUND), int(Kind.REVERSAL))


def read(path: Path, side: Side, profile: Profile, name: str) -> SideFile | None:
    """The file as a table, or ``None`` when the careful reader must look at it."""
    if profile.factor != 1 or profile.currency != "VND":
        return None
    try:
        found = plan(path, profile)
        if profile.kind == SETTLEMENT:
            return _settlement(found, side, name)
        return quick_statement.read(found, side, name)
    except (NotPlain, ValueError, OSError):
        return None


@dataclass(frozen=True, slots=True)
class _Clocks:
    """How the file's times are read: of the payment, and of the session where the file names it."""

    at: Times | None
    session: Times | None

    def first(self) -> list[pl.Expr]:
        """What has to be worked out before the other columns."""
        return [expression for each in (self.at, self.session) if each for expression in each.first]


def _settlement(found: Plan, side: Side, name: str) -> SideFile:
    amounts = tuple(n for n in ("gross", "fee", "net") if found.column(n))
    frame = scan(found, amounts)
    clocks, words = _clocks(found, side), _words(found, side)
    texts = [each.seen(found.sample(each.field)) for each in words]
    # Stage by stage: an expression that is used twice would be worked out twice.
    body = collected(frame.with_columns(*clocks.first()).select(*texts, *_columns(found, side, clocks)))
    body = body.head(body.height - len(found.foot))
    body = body.with_columns(each.understood(body[each.field], frame) for each in words)
    return _checked(found, side, name, body, clocks)


def _words(found: Plan, side: Side) -> list[Words]:
    profile = found.profile
    kinds = {folded: int(KINDS[meaning]) for folded, meaning in (profile.kinds or {}).items()}
    statuses = {folded: int(STATUSES[meaning]) for folded, meaning in (profile.statuses or {}).items()}
    words = [
        Words("kind", found.column("kind"), by_table(kinds), KINDS.get(profile.default_kind)),
        Words("status", found.column("status"), by_table(statuses), STATUSES.get(profile.default_status)),
    ]
    if side is Side.OURS and found.column("terminal"):
        words.append(Words("terminal", found.column("terminal"), route_of, int(Route.GATEWAY)))
    return words


def _clocks(found: Plan, side: Side) -> _Clocks:
    at = session = None
    if column := found.column("at"):
        at = times(column, _at_pattern(found), "at")
    elif side is Side.OURS:
        raise NotPlain("no time")
    if side is Side.GATEWAY and (column := found.column("session")):
        session = times(column, pattern_of(found.sample("session"), found.profile.date_format), "session")
    return _Clocks(at, session)


def _at_pattern(found: Plan) -> str:
    return pattern_of(found.sample("at"), found.profile.moment_format + found.profile.date_format)


def _columns(found: Plan, side: Side, clocks: _Clocks) -> list[pl.Expr]:
    gross, fee, net = pl.col(must(found, "gross")), amount(found, "fee"), amount(found, "net")
    sound = (gross >= (0 if found.profile.zero_allowed else 1)) & (fee >= 0) & plain_references(found)
    if found.column("net"):
        sound = sound & (net >= 0) & ((net == gross - fee) | (net == gross + fee))
    made = [text(found, "reference"), text(found, "provider_reference"), gross.alias("amount")]
    if found.column("fee"):
        made.append(fee.alias("stated_fee"))
    if found.column("net"):
        made += [net.alias("stated_net"), (net == gross - fee).alias("less")]
    if clocks.at:
        sound = sound & clocks.at.sound
        made.append(clocks.at.day.alias("day"))
        if side is Side.OURS:
            made.append(clocks.at.skew.alias("skew"))
    if clocks.session:
        sound = sound & clocks.session.sound
        made.append(clocks.session.day.alias("session"))
    if side is Side.GATEWAY and (column := found.column("terminal")):
        if found.profile.one_terminal:
            sound = sound & (pl.col(column) == next(found.sample("terminal"), ""))
        else:
            made.append(text(found, "terminal"))
    if found.column("text"):
        made.append(text(found, "text"))
    made.append(sound.fill_null(value=False).alias("sound"))
    return made


def _checked(found: Plan, side: Side, name: str, body: pl.DataFrame, clocks: _Clocks) -> SideFile:
    profile = found.profile
    refused: list[Trouble] = []
    session, terminal, _ = name_facts(name, profile, refused.append)
    if refused or not body.height or not body["sound"].all():
        raise NotPlain("a row that needs a look")
    if (
        "less" in body.columns
        and not body.select((pl.col("less") | pl.col("kind").is_in(_BACK)).all()).item()
    ):
        raise NotPlain("a net that differs")  # only what goes back may cost its fee on top
    if "provider_reference" not in profile.optional:
        # A collision of two hashes sends the file to the careful reader: slower, never wrong.
        numbers = body.select(
            pl.col("provider_reference").hash() + pl.col("kind").cast(pl.UInt64)
        ).to_series()
        if numbers.n_unique() != body.height:
            raise NotPlain("a doubled row")
    fee = int(body["stated_fee"].sum()) if "stated_fee" in body.columns else 0
    net = int(body["stated_net"].sum()) if "stated_net" in body.columns else 0
    check_foot(found, {"gross": int(body["amount"].sum()), "fee": fee, "net": net}, count=body.height)
    terminals = _terminals(found, body, terminal) if side is Side.GATEWAY else ()
    days = day_numbers(body["day"], clocks.at) if clocks.at else {}
    if side is Side.GATEWAY:
        days = {"": _session(body, session, clocks, days)}
    return _table(found, side, name, body, terminals=terminals, days=days)


def _table(
    found: Plan,
    side: Side,
    name: str,
    body: pl.DataFrame,
    *,
    terminals: tuple[str, ...],
    days: dict[Any, int],
) -> SideFile:
    same: dict[str, Any] = {"vnd": 1, "returned": 0}
    keep: list[pl.Expr] = [
        number_rows(found),
        pl.col("reference"),
        pl.col("provider_reference"),
        pl.col("amount"),
    ]
    for n in ("kind", "status"):
        one = body[n].min() == body[n].max()
        same |= {n: body[n][0]} if one else {}
        keep += [] if one else [pl.col(n)]
    charged = "stated_fee" in body.columns and bool(body["stated_fee"].sum())
    fee = pl.col("stated_fee") if charged else pl.lit(0, pl.Int64())
    net = pl.col("stated_net") if "stated_net" in body.columns else pl.col("amount") - fee
    kind = pl.col("kind")
    taken = pl.when(kind.is_in(_BACK)).then(-net)
    signed = taken.when(kind == int(Kind.FEE)).then(-pl.max_horizontal(net, pl.col("amount"))).otherwise(net)
    keep.append((signed if "kind" not in same or same["kind"] != int(Kind.PAYMENT) else net).alias("net"))
    if charged:
        keep.append(fee.alias("fee"))
    else:
        same["fee"] = 0 if side is Side.GATEWAY and "fee" in found.profile.columns else None
    if len(days) > 1:
        keep.append(pl.col("day").replace_strict(days, return_dtype=pl.Int32))
    else:
        same["day"] = next(iter(days.values()))
    if "skew" in body.columns:
        keep.append(pl.col("skew"))
    else:
        same["skew"] = 0
    if side is Side.OURS and "terminal" in body.columns:
        keep.append(pl.col("terminal").alias("route"))
    else:
        same["route"] = int(Route.GATEWAY)
    if "text" in body.columns:
        keep.append(pl.col("text"))
    else:
        same["text"] = ""
    return SideFile(
        side, name, f"settlement:{found.profile.name}", body.select(keep), terminals=terminals, same=same
    )


def _terminals(found: Plan, body: pl.DataFrame, named: str) -> tuple[str, ...]:
    if "terminal" in body.columns:
        texts = set(body["terminal"].unique())
    else:
        texts = {next(found.sample("terminal"), "")} if found.column("terminal") else set()
    texts = (texts | {named}) - {""}
    if found.profile.one_terminal and len(texts) > 1:
        raise NotPlain("terminals")
    return tuple(sorted(texts))


def _session(body: pl.DataFrame, named: date | None, clocks: _Clocks, days: dict[Any, int]) -> int:
    """The one session of the file: by its column, its name, or the first row's time."""
    if clocks.session:
        sessions = set(day_numbers(body["session"], clocks.session).values())
        if len(sessions) != 1 or (named is not None and sessions != {day_number(named)}):
            raise NotPlain("sessions")
        return sessions.pop()
    if named is not None:
        return day_number(named)
    if clocks.at:
        return days[body["day"][0]]
    raise NotPlain("no session")
