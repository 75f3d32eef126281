"""The rule table as set-based SQL, for PostgreSQL. The text is made of names of our own only; values are parameters."""

from __future__ import annotations

from functools import cache
from typing import LiteralString

from jobs.reconciliation.rules import AGGREGATES, PLAIN, PRESENCE, RULES, Side
from jobs.reconciliation.terms import Both, Comparison, Condition, Either, Field, Negated


def sql(condition: Condition) -> str:
    """``condition`` over a row of groups; never null, as ``terms.holds`` means it."""
    match condition:
        case Comparison(sign, left, right):
            other = _name(right) if isinstance(right, Field) else str(int(right))
            return f"coalesce({_name(left)} {sign} {other}, false)"
        case Both(left_condition, right_condition):
            return f"({sql(left_condition)} and {sql(right_condition)})"
        case Either(left_condition, right_condition):
            return f"({sql(left_condition)} or {sql(right_condition)})"
        case Negated(inner):
            return f"(not {sql(inner)})"
        case _:
            raise TypeError(type(condition).__name__)


def _name(field: Field) -> str:
    return f"%({field.name})s::integer" if field.name in PRESENCE else field.name


@cache
def verdict_query(relation: str) -> LiteralString:
    """A query over ``relation`` (a table or named subquery with ``rules.LINE_COLUMNS``); parameters: ``rules.PRESENCE``.

    Answers ``kind, key, against, verdict`` and the group's fields, one row per break or line in transit.
    """
    aggregates = ",\n           ".join(
        _aggregate(side, name, how) for side in Side for name, how in AGGREGATES.items()
    )
    chains = ", ".join(f"({side.value}, {_first(side)})" for side in Side if side is not Side.OURS)
    return f"""
    with base as materialized (
        select l.*, case when reference = '' then '#' || side || ':' || line else reference end as own
        from {relation} l
    ), followed as (
        select kind, provider_reference, min(own) as target from base
        where side = {Side.OURS.value} and provider_reference <> ''
        group by kind, provider_reference having count(*) = 1
    ), placed as (
        select b.*, coalesce(f.target, b.own) as key from base b
        left join followed f on b.side = {Side.GATEWAY.value} and f.kind = b.kind
            and f.provider_reference = b.provider_reference
    ), keyed as (
        select p.*, (key <> reference and reference <> '')::integer as foreign_reference from placed p
    ), grouped as (
        select kind, key,
           {aggregates}
        from keyed group by kind, key
    )
    select v.against, v.verdict, g.*
    from grouped g cross join lateral (values {chains}) v(against, verdict)
    where not {sql(PLAIN)} and v.verdict is not null"""


def _aggregate(side: Side, name: str, how: str) -> str:
    mine = f"filter (where side = {side.value})"
    alias = f"{side.name.lower()}_{name}"
    if how == "count":
        return f"count(*) {mine} as {alias}"
    function, column = how.split()
    return f"{function}({column}) {mine} as {alias}"


def _first(side: Side) -> str:
    cases = " ".join(f"when {sql(rule.when)} then '{rule.verdict}'" for rule in RULES if rule.against is side)
    return f"case {cases} end"
