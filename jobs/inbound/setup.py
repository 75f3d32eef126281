"""What must be set up before a dossier that began elsewhere can come in; written by people, in one TOML file. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mappings.canonical.inbound import DossierNews
from mappings.errors import MappingError

TABLE = "inbound_setup"
ANY = "*"


class Lack(StrEnum):
    """What keeps a dossier out; stable words."""

    MODULE = "module_empty"
    PROCEDURE = "procedure_unmapped"
    UNIT = "unit_without_place_code"
    UNIT_TWICE = "two_units_one_identifier"
    OFFICER = "no_receiving_officer"
    CONTENT = "no_content"
    ADAPTER = "case_system_cannot_be_told"
    ACCOUNT = "no_national_account"


_SAYS = {
    Lack.MODULE: ("thiếu mã nghiệp vụ (module) trong hồ sơ gửi đến", "the dossier names no module"),
    Lack.PROCEDURE: ("thủ tục {what} chưa được ánh xạ", "procedure {what} is not mapped"),
    Lack.UNIT: ("chưa đơn vị nào có mã {what}", "no unit has the code {what}"),
    Lack.UNIT_TWICE: ("hai đơn vị trùng mã {what}", "two units have the code {what}"),
    Lack.OFFICER: ("chưa có người tiếp nhận cho {what}", "no receiving officer for {what}"),
    Lack.CONTENT: ("tin không kèm nội dung hồ sơ", "the message brings no dossier"),
    Lack.ADAPTER: ("chưa có kênh ghi vào phần mềm một cửa", "the case system cannot be told"),
    Lack.ACCOUNT: ("doanh nghiệp chưa có tài khoản quốc gia", "the enterprise has no national account"),
}
Missing = tuple[Lack, str]
"""One thing that must be set up, and of which code; never a person."""


def words(lack: str, what: str, language: str = "vi") -> str:
    """For the screen; a word that is none of ours stays as it is."""
    try:
        return _SAYS[Lack(lack)][1 if language == "en" else 0].format(what=what)
    except ValueError:
        return lack


@dataclass(frozen=True, slots=True)
class Unit:
    """One of our units.

    Attributes:
        code: in the case system; ``place``: its commune code, by which the linked services name it.
        identifier: mã định danh, the pattern of its dossier codes.
    """

    code: str
    place: str = ""
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class SetUp:
    """What the installation knows.

    Attributes:
        procedures: (sender or ``*``, their procedure) → ours.
        same_procedures: senders whose procedure codes are the case system's own.
        default_units: sender → unit of dossiers that name none.
        officers: (our procedure or ``*``, unit code) → receiving officers.
    """

    units: Sequence[Unit] = ()
    procedures: Mapping[tuple[str, str], str] = field(default_factory=dict)
    same_procedures: frozenset[str] = frozenset()
    default_units: Mapping[str, str] = field(default_factory=dict)
    officers: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)

    def procedure(self, system: str, theirs: str) -> str:
        """Our procedure for theirs; empty: not mapped."""
        found = self.procedures.get((system, theirs)) or self.procedures.get((ANY, theirs)) or ""
        return found or (theirs if system in self.same_procedures else "")

    def officers_of(self, procedure: str, unit: str) -> list[str]:
        """Who receives dossiers of a procedure at a unit."""
        named = [*self.officers.get((procedure, unit), ()), *self.officers.get((ANY, unit), ())]
        return [each for each in named if each.strip()]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a new dossier needs to come in.

    Attributes:
        unit: as the sender names it; ``by_place``: by the commune code.
        module: ``None`` where its sender has no modules.
    """

    system: str
    procedure: str
    unit: str
    by_place: bool = False
    module: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a new dossier goes."""

    procedure: str
    unit: Unit
    officer: str


def asked(news: DossierNews) -> Asked:
    """What ``news`` of a new dossier needs."""
    head = news.facts.get("head")
    if isinstance(head, Mapping):
        return Asked(
            news.system, str(head["procedure"]), str(head["unit"]), by_place=True, module=str(head["module"])
        )
    file = news.dossier
    return Asked(news.system, file.procedure if file else "", file.agency if file else "")


def find_place(wanted: Asked, here: SetUp) -> tuple[Place | None, tuple[Missing, ...]]:
    """Where a dossier goes, or everything that keeps it out: one look tells the whole work."""
    lacks: list[Missing] = []
    if wanted.module == "":
        lacks.append((Lack.MODULE, ""))
    procedure = here.procedure(wanted.system, wanted.procedure)
    if not procedure:
        lacks.append((Lack.PROCEDURE, wanted.procedure))
    unit = _unit(wanted, here, lacks)
    officers = here.officers_of(procedure, unit.code) if unit is not None and procedure else []
    if unit is not None and procedure and not officers:
        lacks.append((Lack.OFFICER, f"{procedure}/{unit.code}"))
    if lacks or unit is None:
        return None, tuple(lacks)
    return Place(procedure, unit, officers[0]), ()


def _unit(wanted: Asked, here: SetUp, lacks: list[Missing]) -> Unit | None:
    name = wanted.unit or here.default_units.get(wanted.system, "")
    by_place = wanted.by_place and bool(wanted.unit)
    found = [each for each in here.units if name and (each.place if by_place else each.code) == name]
    if not found:
        lacks.append((Lack.UNIT, name or wanted.system))
        return None
    [unit, *more] = found
    if more:
        lacks.append((Lack.UNIT_TWICE, name))
        return None
    alike = [each for each in here.units if each.identifier == unit.identifier]
    if not unit.identifier or len(alike) > 1:
        lacks.append((Lack.UNIT_TWICE, unit.identifier or unit.code))
    return unit


# ---- the file that people write ------------------------------------------------------------------------------------------

_KEYS: Mapping[str, frozenset[str]] = {
    "unit": frozenset({"code", "place", "identifier"}),
    "procedure": frozenset({"system", "theirs", "ours"}),
    "officer": frozenset({"procedure", "unit", "name"}),
}
_TOP = frozenset({*_KEYS, "same_procedures", "default_unit"})


def read_file(text: str) -> dict[str, Any]:
    """The content of a set-up file, checked; what is stored.

    Raises:
        MappingError: it cannot be read; the message names the place.
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise MappingError(TABLE, "file", f"not TOML: {exc}") from exc
    if unknown := found.keys() - _TOP:
        raise MappingError(TABLE, "file", f"unknown: {', '.join(sorted(unknown))}")
    for name, known in _KEYS.items():
        rows = found.get(name, [])
        if not isinstance(rows, list):
            raise MappingError(TABLE, name, f"[[{name}]] is expected")
        for number, row in enumerate(rows, start=1):
            where = f"{name} {number}"
            if not isinstance(row, dict) or row.keys() - known:
                raise MappingError(TABLE, where, f"fields are {', '.join(sorted(known))}")
            if not all(isinstance(value, str) for value in row.values()):
                raise MappingError(TABLE, where, "values are texts: codes keep their zeros")
    same, default = found.get("same_procedures", []), found.get("default_unit", {})
    if not isinstance(same, list) or not all(isinstance(each, str) for each in same):
        raise MappingError(TABLE, "same_procedures", "a list of systems is expected")
    if not isinstance(default, dict) or not all(isinstance(each, str) for each in default.values()):
        raise MappingError(TABLE, "default_unit", "system = unit is expected")
    made = {name: found.get(name, []) for name in _KEYS}
    return {**made, "same_procedures": same, "default_unit": default}


def set_up(content: Mapping[str, Any]) -> SetUp:
    """The stored content as the rules ask it."""
    officers: dict[tuple[str, str], list[str]] = {}
    for row in content.get("officer", ()):
        key = (row.get("procedure") or ANY, row.get("unit", ""))
        officers.setdefault(key, []).append(row.get("name", ""))
    return SetUp(
        units=tuple(
            Unit(row.get("code", ""), row.get("place", ""), row.get("identifier", ""))
            for row in content.get("unit", ())
        ),
        procedures={
            (row.get("system") or ANY, row.get("theirs", "")): row.get("ours", "")
            for row in content.get("procedure", ())
        },
        same_procedures=frozenset(content.get("same_procedures", ())),
        default_units=dict(content.get("default_unit", {})),
        officers=officers,
    )


__all__ = [
    "Asked",
    "Lack",
    "Missing",
    "Place",
    "SetUp",
    "Unit",
    "asked",
    "find_place",
    "read_file",
    "set_up",
    "words",
]
