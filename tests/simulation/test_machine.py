"""Payments and refunds as a state machine that Hypothesis tries to break; M1–M13 must hold after every step.

What it finds is kept as an example in ``test_found.py``.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from connectors.errors import Unavailable
from connectors.kit.seams import seeded
from jobs.errors import (
    CommitUnknown,
    Duplicate,
    IllegalTransition,
    NotAllowed,
    NotFound,
    SerialConflict,
    StoreUnavailable,
)
from jobs.store.memory.effects_table import living
from jobs.store.memory.store import MemoryStore
from jobs.store.postgres.store import PgStore
from mappings.canonical.payment import PaymentNews, RefundNews, RefundVerdict
from tests.simulation import faults as kinds
from tests.simulation.case_client import CANCELLED, DONE, REFUSED, WITHDRAWN, CaseClient
from tests.simulation.faults import Crash
from tests.simulation.house import LEASE, SYSTEMS, House, Parts, SimulatedIds
from tests.simulation.offices import their_books
from tests.simulation.operations import Wire, operations, payment_news
from tests.simulation.picture import taken
from tests.simulation.refunding import ACCOUNTANT, APPROVER, OUTSIDER, PAYEE, furnish
from tests.simulation.world import Line, World
from tests.support import checker, checker_rows
from tests.support.checker import Ours
from tests.support.clock import VirtualClock
from tests.support.database import reset

FULL = os.environ.get("LIENTHONG_PROOF") == "full"
_NO = (NotAllowed, NotFound, Duplicate, IllegalTransition)
_AWAY = (StoreUnavailable, CommitUnknown, SerialConflict, Unavailable)
PEOPLE = st.sampled_from([ACCOUNTANT, APPROVER, OUTSIDER])


class Chosen:
    """Faults that the machine chooses: one at a time, where it fits."""

    def __init__(self) -> None:
        self.next, self.on = "", True
        self.seen: dict[str, int] = {}
        self.reached: Counter[str] = Counter()

    def strike(self, possible: tuple[str, ...], part: float = 1.0) -> str | None:
        if self.next not in possible:
            return None
        found, self.next = self.next, ""
        return found


class Money(RuleBasedStateMachine):
    """Every rule is one thing that somebody does; a refusal is an answer, an error of ours is a failure."""

    dsn = ""
    references = Bundle("references")
    news = Bundle("news")

    @initialize()
    def begin(self) -> None:
        self.clock = VirtualClock()
        self.faults: Any = Chosen()
        self.world = World(seeded(5))
        self.worker, self.number = 0, 0
        wires = {s: Wire(s, self.faults, self.clock, self._overtaken, LEASE) for s in SYSTEMS}
        self.store: Any = self._store()
        self.parts = Parts(
            self.store, self.clock, seeded(6), SimulatedIds(), operations(self.world, wires, self.clock),
            CaseClient(self.world.cases, wires["igate"]),
        )  # fmt: skip
        self.house = self._house()
        with self.store.transaction("furnish") as tx:
            furnish(tx, self.parts.terminals)
        self.before: tuple[dict[str, str], dict[str, str]] = ({}, {})

    def _store(self) -> Any:
        if not self.dsn:
            return MemoryStore(self.clock, boundary=self._boundary)
        reset(self.dsn)
        return PgStore(self.dsn, self.clock, size=4, boundary=self._boundary)

    def teardown(self) -> None:
        if self.dsn and hasattr(self, "store"):
            self.store.close()

    def _house(self) -> House:
        self.worker += 1
        if not self.dsn:
            living(self.store).add(self.worker)
        return House(self.parts, self.worker)

    def _overtaken(self, system: str) -> None:
        helper = self._house()
        self.do(helper.drains[f"effects.{system}"])

    def _boundary(self, point: str) -> None:
        before = point.startswith("before")
        fault = self.faults.strike(
            ("killed_before_commit", "commit_lost", "store_away")
            if before
            else ("killed_after_commit", "commit_answer_lost")
        )
        if fault is None:
            return
        if fault.startswith("killed"):
            raise Crash(point)
        raise (StoreUnavailable if fault == "store_away" else CommitUnknown)(point)

    def do(self, act: Callable[[], Any]) -> Any:
        """``act``; who is refused or loses the process comes back later."""
        try:
            return act()
        except (*_NO, *_AWAY):
            return None
        except Crash:
            if not self.dsn:
                living(self.store).discard(self.house.worker)
            self.house = self._house()
            return None

    # What happens.

    @rule(kind=st.sampled_from(kinds.ALL))
    def something_will_fail(self, kind: str) -> None:
        self.faults.next = kind

    @rule(
        target=references,
        amounts=st.lists(st.integers(5_000, 90_000), min_size=1, max_size=2),
        platform=st.booleans(),
    )
    def a_citizen_opens_a_payment(self, amounts: list[int], platform: bool) -> Any:
        self.number += 1
        code = f"H21.1-{self.number:04d}"
        lines = [Line(f"L{n}", "Phí", "phí", amount) for n, amount in enumerate(amounts)]
        self.world.cases.file(code, lines, self.clock.now())
        self.do(self.house.feed.run)
        channel = "payment_platform" if platform else "vnpay"
        return self._opened(code, channel, sum(amounts), f"k{self.number}")

    @rule(target=references, number=st.integers(1, 5), platform=st.booleans())
    def the_same_citizen_tries_again(self, number: int, platform: bool) -> Any:
        code = f"H21.1-{number:04d}"
        if code not in self.world.cases.dossiers:
            return multiple()
        amount = sum(line.amount for line in self.world.cases.dossiers[code].lines)
        return self._opened(code, "payment_platform" if platform else "vnpay", amount, f"again{number}")

    def _opened(self, code: str, channel: str, amount: int, key: str) -> Any:
        reference = self.do(
            lambda: self.house.open(dossier_code=code, channel=channel, amount=amount, key=key)
        )
        return (reference, channel, amount) if reference else multiple()

    @rule(
        target=news,
        order=references,
        state=st.sampled_from(["paid", "paid", "paid", "failed", "reversed", "suspect"]),
        less=st.sampled_from([0, 0, 0, 1_000]),
    )
    def the_provider_takes_it(self, order: tuple[str, str, int], state: str, less: int) -> PaymentNews:
        reference, channel, amount = order
        money = self.world.provider(channel).take(reference, amount - less, state, self.clock.now())
        return payment_news(self.world.provider(channel), money, "ipn")

    @rule(told=news, times=st.integers(1, 3))
    def news_arrives(self, told: PaymentNews, times: int) -> None:
        key = f"{told.reference}/{told.provider_reference}/{told.code}/{told.amount}"
        for _ in range(times):
            self.do(lambda: self.house.receive(told, self.clock.now(), key))

    @rule(order=references, up=st.booleans())
    def a_suspicion_ends(self, order: tuple[str, str, int], up: bool) -> None:
        provider = self.world.provider(order[1])
        money = provider.money.get(order[0])
        if money is not None and money.state == "suspect":
            if up:
                provider.accept(money)
            else:
                money.state = "failed"

    @rule(number=st.integers(1, 5), status=st.sampled_from([REFUSED, WITHDRAWN, CANCELLED, DONE]))
    def an_agency_closes_a_dossier(self, number: int, status: int) -> None:
        code = f"H21.1-{number:04d}"
        if code in self.world.cases.dossiers:
            self.world.cases.set_status(code, status, self.clock.now())
            self.do(self.house.feed.run)

    @rule(number=st.integers(1, 5), by=st.integers(1, 4_000))
    def a_fee_is_lowered(self, number: int, by: int) -> None:
        dossier = self.world.cases.dossiers.get(f"H21.1-{number:04d}")
        if dossier is not None:
            lines = [Line(x.code, x.name, x.kind, max(1, x.amount - by)) for x in dossier.lines]
            self.world.cases.set_lines(dossier.code, lines, self.clock.now())
            self.do(self.house.feed.run)

    @rule(minutes=st.sampled_from([0, 2, 20, 120, 1_500]))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes, seconds=1)
        self.world.gateway.go_on(self.clock.now())
        for drain in self.house.drains.values():
            self.do(drain)

    @rule()
    def a_session_closes(self) -> None:
        for provider in (self.world.gateway, self.world.platform):
            for row in provider.close_session(self.clock.now()):
                while (
                    self.do(lambda p=provider.name, r=row: self.house.refunding.settlement_row(p, r) or True)
                    is None
                ):
                    continue
        for line in self.world.bank.day():
            back = line.state == "returned"
            while (
                self.do(
                    lambda x=line, b=back: (
                        self.house.refunding.statement_line(x.reference, x.amount, returned=b) or True
                    )
                )
                is None
            ):
                continue

    # Whole ways, so that what comes after them is reached often.

    @rule(
        target=references,
        amounts=st.lists(st.integers(5_000, 90_000), min_size=1, max_size=2),
        platform=st.booleans(),
        state=st.sampled_from(["paid", "paid", "paid", "reversed"]),
    )
    def a_citizen_pays(self, amounts: list[int], platform: bool, state: str) -> Any:
        order = self.a_citizen_opens_a_payment(amounts=amounts, platform=platform)
        if not isinstance(order, tuple):
            return order
        self.time_passes(minutes=2)
        told = self.the_provider_takes_it(order=order, state=state, less=0)
        self.news_arrives(told=told, times=1)
        self.time_passes(minutes=0)
        return order

    @rule(order=references, part=st.sampled_from([30, 50, 100]))
    def a_refund_goes_out(self, order: tuple[str, str, int], part: int) -> None:
        self.somebody_proposes(order=order, part=part, believed=True, who=ACCOUNTANT)
        self.two_people_approve(place=len(self.ours().refunds) - 1)

    @rule(place=st.integers(0, 9))
    def two_people_approve(self, place: int) -> None:
        row = self._refund(place)
        if row is not None and row["waiting_for"] == "account":
            self.somebody_gives_the_account(place=place)
        for who in (ACCOUNTANT, APPROVER):
            self.somebody_approves(place=place, who=who, more=0)
        self.time_passes(minutes=0)

    # People.

    @rule(place=st.integers(0, 9), who=PEOPLE, more=st.sampled_from([0, 0, 0, 1]))
    def somebody_approves(self, place: int, who: Any, more: int) -> None:
        row = self._refund(place)
        if row is not None:
            self.do(
                lambda: self.house.refunding.refunds.approve(
                    row["reference"], amount=row["amount"] + more, actor=who
                )
            )

    @rule(place=st.integers(0, 9))
    def somebody_gives_the_account(self, place: int) -> None:
        row = self._refund(place)
        if row is not None:
            self.do(lambda: self.house.refunding.refunds.set_payee(row["reference"], PAYEE, actor=ACCOUNTANT))

    @rule(place=st.integers(0, 9), who=PEOPLE, act=st.sampled_from(["decline", "withdraw", "withhold"]))
    def somebody_says_no(self, place: int, who: Any, act: str) -> None:
        row = self._refund(place)
        if row is not None:
            self.do(
                lambda: getattr(self.house.refunding.refunds, act)(row["reference"], reason="thử", actor=who)
            )

    @rule(order=references, part=st.integers(1, 100), believed=st.booleans(), who=PEOPLE)
    def somebody_proposes(self, order: tuple[str, str, int], part: int, believed: bool, who: Any) -> None:
        held = sum(
            r["amount"]
            for r in self.ours().refunds
            if r["payment"] == order[0] and r["state"] not in checker.GONE
        )
        left = order[2] - held if believed else order[2]
        self.number += 100
        self.do(
            lambda: self.house.refunding.refunds.propose(
                payment_reference=order[0], amount=max(1, order[2] * part // 100), expected_remaining=left, cause="other",
                reason="đơn", key=f"p{self.number}", actor=who,
            )
        )  # fmt: skip

    @rule(
        place=st.integers(0, 9),
        verdict=st.sampled_from(RefundVerdict),
        source=st.sampled_from(["answer", "query"]),
    )
    def old_news_of_a_refund_arrives(self, place: int, verdict: RefundVerdict, source: str) -> None:
        """Only what agrees with the world's books: a partner that lies about money is another test."""
        row = self._refund(place)
        there = [
            r
            for rs in self.world.gateway.refunds.values()
            for r in rs
            if row and r.request == row["reference"]
        ]
        fits = {
            "05": RefundVerdict.ACCEPTED,
            "06": RefundVerdict.SENT_TO_BANK,
            "09": RefundVerdict.REJECTED,
            "00": RefundVerdict.SENT_TO_BANK,
        }
        if (
            row is None
            or not there
            or (verdict is not fits[there[0].state] and verdict is not RefundVerdict.UNKNOWN)
        ):
            return

        def tell() -> None:
            with self.store.transaction("told") as tx:
                self.house.refunding.refunds.apply_news(
                    tx, RefundNews(row["reference"], verdict, source, row["amount"])
                )

        self.do(tell)

    @rule()
    def an_older_backup_is_restored(self) -> None:
        """M13: whatever may have left us is looked up before it may leave again."""
        self.do(self.house.refunding.refunds.after_restore)

    def _refund(self, place: int) -> Any:
        rows = self.ours().refunds
        return rows[place % len(rows)] if rows else None

    def ours(self) -> Ours:
        return checker_rows.read(self.dsn) if self.dsn else taken(self.store)

    # What must hold.

    @invariant()
    def every_promise_holds(self) -> None:
        if not hasattr(self, "store"):
            return
        ours = self.ours()
        attempts = {str(r["reference"]): str(r["state"]) for r in ours.attempts}
        refunds = {str(r["reference"]): str(r["state"]) for r in ours.refunds}
        wrong = [
            *checker.always(ours), *checker.sums(ours), *checker.outside(ours, their_books(self.world)),
            *checker.moves(self.before[0], attempts, checker.PAYMENT_REACH),
            *checker.moves(self.before[1], refunds, checker.REFUND_REACH),
        ]  # fmt: skip
        self.before = (attempts, refunds)
        assert wrong == []


