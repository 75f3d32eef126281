"""What only PostgreSQL can show: two at once, people's accounts, audit rows, data that stands twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from jobs.access.model import Actor, ActorKind, Right, Role
from jobs.access.service import Access
from jobs.errors import NotAllowed
from jobs.reconciliation.sessions import PlainCalendar
from jobs.refunds.actors import FINDERS, drains
from jobs.refunds.people import Accounts
from jobs.refunds.policy import from_row, shipped
from jobs.refunds.rules import EDGES, folded
from jobs.refunds.service import Refunds
from tests.support.money import CODE, Counting, line, paid
from tests.support.refunds import HOA, LAN, MINH, NAMES, ROLES, RefundWorld

ADMIN = Actor(ActorKind.PERSON, "admin")


@pytest.fixture
def pg(pg_store, clock) -> RefundWorld:
    return RefundWorld(pg_store, clock)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run at the same time; results, or what was raised."""
    barrier = threading.Barrier(len(acts))

    def one(act: Callable[[], object]) -> object:
        barrier.wait()
        try:
            return act()
        except NotAllowed as exc:
            return exc.reason

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(one, acts))


def test_two_refunds_of_sixty_on_a_hundred_are_one(pg):
    """Reading first and inserting later lets both through; the lock on the payment does not."""
    for number in range(6):
        payment = pg.payment(100_000, f"H21.129-261123-{number:04d}")
        results = at_once(
            *(
                lambda key=key, payment=payment: pg.refunds.propose(
                    payment_reference=payment, amount=60_000, expected_remaining=100_000, cause="other", reason="r",
                    key=f"{key}-{payment}", actor=LAN,
                )
                for key in ("one", "two")
            )
        )  # fmt: skip
        assert len(pg.of(payment)) == 1
        assert results.count("changed") == 1


def test_the_same_intent_pressed_twice_at_once_is_one_refund(pg):
    """A double click through two processes."""
    payment = pg.payment()
    press = lambda: pg.refunds.propose(
        payment_reference=payment,
        amount=60_000,
        expected_remaining=100_000,
        cause="other",
        reason="r",
        key="k",
        actor=LAN,
    )
    first, second = at_once(press, press)
    assert first == second
    assert len(pg.of(payment)) == 1


def test_two_approvals_at_once_are_one_reservation(pg):
    """Two people press at the same moment: one approves, the other one is told so."""
    for number in range(6):
        payment = pg.payment(100_000, f"H21.129-261123-{number:04d}")
        reference = pg.propose(payment, 60_000)
        results = at_once(
            lambda reference=reference: _approve(pg, reference, MINH),
            lambda reference=reference: _approve(pg, reference, HOA),
        )
        assert sorted(map(str, results)) == ["IllegalTransition", "None"]
    assert pg.payable() == 6 * 60_000


def _approve(pg: RefundWorld, reference: str, actor: Actor) -> object:
    from jobs.errors import IllegalTransition

    try:
        pg.refunds.approve(reference, amount=60_000, actor=actor)
    except IllegalTransition as exc:
        return type(exc).__name__
    return None


def test_an_approval_beside_the_end_of_the_one_it_waits_for_is_never_forgotten(pg):
    """Either the approval sees the end, or the end sees the approval."""
    for number in range(6):
        payment = pg.payment(100_000, f"H21.129-261123-{number:04d}")
        first = pg.accepted(payment, 10_000)
        second = pg.propose(payment, 20_000)
        at_once(
            lambda first=first: pg.news(first, "settled", amount=10_000),
            lambda second=second: pg.refunds.approve(second, amount=20_000, actor=MINH),
        )
        assert pg.refund(second).effect_key == f"refund:{second}"
        pg.step()


def test_two_workers_make_one_order_file(pg):
    """Both queues wake at once; each order leaves in one file."""
    pg.account()
    payment = pg.payment(100_000, channel="payment_platform")
    from jobs.refunds.routes import Payee

    for amount in (10_000, 20_000):
        reference = pg.propose(payment, amount)
        pg.refunds.set_payee(reference, Payee("VCB", "123456", "An"), actor=LAN)
        pg.approve(reference, MINH)
    assert sorted(at_once(pg.refunds.order_files, pg.refunds.order_files)) == [0, 2]


def test_rights_are_those_of_the_accounts_at_this_moment(pg, pg_store):
    """A role that ended an hour ago signs nothing and sends nothing (M7)."""
    access = Access(pg_store)
    for login, role in ROLES.items():
        access.add_person(login, NAMES[login], "a long enough password", [role], actor=ADMIN)
    real = Refunds(pg_store, Counting(), calendar=PlainCalendar())
    with pg_store.transaction("look") as tx:
        assert Right.APPROVE_REFUND in Accounts().standing(tx, ["minh"])["minh"].rights
        assert Accounts().standing(tx, ["nobody", ""]) == {}
    pg.refunds.ground = real.ground  # type: ignore[misc]
    reference = pg.propose(pg.payment(), 10_000)
    access.add_person("minh", NAMES["minh"], "a long enough password", [Role.VIEWER], actor=ADMIN)
    with pytest.raises(NotAllowed, match="no-right"):
        pg.approve(reference, MINH)
    pg.approve(reference, HOA)


