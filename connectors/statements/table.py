"""A bank's or the treasury's table (CSV, XLSX, XLS, HTML) by profile → one statement."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from connectors.statements.amounts import decimal_text
from connectors.statements.balance import sums, verdict
from connectors.statements.cells import Cell, Row
from connectors.statements.layout import (
    Days,
    Header,
    Report,
    check_total,
    find_header,
    is_labelled,
    name_facts,
    number,
)
from connectors.statements.profile import Profile, fold
from connectors.statements.text import shown
from connectors.statements.troubles import trouble
from mappings.canonical.statement import Balance, EntryStatus, Statement, StatementEntry

_REFERENCES = {"reference": "account_servicer", "end_to_end": "end_to_end", "customer": "customer"}
_REASON = re.compile(r"\b(A[CGM][0-9]{2}|BE[0-9]{2}|MD[0-9]{2}|MS0[23]|RC[0-9]{2}|RR[0-9]{2})\b")


@dataclass(slots=True)
class _Run:
    profile: Profile
    header: Header
    report: Report
    days: Days
    totals: dict[str, int] = field(default_factory=dict)
    balances: list[tuple[int, int, int | None]] = field(default_factory=list)  # row, balance, signed amount
    count: int = 0


def read_statement_table(
    rows: list[Row], profile: Profile, name: str, report: Report
) -> tuple[Statement, ...]:
    """The statement in ``rows``; nothing when no table was found."""
    session, _, account = name_facts(name, profile, report)
    header = find_header(rows, profile, report)
    if header is None:
        return ()
    run = _Run(profile, header, report, Days(profile.date_format + profile.moment_format))
    entries: list[StatementEntry] = []
    opening = _labelled(rows, profile.opening_label, run)
    closing = _labelled(rows, profile.closing_label, run)
    trailer: Row | None = None
    for row in rows:
        if row.number <= header.row or (row.blank() and profile.skip_blank):
            continue
        if is_labelled(row, (*profile.opening_label, *profile.closing_label)):
            continue
        if profile.trailer and is_labelled(row, profile.trailer):
            trailer = row
            continue
        if trailer is not None:
            if _is_entry(row, run):
                report(trouble("after-trailer", str(row.number)))
            continue  # signatures and notes
        run.count += 1
        entries.append(_entry(row, run))
    if trailer is not None:
        check_total(trailer, header, profile, count=run.count, totals=run.totals, report=report)
    elif profile.trailer_required:
        report(trouble("missing-trailer"))
    opening, closing = _running(run, opening, closing)
    account = account or _account(rows, profile)
    return (
        _statement(
            entries, profile, report, account=account, opening=opening, closing=closing, session=session
        ),
    )


def _statement(
    entries: list[StatementEntry],
    profile: Profile,
    report: Report,
    *,
    account: str,
    opening: int | None,
    closing: int | None,
    session: date | None,
) -> Statement:
    adds_up, difference, _ = verdict(opening, closing, sums(entries, profile.currency))
    if adds_up is False and difference is not None:
        report(trouble("does-not-add-up", "bảng/table", raw=decimal_text(difference, profile.currency)))
    days = [entry.booking_date for entry in entries if entry.booking_date]
    ends = (("opening", opening), ("closing", closing))
    return Statement(
        account=account,
        currency=profile.currency,
        number=session.isoformat() if session else "",
        page="",
        from_date=min(days, default=session),
        to_date=max(days, default=session),
        opening_minor=opening,
        closing_minor=closing,
        entries=tuple(entries),
        adds_up=adds_up,
        difference_minor=difference,
        balances=tuple(
            Balance(code, minor, decimal_text(minor, profile.currency), profile.currency, None)
            for code, minor in ends
            if minor is not None
        ),
    )


def _is_entry(row: Row, run: _Run) -> bool:
    day, _ = run.days.read(run.header.cell(row, "date"))
    return day is not None


def _entry(row: Row, run: _Run) -> StatementEntry:
    where, report = str(row.number), run.report
    raw: dict[str, str] = {}
    if len(row.cells) != run.header.width and any(cell.text for cell in row.cells[run.header.width :]):
        report(trouble("ragged-row", where, raw=f"{len(row.cells)} / {run.header.width}"))
    texts = {name: _text(row, name, run) for name in run.profile.columns}
    currency = texts.get("currency") or run.profile.currency
    if currency != run.profile.currency:
        report(trouble("other-currency", where, "currency", currency))
    signed = _signed(row, currency, run, raw)
    booking = _day(row, "date", run, raw, required=True)
    value = _day(row, "value_date", run, raw, required=False)
    status = _status(texts, where, run)
    _balance(row, signed, run)
    reason = _REASON.fullmatch(texts.get("return_reason", "").upper())
    return StatementEntry(
        line=where,
        minor=None if signed is None else abs(signed[0]),
        currency=currency,
        credit=None if signed is None else signed[1],
        booked=status is EntryStatus.BOOKED,
        booking_date=booking,
        value_date=value,
        return_reason=reason[1] if reason else None,
        references={kind: texts[name] for name, kind in _REFERENCES.items() if texts.get(name)},
        text=shown(texts.get("text", "")),
        counterparty_name=shown(texts.get("name", "")),
        counterparty_account=texts.get("account", ""),
        bank_code=texts.get("bank_code", ""),
        amount=raw.get("amount", "") if signed is None else decimal_text(abs(signed[0]), currency),
        status=status,
        raw=raw,
    )


def _text(row: Row, name: str, run: _Run) -> str:
    cell = run.header.cell(row, name)
    if cell.kind == "formula" and name not in ("amount", "debit", "credit", "balance"):
        run.report(trouble("formula-cell", str(row.number), name, cell.text))
    if cell.kind == "number" and name in run.profile.text_columns:
        run.report(trouble("number-not-text", str(row.number), name, cell.text))
    return cell.text


def _signed(row: Row, currency: str, run: _Run, raw: dict[str, str]) -> tuple[int, bool] | None:
    """(absolute minor units, whether credit), by the profile's way of telling the sign."""
    where = str(row.number)
    if run.profile.sign == "columns":
        return _two_columns(row, currency, run, raw)
    value = _number(row, "amount", currency, run, raw)
    if value is None:
        return None
    if run.profile.sign == "signed":
        return abs(value), value >= 0
    mark = fold(run.header.cell(row, "sign").text)
    if value < 0:
        run.report(trouble("negative-amount", where, "amount", run.header.cell(row, "amount").text))
        return None
    if mark in map(fold, run.profile.credit_marks):
        return value, True
    if mark in map(fold, run.profile.debit_marks):
        return value, False
    run.report(trouble("unknown-sign", where, "sign", mark))
    raw["sign"] = mark
    return None


