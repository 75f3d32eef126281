"""One shape for every table between our words and another system's codes: dated, sourced, both ways, total. Pure.

A row holds from a day to a day. Every question takes the day, so an old message that is read again is read by the list of its own
day. The answer is a meaning or :class:`NotMapped`, which becomes work for a person: rows that people add at run time come in as an
:class:`Overlay` and stand before the rows that ship.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from mappings.errors import MappingError


class Way(StrEnum):
    """In which direction a row is used."""

    BOTH = "both"
    READ = "in"  # a code of theirs that we read; another row is sent
    SENT = "out"  # sent for want of a better one; read back it means something else


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        system, list: whose code it is, and of which list (``dossier_state``, ``sex`` …).
        code: theirs, as text; ``meaning``: ours, a value of the list's vocabulary.
        valid_from, valid_to: first and last day; ``None``: still in force.
        confidence: A four sources, B two, C one, D our reading; P: proposed and accepted by people of this province.
    """

    system: str
    list: str
    code: str
    meaning: str
    valid_from: date
    valid_to: date | None = None
    source: str = ""
    confidence: str = "D"
    way: Way = Way.BOTH

    def holds(self, on: date) -> bool:
        """Whether the row is in force on that day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    @property
    def assumed(self) -> bool:
        """Nobody at the other side, and nobody here, has confirmed it."""
        return self.confidence in ("C", "D")


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A code of theirs or a meaning of ours that is left without a counterpart on purpose.

    Attributes:
        side: ``theirs``: ``value`` is a code; ``ours``: it is a meaning. ``*`` stands for all of them.
        reason, reason_en: in Vietnamese and in English.
    """

    system: str
    list: str
    side: str
    value: str
    reason: str
    reason_en: str = ""


class NotMapped(MappingError):
    """A code or meaning that the table of that day does not have.

    Attributes:
        system, list: where a row is missing; ``value``: what was asked, theirs or ours by ``side``.
        on: the day that was asked about.
        reason: why it is left without a counterpart, where that is on purpose.
    """

    def __init__(self, system: str, name: str, side: str, value: str, on: date, reason: str = "") -> None:
        self.system, self.list, self.side, self.value = system, name, side, value
        self.on, self.reason = on, reason
        hint = f"{side}, on {on.isoformat()}" + (f"; {reason}" if reason else "")
        super().__init__(name, f"{system}:{value}", hint)


class Overlay(Protocol):
    """Rows that people of this installation added; asked at every look-up, so it answers from memory."""

    def rows(self, system: str, name: str) -> Sequence[Row]:
        """Accepted rows of a list, of all days, newest first."""
        ...


class NoOverlay:
    """Nobody added anything."""

    def rows(self, system: str, name: str) -> Sequence[Row]:  # noqa: ARG002 - the protocol's shape
        return ()


class Table:
    """One list over all systems."""

    def __init__(self, name: str, rows: Iterable[Row], unmapped: Iterable[Unmapped] = ()) -> None:
        """Rows of other lists are refused: a table that mixes them answers wrongly.

        Raises:
            ValueError: a row of another list, or two rows that give one code two meanings on one day.
        """
        self.name = name
        self._rows: dict[str, list[Row]] = {}
        self._unmapped: dict[tuple[str, str], list[Unmapped]] = {}
        for row in rows:
            if row.list != name:
                raise ValueError(f"{name}: a row of {row.list}")
            self._rows.setdefault(row.system, []).append(row)
        for one in unmapped:
            if one.list == name:
                self._unmapped.setdefault((one.system, one.side), []).append(one)
        for system, own in self._rows.items():
            clash = contradiction(own)
            if clash is not None:
                raise ValueError(f"{name}: {system} {clash[0]} and {clash[1]} hold on one day")

    def systems(self) -> tuple[str, ...]:
        """Systems that have rows or reasons here, sorted."""
        return tuple(sorted({*self._rows, *(system for system, _ in self._unmapped)}))

    def rows(self, system: str, on: date, overlay: Overlay | None = None) -> tuple[Row, ...]:
        """Rows in force on a day, added ones first; a shipped row whose code or meaning an added one takes is left out."""
        added = [row for row in (overlay or _NONE).rows(system, self.name) if row.holds(on)]
        read = {row.code for row in added if row.way is not Way.SENT}
        sent = {row.meaning for row in added if row.way is not Way.READ}
        kept: list[Row] = list(added)
        for row in self._rows.get(system, ()):
            if not row.holds(on):
                continue
            may_read = row.way is not Way.SENT and row.code not in read
            may_send = row.way is not Way.READ and row.meaning not in sent
            way = Way.BOTH if may_read and may_send else Way.READ if may_read else Way.SENT
            if may_read or may_send:
                kept.append(row if way is row.way else _with(row, way))
        return tuple(kept)

    def meaning(self, system: str, code: object, on: date, overlay: Overlay | None = None) -> str:
        """What ``code`` of ``system`` means on that day.

        Raises:
            NotMapped: nothing.
        """
        text = str(code)
        for row in self.rows(system, on, overlay):
            if row.way is not Way.SENT and row.code == text:
                return row.meaning
        raise NotMapped(system, self.name, "theirs", text, on, self.reason(system, "theirs", text))

    def code(self, system: str, meaning: str, on: date, overlay: Overlay | None = None) -> str:
        """The code of ``system`` for our ``meaning`` on that day.

        Raises:
            NotMapped: it has none.
        """
        for row in self.rows(system, on, overlay):
            if row.way is not Way.READ and row.meaning == meaning:
                return row.code
        raise NotMapped(system, self.name, "ours", meaning, on, self.reason(system, "ours", meaning))

    def reason(self, system: str, side: str, value: str) -> str:
        """Why something is left without a counterpart; empty where it is simply missing."""
        for one in self._unmapped.get((system, side), ()):
            if one.value in (value, "*"):
                return one.reason
        return ""

    def unmapped(self, system: str) -> tuple[Unmapped, ...]:
        """What is left out on purpose."""
        return tuple(one for side in ("theirs", "ours") for one in self._unmapped.get((system, side), ()))


