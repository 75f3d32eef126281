"""Holds the product's answers against the world's own books. Shares no code with the product and imports none of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adapters.cli.day.facts import BankDay, Facts, GivenBack, Heard, Story, ToldPaid
from adapters.cli.day.figures import (
    ENDED,
    GONE,
    Numbers,
    Wrong,
    fingerprint,
    numbers_of,
    owed_to,
    reversed_of,
)
from adapters.cli.day.offices_check import wrong as offices_wrong

_REFUSED_FORGERY = ("97", "99")
_OWED_ON = frozenset({"fee_payable", "surplus", "suspense", "refunds_payable"})
"""Kinds of ledger accounts that say whose the money is."""
_OUR_FAULTS = frozenset({"message_set_aside", "dossier_unreadable"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checker found."""

    numbers: Numbers
    wrong: tuple[Wrong, ...]
    fingerprint: str = ""
    heard: tuple[Heard, ...] = ()
    asked: Mapping[str, int] = field(default_factory=dict)


class _Named:
    """Whether an open item of the product names one of these subjects."""

    def __init__(self, facts: Facts) -> None:
        self._text = "\n".join(f"{item.key} {item.dossier}" for item in facts.items)

    def __call__(self, *subjects: str) -> bool:
        return any(subject and subject in self._text for subject in subjects)


def check(facts: Facts) -> Verdict:
    """Compare everything with everything. Pure."""
    named = _Named(facts)
    wrong = [
        *_every_dong(facts, named),
        *_nothing_invented(facts),
        *_no_forgery(facts),
        *_served(facts),
        *_case_system(facts),
        *_refunds_outside(facts),
        *_refunds_true(facts),
        *_owed(facts, named),
        *_statements(facts),
        *_ledger(facts),
        *offices_wrong(facts),
        *_at_rest(facts, named),
    ]
    return Verdict(
        numbers_of(facts, wrong), tuple(wrong), fingerprint(facts), tuple(facts.heard), facts.asked
    )


def _every_dong(facts: Facts, named: _Named) -> Iterator[Wrong]:
    """Every đồng that a provider took is a payment of the same amount.

    Money that is not what was asked is nobody's yet: it must be a named item, and only then a name is enough.
    """
    asked = {name: amount for story in facts.stories.values() for name, amount in story.asked.items()}
    shown = {payment.reference: payment for payment in facts.payments}
    for taken in facts.taken:
        payment = shown.get(taken.reference)
        meant = {"paid": ("PAID",), "reversed": ("REVERSED",), "suspect": ("SUSPECT", "PAID")}[taken.state]
        if payment is not None and payment.state in meant and payment.amount == taken.amount:
            continue
        if taken.amount != asked.get(taken.reference) and named(taken.reference):
            continue
        state = payment.state if payment else "?"
        yield Wrong(
            "money-unknown",
            taken.reference,
            f"{taken.provider} đã thu {taken.amount} đ ({taken.state}), hệ thống ghi {state} và không nêu khoản này",
            f"{taken.provider} took {taken.amount} ({taken.state}); the product shows {state} and names nothing",
            taken.amount,
        )


def _nothing_invented(facts: Facts) -> Iterator[Wrong]:
    """A payment is shown as paid only where the provider took exactly that."""
    there = {taken.reference: taken for taken in facts.taken}
    for payment in facts.payments:
        taken = there.get(payment.reference)
        if payment.state == "PAID" and (taken is None or taken.amount != payment.amount):
            found = taken.amount if taken else 0
            yield Wrong(
                "paid-untrue",
                payment.reference,
                f"hệ thống ghi đã thu {payment.amount} đ, sổ của cổng là {found} đ",
                f"shown as paid with {payment.amount}, the provider's books say {found}",
                payment.amount,
            )


def _no_forgery(facts: Facts) -> Iterator[Wrong]:
    """A forged notice is refused."""
    for story in facts.stories.values():
        for answer in story.forged:
            if answer not in _REFUSED_FORGERY:
                yield Wrong(
                    "forgery",
                    story.code,
                    f"tin báo giả được trả lời {answer}",
                    f"a forged notice was answered {answer}",
                )


def _served(facts: Facts) -> Iterator[Wrong]:
    """Nobody was sent away for good, and no message was laid aside."""
    for story in facts.stories.values():
        for what in story.given_up:
            yield Wrong("not-served", story.code, f"không làm được: {what}", f"could not be done: {what}")
    for item in facts.items:
        if item.kind in _OUR_FAULTS:
            yield Wrong(
                "set-aside",
                item.key,
                f"hệ thống không xử lý được ({item.kind})",
                f"the product could not work on it ({item.kind})",
                item.amount,
            )


