"""Canonical facts to their message and back, by the fields of a profile. Pure, the same code for every profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from connectors.handover.converters import Untranslatable, joined_name, read, split_name, written
from connectors.handover.profile import Action, MapField, Profile
from connectors.kit.reading import Unreadable


@dataclass(slots=True)
class Message:
    """What leaves: the parts of the path, the query, the body."""

    body: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)

    def path(self, action: Action) -> str:
        """The address, every part of it closed in: a slash in a value is no step to somewhere else."""
        path = action.path
        for name, value in self.parts.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        return path


def message(profile: Profile, action: Action, facts: Mapping[str, Any]) -> Message:
    """The message of ``action`` with ``facts`` (JSON values under the roots of its verb).

    Raises:
        Untranslatable: a needed fact is missing, or one cannot be written; both fields are named.
        MappingError: a code that has no meaning there.
    """
    made = Message()
    for each in action.fields:
        if each.place == "body":
            _write(profile, each, facts, made.body)
            continue
        single: dict[str, Any] = {}
        _write(profile, each, facts, single)
        value = _got(single, each.theirs)
        if value is None:
            if each.place == "path":
                raise Untranslatable(each, "thiếu", "is missing")
            continue
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if each.place == "path" and text in ("", ".", ".."):
            raise Untranslatable(each, "không thể đứng trong đường dẫn", "cannot stand in a path")
        (made.parts if each.place == "path" else made.query)[each.theirs] = text
    return made


def wire(profile: Profile, fields: Sequence[MapField], facts: Mapping[str, Any]) -> dict[str, Any]:
    """``facts`` as theirs.

    Raises:
        Untranslatable, MappingError
    """
    made: dict[str, Any] = {}
    for each in fields:
        _write(profile, each, facts, made)
    return made


def facts_of(profile: Profile, fields: Sequence[MapField], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """What their object says, as nested JSON values under our names; what is not there is left out.

    Fields of theirs that no field of the profile names have no say.

    Raises:
        Unreadable: a needed field is missing, or one is not as agreed; it is named.
        MappingError: a code without a meaning where the table has no word for unknown ones.
    """
    found: dict[str, Any] = {}
    for each in fields:
        if not each.ours:
            continue
        value = _value(profile, each, theirs)
        if value is None:
            if each.needed:
                raise Unreadable(each.theirs, "is missing")
            continue
        _put(found, each.ours, value)
    return found


def told(profile: Profile, fields: Sequence[MapField], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """As :func:`facts_of`, with their own code of the state beside ours: an unknown one is kept as it stood.

    Raises:
        Unreadable, MappingError
    """
    found = facts_of(profile, fields, theirs)
    for each in fields:
        raw = _got(theirs, each.theirs) if each.ours == "state" else None
        if isinstance(raw, str | int):
            found["their_state"] = str(raw)[:40]
    return found


def _write(profile: Profile, each: MapField, facts: Mapping[str, Any], made: dict[str, Any]) -> None:
    if each.as_ == "constant":
        _put(made, each.theirs, each.value)
        return
    value = _got(facts, each.ours)
    if value in (None, "", [], {}):
        if each.needed:
            raise Untranslatable(each, "thiếu", "is missing")
        if each.empty != "omit":
            for theirs in each.parts or (each.theirs,):
                blank: Any = [] if each.as_ == "list" else ""
                _put(made, theirs, blank if each.empty == "blank" else None)
        return
    if each.as_ == "list":
        fields = profile.groups[each.group].fields
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise Untranslatable(each, "phải là danh sách", "a list is expected")
        _put(made, each.theirs, [wire(profile, fields, item) for item in value])
    elif each.as_ == "name":
        if not isinstance(value, Mapping) or not value.get("full"):
            raise Untranslatable(each, "thiếu họ tên", "the name is missing")
        for theirs, part in zip(each.parts, split_name(value), strict=True):
            _put(made, theirs, part)
    else:
        _put(made, each.theirs, written(each, value, profile.tables))


def _value(profile: Profile, each: MapField, theirs: Mapping[str, Any]) -> Any:
    if each.as_ == "name":
        parts = [_got(theirs, part) for part in each.parts]
        if any(part is not None and not isinstance(part, str) for part in parts):
            raise Unreadable(each.theirs, "a name in three texts is expected")
        name = joined_name((parts[0] or "", parts[1] or "", parts[2] or ""))
        return name if name["full"] else None
    value = _got(theirs, each.theirs)
    if value is None or value == "":
        return None
    if each.as_ == "list":
        if profile.format == "soap" and not isinstance(value, list):
            value = [value]  # one element alone looks like none of a list
        if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
            raise Unreadable(each.theirs, "a list of objects is expected")
        fields = profile.groups[each.group].fields
        return [facts_of(profile, fields, item) for item in value]
    return read(each, value, profile.tables)


def _got(value: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list | tuple) and part == "0":
            value = value[0] if value else None
        else:
            return None
    return value


def _put(made: dict[str, Any], path: str, value: Any) -> None:
    here: Any = made
    parts = path.split(".")
    for at, part in enumerate(parts[:-1]):
        fresh: Any = [{}] if parts[at + 1] == "0" else {}
        if isinstance(here, list):
            here = here[0]
            continue
        here = here.setdefault(part, fresh)
    if isinstance(here, list):
        here = here[0]
    here[parts[-1]] = value


def at(theirs: Any, path: str) -> Any:
    """What stands at a dotted path of their object, or ``None``."""
    return _got(theirs, path)


__all__ = ["Message", "Untranslatable", "at", "facts_of", "message", "told", "wire"]