def contradiction(rows: Sequence[Row]) -> tuple[Row, Row] | None:
    """Two rows of one system and list that read one code, or send one meaning, in two ways on one day."""
    for number, one in enumerate(rows):
        for other in rows[:number]:
            if not _meet(one, other):
                continue
            reads = Way.SENT not in (one.way, other.way) and one.code == other.code
            sends = Way.READ not in (one.way, other.way) and one.meaning == other.meaning
            if reads or sends:
                return other, one
    return None


def _meet(one: Row, other: Row) -> bool:
    """Whether some day has both."""
    latest = max(one.valid_from, other.valid_from)
    return all(row.valid_to is None or latest <= row.valid_to for row in (one, other))


def _with(row: Row, way: Way) -> Row:
    return Row(
        row.system, row.list, row.code, row.meaning, row.valid_from, row.valid_to, row.source, row.confidence, way
    )  # fmt: skip


_NONE = NoOverlay()


class _Installed:
    """The overlay of this process; one holder, so that tables that are only functions see the same rows."""

    overlay: Overlay = _NONE


def install(overlay: Overlay | None) -> None:
    """Give the tables of this process the rows that people added; ``None`` takes them away. For the composition root."""
    _Installed.overlay = overlay or _NONE


def installed() -> Overlay:
    """The overlay of this process."""
    return _Installed.overlay


def added(system: str, name: str, on: date, *, code: str = "", meaning: str = "") -> Row | None:
    """The added row that reads ``code``, or sends ``meaning``, on that day; for tables with rows of their own shape."""
    for row in installed().rows(system, name):
        if not row.holds(on):
            continue
        if code and row.way is not Way.SENT and row.code == code:
            return row
        if meaning and row.way is not Way.READ and row.meaning == meaning:
            return row
    return None


def open_row(system: str, name: str, code: str) -> Row | None:
    """The newest added row that reads ``code`` and has no end: for feeds that are only ever read as they stand today."""
    for row in installed().rows(system, name):
        if row.valid_to is None and row.way is not Way.SENT and row.code == code:
            return row
    return None


def missing_row(exc: MappingError, system: str = "") -> Mapping[str, str]:
    """What a missing-row case keeps of an error, for the desk: system, list, side, value; as far as the error tells."""
    if isinstance(exc, NotMapped):
        return {
            "system": exc.system,
            "list": exc.list,
            "side": exc.side,
            "value": exc.value,
            "on": exc.on.isoformat(),
        }
    first, colon, rest = str(exc.code).partition(":")
    named = bool(colon) and first.replace("_", "").isalnum()
    return {
        "system": first if named else system,
        "list": exc.table,
        "side": "",
        "value": rest if named else str(exc.code),
    }


__all__ = [
    "NoOverlay",
    "NotMapped",
    "Overlay",
    "Row",
    "Table",
    "Unmapped",
    "Way",
    "added",
    "contradiction",
    "install",
    "installed",
    "missing_row",
    "open_row",
]
