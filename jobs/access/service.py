"""Sign-in, sessions, keys of calling systems. Everything that changes state writes its audit row with it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from jobs.access import audit, passwords, tokens
from jobs.access.model import Actor, ActorKind, KeyHolder, Person, Right, Role, Scope, rights_of
from jobs.errors import NotAllowed
from jobs.store.postgres import access as rows
from jobs.store.postgres.store import PgStore
from jobs.store.postgres.tx import PgTx

SESSION_LASTS = timedelta(hours=12)
SESSION_IDLE = timedelta(hours=1)
THROTTLE_WINDOW = timedelta(minutes=15)
FAILURES_PER_LOGIN = 5
FAILURES_PER_ADDRESS = 50
VALID_KEYS_PER_CLIENT = 2
_TOUCH_EVERY = timedelta(minutes=1)


class Throttled(NotAllowed):
    """Too many failed sign-ins of this login or address; the same answer whether the login exists or not."""

    def __init__(self) -> None:
        super().__init__(
            "too-many-sign-ins",
            "Đăng nhập sai quá nhiều lần. Hãy thử lại sau 15 phút.",
            "Too many failed sign-ins. Try again in 15 minutes.",
        )


class Access:
    """People and keys of one installation."""

    def __init__(self, store: PgStore) -> None:
        self._store = store

    def sign_in(self, login: str, password: str, address: str) -> tuple[str, Person] | None:
        """A fresh session token and its person, or ``None`` when login or password is wrong.

        Raises:
            Throttled: too many failures before this one; the password was not looked at.
        """
        login = login.strip().lower()
        with self._store.transaction("sign-in-look") as tx:
            of_login, of_address = rows.failed_sign_ins(tx, login, address, tx.now - THROTTLE_WINDOW)
            account = rows.person_by_login(tx, login)
        if of_login >= FAILURES_PER_LOGIN or of_address >= FAILURES_PER_ADDRESS:
            raise Throttled
        good = passwords.verify(account["password_hash"] if account else None, password)
        with self._store.transaction("sign-in") as tx:
            rows.note_sign_in(tx, login[:80], address, succeeded=good)
            if not good or account is None:
                return None
            token = tokens.new_token()
            rows.open_session(tx, tokens.digest(token), account["id"], address=address, lasts=SESSION_LASTS)
            audit.record(tx, Actor(ActorKind.PERSON, login, address), "sign-in", f"person:{login}")
            person = Person(
                account["id"],
                login,
                account["name"],
                account["language"],
                rows.roles_at(tx, account["id"], tx.now),
            )
        return token, person

    def person(self, token: str) -> Person | None:
        """The person of a living session; roles are those in force now."""
        token_digest = tokens.digest(token)
        with self._store.transaction("session") as tx:
            row = rows.session(tx, token_digest, idle=SESSION_IDLE)
            if row is None:
                return None
            if tx.now - row["last_seen_at"] > _TOUCH_EVERY:
                rows.touch_session(tx, token_digest)
        roles = frozenset(Role(role) for role in row["roles"])
        return Person(row["id"], row["login"], row["name"], row["language"], roles)

    def sign_out(self, token: str, actor: Actor) -> None:
        """End a session; repeating is harmless."""
        with audit.acting(self._store, "sign-out", actor, "sign-out", str(actor)) as tx:
            rows.end_session(tx, tokens.digest(token))

    def set_language(self, person_id: int, language: str) -> None:
        """Keep the language a person chose; a preference, not an act."""
        with self._store.transaction("language") as tx:
            rows.set_language(tx, person_id, language)

    def add_person(
        self, login: str, name: str, password: str, roles: Iterable[Role], *, actor: Actor
    ) -> None:
        """Make an account, or renew its name, password and roles."""
        hashed = passwords.hash_password(password)
        with audit.acting(self._store, "add-person", actor, "add-person", f"person:{login}") as tx:
            person_id = rows.add_person(tx, login, name, hashed)
            wanted = frozenset(roles)
            for role in wanted:
                rows.grant_role(tx, person_id, role, str(actor))
            for role in rows.roles_at(tx, person_id, tx.now) - wanted:
                rows.end_role(tx, person_id, role)

    def issue_key(self, client_id: str, name: str, scopes: Iterable[Scope], *, actor: Actor) -> str:
        """A new key for a calling system, shown only here. Two are valid at a time, so that one can be replaced.

        Raises:
            NotAllowed: two keys are valid already.
        """
        key_id, secret, shown = tokens.new_api_key()
        with audit.acting(self._store, "issue-key", actor, "issue-key", f"key:{client_id}/{key_id}") as tx:
            rows.add_client(tx, client_id, name)
            if len(rows.valid_keys(tx, client_id)) >= VALID_KEYS_PER_CLIENT:
                raise NotAllowed(
                    "two-keys",
                    "Hệ thống này đang có hai khóa còn hiệu lực. Hãy thu hồi một khóa trước.",
                    "This system already holds two valid keys. Revoke one first.",
                )
            rows.add_key(
                tx, key_id, client_id, tokens.digest(secret), sorted(scope.value for scope in scopes)
            )
        return shown

    def revoke_key(self, key_id: str, *, actor: Actor) -> bool:
        """End a key at once."""
        with audit.acting(self._store, "revoke-key", actor, "revoke-key", f"key:{key_id}") as tx:
            return rows.revoke_key(tx, key_id)

    def key_holder(self, shown: str) -> KeyHolder | None:
        """Who holds this key, or ``None``: unknown, revoked and mistyped keys get the same answer."""
        parts = tokens.split_api_key(shown)
        if parts is None:
            return None
        with self._store.transaction("api-key") as tx:
            row = rows.key(tx, parts[0])
        if row is None or not tokens.same(bytes(row["secret_digest"]), tokens.digest(parts[1])):
            return None
        return KeyHolder(row["client_id"], row["id"], frozenset(Scope(scope) for scope in row["scopes"]))


def has_right_now(tx: PgTx, login: str, right: Right) -> bool:
    """Whether a person holds a right at this moment: asked again when money is about to leave (M7)."""
    account = rows.person_by_login(tx, login)
    if account is None:
        return False
    return right in rights_of(rows.roles_at(tx, account["id"], tx.now))
