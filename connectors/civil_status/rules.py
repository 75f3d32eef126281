"""Rules of civil status: order of the states that are told, when a dossier is due, what must be set up before one can come in. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import IntEnum, StrEnum
from typing import Protocol

from connectors.kit.reading import VIETNAM
from mappings.canonical.dossier import DossierState
from mappings.errors import MappingError


class LinkedState(IntEnum):
    """``trangThai`` of capNhatTrangThaiHoSoDVCLTHoTich (one author, C)."""

    RECEIVED = 1  # into the civil-status system
    SUPPLEMENT = 2
    ELIGIBLE = 3  # accepted by the one-stop
    REGISTERED = 4  # with the result
    RETURNED = 5
    REFUSED = 6
    PASSED_ON = 7  # to the justice officer


BEFORE: Mapping[LinkedState, tuple[LinkedState, ...]] = {
    LinkedState.REGISTERED: (LinkedState.RECEIVED, LinkedState.ELIGIBLE, LinkedState.PASSED_ON)
}
"""State → states that must have been taken before it, in the order in which they are told (C)."""

_TELLS: Mapping[DossierState, LinkedState] = {
    DossierState.RECEIVED: LinkedState.RECEIVED,
    DossierState.PROCESSING: LinkedState.ELIGIBLE,
    DossierState.SUPPLEMENT: LinkedState.SUPPLEMENT,
    DossierState.DONE: LinkedState.REGISTERED,
    DossierState.RETURNED: LinkedState.RETURNED,
    DossierState.REFUSED: LinkedState.REFUSED,
}
_MEANS: Mapping[int, DossierState] = {
    1: DossierState.RECEIVED,
    2: DossierState.SUPPLEMENT,
    3: DossierState.PROCESSING,
    4: DossierState.DONE,
}
DUE_HOUR, LAST_HOUR = 17, 15


def missing_before(sent: Collection[int], wanted: LinkedState) -> tuple[LinkedState, ...]:
    """What must be told before ``wanted``, in order, and was not yet. ``sent``: states that they have taken."""
    return tuple(state for state in BEFORE.get(wanted, ()) if state not in sent)


def linked_state(state: DossierState) -> LinkedState:
    """What the linked services are told when a dossier comes to ``state`` (our reading, D).

    Raises:
        MappingError: they have no word for it: nothing is told.
    """
    try:
        return _TELLS[state]
    except KeyError:
        raise MappingError("civil_status.linked_states", state.value) from None


def our_state(number: int) -> DossierState:
    """What traTrangThaiHoSo says; an unknown number is pending."""
    return _MEANS.get(number, DossierState.PENDING)


class WorkingDays(Protocol):
    """The part of the working calendar that is asked."""

    def is_working_day(self, day: date) -> bool: ...
    def next_working_day(self, day: date) -> date: ...


def due(received_at: datetime, calendar: WorkingDays) -> datetime:
    """Received before 15:00 of a working day: 17:00 the same day; otherwise 17:00 of the next one (C).

    ``next_working_day`` is the first working day after the one that it is given.
    """
    local = received_at.astimezone(VIETNAM)
    day = local.date()
    if local.hour >= LAST_HOUR or not calendar.is_working_day(day):
        day = calendar.next_working_day(day)
    return datetime.combine(day, time(DUE_HOUR), tzinfo=VIETNAM)


class Arrival(StrEnum):
    """What becomes of a dossier that comes in."""

    CREATE = "create"
    OVERWRITE = "overwrite"
    ACKNOWLEDGE = "acknowledge"


def on_arrival(ours: DossierState | None) -> Arrival:
    """A dossier that is here is overwritten only while the citizen supplements it; otherwise it is just acknowledged (C)."""
    if ours is None:
        return Arrival.CREATE
    return Arrival.OVERWRITE if ours is DossierState.SUPPLEMENT else Arrival.ACKNOWLEDGE


@dataclass(frozen=True, slots=True)
class Head:
    """A dossier as the list of the linked services names it.

    Attributes:
        id: theirs, for pulling it; ``code``: maHoSo; ``procedure``: maTTHC; ``unit``: maDonVi (3 digits: district, 5: commune).
    """

    id: str
    code: str
    procedure: str
    unit: str
    module: str

    @property
    def district(self) -> bool:
        """Whether the place is a district of the time before the merger."""
        return len(self.unit) == 3


@dataclass(frozen=True, slots=True)
class Unit:
    """One of our units.

    Attributes:
        place: its commune or, before the merger, district code; empty: not set up.
        identifier: mã định danh, by which dossier codes are made.
    """

    code: str
    place: str
    identifier: str


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the installation knows.

    Attributes:
        procedures: maTTHC → our procedure.
        officers: (our procedure, unit code) → receiving officers.
    """

    procedures: Mapping[str, str]
    units: Sequence[Unit]
    officers: Mapping[tuple[str, str], Sequence[str]]


class Lack(StrEnum):
    """What is missing; stable words for the parked dossier's reason."""

    MODULE = "module_empty"
    PROCEDURE = "procedure_unmapped"
    UNIT = "unit_without_place_code"
    UNIT_TWICE = "two_units_one_identifier"
    OFFICER = "no_receiving_officer"


_SAYS = {
    Lack.MODULE: ("thiếu mã nghiệp vụ (module) trong hồ sơ gửi đến", "the dossier names no module"),
    Lack.PROCEDURE: ("thủ tục {what} chưa được ánh xạ", "procedure {what} is not mapped"),
    Lack.UNIT: ("chưa đơn vị nào có mã xã {what}", "no unit has the place code {what}"),
    Lack.UNIT_TWICE: ("hai đơn vị trùng mã {what}", "two units have the code {what}"),
    Lack.OFFICER: ("chưa có người tiếp nhận cho {what}", "no receiving officer for {what}"),
}


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that must be set up. ``what`` is a code, never a person."""

    lack: Lack
    what: str = ""

    def words(self, language: str = "vi") -> str:
        """For the screen."""
        return _SAYS[self.lack][1 if language == "en" else 0].format(what=self.what)


def missing_setup(head: Head, here: SetUp) -> tuple[Missing, ...]:
    """Everything that keeps ``head`` from becoming a dossier here; empty: it may come in.

    All of it at once, so that one look at the parked dossier tells the whole work; parked, never lost; asked again after
    each change of the set-up.
    """
    found: list[Missing] = []
    if not head.module:
        found.append(Missing(Lack.MODULE))
    procedure = here.procedures.get(head.procedure, "")
    if not procedure:
        found.append(Missing(Lack.PROCEDURE, head.procedure))
    units = [unit for unit in here.units if unit.place and unit.place == head.unit]
    if not units:
        found.append(Missing(Lack.UNIT, head.unit))
    elif len(units) > 1:
        found.append(Missing(Lack.UNIT_TWICE, head.unit))
    else:
        [unit] = units
        alike = [each for each in here.units if each.identifier == unit.identifier]
        if not unit.identifier or len(alike) > 1:
            found.append(Missing(Lack.UNIT_TWICE, unit.identifier or unit.code))
        if procedure and not [each for each in here.officers.get((procedure, unit.code), ()) if each.strip()]:
            found.append(Missing(Lack.OFFICER, f"{procedure}/{unit.code}"))
    return tuple(found)


__all__ = [
    "Arrival",
    "Head",
    "Lack",
    "LinkedState",
    "Missing",
    "SetUp",
    "Unit",
    "due",
    "linked_state",
    "missing_before",
    "missing_setup",
    "on_arrival",
    "our_state",
]
