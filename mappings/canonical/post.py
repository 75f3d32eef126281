"""Orders at the public post, their tracking, prices and the counters of the scheme. Amounts are whole đồng."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from mappings.canonical.party import Place

LONGEST_NUMBER = 50
_VIETNAM = timezone(timedelta(hours=7))
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_NUMBER = re.compile(r"(?P<code>[A-Za-z0-9][A-Za-z0-9._/-]*)-(?P<letter>[CR])(?P<attempt>[1-9][0-9]{0,2})")

_HASHED = re.compile(r"LT[A-Z2-7]{26}")


class PostDirection(StrEnum):
    """Which way the papers go."""

    COLLECT = "collect"  # from the citizen to the agency
    RETURN = "return"  # from the agency to the citizen


_LETTERS = {PostDirection.COLLECT: "C", PostDirection.RETURN: "R"}


class PostState(StrEnum):
    """Where an order stands. ``PENDING``: their code is in no table; it is shown and decides nothing."""

    REGISTERED = "registered"
    COLLECTING = "collecting"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class PostParty:
    """Sender or receiver. Personal throughout.

    Attributes:
        place: codes of the statistics office; the Post's own codes are made of them where the order leaves.
        note: for the postman.
    """

    name: str
    phone: str
    place: Place
    email: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class PostalOrder:
    """One order to collect papers or to bring a result.

    Attributes:
        number: ours, from :func:`order_number`; the same cause always has the same one.
        cod_amount: cash that the Post collects on delivery, whole đồng; 0: none.
        item_code: waybill from a pool that was agreed; empty: the Post gives one.
    """

    number: str
    dossier_code: str
    direction: PostDirection
    attempt: int
    sender: PostParty
    receiver: PostParty
    content: str
    cod_amount: int = 0
    item_code: str = ""

    def __post_init__(self) -> None:
        """Refuse an order that does not bear its own number, and an amount that is none.

        Raises:
            ValueError
        """
        plain = order_number(self.dossier_code, self.direction, self.attempt, longest=10_000)
        if self.number not in (plain, _hashed(self.dossier_code) + _tail(self.direction, self.attempt)):
            raise ValueError("the number is not the one of this dossier, direction and attempt")
        if self.cod_amount < 0:
            raise ValueError("cod_amount is below zero")


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """One line of the Post's feed.

    Attributes:
        id: theirs; the cursor of the feed.
        status: their code as received; ``state`` its meaning on the day of ``at``.
        post_point: POSID, empty when not told.
    """

    id: str
    order_number: str
    item_code: str
    status: str
    state: PostState
    at: datetime
    message: str = ""
    note: str = ""
    post_point: str = ""


@dataclass(frozen=True, slots=True)
class TrackingPage:
    """A page of the feed.

    Attributes:
        cursor: to be kept with the commit of the events; the next page begins behind it.
        unreadable: id and reason of lines that could not be read; they stop nobody else, and a person sees them.
    """

    events: tuple[TrackingEvent, ...]
    cursor: str
    more: bool
    unreadable: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PostPrice:
    """What the Post asks for one order; whole đồng. ``weight_grams``: as asked."""

    amount: int
    weight_grams: int


@dataclass(frozen=True, slots=True)
class CashOnDelivery:
    """Cash of an order as the ledger has to know it.

    Attributes:
        amount: whole đồng.
        collected: the feed says that the order was delivered: from ``collected_at`` on the Post owes it. Whether it
            was paid out tells only the Post's settlement or the bank's statement.
    """

    order_number: str
    dossier_code: str
    amount: int
    currency: str = "VND"
    collected: bool = False
    collected_at: datetime | None = None


class PointActKind(StrEnum):
    """What a post point did for a dossier under the scheme."""

    RECEIVED = "received"
    DIGITISED = "digitised"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class PointAct:
    """One act of a post point (bưu cục)."""

    kind: PointActKind
    post_point: str
    dossier_code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PostCounters:
    """Dossiers of one post point in one period; every dossier counts once per column."""

    post_point: str
    first_day: date
    last_day: date
    received: int
    digitised: int
    returned: int


def order_number(
    dossier_code: str, direction: PostDirection, attempt: int, *, longest: int = LONGEST_NUMBER
) -> str:
    """OrderNumber of an order: the same facts always give the same one, so that a repeat is no second parcel.

    ``H21.15-261123-0001`` to be collected, first attempt: ``H21.15-261123-0001-C1``. A code that would not fit is
    replaced by 26 characters of its hash behind ``LT``.

    Raises:
        ValueError: a code with signs that the Post may not take, or an attempt that is none.
    """
    if not _CODE.fullmatch(dossier_code):
        raise ValueError("the dossier code holds signs that no order number may have")
    if not 1 <= attempt <= 999:
        raise ValueError("attempts are 1 to 999")
    tail = _tail(direction, attempt)
    return (dossier_code if len(dossier_code) + len(tail) <= longest else _hashed(dossier_code)) + tail


def _tail(direction: PostDirection, attempt: int) -> str:
    return f"-{_LETTERS[direction]}{attempt}"


def _hashed(dossier_code: str) -> str:
    return "LT" + base64.b32encode(hashlib.sha256(dossier_code.encode()).digest()).decode()[:26]


def of_number(number: str) -> tuple[str, PostDirection, int] | None:
    """Dossier code, direction and attempt of an order number; ``None`` when it is not of our making.

    Of a code that did not fit only its hash is known (``None`` too): such orders are found by the stored number.
    """
    found = _NUMBER.fullmatch(number)
    if found is None or _HASHED.fullmatch(found["code"]):
        return None
    direction = next(each for each, letter in _LETTERS.items() if letter == found["letter"])
    return found["code"], direction, int(found["attempt"])


def cash_on_delivery(order: PostalOrder, delivered: TrackingEvent | None = None) -> CashOnDelivery:
    """The cash of ``order`` before or after it was delivered.

    Raises:
        ValueError: ``delivered`` is another order's line.
    """
    if delivered is not None and delivered.order_number != order.number:
        raise ValueError("the line is about another order")
    is_there = delivered is not None and delivered.state is PostState.DELIVERED
    return CashOnDelivery(
        order_number=order.number,
        dossier_code=order.dossier_code,
        amount=order.cod_amount,
        collected=is_there,
        collected_at=delivered.at if delivered is not None and is_there else None,
    )


def act_of(event: TrackingEvent, dossier_code: str, direction: PostDirection) -> PointAct | None:
    """What a tracking line says of the scheme: papers brought to the agency, or a result brought to the citizen."""
    if event.state is not PostState.DELIVERED or not event.post_point:
        return None
    kind = PointActKind.RECEIVED if direction is PostDirection.COLLECT else PointActKind.RETURNED
    return PointAct(kind, event.post_point, dossier_code, event.at)


def counted(acts: Iterable[PointAct], first_day: date, last_day: date) -> tuple[PostCounters, ...]:
    """Counters per post point, in the order of their codes. Days are days of Việt Nam, both ends counted."""
    seen: dict[str, dict[PointActKind, set[str]]] = defaultdict(lambda: defaultdict(set))
    for act in acts:
        if first_day <= act.at.astimezone(_VIETNAM).date() <= last_day:
            seen[act.post_point][act.kind].add(act.dossier_code)
    return tuple(
        PostCounters(
            post_point=point,
            first_day=first_day,
            last_day=last_day,
            received=len(kinds[PointActKind.RECEIVED]),
            digitised=len(kinds[PointActKind.DIGITISED]),
            returned=len(kinds[PointActKind.RETURNED]),
        )
        for point, kinds in sorted(seen.items())
    )
