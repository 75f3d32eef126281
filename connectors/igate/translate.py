"""Between iGate's shapes and our words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.igate import wire
from connectors.igate.settings import AmountIs, PaidFlag, Settings
from connectors.kit.reading import Unreadable, a_flag, a_list, a_whole, an_object
from mappings.canonical.dossier import (
    DossierDetail,
    DossierHead,
    FeeDemand,
    FeeLineDemand,
    FeesRead,
    FormFile,
    FormPaper,
)
from mappings.tables.fee_kinds import kind_of
from mappings.tables.igate_statuses import meaning_or_pending
from mappings.tables.national_statuses import status as national_status


def head(item: Any, settings: Settings) -> DossierHead:
    """A dossier as it stands in the search.

    Raises:
        Unreadable: with the field; one such item must not stop the others.
    """
    found = an_object(item, "content[]")
    code = wire.code_of(found.get("code"), "code")
    if not code:
        raise Unreadable("code", "is missing")
    number = _status_number(found)
    meaning, known = meaning_or_pending(number, settings.status_overrides)
    procedure = _part(found, "procedure")
    agency = _part(found, "agency")
    return DossierHead(
        code=code,
        source_id=wire.source_id(found.get("id")),
        national_code=wire.code_of(found.get("nationCode"), "nationCode"),
        agency=wire.code_of(agency.get("code") or agency.get("id"), "agency.code"),
        agency_name=wire.a_name(agency.get("name"), "agency.name"),
        procedure=wire.code_of(procedure.get("code") or procedure.get("id"), "procedure.code"),
        procedure_name=wire.a_name(procedure.get("translate") or procedure.get("name"), "procedure.name"),
        status=number,
        state=meaning.state,
        stage=meaning.stage,
        applicant_name=_declared(_data(found, "applicant"), settings.applicant_keys, "applicant.data"),
        updated_at=_updated(found, settings),
        applied_at=wire.optional_moment(found, "appliedDate"),
        accepted_at=wire.optional_moment(found, "acceptedDate"),
        status_known=known,
    )


def detail(item: Any, settings: Settings) -> DossierDetail:
    """A whole dossier.

    Raises:
        Unreadable
    """
    found = an_object(item)
    known = head(found, settings)
    places = (_data(found, "applicant"), _data(found, "eForm"))
    form = {
        name: value
        for name, keys in settings.form_keys.items()
        for value in [next(filter(None, (_declared(place, keys, name) for place in places)), "")]
        if value
    }
    tasks = found.get("currentTask")
    first = tasks[0] if isinstance(tasks, list) and tasks and isinstance(tasks[0], Mapping) else {}
    lines = found.get("dossierFee")
    return DossierDetail(
        head=known,
        fees=None if lines is None else demand(known.source_id, known.code, lines, settings),
        form=form,
        task_name=wire.a_name(first.get("name") or first.get("processDefinitionTask"), "currentTask.name"),
        appointment_at=wire.optional_moment(found, "appointmentDate"),
        completed_at=wire.optional_moment(found, "completedDate"),
        cancelled=found.get("isCanceled") in (1, True),
        papers=tuple(_papers(found.get("dossierFormFile"))),
    )


def _papers(items: Any) -> Iterable[FormPaper]:
    """``dossierFormFile``: one entry per paper. Its fields are seen in one program only (C)."""
    for item in a_list(items, "dossierFormFile") if items is not None else ():
        found = an_object(item, "dossierFormFile[]")
        form = _part(found, "procedureForm")
        files = found.get("file")
        yield FormPaper(
            code=wire.code_of(form.get("code") or form.get("id"), "procedureForm.code"),
            name=wire.a_name(form.get("name"), "procedureForm.name"),
            quantity=a_whole(found.get("quantity", 1), "quantity", most=999),
            files=tuple(_file(each) for each in (a_list(files, "file") if files is not None else ())),
        )


def _file(item: Any) -> FormFile:
    found = an_object(item, "file[]")
    return FormFile(
        source_id=wire.source_id(found.get("id"), "file.id"),
        name=wire.a_name(found.get("filename"), "file.filename"),
        size=a_whole(found.get("size", 0), "file.size"),
    )


def fees_read(items: Any, source_ids: Sequence[str], settings: Settings) -> FeesRead:
    """The fees of the dossiers that were asked for, in that order; no lines: nothing is asked.

    A line that cannot be read makes the fees of its own dossier unknown, nobody else's.

    Raises:
        Unreadable: no list, or a line of no dossier that was asked for.
    """
    found: dict[str, list[Any]] = {each: [] for each in source_ids}
    codes: dict[str, str] = {}
    for item in a_list(items, "fees"):
        line = an_object(item, "fees[]")
        dossier = _part(line, "dossier")
        owner = wire.source_id(dossier.get("id"), "dossier.id")
        if owner not in found:
            raise Unreadable("dossier.id", "is of a dossier that was not asked for")
        codes[owner] = wire.code_of(dossier.get("code"), "dossier.code")
        found[owner].append(line)
    demands: list[FeeDemand] = []
    unreadable: list[tuple[str, str]] = []
    for each, lines in found.items():
        try:
            demands.append(demand(each, codes.get(each, ""), lines, settings))
        except Unreadable as exc:
            unreadable.append((each, str(exc)))
    return FeesRead(tuple(demands), tuple(unreadable))


def demand(source_id: str, code: str, lines: Any, settings: Settings) -> FeeDemand:
    """All fee lines of one dossier.

    Raises:
        Unreadable
    """
    return FeeDemand(
        dossier_code=code,
        source_id=source_id,
        lines=tuple(_fee_line(line, settings) for line in a_list(lines, "dossierFee")),
    )


def _fee_line(item: Any, settings: Settings) -> FeeLineDemand:
    line = an_object(item, "dossierFee[]")
    cost = _part(line, "procost")
    kind = _part(cost, "type")
    name = wire.a_name(kind.get("name"), "procost.type.name")
    described = wire.a_name(cost.get("description"), "procost.description")
    quantity = a_whole(line.get("quantity", 1), "quantity", most=100_000)
    amount = a_whole(line.get("amount"), "amount")
    if settings.amount_is is AmountIs.UNIT:
        amount = a_whole(amount * quantity, "amount")
    paid_amount = _paid(line.get("paid"), amount)
    return FeeLineDemand(
        code=wire.code_of(cost.get("code") or cost.get("id") or line.get("id"), "procost.id"),
        name=name or described,
        kind=kind_of(name or described),
        amount=amount,
        required=_flag(line.get("required"), "required", missing=True),
        paid=amount > 0 and paid_amount >= amount,
        paid_amount=paid_amount,
    )


def status_update(
    settings: Settings,
    *,
    dossier_code: str,
    source_id: str,
    national: int,
    words: str,
    fee_lines: Iterable[Mapping[str, Any]] = (),
    paid: bool = False,
) -> dict[str, Any]:
    """One item of CapNhatTrangThai.

    Raises:
        MappingError: the National Portal has no such state.
        ValueError: fees with a state that may not carry them, or amounts that are no whole đồng.
    """
    lines = list(fee_lines)
    if lines and not national_status(national).carries_fees:
        raise ValueError(f"state {national} may not carry fees")
    national_status(national)
    item: dict[str, Any] = {
        "IdHoSo": source_id,
        "MaHoSo": dossier_code,
        "TrangThai": national,
        "NoiDungYKien": words,
        "PhongBanXuLy": settings.department,
        "NoiDungXuLy": words,
    }
    if paid and settings.paid_flag in (PaidFlag.DOSSIER, PaidFlag.BOTH):
        item["TrangThaiThanhToan"] = 1
    if lines:
        item["DanhSachLePhi"] = [_told_line(line, settings, paid=paid) for line in lines]
    return item


def fee_state(settings: Settings, status: int | None) -> int:
    """The state of the National Portal that a fee confirmation is sent with: the dossier's own where it may."""
    if status is not None:
        own = meaning_or_pending(status, settings.status_overrides)[0].national
        if own is not None and national_status(own).carries_fees:
            return own
    return settings.fee_status


