"""What refunds ask of their rows, of people and of the audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from jobs.access.model import Actor, Right
from jobs.refunds.model import Line, Mandate, Refund, Signature, Switch
from jobs.refunds.policy import Policy

if TYPE_CHECKING:
    from jobs.store.ports import Tx


class RefundRows(Protocol):
    """Refunds inside one transaction. Both stores refuse what the database's constraints refuse.

    Every writing method raises ``NotAllowed`` with the constraint's name as reason; the transaction is then lost.
    Lock dossiers, then payments, then refunds.
    """

    def add(self, refund: Refund, lines: Sequence[Line]) -> Refund | None:
        """A new refund (its ``id`` is ignored) of a locked payment; ``None`` when its key is taken."""
        ...

    def save(self, refunds: Sequence[Refund]) -> None:
        """Write what may change, in the order given: a refund that takes two steps stands there twice."""
        ...

    def by_reference(self, references: Iterable[str], *, lock: bool = False) -> dict[str, Refund]: ...
    def by_key(self, key: str) -> Refund | None: ...
    def by_effect(self, keys: Iterable[str]) -> dict[str, list[Refund]]:
        """Refunds by the key of their effect, locked, in order of id."""
        ...

    def of_payment(self, attempt_id: int) -> list[Refund]:
        """All refunds of a payment, oldest first."""
        ...

    def lines(self, refund_ids: Iterable[int]) -> dict[int, tuple[Line, ...]]: ...

    def sign(self, refund: Refund, signature: Signature) -> None: ...
    def signatures(self, refund_ids: Iterable[int]) -> dict[int, list[Signature]]:
        """In the order in which they were given."""
        ...

    def due(self, now: datetime, most: int) -> list[Refund]:
        """Refunds whose look-up is due, oldest first, locked; those that somebody else holds are left out."""
        ...

    def ready_transfers(self, most: int) -> list[Refund]:
        """Approved transfers that no order file carries yet, locked, in order of id."""
        ...

    def waiting(self, waiting_for: str, most: int) -> list[Refund]:
        """Reserved refunds that wait for this, locked, in order of id."""
        ...

    def on_their_way(self) -> list[Refund]:
        """Refunds with an effect that has not ended, locked: what an older backup may know too little about."""
        ...

    def unknown(self, channel: str) -> int:
        """How many refunds of a channel (see :attr:`Refund.channel`) have an unknown outcome."""
        ...

    def remitted(self, unit: str, item: str, since: date, until: date) -> bool:
        """Whether fees of this unit and item were handed over to the budget in these days."""
        ...

    def policies(self) -> Sequence[Policy]: ...
    def mandates(self, day: date) -> list[Mandate]:
        """Mandates with limits that are in force on a day."""
        ...

    def mandate(self, number: str) -> Mandate | None: ...
    def put_mandate(self, mandate: Mandate) -> None:
        """A new mandate, or its second signature or revocation."""
        ...

    def spent_by(self, approved_by: str, day: date) -> int:
        """What went by a mandate on a local day, đồng."""
        ...

    def switch(self, channel: str, *, lock: bool = False) -> Switch: ...
    def put_switch(self, switch: Switch) -> None: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """A person now: name and rights in force."""

    name: str
    rights: frozenset[Right]


class People(Protocol):
    """Who may do what at this moment."""

    def standing(self, tx: Tx, logins: Iterable[str]) -> Mapping[str, Standing]:
        """Active people among ``logins``; who is missing has no right."""
        ...


class Audit(Protocol):
    """Writes an audit row into the transaction of the act (``jobs.access.audit.record``)."""

    def __call__(
        self,
        tx: Any,
        actor: Actor,
        action: str,
        subject: str,
        *,
        dossier_code: str | None = None,
        reason: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> None: ...
