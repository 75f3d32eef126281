"""What one system has of one dossier, and how each system is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mappings.canonical.file import DossierFile

MARK = "_sync"
"""In a payload: how much of the dossier the other side has when this is done. Connectors do not read it."""


@dataclass(frozen=True, slots=True)
class There:
    """What a system has.

    Attributes:
        version, steps: as confirmed by it; 0: nothing yet.
        planned_version, planned_steps: as already on its way.
        reference: the dossier's name there, where it has one of its own.
    """

    version: int = 0
    steps: int = 0
    planned_version: int = 0
    planned_steps: int = 0
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One call that tells a system something.

    Attributes:
        version, steps: what it has when the call is done.
    """

    operation: str
    payload: Mapping[str, Any]
    version: int
    steps: int


@dataclass(frozen=True, slots=True)
class Route:
    """How a system is told.

    Attributes:
        operations: every operation that ``tell`` (first) and ``follow`` may name.
        tell: the dossier and what the system has → the first call, or ``None`` when this version says nothing to it.
        follow: the calls that may go out only when ``tell`` is done (steps after the dossier itself).
        ask_operation, ask: the operation that asks whether the dossier is there, and its payload of dossier and
            reference; ``None``: it cannot be asked.
        read: that operation's answer → whether the dossier is there as it should be.
        repairable: telling it again is safe when a comparison shows that it is lost.
    """

    operations: tuple[str, ...]
    tell: Callable[[DossierFile, There], Message | None]
    follow: Callable[[DossierFile, There], Sequence[Message]] | None = None
    ask_operation: str = ""
    ask: Callable[[DossierFile, str], Mapping[str, Any]] | None = None
    read: Callable[[Mapping[str, Any], DossierFile], bool] = lambda _data, _file: True
    repairable: bool = True
