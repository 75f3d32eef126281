"""What the edge asks of the installation that it is the edge of. ``jobs.runtime`` provides it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from connectors.kit.seams import Clock, Ids
from jobs.access.service import Access
from jobs.files.links import Links
from jobs.inbound.service import Inbound
from jobs.store.postgres.store import PgStore
from mappings.canonical.payment import PaymentNews


class Forged(Exception):
    """A message that is not from who it says."""


@dataclass(frozen=True, slots=True)
class VnpayDoor:
    """The gateway's side of the webhook.

    Attributes:
        verify: raw query string → news, or one of ``forged``.
        forged: exceptions that mean: not from them. Anything else raised means: signed, but not readable.
    """

    verify: Callable[[bytes], PaymentNews]
    forged: tuple[type[BaseException], ...] = (Forged,)


@dataclass(frozen=True, slots=True)
class PlatformDoor:
    """The payment platform's side of its callback.

    Attributes:
        verify: raw body → news, or one of ``forged``.
        answer: (news or ``None``, code, sentence) → the signed answer's body.
    """

    verify: Callable[[bytes], PaymentNews]
    answer: Callable[[PaymentNews | None, str, str], bytes]
    forged: tuple[type[BaseException], ...] = (Forged,)


class NoticeAnswer(StrEnum):
    """What a gateway that posts its notices is to be told."""

    TAKEN = "taken"
    KNOWN = "known"  # the payment was known to be paid before
    FORGED = "forged"
    AGAIN = "again"  # nothing is known to be stored, or it could not be read


@dataclass(frozen=True, slots=True)
class NoticeDoor:
    """A gateway's side of a door that takes posted bodies.

    Attributes:
        source: the gateway's name, under which the inbox keeps its messages. A constant of ours.
        path: of the door.
        verify: raw body → news, or one of ``forged``.
        answer: what is to be told → HTTP status and body, in the gateway's own form.
        forged: exceptions that mean: not from them. Anything else raised means: signed, but not readable.
        most_bytes: of a body.
    """

    source: str
    path: str
    verify: Callable[[bytes], PaymentNews]
    answer: Callable[[NoticeAnswer], tuple[int, bytes]]
    forged: tuple[type[BaseException], ...] = (Forged,)
    most_bytes: int = 65_536


class Readiness(Protocol):
    """Checks of ``/readyz``: name → ``None`` when good, else a sentence."""

    def __call__(self) -> dict[str, str | None]: ...


@dataclass(frozen=True, slots=True)
class Edge:
    """Everything that the endpoints use.

    Attributes:
        dsn: of the database, for the one route that speaks asyncpg (decision 7).
        wake: told queues to wake; must not block.
        notices: doors of the other gateways.
        payments, refunds, reconciliation, effects: the services behind the doors.
        inbound, doors: what other systems send about dossiers (``adapters.webhooks.dossiers``).
        signatures, hints: signing sessions, and where signature CAs push news of them (``adapters.webhooks.signing``).
        evidence: bodies of exchanges; ``None``: they are not part of this installation.
        links: of files that other systems pull; ``None``: nobody may.
        sandbox: every outside system is a stand-in; shown on every page.
        public_url: how browsers reach us; decides whether cookies are ``Secure``.
    """

    dsn: str
    store: PgStore
    clock: Clock
    ids: Ids
    access: Access
    wake: Callable[[set[str]], None]
    vnpay: VnpayDoor | None = None
    platform: PlatformDoor | None = None
    notices: tuple[NoticeDoor, ...] = ()
    payments: Any = None
    refunds: Any = None
    reconciliation: Any = None
    effects: Any = None
    links: Links | None = None
    evidence: Any = None
    inbound: Inbound | None = None
    doors: Sequence[Any] = ()
    signatures: Any = None
    hints: Sequence[Any] = ()
    ready: Readiness | None = None
    sandbox: bool = False
    public_url: str = "http://127.0.0.1:8080"
    extras: dict[str, Any] = field(default_factory=dict)
