"""What a process of the proof does: everything that is to be done, from wherever the last one died."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from connectors.kit.effects import EffectClass
from connectors.kit.seams import seeded
from jobs import queues
from jobs.bootstrap import FINDERS
from jobs.broker.listener import WORKERS
from jobs.effects.actors import doubt_after_restore, install_limits
from jobs.effects.desk import EffectDesk
from jobs.effects.flow import Limits
from jobs.errors import (
    CommitUnknown,
    IllegalTransition,
    NotAllowed,
    NotFound,
    SerialConflict,
    StoreUnavailable,
)
from jobs.store.postgres.store import PgStore
from tests.crash.lasting_world import LastingWorld
from tests.crash.points import Points
from tests.simulation.case_client import REFUSED, CaseClient
from tests.simulation.faults import Faults
from tests.simulation.history import _silent
from tests.simulation.house import LEASE, SYSTEMS, House, Parts, SimulatedIds
from tests.simulation.offices import PEOPLE
from tests.simulation.operations import Wire, operations, payment_news
from tests.simulation.refunding import ACCOUNTANT, APPROVER, PAYEE, furnish
from tests.simulation.world import Line
from tests.support import checker_rows
from tests.support.clock import VirtualClock

_TRY_LATER = (StoreUnavailable, CommitUnknown, SerialConflict, psycopg.OperationalError)
_NO = (NotAllowed, NotFound, IllegalTransition)
AMOUNT = 50_000


class Clerk:
    """One process with everybody around it: citizens, agencies, people. Every act may be done again."""

    def __init__(self, order: dict[str, Any]) -> None:
        _silent()
        self.dsn, folder = order["dsn"], Path(order["folder"])
        self.clock = VirtualClock(datetime.fromisoformat(order["now"]))
        self.points = Points(
            order.get("kill", ""), order.get("nth", 1), order.get("lose", 0.0), seeded(order["worker"]),
            end=order.get("end", 0), after=order.get("after", 0),
        )  # fmt: skip
        self.world = LastingWorld(folder / "world")
        self._read = folder / "read"
        self._client = (folder / "client").open("a", encoding="utf-8")
        calm = Faults(seeded(1))
        calm.on = False
        wires = {system: Wire(system, calm, self.clock, lambda _: None, LEASE) for system in SYSTEMS}
        self._alive = psycopg.connect(self.dsn, autocommit=True)
        self._alive.execute("select pg_advisory_lock_shared(%s, %s)", (WORKERS, order["worker"]))
        self.store = PgStore(self.dsn, self.clock, size=3, boundary=self.points)
        self.house = House(
            Parts(
                self.store, self.clock, seeded(order["worker"]), SimulatedIds(order["worker"] * 10_000),
                operations(self.world, wires, self.clock), CaseClient(self.world.cases, wires["igate"]), self.points,
            ),
            order["worker"],
        )  # fmt: skip
        self.threads = bool(order.get("threads"))

    def close(self) -> None:
        self.store.close()
        self._alive.close()
        self._client.close()
        self.world.close()

    def do(self, act: Callable[[], Any]) -> Any:
        """``act``; what was refused or not stored is tried again by the next one."""
        try:
            return act()
        except (*_TRY_LATER, *_NO):
            return None

    def furnish(self) -> None:
        def once() -> None:
            with contextlib.suppress(psycopg.errors.UniqueViolation), self.store.transaction("furnish") as tx:
                furnish(tx, {"vnpay": "LIENTH01", "payment_platform": "PARTNER1"})

        self.do(once)
        self.do(lambda: install_limits(self.store, {system: Limits() for system in SYSTEMS}))

    def restored(self) -> None:
        """What is done after an older backup was put back, before any worker starts (M13)."""
        self.house.refunding.refunds.after_restore()
        doubt_after_restore(self.store, self.house.engine_operations)

    def citizens(self, first: int, last: int) -> None:
        """Every dossier of these numbers is filed, opened for payment and paid."""
        for number in range(first, last):
            code = f"H21.1-{number:06d}"
            if code not in self.world.cases.dossiers:
                self.world.cases.file(code, [Line("L", "Lệ phí", "lệ phí", AMOUNT)], self.clock.now())
        self.do(self.house.feed.run)
        for number in range(first, last):
            self._pays(f"H21.1-{number:06d}", "payment_platform" if number % 3 == 2 else "vnpay")

    def _pays(self, code: str, channel: str) -> None:
        reference = self.do(
            lambda: self.house.open(dossier_code=code, channel=channel, amount=AMOUNT, key=code)
        )
        if not reference:
            return
        self._client.write(f"{code} {reference}\n")
        self._client.flush()
        provider = self.world.provider(channel)
        if reference not in provider.money:
            provider.take(reference, AMOUNT, "paid", self.clock.now())
        news = payment_news(provider, provider.money[reference], "ipn")
        self.do(lambda: self.house.receive(news, self.clock.now(), reference))

    def agencies(self) -> None:
        """Every second paid dossier is refused, so that its money is owed back."""
        for code, dossier in self.world.cases.dossiers.items():
            if dossier.confirmed and dossier.status != REFUSED and int(code[-6:]) % 2:
                self.world.cases.set_status(code, REFUSED, self.clock.now())
        self.do(self.house.feed.run)

    def people(self) -> None:
        """Everything at the desk is approved by two people."""
        refunds = self.house.refunding.refunds
        ours = self.do(lambda: checker_rows.read(self.dsn))
        for row in ours.refunds if ours is not None else ():
            if row["state"] != "REQUESTED":
                continue
            reference, amount = row["reference"], row["amount"]
            if row["waiting_for"] == "account":
                self.do(lambda r=reference: refunds.set_payee(r, PAYEE, actor=ACCOUNTANT))
            for who in (ACCOUNTANT, APPROVER):
                self.do(lambda r=reference, a=amount, w=who: refunds.approve(r, amount=a, actor=w))

    def deliver(self) -> None:
        """Everything that is due."""
        for queue, drain in self.house.drains.items():
            system = queue.removeprefix("effects.")
            if self.threads and system != queue:
                self.do(lambda s=system: self.house.engine.drain(s))
            else:
                self.do(drain)

    def sweep(self) -> int:
        """Only what the one-second sweep asks for, round after round; how many rounds brought work."""
        drains = {**self.house.drains, queues.INTAKE: self.house.feed.run}
        for rounds in range(100):
            with psycopg.connect(self.dsn) as connection:
                found = {
                    str(row[0])
                    for sql, more in FINDERS
                    for row in connection.execute(sql, {"now": self.clock.now(), **more}).fetchall()
                }
            if not found & drains.keys():
                return rounds
            for queue in sorted(found & drains.keys()):
                self.do(drains[queue])
        raise AssertionError("the sweep never comes to an end")

    def files(self) -> None:
        """The gateway works, sessions close, statements come; every line is told until it was taken."""
        self.world.gateway.go_on(self.clock.now())
        for provider in (self.world.gateway, self.world.platform):
            provider.close_session(self.clock.now())
        self.world.bank.day()
        done = self._read.read_text().count("\n") if self._read.exists() else 0
        refunding = self.house.refunding
        for provider, line, amount, back in self.world.files_lines[done:]:
            while True:
                with contextlib.suppress(*_TRY_LATER):
                    if provider:
                        refunding.settlement_row(provider, line)
                    else:
                        refunding.statement_line(line, amount, returned=back)
                    break
            with self._read.open("a") as read:
                read.write("told\n")

    def decide(self) -> None:
        """What was set aside is settled by the world's books, by two people."""
        desk: EffectDesk = self.house.desk
        ours = checker_rows.read(self.dsn)
        known = {str(row["reference"]) for row in ours.refunds}
        for row in ours.effects:
            if row["state"] != "parked":
                continue
            operation = self.house.engine_operations[row["system"], row["operation"]]
            verdict = self._verdict(row, known)
            for who in PEOPLE:
                if operation.effect_class in (EffectClass.READ, EffectClass.IDEMPOTENT):
                    self.do(lambda r=row, w=who: desk.retry(r["id"], reason="đã xem", actor=w))
                else:
                    self.do(
                        lambda r=row, w=who, v=verdict: desk.settle(
                            r["id"], v, reason="đã xem", evidence="cổng, sao kê", actor=w
                        )
                    )

    def _verdict(self, row: Any, known: set[str]) -> str:
        """What a careful person finds in portals and statements.

        A refund of the same payment that is in no row of ours (an older backup was put back) is that very money: ours
        must not be sent after it.
        """
        reference, facts = row["key"].split(":")[1], json.loads(row["payload"])
        orders = {order["reference"] for order in facts.get("orders", ())}
        paid = {transfer.reference for transfer in self.world.bank.transfers}
        of_payment = {r.request for r in self.world.gateway.refunds.get(facts.get("reference", ""), ())}
        if reference in of_payment or reference in self.world.bank.files or orders & paid:
            return "done"
        if reference in self.world.platform.orders:
            return "done"
        strange = (of_payment | paid if orders else of_payment) - known
        return "refused" if strange else "not-done"


def main(order: dict[str, Any]) -> dict[str, Any]:
    """One process; see :class:`tests.crash.nursery.Nursery`."""
    clerk = Clerk(order)
    clerk.furnish()
    if order.get("restored"):
        clerk.restored()
    clerk.citizens(order["first"], order["last"])
    deliver = clerk.sweep if order.get("sweep") else clerk.deliver
    deliver()
    if not order.get("no_agencies"):
        clerk.agencies()
    if not order.get("no_people"):
        clerk.people()
    if not order.get("holds_back"):
        deliver()
    for hours in order.get("peace", ()):
        clerk.clock.advance(timedelta(hours=hours))
        clerk.citizens(order["first"], order["last"])
        clerk.agencies()
        clerk.people()
        clerk.files()
        for _ in range(3):
            clerk.deliver()
        clerk.decide()
    clerk.close()
    return {
        "points": dict(clerk.points.passed),
        "lost": clerk.points.lost,
        "now": clerk.clock.now().isoformat(),
    }
