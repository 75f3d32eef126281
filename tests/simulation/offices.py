"""Agencies, the gateway's nights, the bank's statements, and the people who approve and decide."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from connectors.kit.effects import EffectClass
from jobs.access.model import Actor, ActorKind
from tests.simulation.case_client import CANCELLED, DONE, REFUSED, WITHDRAWN
from tests.simulation.house import SYSTEMS
from tests.simulation.picture import taken
from tests.simulation.world import Line, Row, World
from tests.support.checker import Ours, Theirs, with_a_person
from tests.support.clock import MONDAY_MORNING

if TYPE_CHECKING:
    from tests.simulation.citizens import Citizen
    from tests.simulation.history import History

PEOPLE = (Actor(ActorKind.PERSON, "ke.toan"), Actor(ActorKind.PERSON, "thu.truong"))


def _settlement_row(h: History, provider: str, row: Row) -> bool:
    h.house.refunding.settlement_row(provider, row)
    return True


def _statement_line(h: History, reference: str, amount: int, returned: bool) -> bool:
    h.house.refunding.statement_line(reference, amount, returned=returned)
    return True


class Offices:
    """Everybody who is no citizen."""

    def __init__(self, history: History) -> None:
        self.h = history
        self._closed_days = MONDAY_MORNING.toordinal()
        self._told: list[Callable[[], bool]] = []

    # Agencies.

    def paid(self, citizen: Citizen) -> None:
        """A paid dossier is worked on; one in eight ends so that money is owed back."""
        draw = self.h.chance.random()
        wait = timedelta(minutes=1 + self.h.chance.random() * 60)
        if draw < 0.08:
            self.h.at(wait, lambda: self._close(citizen, REFUSED))
        elif draw < 0.10:
            self.h.at(wait, lambda: self._close(citizen, WITHDRAWN))
        elif draw < 0.11:
            self.h.at(wait, lambda: self._close(citizen, CANCELLED))
        elif draw < 0.13:
            self.h.at(wait, lambda: self._lower(citizen))
        elif draw < 0.4:
            self.h.at(wait, lambda: self._close(citizen, DONE))

    def _close(self, citizen: Citizen, status: int) -> None:
        self.h.note("closed", citizen.code, status)
        self.h.world.cases.set_status(citizen.code, status, self.h.clock.now())

    def _lower(self, citizen: Citizen) -> None:
        dossier = self.h.world.cases.dossiers[citizen.code]
        lines = [Line(x.code, x.name, x.kind, x.amount - 5_000) for x in dossier.lines]
        self.h.note("lowered", citizen.code)
        self.h.world.cases.set_lines(citizen.code, lines, self.h.clock.now())

    # Nights.

    def day_goes_on(self) -> None:
        """The gateway works; once a day its file and the bank's statement arrive."""
        now = self.h.clock.now()
        self.h.world.gateway.go_on(now)
        day = now.toordinal()
        if day <= self._closed_days:
            return
        self._closed_days = day
        for provider in (self.h.world.gateway, self.h.world.platform):
            for row in provider.close_session(now):
                self._told.append(partial(_settlement_row, self.h, provider.name, row))
        for line in self.h.world.bank.day():
            self._told.append(
                partial(_statement_line, self.h, line.reference, line.amount, line.state == "returned")
            )
        self.read_files()

    def read_files(self) -> None:
        """What files and statements tell; a line that met a fault is told again, some are told twice anyway."""
        waiting, self._told = self._told, []
        for tell in waiting:
            done = self.h.guarded(tell)
            if done is not True or self.h.chance.random() < 0.05:
                self._told.append(tell)

    def quiet(self) -> bool:
        """Nothing is left that a later day could bring."""
        effects = self.h.store._tables["effect"]
        if any(effects.by("open", system) for system in SYSTEMS) or self.h.world.bank.waiting():
            return False
        attempts = self.h.store._tables["payment_attempt"]
        waiting = [row for row in attempts if str(row.state) in ("CREATED", "SENT", "UNKNOWN", "SUSPECT")]
        ours = taken(self.h.store) if waiting else Ours()
        if any(not with_a_person(ours, row.reference) for row in waiting):
            return False
        return not self._told and self.h.house.refunding.quiet(self.h)

    # People.

    def people_work(self) -> None:
        """Propose, approve, decline: what the refund desk does in a day."""
        self.h.house.refunding.people_work(self.h)

    def people_decide(self) -> None:
        """What was left to a person: look into the portals and decide by what stands there."""
        effects = self.h.store._tables["effect"]
        for system in SYSTEMS:
            for row in effects.by("open", system):
                if str(row.state) == "parked":
                    self.h.faults.reached[f"parked: {row.reason.partition(':')[0]}"] += 1
                    self._decide(row)
        self.h.house.refunding.people_decide(self.h)

    def _decide(self, row: Any) -> None:
        """By the books of the other side; money takes two people."""
        house = self.h.house
        operation = house.engine_operations[row.system, row.operation]
        if row.unknown_since is None or operation.effect_class in (EffectClass.READ, EffectClass.IDEMPOTENT):
            acts = [lambda actor: house.desk.retry(row.id, reason="đã xem", actor=actor)]
        else:
            verdict = self._what_happened(row)
            acts = [
                lambda actor: house.desk.settle(
                    row.id, verdict, reason="đã đối chiếu", evidence="cổng thông tin", actor=actor
                )
            ]
        for actor in PEOPLE if operation.money else PEOPLE[:1]:
            for act in acts:
                self.h.guarded(lambda act=act, actor=actor: act(actor))

    def _what_happened(self, row: Any) -> str:
        world = self.h.world
        if row.operation == "refund":
            payment = json.loads(row.payload)["reference"]
            mine = [r for r in world.gateway.refunds.get(payment, ()) if r.request == row.reference]
            if not mine:
                return "not-done"
            return "refused" if all(r.state == "09" for r in mine) else "done"
        if row.operation == "submit_transfer_orders":
            return "done" if (row.reference or row.key) in world.bank.files else "not-done"
        return "done" if row.reference in world.platform.orders else "not-done"

    def their_books(self) -> Theirs:
        """The world's books as rows for the checker."""
        return their_books(self.h.world)


def their_books(world: World) -> Theirs:
    """The world's books as rows for the checker."""
    states = {"05": "open", "06": "open", "00": "done", "09": "refused"}
    confirmed: dict[str, int] = {}
    for dossier in world.cases.dossiers.values():
        for payment, times in dossier.confirmed.items():
            confirmed[payment] = confirmed.get(payment, 0) + times
    return Theirs(
        money=[
            {"provider": p.name, "reference": m.reference, "amount": m.amount, "state": m.state}
            for p in (world.gateway, world.platform)
            for m in p.money.values()
        ],
        refunds=[
            {"request": r.request, "reference": r.reference, "amount": r.amount, "state": states[r.state]}
            for refunds in world.gateway.refunds.values()
            for r in refunds
        ],
        calls=list(world.gateway.calls),
        transfers=[{"reference": t.reference, "amount": t.amount, "state": t.state} for t in world.bank.transfers],
        confirmed=confirmed,
    )  # fmt: skip
