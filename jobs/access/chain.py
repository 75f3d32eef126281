"""Seals the audit into a hash chain, apart from the acts themselves: an in-line chain would serialise all commits.

One sequencer at a time (advisory lock). It seals only rows behind which no older transaction can still appear.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg.rows import DictRow

from jobs.store.postgres.store import PgStore
from jobs.store.postgres.tx import PgTx

_LOCK = 4_017_001
_COLUMNS = "id, at, actor, action, subject, dossier_code, reason, address, correlation_id, facts"
SETTLED_AFTER = timedelta(seconds=2)


def seal(store: PgStore, *, limit: int = 5_000) -> int:
    """Seal the next rows; how many. Safe to run twice at once: the second one does nothing."""
    with store.transaction("seal-audit") as tx:
        if not alone(tx, _LOCK):
            return 0
        number, digest, last_id = _head(tx)
        rows = tx.fetch(
            f"""select {_COLUMNS} from audit a where at < %s
                and not exists (select 1 from audit_seal s where s.audit_id = a.id) and id > %s
                order by id limit %s""",
            (tx.now - SETTLED_AFTER, last_id - 1_000, limit),
        )
        for row in rows:
            number += 1
            digest = link(digest, row)
            tx.execute(
                "insert into audit_seal (number, audit_id, digest, sealed_at) values (%s, %s, %s, %s)",
                (number, row["id"], digest, tx.now),
            )
        return len(rows)


def link(before: bytes, row: DictRow) -> bytes:
    """The seal of ``row`` behind the seal ``before``: SHA-256 over both, in one written form."""
    at: datetime = row["at"]
    parts = [row["id"], at.isoformat(), *(row[name] or "" for name in _TEXTS), written(row["facts"])]
    return hashed(before, parts)


def alone(tx: PgTx, lock: int) -> bool:
    """Whether this transaction is the one sequencer of its chain, until its commit."""
    row = tx.fetch_one("select pg_try_advisory_xact_lock(%s) as got", (lock,))
    return bool(row and row["got"])


def hashed(before: bytes, parts: Sequence[object]) -> bytes:
    """SHA-256 over the digest before and ``parts`` as one JSON list."""
    return hashlib.sha256(before + json.dumps(parts, ensure_ascii=False).encode()).digest()


def written(facts: object) -> str:
    """JSON in the one form that is hashed."""
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


_TEXTS = ("actor", "action", "subject", "dossier_code", "reason", "address", "correlation_id")


def verify(store: PgStore) -> int | None:
    """The number of the first seal that does not fit its row or its neighbour, or ``None`` when all fit.

    A row that was taken away, put between, moved or changed shows here; a cut tail shows against a seal
    that was noted elsewhere.
    """
    digest, expected = b"", 1
    with store.transaction("verify-audit") as tx:
        for row in tx.execute(
            f"""select s.number, s.digest, {", ".join("a." + name.strip() for name in _COLUMNS.split(","))}
                from audit_seal s left join audit a on a.id = s.audit_id order by s.number"""
        ):
            if row["number"] != expected or row["id"] is None:
                return expected
            digest = link(digest, row)
            if digest != bytes(row["digest"]):
                return expected
            expected += 1
    return None


def _head(tx: PgTx) -> tuple[int, bytes, int]:
    row = tx.fetch_one("select number, digest, audit_id from audit_seal order by number desc limit 1")
    return (row["number"], bytes(row["digest"]), row["audit_id"]) if row else (0, b"", 0)
