"""The refunds' side of their effects: what may be sent at the last moment, and what an outcome does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from connectors.statements.client import SUBMIT
from connectors.statements.client import SYSTEM as STATEMENTS
from connectors.statements.transfer_file import TransferOrder
from jobs import queues
from jobs.effects.model import Effect, EffectState, Handler, Outcome
from jobs.refunds import doubt, news, sending, signing, stopping
from jobs.refunds.ground import Ground
from jobs.refunds.model import Refund
from jobs.refunds.moves import Moves
from jobs.refunds.news import Told
from jobs.refunds.policy import RIGHT_OF, Step
from jobs.refunds.ports import Standing
from mappings.canonical.codec import from_json
from mappings.canonical.payment import RefundNews, RefundVerdict
from mappings.canonical.payment import RefundState as S

if TYPE_CHECKING:
    from jobs.store.ports import Tx

SENDABLE = (S.RESERVED, S.NOT_SENT, S.SENDING)
NOTHING_LEFT = frozenset({"Unavailable", "CredentialsRefused"})
"""Last words of an effect that was parked although nothing ever left: the names of the errors that prove it."""
STOPPED, GONE, BLOCKED, CHANGED, RIGHT_GONE = (
    "stop-switch",
    "not-approved",
    "unknown-blocks",
    "other-terms",
    "right-gone",
)


@dataclass(frozen=True, slots=True)
class GatewayRefunds:
    """``<gateway>.refund``: one effect is one refund."""

    ground: Ground

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:
        """SENDING with the claim; who may not go any more is set aside with its reason."""
        moves = _moves_by_effect(tx, self.ground, effects)
        mine = {refund.effect_key: refund for refund in moves.refunds.values()}
        gate = Gate.read(moves)
        reasons: dict[int, str] = {}
        going: list[tuple[Effect, Refund]] = []
        doubted = doubt.doubtful(tx, moves.refunds.values())
        for effect in effects:
            refund = mine.get(effect.key)
            if refund is not None and refund.reference in doubted:
                reasons[effect.id] = _doubt(moves, refund)
                continue
            reason = GONE if refund is None else gate.why_not(refund, effect.payload.get("amount"))
            if refund is not None and not reason:
                going.append((effect, refund))
            elif refund is not None and reason != GONE:
                _set_aside(moves, refund, reason)
            if reason:
                reasons[effect.id] = reason
        stopped = stopping.admit(moves, [refund for _, refund in going])
        for effect, refund in going:
            if refund.reference in stopped:
                reasons[effect.id] = STOPPED
                moves.keep(refund, waiting_for="stopped")
            elif refund.state is not S.SENDING:
                moves.to(refund, S.SENDING, correlation_id=effect.correlation_id, waiting_for="")
        moves.write()
        return reasons

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        """What an answer, a look-up or its absence does to the refund; follow-ups are planned here."""
        moves = _moves_by_effect(tx, self.ground, [outcome.effect for outcome in outcomes])
        mine = {refund.effect_key: refund.reference for refund in moves.refunds.values()}
        for outcome in outcomes:
            reference = mine.get(outcome.effect.key)
            if reference is not None:
                _outcome(moves, moves.refunds[reference], outcome)
        moves.write()
        stopping.look(tx, self.ground, moves.reached)


@dataclass(frozen=True, slots=True)
class RefundQueries:
    """``<gateway>.query_refund``: one question; its answer plans the next one."""

    ground: Ground

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:  # noqa: ARG002 - a question is always free
        """Nothing to check."""
        return {}

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        """Take the answer; ask again until the money was seen."""
        moves = Moves.lock(tx, self.ground, [outcome.effect.reference for outcome in outcomes])
        for outcome in outcomes:
            if outcome.state is EffectState.PLANNED:
                continue  # not answered yet; the engine asks again
            refund = moves.refunds.get(outcome.effect.reference)
            told = outcome.data.get("news")
            if refund is not None and told is not None:
                news.take(
                    moves, Told(from_json(RefundNews, told), correlation_id=outcome.effect.correlation_id)
                )
            refund = moves.refunds.get(outcome.effect.reference)
            # An answer to an older question does not begin a second row of questions.
            if (
                refund is not None
                and refund.state in _ASKED
                and sending.query_key(refund) == outcome.effect.key
            ):
                sending.ask(moves, refund)
        moves.write()
        stopping.look(tx, self.ground, moves.reached)


_ASKED = (S.UNKNOWN, S.ACCEPTED, S.SENT_TO_BANK)


@dataclass(frozen=True, slots=True)
class TransferOrders:
    """``statements.submit_transfer_orders``: one effect carries many refunds; all of them go or none."""

    ground: Ground

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:
        """SENDING with the claim. When one order may not go, the file is set aside and the others make a new one."""
        moves = _moves_by_effect(tx, self.ground, effects)
        reasons: dict[int, str] = {}
        for effect in effects:
            refunds = [r for r in moves.refunds.values() if r.effect_key == effect.key]
            doubted = doubt.doubtful(tx, refunds)
            if doubted:
                reasons[effect.id] = next(_doubt(moves, r) for r in refunds if r.reference in doubted)
                continue
            reason = self._why_not(moves, effect, refunds)
            if reason:
                reasons[effect.id] = reason
                continue
            for refund in refunds:
                if refund.state is not S.SENDING:
                    moves.to(refund, S.SENDING, correlation_id=effect.correlation_id)
        moves.write()
        return reasons

    def _why_not(self, moves: Moves, effect: Effect, refunds: Sequence[Refund]) -> str:
        orders = [from_json(TransferOrder, item) for item in effect.payload["orders"]]
        if sorted(orders, key=_reference) != sorted((sending.order(r) for r in refunds), key=_reference):
            return CHANGED
        gate = Gate.read(moves)
        reasons = {refund.reference: gate.why_not(refund, refund.amount) for refund in refunds}
        stopped: set[str] = set() if any(reasons.values()) else stopping.admit(moves, refunds)
        if not stopped and not any(reasons.values()):
            return ""
        moves.tx.wake(queues.REFUNDS)
        for refund in refunds:
            if refund.state is S.SENDING:
                continue  # given back unsent before; the file is the same, and a person looks at it
            free = moves.keep(refund, effect_key=None, waiting_for="stopped" if stopped else "")
            if reasons[refund.reference] == BLOCKED:
                moves.keep(free, waiting_for=sending.OTHER)  # goes on by itself when the other one is known
            elif reasons[refund.reference]:
                _set_aside(moves, free, reasons[refund.reference])
        return next((reason for reason in reasons.values() if reason), STOPPED)

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        """Handed over is not paid: the statement settles each order."""
        moves = _moves_by_effect(tx, self.ground, [outcome.effect for outcome in outcomes])
        for outcome in outcomes:
            for refund in [r for r in moves.refunds.values() if r.effect_key == outcome.effect.key]:
                _outcome(moves, moves.refunds[refund.reference], outcome)
        moves.write()
        stopping.look(tx, self.ground, moves.reached)


def handlers(ground: Ground) -> dict[tuple[str, str], Handler]:
    """(system, operation) → handler, for the engine."""
    made: dict[tuple[str, str], Handler] = {(STATEMENTS, SUBMIT): TransferOrders(ground)}
    for gateway in ground.gateways.values():
        if gateway.refund is not None:
            made[gateway.provider, sending.REFUND] = GatewayRefunds(ground)
            made[gateway.provider, sending.QUERY] = RefundQueries(ground)
    return made


def _reference(order: TransferOrder) -> str:
    return order.reference


def _moves_by_effect(tx: Tx, ground: Ground, effects: Sequence[Effect]) -> Moves:
    found = tx.refunds.by_effect([effect.key for effect in effects])
    return Moves.of(tx, ground, [refund for refunds in found.values() for refund in refunds])


@dataclass(frozen=True, slots=True)
class Gate:
    """The last look before anything leaves: everything again, because time has passed since the approval."""

    moves: Moves
    signers: Mapping[int, Sequence[tuple[str, Step]]]
    standing: Mapping[str, Standing]

    @classmethod
    def read(cls, moves: Moves) -> Gate:
        """What must be known of all refunds of a batch, read together."""
        signers = signing.signers(moves.tx, list(moves.refunds.values()))
        logins = sorted({login for needed in signers.values() for login, _ in needed})
        return cls(moves, signers, moves.ground.people.standing(moves.tx, logins))

    def why_not(self, refund: Refund, amount: object) -> str:
        """What forbids sending this refund now; empty: nothing does."""
        if refund.state not in SENDABLE:
            return GONE
        if amount != refund.amount or refund.terms_hash != refund.terms():
            return CHANGED
        others = self.moves.tx.refunds.of_payment(refund.attempt_id)
        if any(other.state is S.UNKNOWN and other.id != refund.id for other in others):
            return BLOCKED
        needed = self.signers.get(refund.id, ())
        for login, step in needed:
            person = self.standing.get(login)
            if person is None or RIGHT_OF[step] not in person.rights:
                return RIGHT_GONE
        return "" if len({login for login, _ in needed}) >= 2 else RIGHT_GONE


def _doubt(moves: Moves, refund: Refund) -> str:
    """It may have been paid in the time that a restored backup does not know: asked about, and two people decide."""
    following = moves.ground.next_ask(replace(refund, sent_at=moves.tx.now), moves.tx.now)
    unknown = moves.to(
        refund, S.UNKNOWN, facts={"why": doubt.RESTORED}, next_look_up_at=following.at, waiting_for=""
    )
    moves.case("refund_unknown", sending.ask(moves, unknown), code=doubt.RESTORED)
    return doubt.RESTORED


def _set_aside(moves: Moves, refund: Refund, reason: str) -> None:
    """Nothing left us: it stays reserved, and a person decides."""
    kept = moves.keep(refund, waiting_for="person")
    moves.case("refund_not_sent", kept, reason=reason)
    moves.tell(kept, "set_aside", facts={"reason": reason})


def _outcome(moves: Moves, refund: Refund, outcome: Outcome) -> None:
    effect = outcome.effect
    match outcome.state:
        case EffectState.DONE:
            _take(moves, refund, outcome, RefundVerdict.ACCEPTED if effect.system != STATEMENTS else RefundVerdict.SENT_TO_BANK)  # fmt: skip
        case EffectState.REFUSED:
            _take(moves, refund, outcome, RefundVerdict.REJECTED)
        case EffectState.UNKNOWN:
            _unknown(moves, refund, outcome)
        case EffectState.PLANNED:
            _nothing_left(moves, refund, outcome, person=False)
        case EffectState.PARKED:
            if outcome.code in NOTHING_LEFT and refund.state in SENDABLE:
                _nothing_left(moves, refund, outcome, person=True)
            else:
                _unknown(moves, refund, outcome)
                _ask_ourselves(moves, moves.refunds[refund.reference])
        case _:
            pass


def _take(moves: Moves, refund: Refund, outcome: Outcome, verdict: RefundVerdict) -> None:
    told = outcome.data.get("news") if outcome.state is EffectState.DONE else None
    item = from_json(RefundNews, told) if told else None
    if item is None or item.reference != refund.reference:
        source = "query" if outcome.asked else "answer"
        item = RefundNews(refund.reference, verdict, source, code=outcome.code, message=outcome.message)
    if item.verdict in (RefundVerdict.PENDING, RefundVerdict.UNKNOWN):
        item = replace(item, verdict=verdict)
    effect = outcome.effect
    news.take(moves, Told(item, correlation_id=effect.correlation_id, own_effect=effect.key))


def _unknown(moves: Moves, refund: Refund, outcome: Outcome) -> None:
    """The answer was lost, or the other side does not know yet: never a failure, and never without a next look."""
    following = moves.ground.next_ask(refund, moves.tx.now)
    changes: dict[str, Any] = {"next_look_up_at": following.at, "code": outcome.code or refund.code}
    if refund.state in (S.SENDING, S.RESERVED, S.NOT_SENT):
        facts = {"code": outcome.code}
        refund = moves.to(
            refund, S.UNKNOWN, facts=facts, correlation_id=outcome.effect.correlation_id, **changes
        )
    elif refund.state is S.UNKNOWN:
        refund = moves.keep(refund, **changes)
    else:
        return
    if following.overdue and not refund.overdue:
        moves.keep(refund, overdue=True)
        moves.case("refund_unknown", refund, code=outcome.code)


def _ask_ourselves(moves: Moves, refund: Refund) -> None:
    """The engine has set the effect aside; asking goes on by itself, and a person knows."""
    if refund.state is S.UNKNOWN:
        asked = sending.ask(moves, refund)
        moves.case("refund_unknown", asked, code=refund.code)


def _nothing_left(moves: Moves, refund: Refund, outcome: Outcome, *, person: bool) -> None:
    """Proof that no byte left us, or two people's word that nothing was done."""
    if refund.state in (S.SENDING, S.UNKNOWN):
        facts = {"code": outcome.code}
        refund = moves.to(
            refund, S.NOT_SENT, facts=facts, correlation_id=outcome.effect.correlation_id, code=outcome.code
        )
    if person:
        _set_aside(moves, refund, outcome.code)