def _two_columns(row: Row, currency: str, run: _Run, raw: dict[str, str]) -> tuple[int, bool] | None:
    where = str(row.number)
    debit_text, credit_text = run.header.cell(row, "debit").text, run.header.cell(row, "credit").text
    debit = _number(row, "debit", currency, run, raw) if debit_text else 0
    credit = _number(row, "credit", currency, run, raw) if credit_text else 0
    if debit is None or credit is None:
        return None
    for name, value in (("debit", debit), ("credit", credit)):
        if value < 0:
            run.report(trouble("negative-amount", where, name, run.header.cell(row, name).text))
            return None
    if (debit and credit) or not (debit_text or credit_text):
        run.report(trouble("both-sides", where, raw=f"{debit_text} / {credit_text}"))
        return None
    if not debit and not credit and not run.profile.zero_allowed:
        run.report(trouble("zero-amount", where, "debit/credit"))
        return None
    return (credit, True) if credit or not debit_text else (debit, False)


def _number(row: Row, name: str, currency: str, run: _Run, raw: dict[str, str]) -> int | None:
    cell = run.header.cell(row, name)
    value, problem = (None, "formula-cell") if cell.kind == "formula" else number(cell, run.profile, currency)
    if value is None:
        run.report(trouble(problem or "unreadable-amount", str(row.number), name, cell.text))
        raw["amount"] = cell.text
        return None
    if value == 0 and name == "amount" and not run.profile.zero_allowed:
        run.report(trouble("zero-amount", str(row.number), name))
    run.totals[name] = run.totals.get(name, 0) + value
    return value


def _day(row: Row, name: str, run: _Run, raw: dict[str, str], *, required: bool) -> date | None:
    cell = run.header.cell(row, name)
    if not cell.text:
        if required:
            run.report(trouble("missing-field", str(row.number), name))
        return None
    moment, problem = run.days.read(cell)
    if problem is not None or moment is None:
        run.report(trouble(problem or "unreadable-date", str(row.number), name, cell.text))
        raw["booking_date" if name == "date" else name] = cell.text
        return None
    return moment.date()


def _status(texts: dict[str, str], where: str, run: _Run) -> EntryStatus:
    text = texts.get("status", "")
    if not text:
        return EntryStatus(run.profile.default_status or "booked")
    found = (run.profile.statuses or {}).get(fold(text))
    if found is None:
        run.report(trouble("unknown-status", where, "status", text))
        return EntryStatus.PENDING
    return EntryStatus(found)


def _balance(row: Row, signed: tuple[int, bool] | None, run: _Run) -> None:
    cell = run.header.cell(row, "balance")
    if not cell.text:
        return
    value, problem = number(cell, run.profile, run.profile.currency)
    if value is None:
        run.report(trouble(problem or "unreadable-amount", str(row.number), "balance", cell.text))
        return
    amount = None if signed is None else signed[0] if signed[1] else -signed[0]
    run.balances.append((row.number, value, amount))


def _running(run: _Run, opening: int | None, closing: int | None) -> tuple[int | None, int | None]:
    """Checks the balance column step by step; its ends stand in for balances that are not labelled."""
    steps = run.balances[::-1] if run.profile.newest_first else run.balances
    if len(steps) != run.count or not steps:
        return opening, closing
    _first_row, first, amount = steps[0]
    if opening is None and amount is not None:
        opening = first - amount
    before = opening
    for row, balance, step in steps:
        if before is not None and step is not None and before + step != balance:
            run.report(trouble("running-balance", str(row), "balance", f"{before} + {step} / {balance}"))
        before = balance
    return opening, steps[-1][1] if closing is None else closing


def _labelled(rows: list[Row], labels: tuple[str, ...], run: _Run) -> int | None:
    """The last number in the row that begins with one of ``labels``, beside or inside the label."""
    for row in rows:
        if labels and is_labelled(row, labels):
            cells = [cell for cell in row.cells if cell.text]
            inside = Cell(cells[0].text.rpartition(":")[2].strip())
            for cell in (*reversed(cells[1:]), inside):
                value, _ = number(cell, run.profile, run.profile.currency)
                if value is not None:
                    return value
    return None


def _account(rows: list[Row], profile: Profile) -> str:
    for row in rows[: profile.header_rows_searched]:
        if profile.account_label and is_labelled(row, profile.account_label):
            cells = [cell.text for cell in row.cells if cell.text]
            text = cells[1] if len(cells) > 1 else cells[0].rpartition(":")[2]
            digits = re.search(r"[0-9][0-9 .\-]{3,}", text)
            return re.sub(r"[ .\-]", "", digits[0]) if digits else ""
    return ""
