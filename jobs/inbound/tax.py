"""Tax papers of a dossier: one row per (dossier, tax code, decision), notice and receipt in any order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from jobs.inbound import model
from jobs.intake.model import NewCase
from jobs.store.postgres import inbound as rows
from mappings.canonical.codec import from_json
from mappings.canonical.file import FileRef, ResultPaper
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.canonical.tax import TaxNotice

if TYPE_CHECKING:
    from jobs.store.postgres.tx import PgTx

PAID_STATES = frozenset({"1"})
"""TrangThaiThanhToan that says 'paid'. Assumed (land.md §5: the word is not public); any other is kept and is not paid."""


def notices(news: DossierNews) -> list[TaxNotice]:
    """The notices in a piece of news, of either sender."""
    if news.kind is not NewsKind.TAX_NOTICE:
        return []
    listed = news.facts.get("notices")
    if isinstance(listed, list):
        return [from_json(TaxNotice, each) for each in listed]
    facts = news.facts
    lines = facts.get("lines") or []
    return [
        TaxNotice(
            dossier_code=news.dossier_code,
            tax_code=str(facts.get("tax_code", "")),
            decision=str(facts["decision"]),
            amount=facts.get("amount"),
            decided_on=date.fromisoformat(facts["decided_on"]) if facts.get("decided_on") else None,
            item="; ".join(str(line["name"]) for line in lines)[:500],
        )
    ]


def papers(news: DossierNews) -> list[ResultPaper]:
    """The papers behind the notices, named by their decision, so that they are fetched like results."""
    return [ResultPaper("", each.decision, each.file) for each in notices(news) if each.file is not None]


def keep(tx: PgTx, news: DossierNews, code: str, files: Mapping[str, FileRef]) -> list[NewCase]:
    """Keep the rows; cases where what was said before differs, or a receipt is not the notice's amount."""
    if news.kind is NewsKind.TAX_RECEIPT:
        return _receipt(tx, news, code)
    found = []
    for notice in notices(news):
        stored = files.get(notice.decision)
        row = rows.tax_notice(
            tx,
            (code, notice.tax_code, notice.decision),
            item=notice.item,
            amount=notice.amount,
            decided_on=notice.decided_on,
            owner_name=notice.owner_name,
            link=notice.file.url if notice.file is not None else "",
            file=int(stored.id) if stored is not None and stored.id.isdigit() else None,
        )
        other = notice.amount is not None and row["amount"] != notice.amount
        found += _differs(code, notice.decision, row, is_other=other)
    return found


def _receipt(tx: PgTx, news: DossierNews, code: str) -> list[NewCase]:
    facts = news.facts
    decision = str(facts["notice"])
    payer = {name: facts[name] for name in ("payer_name", "payer_id", "payer_address") if facts.get(name)}
    links = [each.file.url for each in news.results if each.file is not None and each.file.url]
    row = rows.tax_receipt(
        tx,
        (code, str(facts.get("tax_code", "")), decision),
        amount=facts["amount"],
        paid_at=news.at,
        paid=news.their_state in PAID_STATES,
        their_state=news.their_state,
        payer=payer,
        link=links[0] if links else "",
    )
    other = news.their_state in PAID_STATES and row["paid_amount"] != facts["amount"]
    return _differs(code, decision, row, is_other=other)


def _differs(code: str, decision: str, row: Mapping[str, object], *, is_other: bool) -> list[NewCase]:
    amount, paid = row["amount"], row["paid_amount"]
    unequal = row["paid"] is True and amount is not None and amount != paid
    if not (is_other or unequal):
        return []
    facts = {"decision": decision, "amount": amount, "paid_amount": paid}
    return [NewCase(model.TAX, f"inbound-tax:{code}:{decision}"[:200], None, code, None, facts)]
