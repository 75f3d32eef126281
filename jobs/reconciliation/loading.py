"""Loading files: whole or not at all, once per content, a changed file as a new version with its difference."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from connectors.statements.profile import Profile
from connectors.statements.reader import read_settlement
from jobs.errors import BadInput
from jobs.reconciliation import pay_outs, transfers
from jobs.reconciliation.breaks import BreakKind
from jobs.reconciliation.judging import Judge
from jobs.reconciliation.ports import Credited, Loaded
from jobs.reconciliation.references import WORD
from jobs.reconciliation.rules import Side
from jobs.reconciliation.sides import KINDS, STATUSES, signed_net
from jobs.store.postgres import reconciliation as rows
from jobs.store.postgres.tx import PgTx
from mappings.canonical.payment import PaymentNews, PaymentVerdict, RefundNews, RefundVerdict
from mappings.canonical.statement import EntryStatus, SettlementFile, SettlementRow, Statement, StatementEntry

_WORDS = re.compile(WORD)


@dataclass(frozen=True, slots=True)
class Loader:
    """Puts files into the store and asks for verdicts about what is new."""

    judge: Judge

    def settlement(
        self, tx: PgTx, read: SettlementFile, raw: bytes, *, partner: str, name: str, by: str
    ) -> Loaded:
        """Store a readable settlement file and judge its rows. The same bytes again change nothing."""
        if read.session is None:
            raise BadInput(
                "no-session",
                name,
                "Tệp không cho biết phiên đối soát.",
                "The file does not tell its session.",
            )
        facts = {
            "partner": partner, "session": read.session, "terminal": read.terminal, "profile": read.profile, "name": name,
            "digest": read.digest, "row_count": len(read.rows), "raw": raw, "now": tx.now, "by": by,
            **_sums(read.rows),
        }  # fmt: skip
        kept = rows.keep_settlement_file(tx, facts)
        form = f"settlement:{read.profile}"
        if kept is None:
            return Loaded(
                read.digest, form, loaded=True, repeated=True, lines=len(read.rows), troubles=read.troubles
            )
        file_id = int(kept["id"])
        rows.copy_lines(tx, file_id, (_stored(row) for row in read.rows))
        difference: dict[str, int] = {}
        if kept["before"] is not None:
            rows.supersede(tx, "settlement_file", int(kept["before"]), file_id)
            difference = rows.version_difference(tx, int(kept["before"]), file_id)
            self._changed(tx, partner, read, kept["version"], difference)
        new = self._judged(tx, read, file_id, partner)
        if partner not in self.judge.straight:
            pay_outs.paid_by_now(tx, self.judge)
        return Loaded(
            str(file_id), form, loaded=True, lines=len(read.rows), troubles=read.troubles, version=int(kept["version"]),
            difference=difference, breaks=new,
        )  # fmt: skip

    def _judged(self, tx: PgTx, read: SettlementFile, file_id: int, partner: str) -> int:
        references = sorted({row.reference for row in read.rows})
        numbers = sorted({row.provider_reference for row in read.rows} - {""})
        session = read.session or date.min
        found = self.judge.verdicts(tx, references, numbers, around=session, against=(Side.GATEWAY,))
        broken = [row["gateway_line"] for row in found if row["gateway_line"] is not None]
        broken_keys = {str(row["key"]) for row in found}
        rows.match_settlement(tx, file_id, broken, sorted(broken_keys))
        self.judge.settled(tx, [r for r in references if r not in broken_keys], found, Side.GATEWAY)
        new = self.judge.open(tx, found)
        contrary = {str(row["key"]) for row in found if row["verdict"] != BreakKind.PAID_UNCONFIRMED}
        for row in read.rows:
            if row.status == "success" and row.reference not in contrary:
                self._tell(tx, row, partner, unconfirmed=row.reference in broken_keys)
        return new

    def _tell(self, tx: PgTx, row: SettlementRow, partner: str, *, unconfirmed: bool) -> None:
        """A row feeds the states: PAID where we did not know, SETTLED for refunds; never a step back."""
        if row.kind == "refund":
            news = RefundNews(
                row.reference,
                RefundVerdict.SETTLED,
                "file",
                row.gross,
                provider_reference=row.provider_reference or None,
            )
            self.judge.remedies.refund_seen(tx, news)
        elif row.kind == "payment" and unconfirmed:
            self.judge.remedies.payment_seen(
                tx,
                PaymentNews(
                    partner, row.terminal, row.reference, row.gross, "VND", PaymentVerdict.PAID, "file",
                    provider_reference=row.provider_reference or None, paid_at=row.at,
                ),
            )  # fmt: skip

    def _changed(
        self, tx: PgTx, partner: str, read: SettlementFile, version: int, difference: dict[str, int]
    ) -> None:
        facts = {"partner": partner, "session": str(read.session), "version": version, **difference}
        item = {
            "kind": str(BreakKind.FILE_CHANGED), "key": f"break:file_changed:{partner}:{read.digest}", "dossier_code": None,
            "amount": None, "deadline": self.judge.calendar.deadline(tx.now, 5), "evidence": facts,
        }  # fmt: skip
        rows.open_breaks(tx, [item])

    def statement(
        self,
        tx: PgTx,
        statement: Statement,
        raw: bytes,
        *,
        side: Side,
        form: str,
        digest: str,
        name: str,
        by: str,
    ) -> Loaded:
        """Store the booked lines of one statement that no earlier one brought, and judge them."""
        booked = [e for e in statement.entries if e.status is EntryStatus.BOOKED and e.minor is not None]
        facts = {
            "side": int(side), "account": statement.account, "statement": f"{statement.number}/{statement.page}/{statement.to_date}",
            "first_day": statement.from_date, "last_day": statement.to_date, "name": name, "format": form, "digest": digest,
            "opening": statement.opening_minor, "closing": statement.closing_minor, "row_count": len(booked), "raw": raw,
            "now": tx.now, "by": by,
        }  # fmt: skip
        kept = rows.keep_statement_file(tx, facts)
        if kept is None:
            return Loaded(digest, form, loaded=True, repeated=True, lines=len(booked))
        if kept["before"] is not None:
            rows.supersede(tx, "statement_file", int(kept["before"]), int(kept["id"]))
        made = _statement_rows(booked, statement.account, int(kept["id"]), side)
        words = {word for row in made for word in (row["reference"], *_WORDS.findall(row["text"])) if word}
        known = rows.known_references(tx, self.judge.ours, sorted(words))
        resolved = transfers.named(tx, [_resolved(row, known) for row in made])
        known |= {row["reference"] for row in resolved} - {""}
        new_lines = rows.keep_statement_lines(tx, resolved)
        breaks = self._judge_bank(tx, new_lines, side, known) + self._continues(tx, statement)
        if side is Side.BANK:
            pay_outs.paid_by_now(tx, self.judge, new_lines)
        return Loaded(
            str(kept["id"]),
            form,
            loaded=True,
            lines=len(new_lines),
            version=int(kept["version"]),
            breaks=breaks,
        )

    def _continues(self, tx: PgTx, statement: Statement) -> int:
        """Level C: a statement opens where the last one closed, or a statement between them is missing."""
        if statement.from_date is None or statement.opening_minor is None:
            return 0
        before = rows.closing_before(tx, statement.account, statement.from_date)
        if before is None or before == statement.opening_minor:
            return 0
        facts = {
            "account": statement.account,
            "closing_amount": before,
            "opening_amount": statement.opening_minor,
        }
        item = {
            "kind": str(BreakKind.BALANCE), "key": f"break:balance:{statement.account}:{statement.from_date}",
            "dossier_code": None, "amount": abs(statement.opening_minor - before),
            "deadline": self.judge.calendar.deadline(tx.now, 5), "evidence": facts,
        }  # fmt: skip
        return rows.open_breaks(tx, [item])

    def _judge_bank(self, tx: PgTx, lines: Sequence[dict[str, Any]], side: Side, known: set[str]) -> int:
        named = [line for line in lines if line["reference"] in known]
        if not named:
            return 0
        references = sorted({line["reference"] for line in named})
        found = self.judge.verdicts(tx, references, [], around=named[0]["booked_on"], against=(side,))
        broken = {str(row["key"]) for row in found}
        good = [line for line in named if line["reference"] not in broken]
        rows.match_statement(tx, "reference-in-bank-line", good, file_id=None, by="rule")
        self.judge.settled(tx, [line["reference"] for line in good], found, side)
        new = self.judge.open(tx, found)
        new += self._credit(tx, [line for line in named if line["amount"] > 0 and not line["returned"]])
        for line in named:
            self._tell_refund(tx, line, agrees=line["reference"] not in broken)
        return new

    def _credit(self, tx: PgTx, lines: Sequence[dict[str, Any]]) -> int:
        """Book what came for payments, whatever its amount: it is on the account. Money that comes twice is nobody's."""
        credited = [
            Credited(line["id"], line["reference"], line["account"], int(line["amount"]), line["value_on"] or line["booked_on"])
            for line in lines
        ]  # fmt: skip
        again = self.judge.remedies.payments_credited(tx, credited) if credited else ()
        return rows.open_breaks(
            tx, [pay_outs.stranger(tx, self.judge, line) for line in lines if line["id"] in again]
        )

    def _tell_refund(self, tx: PgTx, line: dict[str, Any], *, agrees: bool) -> None:
        amount = abs(int(line["amount"]))
        if line["returned"]:
            news = RefundNews(
                line["reference"],
                RefundVerdict.RETURNED,
                "statement",
                amount,
                return_reason=line["return_reason"],
            )
            self.judge.remedies.refund_seen(tx, news)
            self.judge.remedies.post(
                tx, "refund_returned", f"bank:{line['id']}", {"amount": amount}, line["booked_on"]
            )
        elif line["amount"] < 0 and agrees:
            self.judge.remedies.refund_seen(
                tx, RefundNews(line["reference"], RefundVerdict.SETTLED, "statement", amount)
            )


