"""What the sandbox case system keeps: dossiers with fees in iGate's own shapes, and what others told it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

ZONE = timezone(timedelta(hours=7))
STATUS_NAMES = {
    0: "Chờ tiếp nhận",
    1: "Yêu cầu bổ sung",
    2: "Đang xử lý",
    3: "Tạm dừng",
    4: "Có kết quả",
    5: "Đã trả kết quả",
    6: "Đã hủy",
    7: "Công dân rút hồ sơ",
    8: "Yêu cầu bổ sung giấy tờ",
    9: "Yêu cầu thực hiện nghĩa vụ tài chính",
    12: "Từ chối tiếp nhận",
    13: "Từ chối giải quyết",
}
STATUS_OF_STATE = {
    "received": 0,
    "supplement": 8,
    "processing": 2,
    "paused": 3,
    "done": 4,
    "returned": 5,
    "cancelled": 6,
    "withdrawn": 7,
    "unpaid": 9,
    "refused": 13,
    "refused_at_intake": 12,
}
"""Words that the control address takes for a status, beside the numbers."""
LOCAL_OF_NATIONAL = {1: 0, 2: 2, 3: 12, 4: 2, 5: 8, 6: 9, 7: 7, 8: 13, 9: 4, 10: 5}
CARRY_FEES = (5, 6, 9)


@dataclass(slots=True)
class Fee:
    """One fee line; amounts are đồng."""

    code: str
    name: str
    kind: str
    amount: int
    quantity: int = 1
    required: bool = True
    paid: int = 0
    number: str = ""


@dataclass(slots=True)
class Case:
    """One dossier."""

    number: str
    code: str
    national_code: str
    procedure: str
    procedure_name: str
    agency: str
    agency_name: str
    applicant: str
    name_key: str
    status: int
    applied: datetime
    updated: datetime
    fees: list[Fee] = field(default_factory=list)
    confirmations: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    form: dict[str, Any] = field(default_factory=dict)
    papers: list[str] = field(default_factory=list)


def iso(moment: datetime) -> str:
    """ISO with milliseconds and an offset without colon, as the screens' interface writes it."""
    local = moment.astimezone(ZONE)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}+0700"


def search_item(case: Case) -> dict[str, Any]:
    """A dossier as it stands in the search."""
    return {
        "id": case.number,
        "code": case.code,
        "nationCode": case.national_code,
        "isDVCLT": bool(case.national_code),
        "agency": {"id": f"agency-{case.agency}", "code": case.agency, "name": _names(case.agency_name)},
        "procedure": {
            "id": f"procedure-{case.procedure}",
            "code": case.procedure,
            "translate": _names(case.procedure_name),
        },
        "currentTask": [{"id": "task-1"}],
        "dossierStatus": {"id": case.status, "name": STATUS_NAMES.get(case.status, str(case.status))},
        "appliedDate": iso(case.applied),
        "acceptedDate": None if case.status in (0, 1) else iso(case.applied),
        "appointmentDate": iso(case.applied + timedelta(days=10)),
        "completedDate": iso(case.updated) if case.status in (4, 5) else None,
        "updatedDate": iso(case.updated),
        "applicant": {"data": {case.name_key: case.applicant, **case.form}},
        "accepter": {"fullname": "CÁN BỘ THỬ"},
        "eForm": {"data": {}},
    }


def paper_item(case: Case, number: int, name: str) -> dict[str, Any]:
    """A handed-in paper with its one file."""
    size = len(paper_bytes(case, number))
    return {
        "procedureForm": {"id": f"form-{number}", "code": f"GT{number:02d}", "name": name},
        "quantity": 1,
        "file": [{"id": f"{case.number}-{number}", "filename": f"{name}.pdf", "size": size}],
    }


def paper_bytes(case: Case, number: int) -> bytes:
    """A small file, another one for each paper of each dossier."""
    return f"%PDF-1.4\n% {case.code} {number}\n%%EOF\n".encode()


def fee_item(case: Case, fee: Fee) -> dict[str, Any]:
    """A fee line: amounts with a point, ``paid`` is an amount too."""
    return {
        "id": fee.number,
        "procost": {
            "id": fee.code,
            "type": {"id": f"type-{fee.code}", "type": 111, "name": _names(_type_name(fee))},
            "description": _names(f"{fee.name}: {fee.amount} đồng"),
        },
        "amount": float(fee.amount),
        "quantity": fee.quantity,
        "paid": float(fee.paid),
        "required": 1 if fee.required else 0,
        "dossier": {"id": case.number},
    }


def book_of(case: Case) -> dict[str, Any]:
    """One dossier for an independent checker."""
    return {
        "id": case.number,
        "status": case.status,
        "updated": case.updated.isoformat(),
        "fees": [
            {"code": fee.code, "amount": fee.amount * fee.quantity, "paid": fee.paid} for fee in case.fees
        ],
        "confirmations": case.confirmations,
        "told": case.told,
    }


def _names(name: str) -> list[dict[str, Any]]:
    return [{"languageId": 228, "name": name}, {"languageId": 46, "name": ""}]


def _type_name(fee: Fee) -> str:
    lead = {"phí": "Phí", "lệ phí": "Lệ phí", "thuế": "Thuế", "phạt": "Phạt"}.get(fee.kind, "")
    return fee.name if not lead or fee.name.casefold().startswith(lead.casefold()) else f"{lead} {fee.name}"
