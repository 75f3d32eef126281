"""MT940 and MT942 → statements. Each message is one statement (or one page of it); none is merged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from connectors.statements.amounts import decimal_text
from connectors.statements.balance import sums, turned, verdict
from connectors.statements.mt940.details import Details, joined, read_details
from connectors.statements.mt940.fields import KNOWN, Field, Message, messages
from connectors.statements.mt940.lines import (
    Line,
    entry_day,
    read_amount,
    read_balance,
    read_line,
    read_number,
    short_day,
)
from connectors.statements.text import shown, turns
from connectors.statements.troubles import trouble
from mappings.canonical.statement import Balance, EntryStatus, Statement, StatementEntry, Trouble

Report = Callable[[Trouble], None]
_INTERIM_TAGS = frozenset({"34F", "13D", "90C", "90D"})
_HEAD_TAGS = frozenset({"25", "25P", "28", "28C", "60F", "60M"})
_NO_REFERENCE = frozenset({"", "NONREF", "NOREF", "NOTPROVIDED"})
_TRAILING_CURRENCY = re.compile(r"(.*[0-9])\s*([A-Z]{3})")


@dataclass(slots=True)
class _Draft:
    """A statement while its fields are read."""

    first_line: int
    reference: str = ""
    account: str = ""
    number: str = ""
    page: str = ""
    currency: str = ""
    opening: Balance | None = None
    closing: Balance | None = None
    balances: list[Balance] = field(default_factory=list)
    entries: list[StatementEntry] = field(default_factory=list)
    info: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)


def statements(text: str, report: Report) -> tuple[str, tuple[Statement, ...]]:
    """Format (``mt940`` or ``mt942``) and statements of a whole file."""
    found, kinds = [], set()
    for message in messages(text):
        for part in _parts(message):
            draft = _read(part, report)
            interim = draft.opening is None and draft.closing is None and bool(draft.tags & _INTERIM_TAGS)
            kinds.add("mt942" if interim else "mt940")
            found.append(_finish(draft, report, interim=interim))
    return ("mt942" if kinds == {"mt942"} else "mt940"), tuple(found)


def _parts(message: Message) -> Iterator[Message]:
    """Some banks write several statements under one ``:20:``: a head tag behind a closing balance begins another."""
    part, closed = Message(message.line), False
    for item in message.fields:
        if closed and item.tag in _HEAD_TAGS:
            yield part
            part = Message(item.line, [message.fields[0]] if message.fields[0].tag == "20" else [])
            closed = False
        closed = closed or item.tag in ("62F", "62M", "62")
        part.fields.append(item)
    yield part


def _read(message: Message, report: Report) -> _Draft:
    draft = _Draft(message.line)
    draft.tags = {item.tag for item in message.fields}
    _read_head(message, draft, report)
    pending: tuple[Field, list[Field]] | None = None
    for item in message.fields:
        if item.tag == "61":
            _close_entry(pending, draft, report)
            pending = (item, [])
        elif item.tag == "86" and pending is not None:
            pending[1].append(item)
        elif item.tag == "86":
            draft.info.append(joined(item.lines))
        elif item.tag == "NS":
            continue  # the bank's own use, may stand between a line and its details
        else:
            _close_entry(pending, draft, report)
            pending = None
            if item.tag not in KNOWN:
                report(trouble("unknown-tag", _where(item), item.tag, item.tag))
    _close_entry(pending, draft, report)
    return draft


def _read_head(message: Message, draft: _Draft, report: Report) -> None:
    for item in message.fields:
        value = " ".join(line.strip() for line in item.lines).strip()
        match item.tag:
            case "20":
                draft.reference = draft.reference or shown(value)
            case "25" | "25P":
                draft.account = draft.account or shown(item.lines[0].strip())
            case "28" | "28C":
                draft.number, draft.page = read_number(value)
            case "60F" | "60M" | "60" | "62F" | "62M" | "62" | "64" | "65":
                _read_balance(item, item.lines[0], draft, report)
            case "34F":
                draft.currency = draft.currency or value[:3]
            case _:
                pass
    match = _TRAILING_CURRENCY.fullmatch(draft.account)
    if match and match[2] == draft.currency:  # Deutsche Bank, Rabobank: account and currency in one field
        draft.account = match[1]


def _read_balance(item: Field, text: str, draft: _Draft, report: Report) -> None:
    where = _where(item)
    parts = read_balance(text)
    if parts is None:
        report(trouble("unreadable-line", where, item.tag, text))
        return
    mark, day_text, currency, amount = parts
    minor, problem = read_amount(amount, currency)
    if problem is not None:
        report(trouble(problem, where, item.tag, currency if problem == "unknown-currency" else amount))
    day = short_day(day_text)
    if day is None:
        report(trouble("impossible-date", where, item.tag, day_text))
    debit = mark in ("D", "RC")
    if minor is not None and debit:
        minor = -minor
    shown_amount = decimal_text(minor, currency) if minor is not None else ("-" if debit else "") + amount
    balance = Balance(item.tag, minor, shown_amount, currency, day)
    draft.balances.append(balance)
    draft.currency = draft.currency or currency
    if item.tag.startswith("60"):
        draft.opening = draft.opening or balance
    elif item.tag.startswith("62"):
        draft.closing = balance


def _close_entry(pending: tuple[Field, list[Field]] | None, draft: _Draft, report: Report) -> None:
    if pending is None:
        return
    item, notes = pending
    where = _where(item)
    details = (
        read_details([line for note in notes for line in note.lines]) if len(notes) == 1 else _several(notes)
    )
    line = read_line(item.lines[0])
    supplementary = shown(" ".join(part.strip() for part in item.lines[1:] if part.strip()))
    if turns(details.text) or any(turns(text) for note in notes for text in note.lines):
        report(trouble("hidden-characters", where, "86"))
    if line is None:
        report(trouble("incomplete-line", where, "61", item.lines[0]))
        draft.entries.append(_unread(item, details, supplementary))
        return
    if not line.complete:
        report(trouble("incomplete-line", where, "61", item.lines[0]))
    draft.entries.append(_entry(item, line, details, supplementary, draft=draft, report=report))


def _several(notes: list[Field]) -> Details:
    """Some banks repeat ``:86:`` for every line of text."""
    return read_details([line.strip() for note in notes for line in note.lines])


def _entry(
    item: Field, line: Line, details: Details, supplementary: str, *, draft: _Draft, report: Report
) -> StatementEntry:
    where = _where(item)
    raw: dict[str, str] = {}
    minor, problem = read_amount(line.amount, draft.currency)
    if problem is not None:
        raw["amount"] = line.amount
        report(
            trouble(problem, where, "61", draft.currency if problem == "unknown-currency" else line.amount)
        )
    value = short_day(line.value)
    if value is None:
        raw["value_date"] = line.value
        report(trouble("impossible-date", where, "61", line.value))
    near = draft.closing.day if draft.closing else draft.opening.day if draft.opening else None
    booking: date | None = value if not line.entry else entry_day(line.entry, value, near)
    if booking is None and line.entry:
        raw["booking_date"] = line.entry
        report(trouble("impossible-date", where, "61", line.entry))
    expected = line.mark in ("EC", "ED")
    return StatementEntry(
        line=str(item.line),
        minor=minor,
        currency=draft.currency,
        credit=line.mark in ("C", "RD", "EC"),
        booked=not expected,
        booking_date=booking,
        value_date=value,
        reversal=line.mark in ("RC", "RD"),
        return_reason=details.return_reason,
        references=_references(line, details, supplementary),
        text=details.text or supplementary,
        counterparty_name=details.name,
        counterparty_account=details.account,
        bank_code=line.kind,
        amount=decimal_text(minor, draft.currency) if minor is not None else line.amount,
        status=EntryStatus.PENDING if expected else EntryStatus.BOOKED,
        raw=raw,
    )


def _unread(item: Field, details: Details, supplementary: str) -> StatementEntry:
    """A ``:61:`` of which not even the amount can be told: shown as it stands, never posted."""
    return StatementEntry(
        line=str(item.line),
        minor=None,
        currency="",
        credit=None,
        booked=False,
        booking_date=None,
        value_date=None,
        references=dict(details.references),
        text=details.text or supplementary,
        amount="",
        status=EntryStatus.PENDING,
        raw={"line": item.lines[0]},
    )


def _references(line: Line, details: Details, supplementary: str) -> dict[str, str]:
    own = {
        "customer": shown(line.customer),
        "account_servicer": shown(line.bank),
        "supplementary": supplementary,
        "business_code": details.code,
    }
    found = {kind: text for kind, text in own.items() if text.upper() not in _NO_REFERENCE}
    for kind, text in details.references.items():
        if kind in found and found[kind] != text:
            found[f"detail_{kind}"] = text
        else:
            found[kind] = text
    return found


def _finish(draft: _Draft, report: Report, *, interim: bool) -> Statement:
    where = f"dòng/line {draft.first_line}"
    found = {"25": bool(draft.account), "28C": bool(draft.number)}
    if not interim:
        found |= {"60F": draft.opening is not None, "62F": draft.closing is not None}
    for tag, there in found.items():
        if not there:
            report(trouble("missing-field", where, f":{tag}:"))
    entries = draft.entries
    if interim:  # movements of a day that is not over: information, never posted
        entries = [replace(entry, booked=False, status=EntryStatus.INFORMATION) for entry in entries]
    opening, closing = draft.opening, draft.closing
    adds_up, difference, turn = verdict(
        opening.minor if opening else None, closing.minor if closing else None, sums(entries, draft.currency)
    )
    if opening and closing and opening.currency != closing.currency:
        adds_up, difference, turn = False, None, False
        report(trouble("other-currency", where, "62F", closing.currency))
    if turn:
        report(trouble("reversal-sign-turned", where))
        entries = [turned(entry) if entry.reversal else entry for entry in entries]
    if adds_up is False and difference is not None:
        report(trouble("does-not-add-up", where, "62F", decimal_text(difference, draft.currency)))
    return Statement(
        account=draft.account,
        currency=draft.currency,
        number=draft.number,
        page=draft.page,
        from_date=opening.day if opening else None,
        to_date=closing.day if closing else None,
        opening_minor=opening.minor if opening else None,
        closing_minor=closing.minor if closing else None,
        entries=tuple(entries),
        adds_up=adds_up,
        difference_minor=difference,
        reference=draft.reference,
        last_page=closing.code == "62F" if closing else None,
        balances=tuple(draft.balances),
        text=shown(" ".join(draft.info)),
    )


def _where(item: Field) -> str:
    return f"dòng/line {item.line}"
