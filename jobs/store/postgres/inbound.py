"""News of other systems about dossiers: recorded once, taken when due; standing, tax, cursors, spare codes, set-up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from jobs.store.postgres.tx import PgTx

_LEASE = timedelta(minutes=2)
_ROW = "id, system, key, dossier_code, kind, news, received_at, correlation_id, state, why, lacks, tries, begun, given_code, case_key"


# ---- recording -----------------------------------------------------------------------------------------------------------


def record(
    tx: PgTx,
    system: str,
    key: str,
    dossier_code: str,
    kind: str,
    news: Mapping[str, Any],
    correlation_id: str,
) -> int | None:
    """Keep one piece of news; its id, or ``None`` when it is there already."""
    row = tx.fetch_one(
        """insert into inbound_news (system, key, dossier_code, kind, news, received_at, correlation_id, state, due_at)
           values (%(system)s, %(key)s, %(code)s, %(kind)s, %(news)s, %(now)s, %(correlation)s, 'waiting', %(now)s)
           on conflict (system, key) do nothing returning id""",
        {
            "system": system, "key": key, "code": dossier_code, "kind": kind, "news": Jsonb(dict(news)),
            "now": tx.now, "correlation": correlation_id,
        },
    )  # fmt: skip
    return None if row is None else int(row["id"])


def keep_raw(
    tx: PgTx,
    system: str,
    key: str,
    headers: Mapping[str, str],
    raw: bytes,
    verdict: str,
    result: str,
    correlation: str,
) -> bool:
    """Keep a message as it came (D1); ``False`` when the same one is there. Its news are rows of their own."""
    return (
        tx.execute(
            """insert into inbox (source, key, received_at, headers, raw, verdict, correlation_id, processed_at, result)
               values (%(source)s, %(key)s, %(now)s, %(headers)s, %(raw)s, %(verdict)s, %(correlation)s, %(now)s, %(result)s)
               on conflict (source, key) do nothing""",
            {
                "source": system, "key": key, "now": tx.now, "headers": Jsonb(dict(headers)), "raw": raw,
                "verdict": verdict, "correlation": correlation, "result": result,
            },
        ).rowcount
        == 1
    )  # fmt: skip


def known(tx: PgTx, system: str, keys: Sequence[str]) -> dict[str, DictRow]:
    """Key → ``state``, ``given_code`` of what is recorded."""
    found = tx.fetch(
        "select key, id, state, given_code from inbound_news where system = %s and key = any(%s)",
        (system, list(keys)),
    )
    return {row["key"]: row for row in found}


# ---- working -------------------------------------------------------------------------------------------------------------


def take(tx: PgTx, limit: int) -> list[DictRow]:
    """Due rows in the order in which they came, out of the others' reach for two minutes; raised before the try (D8)."""
    found = tx.fetch(
        f"""update inbound_news n set due_at = %(until)s, tries = n.tries + 1, begun = n.begun + 1
            from (select id from inbound_news where due_at <= %(now)s order by id limit %(limit)s
                  for no key update skip locked) t
            where n.id = t.id returning {", ".join("n." + name for name in _ROW.split(", "))}""",
        {"now": tx.now, "until": tx.now + _LEASE, "limit": limit},
    )
    return sorted(found, key=lambda row: int(row["id"]))


def lock(tx: PgTx, news_id: int) -> DictRow | None:
    """The row for as long as the transaction lasts, unless it has ended."""
    return tx.fetch_one(
        f"select {_ROW} from inbound_news where id = %s and state in ('waiting', 'parked') for no key update",
        (news_id,),
    )


def finish(tx: PgTx, news_id: int, state: str, why: str = "") -> None:
    """It has ended: ``applied`` or ``ignored``."""
    tx.execute(
        """update inbound_news set state = %s, why = %s, lacks = '[]', due_at = null, begun = 0, case_key = '',
               finished_at = %s where id = %s""",
        (state, why[:200], tx.now, news_id),
    )


def later(tx: PgTx, news_id: int, why: str, due_at: datetime) -> None:
    """It waits for its next try."""
    tx.execute(
        "update inbound_news set why = %s, due_at = %s, begun = 0 where id = %s and state in ('waiting', 'parked')",
        (why[:200], due_at, news_id),
    )


def park(
    tx: PgTx, news_id: int, why: str, lacks: Sequence[Sequence[str]], case_key: str, due_at: datetime | None
) -> None:
    """A person sees it; tried again at ``due_at``, or only by a person."""
    tx.execute(
        """update inbound_news set state = 'parked', why = %s, lacks = %s, case_key = %s, due_at = %s, begun = 0
           where id = %s""",
        (why[:200], Jsonb([list(each) for each in lacks]), case_key, due_at, news_id),
    )


def park_again(tx: PgTx, system: str, given_code: str, why: str, case_key: str) -> int | None:
    """A new dossier that the case system refused under a code: back to a person, free to take another code."""
    row = tx.fetch_one(
        """update inbound_news set state = 'parked', why = %s, case_key = %s, due_at = null, given_code = '',
               finished_at = null where system = %s and given_code = %s returning id""",
        (why[:200], case_key, system, given_code),
    )
    return None if row is None else int(row["id"])


