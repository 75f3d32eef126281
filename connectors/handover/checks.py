"""What a profile must be as a whole: every name leads somewhere, every fact is written as what it is. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any

from connectors.handover.facts import SENT, Leaf, Told, Verb, place
from connectors.handover.profile import READS, Action, MapField, Profile, Table
from connectors.kit.effects import EffectClass

Wrong = tuple[tuple[str | int, ...], str, str]
"""Path in the profile, words in Vietnamese, words in English."""

_AS: dict[Leaf, frozenset[str]] = {
    Leaf.TEXT: frozenset({"text", "table"}),
    Leaf.WHOLE: frozenset({"whole", "digits"}),
    Leaf.FLAG: frozenset({"flag"}),
    Leaf.DATE: frozenset({"date"}),
    Leaf.TIME: frozenset({"time", "date"}),
    Leaf.CODE: frozenset({"table"}),
    Leaf.NAME: frozenset({"name"}),
    Leaf.BIRTH: frozenset({"birth"}),
    Leaf.CONTENT: frozenset({"base64"}),
    Leaf.LIST: frozenset({"list"}),
    Leaf.FREE: frozenset({"text", "whole", "digits", "flag", "date", "time", "table"}),
}


def checked(profile: Profile) -> Iterator[Wrong]:
    """Everything that is wrong with ``profile``."""
    for name, action in profile.actions.items():
        where = ("actions", name)
        yield from _action(profile, action, where)
        yield from _fields(profile, action.fields, SENT[action.verb], (*where, "fields"), sent=True)
        yield from _fields(profile, action.reads, Told, (*where, "reads"), sent=False)
    if profile.callbacks is not None:
        for kind, callback in profile.callbacks.kinds.items():
            path = ("callbacks", "kinds", kind.value, "fields")
            yield from _fields(profile, callback.fields, Told, path, sent=False)
            if not any(each.ours == "dossier_code" and each.needed for each in callback.fields):
                yield path, "thiếu dossier_code bắt buộc", "a needed dossier_code is missing"
        whens = [callback.when for callback in profile.callbacks.kinds.values()]
        if len(set(whens)) != len(whens):
            yield ("callbacks", "kinds"), "hai loại cùng 'when'", "two kinds have the same 'when'"
    yield from _soap(profile)
    yield from _assumed(profile)


def _action(profile: Profile, action: Action, where: tuple[str, ...]) -> Iterator[Wrong]:
    if action.answer not in profile.answers:
        yield (*where, "answer"), "không có trong [answers]", "not in [answers]"
    reads = action.verb in READS
    if reads != (action.effect is EffectClass.READ):
        yield (*where, "effect"), "chỉ tra cứu mới là 'read'", "'read' is for asking, and only for it"
    found = profile.actions.get(action.look_up)
    if action.effect is EffectClass.FINDABLE and (found is None or found.verb is not Verb.STATE):
        yield (*where, "look_up"), "phải là một hành động 'state'", "must be an action with verb 'state'"
    if action.effect is not EffectClass.FINDABLE and action.look_up:
        yield (*where, "look_up"), "chỉ dùng với 'findable'", "is for 'findable' only"
    if (action.body == "soap") != (profile.format == "soap"):
        yield (*where, "body"), "không khớp với format", "does not fit format"
    if action.method == "PUT" and reads:
        yield (*where, "method"), "tra cứu không dùng PUT", "asking does not PUT"
    in_path = set(re.findall(r"\{(\w+)\}", action.path))
    named = {each.theirs for each in action.fields if each.place == "path"}
    if in_path != named or re.search(r"[{}]", re.sub(r"\{\w+\}", "", action.path)):
        yield (
            (*where, "path"),
            "tên trong {} không khớp các trường place = 'path'",
            "names in {} are not the fields with place = 'path'",
        )
    if action.body == "none" and any(each.place == "body" for each in action.fields):
        yield (
            (*where, "body"),
            "có trường trong thân nhưng body = 'none'",
            "fields in the body, but body = 'none'",
        )


def _fields(
    profile: Profile, fields: Sequence[MapField], root: type, where: tuple[str | int, ...], *, sent: bool
) -> Iterator[Wrong]:
    seen: dict[str, int] = {}
    for at, each in enumerate(fields):
        here = (*where, at)
        yield from _names(each, seen, at, here)
        if not each.ours:
            continue
        try:
            end = place(root, each.ours)
        except KeyError as exc:
            yield (
                here,
                f"không có dữ kiện '{each.ours}' (tại '{exc.args[0]}')",
                f"there is no such fact (at '{exc.args[0]}')",
            )
            continue
        if each.as_ not in _AS[end.leaf]:
            can = ", ".join(sorted(_AS[end.leaf]))
            yield here, f"'{each.ours}' chỉ ghi được: {can}", f"can only be written as: {can}"
            continue
        if end.leaf is Leaf.CONTENT and sent and profile.files != "base64":
            yield (
                here,
                "nội dung tệp chỉ dùng khi files = 'base64'",
                "content of files needs files = 'base64'",
            )
        if each.place != "body" and each.as_ in ("list", "name", "base64"):
            yield here, "chỉ đứng trong thân", "stands in the body only"
        yield from _named(profile, each, end.of, here, sent=sent)


def _names(each: MapField, seen: dict[str, int], at: int, here: tuple[str | int, ...]) -> Iterator[Wrong]:
    """The same name of theirs twice, or a value where an object stands."""
    for theirs in each.parts or (each.theirs,):
        key = f"{each.place}:{theirs}"
        clash = next(
            (old for old in seen if old == key or old.startswith(f"{key}.") or key.startswith(f"{old}.")),
            None,
        )
        if clash is not None:
            yield (
                here,
                f"'{theirs}' trùng với trường số {seen[clash] + 1}",
                f"clashes with field {seen[clash] + 1}",
            )
        seen[key] = at


def _named(
    profile: Profile, each: MapField, of: Any, here: tuple[str | int, ...], *, sent: bool
) -> Iterator[Wrong]:
    if each.as_ == "table":
        table = profile.tables.get(each.table)
        if table is None:
            yield here, f"không có bảng '{each.table}'", "there is no such table"
        elif isinstance(of, type) and issubclass(of, Enum):
            yield from _words(table, of, each.table)
    if each.as_ == "list":
        group = profile.groups.get(each.group)
        if group is None:
            yield here, f"không có nhóm '{each.group}'", "there is no such group"
        else:
            yield from _fields(profile, group.fields, of, ("groups", each.group, "fields"), sent=sent)


def _words(table: Table, of: type[Enum], name: str) -> Iterator[Wrong]:
    known = {each.value for each in of}
    for at, row in enumerate(table.rows):
        if row.ours not in known:
            can = ", ".join(sorted(map(str, known)))
            yield ("tables", name, "rows", at), f"'{row.ours}' không phải: {can}", "not one of our words"
    if table.unknown and table.unknown not in known:
        yield ("tables", name, "unknown"), f"'{table.unknown}' không phải từ của ta", "not one of our words"


def _soap(profile: Profile) -> Iterator[Wrong]:
    if (profile.format == "soap") != (profile.soap is not None):
        yield ("format",), "SOAP cần mục [soap], JSON thì không", "SOAP needs [soap], JSON has none"
    for name, action in profile.actions.items() if profile.format == "soap" else ():
        if not action.element or not action.answer_element:
            yield (
                ("actions", name),
                "SOAP cần element và answer_element",
                "SOAP needs element and answer_element",
            )
        if any(each.place != "body" for each in action.fields) or action.method != "POST":
            yield ("actions", name), "SOAP chỉ dùng POST và thân", "SOAP uses POST and the body only"
    if profile.format == "soap" and profile.callbacks is not None and not profile.callbacks.answer_element:
        yield ("callbacks",), "SOAP cần answer_element", "SOAP needs answer_element"


def _assumed(profile: Profile) -> Iterator[Wrong]:
    whole = profile.model_dump(by_alias=True)
    for path in profile.assumed:
        value: Any = whole
        for part in path.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            yield ("assumed", path), "không có mục này trong mẫu", "there is no such part"
