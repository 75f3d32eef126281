"""What is owed, the figures of the table, and the fingerprint of the books. Shares no code with the product."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from adapters.cli.day.facts import Facts, Refund, Story, Taken

GONE = frozenset({"DECLINED", "WITHDRAWN", "RELEASED", "REJECTED", "RETURNED_BY_BANK"})
ENDED = GONE | {"SETTLED"}
TAKEN_OVER = frozenset({"ACCEPTED", "SENT_TO_BANK", "SETTLED"})
_UNACCOUNTED = frozenset({"money-unknown", "paid-untrue", "bank-balance", "ledger"})


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that does not hold.

    Attributes:
        what: short stable name of the rule.
        amount: đồng concerned, 0 where none are.
    """

    what: str
    subject: str
    vi: str
    en: str
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Numbers:
    """The table's figures. Amounts are whole đồng; times are shown time.

    Attributes:
        unaccounted: đồng that a citizen paid and that the product neither shows nor names.
        twice: refunds that were paid more than once, or beyond what was paid.
        in_transit: refunds that are owed and not at an end.
        elsewhere, elsewhere_amount: dossiers whose money the bank took and the gateway reversed, and that no refund of
            ours has paid back: it never came to us, and a person has it on the list.
    """

    payments: int
    paid: int
    confirmed: int
    owed: int
    owed_amount: int
    accepted: int
    settled: int
    settled_amount: int
    in_transit: int
    elsewhere: int
    elsewhere_amount: int
    breaks: dict[str, int]
    unaccounted: int
    twice: int
    median: timedelta | None
    worst: timedelta | None


def owed_to(story: Story, taken: Sequence[Taken]) -> int:
    """What has to go back for one dossier by the plain rule of the day: whatever was taken above what is due.

    Money that does not agree with what was asked is nobody's yet: a person decides about it.
    """
    amounts = [
        one.amount
        for one in taken
        if one.reference in story.asked and one.state == "paid" and one.amount == story.asked[one.reference]
    ]
    return max(0, sum(amounts) - story.due) + reversed_of(story, taken)


def reversed_of(story: Story, taken: Iterable[Taken]) -> int:
    """What the bank took for a dossier and the gateway did not."""
    return sum(one.amount for one in taken if one.reference in story.asked and one.state == "reversed")


def fingerprint(facts: Facts) -> str:
    """Of the final books, dossier by dossier: what was due, taken and given back.

    The same seed gives the same one, unless a machine too slow for the play's time-outs leaves a refund with a person.
    """
    payment_of = {refund.reference: refund.payment for refund in facts.refunds}
    dossier_of = {name: story.code for story in facts.stories.values() for name in story.asked}
    lines: dict[str, list[str]] = {
        code: [f"{code} {story.due} {story.closed}"] for code, story in facts.stories.items()
    }
    for one in facts.taken:
        lines.setdefault(dossier_of.get(one.reference, ""), []).append(
            f"+ {one.provider} {one.amount} {one.state}"
        )
    for back in facts.given_back:
        if back.state == "done":
            payment = back.payment or payment_of.get(back.refund, "")
            lines.setdefault(dossier_of.get(payment, ""), []).append(f"- {back.amount}")
    text = "\n".join("\n".join(sorted(own)) for _, own in sorted(lines.items()))
    return sha256(text.encode()).hexdigest()[:16]


def numbers_of(facts: Facts, wrong: list[Wrong]) -> Numbers:
    owed = {code: amount for code, s in facts.stories.items() if (amount := owed_to(s, facts.taken))}
    gone = Counter({refund.dossier: 0 for refund in facts.refunds})
    for refund in facts.refunds:
        if refund.state not in GONE:
            gone[refund.dossier] += refund.amount
    elsewhere = [
        amount
        for code, story in facts.stories.items()
        if (amount := reversed_of(story, facts.taken)) and gone[code] <= owed[code] - amount
    ]
    lengths = sorted(_lengths(facts))
    settled = [refund for refund in facts.refunds if refund.state == "SETTLED"]
    return Numbers(
        payments=len(facts.payments),
        paid=sum(payment.state == "PAID" for payment in facts.payments),
        confirmed=len({one.dossier for one in facts.told}),
        owed=len(owed),
        owed_amount=sum(owed.values()),
        accepted=sum(refund.state in TAKEN_OVER for refund in facts.refunds),
        settled=len(settled),
        settled_amount=sum(refund.amount for refund in settled),
        in_transit=sum(refund.state not in ENDED for refund in facts.refunds),
        elsewhere=len(elsewhere),
        elsewhere_amount=sum(elsewhere),
        breaks=dict(sorted(Counter(item.kind for item in facts.items).items())),
        unaccounted=sum(one.amount for one in wrong if one.what in _UNACCOUNTED),
        twice=sum(one.what == "refund-twice" for one in wrong),
        median=lengths[len(lengths) // 2] if lengths else None,
        worst=lengths[-1] if lengths else None,
    )


def _lengths(facts: Facts) -> Iterator[timedelta]:
    """From the cause of each refund to its acceptance outside, by the diary and the other side's books."""
    accepted = {back.refund: back.at for back in facts.given_back if back.state in ("open", "done")}
    taken_at = {one.reference: one.at for one in facts.taken}
    for refund in facts.refunds:
        at = accepted.get(refund.reference)
        story = facts.stories.get(refund.dossier)
        if at is None or story is None:
            continue
        begun = _cause_at(refund, story)
        paid = taken_at.get(refund.payment)
        # Money that comes after the dossier was closed is owed from the moment it came.
        began = max((moment for moment in (begun, paid) if moment is not None), default=None)
        if began is not None and at >= began:
            yield at - began


def _cause_at(refund: Refund, story: Story) -> datetime | None:
    if refund.cause in ("refused", "withdrawn", "cancelled"):
        return story.closed_at
    return story.lowered_at if refund.cause == "fee_lowered" else None
