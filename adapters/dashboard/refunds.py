"""Hoàn tiền: propose; a second person approves; nobody approves their own."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from adapters.dashboard.formats import read_money
from adapters.dashboard.visits import Visit
from adapters.dashboard.words import say
from jobs.access.model import Right
from jobs.errors import NotFound
from jobs.refunds.routes import Payee
from jobs.store.postgres.views import dossiers, payments, refunds

# The way of a refund that goes well; the page shows where this one stands on it.
STEPS = ("REQUESTED", "RESERVED", "SENDING", "ACCEPTED", "SENT_TO_BANK", "SETTLED")
_BESIDE = {"APPROVED": "REQUESTED", "UNKNOWN": "SENDING", "NOT_SENT": "RESERVED"}
CAUSES = (
    "refused",
    "withdrawn",
    "cancelled",
    "paid_twice",
    "paid_too_much",
    "reversed",
    "late_payment",
    "fee_lowered",
    "other",
)


def index(visit: Visit) -> Response:
    """``GET /refunds``: one queue at a time."""
    chosen = visit.ask("queue") or "approve"
    states = refunds.QUEUES.get(chosen)
    if states is None:
        raise NotFound("queue")
    before = visit.ask("before", 18)
    with visit.edge.store.transaction("page-refunds") as tx:
        rows = refunds.queue(tx, states, int(before) if before.isdigit() else None)
        newest = dossiers.newest_event(tx)
    more = len(rows) > refunds.PAGE
    rows = rows[: refunds.PAGE]
    return visit.page(
        "refunds.html",
        section="refunds",
        title=say("refund.title", visit.language),
        queue=chosen,
        queues=tuple(refunds.QUEUES),
        rows=rows,
        next=f"/refunds?queue={chosen}&before={rows[-1]['id']}" if more else "",
        paged=bool(before),
        live=newest,
    )


def show(visit: Visit) -> Response:
    """``GET /refunds/{reference}``."""
    with visit.edge.store.transaction("page-refund") as tx:
        row = refunds.by_reference(tx, visit.request.path_params["reference"][:16])
        if row is None:
            raise NotFound("refund")
        events = refunds.history(tx, row["reference"])
        newest = dossiers.newest_event(tx)
    own = row["requested_by"] == str(visit.actor)
    waits = row["state"] == "REQUESTED"
    # What a rule or a key wrote down needs a person who asks for it, and then another one who approves.
    unasked = waits and not row["requested_by"].startswith("person:")
    at = _BESIDE.get(row["state"], row["state"])
    return visit.page(
        "refund.html",
        section="refunds",
        title=row["reference"],
        row=row,
        events=events,
        steps=STEPS,
        position=STEPS.index(at) if at in STEPS else -1,
        own=own,
        remaining=row["payment_amount"] - row["others"],
        unasked=unasked,
        can_ask=unasked and visit.may(Right.PROPOSE_REFUND),
        can_set_payee=waits and row["route"] == "transfer" and visit.may(Right.PROPOSE_REFUND),
        can_approve=waits and not unasked and not own and visit.may(Right.APPROVE_REFUND),
        live=newest,
    )


def new(visit: Visit) -> Response:
    """``GET /refunds/new?payment=…``: the form of a proposal."""
    with visit.edge.store.transaction("page-refund-new") as tx:
        payment = payments.by_reference(tx, visit.ask("payment", 16))
    if payment is None:
        raise NotFound("payment")
    return visit.page(
        "refund_new.html",
        section="refunds",
        title=say("refund.propose_title", visit.language),
        payment=payment,
        remaining=payment["amount"] - payment["committed"],
        causes=CAUSES,
    )


def propose(visit: Visit) -> Response:
    """``POST /refunds``."""
    reference = visit.edge.refunds.propose(
        payment_reference=visit.field("payment", 16),
        amount=read_money(visit.field("amount", 30), "amount"),
        expected_remaining=read_money(visit.field("remaining", 30), "remaining"),
        cause=visit.field("cause", 30),
        reason=visit.reason(),
        key=f"{visit.person.login}:{visit.field('action_key', 64)}",
        actor=visit.actor,
    )
    return RedirectResponse(f"/refunds/{reference}?done=common.done", 303)


def approve(visit: Visit) -> Response:
    """``POST /refunds/{reference}/approve``: the amount that was on the page is what is approved."""
    reference = visit.request.path_params["reference"][:16]
    shown = read_money(visit.field("amount", 30), "amount")
    visit.edge.refunds.approve(reference, amount=shown, actor=visit.actor)
    return RedirectResponse(f"/refunds/{reference}?done=common.done", 303)


def ask(visit: Visit) -> Response:
    """``POST /refunds/{reference}/ask``: a person asks for what a rule opened, with the amount that was on the page."""
    return approve(visit)


def payee(visit: Visit) -> Response:
    """``POST /refunds/{reference}/payee``: where a transfer goes; another account than the payer's needs a paper."""
    reference = visit.request.path_params["reference"][:16]
    given = Payee(
        bank=visit.field("bank", 40),
        account=visit.field("account", 40),
        name=visit.field("name", 140),
        other=bool(visit.field("other", 5)),
        paper=visit.field("paper", 80),
        holder_name=visit.field("holder", 140),
    )
    visit.edge.refunds.set_payee(reference, given, actor=visit.actor)
    return RedirectResponse(f"/refunds/{reference}?done=common.done", 303)


def decline(visit: Visit) -> Response:
    """``POST /refunds/{reference}/decline``."""
    reference = visit.request.path_params["reference"][:16]
    visit.edge.refunds.decline(reference, reason=visit.reason(), actor=visit.actor)
    return RedirectResponse(f"/refunds/{reference}?done=common.done", 303)