QUIET = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)


def test_no_order_of_events_breaks_a_promise_in_memory():
    """Anything may happen in any order; the promises hold after each of it."""
    given = settings(
        max_examples=600 if FULL else 25, stateful_step_count=60 if FULL else 35, deadline=None,
        suppress_health_check=QUIET, print_blob=True,
    )  # fmt: skip
    run_state_machine_as_test(Money, settings=given)


def test_no_order_of_events_breaks_a_promise_on_postgresql(database: str):
    """The same machine where the real constraints and locks are."""

    class OnPostgres(Money):
        dsn = database

    given = settings(
        max_examples=60 if FULL else 4, stateful_step_count=40 if FULL else 20, deadline=None,
        suppress_health_check=QUIET, print_blob=True,
    )  # fmt: skip
    run_state_machine_as_test(OnPostgres, settings=given)


@pytest.mark.parametrize("wrong", ["approved by one person", "paid without money"])
def test_the_machine_sees_a_broken_promise(wrong: str):
    """An invariant that holds for everything holds for nothing."""
    machine = Money()
    machine.begin()
    order = machine.a_citizen_opens_a_payment([50_000], platform=False)
    told = machine.the_provider_takes_it(order, "paid", 0)
    machine.news_arrives(told, 1)
    machine.time_passes(2)
    machine.every_promise_holds()
    if wrong == "paid without money":
        machine.world.gateway.money.clear()
    else:
        machine.somebody_proposes(order, 50, believed=True, who=ACCOUNTANT)
        table = machine.store._tables["refund"]
        (row,) = list(table)
        machine.somebody_approves(0, APPROVER, 0)
        row = table.get(row.id)
        object.__setattr__(row, "approved_by", row.requested_by)

    with pytest.raises(AssertionError):
        machine.every_promise_holds()
