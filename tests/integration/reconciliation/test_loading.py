"""Loading files into the store: once, whole, as versions, and what follows by itself."""

from __future__ import annotations

import pytest

from jobs.access.model import Actor
from tests.integration.reconciliation.conftest import Desk
from tests.support.session_files import FRIDAY, bank, settlement

VNPAY = "vnpay-session"
BANK = "bank-generic-csv"


def test_lines_that_agree_are_matched_and_nothing_is_opened(desk: Desk, person: Actor) -> None:
    """A match is a record that says which rule made it."""
    desk.ours("LT01")

    loaded = desk.service.load_settlement(settlement([{"reference": "LT01"}]), "f.csv", VNPAY, person)

    assert loaded.loaded
    assert desk.count("match_record") == 1
    assert desk.open_breaks() == set()


def test_the_same_file_again_changes_nothing(desk: Desk, person: Actor) -> None:
    """Files are sent twice; they count once."""
    raw = settlement([{"reference": "LT01"}])
    desk.service.load_settlement(raw, "f.csv", VNPAY, person)
    before = [desk.count(t) for t in ("settlement_file", "settlement_line", "match_record", "case_item")]

    again = desk.service.load_settlement(raw, "copy of f.csv", VNPAY, person)

    assert again.repeated
    assert before == [
        desk.count(t) for t in ("settlement_file", "settlement_line", "match_record", "case_item")
    ]


def test_a_changed_file_is_a_new_version_with_its_difference(desk: Desk, person: Actor) -> None:
    """A partner who corrects a session must not do so unseen."""
    desk.ours("LT01")
    desk.service.load_settlement(settlement([{"reference": "LT01"}]), "f.csv", VNPAY, person)

    changed = desk.service.load_settlement(
        settlement([{"reference": "LT01"}, {"reference": "LT02"}]), "f.csv", VNPAY, person
    )

    assert changed.version == 2
    assert changed.difference == {"added": 1, "removed": 0, "changed": 0}
    assert {kind for kind, _ in desk.open_breaks()} == {"file_changed", "only_theirs"}


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(settlement([{"reference": "LT01", "amount": 0}]), id="zero amount"),
        pytest.param(settlement([{"reference": "LT01"}], total_off=1), id="wrong total"),
        pytest.param(settlement([{"reference": "LT01", "kind": "77"}]), id="unknown type"),
        pytest.param(
            settlement([{"reference": "LT01", "number": "1"}, {"reference": "LT02", "number": "1"}]),
            id="doubled row",
        ),
    ],
)
def test_one_bad_row_refuses_the_whole_file(desk: Desk, person: Actor, raw: bytes) -> None:
    """A file that is wrong in one place may be wrong in others."""
    loaded = desk.service.load_settlement(raw, "f.csv", VNPAY, person)

    assert not loaded.loaded
    assert loaded.troubles
    assert desk.count("settlement_file") == 0


def test_breaks_are_named_once_with_deadline_however_often_they_are_found(desk: Desk, person: Actor) -> None:
    """Running a day again must not fill the desk."""
    desk.ours("LT01", amount=60_000)
    desk.service.load_settlement(
        settlement([{"reference": "LT01"}, {"reference": "LT09"}]), "f.csv", VNPAY, person
    )

    for _ in range(2):
        desk.service.run(desk.store.clock.now().date())

    named = {("amount", "LT01"), ("only_theirs", "LT09"), ("settlement_short", "")}
    assert desk.open_breaks() == named
    assert len(desk.service.breaks()) == len(named)
    assert all(row["deadline"] > row["opened_at"] for row in desk.service.breaks())


def test_a_paid_line_that_we_do_not_know_as_paid_becomes_news(desk: Desk, person: Actor) -> None:
    """The file proves the payment: the case system is told without a person."""
    desk.ours("LT01", status=3)

    desk.service.load_settlement(settlement([{"reference": "LT01"}]), "f.csv", VNPAY, person)

    [news] = desk.asked("payment_seen")
    assert (news.reference, news.amount, news.verdict) == ("LT01", 50_000, "paid")
    assert desk.open_breaks() == {("paid_unconfirmed", "LT01")}