def give_code(tx: PgTx, news_id: int, code: str) -> None:
    """The code under which a new dossier will be created; kept before anything is sent."""
    tx.execute("update inbound_news set given_code = %s where id = %s", (code, news_id))


def other_of(tx: PgTx, system: str, dossier_code: str, news_id: int) -> DictRow | None:
    """Another piece of news by which the same new dossier comes in; locks the dossier's name at its sender."""
    tx.execute(
        "select pg_advisory_xact_lock(hashtextextended(%s, 90))", (f"{system}:{dossier_code or news_id}",)
    )
    return tx.fetch_one(
        """select id, given_code from inbound_news where dossier_code = %s and dossier_code <> '' and system = %s
           and kind = 'new_dossier' and given_code <> '' and id <> %s limit 1""",
        (dossier_code, system, news_id),
    )


def waiting_for(tx: PgTx, codes: Iterable[str]) -> int:
    """What waited for a dossier that is here now is due at once; how many."""
    return tx.execute(
        """update inbound_news set due_at = %s where dossier_code = any(%s) and dossier_code <> ''
           and state in ('waiting', 'parked') and why = 'unknown_dossier'""",
        (tx.now, list(codes)),
    ).rowcount


def news_of(tx: PgTx, news_id: int) -> Mapping[str, Any] | None:
    """The news itself."""
    row = tx.fetch_one("select news from inbound_news where id = %s", (news_id,))
    return None if row is None else row["news"]


def retry(tx: PgTx, ids: Sequence[int] | None) -> list[DictRow]:
    """Make parked rows due now (all of them when ``ids`` is ``None``); what was made due."""
    return tx.fetch(
        """update inbound_news set due_at = %s, begun = 0 where state = 'parked' and (%s::bigint[] is null or id = any(%s))
           returning id, system, dossier_code""",
        (tx.now, ids, ids),
    )


# ---- standing ------------------------------------------------------------------------------------------------------------


def standings(tx: PgTx, dossier_code: str) -> list[DictRow]:
    """What each system has made of a dossier, the newest news last."""
    return tx.fetch(
        "select * from inbound_standing where dossier_code = %s order by news_id", (dossier_code,)
    )


def stand(
    tx: PgTx,
    system: str,
    dossier_code: str,
    news_id: int,
    *,
    state: str,
    seen: str,
    moved_at: datetime | None,
    answered_at: datetime | None,
) -> None:
    """News was applied. An empty ``state``: it moved nothing; moments only go forward."""
    tx.execute(
        """insert into inbound_standing as s (system, dossier_code, news_id, state, seen, moved_at, answered_at)
           values (%(system)s, %(code)s, %(news)s, %(state)s, %(seen)s, %(moved)s, %(answered)s)
           on conflict (system, dossier_code) do update set
               news_id = case when excluded.state = '' then s.news_id else excluded.news_id end,
               state = case when excluded.state = '' then s.state else excluded.state end,
               seen = case when excluded.state = '' then s.seen else excluded.seen end,
               told = case when excluded.state = '' then s.told else false end,
               moved_at = greatest(s.moved_at, excluded.moved_at),
               answered_at = greatest(s.answered_at, excluded.answered_at)""",
        {
            "system": system, "code": dossier_code, "news": news_id, "state": state, "seen": seen,
            "moved": moved_at, "answered": answered_at,
        },
    )  # fmt: skip


def told(tx: PgTx, system: str, dossier_code: str, news_id: int, seen: str, *, taken: bool) -> None:
    """The case system was told of what ``news_id`` brought, and took it or refused it."""
    tx.execute(
        """update inbound_standing set told = %(taken)s, seen = case when %(taken)s then %(seen)s else seen end,
               state = case when %(taken)s then state else '' end
           where system = %(system)s and dossier_code = %(code)s and news_id = %(news)s""",
        {"taken": taken, "seen": seen, "system": system, "code": dossier_code, "news": news_id},
    )


def open_hand_overs(tx: PgTx, system: str, dossier_code: str) -> list[str]:
    """Keys of hand-overs of a dossier whose outcome is not known yet."""
    rows = tx.fetch(
        """select key from effect where dossier_code = %s and dossier_code <> '' and system = %s
           and operation = 'hand_over' and state in ('planned', 'sending', 'unknown', 'parked') order by id""",
        (dossier_code, system),
    )
    return [str(row["key"]) for row in rows]


# ---- tax -----------------------------------------------------------------------------------------------------------------


def tax_notice(
    tx: PgTx,
    key: tuple[str, str, str],
    *,
    item: str,
    amount: int | None,
    decided_on: date | None,
    owner_name: str,
    link: str,
    file: int | None,
) -> DictRow:
    """Keep a notice once; the row as it stands, so that the caller sees what another amount was said before."""
    tx.execute(
        """insert into inbound_tax as t (dossier_code, tax_code, decision, item, amount, decided_on, owner_name, link, file,
               noticed_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           on conflict (dossier_code, tax_code, decision) do update set item = excluded.item, amount = excluded.amount,
               decided_on = excluded.decided_on, owner_name = excluded.owner_name, link = excluded.link, file = excluded.file,
               noticed_at = excluded.noticed_at where t.noticed_at is null""",
        (*key, item, amount, decided_on, owner_name, link, file, tx.now),
    )
    return _tax(tx, key)


