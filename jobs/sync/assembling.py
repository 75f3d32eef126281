"""The whole dossier out of what the case system tells of it, and the steps that we have seen. Pure."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from jobs.periodic import LOCAL
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierDetail, DossierState
from mappings.canonical.file import Channel, DossierFile, FeeItem, Paper, Step
from mappings.canonical.party import Birth, BirthPrecision, Party, PartyKind, PersonName, Place, Sex

OFFICER = "Bộ phận Một cửa"
"""Who handled a step when the case system does not say: systems that take steps refuse an empty name."""


def assembled(
    detail: DossierDetail, before: DossierFile | None, papers: tuple[Paper, ...] = ()
) -> DossierFile:
    """The dossier as it stands, one version above ``before``; a new state is a new step.

    Args:
        before: the newest version that we have.
        papers: with their files; those that we had stay when there are none.
    """
    head = detail.head
    steps = before.steps if before is not None else ()
    if head.status_known and (not steps or steps[-1].state is not head.state):
        at = max(head.updated_at, steps[-1].at) if steps else head.accepted_at or head.updated_at
        steps = (*steps, _step(len(steps) + 1, detail, at))
    over = head.state in (DossierState.DONE, DossierState.RETURNED)
    return DossierFile(
        code=head.code,
        version=before.version + 1 if before is not None else 1,
        procedure=head.procedure,
        procedure_name=head.procedure_name,
        field=detail.form.get("field", ""),
        field_name=detail.form.get("field_name", ""),
        agency=head.agency,
        agency_name=head.agency_name,
        applicant=_applicant(detail),
        state=head.state if head.status_known else (before.state if before else DossierState.PENDING),
        receipt_number=head.code,
        summary=detail.form.get("request", ""),
        channel=Channel.ONLINE if detail.form.get("channel") == "online" else Channel.DIRECT,
        return_channel=Channel.POST if detail.form.get("return_channel") == "post" else Channel.DIRECT,
        submitted_at=head.applied_at,
        received_at=head.accepted_at,
        due_at=detail.appointment_at,
        finished_at=detail.completed_at or (_finished(steps) if over else None),
        returned_at=_at(steps, DossierState.RETURNED),
        refused_at=_at(steps, DossierState.REFUSED),
        officer=detail.form.get("officer", ""),
        fees=tuple(
            FeeItem(line.code, line.name, line.kind, line.amount, line.paid) for line in detail.fees.lines
        )
        if detail.fees is not None
        else (before.fees if before is not None else ()),
        steps=steps,
        papers=papers or (before.papers if before is not None else ()),
        results=before.results if before is not None else (),
        supplements=before.supplements if before is not None else (),
        registers=before.registers if before is not None else (),
    )


def digest(file: DossierFile) -> str:
    """Of the content without its version: the same content again is no new version."""
    raw = json.dumps({**plain(file), "version": 0}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(raw.encode()).hexdigest()


def _step(version: int, detail: DossierDetail, at: datetime) -> Step:
    head = detail.head
    return Step(
        version=version,
        state=head.state,
        at=at,
        officer=detail.form.get("officer", "") or OFFICER,
        unit=head.agency_name or head.agency,
        content=detail.task_name or _WORDS.get(head.state, ""),
        started_at=head.accepted_at,
        due_at=detail.appointment_at,
    )


_WORDS = {
    DossierState.RECEIVED: "Tiếp nhận hồ sơ",
    DossierState.PROCESSING: "Đang xử lý",
    DossierState.SUPPLEMENT: "Yêu cầu bổ sung giấy tờ",
    DossierState.PAUSED: "Tạm dừng xử lý",
    DossierState.UNPAID: "Yêu cầu thực hiện nghĩa vụ tài chính",
    DossierState.DONE: "Đã có kết quả",
    DossierState.RETURNED: "Đã trả kết quả",
    DossierState.REFUSED: "Từ chối",
    DossierState.WITHDRAWN: "Công dân rút hồ sơ",
    DossierState.CANCELLED: "Dừng xử lý",
}


def _applicant(detail: DossierDetail) -> Party:
    form = detail.form
    kind = {"enterprise": PartyKind.ENTERPRISE, "agency": PartyKind.AGENCY}.get(
        form.get("applicant_kind", ""), PartyKind.ENTERPRISE if form.get("tax_code") else PartyKind.CITIZEN
    )
    number = form.get("identity", "")
    return Party(
        kind=kind,
        name=PersonName(detail.head.applicant_name),
        personal_number=number if len(number) == 12 else "",
        old_number=number if len(number) == 9 else "",
        tax_code=form.get("tax_code", ""),
        birth=_birth(form.get("birthday", "")),
        sex=_SEXES.get(form.get("sex", "").casefold(), Sex.UNKNOWN),
        place=Place(
            province=form.get("province", ""),
            commune=form.get("commune", ""),
            detail=form.get("address", ""),
            codes_on=detail.head.applied_at.astimezone(LOCAL).date() if detail.head.applied_at else None,
        ),
        phone=form.get("phone", ""),
        email=form.get("email", ""),
    )


_SEXES = {"nam": Sex.MALE, "nữ": Sex.FEMALE, "khác": Sex.OTHER}
"""As people write it into forms."""


def _birth(text: str) -> Birth | None:
    """``dd/MM/yyyy`` or a year; forms are filled by people, and what is no day is left out."""
    try:
        if len(text) == 4:
            return Birth(date(int(text), 1, 1), BirthPrecision.YEAR)
        day, month, year = text.split("/")
        return Birth(date(int(year), int(month), int(day)))
    except ValueError:
        return None


def _at(steps: Sequence[Step], state: DossierState) -> datetime | None:
    return next((step.at for step in steps if step.state is state), None)


def _finished(steps: Sequence[Step]) -> datetime | None:
    return _at(steps, DossierState.DONE) or _at(steps, DossierState.RETURNED)


class _Last(threading.local):
    file: DossierFile | None = None
    plain: dict[str, Any] | None = None


_last = _Last()


def plain(file: DossierFile) -> dict[str, Any]:
    """JSON values for effects' payloads and for the store; several systems in a row are told of the same version."""
    if _last.file is not file or _last.plain is None:
        _last.file, _last.plain = file, to_json(file)
    return _last.plain