def _case_system(facts: Facts) -> Iterator[Wrong]:
    """The case system believes that a fee is paid where it is, with an amount that was paid, and nowhere else."""
    paid: dict[str, set[int]] = defaultdict(set)
    for payment in facts.payments:
        if payment.state == "PAID":
            paid[payment.dossier].add(payment.amount)
    told = {one.dossier: one for one in facts.told}
    for code, one in told.items():
        if one.amount not in paid[code] and not _lowered_in_time(facts.stories.get(code), one, paid[code]):
            yield Wrong(
                "told-untrue",
                code,
                f"phần mềm một cửa được báo đã thu {one.amount} đ, không có lần thu như vậy",
                f"the case system was told {one.amount}; no payment is like that",
                one.amount,
            )
    for story in facts.stories.values():
        # A closed dossier's fee is paid back; telling it paid would be of no use.
        if paid[story.code] and not story.closed and story.code not in told:
            yield Wrong(
                "not-told",
                story.code,
                "đã thu nhưng phần mềm một cửa chưa được báo",
                "paid, but the case system was not told",
            )


def _lowered_in_time(story: Story | None, told: ToldPaid, paid: set[int]) -> bool:
    """The fee was lowered while its payment was under way: the new fee is paid, and what is above it is owed."""
    if story is None or story.lowered_at is None or story.closed:
        return False
    return told.amount == story.due and any(amount > story.due for amount in paid)


def _refunds_outside(facts: Facts) -> Iterator[Wrong]:
    """What was paid back out there was paid back once, as agreed, and never above what was taken."""
    ours = {refund.reference: refund for refund in facts.refunds}
    there = [back for back in facts.given_back if back.state != "refused"]
    for name, times in Counter(back.refund for back in there).items():
        if times > 1:
            amount = sum(back.amount for back in there if back.refund == name)
            yield Wrong("refund-twice", name, f"được hoàn {times} lần", f"paid back {times} times", amount)
    for back in there:
        refund = ours.get(back.refund)
        if refund is None or refund.amount != back.amount:
            mine = refund.amount if refund else 0
            yield Wrong(
                "refund-unordered",
                back.refund,
                f"{back.by} đã chi {back.amount} đ, hệ thống ghi {mine} đ",
                f"{back.by} paid {back.amount}, the product ordered {mine}",
                back.amount,
            )
    took = {taken.reference: taken.amount for taken in facts.taken}
    for reference, amount in _back_by_payment(facts).items():
        if amount > took.get(reference, 0):
            yield Wrong(
                "refund-twice",
                reference,
                f"đã hoàn {amount} đ, chỉ thu {took.get(reference, 0)} đ",
                f"{amount} paid back, only {took.get(reference, 0)} taken",
                amount - took.get(reference, 0),
            )


def _refunds_true(facts: Facts) -> Iterator[Wrong]:
    """No state is shown that is not true: 'settled' is money that went, 'returned' is money that came back."""
    there: dict[str, GivenBack] = {back.refund: back for back in facts.given_back}
    for refund in facts.refunds:
        back = there.get(refund.reference)
        state = back.state if back else "none"
        true = {
            "ACCEPTED": ("open", "done"),
            "SENT_TO_BANK": ("open", "done"),
            "SETTLED": ("done",),
            "RETURNED_BY_BANK": ("returned",),
        }.get(refund.state)
        if true is not None and state not in true:
            yield Wrong(
                "refund-untrue",
                refund.reference,
                f"hệ thống ghi {refund.state}, bên ngoài là {state}",
                f"shown as {refund.state}, outside it is {state}",
                refund.amount,
            )


def _owed(facts: Facts, named: _Named) -> Iterator[Wrong]:
    """What a citizen is owed is what the product pays back: not less, not more."""
    ours: dict[str, int] = defaultdict(int)
    for refund in facts.refunds:
        if refund.state not in GONE:
            ours[refund.dossier] += refund.amount
    for story in facts.stories.values():
        owed, mine = owed_to(story, facts.taken), ours.get(story.code, 0)
        # What the bank took and the gateway reversed is not with us: the gateway may refuse to pay it back.
        elsewhere = reversed_of(story, facts.taken)
        if owed == mine or (elsewhere and mine == owed - elsewhere and named(story.code, *story.asked)):
            continue
        yield Wrong(
            "owed",
            story.code,
            f"phải hoàn {owed} đ, hệ thống hoàn {mine} đ",
            f"{owed} is owed, the product pays back {mine}",
            abs(owed - mine),
        )


