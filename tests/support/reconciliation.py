"""Generated sides for the differential tests of the rule table, and a judge that reads the rules line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from jobs.reconciliation.rules import AGGREGATES, PLAIN, PRESENCE, RULES, Kind, Route, Side, Status
from jobs.reconciliation.terms import holds

Line = dict[str, Any]


def line(side: Side, number: int = 1, **facts: Any) -> Line:
    """A plain successful payment line; ``facts`` change it."""
    plain: Line = {
        "side": int(side),
        "line": number,
        "kind": int(Kind.PAYMENT),
        "reference": "LT01",
        "provider_reference": "" if side is Side.BANK else "14000001",
        "amount": 50_000,
        "fee": None,
        "status": int(Status.SUCCESS),
        "session_first": 20_000,
        "session_last": 20_000,
        "vnd": 1,
        "returned": 0,
        "route": int(Route.GATEWAY),
        "due": 1,
    }
    return plain | {name: int(v) if isinstance(v, int) else v for name, v in facts.items()}


@st.composite
def lines(draw: st.DrawFn) -> list[Line]:
    """Up to a dozen lines with few references, so that they meet in every way."""
    made = []
    for number in range(draw(st.integers(0, 12))):
        first = draw(st.integers(20_000, 20_002))
        made.append(
            line(
                draw(st.sampled_from(Side)),
                number,
                kind=draw(st.sampled_from(Kind)),
                reference=draw(st.sampled_from(["", "LT01", "LT02", "LT03"])),
                provider_reference=draw(st.sampled_from(["", "14000001", "14000002"])),
                amount=draw(st.sampled_from([50_000, 50_001])),
                fee=draw(st.sampled_from([None, 0, 1_100])),
                status=draw(st.sampled_from(Status)),
                session_first=first,
                session_last=first + draw(st.integers(0, 1)),
                vnd=draw(st.sampled_from([1, 1, 1, 0])),
                returned=draw(st.sampled_from([0, 0, 1])),
                route=draw(st.sampled_from(Route)),
                due=draw(st.integers(0, 1)),
            )
        )
    return made


presences = st.fixed_dictionaries({name: st.booleans() for name in PRESENCE})


def plain_groups(rows: list[Line], presence: dict[str, bool]) -> set[tuple[int, str]]:
    """The groups that a compiler may pass over."""
    return {(kind, key) for kind, key, group in _groups(rows, presence) if holds(PLAIN, group)}


def judged(rows: list[Line], presence: dict[str, bool]) -> set[tuple[int, str, int, str]]:
    """(kind, key, against, verdict) by reading the table as it stands, one group after the other."""
    found = set()
    for kind, key, group in _groups(rows, presence):
        for side in (Side.GATEWAY, Side.BANK, Side.TREASURY):
            rule = next((r for r in RULES if r.against is side and holds(r.when, group)), None)
            if rule is not None:
                found.add((kind, key, int(side), str(rule.verdict)))
    return found


def _groups(rows: list[Line], presence: dict[str, bool]) -> Iterator[tuple[int, str, dict[str, int | None]]]:
    grouped: dict[tuple[int, str], list[Line]] = defaultdict(list)
    for row in rows:
        key = _key(row, rows)
        foreign = int(key != row["reference"] and row["reference"] != "")
        grouped[row["kind"], key].append(row | {"foreign_reference": foreign})
    for (kind, key), members in grouped.items():
        yield kind, key, _group(kind, members) | {name: int(presence[name]) for name in PRESENCE}


def _key(row: Line, rows: list[Line]) -> str:
    own = row["reference"] or f"#{row['side']}:{row['line']}"
    if row["side"] != Side.GATEWAY or not row["provider_reference"]:
        return str(own)
    same = [
        other
        for other in rows
        if other["side"] == Side.OURS
        and other["kind"] == row["kind"]
        and other["provider_reference"] == row["provider_reference"]
    ]
    return (
        str(own) if len(same) != 1 else str(same[0]["reference"] or f"#{same[0]['side']}:{same[0]['line']}")
    )


def _group(kind: int, members: list[Line]) -> dict[str, int | None]:
    group: dict[str, int | None] = {"kind": kind}
    for side in Side:
        mine = [row for row in members if row["side"] == side]
        for name, how in AGGREGATES.items():
            if how == "count":
                group[f"{side.name.lower()}_{name}"] = len(mine)
                continue
            function, column = how.split()
            values = [row[column] for row in mine if row[column] is not None]
            chosen = (max if function == "max" else min)(values) if values else None
            group[f"{side.name.lower()}_{name}"] = chosen
    return group
