"""Two versions of one system as one: each call goes to one of them, a write only ever to one.

The version that took a write is remembered by the effect's key before the first byte leaves: after a lost answer that
version is asked, and gets the repeat, whatever was switched in the meantime.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol, TypeVar

from connectors.errors import Forged, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.connection import Connection
from connectors.kit.effects import Call, Done, Finding, Operation
from connectors.kit.seams import Clock
from connectors.kit.shadow import Compared, Report, Shadow
from connectors.kit.switching import Overlay, Rule, Switch, Version, arrived, choose, concerned, shadowed

R = TypeVar("R")


class MemoryAway(Exception):
    """Who took which write cannot be read now: nothing may be sent."""


class Memory(Protocol):
    """Which version took which write. Raises :class:`MemoryAway`."""

    def begin(self, system: str, key: str, wanted: Version) -> Version:
        """The version that has ``key``; ``wanted`` from now on where nobody has it. Kept for good before it returns."""
        ...

    def taken_by(self, system: str, key: str) -> Version | None:
        """The version that has ``key``; ``None``: nobody began it."""
        ...


class Subject(NamedTuple):
    """A dossier as the installation knows it."""

    code: str
    agency: str


class Dossiers(Protocol):
    """What the installation knows of dossiers. Raises :class:`MemoryAway`."""

    def known(self, names: Sequence[str]) -> Mapping[str, Subject]:
        """By their code or by the system's id, as either was told to us."""
        ...


class Remembered:
    """A memory of one process, for tests and for installations of one version."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], Version] = {}
        self._lock = threading.Lock()

    def begin(self, system: str, key: str, wanted: Version) -> Version:
        with self._lock:
            return self._taken.setdefault((system, key), wanted)

    def taken_by(self, system: str, key: str) -> Version | None:
        return self._taken.get((system, key))


class NothingSaid:
    """Settings alone decide."""

    def rules(self, system: str) -> Sequence[Rule]:  # noqa: ARG002 - the protocol's shape
        return ()


class NobodyKnown:
    """No dossier is known: agencies are read off codes, and ids are not found in the other version."""

    def known(self, names: Sequence[str]) -> Mapping[str, Subject]:  # noqa: ARG002 - the protocol's shape
        return {}


def _unheard(_compared: Compared) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Beside:
    """What an installation brings to two versions of a system.

    Attributes:
        report: told of every comparison of shadow mode.
    """

    overlay: Overlay = field(default_factory=NothingSaid)
    memory: Memory = field(default_factory=Remembered)
    dossiers: Dossiers = field(default_factory=NobodyKnown)
    report: Report = _unheard


@dataclass(frozen=True, slots=True)
class Facts:
    """What the switch must know of one write.

    Attributes:
        agencies: codes of its agency as the write itself tells them.
        bound: key of an earlier write that decided the version for this one too (the number was drawn there); or empty.
        dossier_code: by which the installation may know the agency better; or empty.
    """

    agencies: tuple[str, ...] = ()
    bound: str = ""
    dossier_code: str = ""

    def at(self, known: Subject | None) -> tuple[str, ...]:
        """The agency's codes: what the installation knows comes before what a dossier's code looks like."""
        return (known.agency,) if known is not None and known.agency else self.agencies


class Shape(Protocol):
    """What a system's folder knows of its own calls."""

    @property
    def reads(self) -> frozenset[str]:
        """Names of reads that can be switched."""
        ...

    @property
    def shadowable(self) -> frozenset[str]:
        """Names of reads that can be compared."""
        ...

    def facts(self, operation: str, payload: Mapping[str, Any]) -> Facts:
        """What decides where a write goes."""
        ...

    def fit(self, call: Call, version: Version) -> Call:
        """The write as ``version`` takes it: its own ids. Raises as a read does, or ``Rejected``: it has no such thing."""
        ...

    def told(self, data: Mapping[str, Any], version: Version) -> Mapping[str, Any]:
        """What came back, with ids that say whose they are."""
        ...


