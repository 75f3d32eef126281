"""The quick readers of settlement files and statements: every row checked in columns, or ``None``."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from connectors.statements.layout import name_facts
from connectors.statements.profile import SETTLEMENT, Profile
from jobs.reconciliation import quick_statement
from jobs.reconciliation.quick_checks import (
    amount,
    check_foot,
    code,
    day_of,
    must,
    number_rows,
    plain_references,
    skew_of,
    text,
)
from jobs.reconciliation.quick_rows import (
    NotPlain,
    Plan,
    collected,
    moment_format,
    moments,
    plan,
    scan,
    texts_of,
)
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


def _settlement(found: Plan, side: Side, name: str) -> SideFile:
    amounts = tuple(n for n in ("gross", "fee", "net") if found.column(n))
    frame = scan(found, amounts)
    kinds = {folded: int(KINDS[meaning]) for folded, meaning in (found.profile.kinds or {}).items()}
    statuses = {folded: int(STATUSES[meaning]) for folded, meaning in (found.profile.statuses or {}).items()}
    texts = {n: list(found.sample(n)) for n in ("kind", "status")}
    for _ in range(2):
        kind = code(found, "kind", kinds, texts["kind"], KINDS.get(found.profile.default_kind))
        status = code(found, "status", statuses, texts["status"], STATUSES.get(found.profile.default_status))
        # Stage by stage: an expression that is used twice would be worked out twice.
        prepared = frame.with_columns(kind, *_moment(found, side))
        body = collected(prepared.select("kind", status, *_columns(found, side)))
        body = body.head(body.height - len(found.foot))
        unknown = [n for n in texts if body[n].null_count()]
        if not unknown:
            break
        for n in unknown:  # a text that first stands far below: learn all of them, once
            texts[n] = texts_of(frame, must(found, n))
    return _checked(found, side, name, body)


def _moment(found: Plan, side: Side) -> tuple[pl.Expr, ...]:
    column = found.column("at")
    if column is None:
        if side is Side.OURS:
            raise NotPlain("no time")
        return ()
    pattern = moment_format(found.sample("at"), found.profile.moment_format + found.profile.date_format)
    return (moments(column, pattern).alias("moment"),)


def _columns(found: Plan, side: Side) -> list[pl.Expr]:
    gross, fee, net = pl.col(must(found, "gross")), amount(found, "fee"), amount(found, "net")
    back = pl.col("kind").is_in(_BACK)
    sound = (gross >= (0 if found.profile.zero_allowed else 1)) & (fee >= 0) & plain_references(found)
    if found.column("net"):
        sound = sound & (net >= 0) & ((net == gross - fee) | (back & (net == gross + fee)))
    made = [text(found, "reference"), text(found, "provider_reference"), gross.alias("amount")]
    if found.column("fee"):
        made.append(fee.alias("stated_fee"))
    if found.column("net"):
        made.append(net.alias("stated_net"))
    if found.column("at"):
        moment = pl.col("moment")
        sound = sound & moment.is_not_null()
        if side is Side.OURS:
            made += [day_of(moment).alias("day"), skew_of(moment).alias("skew")]
    if side is Side.GATEWAY and (column := found.column("session")):
        pattern = moment_format(found.sample("session"), found.profile.date_format)
        made.append(moments(column, pattern).alias("session"))
    if column := found.column("terminal"):
        if side is Side.OURS:
            made.append(_route(found, column))
        elif found.profile.one_terminal:
            sound = sound & (pl.col(column) == next(found.sample("terminal"), ""))
        else:
            made.append(text(found, "terminal"))
    if found.column("text"):
        made.append(text(found, "text"))
    made.append(sound.fill_null(value=False).alias("sound"))
    return made


def _route(found: Plan, column: str) -> pl.Expr:
    chain = pl.lit(int(Route.GATEWAY), pl.Int8())
    for word in texts_of(scan(found, ()), column):
        if route_of(word) is not Route.GATEWAY:
            chain = (
                pl.when(pl.col(column) == word).then(pl.lit(int(route_of(word)), pl.Int8())).otherwise(chain)
            )
    return chain.alias("route")


def _checked(found: Plan, side: Side, name: str, body: pl.DataFrame) -> SideFile:
    profile = found.profile
    refused: list[Trouble] = []
    session, terminal, _ = name_facts(name, profile, refused.append)
    if (
        refused
        or not body.height
        or not body["sound"].all()
        or body["kind"].null_count()
        or body["status"].null_count()
    ):
        raise NotPlain("a row that needs a look")
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
    by_session = _session(found, body, session) if side is Side.GATEWAY else None
    return _table(found, side, name, body, terminals=terminals, session=by_session)


def _table(
    found: Plan, side: Side, name: str, body: pl.DataFrame, *, terminals: tuple[str, ...], session: int | None
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
    if session is None:
        keep += [pl.col("day"), pl.col("skew")]
    else:
        same |= {"day": session, "skew": 0}
    for n, value in (("route", int(Route.GATEWAY)), ("text", "")):
        if n in body.columns:
            keep.append(pl.col(n))
        else:
            same[n] = value
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


def _session(found: Plan, body: pl.DataFrame, named: date | None) -> int:
    """The one session of the file: by its column, its name, or the first row's time."""
    if "session" in body.columns:
        days = body["session"].unique().to_list()
        if len(days) != 1 or not isinstance(days[0], datetime) or named not in (None, days[0].date()):
            raise NotPlain("sessions")
        return day_number(days[0].date())
    if named is not None:
        return day_number(named)
    first = next(found.sample("at"), "")
    if first:
        pattern = moment_format(iter([first]), found.profile.moment_format + found.profile.date_format)
        return day_number(datetime.strptime(first, pattern).date())  # noqa: DTZ007 - local by agreement
    raise NotPlain("no session")
