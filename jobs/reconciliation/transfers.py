"""Bank lines that name a transfer of ours in a text that the payer or a bank has changed: other case, blanks inside, glued."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.vietqr.matching import candidates, reference_in
from jobs.payments.gateways import GATEWAYS
from jobs.store.postgres.tx import PgTx

_ON_STATEMENT = sorted(each.provider for each in GATEWAYS.values() if each.on_statement)


def named(tx: PgTx, lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines, with the reference of the one transfer that a line without a reference names in its text.

    Only payments that are seen on statements and nowhere else are looked for: their payers write the text themselves.
    """
    blind = [line for line in lines if not line["reference"] and line["amount"] > 0 and not line["returned"]]
    if not blind or not _any_asked_for(tx):
        return list(lines)
    known = _asked_for(tx, sorted({each.reference for line in blind for each in candidates(line["text"])}))
    if not known:
        return list(lines)
    found = {id(line): reference_in(line["text"], known) for line in blind}
    return [line | {"reference": found.get(id(line)) or line["reference"]} for line in lines]


def _any_asked_for(tx: PgTx) -> bool:
    """Most installations take no transfers: their statements are read word by word only once."""
    row = tx.fetch_one(
        "select exists (select from payment_attempt where provider = any(%s)) as any", (_ON_STATEMENT,)
    )
    return bool(row and row["any"])


def _asked_for(tx: PgTx, references: Sequence[str]) -> set[str]:
    rows = tx.fetch(
        "select reference from payment_attempt where reference = any(%s) and provider = any(%s)",
        (list(references), _ON_STATEMENT),
    )
    return {str(row["reference"]) for row in rows}
