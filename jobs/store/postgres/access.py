"""People, sessions, keys and repeat safety in PostgreSQL. Functions over an open transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from jobs.access.model import Role
from jobs.store.postgres.tx import PgTx


def add_person(tx: PgTx, login: str, name: str, password_hash: str) -> int:
    """A new account without roles; its id. The login is unique."""
    row = tx.fetch_one(
        """insert into person (login, name, password_hash, created_at) values (%s, %s, %s, %s)
           on conflict (login) do update set name = excluded.name, password_hash = excluded.password_hash,
               active = true
           returning id""",
        (login, name, password_hash, tx.now),
    )
    assert row is not None  # noqa: S101 - insert … returning always has a row
    return int(row["id"])


def grant_role(tx: PgTx, person_id: int, role: Role, granted_by: str) -> None:
    """Give a role from now on; nothing when it is held already."""
    tx.execute(
        """insert into person_role (person_id, role, valid_from, granted_by) values (%s, %s, %s, %s)
           on conflict (person_id, role) where valid_until is null do nothing""",
        (person_id, role.value, tx.now, granted_by),
    )


def end_role(tx: PgTx, person_id: int, role: Role) -> None:
    """Take a role away from now on; the past stays readable."""
    tx.execute(
        "update person_role set valid_until = %s where person_id = %s and role = %s and valid_until is null",
        (tx.now, person_id, role.value),
    )


def person_by_login(tx: PgTx, login: str) -> DictRow | None:
    """The active account with this login."""
    return tx.fetch_one("select * from person where login = %s and active", (login,))


def roles_at(tx: PgTx, person_id: int, at: datetime) -> frozenset[Role]:
    """Roles in force at a moment."""
    rows = tx.fetch(
        """select role from person_role
           where person_id = %s and valid_from <= %s and (valid_until is null or valid_until > %s)""",
        (person_id, at, at),
    )
    return frozenset(Role(row["role"]) for row in rows)


def open_session(tx: PgTx, token_digest: bytes, person_id: int, *, address: str, lasts: timedelta) -> None:
    """A signed-in session that ends by itself after ``lasts``."""
    tx.execute(
        """insert into session (token_digest, person_id, created_at, last_seen_at, expires_at, address)
           values (%s, %s, %s, %s, %s, %s)""",
        (token_digest, person_id, tx.now, tx.now, tx.now + lasts, address),
    )


def session(tx: PgTx, token_digest: bytes, *, idle: timedelta) -> DictRow | None:
    """The living session of a token with its person and roles in force, in one reading."""
    return tx.fetch_one(
        """select s.last_seen_at, p.id, p.login, p.name, p.language,
                  array(select r.role from person_role r where r.person_id = p.id and r.valid_from <= %(now)s
                        and (r.valid_until is null or r.valid_until > %(now)s)) as roles
           from session s join person p on p.id = s.person_id
           where s.token_digest = %(digest)s and s.ended_at is null and s.expires_at > %(now)s
             and s.last_seen_at > %(idle)s and p.active""",
        {"digest": token_digest, "now": tx.now, "idle": tx.now - idle},
    )


def touch_session(tx: PgTx, token_digest: bytes) -> None:
    """Note that the session is in use."""
    tx.execute("update session set last_seen_at = %s where token_digest = %s", (tx.now, token_digest))


def end_session(tx: PgTx, token_digest: bytes) -> None:
    """Sign out."""
    tx.execute(
        "update session set ended_at = %s where token_digest = %s and ended_at is null",
        (tx.now, token_digest),
    )


def note_sign_in(tx: PgTx, login: str, address: str, *, succeeded: bool) -> None:
    """One line per attempt; the throttle reads them."""
    tx.execute(
        "insert into sign_in (at, login, address, succeeded) values (%s, %s, %s, %s)",
        (tx.now, login, address, succeeded),
    )


def failed_sign_ins(tx: PgTx, login: str, address: str, since: datetime) -> tuple[int, int]:
    """Failures since a moment: of the login after its last success, and of the address."""
    row = tx.fetch_one(
        """select (select count(*) from sign_in where login = %(login)s and not succeeded and at > greatest(
                       %(since)s, coalesce((select max(at) from sign_in where login = %(login)s and succeeded),
                                           %(since)s))) as of_login,
                  (select count(*) from sign_in
                   where address = %(address)s and not succeeded and at > %(since)s) as of_address""",
        {"login": login, "address": address, "since": since},
    )
    assert row is not None  # noqa: S101 - an aggregate always has a row
    return int(row["of_login"]), int(row["of_address"])


def set_language(tx: PgTx, person_id: int, language: str) -> None:
    """The language of a person's pages."""
    tx.execute("update person set language = %s where id = %s", (language, person_id))


def add_client(tx: PgTx, client_id: str, name: str) -> None:
    """A calling system; nothing when it is known."""
    tx.execute(
        "insert into api_client (id, name, created_at) values (%s, %s, %s) on conflict (id) do nothing",
        (client_id, name, tx.now),
    )


def valid_keys(tx: PgTx, client_id: str) -> list[DictRow]:
    """Keys of a client that are valid now, oldest first; the client is locked until the commit."""
    tx.execute("select id from api_client where id = %s for update", (client_id,))
    return tx.fetch(
        """select id, scopes, created_at, expires_at from api_key
           where client_id = %s and revoked_at is null and (expires_at is null or expires_at > %s)
           order by created_at, id""",
        (client_id, tx.now),
    )