class Sides:
    """The two versions and the switch between them. Thread-safe."""

    def __init__(
        self,
        old: Connection,
        new: Connection,
        switch: Switch,
        beside: Beside,
        *,
        clock: Clock,
        ignored: frozenset[str] = frozenset(),
    ) -> None:
        """Nothing is called.

        Args:
            ignored: fields that shadow mode does not compare.

        Raises:
            ValueError: these are two systems.
        """
        if old.system != new.system:
            raise ValueError(f"{old.system} and {new.system} are no versions of one system")
        self.system, self.switch, self.beside = old.system, switch, beside
        self.connections = {Version.OLD: old, Version.NEW: new}
        self.shadow = Shadow(self.system, beside.report, waiting=switch.shadow_waiting, ignored=ignored)
        self._clock = clock

    def client(self, version: Version) -> Any:
        """The client of one version."""
        return self.connections[version].client

    def version(self, operation: str, agencies: Collection[str] = ()) -> Version:
        """Where a call goes at this moment.

        Raises:
            Unavailable: what people said was never read yet.
        """
        return choose(self.switch, self._rules(operation), operation, agencies, self._clock.now())

    def concerned(self, operation: str) -> frozenset[Version]:
        """Versions that some agency's calls go to at this moment. Raises as :meth:`version`."""
        return concerned(self.switch, self._rules(operation), operation, self._clock.now())

    def read_from(self, operation: str, version: Version, since: datetime) -> datetime:
        """Where a feed of ``version`` begins: earlier, when agencies came to it after ``since``. Raises as :meth:`version`."""
        here = arrived(self.switch, self._rules(operation), operation, since, self._clock.now())
        return since - timedelta(days=self.switch.look_back_days) if version in here else since

    def shadowed(self, operation: str, agencies: Collection[str] = ()) -> bool:
        """Whether the other version is read too, to compare. Raises as :meth:`version`."""
        return shadowed(self.switch, self._rules(operation), operation, agencies, self._clock.now())

    def _rules(self, operation: str) -> Sequence[Rule]:
        try:
            return self.beside.overlay.rules(self.system)
        except MemoryAway as exc:
            raise self._away(operation, exc) from exc

    def read(
        self,
        operation: str,
        version: Version,
        ask: Callable[[Version], R],
        *,
        agencies: Collection[str] = (),
        dossier_code: str = "",
    ) -> R:
        """Read of one version; in shadow mode of the other one too, later and behind the caller's back.

        Raises:
            Whatever the read raises.
        """
        try:
            found = ask(version)
        except Rejected as exc:
            self._compare(operation, version, exc, ask, agencies, dossier_code)
            raise
        self._compare(operation, version, found, ask, agencies, dossier_code)
        return found

    def _compare(
        self,
        operation: str,
        version: Version,
        real: Any,
        ask: Callable[[Version], Any],
        agencies: Collection[str],
        dossier_code: str,
    ) -> None:
        if self.shadowed(operation, agencies):
            self.shadow.later(operation, dossier_code, version, real, lambda: ask(version.other))

    def known(self, names: Sequence[str], operation: str) -> Mapping[str, Subject]:
        """Dossiers as the installation knows them.

        Raises:
            Unavailable: they cannot be read now; nothing was sent.
        """
        try:
            return self.beside.dossiers.known(names)
        except MemoryAway as exc:
            raise self._away(operation, exc) from exc

    def begin(self, operation: str, key: str, wanted: Version) -> Version:
        """The version that takes the write ``key``, kept.

        Raises:
            Unavailable: it cannot be kept; nothing was sent.
        """
        try:
            return self.beside.memory.begin(self.system, key, wanted)
        except MemoryAway as exc:
            raise self._away(operation, exc) from exc

    def taken_by(self, operation: str, key: str) -> Version | None:
        """The version that took the write ``key``.

        Raises:
            Unavailable: it cannot be read now; nothing was sent or asked.
        """
        try:
            return self.beside.memory.taken_by(self.system, key)
        except MemoryAway as exc:
            raise self._away(operation, exc) from exc

    def wanted(self, operation: str, facts: Facts) -> Version:
        """Where a write that nobody took yet goes.

        Raises:
            Unavailable
        """
        bound = self.taken_by(operation, facts.bound) if facts.bound else None
        if bound is not None:
            return bound
        code = facts.dossier_code
        known = self.known([code], operation).get(code) if code else None
        return self.version(operation, facts.at(known))

    def _away(self, operation: str, exc: Exception) -> Unavailable:
        return Unavailable(str(exc), system=self.system, operation=operation)