def tax_receipt(
    tx: PgTx,
    key: tuple[str, str, str],
    *,
    amount: int,
    paid_at: datetime | None,
    paid: bool,
    their_state: str,
    payer: Mapping[str, Any],
    link: str,
) -> DictRow:
    """Keep a receipt once; one that says 'paid' takes the place of one that does not. The row as it stands."""
    tx.execute(
        """insert into inbound_tax as t (dossier_code, tax_code, decision, paid_amount, paid_at, paid, their_state, payer,
               receipt_link, receipted_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           on conflict (dossier_code, tax_code, decision) do update set paid_amount = excluded.paid_amount,
               paid_at = excluded.paid_at, paid = excluded.paid, their_state = excluded.their_state, payer = excluded.payer,
               receipt_link = excluded.receipt_link, receipted_at = excluded.receipted_at
           where t.receipted_at is null or (excluded.paid and not t.paid)""",
        (*key, amount, paid_at, paid, their_state, Jsonb(dict(payer)), link, tx.now),
    )
    return _tax(tx, key)


def _tax(tx: PgTx, key: tuple[str, str, str]) -> DictRow:
    row = tx.fetch_one(
        """select amount, paid_amount, paid, noticed_at, receipted_at from inbound_tax
           where dossier_code = %s and tax_code = %s and decision = %s""",
        key,
    )
    assert row is not None  # noqa: S101 - written one line before, in this transaction
    return row


# ---- cursors, codes, set-up ----------------------------------------------------------------------------------------------


def cursor(tx: PgTx, feed: str) -> str:
    """How far a feed was read; empty: not at all."""
    row = tx.fetch_one("select cursor from inbound_cursor where feed = %s for update", (feed,))
    return "" if row is None else str(row["cursor"])


def move_cursor(tx: PgTx, feed: str, to: str) -> None:
    """Read up to here, in the commit of what was read."""
    tx.execute(
        """insert into inbound_cursor (feed, cursor, at) values (%s, %s, %s)
           on conflict (feed) do update set cursor = excluded.cursor, at = excluded.at""",
        (feed, to, tx.now),
    )


def spare_codes(tx: PgTx, pattern: str) -> int:
    """How many codes of a pattern nobody has yet."""
    row = tx.fetch_one(
        "select count(*) as n from inbound_code where pattern = %s and given_at is null", (pattern,)
    )
    return int(row["n"]) if row else 0


def keep_code(tx: PgTx, pattern: str, code: str) -> None:
    """A code that the case system gave and that nobody has yet."""
    tx.execute(
        "insert into inbound_code (code, pattern, at) values (%s, %s, %s) on conflict (code) do nothing",
        (code, pattern, tx.now),
    )


def take_code(tx: PgTx, pattern: str, given_to: str) -> str:
    """The oldest spare code of a pattern, from now on theirs; empty: there is none."""
    row = tx.fetch_one(
        """update inbound_code set given_at = %s, given_to = %s where code = (
               select code from inbound_code where pattern = %s and given_at is null order by at, code limit 1
               for update skip locked) returning code""",
        (tx.now, given_to, pattern),
    )
    return "" if row is None else str(row["code"])


def is_given(tx: PgTx, code: str, given_to: str) -> bool:
    """Whether we gave this code to this system."""
    return (
        tx.fetch_one(
            "select 1 as one from inbound_code where code = %s and given_to = %s and given_at is not null",
            (code, given_to),
        )
        is not None
    )


def setup(tx: PgTx) -> Mapping[str, Any]:
    """The set-up that counts; empty when nobody wrote one."""
    row = tx.fetch_one("select content from inbound_setup order by id desc limit 1")
    return {} if row is None else row["content"]


def keep_setup(tx: PgTx, content: Mapping[str, Any], by_whom: str) -> None:
    """A new set-up; the older ones stay to be looked up."""
    tx.execute(
        "insert into inbound_setup (content, at, by_whom) values (%s, %s, %s)",
        (Jsonb(dict(content)), tx.now, by_whom),
    )


def figures(tx: PgTx) -> list[DictRow]:
    """Per system: what waits, is parked, applied or ignored."""
    return tx.fetch(
        """select system, count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'parked') as parked,
               count(*) filter (where state = 'applied') as applied, count(*) filter (where state = 'ignored') as ignored
           from inbound_news group by system order by system"""
    )


def open_rows(tx: PgTx, limit: int = 200) -> list[DictRow]:
    """What waits or is parked, oldest first, without anything personal."""
    return tx.fetch(
        """select id, system, kind, dossier_code, state, why, lacks, tries, received_at, due_at from inbound_news
           where state in ('waiting', 'parked') order by id limit %s""",
        (limit,),
    )
