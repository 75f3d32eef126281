"""Refunds of one installation: what people do, what opens by itself, and the news that moves them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from connectors.kit.seams import Chance, Ids
from jobs.access import audit as access_audit
from jobs.access.model import Actor, ActorKind, Right
from jobs.errors import Changed, Duplicate, IllegalTransition, NotAllowed, NotFound
from jobs.payments.gateways import GATEWAYS, Gateway
from jobs.reconciliation.ports import Calendar
from jobs.refunds import news, opening, owing, resuming, sending, signing
from jobs.refunds.ground import Ground, NoChance
from jobs.refunds.model import ORDERS, Refund, Signature
from jobs.refunds.moves import NOWHERE, Moves, Seen
from jobs.refunds.news import Told
from jobs.refunds.opening import Wanted
from jobs.refunds.owing import Cause
from jobs.refunds.people import Accounts
from jobs.refunds.policy import Step
from jobs.refunds.ports import Audit, People
from jobs.refunds.routes import Payee
from mappings.canonical.payment import RefundNews, RefundRoute
from mappings.canonical.payment import RefundState as S

if TYPE_CHECKING:
    from jobs.payments.model import Attempt
    from jobs.store.ports import Store, Tx

R = TypeVar("R")


class Refunds:
    """The desk of refunds (``adapters.desks.RefundDesk``), and who opens what is owed (``jobs.payments.ports.Owed``)."""

    def __init__(
        self,
        store: Store,
        ids: Ids,
        *,
        calendar: Calendar,
        chance: Chance | None = None,
        people: People | None = None,
        audit: Audit | None = None,
        gateways: Mapping[str, Gateway] = GATEWAYS,
    ) -> None:
        """Needs nothing that is open.

        Args:
            chance: spreads look-ups.
            people: who has which right at a moment; the installation's accounts where ``None``.
            audit: writes the audit row of an act into its transaction.
            gateways: what each way to pay can do, by provider.
        """
        self._store = store
        self.ground = Ground(
            ids, chance or NoChance(), calendar, people or Accounts(), audit or access_audit.record, gateways
        )

    # What people do.

    def propose(
        self,
        *,
        payment_reference: str,
        amount: int,
        expected_remaining: int,
        cause: str,
        reason: str,
        key: str,
        actor: Actor,
    ) -> str:
        """The refund's reference; the same ``key`` of the same actor gives the same refund.

        Raises:
            NotFound: no such payment.
            NotAllowed: ``changed`` (``expected_remaining`` is not what is left), ``above-remaining``, ``not-paid``,
                ``unknown-blocks``, ``tax``, ``no-right``.
            Duplicate: the key was used for something else.
        """
        intent = (payment_reference, amount, cause, reason)

        def work(tx: Tx) -> str:
            name = f"intent:{actor}:{key}"
            with self._payment(tx, payment_reference) as attempt:
                there = tx.refunds.by_key(name)
                if there is not None:
                    if (there.payment, there.amount, there.cause, there.reason) != intent:
                        raise Duplicate(f"refund key {key} was used for something else")
                    return there.reference
                moves = Moves(tx, self.ground)
                refund = self._proposed(
                    moves, attempt, amount, expected_remaining, cause, reason, name, actor
                )
                moves.write()
            self._note(tx, actor, "propose-refund", refund, reason)
            return refund.reference

        return self._store.run("propose-refund", work)

    def _proposed(
        self,
        moves: Moves,
        attempt: Attempt,
        amount: int,
        expected_remaining: int,
        cause: str,
        reason: str,
        key: str,
        actor: Actor,
    ) -> Refund:
        tx = moves.tx
        if actor.kind is ActorKind.PERSON:
            self._must_hold(tx, actor, Right.PROPOSE_REFUND)
        left = opening.look(tx, attempt)
        if attempt.state not in opening.HELD_BY_US:
            raise NotAllowed(
                "not-paid", "Giao dịch này chưa thu được tiền.", "This payment brought no money."
            )
        if left.unknown:
            raise signing.unknown_blocks()
        if left.remaining != expected_remaining:
            raise Changed(
                "Số còn hoàn được đã thay đổi. Hãy tải lại trang.",
                "The refundable amount changed in the meantime. Please load it again.",
            )
        taken = opening.draw(left, amount, cause)
        kind = next((line.kind for line in left.lines if taken.lines and line.fee_line_id == taken.lines[0].fee_line_id), "")  # fmt: skip
        first = left.lines[0] if left.lines else None
        dossier = tx.dossiers.by_code(first.dossier_code) if first else None
        procedure = dossier.procedure_code if dossier else ""
        row = opening.row_for(tx, cause, kind, "", procedure, first.unit if first else "", amount)
        wanted = Wanted(key, cause, reason, "", "", str(actor), taken, policy=row)
        refund = opening.open_refund(moves, left, wanted)
        if refund is None:
            raise Duplicate(f"refund key {key} is taken")
        if actor.kind is ActorKind.PERSON:
            tx.refunds.sign(refund, Signature(Step.PROPOSE, str(actor), tx.now, refund.terms()))
        return refund

    def approve(self, reference: str, *, amount: int, actor: Actor) -> None:
        """Sign the next step; the last signature approves, freezes the terms, reserves, and plans what is to be sent.

        Pressing twice is once. A refund that a rule or a key wrote down needs a person who asks for it (the first step)
        and another one who approves.

        Raises:
            NotFound, IllegalTransition
            NotAllowed: see :func:`jobs.refunds.signing.sign`.
        """

        def work(tx: Tx) -> None:
            with self._refund(tx, reference) as (refund, attempt):
                mine = tx.refunds.signatures([refund.id]).get(refund.id, [])
                if refund.approved_by == str(actor) and any(each.person == str(actor) for each in mine):
                    return
                moves = Moves.of(tx, self.ground, [refund])
                signed = signing.sign(moves, refund, attempt, actor, amount=amount)
                moves.write()
            act = "approve-refund" if signed.approved_by else "sign-refund"
            self._note(tx, actor, act, signed)

        self._store.run("approve-refund", work)

    def decline(self, reference: str, *, reason: str, actor: Actor) -> None:
        """Say no; nothing was reserved. Who asked for it takes it back by this as well."""

        def work(tx: Tx) -> None:
            with self._refund(tx, reference) as (refund, _):
                own = str(actor) in (refund.requested_by, refund.opened_by)
                after = S.WITHDRAWN if own else S.DECLINED
                if refund.state is after:
                    return
                if not own:
                    signing.person(actor)
                    self._must_hold(tx, actor, Right.APPROVE_REFUND)
                self._end(tx, refund, after, reason, actor)

        self._store.run("decline-refund", work)

    def withdraw(self, reference: str, *, reason: str, actor: Actor) -> None:
        """Take one's own proposal back.

        Raises:
            NotAllowed: ``not-yours``.
        """

        def work(tx: Tx) -> None:
            with self._refund(tx, reference) as (refund, _):
                if str(actor) not in (refund.requested_by, refund.opened_by):
                    raise NotAllowed("not-yours", "Không phải đề nghị của bạn.", "It is not your proposal.")
                if refund.state is not S.WITHDRAWN:
                    self._end(tx, refund, S.WITHDRAWN, reason, actor)

        self._store.run("withdraw-refund", work)

    def _end(self, tx: Tx, refund: Refund, after: S, reason: str, actor: Actor) -> None:
        moves = Moves.of(tx, self.ground, [refund])
        moves.to(refund, after, actor=str(actor), facts={"reason": reason}, message=reason[:300])
        moves.write()
        self._note(tx, actor, f"{after.lower()}-refund", refund, reason)

    def withhold(self, reference: str, *, reason: str, actor: Actor) -> None:
        """Stop an approved refund before anything left us; the money is held no longer.

        Raises:
            NotAllowed: ``being-sent``: it may be on its way.
            IllegalTransition: it left us already.
        """

        def work(tx: Tx) -> None:
            seen = tx.refunds.by_reference([reference]).get(reference)
            if seen is None:
                raise NotFound(f"refund {reference}")
            signing.person(actor)
            self._must_hold(tx, actor, Right.APPROVE_REFUND, Right.PROPOSE_REFUND)
            # The effect first: in this order the engine locks them too.
            planned = seen.effect_key if seen.state in (S.RESERVED, S.NOT_SENT) else None
            if planned is not None and not tx.effects.cancel([planned], reason):
                raise NotAllowed("being-sent", "Lệnh đang được gửi.", "It is being sent right now.")
            with self._refund(tx, reference) as (refund, _):
                moves = Moves.of(tx, self.ground, [refund])
                moves.to(refund, S.RELEASED, actor=str(actor), facts={"reason": reason}, waiting_for="",
                         message=reason[:300])  # fmt: skip
                moves.write()
                if refund.effect_key is not None and refund.effect_key.startswith(ORDERS):
                    resuming.free_file(tx, self.ground, refund)
            self._note(tx, actor, "withhold-refund", refund, reason)

        self._store.run("withhold-refund", work)

    def set_payee(self, reference: str, payee: Payee, *, actor: Actor) -> None:
        """Say where a transfer goes, before anybody but the proposer signed. A gateway refund becomes a transfer.

        Raises:
            NotAllowed: ``signed``, ``no-right``, or what the payee lacks (``account``, ``paper``, ``name``).
        """

        def work(tx: Tx) -> None:
            signing.person(actor)
            self._must_hold(tx, actor, Right.PROPOSE_REFUND)
            with self._refund(tx, reference) as (refund, _):
                if refund.state is not S.REQUESTED:
                    raise IllegalTransition("refund", reference, refund.state, S.REQUESTED)
                given = tx.refunds.signatures([refund.id]).get(refund.id, [])
                if any(each.step is not Step.PROPOSE for each in given):
                    raise NotAllowed(
                        "signed", "Đã có người ký; hãy lập đề nghị mới.", "It is signed; make a new proposal."
                    )
                signing.refuse_payee(RefundRoute.TRANSFER, payee)
                moves = Moves.of(tx, self.ground, [refund])
                account = opening.payer_account(tx, refund.unit)
                kept = moves.keep(
                    signing.with_payee(refund, payee), route=RefundRoute.TRANSFER, one_at_a_time=False,
                    payer_account=account, updated_at=tx.now,
                )  # fmt: skip
                moves.tell(kept, "payee", str(actor), {"other": payee.other, "paper": payee.paper})
                moves.write()
            self._note(tx, actor, "set-refund-payee", refund)

        self._store.run("set-refund-payee", work)

    def treasury_order(self, reference: str, *, document_number: str, actor: Actor) -> None:
        """Note that the paper order was handed to the treasury, with its number; its statement settles the refund."""

        def work(tx: Tx) -> None:
            signing.person(actor)
            self._must_hold(tx, actor, Right.PROPOSE_REFUND)
            if not document_number.strip():
                raise NotAllowed("no-document", "Thiếu số văn bản.", "The document number is missing.")
            with self._refund(tx, reference) as (refund, _):
                if refund.route is not RefundRoute.TREASURY:
                    raise NotAllowed(
                        "not-treasury", "Không hoàn qua Kho bạc.", "It does not go by the treasury."
                    )
                moves = Moves.of(tx, self.ground, [refund])
                sent = moves.to(
                    refund, S.SENT_TO_BANK, actor=str(actor), facts={"document": document_number},
                    document_number=document_number.strip(), waiting_for="treasury",
                )  # fmt: skip
                sending.ask(moves, sent)
                moves.write()
            self._note(tx, actor, "treasury-order", refund, document_number)

        self._store.run("treasury-order", work)

    # What opens by itself (jobs.payments.ports.Owed).

    def open(
        self,
        tx: Tx,
        *,
        attempt_reference: str,
        amount: int,
        cause: str,
        cause_key: str,
        dossier_code: str,
        stage: str = "",
    ) -> None:
        """Money of one payment is owed back; the same ``cause_key`` is one refund."""
        owing.surplus(
            tx, self.ground, Cause(cause, cause_key, dossier_code, stage), attempt_reference, amount
        )

    def dossier_closed(self, tx: Tx, dossier_code: str, reason: str, stage: str) -> None:
        """A dossier was refused, withdrawn or cancelled: what is kept of its payments may be owed."""
        cause = Cause(reason, f"closed:{dossier_code}:{reason}", dossier_code, stage)
        owing.dossier_closed(tx, self.ground, cause)

    def fee_lowered(self, tx: Tx, dossier_code: str) -> None:
        """Less is due than was paid: the difference is owed."""
        owing.fee_lowered(tx, self.ground, dossier_code)

    # News.

    def apply_news(self, tx: Tx, told: RefundNews, *, seen: Seen = NOWHERE, correlation_id: str = "") -> None:
        """Take one piece of news in the given transaction; see :func:`jobs.refunds.news.apply`."""
        news.apply(tx, self.ground, [Told(told, seen, correlation_id)])

    def look_up(self, tx: Tx, reference: str) -> bool:
        """Ask for a refund's outcome now; ``False``: it has not left us, or its end is known."""
        moves = Moves.lock(tx, self.ground, [reference])
        refund = moves.refunds.get(reference)
        if refund is None or refund.state not in (S.UNKNOWN, S.ACCEPTED, S.SENT_TO_BANK):
            return False
        if refund.asks:
            tx.effects.cancel([sending.query_key(refund)], "asked now")
        sending.ask(moves, refund, now=True)
        moves.write()
        return True

    # Work of the queue; see jobs.refunds.actors.

    def order_files(self) -> int:
        """Put approved transfers into order files; how many orders. To be repeated until 0."""
        return self._store.run("refund-orders", lambda tx: sending.order_files(tx, self.ground))

    def due_look_ups(self, *, most: int = 200) -> int:
        """Look after refunds whose next look is due; how many. To be repeated until 0."""
        return self._store.run("refund-look-ups", lambda tx: resuming.due(tx, self.ground, most))

    def held_up(self, *, most: int = 200) -> int:
        """Send what waited for another refund of its payment and can go; how many."""
        return self._store.run("refund-held-up", lambda tx: resuming.held_up(tx, self.ground, most))

    # Stop switch and backup.

    def stop(self, channel: str, *, reason: str, actor: Actor) -> None:
        """Let nothing leave by a channel (a gateway, or ``statements``) until a person resumes it."""

        def work(tx: Tx) -> None:
            signing.person(actor)
            resuming.stop(tx, channel, reason, str(actor))
            self.ground.audit(tx, actor, "stop-refunds", f"channel:{channel}", reason=reason)

        self._store.run("stop-refunds", work)

    def resume(self, channel: str, *, reason: str, actor: Actor) -> int:
        """Lift a stop; what was held back by it is sent. How many."""

        def work(tx: Tx) -> int:
            signing.person(actor)
            self._must_hold(tx, actor, Right.APPROVE_REFUND)
            count = resuming.resume(tx, self.ground, channel)
            self.ground.audit(tx, actor, "resume-refunds", f"channel:{channel}", reason=reason)
            return count

        return self._store.run("resume-refunds", work)

    def after_restore(self) -> int:
        """After an older backup was restored: nothing that may have left is sent before it was looked up (M13)."""
        return self._store.run("refunds-after-restore", lambda tx: resuming.after_restore(tx, self.ground))

    @contextmanager
    def _payment(self, tx: Tx, reference: str) -> Iterator[Attempt]:
        attempt = tx.payments.lock([reference]).get(reference)
        if attempt is None:
            raise NotFound(f"payment {reference}")
        yield attempt

    @contextmanager
    def _refund(self, tx: Tx, reference: str) -> Iterator[tuple[Refund, Attempt]]:
        """A refund with its payment, locked in the order that everybody keeps: payment, refund."""
        seen = tx.refunds.by_reference([reference]).get(reference)
        if seen is None:
            raise NotFound(f"refund {reference}")
        with self._payment(tx, seen.payment) as attempt:
            yield tx.refunds.by_reference([reference], lock=True)[reference], attempt

    def _must_hold(self, tx: Tx, actor: Actor, *rights: Right) -> None:
        me = self.ground.people.standing(tx, [actor.name]).get(actor.name)
        if me is None or not any(right in me.rights for right in rights):
            raise NotAllowed("no-right", "Bạn không có quyền làm việc này.", "You may not do this.")

    def _note(self, tx: Any, actor: Actor, action: str, refund: Refund, reason: str = "") -> None:
        self.ground.audit(
            tx, actor, action, refund.subject, dossier_code=refund.dossier_code or None, reason=reason,
            facts={"amount": refund.amount, "state": str(refund.state)},
        )  # fmt: skip