def progress(
    settings: Settings, *, dossier_code: str, source_id: str, national: int, words: str, at: datetime
) -> dict[str, Any]:
    """One item of CapNhatTienTrinh.

    Raises:
        MappingError: the National Portal has no such state.
    """
    national_status(national)
    return {
        "IDHoSo": source_id,
        "MaHoSo": dossier_code,
        "NguoiXuLy": settings.officer[:50],
        "ThoiDiemXuLy": iso_milliseconds(at),
        "PhongBanXuLy": settings.department,
        "NoiDungXuLy": words,
        "TrangThai": national,
        "NgayBatDau": iso_milliseconds(at),
        "NgayKetThucTheoQuyDinh": iso_milliseconds(at),
    }


def iso_milliseconds(at: datetime) -> str:
    """First of the adapter's three forms: ``2026-06-08T07:47:28.329``, local time without zone."""
    return at.astimezone(wire.HANOI).replace(tzinfo=None).isoformat(timespec="milliseconds")


def spaced(at: datetime) -> str:
    """Second form: ``2026-06-08 14:07:53`` (NgayNop, NgayTiepNhan)."""
    return at.astimezone(wire.HANOI).strftime("%Y-%m-%d %H:%M:%S")


def digits(at: datetime) -> str:
    """Third form: ``20241231000000`` (NgayCapDinhDanh, NgaySinh)."""
    return at.astimezone(wire.HANOI).strftime("%Y%m%d%H%M%S")


