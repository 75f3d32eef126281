"""What stands around the entries: account, balances, pages and the bank's own totals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from lxml import etree

from connectors.statements.amounts import iso_day, read_amount
from connectors.statements.camt.entry import Report, clean
from connectors.statements.troubles import trouble
from mappings.canonical.statement import Balance

# BalanceType codes that are booked, in the order in which they are believed
_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD",)
_INTERIM = "ITBD"


@dataclass(frozen=True, slots=True)
class Head:
    """Everything of a statement but its entries. Signed amounts, minor units."""

    account: str
    currency: str
    number: str
    reference: str
    page: str
    last_page: bool | None
    from_date: date | None
    to_date: date | None
    balances: tuple[Balance, ...]
    opening: Balance | None
    closing: Balance | None
    stated_count: int | None
    text: str


def read_head(element: etree._Element, message: etree._Element | None, where: str, report: Report) -> Head:
    """The head of ``Stmt``, ``Rpt`` or ``Ntfctn``; ``message`` is the group header before it."""
    balances = tuple(_balances(element, where, report))
    account = _one(element, "Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/BBAN", "Acct/Id/PrtryAcct/Id")
    if not account:
        report(trouble("missing-field", where, "Acct"))
    currency = _one(element, "Acct/Ccy") or next((balance.currency for balance in balances), "")
    opening, closing = _ends([balance for balance in balances if balance.currency == currency])
    if opening is None or closing is None:
        opening, closing = _ends(list(balances))  # in whatever currency: the foot compares them
    page, last = _page(element, "StmtPgntn", "RptPgntn", "NtfctnPgntn")
    if not page and message is not None:
        page, last = _page(message, "MsgPgntn")
    count = _one(element, "TxsSummry/TtlNtries/NbOfNtries")
    return Head(
        account=account,
        currency=currency,
        number=_one(element, "ElctrncSeqNb", "LglSeqNb", "Id"),
        reference=_one(element, "Id"),
        page=page,
        last_page=last,
        from_date=_day(_one(element, "FrToDt/FrDtTm", "FrToDt/FrDt"), where, "from", report)
        or (opening.day if opening else None),
        to_date=_day(_one(element, "FrToDt/ToDtTm", "FrToDt/ToDt"), where, "to", report)
        or (closing.day if closing else None),
        balances=balances,
        opening=opening,
        closing=closing,
        stated_count=int(count) if count.isascii() and count.isdigit() else None,
        text=clean(_one(element, "AddtlStmtInf", "AddtlRptInf", "AddtlNtfctnInf")),
    )


def _ends(balances: list[Balance]) -> tuple[Balance | None, Balance | None]:
    """The booked balances before the first and after the last entry.

    A page in the middle has interim balances: where one end is missing the only interim one stands for it,
    where both are missing the first and the last of two.
    """
    opening = _pick(balances, _OPENING, last=False)
    closing = _pick(balances, _CLOSING, last=True)
    interim = [balance for balance in balances if balance.code == _INTERIM]
    if opening is None and closing is not None and len(interim) == 1:
        opening = interim[0]
    elif closing is None and opening is not None and len(interim) == 1:
        closing = interim[0]
    elif opening is None and closing is None and len(interim) == 2:
        opening, closing = interim
    return opening, closing


def _pick(balances: list[Balance], codes: tuple[str, ...], *, last: bool) -> Balance | None:
    for code in codes:
        found = [balance for balance in balances if balance.code == code]
        if found:
            dated = [balance for balance in found if balance.day is not None]
            if len(dated) == len(found):
                found.sort(key=lambda balance: balance.day or date.min)
            return found[-1] if last else found[0]
    return None


def _balances(element: etree._Element, where: str, report: Report) -> Iterator[Balance]:
    for number, node in enumerate(_all(element, "Bal"), 1):
        place = f"{where}/Bal[{number}]"
        code = _one(node, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry", "Tp/Cd")
        amount = next(_all(node, "Amt"), None)
        if amount is None or not code:
            report(trouble("missing-field", place, "Amt" if amount is None else "Tp"))
            continue
        currency, text = amount.get("Ccy") or "", (amount.text or "").strip()
        if len(amount):
            report(trouble("not-plain-text", place, "Amt", text))
            text = "?"
        minor, shown, problem = read_amount(text, currency)
        if problem is not None:
            report(trouble(problem, place, "Amt", currency if problem == "unknown-currency" else text))
        sign = _one(node, "CdtDbtInd")
        if sign not in ("CRDT", "DBIT"):
            report(trouble("unknown-sign", place, "CdtDbtInd", sign))
            minor = None
        if sign == "DBIT" and minor:
            minor, shown = -minor, "-" + shown
        yield Balance(code, minor, shown, currency, _day(_one(node, "Dt/Dt", "Dt/DtTm"), place, "Dt", report))


def _page(element: etree._Element, *names: str) -> tuple[str, bool | None]:
    for name in names:
        page = _one(element, f"{name}/PgNb")
        if page:
            return page, {"true": True, "1": True, "false": False, "0": False}.get(
                _one(element, f"{name}/LastPgInd")
            )
    return "", None


def _day(text: str, where: str, field: str, report: Report) -> date | None:
    if not text:
        return None
    day, problem = iso_day(text)
    if problem is not None:
        report(trouble(problem, where, field, text))
    return day


def _all(element: etree._Element, path: str) -> Iterator[etree._Element]:
    """The elements at ``path`` in the namespace of ``element``."""
    name, _, rest = path.partition("/")
    space = element.tag.rpartition("}")[0]
    for child in element.iterchildren(f"{space}}}{name}" if space else name):
        if rest:
            yield from _all(child, rest)
        else:
            yield child


def _one(element: etree._Element, *paths: str) -> str:
    for path in paths:
        for node in _all(element, path):
            if len(node) == 0 and (text := (node.text or "").strip()):
                return text
    return ""
