"""Signatures under a refund: in their order, each by another person who has the right, none by the payee."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from jobs.access.model import Actor, ActorKind
from jobs.errors import Changed, IllegalTransition, NotAllowed
from jobs.ledger.model import local_day
from jobs.payments.model import Attempt
from jobs.refunds import opening, routes, sending
from jobs.refunds.ground import Ground
from jobs.refunds.model import Refund, Signature
from jobs.refunds.moves import Moves
from jobs.refunds.policy import RIGHT_OF, Step
from jobs.refunds.routes import Payee
from jobs.refunds.rules import names_agree
from mappings.canonical.payment import RefundRoute
from mappings.canonical.payment import RefundState as S

if TYPE_CHECKING:
    from jobs.store.ports import Tx

_PERSON = "person:"
_TROUBLES = {
    "account": ("Chưa có tài khoản nhận.", "The payee's account is not known yet."),
    "paper": (
        "Tài khoản khác tài khoản đã trả: cần giấy đề nghị hoặc ủy quyền.",
        "Another account than the payer's needs a request or authorisation paper.",
    ),
    "name": (
        "Tên chủ tài khoản không khớp tên người nhận.",
        "The account holder's name is not the payee's.",
    ),
}


def person(actor: Actor) -> str:
    """The actor as a signature; only a person can sign.

    Raises:
        NotAllowed: ``not-a-person``.
    """
    if actor.kind is not ActorKind.PERSON:
        raise NotAllowed("not-a-person", "Chỉ người có tên mới được ký.", "Only a named person can sign.")
    return str(actor)


def login(who: str) -> str:
    """The login behind ``person:LOGIN``; empty for anybody else."""
    return who.removeprefix(_PERSON) if who.startswith(_PERSON) else ""


def next_step(refund: Refund, given: Sequence[Signature]) -> Step:
    """The first step without a signature."""
    done = {each.step for each in given}
    missing = [step for step in refund.steps if step not in done]
    if not missing:
        raise IllegalTransition("refund", refund.reference, refund.state, S.APPROVED)
    return missing[0]


def sign(moves: Moves, refund: Refund, attempt: Attempt, actor: Actor, *, amount: int) -> Refund:
    """Give the next signature; the last one approves, reserves and plans the effect.

    Raises:
        IllegalTransition: it is not waiting for signatures.
        NotAllowed: ``changed``, ``no-right``, ``same-person``, ``payee``, ``unknown-blocks``, ``no-account``, ``account``,
            ``paper``, ``name``.
    """
    tx, who = moves.tx, person(actor)
    if refund.state is not S.REQUESTED:
        raise IllegalTransition("refund", refund.reference, refund.state, S.APPROVED)
    if amount != refund.amount:
        raise Changed(
            "Số tiền đã khác lúc bạn mở trang. Hãy xem lại.",
            "The amount is not the one that was shown. Please look again.",
        )
    given = tx.refunds.signatures([refund.id]).get(refund.id, [])
    step = next_step(refund, given)
    refuse_who(moves.ground, tx, refund, given, step, who)
    signature = Signature(step, who, tx.now, refund.terms())
    if step is Step.PROPOSE:
        # Written down by a rule or a key, asked for by a person from here on.
        refund = moves.keep(refund, requested_by=who)
    if step is not refund.steps[-1]:
        tx.refunds.sign(refund, signature)
        moves.tell(refund, "signed", who, {"step": step.value})
        return refund
    refuse_what(moves, refund, attempt)
    tx.refunds.sign(refund, signature)
    return reserve(moves, refund, attempt, who)


def reserve(moves: Moves, refund: Refund, attempt: Attempt, approved_by: str) -> Refund:
    """Approve and reserve in one: the terms freeze, the ledger holds the money, the effect is planned."""
    approved = moves.to(
        refund,
        S.APPROVED,
        actor=approved_by,
        approved_by=approved_by,
        approved_at=moves.tx.now,
        terms_hash=refund.terms(),
    )
    reserved = moves.to(approved, S.RESERVED, actor=approved_by)
    others = [other for other in moves.tx.refunds.of_payment(attempt.id) if other.id != refund.id]
    return sending.send(moves, reserved, attempt, others)


def refuse_who(
    ground: Ground, tx: Tx, refund: Refund, given: Sequence[Signature], step: Step, who: str
) -> None:
    """Refuse a signature that M7 forbids; everybody who signed before must still have the right now."""
    if who in {each.person for each in given} or (step is not Step.PROPOSE and who == refund.requested_by):
        raise NotAllowed(
            "same-person",
            "Không ai được ký hai lần; cần người khác.",
            "Nobody signs twice; another person has to.",
        )
    logins = {login(who), *(login(each.person) for each in given)}
    standing = ground.people.standing(tx, sorted(logins))
    me = standing.get(login(who))
    if me is None or RIGHT_OF[step] not in me.rights:
        raise NotAllowed(
            "no-right",
            f"Bước tiếp theo là {step.value}; vai trò của bạn không ký được bước này.",
            f"The next step is {step.value}; your role may not sign it.",
        )
    for each in given:
        they = standing.get(login(each.person))
        if they is None or RIGHT_OF[each.step] not in they.rights:
            raise NotAllowed(
                "right-gone",
                "Người ký trước không còn quyền; hãy lập đề nghị mới.",
                "Who signed before has lost the right; make a new proposal.",
            )
    if any(names_agree(somebody.name, refund.payee_name) for somebody in standing.values()):
        raise NotAllowed("payee", "Người nhận tiền không được ký.", "The payee may not sign.")


def refuse_what(moves: Moves, refund: Refund, attempt: Attempt) -> None:
    """Refuse an approval whose money or payee is not in order."""
    left = opening.look(moves.tx, attempt)
    if left.unknown:
        raise unknown_blocks()
    if left.remaining < 0:
        raise NotAllowed(
            "above-remaining",
            "Vượt quá số đã thu.",
            "Together with the other refunds it is more than was paid.",
        )
    refuse_payee(refund.route, payee_of(refund))
    if refund.route is not RefundRoute.TRANSFER:
        return
    account = opening.payer_account(moves.tx, refund.unit)
    if not account:
        raise NotAllowed(
            "no-account",
            "Không có tài khoản chi hoàn của đơn vị thu hoặc đơn vị kế thừa.",
            "Neither the collecting unit nor a successor has an account on record that pays refunds.",
        )
    moves.keep(refund, payer_account=account)


def refuse_payee(route: RefundRoute, payee: Payee) -> None:
    """Refuse a payee that a transfer cannot or must not go to."""
    trouble = routes.payee_trouble(route, payee)
    if trouble:
        raise NotAllowed(trouble, *_TROUBLES[trouble])


def payee_of(refund: Refund) -> Payee:
    """Who gets the money."""
    return Payee(
        refund.payee_bank, refund.payee_account, refund.payee_name, refund.payee_other, refund.payee_paper,
        refund.payee_holder,
    )  # fmt: skip


def unknown_blocks() -> NotAllowed:
    """The refusal while another refund of the payment has an unknown outcome."""
    return NotAllowed(
        "unknown-blocks",
        "Một khoản hoàn khác của giao dịch này chưa rõ kết quả; phải chờ.",
        "Another refund of this payment has an unknown outcome; it has to be known first.",
    )


def by_mandate(moves: Moves, refund: Refund, attempt: Attempt) -> Refund | None:
    """Approve by a standing mandate that covers it, or leave it to people."""
    tx, day = moves.tx, local_day(moves.tx.now)
    if refund.waiting_for:
        return None
    for mandate in tx.refunds.mandates(day):
        name = f"{ActorKind.MANDATE.value}:{mandate.number}"
        spent = tx.refunds.spent_by(name, day)
        if not mandate.covers(cause=refund.cause, amount=refund.amount, spent_today=spent, day=day):
            continue
        signers = [login(mandate.signed_first), login(mandate.signed_second or "")]
        standing = moves.ground.people.standing(tx, signers)
        right = RIGHT_OF[Step.APPROVE]
        if all((one := standing.get(each)) is not None and right in one.rights for each in signers):
            try:
                refuse_what(moves, refund, attempt)
            except NotAllowed:
                return None  # people see why
            moves.ground.audit(
                tx,
                Actor(ActorKind.MANDATE, mandate.number),
                "approve-refund",
                refund.subject,
                dossier_code=refund.dossier_code or None,
                facts={"amount": refund.amount},
            )
            return reserve(moves, moves.refunds[refund.reference], attempt, name)
    return None


def signers(tx: Tx, refunds: Sequence[Refund]) -> dict[int, list[tuple[str, Step]]]:
    """Who must have which right at the moment of sending, by refund: (login, step)."""
    given = tx.refunds.signatures([refund.id for refund in refunds])
    found = {n: [(login(each.person), each.step) for each in own] for n, own in given.items()}
    start = f"{ActorKind.MANDATE.value}:"
    for refund in refunds:
        if refund.approved_by is not None and refund.approved_by.startswith(start):
            mandate = tx.refunds.mandate(refund.approved_by.removeprefix(start))
            alive = mandate is not None and mandate.revoked_at is None
            names = (mandate.signed_first, mandate.signed_second or "") if mandate and alive else ()
            found[refund.id] = [(login(name), Step.APPROVE) for name in names]
    return found


def with_payee(refund: Refund, payee: Payee) -> Refund:
    """The refund with another payee; only before anybody but the proposer signed."""
    return replace(
        refund,
        payee_bank=payee.bank,
        payee_account=payee.account,
        payee_name=payee.name,
        payee_other=payee.other,
        payee_paper=payee.paper,
        payee_holder=payee.holder_name,
        waiting_for="" if payee.complete else "account",
    )