def _statements(facts: Facts) -> Iterator[Wrong]:
    """The statements as loaded are the bank's own books of those days."""
    books = {(day.account, day.day): day for day in facts.bank}
    for mine in facts.loaded:
        theirs = books.get((mine.account, mine.day), BankDay(mine.account, mine.day, 0, 0, 0))
        if _differs(mine, theirs):
            yield Wrong(
                "statement",
                f"{mine.account} {mine.day}",
                f"đã nạp {mine.lines} dòng, {mine.credited}/{mine.debited} đ; sổ ngân hàng khác",
                f"{mine.lines} lines loaded, {mine.credited}/{mine.debited}; the bank's books differ",
            )


def _differs(mine: BankDay, theirs: BankDay) -> bool:
    pairs = ((mine.credited, theirs.credited), (mine.debited, theirs.debited))
    return mine.lines != theirs.lines or any(ours is not None and ours != other for ours, other in pairs)


def _ledger(facts: Facts) -> Iterator[Wrong]:
    """The ledger adds up, its bank accounts are the bank's own balances, and it owes what came in and did not go back."""
    if facts.balances is None:
        return
    off = sum(facts.balances.values())
    if off:
        yield Wrong("ledger", "=", f"sổ cái lệch {off} đ", f"the ledger is off by {off}", abs(off))
    for account, theirs in _bank_balances(facts).items():
        mine = facts.balances.get(f"bank:{account}", 0)
        if mine != theirs:
            yield Wrong(
                "bank-balance",
                account,
                f"sổ cái ghi {mine} đ, ngân hàng ghi {theirs} đ",
                f"the ledger has {mine}, the bank has {theirs}",
                abs(mine - theirs),
            )
    owes = -sum(amount for account, amount in facts.balances.items() if account.partition(":")[0] in _OWED_ON)
    came = sum(one.amount for one in facts.taken)
    went = sum(back.amount for back in facts.given_back if back.state == "done")
    if owes != came - went:
        yield Wrong(
            "ledger",
            "≠",
            f"đã thu {came} đ, đã hoàn {went} đ, sổ cái nợ {owes} đ",
            f"{came} came in, {went} went back, the ledger owes {owes}",
            abs(owes - came + went),
        )


def _bank_balances(facts: Facts) -> dict[str, int]:
    """Account → what the bank booked up to the last day that was loaded; the play's accounts begin at 0."""
    last: dict[str, str] = {}
    for day in facts.loaded:
        last[day.account] = max(last.get(day.account, ""), day.day)
    sums = dict.fromkeys(last, 0)
    for day in facts.bank:
        if day.account in last and day.day <= last[day.account]:
            sums[day.account] += (day.credited or 0) + (day.debited or 0)
    return sums


def _at_rest(facts: Facts, named: _Named) -> Iterator[Wrong]:
    """After the files of the next working day nothing is unknown, and what has not ended is with a person."""
    for refund in facts.refunds:
        if refund.state in ENDED or refund.waiting_for or named(refund.reference):
            continue
        yield Wrong(
            "not-ended",
            refund.reference,
            f"khoản hoàn còn ở {refund.state}",
            f"the refund still stands at {refund.state}",
            refund.amount,
        )
    for payment in facts.payments:
        if payment.state in ("CREATED", "UNKNOWN") and not named(payment.reference):
            yield Wrong(
                "not-ended",
                payment.reference,
                f"lần thanh toán còn ở {payment.state}",
                f"the payment still stands at {payment.state}",
                payment.amount,
            )
    for state in ("sending", "unknown"):
        if facts.jobs.get(state):
            count = facts.jobs[state]
            yield Wrong(
                "not-ended", state, f"{count} tác vụ còn ở {state}", f"{count} effects still at {state}"
            )


def _back_by_payment(facts: Facts) -> dict[str, int]:
    """What went back per payment; a bank's order leads there through the refund that it names."""
    payment_of = {refund.reference: refund.payment for refund in facts.refunds}
    sums: dict[str, int] = defaultdict(int)
    for back in facts.given_back:
        if back.state in ("open", "done"):
            sums[back.payment or payment_of.get(back.refund, "")] += back.amount
    return dict(sums)
