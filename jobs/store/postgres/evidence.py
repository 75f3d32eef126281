"""Keys of dossiers, bodies of exchanges, and what a dossier's evidence consists of. Functions over an open transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import LiteralString

import structlog
from psycopg.rows import DictRow

from connectors.kit.effects import Bodies
from jobs.evidence.keeper import DataKey, Keeper, Unreadable
from jobs.store.postgres.tx import PgTx

log = structlog.get_logger(__name__)

EXCHANGE: LiteralString = """id, at, system, operation, direction, reference, effect_id, attempt, status, outcome, duration_ms,
    request_digest, response_digest, request_summary, response_summary"""


def keep(tx: PgTx, keeper: Keeper, bodies: Sequence[tuple[int, Bodies]]) -> None:
    """Encrypt and write bodies, each under its exchange's number. Nothing of a dossier whose key was destroyed."""
    keys = _data_keys(tx, keeper, {each.dossier_code for _, each in bodies})
    with tx.connection.cursor() as cursor:
        cursor.executemany(
            "insert into exchange_body (exchange_id, dossier_code, request, response) values (%s, %s, %s, %s)",
            [
                (
                    number,
                    each.dossier_code,
                    key.seal(number, "request", each.request),
                    key.seal(number, "response", each.response),
                )
                for number, each in bodies
                if (key := keys.get(each.dossier_code)) is not None and (each.request or each.response)
            ],
        )


def _data_keys(tx: PgTx, keeper: Keeper, codes: Iterable[str]) -> dict[str, DataKey]:
    """The open keys of these dossiers, made where there was none; a destroyed one is left out."""
    wanted = sorted(codes)
    found = _stored(tx, wanted)
    missing = [code for code in wanted if code not in found]
    if missing:
        with tx.connection.cursor() as cursor:
            cursor.executemany(
                """insert into dossier_key (dossier_code, master_key, wrapped, created_at) values (%s, %s, %s, %s)
                   on conflict (dossier_code) do nothing""",
                [(code, keeper.current, keeper.new_key(code)[0], tx.now) for code in missing],
            )
        found |= _stored(tx, missing)  # another one may have been first
    opened: dict[str, DataKey] = {}
    for code, row in found.items():
        if row["wrapped"] is None:
            continue
        try:
            opened[code] = keeper.unwrapped(code, row["master_key"], row["wrapped"])
        except Unreadable:
            # What was done must be written down all the same; that a body is missing is said.
            log.warning("evidence.key_unreadable", master_key=row["master_key"])
    return opened


def _stored(tx: PgTx, codes: Sequence[str]) -> dict[str, DictRow]:
    rows = tx.fetch(
        "select dossier_code, master_key, wrapped from dossier_key where dossier_code = any(%s)",
        (list(codes),),
    )
    return {row["dossier_code"]: row for row in rows}


def key_of(tx: PgTx, keeper: Keeper, dossier_code: str) -> DataKey | None:
    """The open key of one dossier; ``None``: there is none, or it was destroyed.

    Raises:
        Unreadable: its master key is not in the settings.
    """
    row = _stored(tx, [dossier_code]).get(dossier_code)
    if row is None or row["wrapped"] is None:
        return None
    return keeper.unwrapped(dossier_code, row["master_key"], row["wrapped"])


def key_state(tx: PgTx, dossier_code: str) -> DictRow | None:
    """Whether a dossier has a key and since when it is destroyed; locked until the commit."""
    return tx.fetch_one(
        "select dossier_code, destroyed_at from dossier_key where dossier_code = %s for no key update",
        (dossier_code,),
    )


def bodies_of_effect(tx: PgTx, effect_id: int) -> list[DictRow]:
    """Encrypted bodies of an effect's calls, newest first."""
    return tx.fetch(
        """select b.exchange_id, b.dossier_code, b.request, b.response from exchange e
           join exchange_body b on b.exchange_id = e.id where e.effect_id = %s order by e.id desc limit 50""",
        (effect_id,),
    )


