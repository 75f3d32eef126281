"""Writes exchanges into their log, and their bodies, encrypted, beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString

from connectors.kit.effects import Exchange
from jobs.store.postgres import evidence
from jobs.store.postgres.arrays import copy_line, encoded, texts
from jobs.store.postgres.tx import PgTx

Noted = tuple[int | None, int | None, Exchange]
"""Effect id, attempt, exchange."""

_NOTED: LiteralString = """at, system, operation, direction, reference, effect_id, attempt, status, outcome, duration_ms,
    request_digest, response_digest, request_summary, response_summary"""
_VALUES: LiteralString = """at::timestamptz, system, operation, direction, reference, effect_id::bigint, attempt::int, status::int, outcome,
    duration_ms::int, request_digest, response_digest, request_summary::jsonb, response_summary::jsonb"""
_NOTE: LiteralString = f"copy exchange ({_NOTED}) from stdin"
_NOTE_FEW: LiteralString = f"""
insert into exchange ({_NOTED}) select {_VALUES}
from unnest({", ".join(["%s::text[]"] * 14)}) as x({_NOTED})"""
_NOTE_NUMBERED: LiteralString = f"""
insert into exchange (id, {_NOTED}) overriding system value select id::bigint, {_VALUES}
from unnest({", ".join(["%s::text[]"] * 15)}) as x(id, {_NOTED})"""
_NUMBERS: LiteralString = "select nextval('exchange_id_seq') as id from generate_series(1, %s)"
_FEW = 100
_NULLABLE = (5, 6, 7)  # effect, attempt, status


def note(tx: PgTx, exchanges: Sequence[Noted]) -> None:
    """See :meth:`jobs.effects.ports.EngineRows.note`."""
    if not exchanges:
        return
    at = tx.now.isoformat()
    rows = [_fields(at, effect_id, attempt, x) for effect_id, attempt, x in exchanges]
    if tx.keeper is not None and any(x.bodies is not None for _, _, x in exchanges):
        numbers = [row["id"] for row in tx.fetch(_NUMBERS, (len(rows),))]
        tx.execute(_NOTE_NUMBERED, [texts([str(number) for number in numbers]), *_columns(rows)])
        evidence.keep(
            tx,
            tx.keeper,
            [(n, x.bodies) for n, (_, _, x) in zip(numbers, exchanges, strict=True) if x.bodies],
        )
        return
    if len(rows) <= _FEW:  # COPY takes three round trips
        tx.execute(_NOTE_FEW, _columns(rows))
        return
    with tx.connection.cursor().copy(_NOTE) as out:
        out.write("".join([copy_line(fields, _NULLABLE) for fields in rows]))


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    columns: list[Sequence[str | None]] = list(zip(*rows, strict=True))
    for place in _NULLABLE:
        columns[place] = [field or None for field in columns[place]]
    return [texts(column) for column in columns]


def _fields(at: str, effect_id: int | None, attempt: int | None, x: Exchange) -> tuple[str, ...]:
    return (
        at, x.system, x.operation, x.direction, x.reference, "" if effect_id is None else str(effect_id),
        "" if attempt is None else str(attempt), "" if x.status is None else str(x.status), x.outcome,
        str(x.duration_ms), x.request_digest, x.response_digest,
        encoded(dict(x.request_summary)) if x.request_summary else "{}",
        encoded(dict(x.response_summary)) if x.response_summary else "{}",
    )  # fmt: skip
