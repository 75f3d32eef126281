"""The operations of ``/api/v1``: each turns a call into one act or one reading."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from adapters import errors
from adapters.api.calls import Answer, Call
from adapters.api.models import OpenPayment, ProposeRefund
from adapters.errors import Problem
from config.redaction import clean_text
from connectors.statements.text import shown
from jobs.errors import NotFound
from jobs.payments.channels import code_in
from jobs.store.postgres.views import dossiers, payments, refunds
from mappings.canonical.statement import Trouble

_SHORT_WORD = re.compile(r"[0-9A-Za-z.,:/+%_-]{1,16}")
_ABOUT_HEADINGS = frozenset({"missing-column", "repeated-column", "no-entries-table"})


def open_payment(call: Call) -> Answer:
    """``POST /payments``."""
    body: OpenPayment = call.body
    reference = call.edge.payments.open(
        dossier_code=body.dossier_code,
        channel=body.channel,
        amount=body.amount,
        payer_address=body.payer_address,
        language=body.language,
        key=call.key,
        actor=call.actor,
    )
    payment = _payment(call, reference)
    # The platform's payment page is asked for by an effect: its address stands there a moment later.
    status = 201 if payment["payment_url"] else 202
    return Answer(payment, status, {"location": f"/api/v1/payments/{reference}"})


def show_payment(call: Call) -> Answer:
    """``GET /payments/{id}``."""
    return Answer(_payment(call, call.path["id"]))


def propose_refund(call: Call) -> Answer:
    """``POST /refunds``."""
    body: ProposeRefund = call.body
    reference = call.edge.refunds.propose(
        payment_reference=body.payment_id,
        amount=body.amount,
        expected_remaining=body.refundable_amount,
        cause=body.cause,
        reason=body.reason,
        key=call.key,
        actor=call.actor,
    )
    return Answer(_refund(call, reference), 201, {"location": f"/api/v1/refunds/{reference}"})


def show_refund(call: Call) -> Answer:
    """``GET /refunds/{id}``."""
    return Answer(_refund(call, call.path["id"]))


def show_dossier(call: Call) -> Answer:
    """``GET /dossiers/{code}``."""
    with call.edge.store.transaction("api-dossier") as tx:
        head = dossiers.by_code(tx, call.path["code"][:64])
        if head is None:
            raise NotFound("dossier")
        code = head["code"]
        events = dossiers.timeline(tx, code, None)[: dossiers.TIMELINE]
        body = {
            "code": code,
            "state": head["state"],
            "agency": head["agency"],
            "procedure": head["procedure"],
            "updated_at": _time(head["updated_at"]),
            "fees": [
                {"id": str(fee["id"]), "state": fee["state"], "amount": fee["amount"], "currency": "VND"}
                for fee in dossiers.fees(tx, code)
            ],
            "payments": [payment_json(row, code) for row in dossiers.payments(tx, code)],
            "refunds": [refund_json(row, code) for row in dossiers.refunds(tx, code)],
            "timeline": [
                {
                    "at": _time(row["at"]),
                    "kind": row["kind"],
                    "subject": row["subject"],
                    "actor": row["actor"],
                }
                for row in events
            ],
        }
    return Answer(body)


def load_statement(call: Call) -> Answer:
    """``POST /statements``: the raw file as body, its name and profile as parameters."""
    name = shown(unquote(call.query.get("name", "")))[:200]
    if not name or not call.raw:
        raise Problem(
            errors.BAD_INPUT,
            "Cần tên tệp (?name=…) và nội dung tệp.",
            "A file name (?name=…) and the file itself are needed.",
            errors=[{"pointer": "?name", "code": "missing", "detail": "name"}],
        )
    loaded = call.edge.reconciliation.load(name, call.raw, call.query.get("profile", ""), actor=call.actor)
    troubles = [
        {
            "code": trouble.code,
            "where": trouble.where,
            "field": trouble.field,
            "detail": _told(trouble, call.language),
        }
        for trouble in loaded.troubles[:200]
    ]
    body = {
        "id": loaded.id,
        "format": loaded.format,
        "loaded": loaded.loaded,
        "repeated": loaded.repeated,
        "lines": loaded.lines,
        "troubles": troubles,
    }
    if not loaded.loaded:
        raise Problem(
            errors.BAD_INPUT,
            "Tệp không được nạp: có dòng không đọc được hoặc không cộng khớp.",
            "The file was not loaded: it has rows that cannot be read or do not add up.",
            errors=[
                {
                    "pointer": f"{item['where']} {item['field']}".strip(),
                    "code": item["code"],
                    "detail": item["detail"],
                }
                for item in troubles
            ],
        )
    return Answer(body, 200 if loaded.repeated else 201)


def _told(trouble: Trouble, language: str) -> str:
    """The sentence of a trouble. What stood in a cell may be a person: only a short word or number is repeated."""
    sentence = trouble.message_en if language == "en" else trouble.message_vi
    if trouble.raw and trouble.code not in _ABOUT_HEADINGS and not _SHORT_WORD.fullmatch(trouble.raw):
        for shown_there in (trouble.raw, trouble.raw[:117] + "..."):  # the sentence shortens long ones
            sentence = sentence.replace(shown_there, "…")
    return clean_text(sentence)


def _payment(call: Call, reference: str) -> dict[str, Any]:
    with call.edge.store.transaction("api-payment") as tx:
        row = payments.by_reference(tx, reference[:16])
    if row is None:
        raise NotFound("payment")
    return payment_json(row, row["dossier_code"])


def payment_json(row: dict[str, Any], dossier_code: str | None) -> dict[str, Any]:
    """The wire form of an attempt."""
    return {
        "id": row["reference"],
        "dossier_code": dossier_code,
        "channel": row["channel"],
        "state": row["state"],
        "amount": row["amount"],
        "currency": "VND",
        "payment_url": row.get("payment_url"),
        "qr_code": _code(row),
        "created_at": _time(row["created_at"]),
        "expires_at": _time(row["expires_at"]),
        "paid_at": _time(row["paid_at"]),
        "provider_reference": row["provider_reference"],
    }


def _code(row: dict[str, Any]) -> str | None:
    """The code that the payer still may scan; nobody is shown one whose time is over."""
    if row["channel"] != "vietqr" or row["state"] != "SENT":
        return None
    return code_in(row.get("payment_url") or "") or None


def _refund(call: Call, reference: str) -> dict[str, Any]:
    with call.edge.store.transaction("api-refund") as tx:
        row = refunds.by_reference(tx, reference[:16])
    if row is None:
        raise NotFound("refund")
    return refund_json(row, row["dossier_code"])


def refund_json(row: dict[str, Any], dossier_code: str | None) -> dict[str, Any]:
    """The wire form of a refund."""
    return {
        "id": row["reference"],
        "payment_id": row["payment_reference"],
        "dossier_code": dossier_code,
        "state": row["state"],
        "amount": row["amount"],
        "currency": "VND",
        "cause": row["cause"],
        "reason": row["reason"],
        "route": row["route"],
        "waiting_for": row["waiting_for"],
        "document_number": row["document_number"],
        "requested_at": _time(row["requested_at"]),
    }


def _time(value: datetime | None) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value else None