def side_by_side(sides: Sides, shape: Shape, client: Any) -> Connection:
    """Both versions as one connection.

    Args:
        client: has the client's own methods and asks ``sides`` in each of them.

    Raises:
        ValueError: the versions declare different operations, or the switch names what there is not.
    """
    old, new = sides.connections[Version.OLD], sides.connections[Version.NEW]
    theirs = {operation.name: operation for operation in new.operations}
    ours = {operation.name: operation for operation in old.operations}
    if ours.keys() != theirs.keys():
        raise ValueError(f"{sides.system}: only one version has {sorted(ours.keys() ^ theirs.keys())}")
    check(sides.system, sides.switch, frozenset(ours), shape)
    operations = tuple(_both(sides, shape, ours[name], theirs[name]) for name in ours)
    doors = {
        door: _either(old.verifiers[door], new.verifiers[door])
        for door in old.verifiers.keys() & new.verifiers.keys()
    }
    return Connection(
        system=sides.system,
        client=client,
        operations=operations,
        transports=(*old.transports, *new.transports),
        verifiers={**new.verifiers, **old.verifiers, **doors},
    )


def check(system: str, switch: Switch, writes: frozenset[str], shape: Shape) -> None:
    """Refuse a switch that names an operation that there is not: it would switch nothing, and nobody would notice.

    Raises:
        ValueError
    """
    strange = switch.operations.keys() - writes - shape.reads
    if strange:
        raise ValueError(
            f"{system}: the switch names {sorted(strange)}; there are {sorted(writes | shape.reads)}"
        )
    blind = switch.shadow - shape.shadowable
    if blind:
        raise ValueError(f"{system}: {sorted(blind)} cannot be compared; {sorted(shape.shadowable)} can")


def _both(sides: Sides, shape: Shape, old: Operation, new: Operation) -> Operation:
    """One operation of both. What the engine may believe is what both versions promise."""
    if (old.effect_class, old.money, old.signature) != (new.effect_class, new.money, new.signature):
        raise ValueError(f"{old.system}.{old.name}: the versions declare it differently")
    of = {Version.OLD: old, Version.NEW: new}

    def perform(call: Call) -> Done:
        facts = shape.facts(old.name, call.payload)
        version = sides.begin(old.name, call.key, sides.wanted(old.name, facts))
        try:
            fitted = shape.fit(call, version)
        except OutcomeUnknown as exc:
            # Only a read of ours was not understood; the write itself has not left.
            raise Unavailable(
                "the dossier was not found out",
                system=old.system,
                operation=old.name,
                reference=call.reference,
            ) from exc
        done = of[version].perform(fitted)
        return replace(done, data=shape.told(done.data, version))

    def look_up(call: Call) -> Finding:
        # What nobody remembers left us before there were two versions.
        version = sides.taken_by(old.name, call.key) or Version.OLD
        ask = of[version].look_up
        assert ask is not None  # noqa: S101 - looked at below
        found = ask(shape.fit(call, version))
        return replace(found, data=shape.told(found.data, version)) if isinstance(found, Done) else found

    return replace(
        old,
        perform=perform,
        look_up=look_up if old.look_up is not None and new.look_up is not None else None,
        not_found_is_proof=old.not_found_is_proof and new.not_found_is_proof,
        perform_many=None,  # a list may hold calls of both
    )


def _either(old: Callable[..., Any], new: Callable[..., Any]) -> Callable[..., Any]:
    """News of whichever version it is from."""

    def verified(*arguments: Any, **named: Any) -> Any:
        try:
            return old(*arguments, **named)
        except Forged:
            return new(*arguments, **named)

    return verified


__all__ = [
    "Beside",
    "Dossiers",
    "Facts",
    "Memory",
    "MemoryAway",
    "Remembered",
    "Shape",
    "Sides",
    "Subject",
    "check",
    "side_by_side",
]
