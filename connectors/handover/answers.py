"""What an answer means, by the rules of a profile. Whatever the rules do not name is unknown. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from connectors.handover.profile import Answer
from connectors.handover.translate import at
from connectors.kit.reading import Unreadable


class Verdict(StrEnum):
    """What they did."""

    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"
    WAIT = "wait"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict and their own code, as received."""

    verdict: Verdict
    code: str


def judged(rule: Answer, theirs: Mapping[str, Any]) -> Judged:
    """The verdict on an answer: by its code, else by its words, else by its flag.

    A code that says done beside a flag that says no is unknown: one of the two is not what we think.

    Raises:
        Unreadable: code or flag is not there, or is no single value.
    """
    code = _single(theirs, rule.code) if rule.code else ""
    flag = _flag(rule, theirs)
    listed = _by_code(rule, code)
    if listed is None:
        words = at(theirs, rule.message) if rule.message else ""
        listed = by_words(rule, words if isinstance(words, str) else "")
    if listed is None:
        if flag is None or (flag and rule.done):  # codes are agreed, and this is none of them
            listed = Verdict.UNKNOWN
        elif flag:
            listed = Verdict.DONE
        else:
            listed = Verdict.REFUSED if rule.failure == "refused" else Verdict.UNKNOWN
    if listed is Verdict.DONE and flag is False:
        listed = Verdict.UNKNOWN
    return Judged(listed, code[:40])


def by_words(rule: Answer, words: str) -> Verdict | None:
    """The verdict that a text gives, where the profile names a part of it."""
    folded = _folded(words)
    lists = (
        (rule.already_texts, Verdict.ALREADY),
        (rule.refused_texts, Verdict.REFUSED),
        (rule.wait_texts, Verdict.WAIT),
        (rule.absent_texts, Verdict.ABSENT),
    )
    found = {verdict for texts, verdict in lists for each in texts if _folded(each) in folded}
    if len(found) > 1:
        return Verdict.UNKNOWN  # it says two things
    return next(iter(found), None)


def _by_code(rule: Answer, code: str) -> Verdict | None:
    lists = (
        (rule.done, Verdict.DONE),
        (rule.already, Verdict.ALREADY),
        (rule.refused, Verdict.REFUSED),
        (rule.wait, Verdict.WAIT),
        (rule.absent, Verdict.ABSENT),
        (rule.unknown, Verdict.UNKNOWN),
    )
    return next((verdict for codes, verdict in lists if code in codes), None) if rule.code else None


def _flag(rule: Answer, theirs: Mapping[str, Any]) -> bool | None:
    if not rule.success:
        return None
    value = at(theirs, rule.success)
    if value is None or isinstance(value, dict | list):
        raise Unreadable(rule.success, "is missing")
    return any(_same(value, each) for each in rule.success_is)


def _same(value: Any, wanted: bool | int | str) -> bool:
    """Equal as they stand; XML has only texts, so ``1`` and ``true`` may be texts there."""
    if type(value) is type(wanted):
        return bool(value == wanted)
    text = str(wanted).lower() if isinstance(wanted, bool) else str(wanted)
    return isinstance(value, str) and not isinstance(wanted, str) and value == text


def _single(theirs: Mapping[str, Any], path: str) -> str:
    value = at(theirs, path)
    if type(value) is int:
        return str(value)
    if not isinstance(value, str):
        raise Unreadable(path, "a code is expected")
    return value


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


__all__ = ["Judged", "Verdict", "by_words", "judged"]
