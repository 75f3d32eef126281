"""The one function that takes news of refunds, whichever door they came through. Order and repetition do not matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobs.refunds import opening, sending
from jobs.refunds.ground import Ground
from jobs.refunds.model import ORDERS, Refund
from jobs.refunds.moves import NOWHERE, Moves, Seen
from jobs.refunds.opening import Draw, Wanted
from mappings.canonical.payment import RefundNews, RefundRoute, RefundVerdict
from mappings.canonical.payment import RefundState as S

if TYPE_CHECKING:
    from jobs.store.ports import Tx

_V = RefundVerdict
PROOFS = frozenset({"file", "statement", "person"})
"""Sources that may settle: 'refunded' means seen in the provider's file or the bank's statement, nothing less."""
_REACHES = {_V.ACCEPTED: S.ACCEPTED, _V.SENT_TO_BANK: S.SENT_TO_BANK, _V.SETTLED: S.SETTLED}
_ORDER = {S.SENDING: 0, S.UNKNOWN: 0, S.ACCEPTED: 1, S.SENT_TO_BANK: 2, S.SETTLED: 3, S.RETURNED_BY_BANK: 4}


@dataclass(frozen=True, slots=True)
class Told:
    """A piece of news with where it was seen.

    Attributes:
        own_effect: key of the effect whose outcome this is: the engine closes that one itself.
    """

    news: RefundNews
    seen: Seen = NOWHERE
    correlation_id: str = ""
    own_effect: str = ""


def apply(tx: Tx, ground: Ground, told: Sequence[Told]) -> None:
    """Take news into the given transaction, in the order given."""
    moves = Moves.lock(tx, ground, [each.news.reference for each in told])
    for each in told:
        take(moves, each)
    moves.write()


def take(moves: Moves, told: Told) -> None:
    """Take one piece of news of a refund that ``moves`` has locked."""
    news = told.news
    refund = moves.refunds.get(news.reference)
    if refund is None:
        _unplaced(moves, news)
        return
    if news.amount is not None and news.amount != refund.amount:
        moves.case(
            "refund_mismatch", refund, told_amount=news.amount, source=news.source, verdict=news.verdict.value
        )
        return
    refund = _known(moves, refund, news)
    match news.verdict:
        case _V.PENDING | _V.UNKNOWN:
            return
        case _V.REJECTED:
            _rejected(moves, refund, told)
        case _V.RETURNED:
            _returned(moves, refund, told)
        case _V.ACCEPTED | _V.SENT_TO_BANK | _V.SETTLED:
            _forward(moves, refund, told)


def _known(moves: Moves, refund: Refund, news: RefundNews) -> Refund:
    """Whoever tells the provider's number first: a lost answer must not leave it empty."""
    if news.provider_reference and refund.provider_reference is None:
        return moves.keep(refund, provider_reference=news.provider_reference)
    return refund


def _forward(moves: Moves, refund: Refund, told: Told) -> None:
    news = told.news
    after = _REACHES[news.verdict]
    if after is S.SETTLED and news.source not in PROOFS:
        after = S.SENT_TO_BANK
    if refund.state not in _ORDER:
        _contrary(moves, refund, news)
        return
    if _ORDER[after] <= _ORDER[refund.state]:
        return
    if after is S.SETTLED and refund.route is RefundRoute.TREASURY and not refund.document_number:
        _contrary(moves, refund, news)
        return
    facts = {"source": news.source, "code": news.code}
    moved = moves.to(
        refund, after, actor=f"rule:{news.source}", seen=told.seen, facts=facts, correlation_id=told.correlation_id,
        code=news.code or refund.code,
    )  # fmt: skip
    if after is S.SETTLED:
        _close(moves, moved, told)
        return
    _settle_effect(moves, moved, told, done=True)
    if moved.next_look_up_at is None:
        sending.ask(moves, moved)


def _close(moves: Moves, refund: Refund, told: Told) -> None:
    """What was still to be asked or found out is known now."""
    source = told.news.source
    if refund.asks:
        moves.tx.effects.cancel([sending.query_key(refund)], f"settled by {source}")
    _settle_effect(moves, refund, told, done=True)
    if refund.effect_key is not None and refund.effect_key.startswith(ORDERS):
        _file_arrived(moves, refund)
    moves.tx.cases.close([f"refund_unknown:{refund.reference}"], f"settled by {source}")
    if refund.replaces is not None:
        # The money that had come back has arrived: its return is nobody's task any more.
        others = moves.tx.refunds.of_payment(refund.attempt_id)
        returned = [f"refund_returned:{other.reference}" for other in others if other.id == refund.replaces]
        moves.tx.cases.close(returned, f"paid by {refund.reference}")


