"""One ``Ntry`` → ``StatementEntry``, and what is wrong with it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import fields, make_dataclass
from datetime import date
from typing import Any

from lxml import etree

from connectors.statements.amounts import iso_day, read_amount
from connectors.statements.camt.shape import ABSENT, FIXED, Part, Plan, Shapes
from connectors.statements.troubles import trouble
from mappings.canonical.statement import EntryStatus, StatementEntry, Trouble

NO_REFERENCE = frozenset({"", "NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOREF", "NOTPROV"})
# External code set EntryStatus1Code; an unknown code is pending and named
_STATUS = {
    "BOOK": EntryStatus.BOOKED,
    "PDNG": EntryStatus.PENDING,
    "INFO": EntryStatus.INFORMATION,
    "FUTR": EntryStatus.FUTURE,
}
_SIGN = {"CRDT": True, "DBIT": False}
_FLAG = {"": False, "true": True, "1": True, "false": False, "0": False}
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
Nodes = list[Any]  # elements, then the one that is absent
Report = Callable[[Trouble], None]


# A frozen dataclass sets each field through object.__setattr__: 2 µs of the 20 that one entry may take. A
# draft with the same slots is filled in an eighth of that and then becomes the frozen class.
_Draft = make_dataclass("_Draft", [field.name for field in fields(StatementEntry)], slots=True)


class _Nothing:
    """Stands behind the last element, where ``ABSENT`` points: no text, no attribute."""

    text: str | None = None

    def get(self, _: str) -> None:
        return None


_NOTHING = _Nothing()


def read_entry(
    element: etree._Element, shapes: Shapes, where: str, account: str, report: Report
) -> tuple[StatementEntry, Plan]:
    """What ``element`` says, and the plan of its shape.

    Whatever cannot be read is left out, kept in ``raw`` and reported.
    """
    nodes: Nodes = list(element.iter())
    plan = shapes.plan(nodes)
    nodes.append(_NOTHING)
    raw: dict[str, str] = {}
    for code, field, place in plan.problems:
        report(trouble(code, where, field, _text(nodes, place) if place else ""))
    picked = plan.pick(nodes)
    texts = [node.text or "" for node in picked]
    status = _STATUS.get(texts[0]) or _status(nodes, plan.status, where, report)
    credit = _SIGN.get(texts[1])
    if credit is None:
        credit = _sign(nodes, plan.whole.sign, where, raw, report)
    reversal = _FLAG.get(texts[2])
    if reversal is None:
        reversal = _reversal(nodes, plan.whole.reversal, where, raw, report)
    amount = _amount(nodes, plan.whole.amount, where, raw, report)
    booking = _day(nodes, plan.booking, where, "booking_date", raw=raw, report=report)
    value = _day(nodes, plan.value, where, "value_date", raw=raw, report=report)
    details = (
        _details(nodes, plan.details, where, account, report, credit=credit, status=status, reversal=reversal)
        if plan.details
        else ()
    )
    return _entry(
        plan, texts, where, account, report,
        status=status, credit=credit, reversal=reversal, amount=amount, days=(booking, value), details=details, raw=raw,
    ), plan  # fmt: skip


def known_entry(
    plan: Plan, texts: Sequence[str], currency: str, where: str, account: str, report: Report
) -> StatementEntry | None:
    """The entry whose ``texts`` stand in the order of ``Plan.pick``.

    ``None`` unless each field is spelled in the usual way: the element itself must then be looked at.
    """
    status, credit, reversal = _STATUS.get(texts[0]), _SIGN.get(texts[1]), _FLAG.get(texts[2])
    if status is None or credit is None or reversal is None:
        return None
    minor, amount, problem = read_amount(texts[3], currency)
    if problem is not None:
        return None
    booking, problem = iso_day(texts[4]) if plan.booking != ABSENT else (None, None)
    if problem is not None:
        return None
    value, problem = iso_day(texts[5]) if plan.value != ABSENT else (None, None)
    if problem is not None:
        return None
    return _entry(
        plan, texts, where, account, report,
        status=status, credit=credit, reversal=reversal, amount=(minor, amount, currency), days=(booking, value),
        details=(), raw={},
    )  # fmt: skip


def _entry(
    plan: Plan, texts: Sequence[str], where: str, account: str, report: Report, *,
    status: EntryStatus, credit: bool | None, reversal: bool, amount: tuple[int | None, str, str],
    days: tuple[date | None, date | None], details: tuple[StatementEntry, ...], raw: dict[str, str],
) -> StatementEntry:  # fmt: skip
    name, number = (texts[7], texts[8]) if credit is not reversal else (texts[9], texts[10])
    if name or number:
        name, number = clean(name.strip()), number.strip()
    else:
        name, number = _other_side(texts[7:FIXED], account, from_debtor=credit is not reversal)
    references = dict(zip(plan.reference_names, map(str.strip, texts[plan.references_at]), strict=False))
    if not NO_REFERENCE.isdisjoint(references.values()):
        references = {kind: text for kind, text in references.items() if text not in NO_REFERENCE}
    draft: Any = _Draft(
        where, amount[0], amount[2], credit, status is EntryStatus.BOOKED, days[0], days[1], reversal,
        texts[6].strip() or None, references, _sentence(texts[plan.texts_at], where, report), name, number,
        "/".join(map(str.strip, texts[plan.bank_code_at])), details, amount[1], status, raw,
    )  # fmt: skip
    draft.__class__ = StatementEntry
    entry: StatementEntry = draft
    return entry


def _status(nodes: Nodes, place: int, where: str, report: Report) -> EntryStatus:
    text = _text(nodes, place)
    status = _STATUS.get(text)
    if status is None:
        status = EntryStatus.PENDING
        if place != ABSENT:  # the missing one is reported with the shape
            report(trouble("unknown-status", where, "Sts", text))
    return status


def _reversal(nodes: Nodes, place: int, where: str, raw: dict[str, str], report: Report) -> bool:
    text = _text(nodes, place)
    flag = _FLAG.get(text)
    if flag is None:
        report(trouble("unknown-flag", where, "RvslInd", text))
        raw["reversal"] = text
    return bool(flag)


def _details(
    nodes: Nodes,
    parts: tuple[Part, ...],
    where: str,
    account: str,
    report: Report,
    *,
    credit: bool | None,
    status: EntryStatus,
    reversal: bool,
) -> tuple[StatementEntry, ...]:
    """The transactions of a batch. Where one has no sign of its own it has that of the entry."""
    found = []
    for number, part in enumerate(parts, 1):
        line = f"{where}/TxDtls[{number}]"
        raw: dict[str, str] = {}
        own = _sign(nodes, part.sign, line, raw, report) if part.sign != ABSENT else credit
        minor, amount, currency = (None, "", "")
        if part.amount != ABSENT:
            minor, amount, currency = _amount(nodes, part.amount, line, raw, report)
        sides = [_text(nodes, place) for place in (*part.debtor, *part.creditor)]
        name, other = _other_side(sides, account, from_debtor=own is not reversal)
        found.append(
            StatementEntry(
                line=line,
                minor=minor,
                currency=currency,
                credit=own,
                booked=status is EntryStatus.BOOKED,
                booking_date=None,
                value_date=None,
                reversal=reversal,
                return_reason=_text(nodes, part.return_reason) or None,
                references=_references(nodes, part),
                text=_sentence([_text(nodes, place) for place in part.texts], line, report),
                counterparty_name=name,
                counterparty_account=other,
                bank_code="/".join(_text(nodes, place) for place in part.bank_code),
                amount=amount,
                status=status,
                raw=raw,
            )
        )
    return tuple(found)


def _text(nodes: Nodes, place: int) -> str:
    return (nodes[place].text or "").strip()


def _sign(nodes: Nodes, place: int, where: str, raw: dict[str, str], report: Report) -> bool | None:
    text = _text(nodes, place)
    credit = _SIGN.get(text)
    if credit is None and place != ABSENT:
        report(trouble("unknown-sign", where, "CdtDbtInd", text))
        raw["sign"] = text
    return credit


def _amount(
    nodes: Nodes, place: int, where: str, raw: dict[str, str], report: Report
) -> tuple[int | None, str, str]:
    if place == ABSENT:
        return None, "", ""
    node = nodes[place]
    currency = node.get("Ccy") or ""
    text = (node.text or "").strip()
    minor, amount, problem = read_amount(text, currency)
    if problem is not None:
        unknown = problem == "unknown-currency"
        if unknown and not currency:
            report(trouble("missing-field", where, "Ccy"))
        else:
            report(trouble(problem, where, "Amt", currency if unknown else text))
        raw["amount"] = text
    return minor, amount, currency


def _day(
    nodes: Nodes, place: int, where: str, field: str, *, raw: dict[str, str], report: Report
) -> date | None:
    if place == ABSENT:
        return None
    text = _text(nodes, place)
    day, problem = iso_day(text)
    if problem is not None:
        report(trouble(problem, where, field, text))
        raw[field] = text
    return day


def _references(nodes: Nodes, part: Part) -> dict[str, str]:
    return {
        name: text
        for name, place in part.references
        if (text := (nodes[place].text or "").strip()) not in NO_REFERENCE
    }


def _other_side(texts: Sequence[str], account: str, *, from_debtor: bool) -> tuple[str, str]:
    """Name and account of the other side; the nearer role first, never our own account.

    ``texts``: name and account of the debtor, then of the creditor.
    """
    first, second = (texts[:2], texts[2:]) if from_debtor else (texts[2:], texts[:2])
    if not (first[0] or first[1]):
        first = second
        if second[1].strip() == account:
            return "", ""
    return clean(first[0].strip()), first[1].strip()


def _sentence(texts: Sequence[str], where: str, report: Report) -> str:
    text = (
        texts[0].strip() if len(texts) == 1 else " ".join([part for text in texts if (part := text.strip())])
    )
    if text.isascii():
        return text
    if _TURNING.search(text):
        report(trouble("hidden-characters", where, "text"))
    return clean(text)


def clean(text: str) -> str:
    """NFC, without characters that turn the direction of writing or cannot be seen."""
    return text if text.isascii() else _HIDDEN.sub("", unicodedata.normalize("NFC", text))