def bodies_of_dossier(tx: PgTx, dossier_code: str) -> list[DictRow]:
    """All encrypted bodies of a dossier."""
    return tx.fetch(
        "select exchange_id, request, response from exchange_body where dossier_code = %s order by exchange_id",
        (dossier_code,),
    )


def exchanges_of_dossier(tx: PgTx, dossier_code: str) -> list[DictRow]:
    """Every exchange that is known to be about a dossier: of its effects, under its code, or with bodies of it."""
    return tx.fetch(
        f"""select {EXCHANGE} from exchange where id in (
                select x.id from effect f join exchange x on x.effect_id = f.id
                where f.dossier_code = %(code)s and f.dossier_code <> ''
                union select id from exchange where reference = %(code)s and reference <> ''
                union select exchange_id from exchange_body where dossier_code = %(code)s)
            order by id""",
        {"code": dossier_code},
    )


def effects_of_dossier(tx: PgTx, dossier_code: str) -> list[DictRow]:
    """All effects of a dossier, payload and outcome with them."""
    return tx.fetch(
        """select id, key, system, operation, lane, reference, correlation_id, cause, state, attempt, code, reason,
                  created_at, first_sent_at, finished_at, payload, outcome, message
           from effect where dossier_code = %s and dossier_code <> '' order by id""",
        (dossier_code,),
    )


def events_of_dossier(tx: PgTx, dossier_code: str) -> list[DictRow]:
    """The whole time line of a dossier."""
    return tx.fetch(
        "select id, at, subject, kind, actor, correlation_id, facts from event where dossier_code = %s order by id",
        (dossier_code,),
    )


def ask_erasure(tx: PgTx, dossier_code: str, *, by: str, reason: str) -> None:
    """Keep what one person asked; a second one decides."""
    tx.execute(
        "insert into erasure (dossier_code, asked_by, asked_at, reason) values (%s, %s, %s, %s)",
        (dossier_code, by, tx.now, reason),
    )


def open_erasure(tx: PgTx, dossier_code: str) -> DictRow | None:
    """What is asked and not decided."""
    return tx.fetch_one(
        "select id, asked_by, asked_at, reason from erasure where dossier_code = %s and decided_by is null",
        (dossier_code,),
    )


def open_erasures(tx: PgTx) -> list[DictRow]:
    """All that wait for a second person, oldest first."""
    return tx.fetch(
        "select dossier_code, asked_by, asked_at, reason from erasure where decided_by is null order by id"
    )


def decide_erasure(tx: PgTx, erasure_id: int, *, by: str, accepted: bool) -> None:
    """Decide it. The database refuses the person who asked."""
    tx.execute(
        "update erasure set decided_by = %s, decided_at = %s, accepted = %s where id = %s",
        (by, tx.now, accepted, erasure_id),
    )


def destroy_key(tx: PgTx, dossier_code: str) -> None:
    """From here on nobody reads the dossier's bodies. The database refuses it without an accepted erasure."""
    tx.execute(
        "update dossier_key set wrapped = null, destroyed_at = %s where dossier_code = %s",
        (tx.now, dossier_code),
    )


def rewrap(tx: PgTx, keeper: Keeper, most: int) -> int:
    """Bring keys under the current master key; how many.

    Raises:
        Unreadable: an earlier master key is not in the settings any more.
    """
    rows = tx.fetch(
        """select dossier_code, master_key, wrapped from dossier_key where master_key <> %s and wrapped is not null
           order by dossier_code limit %s for no key update""",
        (keeper.current, most),
    )
    for row in rows:
        again = keeper.rewrapped(row["dossier_code"], row["master_key"], row["wrapped"])
        tx.execute(
            "update dossier_key set wrapped = %s, master_key = %s where dossier_code = %s",
            (again, keeper.current, row["dossier_code"]),
        )
    return len(rows)