def _settle_effect(moves: Moves, refund: Refund, told: Told, *, done: bool) -> None:
    """The outcome of the refund's effect is known by another way: nobody needs to ask for it, its lane is free."""
    key, news = refund.effect_key, told.news
    if key is not None and key != told.own_effect:
        moves.tx.effects.settle(
            key, done=done, code=news.code, data={"source": news.source}, reason=f"told by {news.source}"
        )


def _file_arrived(moves: Moves, seen: Refund) -> None:
    """One order of a file was paid: the bank has the file, and with it all of its orders."""
    others = moves.tx.refunds.by_effect([seen.effect_key or ""])
    for other in others.get(seen.effect_key or "", []):
        known = moves.refunds.setdefault(other.reference, other)
        moves.lines.setdefault(other.id, moves.tx.refunds.lines([other.id]).get(other.id, ()))
        if known.state in (S.UNKNOWN, S.SENDING):
            moved = moves.to(known, S.SENT_TO_BANK, actor="rule:statement", facts={"file_of": seen.reference})
            if moved.next_look_up_at is None:
                sending.ask(moves, moved)


def _rejected(moves: Moves, refund: Refund, told: Told) -> None:
    """A plain refusal: the money is no longer held, and a person sees why."""
    news, correlation_id = told.news, told.correlation_id
    if refund.state is S.REJECTED:
        return
    if refund.state not in (S.SENDING, S.UNKNOWN, S.ACCEPTED, S.SENT_TO_BANK):
        _contrary(moves, refund, news)
        return
    facts = {"source": news.source, "code": news.code}
    moved = moves.to(
        refund, S.REJECTED, actor=f"rule:{news.source}", facts=facts, correlation_id=correlation_id, code=news.code,
        message=news.message[:300],
    )  # fmt: skip
    moves.case("refund_rejected", moved, code=news.code, message=news.message[:300], source=news.source)
    if moved.asks:
        moves.tx.effects.cancel([sending.query_key(moved)], "refused")
    if not (moved.effect_key or "").startswith(ORDERS):
        _settle_effect(moves, moved, told, done=False)
    moves.tx.cases.close([f"refund_unknown:{refund.reference}"], "refused there")


def _returned(moves: Moves, refund: Refund, told: Told) -> None:
    """The bank sent it back: the step is taken, and a new refund to another account begins."""
    news = told.news
    if refund.state is S.RETURNED_BY_BANK:
        return
    if refund.state not in _ORDER or (refund.route is RefundRoute.TREASURY and not refund.document_number):
        _contrary(moves, refund, news)
        return
    if refund.state is not S.SETTLED:
        # Nothing comes back that had not left.
        if refund.route is RefundRoute.TRANSFER and refund.state in (S.SENDING, S.UNKNOWN, S.ACCEPTED):
            refund = moves.to(refund, S.SENT_TO_BANK, actor=f"rule:{news.source}")
        refund = moves.to(refund, S.SETTLED, actor=f"rule:{news.source}", seen=told.seen)
        _close(moves, refund, told)
    reason = news.return_reason or ""
    back = moves.to(
        refund, S.RETURNED_BY_BANK, actor=f"rule:{news.source}", seen=told.seen, facts={"reason": reason},
        correlation_id=told.correlation_id, message=reason,
    )  # fmt: skip
    moves.case("refund_returned", back, return_reason=reason)
    moves.write()
    _again(moves, back, reason)


def _again(moves: Moves, back: Refund, reason: str) -> None:
    attempt = moves.tx.payments.lock([back.payment])[back.payment]
    lines = moves.lines.get(back.id, ())
    wanted = Wanted(
        key=f"returned:{back.reference}",
        cause=back.cause,
        reason=f"Ngân hàng trả lại {back.reference} {reason}".strip(),
        stage=back.stage,
        dossier_code=back.dossier_code,
        opened_by="rule:bank-return",
        draw=Draw(lines, back.amount - sum(line.amount for line in lines)),
        replaces=back.id,
        route=RefundRoute.TRANSFER,
    )
    opening.open_refund(moves, opening.look(moves.tx, attempt), wanted)


def _contrary(moves: Moves, refund: Refund, news: RefundNews) -> None:
    """News against a state that has no way there: an alarm and a person, never a step back."""
    moves.case("refund_contrary", refund, state=str(refund.state), verdict=news.verdict.value, source=news.source,
               code=news.code)  # fmt: skip
    moves.tell(
        refund, "contrary", f"rule:{news.source}", {"verdict": news.verdict.value, "state": str(refund.state)}
    )


def _unplaced(moves: Moves, news: RefundNews) -> None:
    """News of a refund that we do not have: never dropped."""
    moves.cases.append(
        moves.ground.case(
            "refund_unplaced",
            f"refund_unplaced:{news.source}:{news.reference}:{news.provider_reference or ''}",
            moves.tx.now,
            amount=news.amount,
            dossier_code="",
            evidence={
                "refund_reference": news.reference,
                "verdict": news.verdict.value,
                "source": news.source,
            },
        )
    )
