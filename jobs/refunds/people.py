"""Who may do what at this moment: out of the accounts of the installation, or a fixed list for plays and tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, cast

from jobs.access.model import Role, rights_of
from jobs.refunds.ports import Standing

if TYPE_CHECKING:
    from jobs.store.ports import Tx
    from jobs.store.postgres.tx import PgTx


class Accounts:
    """People with an account and their roles in force at the transaction's time (M7)."""

    def standing(self, tx: Tx, logins: Iterable[str]) -> Mapping[str, Standing]:
        """See :class:`jobs.refunds.ports.People`."""
        rows = cast("PgTx", tx).fetch(
            """select p.login, p.name, array(
                   select r.role from person_role r where r.person_id = p.id and r.valid_from <= %(now)s
                   and (r.valid_until is null or r.valid_until > %(now)s)) as roles
               from person p where p.login = any(%(logins)s) and p.active""",
            {"logins": list(logins), "now": tx.now},
        )
        return {
            row["login"]: Standing(row["name"], rights_of(frozenset(Role(role) for role in row["roles"])))
            for row in rows
        }


class Fixed:
    """The same people all the time."""

    def __init__(self, roles: Mapping[str, Role], names: Mapping[str, str] | None = None) -> None:
        self.people = {
            login: Standing((names or {}).get(login, login), rights_of(frozenset({role})))
            for login, role in roles.items()
        }

    def standing(self, tx: Tx, logins: Iterable[str]) -> Mapping[str, Standing]:  # noqa: ARG002 - the port's shape
        """See :class:`jobs.refunds.ports.People`."""
        return {login: self.people[login] for login in logins if login in self.people}
