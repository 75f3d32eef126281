"""Money in suspense finds its place by a person, and is a payment like any other from then on."""

from __future__ import annotations

import pytest

from jobs.errors import NotFound
from jobs.payments.placing import place
from tests.support.money import CODE, Counting, line, paid


def put(world, case_key: str, code: str = CODE) -> str:
    ids = Counting()
    ids._last = 500
    with world.store.transaction("place") as tx:
        return place(
            tx, case_key, code, ids=ids, owed=world.owed, actor="person:ketoan", reason="sao kê 24/11"
        )


@pytest.fixture
def stray(world) -> str:
    world.dossier(CODE, line(100_000))
    world.tell(paid("0000000000000099", 70_000))
    return world.cases("payment_unplaced")[0]["key"]


def test_money_without_a_place_becomes_part_of_a_fee(world, stray):
    """Partly paid is what it is; the rest may be paid by another attempt."""
    reference = put(world, stray)
    assert world.balance("suspense") == {}
    assert world.balance("fee_payable") == {"fee_payable:H21.129:2716": -70_000}
    assert world.fee_state() == "partly"
    assert world.cases("payment_unplaced") == []
    assert world.attempt(reference).paid_amount == 70_000
    assert f"fee-paid:{CODE}:{reference}" in world.effects()
    assert world.attempt(world.open(amount=30_000)).amount == 30_000


def test_what_the_dossier_does_not_owe_is_owed_back(world, stray):
    """The fee was paid otherwise by now."""
    world.tell(paid(world.open()))
    reference = put(world, stray)
    assert world.owed.causes() == [("paid_too_much", 70_000)]
    assert world.balance("suspense") == {}
    assert world.balance("surplus") == {"surplus:vnpay:LIENTH01": -70_000}
    assert world.attempt(reference).amount == 70_000


def test_the_same_money_is_placed_once(world, stray):
    """Two people with the same list."""
    put(world, stray)
    with pytest.raises(NotFound):
        put(world, stray)
    with pytest.raises(NotFound):
        put(world, "no such case")