def add_key(tx: PgTx, key_id: str, client_id: str, secret_digest: bytes, scopes: list[str]) -> None:
    """Store the digest of a new key."""
    tx.execute(
        "insert into api_key (id, client_id, secret_digest, scopes, created_at) values (%s, %s, %s, %s, %s)",
        (key_id, client_id, secret_digest, scopes, tx.now),
    )


def revoke_key(tx: PgTx, key_id: str) -> bool:
    """End a key at once; ``False`` when there is no such valid key."""
    done = tx.execute(
        "update api_key set revoked_at = %s where id = %s and revoked_at is null", (tx.now, key_id)
    )
    return done.rowcount == 1


def key(tx: PgTx, key_id: str) -> DictRow | None:
    """A key that is valid now, with its client."""
    return tx.fetch_one(
        """select k.id, k.client_id, k.secret_digest, k.scopes from api_key k
           join api_client c on c.id = k.client_id
           where k.id = %s and k.revoked_at is null and c.active and (k.expires_at is null or k.expires_at > %s)""",
        (key_id, tx.now),
    )


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was answered to a request with this key."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Repeat:
    """An earlier request with the same key.

    Attributes:
        same: same route and body.
        answer: ``None`` while the first one is still running.
    """

    same: bool
    answer: StoredAnswer | None


def begin_request(
    tx: PgTx, client_id: str, key: str, route: str, body_digest: bytes, *, lease: timedelta
) -> Repeat | None:
    """Claim an idempotency key; ``None`` when this request is the one that runs.

    A request whose process died frees its key when the lease ends: the work behind it is itself safe to
    repeat by its business reference.
    """
    row = tx.fetch_one(
        """insert into idempotency (client_id, key, route, body_digest, lease_until, created_at)
           values (%(client)s, %(key)s, %(route)s, %(body)s, %(lease)s, %(now)s)
           on conflict (client_id, key) do update set lease_until = excluded.lease_until
               where idempotency.status is null and idempotency.lease_until <= %(now)s
                 and idempotency.route = excluded.route and idempotency.body_digest = excluded.body_digest
           returning key""",
        {
            "client": client_id,
            "key": key,
            "route": route,
            "body": body_digest,
            "lease": tx.now + lease,
            "now": tx.now,
        },
    )
    if row is not None:
        return None
    earlier = tx.fetch_one("select * from idempotency where client_id = %s and key = %s", (client_id, key))
    assert earlier is not None  # noqa: S101 - it was in the way of the insert
    same = earlier["route"] == route and bytes(earlier["body_digest"]) == body_digest
    if earlier["status"] is None:
        return Repeat(same, None)
    return Repeat(same, StoredAnswer(earlier["status"], earlier["headers"], bytes(earlier["body"])))


def finish_request(
    tx: PgTx, client_id: str, key: str, answer: StoredAnswer, *, keep_until: datetime | None
) -> None:
    """Keep the answer; ``None`` keeps it for ever (money)."""
    tx.execute(
        """update idempotency set status = %s, headers = %s, body = %s, keep_until = %s
           where client_id = %s and key = %s""",
        (answer.status, Jsonb(answer.headers), answer.body, keep_until, client_id, key),
    )


def forget_request(tx: PgTx, client_id: str, key: str) -> None:
    """Free the key of a request that changed nothing, so that the caller may try again."""
    tx.execute(
        "delete from idempotency where client_id = %s and key = %s and status is null", (client_id, key)
    )


def use_action_key(tx: PgTx, key_digest: bytes, person_id: int, action: str) -> tuple[bool, str | None]:
    """Use a form's one-time key: whether it was fresh, and where the first press had led."""
    done = tx.execute(
        """insert into action_key (key_digest, person_id, action, at) values (%s, %s, %s, %s)
           on conflict (key_digest) do nothing""",
        (key_digest, person_id, action, tx.now),
    )
    if done.rowcount == 1:
        return True, None
    row = tx.fetch_one("select location from action_key where key_digest = %s", (key_digest,))
    return False, row["location"] if row else None


def set_action_location(tx: PgTx, key_digest: bytes, location: str) -> None:
    """Where a repeat of the same press is sent."""
    tx.execute("update action_key set location = %s where key_digest = %s", (location, key_digest))


def drop_action_key(tx: PgTx, key_digest: bytes) -> None:
    """Free the key of an action that was refused and changed nothing."""
    tx.execute("delete from action_key where key_digest = %s", (key_digest,))


def keep_forged(tx: PgTx, source: str, reason: str, address: str, raw: bytes, *, sample: int) -> None:
    """Keep what could not be verified, the newest ``sample`` per source."""
    tx.execute(
        "insert into forged (at, source, reason, address, raw) values (%s, %s, %s, %s, %s)",
        (tx.now, source, reason, address, raw),
    )
    tx.execute(
        """delete from forged where source = %s and id <= (
               select id from forged where source = %s order by id desc offset %s limit 1)""",
        (source, source, sample),
    )


def sweep(tx: PgTx) -> dict[str, Any]:
    """Forget stored answers and form keys whose time is over. Safe to repeat."""
    answers = tx.execute("delete from idempotency where keep_until < %s", (tx.now,)).rowcount
    forms = tx.execute("delete from action_key where at < %s", (tx.now - timedelta(days=7),)).rowcount
    return {"answers": answers, "forms": forms}
