"""A camt document as a stream: heads, entries, feet. Memory does not follow the number of entries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from lxml import etree

from connectors.statements.amounts import decimal_text
from connectors.statements.balance import Sums, turned, verdict
from connectors.statements.camt.entry import Report, known_entry, read_entry
from connectors.statements.camt.feed import Feed
from connectors.statements.camt.head import Head, read_head
from connectors.statements.camt.shape import Shapes
from connectors.statements.troubles import trouble
from mappings.canonical.statement import Statement, StatementEntry

_NAMESPACE = re.compile(r"(?:.*[:/])?(camt\.05[234]\.001\.(?:0[1-9]|1[0-9]))(?:\.[a-z]+\.[0-9]+)?(?:\.xsd)?")
_CONTAINER = {"Stmt": "camt.053", "Rpt": "camt.052", "Ntfctn": "camt.054"}
_MESSAGE = re.compile(r"BkToCstmr(?:Stmt|AcctRpt|DbtCdtNtfctn)(?:V[0-9]{2})?")
_TAGS = tuple("{*}" + name for name in ("GrpHdr", "Stmt", "Rpt", "Ntfctn", "Ntry"))


@dataclass(frozen=True, slots=True)
class Foot:
    """The end of a statement: what its entries add up to.

    Attributes:
        turn_reversals: the balances prove that the bank signs reversals like their originals: every
            reversal of this statement has to be read with the other sign.
        format: ``camt.053.001.08``, or ``camt.053`` where no namespace tells the version.
    """

    head: Head
    format: str
    entries: int
    adds_up: bool | None
    difference_minor: int | None
    turn_reversals: bool


def stream(source: BinaryIO, report: Report) -> Iterator[Head | StatementEntry | Foot]:
    """Every statement of ``source``: its head, its entries as the bank signs them, its foot.

    Raises:
        XmlRefused: the document is broken or refused; what was handed out before must be thrown away.
    """
    shapes = Shapes()
    message: etree._Element | None = None
    current: etree._Element | None = None
    head: Head | None = None
    done: etree._Element | None = None
    sums, number, lines, account, currency, where, entry_path = Sums(), 0, 0, "", "", "", ""
    feed = Feed(source, _TAGS)
    for node in feed.items():
        if isinstance(node, tuple):
            known = known_entry(*node, f"{entry_path}{lines + 1}]", account, report)
            if known is None:
                feed.refuse()
            else:
                lines += 1
                sums.add(known, currency)
                yield known
            continue
        parent = node.getparent()
        if parent is not current or parent is None:
            name = node.tag.rpartition("}")[2]
            if name == "GrpHdr":
                message = node
                continue
            if name in _CONTAINER and (node is current or _is_message(parent)):
                if node is not current:  # a statement without entries
                    number += 1
                    where, sums, head = f"{name}[{number}]", Sums(), None
                whole = read_head(node, message, where, report)
                if head is None:
                    yield whole
                yield _foot(node, whole, sums, where, report)
                node.clear()
                current = None
                continue
            if name != "Ntry" or parent is None or not _is_statement(parent):
                continue
            number += 1
            current, done, sums, lines = parent, None, Sums(), 0
            where = f"{parent.tag.rpartition('}')[2]}[{number}]"
            entry_path = f"{where}/Ntry["
            head = read_head(parent, message, where, _silent)  # balances may follow: the foot reads it again
            account, currency = head.account, head.currency
            yield head
        lines += 1
        entry, plan = read_entry(node, shapes, f"{entry_path}{lines}]", account, report)
        feed.accept(node, plan)
        sums.add(entry, currency)
        yield entry
        node.clear()
        if done is not None and parent is not None:
            parent.remove(done)  # emptied before: taking away a full element walks through all of it again
        done = node


def _is_statement(node: etree._Element) -> bool:
    return node.tag.rpartition("}")[2] in _CONTAINER and _is_message(node.getparent())


def _is_message(parent: etree._Element | None) -> bool:
    return parent is not None and _MESSAGE.fullmatch(parent.tag.rpartition("}")[2]) is not None


def _silent(_: object) -> None:
    return None


def _foot(node: etree._Element, head: Head, sums: Sums, where: str, report: Report) -> Foot:
    adds_up, difference, turn = _check(head, sums)
    if turn:
        report(trouble("reversal-sign-turned", where))
    if adds_up is False:
        shown = "?" if difference is None else decimal_text(difference, head.currency)
        report(trouble("does-not-add-up", where, "Bal", shown))
    if head.stated_count is not None and head.stated_count != sums.entries:
        stated = f"{head.stated_count} / {sums.entries}"
        report(trouble("entry-count-differs", where, "NbOfNtries", stated, fatal=not adds_up))
    return Foot(head, _format(node, where, report), sums.entries, adds_up, difference, turn)


def _check(head: Head, total: Sums) -> tuple[bool | None, int | None, bool]:
    opening, closing = head.opening, head.closing
    if opening is None or closing is None:
        return None, None, False
    if closing.currency != opening.currency:
        return False, None, False
    return verdict(opening.minor, closing.minor, total)


def _format(node: etree._Element, where: str, report: Report) -> str:
    space, _, name = node.tag.rpartition("}")
    if not space:
        return _CONTAINER[name]
    match = _NAMESPACE.fullmatch(space[1:])
    if match is None:
        report(trouble("unknown-namespace", where, raw=space[1:]))
        return _CONTAINER[name]
    return match[1]


def statements(source: BinaryIO, report: Report) -> tuple[str, tuple[Statement, ...]]:
    """Format and statements of a whole document, reversals with the sign that the balances prove."""
    found: list[Statement] = []
    entries: list[StatementEntry] = []
    kind = "camt"
    for item in stream(source, report):
        if isinstance(item, StatementEntry):
            entries.append(item)
        elif isinstance(item, Foot):
            kind = item.format
            found.append(_statement(item, entries))
            entries = []
    return kind, tuple(found)


def _statement(foot: Foot, entries: list[StatementEntry]) -> Statement:
    head = foot.head
    if foot.turn_reversals:
        entries = [turned(entry) if entry.reversal and entry.booked else entry for entry in entries]
    return Statement(
        account=head.account,
        currency=head.currency,
        number=head.number,
        page=head.page,
        from_date=head.from_date,
        to_date=head.to_date,
        opening_minor=head.opening.minor if head.opening else None,
        closing_minor=head.closing.minor if head.closing else None,
        entries=tuple(entries),
        adds_up=foot.adds_up,
        difference_minor=foot.difference_minor,
        reference=head.reference,
        last_page=head.last_page,
        balances=head.balances,
        text=head.text,
    )
