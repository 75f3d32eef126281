"""Reads of one version are compared with the other version, behind the back of whoever reads.

The real read is never made slower and never fails by it: comparisons wait in a bounded queue for one thread, and what
finds no room is left out and counted. A report names fields and kinds of difference, never a value.
"""

from __future__ import annotations

import contextvars
import queue
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import structlog

from connectors.errors import Rejected
from connectors.kit.switching import Version

log = structlog.get_logger(__name__)

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_MOST_FIELDS = 50
WHOLE = "*"
"""Name of the field where the whole answer differs."""


class Result(StrEnum):
    """How a comparison ended."""

    SAME = "same"
    DIFFERENT = "different"
    NOT_COMPARED = "not_compared"  # the other version did not answer
    LEFT_OUT = "left_out"  # no room: too many wait


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison. Holds no value of either side.

    Attributes:
        dossier_code: which dossier; empty where it is not known.
        differences: (field, kind); kinds are ``missing_old``, ``missing_new``, ``spelling``, ``text``, ``number``, ``time``,
            ``flag``, ``count``, ``content``, ``type``, ``unreadable_old``, ``unreadable_new``.
    """

    system: str
    operation: str
    result: Result
    dossier_code: str = ""
    differences: tuple[tuple[str, str], ...] = ()


Report = Callable[[Compared], None]
Answer = Any
"""A canonical result, or the ``Rejected`` by which a system said that there is none."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    operation: str
    dossier_code: str
    version: Version
    real: Answer
    ask: Callable[[], Answer]


class Shadow:
    """One per system and process. Its thread begins with the first comparison and ends with the process."""

    def __init__(self, system: str, report: Report, *, waiting: int, ignored: frozenset[str]) -> None:
        """Nothing runs yet.

        Args:
            waiting: comparisons that may wait.
            ignored: fields (by their name alone) that differ by nature, such as ids.
        """
        self._system, self._report, self._ignored = system, report, ignored
        self._queue: queue.Queue[_Wanted] = queue.Queue(waiting)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def later(
        self, operation: str, dossier_code: str, version: Version, real: Answer, ask: Callable[[], Answer]
    ) -> None:
        """Compare ``real``, which ``version`` told, with what ``ask`` gets of the other one. Returns at once, raises nothing."""
        try:
            self._queue.put_nowait(_Wanted(operation, dossier_code, version, real, ask))
        except queue.Full:
            self._tell(Compared(self._system, operation, Result.LEFT_OUT))
            return
        with self._lock:
            if self._thread is None:
                # A context of its own: its calls are no part of what the reader collects.
                self._thread = threading.Thread(
                    target=contextvars.Context().run, args=(self._work,), name="shadow", daemon=True
                )
                self._thread.start()

    def drained(self) -> None:
        """Wait until everything that was asked for is compared."""
        self._queue.join()

    def _work(self) -> None:
        while True:
            wanted = self._queue.get()
            try:
                self._tell(self._compare(wanted))
            finally:
                self._queue.task_done()

    def _compare(self, wanted: _Wanted) -> Compared:
        other: Answer
        try:
            other = wanted.ask()
        except Rejected as exc:
            other = exc
        except Exception as exc:  # noqa: BLE001 - a boundary: whatever the other version does stays here
            log.info(
                "shadow.not_compared",
                system=self._system,
                operation=wanted.operation,
                error=type(exc).__name__,
            )
            return Compared(self._system, wanted.operation, Result.NOT_COMPARED)
        old, new = (wanted.real, other) if wanted.version is Version.OLD else (other, wanted.real)
        found = differences(old, new, ignored=self._ignored)
        result = Result.DIFFERENT if found else Result.SAME
        return Compared(self._system, wanted.operation, result, wanted.dossier_code, found)

    def _tell(self, compared: Compared) -> None:
        try:
            self._report(compared)
        except Exception as exc:  # noqa: BLE001 - as above: a report that is lost costs one comparison
            log.warning("shadow.not_told", system=self._system, error=type(exc).__name__)


def differences(
    old: Answer, new: Answer, *, ignored: frozenset[str] = frozenset()
) -> tuple[tuple[str, str], ...]:
    """Fields in which two canonical results differ, with the kind of difference; sorted, each once, without any value."""
    found: set[tuple[str, str]] = set()
    if isinstance(old, Rejected) or isinstance(new, Rejected):
        if not (isinstance(old, Rejected) and isinstance(new, Rejected)):
            found.add((WHOLE, "missing_old" if isinstance(old, Rejected) else "missing_new"))
    else:
        _walk("", old, new, ignored, found)
    return tuple(sorted(found)[:_MOST_FIELDS])


def _walk(path: str, old: Any, new: Any, ignored: frozenset[str], found: set[tuple[str, str]]) -> None:
    if old is None or new is None:
        if old is not new:
            found.add((path or WHOLE, "missing_old" if old is None else "missing_new"))
    elif isinstance(old, list | tuple) and isinstance(new, list | tuple):
        _lists(path, old, new, ignored, found)
    elif type(old) is not type(new):
        found.add((path or WHOLE, "type"))
    elif is_dataclass(old):
        for each in fields(old):
            if each.name not in ignored:
                _walk(
                    _joined(path, each.name), getattr(old, each.name), getattr(new, each.name), ignored, found
                )
    elif isinstance(old, Mapping):
        for key in {*old, *new}:
            # A key is no field of ours: what looks like no name is not shown.
            name = key if isinstance(key, str) and _PLAIN_NAME.fullmatch(key) else "?"
            if name not in ignored:
                _walk(_joined(path, name), old.get(key), new.get(key), ignored, found)
    elif old != new:
        found.add((path or WHOLE, _kind(old, new)))


def _lists(
    path: str,
    old: Sequence[Any],
    new: Sequence[Any],
    ignored: frozenset[str],
    found: set[tuple[str, str]],
) -> None:
    """Items with codes meet by their code, others by their place."""
    inside = f"{path}[]"
    ours, theirs = _by_code(old), _by_code(new)
    if ours is not None and theirs is not None:
        if ours.keys() - theirs.keys():
            found.add((inside, "missing_new"))
        if theirs.keys() - ours.keys():
            found.add((inside, "missing_old"))
        for code in ours.keys() & theirs.keys():
            _walk(inside, ours[code], theirs[code], ignored, found)
        return
    if len(old) != len(new):
        found.add((inside, "count"))
        return
    for one, other in zip(old, new, strict=True):
        _walk(inside, one, other, ignored, found)


def _by_code(items: Sequence[Any]) -> dict[str, Any] | None:
    codes = [getattr(item, "code", "") for item in items]
    if not all(isinstance(code, str) and code for code in codes) or len(set(codes)) != len(codes):
        return None
    return dict(zip(codes, items, strict=True))


def _kind(old: Any, new: Any) -> str:
    if isinstance(old, StrEnum):
        return "text"
    if isinstance(old, str):
        return "spelling" if _folded(old) == _folded(new) else "text"
    if isinstance(old, bool):
        return "flag"
    if isinstance(old, datetime | date):
        return "time"
    return "number" if isinstance(old, int) else "content"


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


__all__ = ["WHOLE", "Compared", "Report", "Result", "Shadow", "differences"]
