"""The ledger on both stores: balanced at every commit, once per event and document, never changed."""

from __future__ import annotations

import threading
from datetime import date

import psycopg
import pytest

from jobs.errors import Duplicate, LedgerImbalance, NotFound
from jobs.ledger.model import Dates, Entry, Transaction
from jobs.ledger.posting import Posting, Share, correct, post

DAY = Dates(date(2026, 11, 23), date(2026, 11, 23), date(2026, 11, 23))
NAMES = {"provider": "vnpay", "terminal": "T", "unit": "U", "account": "1012"}
R, B, F, P = "receivable:vnpay:T", "bank:1012", "fee_payable:U:2716", "refunds_payable:U"


def paid(document: str, amount: int = 100_000, **more) -> Posting:
    return Posting("paid", document, {}, NAMES, (Share(amount, unit="U", item="2716"),), **more)


def in_one(store, *postings: Posting) -> list[bool]:
    with store.transaction("test") as tx:
        return post(tx, *postings)


def balance(store, account: str) -> int:
    with store.transaction("test") as tx:
        return tx.ledger.balance(account)


def test_a_payment_is_booked_once_whoever_tells_it_how_often(store):
    """The same event and document are one transaction."""
    assert in_one(store, paid("A"), paid("B", 7)) == [True, True]
    assert in_one(store, paid("B", 7), paid("C"), paid("C")) == [False, True, False]
    assert balance(store, R) == 200_007
    assert balance(store, F) == -200_007


def test_the_same_document_with_other_money_is_refused(store):
    """A repeat with other content is a mistake somewhere, and money must not follow it."""
    in_one(store, paid("A"))
    with pytest.raises(Duplicate):
        in_one(store, paid("Z"), paid("A", 99_999))
    assert balance(store, R) == 100_000


def test_what_does_not_add_up_cannot_be_committed(store):
    """The store refuses it even when code in front of it does not."""
    lame = Transaction("paid", "X", DAY, (Entry(R, 5, "X"), Entry(F, -4, "X")), "rule:test")
    with pytest.raises((LedgerImbalance, psycopg.errors.CheckViolation)), store.transaction("test") as tx:
        tx.ledger.add([lame])
    assert balance(store, R) == 0


def test_a_transaction_that_is_rolled_back_leaves_nothing(store):
    """A ledger entry and its cause are one commit."""
    with pytest.raises(RuntimeError), store.transaction("test") as tx:
        post(tx, paid("A"))
        raise RuntimeError
    assert balance(store, R) == 0
    assert in_one(store, paid("A")) == [True]


def test_a_correction_is_a_counter_entry_that_names_what_it_corrects(store):
    """What was booked stays readable; only its sum is taken back, once, in the open period."""
    in_one(store, paid("A", booked_on=date(2026, 10, 1)))
    with store.transaction("test") as tx:
        assert correct(tx, "paid", "A", actor="person:ketoan")
        assert not correct(tx, "paid", "A", actor="person:ketoan")
        counter = tx.ledger.find("correction", "paid:A")
        first = tx.ledger.find("paid", "A")
        assert counter is not None
        assert first is not None
        assert counter.corrects == first.id
        assert first.dates.booked_on == date(2026, 10, 1)
        assert counter.dates.booked_on == date(2026, 11, 23)
        assert tx.ledger.balance(R) == 0
        with pytest.raises(NotFound):
            correct(tx, "paid", "nothing", actor="person:ketoan")


def test_three_dates_are_kept_apart(store):
    """Paid 31/12 at 23:58, credited 04/01, booked later still: every report has its own day."""
    in_one(
        store,
        paid("A", transaction_on=date(2026, 12, 31), value_on=date(2027, 1, 4), booked_on=date(2027, 1, 5)),
    )
    with store.transaction("test") as tx:
        found = tx.ledger.find("paid", "A")
    assert found is not None
    assert found.dates == Dates(date(2026, 12, 31), date(2027, 1, 4), date(2027, 1, 5))


def test_entries_are_found_by_what_they_belong_to(store):
    """The story of one payment is read without a scan of the ledger."""
    in_one(
        store,
        paid("A"),
        paid("B"),
        Posting("refund_reserved", "RF", {}, NAMES, (Share(30_000, unit="U", item="2716"),), "A"),
    )
    with store.transaction("test") as tx:
        assert [(e.account, e.amount) for e in tx.ledger.of_reference("A")] == [
            (R, 100_000), (F, -100_000), (F, 30_000), (P, -30_000)
        ]  # fmt: skip
        assert tx.ledger.balances("fee_payable") == {F: -170_000}
        assert tx.ledger.balances("refunds_payable") == {P: -30_000}


