"""The desk of a system in two versions: who may switch, what was said, what differs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors import registry
from connectors.kit.switching import Says
from jobs.access import audit
from jobs.access.model import Actor, ActorKind, Right
from jobs.errors import BadInput, NotAllowed
from jobs.refunds.people import Accounts
from jobs.store.postgres import switching as rows

if TYPE_CHECKING:
    from jobs.refunds.ports import People
    from jobs.store.postgres.store import PgStore

RIGHT = Right.ACCEPT_MAPPING
"""Administrators: who puts into force how two systems understand each other also says which of two is spoken to."""
_PATTERN = re.compile(r"[A-Za-z0-9._*?-]{0,100}")
_LATEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a person wants.

    Attributes:
        operation, agency: empty: all of them. ``agency`` is a pattern of codes with ``*`` and ``?``.
        since: ``None``: from now on.
    """

    system: str
    says: Says
    operation: str = ""
    agency: str = ""
    since: datetime | None = None


class SwitchDesk:
    """One per process; keeps nothing but its store."""

    def __init__(self, store: PgStore, *, people: People | None = None) -> None:
        """``people``: who has which right at a moment; the installation's accounts where ``None``."""
        self._store, self._people = store, people or Accounts()

    def say(self, wanted: Sentence, *, reason: str, actor: Actor) -> int:
        """Put a sentence into force; its number. Going back is another sentence. Nothing that was sent moves.

        Raises:
            BadInput: no such system or operation, a pattern or day that cannot be meant, no reason.
            NotAllowed: ``no-right``.
        """
        _check(wanted, reason)
        with self._store.transaction("switch-say") as tx:
            me = self._people.standing(tx, [actor.name]).get(actor.name)
            if actor.kind is not ActorKind.PERSON or me is None or RIGHT not in me.rights:
                raise NotAllowed("no-right", "Bạn không có quyền làm việc này.", "You may not do this.")
            since = max(wanted.since or tx.now, tx.now)
            if since > tx.now + _LATEST:
                raise _day_refused()
            number = rows.say(
                tx, wanted.system, wanted.operation, wanted.agency, wanted.says.value, since,
                reason=reason, by=str(actor),
            )  # fmt: skip
            facts = {
                "operation": wanted.operation,
                "agency": wanted.agency,
                "says": wanted.says.value,
                "since": since.isoformat(),
                "number": number,
            }
            audit.record(
                tx, actor, "switch-connector", f"connector:{wanted.system}", reason=reason, facts=facts
            )
            return number

    def said(self, system: str) -> list[Mapping[str, Any]]:
        """Everything that was said, in the order in which it was said."""
        with self._store.transaction("switch-said") as tx:
            return list(rows.said(tx, system))

    def doubtful(self, system: str) -> Mapping[str, int]:
        """Version → writes whose outcome is not known: they stay there whatever is switched."""
        with self._store.transaction("switch-doubtful") as tx:
            return rows.doubtful(tx, system)

    def differences(self, system: str, *, operation: str = "") -> list[Mapping[str, Any]]:
        """Fields that the versions tell differently, the most frequent first."""
        with self._store.transaction("switch-differences") as tx:
            return list(rows.differences(tx, system, operation=operation))

    def totals(self, system: str) -> list[Mapping[str, Any]]:
        """How often was compared, by operation and result."""
        with self._store.transaction("switch-totals") as tx:
            return list(rows.totals(tx, system))


def _check(wanted: Sentence, reason: str) -> None:
    if not 3 <= len(reason.strip()) <= 500:
        raise BadInput(
            "reason", "reason", "Hãy ghi lý do (3 đến 500 ký tự).", "Give a reason (3 to 500 characters)."
        )
    if wanted.system not in registry.SIDE_BY_SIDE:
        raise BadInput(
            "system", "system", "Hệ thống này không có hai bản.", "This system is not there in two versions."
        )
    sides = registry.sides(wanted.system)
    comparing = wanted.says in (Says.SHADOW, Says.ALONE)
    there = sides.SHADOWABLE if comparing else sides.READS | sides.WRITES
    if wanted.operation and wanted.operation not in there:
        known = ", ".join(sorted(there))
        raise BadInput(
            "operation",
            "operation",
            f"Không có thao tác này. Có: {known}.",
            f"There is no such operation. There are: {known}.",
        )
    if not _PATTERN.fullmatch(wanted.agency):
        raise BadInput("agency", "agency", "Mã cơ quan không đúng.", "This is no pattern of agency codes.")
    if wanted.since is not None and wanted.since.utcoffset() is None:
        raise _day_refused()


def _day_refused() -> BadInput:
    return BadInput("day", "since", "Ngày hiệu lực không hợp lý.", "This day cannot be meant.")


__all__ = ["RIGHT", "Sentence", "SwitchDesk"]
