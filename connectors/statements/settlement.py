"""A gateway's settlement file by profile → ``SettlementFile``. One bad row keeps the whole file from being loaded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from connectors.statements.cells import Row
from connectors.statements.layout import (
    Days,
    Header,
    Report,
    check_total,
    find_header,
    is_labelled,
    name_facts,
    number,
    utc,
)
from connectors.statements.profile import Profile, fold
from connectors.statements.troubles import trouble
from mappings.canonical.statement import SettlementRow, Trouble

_GIVES_BACK = frozenset({"refund", "reversal"})
_AMOUNTS = ("gross", "fee", "net")


@dataclass(slots=True)
class _Run:
    """What is known while the rows go by."""

    profile: Profile
    header: Header
    report: Report
    moments: Days
    days: Days
    session: date | None
    terminal: str
    seen: set[tuple[str, str]] = field(default_factory=set)
    totals: dict[str, int] = field(default_factory=dict)
    count: int = 0


def read_rows(
    rows: list[Row], profile: Profile, name: str, report: Report
) -> tuple[date | None, str, tuple[SettlementRow, ...]]:
    """Session, terminal and rows. Rows that could not be read are reported and left out."""
    session, terminal, _ = name_facts(name, profile, report)
    header = find_header(rows, profile, report)
    if header is None:
        return session, terminal, ()
    run = _Run(
        profile,
        header,
        report,
        Days(profile.moment_format + profile.date_format),
        Days(profile.date_format),
        session,
        terminal,
    )
    found: list[SettlementRow] = []
    trailer: Row | None = None
    for row in rows:
        if row.number <= header.row or (row.blank() and profile.skip_blank):
            continue
        if profile.trailer and is_labelled(row, profile.trailer):
            trailer = row
            continue
        if trailer is not None:
            report(trouble("after-trailer", str(row.number)))
            break
        run.count += 1
        one = _row(row, run)
        if one is not None:
            found.append(one)
    if trailer is not None:
        check_total(trailer, header, profile, count=run.count, totals=run.totals, report=report)
    elif profile.trailer_required:
        report(trouble("missing-trailer"))
    return run.session, run.terminal, tuple(found)


def _row(row: Row, run: _Run) -> SettlementRow | None:
    where, before = str(row.number), _Counter(run.report)
    if len(row.cells) != run.header.width and any(cell.text for cell in row.cells[run.header.width :]):
        before(trouble("ragged-row", where, raw=f"{len(row.cells)} / {run.header.width}"))
    texts = {name: _text(row, name, run, before) for name in run.profile.columns}
    kind = _mapped(
        texts,
        "kind",
        run.profile.kinds,
        run.profile.default_kind,
        code="unknown-kind",
        where=where,
        report=before,
    )
    status = _mapped(
        texts,
        "status",
        run.profile.statuses,
        run.profile.default_status,
        code="unknown-status",
        where=where,
        report=before,
    )
    amounts = {name: _amount(row, name, kind, run, before) for name in _AMOUNTS}
    at = _moment(row, run, before)
    session = _session(row, at, run, before)
    terminal = _terminal(texts.get("terminal", ""), where, run, before)
    for name in ("reference", "provider_reference"):
        if not texts.get(name) and name not in run.profile.optional:
            before(trouble("missing-field", where, name))
    key = (texts.get("provider_reference", ""), kind)
    # In a list of our own one number on two lines is a finding (one payment, two claims), not a broken file.
    if key[0] and key in run.seen and "provider_reference" not in run.profile.optional:
        before(trouble("doubled-row", where, "provider_reference", " ".join(key)))
    run.seen.add(key)
    gross, fee, net = amounts["gross"], amounts["fee"], amounts["net"]
    if gross is not None and fee is not None and net is not None and "net" in run.header.places:
        _check_net(gross, fee, net, kind=kind, where=where, report=before)
    if before.count or gross is None or session is None:
        return None
    fee = fee or 0
    return SettlementRow(
        row=row.number,
        kind=kind,
        reference=texts["reference"],
        provider_reference=texts.get("provider_reference", ""),
        gross=gross,
        fee=fee,
        net=net if net is not None and "net" in run.header.places else gross - fee,
        at=utc(at) if at is not None else None,
        session=session,
        status=status,
        terminal=terminal,
        original_reference=texts.get("original_reference", ""),
        text=texts.get("text", ""),
    )


class _Counter:
    """Passes troubles on and counts them: a row with one is not handed out."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self.count = 0

    def __call__(self, item: Trouble) -> None:
        self.count += 1
        self._report(item)


