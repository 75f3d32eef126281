"""What reconciliation may set in motion by itself (``jobs.reconciliation.ports.Remedies``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from jobs.ledger.model import LOCAL
from jobs.ledger.posting import Posting, correct, post
from jobs.ledger.table import CORRECTION
from jobs.payments.gateways import GATEWAYS, provider_of
from jobs.refunds.moves import Seen
from mappings.canonical.payment import PaymentNews, PaymentVerdict, RefundNews, RefundState, RefundVerdict

if TYPE_CHECKING:
    from jobs.ledger.model import Transaction
    from jobs.payments.service import Payments
    from jobs.reconciliation.ports import Credited
    from jobs.refunds.service import Refunds
    from jobs.store.postgres.tx import PgTx

_PAYMENT, _REFUND = 1, 2
_ON_STATEMENT = sorted(each.provider for each in GATEWAYS.values() if each.on_statement)
_CAUSES = {"double_payment": "paid_twice", "reversed": "reversed"}
"""Kind of break → cause of a refund."""
_CREDITED = ("direct_credited", "direct_credited_doubtful")
_ONCE = ("session_paid", "session_carried", "carry_settled", "unexplained")
"""Booked once per document, and once more only when a person has taken the match behind it back."""
_OPEN = (
    RefundState.SENDING,
    RefundState.UNKNOWN,
    RefundState.ACCEPTED,
    RefundState.SENT_TO_BANK,
)


class Remedies:
    """Payments, refunds and the ledger behind one door. Everything happens in the given transaction."""

    def __init__(self, payments: Payments, refunds: Refunds) -> None:
        self._payments, self._refunds = payments, refunds

    def payment_seen(self, tx: PgTx, news: PaymentNews) -> None:
        """A gateway's file says paid: the attempt becomes PAID if it agrees, and the case system is told."""
        self._payments.apply_news(tx, replace(news, provider=provider_of(news.provider)))

    def refund_seen(self, tx: PgTx, news: RefundNews) -> None:
        """A file or a bank line settles a refund, or brings it back; the day and the account are those of the line."""
        named = _named(tx, news)
        self._refunds.apply_news(tx, named, seen=_seen(tx, named))

    def payments_credited(self, tx: PgTx, lines: Sequence[Credited]) -> Collection[int]:
        """Bank lines show payments' own money: booked once per payment, where the provider pays straight to us."""
        names = sorted({line.reference for line in lines})
        self._tell_of_transfers(tx, lines)
        straight = {
            str(row["reference"])
            for row in tx.fetch(
                "select reference from payment_attempt where reference = any(%s) and provider = any(%s)",
                (names, sorted(self._payments.rules.straight)),
            )
        }
        known: dict[str, set[str]] = {}
        for row in tx.fetch(
            "select event, document from ledger_transaction where event = any(%s) and document = any(%s)",
            (["paid_direct", *_CREDITED], names),
        ):
            known.setdefault(str(row["document"]), set()).add(str(row["event"]))
        again, postings = [], []
        for line in lines:
            events = known.setdefault(line.reference, set())
            if line.reference not in straight:
                continue
            if not events.isdisjoint(_CREDITED):
                again.append(line.line)
                continue
            posting = _credit(tx, line, paid="paid_direct" in events)
            events.add(posting.event)
            postings.append(posting)
        post(tx, *postings)
        return again

    def _tell_of_transfers(self, tx: PgTx, lines: Sequence[Credited]) -> None:
        """Where nobody else tells of the money, the statement does: the first line of a payment is the news of it."""
        rows = tx.fetch(
            """select reference, provider, terminal from payment_attempt
               where reference = any(%s) and provider = any(%s) and state not in ('PAID', 'REVERSED')""",
            (sorted({line.reference for line in lines}), _ON_STATEMENT),
        )
        waiting = {str(row["reference"]): row for row in rows}
        seen: dict[str, list[PaymentNews]] = {}
        for line in lines:
            row = waiting.pop(line.reference, None)
            if row is not None:
                news = PaymentNews(
                    str(row["provider"]), str(row["terminal"]), line.reference, line.amount, "VND", PaymentVerdict.PAID,
                    "file", message="Thấy trên sao kê", paid_at=datetime.combine(line.value_on, time(), LOCAL),
                )  # fmt: skip
                seen.setdefault(line.account, []).append(news)
        for account, told in seen.items():
            self._payments.apply_many(tx, told, seen_on=account)

    def ask_gateway(self, tx: PgTx, kind: int, reference: str) -> None:
        """Look a payment or a refund up now."""
        if kind == _PAYMENT:
            self._payments.look_up(tx, reference, cause="reconciliation")
        elif kind == _REFUND:
            self._refunds.look_up(tx, reference)

    def refund_owed(self, tx: PgTx, reference: str, amount: int, cause: str) -> None:
        """Open a refund of a payment; it still needs two people. The same cause of the same payment is one."""
        name = _CAUSES.get(cause, "other")
        lines = tx.payments.allocated([reference]).get(reference, [])
        code = lines[0].dossier_code if lines else ""
        self._refunds.open(
            tx, attempt_reference=reference, amount=amount, cause=name, cause_key=f"{name}:{reference}",
            dossier_code=code,
        )  # fmt: skip

    def post(self, tx: PgTx, event: str, document: str, amounts: Mapping[str, int], value_day: date) -> None:
        """Post an event of the posting table once per document, into the open period.

        A returned transfer is posted with its refund's own step (``refund_seen`` came just before), so that it is not
        posted twice.
        """
        if event == "refund_returned":
            return
        name, stands = _newest(tx, event, document)
        if stands and event in _ONCE:
            return  # a session's file that changes after it was booked is a person's item, not another booking
        post(
            tx,
            Posting(
                event, name, amounts, _names(tx, document), actor="rule:reconciliation", transaction_on=value_day,
                value_on=value_day, case=_case(document),
            ),
        )  # fmt: skip

    def take_back(self, tx: PgTx, event: str, document: str, actor: str) -> None:
        """Turn round what is booked for a document, by a counter-entry; nothing when nothing stands."""
        name, stands = _newest(tx, event, document)
        if stands:
            correct(tx, event, name, actor=actor)

    def explained(self, tx: PgTx, lines: Sequence[int]) -> None:
        """Bank lines found their place: what stood in suspense for them is turned round."""
        for line in lines:
            self.take_back(tx, "unexplained", f"bank:{line}", "rule:reconciliation")


