"""Opening an attempt: who may still pay what, and by which way. One transaction; nothing leaves before its commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from connectors.kit.seams import Ids
from jobs.access import audit
from jobs.access.model import Actor
from jobs.errors import Changed, Duplicate, NotAllowed, NotFound
from jobs.fees import units
from jobs.fees.rules import Due
from jobs.fees.service import due_of
from jobs.intake.model import Dossier, NewEvent
from jobs.ledger.model import local_day
from jobs.payments import schedule
from jobs.payments.edges import UNRESOLVED
from jobs.payments.model import Attempt
from jobs.payments.news import CLOSED
from jobs.payments.ports import Channel, Order
from mappings.canonical.payment import AttemptState

if TYPE_CHECKING:
    from jobs.store.ports import Tx
    from jobs.store.postgres.tx import PgTx


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller asks for.

    Attributes:
        items: (dossier, đồng) that the caller believes is due.
        key: unique for the caller's intent; a double click is one attempt.
    """

    items: tuple[tuple[str, int], ...]
    channel: str
    payer_address: str
    language: str
    key: str
    actor: Actor


Audit = Callable[["Tx", Actor, str, str, str | None, Mapping[str, Any]], None]
"""(transaction, actor, action, subject, dossier, facts)."""


def no_audit(
    tx: Tx, actor: Actor, action: str, subject: str, dossier_code: str | None, facts: Mapping[str, Any]
) -> None:
    """For plays without people."""


def audited(
    tx: Tx, actor: Actor, action: str, subject: str, dossier_code: str | None, facts: Mapping[str, Any]
) -> None:
    """The audit row of PostgreSQL, in the transaction of the act."""
    audit.record(cast("PgTx", tx), actor, action, subject, dossier_code=dossier_code, facts=facts)


def open_attempt(
    tx: Tx, request: Request, *, channels: Mapping[str, Channel], ids: Ids, tell: Audit, chance: float
) -> str:
    """The reference of the attempt that ``request.key`` names, opened now if it is not there yet. See ``Payments.open``."""
    there = tx.payments.by_key(request.key)
    if there is not None:
        return _same(tx, there, request)
    dossiers, amounts = _dossiers(tx, request)
    lines = [line for code, amount in amounts.items() for line in _lines(tx, code, amount)]
    for code in dossiers:
        _refuse_unresolved(tx, code)
    channel = _channel(tx, channels, request, sum(line.due for line in lines))
    attempt = _stored(tx, request, channel, dossiers, lines, ids, chance)
    facts = {"amount": attempt.amount, "channel": attempt.channel, "provider": attempt.provider}
    subject = f"payment:{attempt.reference}"
    tx.events.add(
        [
            NewEvent("payment.opened", subject, str(request.actor), code, facts, request.actor.correlation_id)
            for code in sorted(dossiers)
        ]
    )
    tell(tx, request.actor, "open-payment", subject, next(iter(sorted(dossiers))), facts)
    return attempt.reference


def _stored(
    tx: Tx, request: Request, channel: Channel, dossiers: Mapping[str, Dossier], lines: Sequence[Due], ids: Ids, chance: float
) -> Attempt:  # fmt: skip
    reference, amount = ids.reference(), sum(line.due for line in lines)
    expires = tx.now + channel.page_lives
    first = next(iter(dossiers.values()))
    order = Order(
        reference, first.name_there, amount, tx.now, expires, f"Thanh toan ho so {_plain(first.name_there)}",
        request.payer_address, request.language, _receipt(tx, first, lines), request.actor.correlation_id,
    )  # fmt: skip
    asked = channel.ask(order)
    attempt = tx.payments.create(
        Attempt(
            0, reference, request.key, channel.name, channel.provider, channel.terminal, amount,
            # With the address in hand nothing has to be called: it leaves with our answer, after the commit.
            AttemptState.SENT if asked.payment_url else AttemptState.CREATED,
            tx.now, expires, asked.request_time, asked.payment_url or None,
            next_look_up_at=schedule.first_look_up(tx.now, chance), payer_address=request.payer_address,
            language=request.language, opened_by=str(request.actor),
        ),
        [(line.line.id, line.due) for line in lines],
    )  # fmt: skip
    if attempt is None:
        raise Duplicate(f"payment {reference}: key or reference is taken")
    if asked.effect is not None:
        tx.effects.plan([asked.effect])
    return attempt


