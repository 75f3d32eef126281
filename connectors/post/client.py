"""The Post's messages behind one client, whichever of its doors is used. Speaks canonical types; threads may share it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.errors import AlreadyDone, ContractBroken, OutcomeUnknown, Rejected
from connectors.kit.effects import EffectClass
from connectors.kit.reading import VIETNAM, Unreadable, agreed, read_json
from connectors.kit.refusing import before_sending
from connectors.kit.seams import Clock
from connectors.kit.transport import Transport
from connectors.post import translate, wire
from connectors.post.places import Places, places
from connectors.post.settings import Settings
from connectors.post.translate import DocumentPush, Notice
from mappings.canonical.party import Place
from mappings.canonical.post import PostalOrder, PostPrice, TrackingEvent, TrackingPage
from mappings.errors import MappingError

SYSTEM = "post"
SEND, CANCEL, TRACK = "send_order", "cancel_order", "read_tracking"
PRICE, DOCUMENT, NOTICE = "ask_price", "push_document", "send_notice"


class Client:
    """Orders, prices, papers and the feed. What the façade does not offer is told by :meth:`offers`."""

    def __init__(self, settings: Settings, transport: Transport, *, clock: Clock) -> None:
        """Read the Post's table of places.

        Raises:
            ValueError, OSError: the table cannot be read.
        """
        self._settings, self._transport, self._clock = settings, transport, clock
        self._places: Places = places(settings.places_file)
        self.repeats_are_one = settings.repeats_are_one

    def offers(self, message: str) -> bool:
        """Whether this façade has the message."""
        return self._settings.route(message) is not None

    def send_order(self, order: PostalOrder, *, deadline_seconds: float | None = None) -> str:
        """Give an order; their Status.

        Raises:
            AlreadyDone: this very OrderNumber is there already: nothing more is to be done.
            Rejected: refused, or refused by us before anything left (code ``not-sent``).
            Unavailable: nothing was ordered.
            OutcomeUnknown: it may have been ordered; their feed, their list of the day or a person tells.
        """
        with before_sending(SYSTEM, SEND, order.number, MappingError):
            body = translate.order(order, self._settings, self._places, self._today())
        return self._write(SEND, body, self.class_of_orders, order.number, deadline_seconds)

    def cancel_order(self, number: str, *, deadline_seconds: float | None = None) -> str:
        """Cancel an order; the same number again changes nothing more.

        Raises:
            AlreadyDone, Rejected, Unavailable, OutcomeUnknown
        """
        facts = translate.named(number, self._settings)
        return self._write(CANCEL, facts, EffectClass.IDEMPOTENT, number, deadline_seconds)

    def push_document(self, facts: DocumentPush, *, deadline_seconds: float | None = None) -> str:
        """Tell the Post whose papers and result go by post.

        Raises:
            AlreadyDone, Rejected, Unavailable, OutcomeUnknown
        """
        with before_sending(SYSTEM, DOCUMENT, facts.number, MappingError):
            body = translate.document(facts, self._settings, self._places, self._today())
        return self._write(DOCUMENT, body, self.class_of_orders, facts.number, deadline_seconds)

    def send_notice(self, facts: Notice, *, deadline_seconds: float | None = None) -> str:
        """Tell the CLS service that a dossier waits.

        Raises:
            AlreadyDone, Rejected, Unavailable, OutcomeUnknown
        """
        with before_sending(SYSTEM, NOTICE, facts.dossier_code, MappingError):
            body = translate.notice(facts, self._settings)
        return self._write(NOTICE, body, EffectClass.EVIDENCE, facts.dossier_code, deadline_seconds)

    def ask_price(
        self, sender: Place, receiver: Place, weight_grams: int, *, deadline_seconds: float | None = None
    ) -> PostPrice:
        """What an order would cost, in whole đồng. Changes nothing.

        Raises:
            Rejected, Unavailable, ContractBroken
        """
        with before_sending(SYSTEM, PRICE, "", MappingError):
            body = translate.price_request(
                sender, receiver, weight_grams, self._settings, self._places, self._today()
            )
        value = self._sent(PRICE, body, EffectClass.READ, "", deadline_seconds)
        with agreed(SYSTEM, PRICE):
            return PostPrice(amount=wire.price(value), weight_grams=weight_grams)

    def read_tracking(self, cursor: str = "", *, deadline_seconds: float | None = None) -> TrackingPage:
        """The page of the customer's feed behind ``cursor`` (empty: from the beginning). Changes nothing.

        Lines come in the order of their ids. A page that does not go forward is refused: whoever reads on would
        never end. Read on while ``more``; keep ``cursor`` in the commit of the events.

        Raises:
            Unavailable, Rejected, ContractBroken
        """
        behind = cursor or wire.FIRST_CURSOR
        asked = {"pagesize": self._settings.page_size, "lastId": behind}
        value = self._sent(TRACK, asked, EffectClass.READ, "", deadline_seconds)
        events: list[TrackingEvent] = []
        unreadable: list[tuple[str, str]] = []
        with agreed(SYSTEM, TRACK):
            lines = wire.feed(value)
            last = behind
            for raw in lines:
                found = wire.line_id(raw)
                if found <= last:
                    raise Unreadable("_id", "the feed does not go forward")
                last = found
                try:
                    events.append(translate.event(wire.line(raw), self._settings))
                except Unreadable as exc:
                    unreadable.append((found, str(exc)))
        more = len(lines) >= self._settings.page_size
        return TrackingPage(events=tuple(events), cursor=last, more=more, unreadable=tuple(unreadable))

    @property
    def class_of_orders(self) -> EffectClass:
        """What may be done after a lost answer to an order."""
        return EffectClass.IDEMPOTENT if self.repeats_are_one else EffectClass.EVIDENCE

    def _write(
        self,
        message: str,
        body: Mapping[str, Any],
        effect_class: EffectClass,
        reference: str,
        deadline_seconds: float | None,
    ) -> str:
        value = self._sent(message, body, effect_class, reference, deadline_seconds)
        facts: dict[str, Any] = {"system": SYSTEM, "operation": message, "reference": reference}
        with agreed(SYSTEM, message, reference):
            status = wire.reply(value).status
        if status in self._settings.done_codes:
            return status
        if status in self._settings.already_codes:
            raise AlreadyDone("they have it already", code=status, **facts)
        if status in self._settings.refused_codes:
            raise Rejected("refused", code=status, **facts)
        # One known façade makes up Status 500 of its own exceptions: a code that was not agreed says nothing of the order.
        raise OutcomeUnknown(f"Status {status}: its meaning was not agreed", **facts)

    def _sent(
        self,
        message: str,
        body: Mapping[str, Any],
        effect_class: EffectClass,
        reference: str,
        deadline_seconds: float | None,
    ) -> Any:
        route = self._settings.route(message)
        if route is None:
            raise Rejected(
                f"the façade {self._settings.facade} has no such message",
                system=SYSTEM,
                operation=message,
                code="not-offered",
                reference=reference,
            )
        params = {"service": route.service} if route.service else {}
        if route.method == "GET":
            params |= {name: str(value) for name, value in body.items()}
        answer = self._transport.send(
            message,
            route.method,
            route.path,
            effect_class=effect_class,
            reference=reference,
            params=params,
            json=None if route.method == "GET" else body,
            deadline_seconds=deadline_seconds,
        )
        return read_json(answer.content, system=SYSTEM, operation=message, reference=reference)

    def _today(self) -> Any:
        return self._clock.now().astimezone(VIETNAM).date()


__all__ = ["CANCEL", "DOCUMENT", "NOTICE", "PRICE", "SEND", "SYSTEM", "TRACK", "Client", "ContractBroken"]
