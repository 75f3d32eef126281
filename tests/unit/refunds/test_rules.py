"""The edge table, the sums that count, the frozen terms, names."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.errors import IllegalTransition
from jobs.refunds.rules import (
    EDGES,
    FINAL,
    LEFT_US,
    NOT_HELD,
    RESERVED_IN_LEDGER,
    Posting,
    as_document,
    can_move,
    edge,
    folded,
    held,
    names_agree,
    terms_hash,
)
from mappings.canonical.payment import RefundState as S

DOCUMENT = Path(__file__).parents[3] / "docs" / "refund-states.md"
TERMS = {
    "reference": "R", "payment": "P", "amount": 1, "route": "gateway", "cause": "other", "reason": "r",
    "payee_bank": "", "payee_account": "", "payee_name": "An",
}  # fmt: skip


def test_the_document_is_the_table():
    """Code and document are one; write the table anew when this fails."""
    assert as_document() in DOCUMENT.read_text(encoding="utf-8")
    assert as_document(language="en") in DOCUMENT.read_text(encoding="utf-8")


def test_settled_leads_to_the_bank_return_only_and_ends_are_ends():
    """Money that was seen does not become unseen."""
    after = {state: {e.after for e in EDGES if e.before is state} for state in S}
    assert after[S.SETTLED] == {S.RETURNED_BY_BANK}
    assert all(after[state] == set() for state in NOT_HELD)
    assert NOT_HELD | {S.SETTLED} == FINAL


def test_unknown_is_left_by_news_and_people_never_by_the_clock():
    """A worker's step out of UNKNOWN would be a time-out in disguise."""
    assert {e.by for e in EDGES if e.before is S.UNKNOWN} == {"news", "person"}


def test_nothing_is_sent_but_from_reserved_or_proof_that_nothing_left():
    """The only ways into SENDING."""
    assert {e.before for e in EDGES if e.after is S.SENDING} == {S.RESERVED, S.NOT_SENT}


def test_every_state_can_be_reached_and_every_pair_stands_once():
    """A state without a way in is a typing error."""
    pairs = [(e.before, e.after) for e in EDGES]
    assert len(set(pairs)) == len(pairs)
    assert {after for _, after in pairs} | {S.REQUESTED} == set(S)


def test_what_is_reserved_is_released_or_settled_exactly_once_on_every_path():
    """Refunds payable is the sum of the open refunds, so every way out of it books."""

    def books(before: S, after: S) -> Posting:
        return edge("R", before, after).posting

    for one in EDGES:
        inside, goes_on = one.before in RESERVED_IN_LEDGER, one.after in RESERVED_IN_LEDGER
        if not inside and goes_on:
            assert books(one.before, one.after) is Posting.RESERVE
        elif inside and not goes_on:
            assert books(one.before, one.after) in (Posting.RELEASE, Posting.SETTLE)
        else:
            assert books(one.before, one.after) in (Posting.NONE, Posting.RETURN)
    assert LEFT_US < RESERVED_IN_LEDGER


def test_an_edge_that_is_not_published_is_refused():
    """With both states in the message."""
    with pytest.raises(IllegalTransition, match="SETTLED cannot become REJECTED"):
        edge("R1", S.SETTLED, S.REJECTED)
    assert not can_move(S.UNKNOWN, S.RELEASED)


def test_in_flight_refunds_count():
    """Reading only what is settled lets two through."""
    assert held([(S.REQUESTED, 1), (S.UNKNOWN, 2), (S.NOT_SENT, 4), (S.SETTLED, 8), (S.REJECTED, 16),
                 (S.RETURNED_BY_BANK, 32), (S.DECLINED, 64), (S.WITHDRAWN, 128), (S.RELEASED, 256)]) == 15  # fmt: skip


@pytest.mark.parametrize("field", sorted(TERMS))
def test_every_term_is_in_the_hash(field):
    """Change one and it is another refund."""
    other = {**TERMS, field: 2 if field == "amount" else "x"}
    assert terms_hash(**other) != terms_hash(**TERMS)


def test_terms_cannot_be_shifted_between_fields():
    """'ab' + 'c' is not 'a' + 'bc'."""
    assert terms_hash(**{**TERMS, "cause": "ab", "reason": "c"}) != terms_hash(
        **{**TERMS, "cause": "a", "reason": "bc"}
    )


def test_names_are_compared_as_banks_print_them():
    """No accents, any case, one blank; nobody is not equal to nobody."""
    assert folded("  NGUYỄN  Thị Đào ") == "nguyen thi dao"
    assert names_agree("Nguyễn Văn Hoà", "NGUYEN VAN HOA")
    assert not names_agree("", "")
    assert not names_agree("Nguyễn Văn A", "Nguyễn Văn B")
