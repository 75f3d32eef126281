"""The database and the code hold one table of edges."""

from __future__ import annotations

import itertools

import psycopg
import pytest

from jobs.payments.edges import EDGES
from mappings.canonical.payment import AttemptState

_INSERT = """insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at, paid_amount,
    next_look_up_at) values (%s, 'vnpay', 'vnpay', 'T', 5, %s, now(), 5, now())"""


def test_the_database_knows_exactly_the_published_edges(empty_database):
    """A step that only one of them allows is allowed by nobody who looks at the other."""
    allowed, refused_by = set(), set()
    with psycopg.connect(empty_database, autocommit=True) as connection:
        for before, after in itertools.permutations(AttemptState, 2):
            name = f"{before}-{after}"
            connection.execute(_INSERT, (name, before.value))
            try:
                connection.execute(
                    "update payment_attempt set state = %s where reference = %s", (after.value, name)
                )
                allowed.add((before, after))
            except psycopg.errors.CheckViolation as exc:
                refused_by.add(exc.diag.constraint_name)
    assert refused_by == {"payment_attempt_edge"}
    assert allowed == {(before, after) for before, afters in EDGES.items() for after in afters}


@pytest.mark.parametrize(
    "column", ["amount = 6", "reference = 'X'", "terminal = 'X'", "request_time = 'X'", "key = 'X'"]
)
def test_what_was_agreed_with_the_payer_cannot_be_changed(pg_store, column):
    """The application has no right to it."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege), pg_store.transaction("test") as tx:
        tx.execute(f"update payment_attempt set {column}")


def test_an_unknown_payment_without_its_next_look_up_cannot_be_stored(pg_store):
    """Nothing about money rests without the time of its next look-up."""
    with pytest.raises(psycopg.errors.CheckViolation), pg_store.transaction("test") as tx:
        tx.execute(
            """insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at)
               values ('R', 'vnpay', 'vnpay', 'T', 5, 'UNKNOWN', now())"""
        )


@pytest.mark.parametrize("amount", ["0", "-1", "null"])
def test_a_paid_payment_without_its_amount_cannot_be_stored(pg_store, amount):
    """It is what refunds may not exceed."""
    with pytest.raises(psycopg.errors.CheckViolation), pg_store.transaction("test") as tx:
        tx.execute(
            f"""insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at, paid_amount)
                values ('R', 'vnpay', 'vnpay', 'T', 5, 'PAID', now(), {amount})"""
        )