def test_the_database_knows_that_the_payee_signed(pg, pg_store):
    """Even if the rules above it had not looked."""
    Access(pg_store).add_person("minh", "Lê Văn Minh", "a long enough password", [Role.APPROVER], actor=ADMIN)
    pg.dossier(CODE, line(100_000), applicant_name="LE VAN MINH")
    payment = pg.open()
    pg.tell(paid(payment))
    reference = pg.propose(payment, 10_000)
    pg.people.people["minh"] = type(pg.people.people["minh"])("Another Name", pg.people.people["minh"].rights)
    with pytest.raises(NotAllowed, match="refund_not_the_payee"):
        pg.approve(reference, MINH)


def test_every_act_of_a_person_has_its_audit_row(pg, pg_store):
    """No audit row, no action."""
    payment = pg.payment()
    kept = pg.reserved(payment, 10_000)
    pg.refunds.withhold(kept, reason="dừng", actor=MINH)
    pg.refunds.decline(pg.propose(payment, 20_000), reason="không", actor=MINH)
    pg.refunds.withdraw(pg.propose(payment, 30_000), reason="nhầm", actor=LAN)
    pg.refunds.stop("vnpay", reason="sự cố", actor=MINH)
    pg.refunds.resume("vnpay", reason="xong", actor=MINH)
    with pg_store.transaction("look") as tx:
        rows = tx.fetch("select actor, action from audit where action like '%%refund%%' order by id")
    assert [(row["actor"], row["action"]) for row in rows] == [
        ("person:lan", "propose-refund"), ("person:minh", "approve-refund"), ("person:minh", "withhold-refund"),
        ("person:lan", "propose-refund"), ("person:minh", "declined-refund"), ("person:lan", "propose-refund"),
        ("person:lan", "withdrawn-refund"), ("person:minh", "stop-refunds"), ("person:minh", "resume-refunds"),
    ]  # fmt: skip


def test_the_database_holds_the_published_tables(pg_store):
    """Edges and policy stand in a file and in the database: the same rows."""
    with pg_store.transaction("look") as tx:
        edges = {(row["before"], row["after"]) for row in tx.fetch("select * from refund_edge")}
        policies = {from_row(dict(row)) for row in tx.fetch("select * from refund_policy")}
    assert edges == {(str(edge.before), str(edge.after)) for edge in EDGES}
    assert policies == set(shipped())


@pytest.mark.parametrize("name", ["  NGUYỄN  Thị Đào ", "Hoà", "HÒA", "Ðặng", "Lý\tAn", "", "Øre Ñu"])
def test_the_database_folds_names_like_the_rules(pg_store, name):
    """Two ways of writing a name must not be two people for one of them."""
    with pg_store.transaction("look") as tx:
        row = tx.fetch_one("select folded_name(%s) as folded", (name,))
    assert row is not None
    assert row["folded"] == folded(name)


def test_the_application_cannot_delete_or_rewrite_signatures(pg, database):
    """A right that is missing, not a habit."""
    reference = pg.reserved(pg.payment(), 10_000)
    for statement in ("delete from refund", "delete from refund_signature", "update refund_signature set person = 'x'",
                      "update refund set reason = 'x'", "update refund_edge set after = 'SETTLED'"):  # fmt: skip
        with psycopg.connect(database) as connection:
            connection.execute("set role lienthong_app")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[arg-type]
    assert pg.state(reference) == "RESERVED"


def test_the_sweep_finds_what_no_wake_up_reached(pg, pg_store):
    """Due looks, transfers without a file, refunds that waited."""

    def found() -> int:
        with pg_store.transaction("sweep") as tx:
            return sum(len(tx.fetch(sql, {"now": tx.now})) for sql in FINDERS)  # type: ignore[arg-type]

    assert found() == 0
    pg.account()
    payment = pg.payment(100_000, channel="payment_platform")
    from jobs.refunds.routes import Payee

    reference = pg.propose(payment, 10_000)
    pg.refunds.set_payee(reference, Payee("VCB", "123456", "An"), actor=LAN)
    pg.approve(reference, MINH)
    assert found() == 1
    drains(pg.refunds)["refunds"]()
    assert found() == 0
    pg.step("statements")
    pg.later(days=1)
    assert found() == 1
    drains(pg.refunds)["refunds"]()
    assert found() == 0