def test_a_refund_row_settles_the_refund(desk: Desk, person: Actor) -> None:
    """Refunded means seen in the provider's file."""
    desk.ours("RF01", kind=2, status=3)

    desk.service.load_settlement(settlement([{"reference": "RF01", "kind": "02"}]), "f.csv", VNPAY, person)

    [news] = desk.asked("refund_seen")
    assert (news.reference, news.verdict) == ("RF01", "settled")


def test_a_refund_row_of_another_amount_settles_nothing(desk: Desk, person: Actor) -> None:
    """Disagreement opens a break and moves no state."""
    desk.ours("RF01", kind=2, status=3)

    desk.service.load_settlement(
        settlement([{"reference": "RF01", "kind": "02", "amount": 49_999}]), "f.csv", VNPAY, person
    )

    assert desk.asked("refund_seen") == []
    assert desk.open_breaks() == {("amount", "RF01")}


def test_a_payment_made_twice_asks_for_its_refund(desk: Desk, person: Actor) -> None:
    """A refund that is owed opens by itself."""
    desk.ours("LT01")

    desk.service.load_settlement(
        settlement([{"reference": "LT01"}, {"reference": "LT01"}]), "f.csv", VNPAY, person
    )

    assert desk.asked("refund_owed") == [("LT01", 50_000, "double_payment")]


def test_a_bank_line_settles_a_transfer_and_a_return_brings_it_back(desk: Desk, person: Actor) -> None:
    """The bank's books have the last word on transfers, in both directions."""
    desk.ours("RF0000000000001A", kind=2, status=3, route=2)
    paid = {"amount": -50_000, "text": "Hoan tra RF0000000000001A"}
    desk.service.load_statement(bank([paid], opening=50_000), "sk1.csv", BANK, person)
    assert [news.verdict for news in desk.asked("refund_seen")] == ["settled"]

    back = {"amount": 50_000, "end_to_end": "RF0000000000001A", "reason": "AC01", "reference": "FT99"}
    desk.service.load_statement(bank([back]), "sk2.csv", BANK, person)

    assert [news.verdict for news in desk.asked("refund_seen")] == ["settled", "returned"]
    assert desk.open_breaks() == set()  # the refund itself asks for a person


def test_overlapping_statements_bring_each_line_once_and_equal_payments_stay_two(
    desk: Desk, person: Actor
) -> None:
    """Overlaps are common; two citizens paying the same sum are common too."""
    same = {"amount": 10_000, "text": "nop tien", "reference": ""}
    desk.service.load_statement(bank([same, same]), "a.csv", BANK, person)

    desk.service.load_statement(
        bank([same, same, {"amount": 5_000, "reference": "FT5"}]), "b.csv", BANK, person
    )

    assert desk.count("statement_line") == 3


def test_a_statement_that_does_not_add_up_is_not_loaded(desk: Desk, person: Actor) -> None:
    """Opening, booked lines and closing are one equation."""
    raw = bank([{"amount": 10_000}]).replace(
        "Số dư cuối ngày,10000".encode(), "Số dư cuối ngày,10001".encode()
    )

    assert not desk.service.load_statement(raw, "a.csv", BANK, person).loaded
    assert desk.count("statement_line") == 0


def test_a_statement_that_does_not_begin_where_the_last_one_ended_is_a_break(
    desk: Desk, person: Actor
) -> None:
    """A day between them is missing, whatever its lines were."""
    desk.service.load_statement(bank([{"amount": 10_000, "day": FRIDAY}]), "a.csv", BANK, person)

    desk.service.load_statement(bank([{"amount": 5_000}], opening=10_007), "b.csv", BANK, person)

    assert [(row["kind"], row["amount"]) for row in desk.service.breaks()] == [("balance", 7)]
