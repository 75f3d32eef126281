"""The one function that takes news of payments, whichever door they came through, in the transaction of its caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from jobs.fees import units
from jobs.fees.model import Fee, FeeLine, Paid
from jobs.intake.model import Dossier, NewCase, NewEvent
from jobs.ledger.model import local_day
from jobs.ledger.posting import Posting, Share
from jobs.payments import confirming, looking_up
from jobs.payments.consequences import Consequences, Debt
from jobs.payments.judging import Meaning, judge, sound, tells_of_money
from jobs.payments.model import Allocated, Attempt
from mappings.canonical.dossier import DossierState
from mappings.canonical.payment import AttemptState, PaymentNews, PaymentVerdict

if TYPE_CHECKING:
    from jobs.payments.ports import Owed
    from jobs.store.ports import Tx

CLOSED = frozenset(state.value for state in DossierState if state.closes is not None)
SUSPECT, MISMATCH, STRANGER, CONTRARY = (
    "payment_suspect",
    "payment_mismatch",
    "payment_unplaced",
    "payment_contrary",
)
"""Kinds of cases."""
_EVENTS = {
    Meaning.PAID: "payment.paid",
    Meaning.CLEARED: "payment.paid",
    Meaning.FAILED: "payment.failed",
    Meaning.WITHDRAWN: "payment.failed",
    Meaning.PENDING: "payment.unknown",
    Meaning.SUSPECT: "payment.suspect",
    Meaning.REVERSED: "payment.reversed",
    Meaning.CONTRARY: "payment.contrary",
    Meaning.MISMATCH: "payment.mismatch",
    Meaning.STRANGER: "payment.unplaced",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """What an installation decides.

    Attributes:
        straight: providers whose money goes straight to the collecting office's account.
        confirms: whether the case system can be told that a fee is paid; else each payment is a line for the counter.
        seen_on: the account on whose statement the money was seen; empty: where the fee's money should go.
    """

    straight: frozenset[str] = frozenset()
    confirms: bool = True
    seen_on: str = ""


@dataclass(slots=True)
class Known:
    """What the store holds about the payments that a batch of news names; kept up to date while the batch is judged."""

    attempts: dict[str, Attempt]
    allocated: Mapping[str, Sequence[Allocated]]
    dossiers: Mapping[str, Dossier]
    fees: Mapping[str, Fee]
    paid: dict[tuple[str, str], Paid] = field(default_factory=dict)
    _accounts: dict[tuple[str, date], str] = field(default_factory=dict)

    def account_of(self, tx: Tx, line: Allocated, day: date) -> str:
        """Where a fee line's money goes on a day: the line's own account, else the unit's. As the receipt says."""
        key = (line.unit, day)
        if line.account:
            return line.account
        if key not in self._accounts:
            found = units.account_on(tx, line.unit, day, "collect")
            self._accounts[key] = found.account if found else ""
        return self._accounts[key]

    @classmethod
    def read(cls, tx: Tx, references: Sequence[str]) -> Known:
        """Lock dossiers, then attempts, always in this order; then read what hangs on them."""
        allocated = tx.payments.allocated(references)
        codes = sorted({line.dossier_code for lines in allocated.values() for line in lines})
        dossiers = tx.dossiers.lock(codes)
        attempts = tx.payments.lock(references)
        return cls(attempts, allocated, dossiers, tx.fees.current(codes), tx.fees.paid(codes))


def apply(
    tx: Tx, news: Sequence[PaymentNews], rules: Rules, owed: Owed, correlation: Sequence[str] = ()
) -> list[Meaning]:
    """Take news into the given transaction, in the order given; what each of them meant.

    Safe to repeat and in any order: the final state, the ledger and what is owed are the same.
    """
    known = Known.read(tx, sorted({each.reference for each in news}))
    out = Consequences()
    meanings = []
    for number, each in enumerate(news):
        judgement = judge(known.attempts.get(each.reference), each, tx.now)
        batch = _Taking(tx, known, rules, out, each, correlation[number] if correlation else "")
        batch.take(judgement.meaning, judgement.attempt, judgement.disagrees)
        meanings.append(judgement.meaning)
    out.write(tx, owed)
    return meanings