def _sums(read: Sequence[SettlementRow]) -> dict[str, int]:
    good = [row for row in read if row.status == "success"]
    return {
        "gross": sum(row.gross for row in good if row.kind == "payment"),
        "fee": sum(row.fee for row in good),
        "net": sum(signed_net(int(KINDS[row.kind]), row.gross, row.fee, row.net) for row in good),
    }


def _stored(row: SettlementRow) -> tuple[Any, ...]:
    kind = int(KINDS[row.kind])
    return (
        row.row, kind, row.reference, row.provider_reference, row.original_reference, row.gross, row.fee,
        signed_net(kind, row.gross, row.fee, row.net), int(STATUSES[row.status]), row.at, row.session,
    )  # fmt: skip


def _statement_rows(
    booked: Sequence[StatementEntry], account: str, file_id: int, side: Side
) -> list[dict[str, Any]]:
    made, seen = [], Counter[str]()
    for entry in booked:
        signed = (entry.minor or 0) if entry.credit else -(entry.minor or 0)
        own = entry.references.get("account_servicer", "")
        facts = f"{account}|{entry.booking_date}|{signed}|{own}"
        if not own:
            facts += f"|{entry.references.get('end_to_end', '')}|{entry.text}"
        seen[facts] += 1
        fields = ("end_to_end", "customer", "instruction")
        made.append(
            {
                "file_id": file_id, "side": int(side), "account": account, "entry_key": f"{facts}|{seen[facts]}",
                "place": entry.line, "booked_on": entry.booking_date or entry.value_date, "value_on": entry.value_date,
                "amount": signed, "currency": entry.currency, "returned": entry.returned,
                "return_reason": entry.return_reason,
                "reference": next((t for n in fields if (t := entry.references.get(n, ""))), ""), "bank_reference": own,
                "text": entry.text, "counterparty_account": entry.counterparty_account,
            }
        )  # fmt: skip
    return made


def _resolved(row: dict[str, Any], known: set[str]) -> dict[str, Any]:
    """The one known reference in field or text; none when two different ones stand there."""
    if row["reference"] in known:
        return row
    words = {word for word in _WORDS.findall(row["text"]) if word in known}
    return row | {"reference": words.pop()} if len(words) == 1 else row | {"reference": ""}


def read_settlement_file(raw: bytes, profile: Profile, name: str) -> SettlementFile:
    """The file, its name used only where it is of the agreed form."""
    agreed = bool(profile.name_pattern) and re.fullmatch(profile.name_pattern, name) is not None
    read = read_settlement(raw, profile, name if agreed else "")
    return replace(read, profile=profile.name)
