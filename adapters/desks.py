"""What pages and the API ask of the services behind them. Acts take the actor and write the audit row with the act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from jobs.access.model import Actor
from mappings.canonical.statement import Trouble


class PaymentDesk(Protocol):
    """Opens payment attempts."""

    def open(
        self,
        *,
        dossier_code: str,
        channel: str,
        amount: int,
        payer_address: str,
        language: str,
        key: str,
        actor: Actor,
    ) -> str:
        """The attempt's reference; the same ``key`` gives the same attempt.

        Raises:
            NotFound: no such dossier, or nothing of it is open.
            NotAllowed: ``amount`` is not what is due (``changed``), or the fee is paid or unresolved.
        """
        ...


class RefundDesk(Protocol):
    """Refunds by people."""

    def propose(
        self,
        *,
        payment_reference: str,
        amount: int,
        expected_remaining: int,
        cause: str,
        reason: str,
        key: str,
        actor: Actor,
    ) -> str:
        """The refund's reference; the same ``key`` gives the same refund."""
        ...

    def approve(self, reference: str, *, amount: int, actor: Actor) -> None:
        """Approve what was shown: another ``amount`` than the stored one is refused."""
        ...

    def decline(self, reference: str, *, reason: str, actor: Actor) -> None: ...


class EffectDesk(Protocol):
    """Effects by people."""

    def ask(self, effect_id: int, *, reason: str, actor: Actor) -> None: ...
    def retry(self, effect_id: int, *, reason: str, actor: Actor) -> None: ...
    def release(self, effect_id: int, *, reason: str, actor: Actor) -> None: ...


@dataclass(frozen=True, slots=True)
class Understood:
    """What was read of a file before it is loaded.

    Attributes:
        facts: per statement: account, from, to, lines, opening, closing, difference.
    """

    format: str
    loadable: bool
    facts: Sequence[dict[str, Any]]
    troubles: Sequence[Trouble]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a loaded file."""

    id: str
    format: str
    loaded: bool
    repeated: bool
    lines: int
    troubles: Sequence[Trouble]


@dataclass(frozen=True, slots=True)
class FileOfDay:
    """A loaded file that speaks of a day."""

    name: str
    account: str
    at: datetime
    lines: int
    matched: int


@dataclass(frozen=True, slots=True)
class Closing:
    """The closing of one account and day; ``state`` is ``open`` or ``closed``."""

    account: str
    state: str
    proposed_by: str | None = None
    confirmed_by: str | None = None


class ReconciliationDesk(Protocol):
    """Files, breaks and closing by people."""

    def preview(self, name: str, raw: bytes, profile: str) -> Understood: ...
    def load(self, name: str, raw: bytes, profile: str, *, actor: Actor) -> Loaded: ...
    def profiles(self) -> Sequence[str]: ...
    def files(self, day: date) -> Sequence[FileOfDay]: ...
    def closings(self, day: date) -> Sequence[Closing]: ...
    def propose_close(self, account: str, day: date, *, reason: str, actor: Actor) -> None: ...
    def confirm_close(self, account: str, day: date, *, reason: str, actor: Actor) -> None: ...
    def explain(self, case_id: int, *, reason: str, actor: Actor) -> None: ...
