"""Payment attempts: opened once per key, asked about until they end, closed by news that agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from connectors.kit.seams import Chance, Ids
from jobs.access.model import Actor
from jobs.intake.model import NewCase, NewEvent
from jobs.payments import looking_up, news, opening, schedule
from jobs.payments.channels import init_key
from jobs.payments.judging import Meaning
from jobs.payments.model import Attempt
from jobs.payments.ports import Channel, Owed
from mappings.canonical.payment import AttemptState, PaymentNews

if TYPE_CHECKING:
    from jobs.store.ports import Store, Tx

STUCK = "payment_unresolved"
"""Kind of the case of an attempt that nobody could tell anything about for a day."""
_NO_CHANCE = 0.0


class Payments:
    """The desk of payment attempts. One per process; keeps no state of its own."""

    def __init__(
        self,
        store: Store,
        ids: Ids,
        *,
        channels: Mapping[str, Channel],
        owed: Owed,
        confirms: bool = True,
        chance: Chance | None = None,
        audit: opening.Audit = opening.no_audit,
    ) -> None:
        """Wire the desk.

        Args:
        channels: by the name that callers use.
        owed: opens refunds.
        confirms: whether the case system can be told that a fee is paid; else the counter gets a list.
        chance: spreads look-ups of attempts that were opened at once.
        audit: writes the audit row of an opening into its transaction.
        """
        self._store, self._ids, self._owed, self._chance, self._audit = store, ids, owed, chance, audit
        self.channels = dict(channels)
        straight = frozenset(c.provider for c in self.channels.values() if c.straight)
        self.rules = news.Rules(straight=straight, confirms=confirms)

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
        """See ``adapters.desks.PaymentDesk``: the attempt's reference; the same ``key`` gives the same attempt.

        The attempt is stored with its reference and exact request time before anything leaves: the address of the payment
        page goes out after the commit, and a call to a provider is an effect of this transaction.

        Raises:
            NotFound: no such dossier, or nothing of it is open.
            NotAllowed: ``changed``, ``paid``, ``unresolved``, ``below-minimum``, ``above-maximum``, ``terminal-closed``.
            Duplicate: the key was used for something else.
        """
        request = opening.Request(
            ((dossier_code, amount),), channel, payer_address, language, f"{actor}:{key}", actor
        )
        return self.open_for(request)

    def open_for(self, request: opening.Request) -> str:
        """Like :meth:`open`, for one or several dossiers paid at once."""
        return self._store.run("open-payment", lambda tx: self._open(tx, request))

    def _open(self, tx: Tx, request: opening.Request) -> str:
        return opening.open_attempt(
            tx, request, channels=self.channels, ids=self._ids, tell=self._audit, chance=self._random()
        )

    def apply_news(self, tx: Tx, told: PaymentNews) -> Meaning:
        """Take one piece of news in the given transaction; see :func:`jobs.payments.news.apply`."""
        return news.apply(tx, [told], self.rules, self._owed)[0]

    def apply_many(
        self, tx: Tx, told: Sequence[PaymentNews], correlation: Sequence[str] = (), *, seen_on: str = ""
    ) -> list[Meaning]:
        """Take many, set by set.

        Args:
            seen_on: the account on whose statement the money was seen.
        """
        return news.apply(tx, told, replace(self.rules, seen_on=seen_on), self._owed, correlation)

    def look_up(self, tx: Tx, reference: str, *, cause: str = "asked") -> bool:
        """Ask the provider now; ``False``: there is no such attempt, or it cannot be asked about."""
        attempt = tx.payments.lock([reference]).get(reference)
        if attempt is None:
            return False
        asked, effect = looking_up.plan(attempt, tx.now, chance=self._random(), cause=cause)
        tx.payments.save([asked])
        if effect is not None:
            tx.effects.plan([effect])
        return effect is not None

    def plan_due_look_ups(self, *, most: int = 500) -> int:
        """Plan the look-ups that are due; how many attempts were looked at. To be repeated until 0."""
        return self._store.run("payment-look-ups", lambda tx: self._plan_due(tx, most))

    def _plan_due(self, tx: Tx, most: int) -> int:
        due = tx.payments.due_look_ups(tx.now, most)
        planned = [looking_up.plan(attempt, tx.now, chance=self._random()) for attempt in due]
        tx.payments.save([attempt for attempt, _ in planned])
        tx.effects.plan([effect for _, effect in planned if effect is not None])
        tx.cases.open([_stuck(attempt, tx.now) for attempt in due if _is_stuck(attempt, tx.now)])
        return len(due)

    def expire(self, *, most: int = 500) -> int:
        """Close the pages of attempts whose time is over; how many. Money may still arrive, so asking goes on."""
        return self._store.run("payment-expiry", lambda tx: _expire(tx, most))

    def _random(self) -> float:
        return self._chance.random() if self._chance is not None else _NO_CHANCE


def _expire(tx: Tx, most: int) -> int:
    over = tx.payments.expiring(tx.now, most)
    lines = tx.payments.allocated([attempt.reference for attempt in over])
    tx.payments.save([replace(attempt, state=AttemptState.EXPIRED) for attempt in over])
    # What was not asked for yet need not be: the page would have closed before it opened.
    unasked = [init_key(attempt.reference) for attempt in over if attempt.payment_url is None]
    tx.effects.cancel(unasked, "expired")
    tx.events.add(
        [
            NewEvent(
                "payment.expired",
                f"payment:{attempt.reference}",
                "rule:expiry",
                code,
                {"amount": attempt.amount},
            )
            for attempt in over
            for code in sorted({part.dossier_code for part in lines.get(attempt.reference, ())})
        ]
    )
    return len(over)


def _is_stuck(attempt: Attempt, now: datetime) -> bool:
    waiting = attempt.state in (AttemptState.UNKNOWN, AttemptState.CREATED)
    return waiting and now - attempt.created_at >= schedule.PERSON_AFTER


def _stuck(attempt: Attempt, now: datetime) -> NewCase:
    facts: dict[str, Any] = {
        "payment_reference": attempt.reference, "provider": attempt.provider, "our_state": attempt.state.value,
        "asks": attempt.asks,
    }  # fmt: skip
    return NewCase(
        STUCK, f"unresolved:{attempt.reference}", attempt.amount, None, now + looking_up.PERSON_WITHIN, facts
    )