def collected_words(*, amount: int, reference: str, provider: str, paid_at: datetime | None) -> str:
    """What the dossier's history says of a payment; no person in it. The provider may not have told the time."""
    dong = f"{amount:,}".replace(",", ".")
    at = f", lúc {paid_at.astimezone(wire.HANOI):%H:%M:%S %d/%m/%Y}" if paid_at is not None else ""
    return f"Đã thu {dong} đồng, mã tham chiếu {reference} ({provider}){at}"


def _told_line(line: Mapping[str, Any], settings: Settings, *, paid: bool) -> dict[str, Any]:
    amount = line.get("amount")
    if type(amount) is not int or amount < 0:
        raise ValueError("a fee line's amount is not whole đồng")
    told: dict[str, Any] = {
        "TenPhiLePhi": str(line.get("name") or ""),
        "MaPhiLePhi": str(line.get("code") or ""),
        "HinhThucThu": settings.fee_moment,
        "Gia": str(amount),
        "LoaiPhiLePhi": settings.fee_type,
    }
    if paid and settings.paid_flag in (PaidFlag.LINE, PaidFlag.BOTH):
        told["TrangThaiThanhToan"] = 1
    return told


def _status_number(found: Mapping[str, Any]) -> int:
    status = found.get("dossierStatus")
    if isinstance(status, Mapping):
        status = status.get("id")
    return a_whole(status, "dossierStatus", most=999)


def _updated(found: Mapping[str, Any], settings: Settings) -> datetime:
    for name in settings.updated_keys:
        if found.get(name) is not None:
            return wire.moment(found[name], name)
    raise Unreadable(settings.updated_keys[0], "is missing: the feed cannot go on by it")


def _part(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = found.get(name)
    if value is None:
        return {}
    return an_object(value, name)


def _data(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The free-form part: whatever is no object there has no say."""
    holder = found.get(name)
    data = holder.get("data") if isinstance(holder, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def _declared(data: Mapping[str, Any], keys: Iterable[str], field: str) -> str:
    """The first declared key that holds a text (or ``{label, value}``)."""
    for key in keys:
        value = data.get(key)
        if isinstance(value, Mapping):
            value = value.get("label") or value.get("value")
        if isinstance(value, str) and value.strip():
            return wire.a_name(value, f"{field}.{key}")
    return ""


def _paid(value: Any, amount: int) -> int:
    """They write the amount paid; a flag means all or nothing."""
    if value is None:
        return 0
    if isinstance(value, bool):
        return amount if value else 0
    return a_whole(value, "paid")


def _flag(value: Any, field: str, *, missing: bool) -> bool:
    return missing if value is None else a_flag(value, field)
