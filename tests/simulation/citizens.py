"""Citizens: they file, ask for a payment page, pay or do not, and their provider tells us — or fails to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connectors.errors import Forged
from connectors.vnpay.notifications import verified
from jobs.errors import CommitUnknown, NotAllowed, NotFound, StoreUnavailable
from mappings.canonical.payment import PaymentNews
from tests.integration.bad_input import messages
from tests.simulation.faults import NOTICES, Crash
from tests.simulation.operations import payment_news
from tests.simulation.world import Line, Money, Provider
from tests.support.checker import Client

if TYPE_CHECKING:
    from tests.simulation.history import History

REPEATS = 10
AGAIN = timedelta(minutes=5)
_ENDINGS = {
    "vnpay": (
        ("paid", 80),
        ("failed", 6),
        ("abandoned", 5),
        ("late", 3),
        ("reversed", 2),
        ("suspect", 2),
        ("twice", 2),
    ),
    "payment_platform": (("paid", 84), ("failed", 6), ("abandoned", 8), ("late", 2)),
}


@dataclass(slots=True)
class Citizen:
    """One person with one dossier. ``owes`` is what the dossier asks in all."""

    number: int
    code: str
    owes: int
    channel: str
    attempt: int = 1
    tries: int = 0
    paid: bool = False

    @property
    def key(self) -> str:
        return f"{self.code}/{self.attempt}"


class Citizens:
    """All of a history."""

    def __init__(self, history: History) -> None:
        self.h = history
        self.references: dict[str, Citizen] = {}
        self._told: dict[str, str] = {}
        self.taken_over: list[str] = []

    def told(self) -> Client:
        """What they were answered, by the key under which the store keeps it."""
        return Client({f"key:portal:{key}": answer for key, answer in self._told.items()}, self.taken_over)

    def come(self, until: datetime) -> None:
        """One after the other until then."""
        start = self.h.clock.now()
        step = (until - start) / max(self.h.size, 1)
        for number in range(self.h.size):
            self.h.at(start + step * number, lambda number=number: self._file(number))  # type: ignore[misc]

    def _file(self, number: int) -> None:
        chance, now = self.h.chance, self.h.clock.now()
        lines = [
            Line(f"L{place}", "Phí thẩm định" if place else "Lệ phí", "phí" if place else "lệ phí", 10_000 * (1 + int(chance.random() * 40)))
            for place in range(1 + int(chance.random() * 3))
        ]  # fmt: skip
        code = f"H21.1-26-{number:06d}"
        self.h.world.cases.file(code, lines, now)
        channel = "vnpay" if chance.random() < 0.75 else "payment_platform"
        citizen = Citizen(number, code, sum(line.amount for line in lines), channel)
        self.h.at(timedelta(minutes=6 + chance.random() * 10), lambda: self.ask_for_page(citizen))

    def ask_for_page(self, citizen: Citizen) -> None:
        """``POST /payments``; whatever is answered, the citizen comes again with the same key."""
        citizen.tries += 1
        if citizen.tries > 30 or citizen.paid:
            return
        early = self._pays_before_we_know(citizen)
        answered = "?"
        try:
            answered = self.h.house.open(
                dossier_code=citizen.code, channel=citizen.channel, amount=citizen.owes, key=citizen.key
            )
        except (NotAllowed, NotFound):
            answered = ""
        except (StoreUnavailable, CommitUnknown):
            pass
        except Crash:
            self.h.crash()
        finally:
            self.h.parts.ids.withdraw()
        self._told[citizen.key] = answered
        self.h.note("open", citizen.code, answered)
        if answered in ("", "?"):
            self.h.at(timedelta(minutes=5), lambda: self.ask_for_page(citizen))
            return
        self.references[answered] = citizen
        if early == answered:
            return
        self.h.at(
            timedelta(seconds=20 + self.h.chance.random() * 300), lambda: self._at_the_page(citizen, answered)
        )

    def _pays_before_we_know(self, citizen: Citizen) -> str:
        """The notification overtakes our own commit: the reference left us before it was stored."""
        if citizen.channel != "vnpay" or self.h.faults.strike(("notice_before_the_order",), 0.2) is None:
            return ""
        reference = self.h.parts.ids.promise()
        money = self.h.world.gateway.take(reference, citizen.owes, "paid", self.h.clock.now())
        citizen.paid = True
        self._tell(self.h.world.gateway, money, REPEATS)
        return reference

    def _at_the_page(self, citizen: Citizen, reference: str) -> None:
        provider = self.h.world.provider(citizen.channel)
        if citizen.channel == "payment_platform":
            with_page = self._has_page(reference)
            if not with_page:
                citizen.tries += 1
                if citizen.tries < 20:
                    self.h.at(timedelta(minutes=3), lambda: self._at_the_page(citizen, reference))
                return
        ending = self._ending(citizen.channel)
        self.h.note("pays", reference, ending)
        match ending:
            case "abandoned":
                self._perhaps_again(citizen)
            case "failed":
                self._pay(provider, citizen, reference, "failed")
                self._perhaps_again(citizen)
            case "late":
                self.h.at(timedelta(minutes=40), lambda: self._pay(provider, citizen, reference, "paid"))
            case "twice":
                self.h.at(timedelta(minutes=90), lambda: self._pay(provider, citizen, reference, "paid"))
                self._perhaps_again(citizen, surely=True)
            case _:
                self._pay(provider, citizen, reference, ending)

    def _has_page(self, reference: str) -> bool:
        rows = self.h.store._tables["payment_attempt"].by("reference", reference)
        return bool(rows and rows[0].payment_url)

    def _ending(self, channel: str) -> str:
        draw = self.h.chance.random() * 100
        for name, weight in _ENDINGS[channel]:
            draw -= weight
            if draw < 0:
                return name
        return "paid"

    def _perhaps_again(self, citizen: Citizen, *, surely: bool = False) -> None:
        if citizen.attempt < 3 and (surely or self.h.chance.random() < 0.6):
            citizen.attempt += 1
            citizen.tries = 0
            self.h.at(timedelta(minutes=35), lambda: self.ask_for_page(citizen))

    def _pay(self, provider: Provider, citizen: Citizen, reference: str, state: str) -> None:
        amount = citizen.owes
        if state == "paid" and self.h.faults.strike(("notice_mismatching",), 0.1):
            amount -= 1_000
        money = provider.take(reference, amount, state, self.h.clock.now())
        citizen.paid = citizen.paid or state == "paid"
        self._tell(provider, money, REPEATS)
        if state == "paid" and amount == citizen.owes:
            self.h.offices.paid(citizen)
        if state == "suspect":
            self.h.at(timedelta(hours=2), lambda: self._decide(provider, citizen, money))

    def _decide(self, provider: Provider, citizen: Citizen, money: Money) -> None:
        """In the merchant's portal: let it through, or give it back."""
        if self.h.chance.random() < 0.7:
            provider.accept(money)
            self.h.offices.paid(citizen)
        else:
            money.state = "failed"
        self._tell(provider, money, REPEATS)

    # The provider tells us.

    def _tell(self, provider: Provider, money: Money, left: int) -> None:
        news = payment_news(provider, money, "ipn")
        fault = self.h.faults.strike(NOTICES)
        soon = timedelta(seconds=1 + self.h.chance.random() * 20)
        match fault:
            case "notice_lost":
                return
            case "notice_late":
                soon = timedelta(hours=1 + self.h.chance.random() * 40)
            case "notice_repeated":
                for place in range(3):
                    self.h.at(soon * (place + 2), lambda: self._arrives(news, left))
            case "notice_forged":
                self._forged(money)
        self.h.at(soon, lambda: self._arrives(news, left))

    def _arrives(self, news: PaymentNews, left: int) -> None:
        """A provider repeats what was not answered as taken over."""
        key = f"{news.terminal}/{news.reference}/{news.provider_reference}/{news.code}/{news.amount}"
        try:
            self.h.house.receive(news, self.h.clock.now(), key)
        except (StoreUnavailable, CommitUnknown):
            pass
        except Crash:
            self.h.crash()
        else:
            self.taken_over.append(news.reference)
            self.h.note("told", key)
            return
        if left > 0:
            self.h.at(AGAIN, lambda: self._arrives(news, left - 1))

    def _forged(self, money: Money) -> None:
        """Somebody without the secret tells of money: the real door must not believe it."""
        query = messages.ipn(
            secret="0" * 32,
            vnp_TxnRef=money.reference,
            vnp_Amount=str(money.amount * 100),
            vnp_ResponseCode="00",
        )
        try:
            verified(query.encode(), messages.VNPAY)
        except Forged:
            self.h.faults.reached["forged notice refused"] += 1
        else:
            self.h.wrong.append(f"S2: a forged notice of {money.reference} was believed")
