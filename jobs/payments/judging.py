"""What news of a payment means for an attempt. Pure: order and repetition of news do not matter in the end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from jobs.payments import schedule
from jobs.payments.edges import UNRESOLVED
from jobs.payments.model import Attempt
from mappings.canonical.payment import AttemptState, PaymentNews, PaymentVerdict

VND = "VND"
QUERY = "query"
MOST = 1_000_000_000_000


class Meaning(StrEnum):
    """What one piece of news does."""

    NOTHING = "nothing"  # known already, or nothing definite
    PAID = "paid"
    FAILED = "failed"
    PENDING = "pending"
    SUSPECT = "suspect"
    REVERSED = "reversed"
    CLEARED = "cleared"  # a suspected payment was accepted: its money leaves suspense
    WITHDRAWN = "withdrawn"  # a suspected payment failed after all: nothing was taken
    CONTRARY = "contrary"  # against a final state: an alarm and a look-up, never a step back
    MISMATCH = "mismatch"  # agrees only in part: a case, and suspense where money is told of
    STRANGER = "stranger"  # names no attempt of ours


@dataclass(frozen=True, slots=True)
class Judgement:
    """The meaning, the attempt as it stands then, and in what the news disagreed."""

    meaning: Meaning
    attempt: Attempt | None
    disagrees: tuple[str, ...] = ()


_MONEY = frozenset({PaymentVerdict.PAID, PaymentVerdict.SUSPECT, PaymentVerdict.REVERSED})
# (state, verdict) → meaning, for news that agree; what is not here is nothing new.
_S, _V = AttemptState, PaymentVerdict
_OPEN = (_S.CREATED, _S.SENT, _S.UNKNOWN, _S.EXPIRED, _S.FAILED)
MEANINGS: dict[tuple[AttemptState, PaymentVerdict], Meaning] = {
    **{(state, _V.PAID): Meaning.PAID for state in _OPEN},
    **{(state, _V.SUSPECT): Meaning.SUSPECT for state in _OPEN},
    **{(state, _V.REVERSED): Meaning.REVERSED for state in _OPEN},
    **{(state, _V.FAILED): Meaning.FAILED for state in (_S.CREATED, _S.SENT, _S.UNKNOWN, _S.EXPIRED)},
    **{(state, _V.PENDING): Meaning.PENDING for state in (_S.CREATED, _S.SENT)},
    (_S.SUSPECT, _V.PAID): Meaning.CLEARED,
    (_S.SUSPECT, _V.FAILED): Meaning.WITHDRAWN,
    (_S.SUSPECT, _V.REVERSED): Meaning.REVERSED,
    (_S.PAID, _V.FAILED): Meaning.CONTRARY,
    (_S.PAID, _V.REVERSED): Meaning.CONTRARY,
    (_S.PAID, _V.SUSPECT): Meaning.CONTRARY,
    (_S.REVERSED, _V.PAID): Meaning.CONTRARY,
    (_S.REVERSED, _V.SUSPECT): Meaning.CONTRARY,
}
_BECOMES = {
    Meaning.PAID: _S.PAID,
    Meaning.CLEARED: _S.PAID,
    Meaning.FAILED: _S.FAILED,
    Meaning.WITHDRAWN: _S.FAILED,
    Meaning.PENDING: _S.UNKNOWN,
    Meaning.SUSPECT: _S.SUSPECT,
    Meaning.REVERSED: _S.REVERSED,
}


def tells_of_money(news: PaymentNews) -> bool:
    """Whether the news says that somebody's money was taken."""
    return news.verdict in _MONEY and news.currency == VND and sound(news.amount)


def sound(amount: int | None) -> bool:
    """A whole number of đồng, at least 1, at most the stated limit."""
    return type(amount) is int and 1 <= amount <= MOST


def disagreements(attempt: Attempt, news: PaymentNews) -> tuple[str, ...]:
    """In what news and attempt differ: ``merchant``, ``amount``, ``currency``, ``provider_reference``.

    News that a payment failed or is not known may leave its amount out; news of money may not.
    """
    found = []
    if (news.provider, news.terminal) != (attempt.provider, attempt.terminal):
        found.append("merchant")
    silent = news.amount is None and news.verdict not in _MONEY
    if not silent and news.amount != attempt.amount:
        found.append("amount")
    if news.currency != VND:
        found.append("currency")
    known, told = attempt.provider_reference, news.provider_reference
    if (
        attempt.state is AttemptState.PAID
        and news.verdict is PaymentVerdict.PAID
        and known
        and told
        and known != told
    ):
        found.append("provider_reference")  # a second payment under the same reference
    return tuple(found)


def judge(attempt: Attempt | None, news: PaymentNews, now: datetime) -> Judgement:
    """The one judgement for a notification, a look-up, a file and a person."""
    if attempt is None:
        return Judgement(Meaning.STRANGER, None)
    differs = disagreements(attempt, news)
    if differs:
        return Judgement(Meaning.MISMATCH, attempt, differs)
    meaning = MEANINGS.get((attempt.state, news.verdict), Meaning.NOTHING)
    if meaning is Meaning.PENDING and news.source == QUERY:
        # 'Not finished' is what a provider says while the payer sits at its page, and for ever after he left.
        meaning = Meaning.NOTHING
    told = replace(
        attempt,
        provider_reference=attempt.provider_reference or news.provider_reference,
        bank_reference=attempt.bank_reference or news.bank_reference,
        bank_code=attempt.bank_code or news.bank_code,
    )
    if meaning in _BECOMES:
        told = _moved(told, meaning, news, now)
    return Judgement(meaning, told)


def _moved(attempt: Attempt, meaning: Meaning, news: PaymentNews, now: datetime) -> Attempt:
    state = _BECOMES[meaning]
    money = state in (AttemptState.PAID, AttemptState.REVERSED, AttemptState.SUSPECT)
    moved = replace(
        attempt,
        state=state,
        code=news.code or attempt.code,
        paid_at=(attempt.paid_at or news.paid_at or now) if money else None,
        paid_amount=attempt.amount if state in (AttemptState.PAID, AttemptState.REVERSED) else None,
        next_look_up_at=attempt.next_look_up_at if state in UNRESOLVED else None,
    )
    if state in UNRESOLVED and moved.next_look_up_at is None:
        return replace(moved, next_look_up_at=schedule.next_look_up(moved, now))
    return moved
