"""Seals the exchange log into a hash chain, apart from the deliveries themselves, and finds what was done to it later.

One sequencer at a time takes settled rows in order (``jobs.store.postgres.settled``) and writes one seal per batch: the
digests of its rows, and the seal before it. When a local day is over, the number of its seals, of its rows and its last
digest are kept twice: in ``exchange_day`` and in the audit, whose own chain holds them.

A row's digest can be shown without the row, so the part of the chain that concerns one dossier can leave the house without
the rows of others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import structlog
from psycopg.rows import DictRow, tuple_row

from jobs.access import audit
from jobs.access.chain import alone, hashed, written
from jobs.access.model import Actor, ActorKind
from jobs.periodic import LOCAL
from jobs.store.postgres import settled
from jobs.store.postgres.evidence import EXCHANGE
from jobs.store.postgres.store import PgStore
from jobs.store.postgres.tx import PgTx

log = structlog.get_logger(__name__)

BATCH = 5_000
DAY_SEALED = "seal-exchanges"
_LOCK = 4_017_003
_MARK = "exchange-seal"
_AT_ONCE = 20
_ACTOR = Actor(ActorKind.RULE, "evidence")


def seal(store: PgStore) -> int:
    """One step of the sequencer; 0: nothing more is settled. Safe to run twice at once: the second one does nothing."""
    with store.transaction("seal-exchanges") as tx:
        if not alone(tx, _LOCK):
            return 0
        last = _last(tx)
        today = tx.now.astimezone(LOCAL).date()
        if last is not None and last["day"] < today:
            _close(tx, last)
        span = settled.span(tx, "exchange", mark=_MARK, most=BATCH)
        if span is None:
            return 0
        number, before, after = (last["number"], last["digest"], last["until_id"]) if last else (0, b"", 0)
        found = leaves(tx, after, span["until"])
        day = max(today, last["day"]) if last else today
        root = digest_of(found)
        tx.execute(
            """insert into exchange_seal (number, day, after_id, until_id, rows, leaves, digest, sealed_at)
               values (%s, %s, %s, %s, %s, %s, %s, %s)""",
            (
                number + 1, day, after, span["until"], len(found), root,
                link(before, number + 1, day, after, span["until"], len(found), root), tx.now,
            ),
        )  # fmt: skip
        return settled.moved(tx, _MARK, span, {"taken": len(found)})


def leaves(tx: PgTx, after: int, until: int) -> list[tuple[int, bytes]]:
    """Number and digest of each row with ``after < id <= until``, in order."""
    cursor = tx.connection.cursor(row_factory=tuple_row)
    cursor.execute(f"select {EXCHANGE} from exchange where id > %s and id <= %s order by id", (after, until))
    return [(row[0], leaf(row)) for row in cursor]


def leaf(row: Sequence[Any]) -> bytes:
    """The digest of one exchange, its fields in the order of ``EXCHANGE``."""
    at: datetime = row[1]
    return hashed(b"", [row[0], at.isoformat(), *row[2:13], written(row[13]), written(row[14])])


def digest_of(found: Sequence[tuple[int, bytes]]) -> bytes:
    """One digest for the rows of a batch."""
    return hashlib.sha256(b"".join([each for _, each in found])).digest()


def link(before: bytes, number: int, day: date, after: int, until: int, rows: int, root: bytes) -> bytes:
    """The digest of a seal behind the seal ``before``."""
    return hashed(before, [number, day.isoformat(), after, until, rows, root.hex()])


def _last(tx: PgTx) -> DictRow | None:
    return tx.fetch_one(
        "select number, day, until_id, digest from exchange_seal order by number desc limit 1"
    )


def _close(tx: PgTx, last: DictRow) -> None:
    if tx.fetch_one("select day from exchange_day where day = %s", (last["day"],)):
        return
    total = tx.fetch_one(
        "select coalesce(sum(rows), 0)::bigint as rows from exchange_seal where day = %s", (last["day"],)
    )
    assert total is not None  # noqa: S101 - a sum always has a row
    facts = {"seals": last["number"], "rows": total["rows"], "head": bytes(last["digest"]).hex()}
    tx.execute(
        "insert into exchange_day (day, seals, rows, head, closed_at) values (%s, %s, %s, %s, %s)",
        (last["day"], facts["seals"], facts["rows"], last["digest"], tx.now),
    )
    audit.record(tx, _ACTOR, DAY_SEALED, f"exchanges:{last['day'].isoformat()}", facts=facts)
    log.info("evidence.day_sealed", day=last["day"].isoformat(), **facts)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that does not fit.

    Attributes:
        kind: ``changed``, ``removed-or-added``, ``seal``, ``order``, ``day`` or ``tail``.
        seal: number of the seal, or 0.
    """

    kind: str
    seal: int
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at the chain found.

    Attributes:
        head: the last digest that was looked at, hexadecimal: noted elsewhere, it shows a tail that is cut later.
    """

    seals: int
    rows: int
    head: str
    wrong: Sequence[Wrong]


def verify(store: PgStore, *, day: date | None = None, since: datetime | None = None) -> Verdict:
    """Hold rows, seals, days and audit against each other.

    Args:
        day: only the seals of one local day.
        since: only seals made from then on.
    """
    with store.transaction("verify-seals") as tx:
        seals, before = _seals(tx, day, since)
        wrong = list(_days(tx, day)) if since is None else []
        if day is None:
            wrong += _tail(tx)
    previous, rows = before, 0
    for at in range(0, len(seals), _AT_ONCE):
        with store.transaction("verify-exchanges") as tx:
            for each in seals[at : at + _AT_ONCE]:
                wrong += _fits(tx, previous, each)
                rows += each["rows"]
                previous = each
    wrong.sort(key=lambda each: each.seal)
    return Verdict(len(seals), rows, bytes(previous["digest"]).hex(), wrong)


_NOTHING: dict[str, Any] = {"number": 0, "until_id": 0, "digest": b"", "day": date.min}


def _seals(tx: PgTx, day: date | None, since: datetime | None) -> tuple[list[DictRow], dict[str, Any]]:
    seals = tx.fetch(
        """select number, day, after_id, until_id, rows, leaves, digest from exchange_seal
           where (%(day)s::date is null or day = %(day)s) and (%(since)s::timestamptz is null or sealed_at >= %(since)s)
           order by number""",
        {"day": day, "since": since},
    )
    if not seals or (day is None and since is None):
        return seals, _NOTHING
    before = tx.fetch_one(
        "select number, day, until_id, digest from exchange_seal where number < %s order by number desc limit 1",
        (seals[0]["number"],),
    )
    return seals, before or _NOTHING


def _fits(tx: PgTx, before: dict[str, Any], each: dict[str, Any]) -> Iterator[Wrong]:
    number, span = each["number"], f"{each['after_id']}..{each['until_id']}"
    if (number, each["after_id"]) != (before["number"] + 1, before["until_id"]) or each["day"] < before[
        "day"
    ]:
        yield Wrong("order", number, f"does not follow seal {before['number']}")
    expected = link(
        bytes(before["digest"]), number, each["day"], each["after_id"], each["until_id"], each["rows"],
        bytes(each["leaves"]),
    )  # fmt: skip
    if expected != bytes(each["digest"]):
        yield Wrong("seal", number, "the seal itself was changed")
    found = leaves(tx, each["after_id"], each["until_id"])
    if len(found) != each["rows"]:
        yield Wrong("removed-or-added", number, f"{len(found)} rows in {span}, {each['rows']} were sealed")
    elif digest_of(found) != bytes(each["leaves"]):
        yield Wrong("changed", number, f"a row in {span} is not as it was sealed")


def _days(tx: PgTx, day: date | None) -> Iterator[Wrong]:
    """Seals, days and audit must say the same of every day that is over."""
    rows = tx.fetch(
        """with s as (
               select day, max(number) as seals, sum(rows)::bigint as rows,
                   (array_agg(digest order by number desc))[1] as head from exchange_seal group by day
           ), a as (
               select right(subject, 10)::date as day, (facts->>'seals')::bigint as seals, (facts->>'rows')::bigint as rows,
                   decode(facts->>'head', 'hex') as head
               from audit where action = %(action)s and actor = %(actor)s and subject ~ '^exchanges:[0-9]{4}-[0-9]{2}-[0-9]{2}$'
           )
           select day, d.day is null as open, s.day is null as gone, a.day is null as untold,
               (s.seals, s.rows, s.head) is distinct from (d.seals, d.rows, d.head) as other,
               (a.seals, a.rows, a.head) is distinct from (d.seals, d.rows, d.head) as otherwise
           from s full join exchange_day d using (day) full join a using (day)
           where %(day)s::date is null or day = %(day)s order by day""",
        {"day": day, "action": DAY_SEALED, "actor": str(_ACTOR)},
    )
    newest = tx.fetch_one("select max(day) as day from exchange_seal")
    for row in rows:
        if row["open"]:
            if not row["untold"] or (newest and row["day"] != newest["day"]):
                yield Wrong("day", 0, f"{row['day']}: its closing is missing")
        elif row["gone"] or row["other"]:
            yield Wrong("tail", 0, f"{row['day']}: seals are not those that the day ended with")
        elif row["untold"] or row["otherwise"]:
            yield Wrong("day", 0, f"{row['day']}: its closing is not what the audit has")


def _tail(tx: PgTx) -> Iterator[Wrong]:
    row = tx.fetch_one(
        """select coalesce((select last_id from roll_up_mark where name = %s), 0) as mark,
               coalesce((select until_id from exchange_seal order by number desc limit 1), 0) as sealed""",
        (_MARK,),
    )
    if row and row["mark"] != row["sealed"]:
        yield Wrong("tail", 0, f"sealed up to {row['mark']}, seals are there up to {row['sealed']}")
