"""Who hears of a dossier: subscription rules as data, judged by the day. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any

from mappings.canonical.file import DossierFile
from mappings.errors import MappingError

TABLE = "subscriptions"
_KNOWN = {"system", "from", "until", "procedures", "fields", "agencies", "any", "coalesce"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One subscription.

    Attributes:
        system: name as in the settings; ``handover.gplx`` is a profile of the hand-over connector.
        begins, ends: first and last day on which it holds; ``ends`` may be open.
        procedures, fields, agencies: patterns of codes; empty: all.
        any: one of the lists is enough; otherwise each list that is not empty must fit.
        coalesce: a newer version may replace one that has not left.
    """

    system: str
    begins: date
    ends: date | None = None
    procedures: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    any: bool = False
    coalesce: bool = False

    def fits(self, file: DossierFile, on: date) -> bool:
        """Whether the system hears of this dossier on that day."""
        if on < self.begins or (self.ends is not None and on > self.ends):
            return False
        judged = [
            any(fnmatchcase(code, pattern) for pattern in patterns for code in codes if code)
            for patterns, codes in (
                (self.procedures, (file.procedure, file.local_procedure)),
                (self.fields, (file.field,)),
                (self.agencies, (file.agency,)),
            )
            if patterns
        ]
        return not judged or (any(judged) if self.any else all(judged))


def interested(rules: Sequence[Rule], file: DossierFile, on: date) -> dict[str, Rule]:
    """System → the first rule that lets it hear, in the order of the file."""
    found: dict[str, Rule] = {}
    for rule in rules:
        if rule.system not in found and rule.fits(file, on):
            found[rule.system] = rule
    return found


def read_rules(path: str = "") -> tuple[Rule, ...]:
    """The rules of a file, or those that ship with the product.

    Raises:
        MappingError: a rule that cannot be read; the message names it.
    """
    text = (
        Path(path).read_text("utf-8")
        if path
        else resources.files("jobs.sync").joinpath("subscriptions.toml").read_text("utf-8")
    )
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise MappingError(TABLE, path, f"not TOML: {exc}") from exc
    if not isinstance(found.get("rule"), list) or found.keys() != {"rule"}:
        raise MappingError(TABLE, path, "[[rule]] is expected and nothing else")
    return tuple(_rule(number, item) for number, item in enumerate(found["rule"], start=1))


def _rule(number: int, item: dict[str, Any]) -> Rule:
    where = f"rule {number}"
    if unknown := item.keys() - _KNOWN:
        raise MappingError(TABLE, where, f"unknown: {', '.join(sorted(unknown))}")
    system, begins, ends = item.get("system"), item.get("from"), item.get("until")
    if not isinstance(system, str) or not system:
        raise MappingError(TABLE, where, "system is missing")
    if type(begins) is not date or (ends is not None and type(ends) is not date):
        raise MappingError(TABLE, where, "from and until are days")
    lists = {name: tuple(item.get(name, ())) for name in ("procedures", "fields", "agencies")}
    if not all(isinstance(pattern, str) for patterns in lists.values() for pattern in patterns):
        raise MappingError(TABLE, where, "patterns are texts")
    return Rule(
        system,
        begins,
        ends,
        **lists,
        any=item.get("any") is True,
        coalesce=item.get("coalesce") is True,
    )