def test_a_refund_that_comes_back_and_goes_out_again_ends_at_nothing(store):
    """100,000 out, back, out again: the citizen has his money and nobody is owed any."""
    lines = (Share(100_000, unit="U", item="2716"),)
    story = [
        paid("A"),
        Posting("session_paid", "vnpay:T:2026-11-23", {"bank": 98_000, "fee": 2_000}, NAMES),
        Posting("refund_reserved", "R1", {}, NAMES, lines),
        Posting("refund_settled_transfer", "R1", {"amount": 100_000}, NAMES),
        Posting("refund_returned", "bank:7", {"amount": 100_000}, NAMES),
        Posting("refund_released", "R1", {}, NAMES, lines),
        Posting("refund_reserved", "R2", {}, NAMES, lines),
        Posting("refund_settled_transfer", "R2", {"amount": 100_000}, NAMES),
    ]
    in_one(store, *story)
    assert balance(store, P) == 0
    assert balance(store, F) == 0
    assert balance(store, R) == 0
    # The citizen was refunded in full, so the office bears the gateway's fee.
    assert balance(store, B) == -2_000


def test_a_session_with_more_refunds_than_receipts_is_carried_forward(store):
    """−150,000: the provider pays nothing and takes it off a later session."""
    lines = (Share(250_000, unit="U", item="2716"),)
    in_one(
        store,
        paid("OLD", 250_000),
        Posting("session_paid", "vnpay:T:1", {"bank": 250_000}, NAMES),
        paid("NEW", 100_000),
        Posting("refund_reserved", "R", {}, NAMES, lines),
        Posting("refund_settled_provider", "R", {"amount": 250_000}, NAMES),
    )
    assert balance(store, R) == -150_000
    in_one(store, Posting("session_carried", "vnpay:T:2", {"carried": 150_000}, NAMES))
    assert balance(store, R) == 0
    assert balance(store, "carried:vnpay:T") == -150_000
    in_one(
        store,
        paid("NEXT", 200_000),
        Posting("carry_settled", "vnpay:T:3", {"amount": 150_000}, NAMES),
        Posting("session_paid", "vnpay:T:3", {"bank": 50_000}, NAMES),
    )
    assert balance(store, R) == 0
    assert balance(store, "carried:vnpay:T") == 0
    assert balance(store, B) == 300_000


def test_seventy_percent_kept_and_remitted_comes_back_from_two_places(store):
    """Fee 1,000,000, 70 % kept: 700,000 back from the unit, 300,000 by treasury order."""
    whole = (Share(1_000_000, unit="U", item="2716"),)
    in_one(
        store,
        paid("A", 1_000_000),
        Posting("session_paid", "vnpay:T:1", {"bank": 1_000_000}, NAMES),
        Posting("unit_transfer", "UNC1", {}, NAMES, (Share(700_000, unit="U", item="2716"),)),
        Posting("remittance", "UNC2", {}, NAMES, (Share(300_000, unit="U", item="2716", year="2026"),)),
    )
    assert balance(store, B) == 0
    in_one(
        store,
        Posting("refund_reserved", "R", {}, NAMES, whole),
        Posting("unit_return", "bank:1", {}, NAMES, (Share(700_000, unit="U", item="2716"),)),
        Posting("refund_settled_transfer", "R", {"amount": 700_000}, NAMES),
        Posting(
            "refund_settled_treasury", "R", {}, NAMES, (Share(300_000, unit="U", item="2716", year="2026"),)
        ),
    )
    with store.transaction("test") as tx:
        for kind in ("bank", "fee_payable", "refunds_payable", "remitted", "handed_over", "receivable"):
            assert tx.ledger.balances(kind) == {}, kind


def test_two_that_book_the_same_event_at_once_book_it_once(pg_store):
    """Notification and look-up meet: one of them finds it done."""
    told: list[bool] = []
    start = threading.Barrier(8)

    def book() -> None:
        start.wait()
        told.extend(in_one(pg_store, paid("A")))

    threads = [threading.Thread(target=book) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [False] * 7 + [True]
    assert balance(pg_store, R) == 100_000


@pytest.mark.parametrize(
    "statement",
    ["update ledger_entry set amount = 1", "delete from ledger_entry", "update ledger_transaction set actor = 'x'",
     "delete from ledger_transaction", "truncate ledger_entry cascade"],
)  # fmt: skip
def test_the_application_could_not_change_the_ledger_if_it_tried(pg_store, statement):
    """A correction is a new transaction; nothing else is possible."""
    in_one(pg_store, paid("A"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), pg_store.transaction("test") as tx:
        tx.execute(statement)


def test_an_entry_slipped_under_an_old_transaction_is_refused(pg_store):
    """The constraint looks at the whole transaction, whenever its lines come."""
    in_one(pg_store, paid("A"))
    slip = "insert into ledger_entry (transaction_id, account, amount) select id, 'bank:1', 5 from ledger_transaction"
    with pytest.raises(psycopg.errors.CheckViolation), pg_store.transaction("test") as tx:
        tx.execute(slip)
