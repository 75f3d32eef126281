"""A made-up outside system for the engine's tests: it does what each call is told to do, and remembers."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from connectors.errors import OutcomeUnknown
from connectors.kit.effects import Call, Done, EffectClass, Exchange, NotDone, Operation
from connectors.kit.exchanges import note
from connectors.kit.seams import seeded
from jobs.effects.engine import Engine
from jobs.effects.model import Effect, NewEffect, Outcome
from jobs.store.memory.effects_table import living

SYSTEM = "outside"
_CLASSES = {
    "read": EffectClass.READ,
    "set": EffectClass.IDEMPOTENT,
    "pay": EffectClass.FINDABLE,
    "prove": EffectClass.FINDABLE,
    "order": EffectClass.EVIDENCE,
}


class Outside:
    """The other side. ``answers[key]`` is a queue of what its calls do: a value to return, an error to raise."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Any]] = defaultdict(list)
        self.findings: dict[str, list[Any]] = defaultdict(list)
        self.calls: list[Call] = []
        self.asked: list[Call] = []
        self.lists: list[int] = []
        self._lock = threading.Lock()
        self.during: Callable[[Call], None] = lambda _call: None

    @property
    def done(self) -> Counter[str]:
        """How often each key was called."""
        return Counter(call.key for call in self.calls)

    def perform(self, call: Call) -> Done:
        with self._lock:
            self.calls.append(call)
            queue = self.answers[call.key] or self.answers["*"]
            answer = queue.pop(0) if queue else Done({"of": call.key}, code="00")
        self.during(call)
        note(_exchange(call, answer), None)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def look_up(self, call: Call) -> Any:
        with self._lock:
            self.asked.append(call)
            queue = self.findings[call.key]
            answer = queue.pop(0) if queue else NotDone("91")
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def many(self, calls: list[Call]) -> list[Any]:
        self.lists.append(len(calls))
        found = []
        for call in calls:
            try:
                found.append(self.perform(call))
            except Exception as exc:  # noqa: BLE001 - a list of answers may hold errors
                found.append(exc)
        return found

    def operations(self) -> dict[tuple[str, str], Operation]:
        made = {}
        for name, effect_class in _CLASSES.items():
            findable = effect_class is EffectClass.FINDABLE
            made[SYSTEM, name] = Operation(
                SYSTEM,
                name,
                effect_class,
                "by asking",
                self.perform,
                look_up=self.look_up if findable else None,
                not_found_is_proof=name == "prove",
                money=name in ("pay", "order"),
            )
        made[SYSTEM, "list"] = Operation(
            SYSTEM, "list", EffectClass.IDEMPOTENT, "by key", self.perform, perform_many=self.many
        )
        return made


class Domain:
    """A handler that remembers what it was told, and refuses or raises where it is told to."""

    def __init__(self) -> None:
        self.claimed: list[Effect] = []
        self.outcomes: list[Outcome] = []
        self.forbid: dict[str, str] = {}
        self.raises_on: set[str] = set()
        self.raises_at_claim: set[str] = set()
        self.follow: Callable[[Any, Outcome], None] = lambda _tx, _outcome: None

    def on_claim(self, tx: Any, effects: Any) -> dict[int, str]:
        if any(effect.key in self.raises_at_claim for effect in effects):
            raise RuntimeError("a bad row")
        self.claimed += effects
        return {e.id: self.forbid[e.key] for e in effects if e.key in self.forbid}

    def on_outcome(self, tx: Any, outcomes: Any) -> None:
        if any(o.effect.key in self.raises_on for o in outcomes):
            raise RuntimeError("a bad row")
        for outcome in outcomes:
            self.follow(tx, outcome)
        self.outcomes += outcomes

    def states(self, key: str) -> list[str]:
        return [str(o.state) for o in self.outcomes if o.effect.key == key]


def handlers(domain: Domain) -> dict[tuple[str, str], Domain]:
    return {(SYSTEM, name): domain for name in (*_CLASSES, "list")}


def engine(
    store: Any, outside: Outside, clock: Any, *, domain: Domain | None = None, worker: int = 1, **more: Any
) -> Engine:
    """An engine with a seeded chance; in memory its worker is entered among the living."""
    from jobs.store.memory.store import MemoryStore

    if isinstance(store, MemoryStore):
        living(store).add(worker)
    return Engine(
        store,
        outside.operations(),
        handlers(domain) if domain is not None else {},
        clock=clock,
        chance=seeded(7),
        worker=worker,
        **{"lease": timedelta(seconds=90), **more},
    )


def new(key: str, operation: str = "set", lane: str | None = None, **more: Any) -> NewEffect:
    """An effect in a lane of its own unless one is named."""
    return NewEffect(
        key=key,
        system=SYSTEM,
        operation=operation,
        lane=lane or f"lane-{key}",
        payload={"amount": 1000},
        **more,
    )


def plan(store: Any, *effects: NewEffect) -> None:
    with store.transaction("plan") as tx:
        tx.effects.plan(list(effects))


def state(store: Any, key: str) -> str:
    with store.transaction("look") as tx:
        found = tx.effects.find(key)
    return "" if found is None else str(found.state)


def row(store: Any, key: str) -> Any:
    """The stored row by its column names."""
    with store.transaction("look") as tx:
        if hasattr(tx, "fetch_one"):
            from types import SimpleNamespace

            return SimpleNamespace(**tx.fetch_one("select * from effect where key = %s", (key,)))
        return tx.effects.table.by("key", key)[0]


def lost(operation: str = "pay") -> OutcomeUnknown:
    return OutcomeUnknown("the line went dead", system=SYSTEM, operation=operation)


def _exchange(call: Call, answer: Any) -> Exchange:
    outcome = type(answer).__name__ if isinstance(answer, BaseException) else "ok"
    return Exchange(
        SYSTEM, "call", "out", call.reference, 200, outcome, 3, "s:1", "s:2", {"key": call.key}, {}
    )