def _newest(tx: PgTx, event: str, document: str) -> tuple[str, bool]:
    """The name under which a document is booked, or would be next; and whether that booking stands."""
    name, times = document, 1
    while tx.ledger.find(event, name) is not None:
        if tx.ledger.find(CORRECTION, f"{event}:{name}") is None:
            return name, True
        times += 1
        name = f"{document}#{times}"
    return name, False


def _credit(tx: PgTx, line: Credited, *, paid: bool) -> Posting:
    """The credit against what stood for this money until now.

    What was paid is in transit, and so is money whose news is still to come. Money in doubt (suspected, not what was
    asked, or of nobody) stands as a claim on the provider.
    """
    event, names = "direct_credited", {"account": line.account}
    claim = None if paid else _claim(tx, line)
    if claim is not None:
        event = "direct_credited_doubtful"
        account = next(e.account for e in claim.entries if e.account.startswith("receivable:"))
        _, names["provider"], names["terminal"] = account.split(":")
    return Posting(
        event, line.reference, {"amount": line.amount}, names, actor="rule:reconciliation", transaction_on=line.value_on,
        value_on=line.value_on,
    )  # fmt: skip


def _claim(tx: PgTx, line: Credited) -> Transaction | None:
    attempt = tx.payments.by_reference(line.reference)
    if attempt is None:
        return None
    told = f"unplaced:{attempt.provider}:{attempt.terminal}:{attempt.reference}:{line.amount}"
    doubts = (("suspect", attempt.reference), ("unplaced", attempt.reference), ("unplaced", told))
    return next((found for doubt in doubts if (found := tx.ledger.find(*doubt)) is not None), None)


def _named(tx: PgTx, news: RefundNews) -> RefundNews:
    """News by our refund reference. A file may name the payment instead: its one open refund of this amount is meant."""
    if tx.refunds.by_reference([news.reference]):
        return news
    attempt = tx.payments.by_reference(news.reference)
    if attempt is None:
        return news
    fitting = [
        r for r in tx.refunds.of_payment(attempt.id) if r.state in _OPEN and news.amount in (None, r.amount)
    ]
    if len(fitting) != 1:
        return news
    return replace(news, reference=fitting[0].reference)


def _seen(tx: PgTx, news: RefundNews) -> Seen:
    if news.source == "file":
        row = tx.fetch_one(
            """select l.session as day from settlement_line l where l.reference = %s and l.kind = 2
               order by l.id desc limit 1""",
            (news.reference,),
        )
        return Seen(row["day"]) if row else Seen()
    back = news.verdict is RefundVerdict.RETURNED
    row = tx.fetch_one(
        """select id, coalesce(value_on, booked_on) as day, account from statement_line
           where reference = %s and returned = %s order by id desc limit 1""",
        (news.reference, back),
    )
    return Seen(row["day"], row["account"], f"bank:{row['id']}" if back else "") if row else Seen()


def _names(tx: PgTx, document: str) -> dict[str, str]:
    """Details of accounts, out of the document's name: ``bank:LINE`` or ``PARTNER:TERMINAL:SESSION``."""
    kind, _, rest = document.partition(":")
    if kind != "bank":
        kind = provider_of(kind)
        terminal = rest.partition(":")[0]
        row = tx.fetch_one(
            "select account from terminal where provider = %s and code = %s order by valid_from desc limit 1",
            (kind, terminal),
        )
        return {"provider": kind, "terminal": terminal, "account": row["account"] if row else ""}
    row = tx.fetch_one("select account from statement_line where id = %s", (int(rest),))
    account = row["account"] if row else ""
    return {"account": account, "source": "bank", "detail": account}


def _case(document: str) -> str:
    """The key of the break that money in suspense belongs to (``jobs.reconciliation.running``)."""
    return f"break:only_theirs:{document}" if document.startswith("bank:") else ""