@dataclass(slots=True)
class _Taking:
    """One piece of news being taken."""

    tx: Tx
    known: Known
    rules: Rules
    out: Consequences
    news: PaymentNews
    correlation: str

    def take(self, meaning: Meaning, attempt: Attempt | None, disagrees: tuple[str, ...]) -> None:
        before = self.known.attempts.get(self.news.reference)
        if attempt is None or meaning is Meaning.MISMATCH:
            self._unplaced(attempt, meaning, disagrees)
            return
        self._keep(before, attempt)
        match meaning:
            case Meaning.NOTHING:
                return
            case Meaning.PAID:
                self._paid(attempt, "paid_direct" if attempt.provider in self.rules.straight else "paid")
            case Meaning.CLEARED:
                self._paid(attempt, "suspense_placed")
                if self.known.allocated.get(attempt.reference):
                    self.out.closed[_suspect_key(attempt)] = "accepted"
            case Meaning.SUSPECT:
                self._suspect(attempt)
            case Meaning.WITHDRAWN:
                self._withdrawn(attempt)
            case Meaning.REVERSED:
                if before is not None and before.state is AttemptState.SUSPECT:
                    self._withdrawn(attempt)
                self._reversed(attempt)
            case Meaning.CONTRARY:
                self._contrary(attempt)
            case _:
                pass  # failed and pending: the state says it all
        self._event(meaning, attempt)

    def _keep(self, before: Attempt | None, attempt: Attempt) -> None:
        if attempt != before:
            self.known.attempts[attempt.reference] = self.out.attempts[attempt.reference] = attempt

    # Money came.

    def _paid(self, attempt: Attempt, event: str) -> None:
        shares: list[Share] = []
        told: dict[str, list[tuple[Allocated, int]]] = {}
        left = attempt.paid_amount or 0
        lines = self.known.allocated.get(attempt.reference, ())
        if not lines:
            self._unallocated(attempt, event)
            return
        for part in lines:
            applied = min(part.amount, left, self._due(part))
            if applied <= 0:
                continue
            left -= applied
            self.out.applied.append((attempt.id, part.fee_line_id, applied))
            self._count(part, applied)
            shares.append(Share(applied, unit=part.unit, item=part.item))
            told.setdefault(part.dossier_code, []).append((part, applied))
        account = ""
        if event == "paid_direct":
            there = self.known.account_of(self.tx, lines[0], local_day(attempt.created_at))
            account = self.rules.seen_on or there
        self._post(attempt, event, {"surplus": left}, shares, account)
        self.out.paid_dossiers.update(told)
        for code, parts in told.items():
            self._confirm(self.known.dossiers[code], attempt, parts)
        if left:
            self._owed(attempt, left, self._why_surplus(lines, nothing_counted=not told))

    def _unallocated(self, attempt: Attempt, event: str) -> None:
        """Paid, and nobody knows for what (an attempt of before we began): its place is found by a person."""
        if event == "suspense_placed":
            return  # it is in suspense, and its case stays
        key = f"unallocated:{attempt.reference}"
        self._case(STRANGER, key, attempt.paid_amount, attempt)
        self._post(attempt, "unplaced", {"amount": attempt.paid_amount or 0}, case=key)

    def _due(self, part: Allocated) -> int:
        """What of a line is still to be paid, by its newest version; nothing for a dossier that was closed."""
        dossier = self.known.dossiers.get(part.dossier_code)
        fee = self.known.fees.get(part.dossier_code)
        if dossier is None or fee is None or dossier.state in CLOSED:
            return 0
        asked = next((line.amount for line in fee.lines if line.line == part.line), 0)
        # What the case system believes does not count here: it may have learnt of this very payment before us.
        return max(0, asked - self.known.paid.get((part.dossier_code, part.line), Paid()).kept)

    def _count(self, part: Allocated, applied: int) -> None:
        key = (part.dossier_code, part.line)
        before = self.known.paid.get(key, Paid())
        self.known.paid[key] = replace(before, applied=before.applied + applied)

    def _why_surplus(self, lines: Sequence[Allocated], *, nothing_counted: bool) -> str:
        codes = {part.dossier_code for part in lines}
        if any(self.known.dossiers[code].state in CLOSED for code in codes if code in self.known.dossiers):
            return "late_payment"
        before = any(self.known.paid.get((part.dossier_code, part.line), Paid()).kept for part in lines)
        return "paid_twice" if nothing_counted and before else "paid_too_much"

    def _confirm(self, dossier: Dossier, attempt: Attempt, parts: Sequence[tuple[Allocated, int]]) -> None:
        if not self.rules.confirms:
            amount = sum(applied for _, applied in parts)
            case = confirming.unconfirmed(dossier.code, attempt.reference, amount, "no-way", self.tx.now)
            self.out.cases.append(case)
            return
        lines = [confirming.Told(self._line(part), applied) for part, applied in parts]
        self.out.effects.append(confirming.effect(dossier, attempt, lines, self.correlation))

    def _line(self, part: Allocated) -> FeeLine:
        fee = self.known.fees[part.dossier_code]
        return next(line for line in fee.lines if line.line == part.line)

    def _reversed(self, attempt: Attempt) -> None:
        """The bank took it, the provider did not get it: the citizen is owed all of it."""
        amount = attempt.paid_amount or 0
        self._post(attempt, "reversed", {"amount": amount})
        self._owed(attempt, amount, "reversed")

    # Money in doubt.

    def _suspect(self, attempt: Attempt) -> None:
        key = _suspect_key(attempt)
        self._post(attempt, "suspect", {"amount": attempt.amount})
        self._case(SUSPECT, key, attempt.amount, attempt)

    def _withdrawn(self, attempt: Attempt) -> None:
        key = _suspect_key(attempt)
        self._post(attempt, "suspense_withdrawn", {"amount": attempt.amount})
        self.out.closed[key] = "the provider took it back"

    def _contrary(self, attempt: Attempt) -> None:
        key = f"contrary:{attempt.reference}:{self.news.verdict.value}"
        if self.tx.cases.find(key) is not None:
            return  # a person has it; the look-up's own answer must not ask again and again
        self._case(CONTRARY, key, attempt.paid_amount, attempt)
        looked_up, effect = looking_up.plan(attempt, self.tx.now, correlation_id=self.correlation)
        if effect is not None:
            self._keep(attempt, looked_up)
            self.out.effects.append(effect)

    def _unplaced(self, attempt: Attempt | None, meaning: Meaning, disagrees: tuple[str, ...]) -> None:
        """Signed news that agrees in part or with nothing: a case for a person, and suspense where it tells of money."""
        news = self.news
        money = tells_of_money(news) and not self._told_before(attempt)
        if not money and (
            attempt is None or news.verdict not in (PaymentVerdict.PAID, PaymentVerdict.SUSPECT)
        ):
            # Nobody's money is in it: a line in the time line is enough.
            self._event(meaning, attempt, {"disagrees": list(disagrees)})
            return
        kind = STRANGER if attempt is None else MISMATCH
        key = _unplaced_key(news)
        self._case(
            kind, key, news.amount if sound(news.amount) else None, attempt, {"disagrees": list(disagrees)}
        )
        if money:
            day = local_day(news.paid_at or self.tx.now)
            self.out.postings.append(
                Posting(
                    "unplaced", key, {"amount": news.amount or 0},
                    {"provider": news.provider, "terminal": news.terminal, "source": news.provider, "detail": news.terminal},
                    case=key, actor=f"rule:{news.source}", correlation_id=self.correlation, transaction_on=day,
                    value_on=day,
                )
            )  # fmt: skip
        self._event(meaning, attempt, {"disagrees": list(disagrees)})

    def _told_before(self, attempt: Attempt | None) -> bool:
        """Whether the same money is in the books under this attempt already (a file that calls the terminal otherwise)."""
        return (
            attempt is not None
            and attempt.paid_amount == self.news.amount
            and attempt.provider_reference is not None
            and attempt.provider_reference == self.news.provider_reference
        )

    # Rows.

    def _post(
        self,
        attempt: Attempt,
        event: str,
        amounts: Mapping[str, int],
        lines: Sequence[Share] = (),
        account: str = "",
        case: str = "",
    ) -> None:
        day = local_day(attempt.paid_at or self.tx.now)
        names = {"provider": attempt.provider, "terminal": attempt.terminal, "source": attempt.provider,
                 "detail": attempt.terminal, "account": account}  # fmt: skip
        self.out.postings.append(
            Posting(
                event, attempt.reference, amounts, names, lines, case=case or _suspect_key(attempt),
                actor=f"rule:{self.news.source}", correlation_id=self.correlation, transaction_on=day, value_on=day,
            )
        )  # fmt: skip

    def _owed(self, attempt: Attempt, amount: int, cause: str) -> None:
        lines = self.known.allocated.get(attempt.reference, ())
        code = lines[0].dossier_code if lines else ""
        dossier = self.known.dossiers.get(code)
        self.out.debts.append(Debt(attempt.reference, amount, cause, code, dossier.stage if dossier else ""))

    def _case(
        self,
        kind: str,
        key: str,
        amount: int | None,
        attempt: Attempt | None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        news = self.news
        lines = self.known.allocated.get(news.reference, ())
        evidence = {
            "payment_reference": news.reference, "provider": news.provider, "terminal": news.terminal,
            "told_amount": news.amount, "our_amount": attempt.amount if attempt else None, "currency": news.currency,
            "verdict": news.verdict.value, "code": news.code, "source": news.source,
            "provider_reference": news.provider_reference, "our_state": attempt.state.value if attempt else None,
            **(more or {}),
        }  # fmt: skip
        dossier_code = lines[0].dossier_code if lines else None
        self.out.cases.append(
            NewCase(kind, key, amount, dossier_code, self.tx.now + looking_up.PERSON_WITHIN, evidence)
        )

    def _event(
        self, meaning: Meaning, attempt: Attempt | None, more: Mapping[str, Any] | None = None
    ) -> None:
        news = self.news
        facts = {
            "amount": news.amount,
            "provider": news.provider,
            "source": news.source,
            "code": news.code,
            **(more or {}),
        }
        codes = (
            {part.dossier_code for part in self.known.allocated.get(news.reference, ())} if attempt else set()
        )
        places: list[str | None] = [*sorted(codes)] or [None]
        for code in places:
            self.out.events.append(
                NewEvent(
                    _EVENTS[meaning],
                    f"payment:{news.reference}",
                    f"rule:{news.source}",
                    code,
                    facts,
                    self.correlation,
                )
            )


def _suspect_key(attempt: Attempt) -> str:
    return f"suspect:{attempt.reference}"


def _unplaced_key(news: PaymentNews) -> str:
    """The same money told through several doors is one case."""
    return f"unplaced:{news.provider}:{news.terminal}:{news.reference}:{news.amount}"
