"""Which of two versions of one system takes a call: settings of the installation, and what people said since. Pure.

A cut-over is a sentence with a day; going back is another sentence. The one that came into force last and fits counts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

_HANOI = timezone(timedelta(hours=7))


class Version(StrEnum):
    """One of the two."""

    OLD = "old"
    NEW = "new"

    @property
    def other(self) -> Version:
        """The one that is not this one."""
        return Version.OLD if self is Version.NEW else Version.NEW


class Says(StrEnum):
    """What a person's sentence says."""

    OLD = "old"
    NEW = "new"
    SHADOW = "shadow"  # what is read of one version is read of the other one too, and compared
    ALONE = "alone"  # and now it is not any more


_PLACES = (Says.OLD, Says.NEW)


class AgencyRule(BaseModel):
    """Where dossiers of some agencies live.

    Attributes:
        pattern: of agency codes, with ``*`` and ``?``: ``H21.15*``.
        since: first day, in Vietnam's time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pattern: str = Field(min_length=1, max_length=100)
    version: Version
    since: date


class Switch(BaseModel):
    """How calls are shared out between two versions of a system until people say otherwise.

    Attributes:
        default: where nothing else fits.
        operations: an operation that stays behind or goes first, whatever its agency.
        agencies: cut-over by agency; of those that fit the latest counts, then the longest pattern.
        shadow: reading operations that are asked of both versions.
        same_ids: the new version has the dossiers under the ids of the old one. Otherwise ids are told apart, and the
            same dossier is found by its code. Assumed not: ids of two systems that were filled separately collide.
        look_back_days: how far before a cut-over the version that agencies came to is read: people may have begun to work
            there before it was said.
        shadow_waiting: comparisons that may wait; what comes above is left out and counted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: Version = Version.OLD
    operations: dict[str, Version] = Field(default_factory=dict)
    agencies: tuple[AgencyRule, ...] = ()
    shadow: frozenset[str] = frozenset()
    same_ids: bool = False
    look_back_days: int = Field(default=3, ge=0, le=60)
    shadow_waiting: int = Field(default=100, ge=1, le=10_000)


class Rule(NamedTuple):
    """A person's sentence. An empty ``operation`` or ``agency`` means all of them.

    Attributes:
        agency: a pattern as in :class:`AgencyRule`.
        since: in force from this moment.
    """

    operation: str
    agency: str
    says: Says
    since: datetime


class Overlay(Protocol):
    """What people said about a system, in the order in which they said it."""

    def rules(self, system: str) -> Sequence[Rule]: ...


def choose(
    switch: Switch, rules: Sequence[Rule], operation: str, agencies: Collection[str], now: datetime
) -> Version:
    """The version that takes a call.

    Args:
        rules: in the order in which they were said.
        agencies: every code by which the dossier's agency is known; empty where a call is about none.
    """
    said = [rule.says for rule in _in_force(rules, operation, agencies, now) if rule.says in _PLACES]
    if said:
        return Version(said[-1].value)
    if operation in switch.operations:
        return switch.operations[operation]
    fitting = [
        rule
        for rule in switch.agencies
        if datetime.combine(rule.since, time(), _HANOI) <= now and _fits(rule.pattern, agencies)
    ]
    if fitting:
        return max(fitting, key=lambda rule: (rule.since, len(rule.pattern))).version
    return switch.default


def shadowed(
    switch: Switch, rules: Sequence[Rule], operation: str, agencies: Collection[str], now: datetime
) -> bool:
    """Whether the other version is read too."""
    said = [
        rule.says
        for rule in _in_force(rules, operation, agencies, now)
        if rule.says in (Says.SHADOW, Says.ALONE)
    ]
    return said[-1] is Says.SHADOW if said else operation in switch.shadow


def concerned(switch: Switch, rules: Sequence[Rule], operation: str, now: datetime) -> frozenset[Version]:
    """The versions that may be asked by some agency: what is told of all agencies at once must be read of these."""
    found = {switch.operations.get(operation, switch.default)}
    if operation not in switch.operations:
        found |= {
            rule.version for rule in switch.agencies if datetime.combine(rule.since, time(), _HANOI) <= now
        }
    for rule in _in_force(rules, operation, None, now):
        if rule.says in _PLACES:
            version = Version(rule.says.value)
            found = {version} if not rule.agency else found | {version}
    return frozenset(found)


def arrived(
    switch: Switch, rules: Sequence[Rule], operation: str, since: datetime, now: datetime
) -> frozenset[Version]:
    """The versions to which agencies came after ``since``: what is read there from ``since`` on is not all of theirs."""
    found = {
        Version(rule.says.value)
        for rule in _in_force(rules, operation, None, now)
        if rule.says in _PLACES and rule.since > since
    }
    for rule in switch.agencies:
        if since < datetime.combine(rule.since, time(), _HANOI) <= now:
            found.add(rule.version)
    return frozenset(found)


def _in_force(
    rules: Sequence[Rule], operation: str, agencies: Collection[str] | None, now: datetime
) -> list[Rule]:
    """Sentences that fit, the one that came into force last at the end; said at one moment, the later one."""
    fitting = [
        rule
        for rule in rules
        if rule.since <= now
        and rule.operation in ("", operation)
        and (not rule.agency or agencies is None or _fits(rule.agency, agencies))
    ]
    return sorted(fitting, key=lambda rule: rule.since)


def _fits(pattern: str, agencies: Collection[str]) -> bool:
    return any(fnmatchcase(agency, pattern) for agency in agencies if agency)


__all__ = [
    "AgencyRule",
    "Overlay",
    "Rule",
    "Says",
    "Switch",
    "Version",
    "arrived",
    "choose",
    "concerned",
    "shadowed",
]