def _same(tx: Tx, there: Attempt, request: Request) -> str:
    """A repeat of the same intent; another content under the same key is refused."""
    codes = {part.dossier_code for part in tx.payments.allocated([there.reference]).get(there.reference, ())}
    wanted = {found.code for found in tx.dossiers.by_codes([code for code, _ in request.items]).values()}
    if (
        codes != wanted
        or there.channel != request.channel
        or there.amount != sum(a for _, a in request.items)
    ):
        raise Duplicate(f"key of payment {there.reference} was used for something else")
    return there.reference


def _dossiers(tx: Tx, request: Request) -> tuple[dict[str, Dossier], dict[str, int]]:
    """Dossiers and amounts by our code, locked: two openings for one dossier wait for each other."""
    found, amounts = tx.dossiers.by_codes([code for code, _ in request.items]), dict[str, int]()
    for code, amount in request.items:
        if code not in found:
            raise NotFound(f"no dossier {code}")
        amounts[found[code].code] = amounts.get(found[code].code, 0) + amount
    locked = tx.dossiers.lock(amounts)
    for dossier in locked.values():
        if dossier.state in CLOSED:
            raise NotFound(f"dossier {dossier.code} is closed, nothing of it is open")
    return {code: locked[code] for code in amounts}, amounts


def _lines(tx: Tx, code: str, amount: int) -> list[Due]:
    """The lines that ``amount`` pays: all that is due, or all that must be paid."""
    lines = due_of(tx, code)
    if not lines:
        raise NotFound(f"nothing is asked for dossier {code}")
    every = [line for line in lines if line.due]
    if not every:
        raise NotAllowed("paid", "Phí của hồ sơ này đã nộp đủ.", "The fee of this dossier is paid.")
    needed = [line for line in every if line.line.required]
    for chosen in (every, needed):
        if chosen and sum(line.due for line in chosen) == amount:
            return chosen
    due = sum(line.due for line in every)
    raise Changed(
        f"Số phải nộp hiện nay là {due} đồng, xin xem lại.",
        f"What is due now is {due} đồng; please look again.",
    )


def _refuse_unresolved(tx: Tx, code: str) -> None:
    """Nobody is offered a second way to pay a fee that may be paid already."""
    for attempt in tx.payments.of_dossier(code):
        if attempt.state in UNRESOLVED:
            raise NotAllowed(
                "unresolved",
                f"Lần thanh toán {attempt.reference} chưa có kết quả; xin chờ, không nộp lần nữa.",
                f"Payment {attempt.reference} has no result yet; please wait and do not pay again.",
            )


def _channel(tx: Tx, channels: Mapping[str, Channel], request: Request, amount: int) -> Channel:
    channel = channels.get(request.channel)
    if channel is None:
        raise NotFound(f"no channel {request.channel}")
    if not channel.minimum <= amount <= channel.maximum:
        below = amount < channel.minimum
        others = ", ".join(sorted(n for n, c in channels.items() if c.minimum <= amount <= c.maximum)) or "-"
        raise NotAllowed(
            "below-minimum" if below else "above-maximum",
            f"Kênh {channel.name} nhận từ {channel.minimum} đến {channel.maximum} đồng; kênh khác: {others}.",
            f"Channel {channel.name} takes {channel.minimum} to {channel.maximum} đồng; other channels: {others}.",
        )
    today = local_day(tx.now)
    if tx.payments.terminals(channel.provider, channel.terminal) and not units.terminal_on(
        tx, channel.provider, channel.terminal, today
    ):
        raise NotAllowed(
            "terminal-closed",
            f"Điểm thu {channel.terminal} đã đóng, xin chọn kênh khác.",
            f"Terminal {channel.terminal} is closed; please choose another channel.",
        )
    return channel


def _receipt(tx: Tx, dossier: Dossier, lines: Sequence[Due]) -> dict[str, object]:
    """Facts that a channel may print on a receipt, by canonical names."""
    unit = lines[0].line.unit
    account = units.account_on(tx, unit, local_day(tx.now), "collect")
    return {
        "dossier_code": dossier.name_there,
        "procedure_code": dossier.procedure_code,
        "procedure_name": dossier.procedure,
        "unit_code": unit,
        "unit_name": dossier.agency_name,
        "account": lines[0].line.account or (account.account if account else ""),
        "account_bank": account.bank if account else "",
        "account_name": account.name if account else "",
        "payer_name": dossier.applicant_name,
        "payer_id": "",
        "payer_place": "",
        "lines": [
            {"name": x.line.name, "kind": x.line.kind, "code": x.line.code, "amount": x.due} for x in lines
        ],
    }


def _plain(text: str) -> str:
    """Letters, digits, space, ``-``, ``.``, ``_`` and ``:`` only: no two encoders disagree about them."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-._:") else " " for c in text)