def _text(row: Row, name: str, run: _Run, report: _Counter) -> str:
    cell = run.header.cell(row, name)
    if cell.kind == "formula" and name not in _AMOUNTS:
        report(trouble("formula-cell", str(row.number), name, cell.text))
    if cell.kind == "number" and (name in run.profile.text_columns or len(cell.text) > 15):
        report(trouble("number-not-text", str(row.number), name, cell.text))
    return cell.text


def _mapped(
    texts: dict[str, str],
    name: str,
    table: dict[str, str] | None,
    default: str,
    *,
    code: str,
    where: str,
    report: _Counter,
) -> str:
    if name not in texts or (not texts[name] and default):
        return default
    found = (table or {}).get(fold(texts[name]), "")
    if not found:
        report(trouble(code, where, name, texts[name]))
    return found


def _amount(row: Row, name: str, kind: str, run: _Run, report: _Counter) -> int | None:
    cell = run.header.cell(row, name)
    where = str(row.number)
    if name not in run.header.places or (not cell.text and name != "gross"):
        return 0 if name != "gross" else None
    if cell.kind == "formula":
        report(trouble("formula-cell", where, name, cell.text))
        return None
    value, problem = number(cell, run.profile, run.profile.currency)
    if value is None:
        report(trouble(problem or "unreadable-amount", where, name, cell.text))
        return None
    run.totals[name] = run.totals.get(name, 0) + value
    if value < 0 and not (
        run.profile.sign == "signed" and (kind in _GIVES_BACK or kind == "adjustment" or name != "gross")
    ):
        report(trouble("negative-amount", where, name, cell.text))
        return None
    if value == 0 and name == "gross" and not run.profile.zero_allowed:
        report(trouble("zero-amount", where, name, cell.text))
        return None
    return abs(value) if kind in _GIVES_BACK else value


def _moment(row: Row, run: _Run, report: _Counter) -> datetime | None:
    cell = run.header.cell(row, "at")
    if not cell.text:
        if "at" in run.profile.required:
            report(trouble("missing-field", str(row.number), "at"))
        return None
    moment, problem = run.moments.read(cell)
    if problem is not None:
        report(trouble(problem, str(row.number), "at", cell.text))
    return moment


def _session(row: Row, at: datetime | None, run: _Run, report: _Counter) -> date | None:
    cell = run.header.cell(row, "session")
    day = None
    if cell.text:
        moment, problem = run.days.read(cell)
        if problem is not None or moment is None:
            report(trouble(problem or "unreadable-date", str(row.number), "session", cell.text))
            return None
        day = moment.date()
    elif run.session is None and at is not None:
        day = at.date()
    if run.session is None:
        run.session = day
        if day is None:
            report(trouble("missing-field", str(row.number), "session"))
    elif day is not None and day != run.session and run.profile.one_session:
        report(trouble("other-session", str(row.number), "session", cell.text))
    return day or run.session


def _terminal(text: str, where: str, run: _Run, report: _Counter) -> str:
    if not text:
        return run.terminal
    if not run.terminal:
        run.terminal = text
    elif text != run.terminal and run.profile.one_terminal:
        report(trouble("other-terminal", where, "terminal", text))
    return text


def _check_net(gross: int, fee: int, net: int, *, kind: str, where: str, report: _Counter) -> None:
    right = {gross - fee, gross + fee} if kind in _GIVES_BACK else {gross - fee}
    if kind in ("fee", "adjustment"):
        right |= {gross, -gross, -fee}
    if net not in right and -net not in right:
        report(trouble("net-differs", where, "net", f"{gross} - {fee} / {net}"))
