"""Fee demands: versions, lines, what is due, and what happens when a fee is raised or lowered."""

from __future__ import annotations

import pytest

from jobs.fees import rules
from jobs.fees.service import due_of
from mappings.canonical.dossier import FeeDemand, FeeKind
from tests.support.money import CODE, World, line, paid


@pytest.fixture
def world(store, clock) -> World:
    return World(store, clock)


def current(world):
    with world.store.transaction("test") as tx:
        return tx.fees.current([CODE])[CODE]


def test_the_same_demand_again_is_no_new_version(world):
    """The feed brings everything several times."""
    for _ in range(3):
        world.dossier(CODE, line(100_000), line(20_000, code="P2", kind=FeeKind.LE_PHI))
    fee = current(world)
    assert (fee.version, fee.amount, fee.state.value) == (1, 120_000, "open")
    assert [x.kind for x in fee.lines] == ["phí", "lệ phí"]
    assert world.events() == ["fee.demanded"]


def test_a_changed_demand_is_a_new_version_and_the_old_one_stays_readable(world):
    """The payment was made against the old one."""
    world.dossier(CODE, line(100_000))
    old = current(world).lines[0].id
    world.dossier(CODE, line(130_000))
    assert (current(world).version, current(world).amount) == (2, 130_000)
    with world.store.transaction("test") as tx:
        first = tx.fees.line(old)
    assert first is not None
    assert first.amount == 100_000
    assert world.events() == ["fee.demanded", "fee.raised"]


def test_what_was_paid_for_a_line_counts_for_its_next_version(world):
    """A line is the same line under its code, whatever its amount."""
    world.dossier(CODE, line(100_000), line(20_000, code="P2"))
    world.tell(paid(world.open(amount=120_000), 120_000))
    world.dossier(CODE, line(150_000), line(20_000, code="P2"))
    with world.store.transaction("test") as tx:
        assert [(d.line.code, d.due) for d in due_of(tx, CODE)] == [("P1", 50_000), ("P2", 0)]
    assert world.fee_state() == "partly"


def test_a_line_that_is_asked_no_more_makes_its_money_owed(world):
    """Lowered to nothing is lowered."""
    world.dossier(CODE, line(100_000), line(20_000, code="P2"))
    world.tell(paid(world.open(amount=120_000), 120_000))
    world.dossier(CODE, line(100_000))
    assert world.fee_state() == "overpaid"
    assert world.owed.lowered == [CODE]
    with world.store.transaction("test") as tx:
        assert rules.above_demand(tx.fees.current([CODE])[CODE], tx.fees.paid([CODE])) == 20_000


def test_money_given_back_brings_a_lowered_fee_into_line(world):
    """What is held for a refund is kept no more."""
    world.dossier(CODE, line(100_000))
    reference = world.open()
    world.tell(paid(reference))
    world.dossier(CODE, line(70_000))
    with world.store.transaction("refund") as tx:
        from jobs.fees.service import settle_states

        (part,) = tx.payments.allocated([reference])[reference]
        tx.payments.take_back([(part.attempt_id, part.fee_line_id, 30_000)])
        settle_states(tx, [CODE])
    assert world.fee_state() == "paid"


def test_more_than_was_applied_cannot_be_taken_back(world):
    """Neither by a mistake nor by two at once."""
    world.dossier(CODE, line(100_000))
    reference = world.open()
    world.tell(paid(reference))

    def take(amount: int) -> None:
        with world.store.transaction("refund") as tx:
            (part,) = tx.payments.allocated([reference])[reference]
            tx.payments.take_back([(part.attempt_id, part.fee_line_id, amount)])

    take(60_000)
    for wrong in (40_001, -60_001):
        with pytest.raises(Exception, match="allocation"):
            take(wrong)
    take(-60_000)


def test_a_demand_of_nothing_is_exempt(world):
    """Free of charge is an answer, not a missing fee."""
    world.dossier(CODE, line(100_000))
    world.dossier(CODE, line(0))
    assert world.fee_state() == "exempt"


def test_lines_of_one_code_are_kept_apart(world):
    """Two copies at 8,000 are two lines."""
    world.dossier(CODE, line(8_000, code="C"), line(8_000, code="C"))
    assert [x.code for x in current(world).lines] == ["C", "C#2"]
    assert current(world).amount == 16_000


def test_what_the_case_system_believes_is_no_new_version(world):
    """Our own confirmation comes back with the feed."""
    world.dossier(CODE, line(100_000))
    world.dossier(CODE, line(100_000, paid=True))
    assert (current(world).version, world.fee_state()) == (1, "paid")
    world.dossier(CODE, line(100_000))
    assert world.fee_state() == "open"


def test_a_line_without_a_unit_is_collected_by_the_dossiers_agency(world):
    """Somebody's account must be on every line."""
    demand = FeeDemand(CODE, "s", (line(5, unit=""),))
    (made,) = rules.lines_of(demand, "H21.129", share_kept_percent={"2716": 70})
    assert (made.unit, made.share_kept_percent) == ("H21.129", 70)
