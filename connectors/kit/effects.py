"""How a connector declares what it can do, and how the outcome of each operation is found.

The delivery engine (``jobs.effects``) knows nothing of any outside system but these declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class EffectClass(StrEnum):
    """What may be done after an answer was lost."""

    READ = "read"  # changes nothing there: repeat
    IDEMPOTENT = "idempotent"  # the other side honours our key, or sets a value: repeat with the same key
    FINDABLE = "findable"  # a look-up by our own reference exists: ask before anything is sent again
    EVIDENCE = "evidence"  # only a callback, a file or a person can tell: never sent again by itself


@dataclass(frozen=True, slots=True)
class Call:
    """One effect as it is handed to a connector.

    Attributes:
        key: the effect's unique key, the same for every attempt.
        reference: our business reference that leaves us (attempt or refund reference), may be empty.
        payload: canonical facts, JSON values only; amounts are whole đồng.
        attempt: 1 for the first sending.
        deadline_seconds: the whole call must have ended by then.
        correlation_id: goes out as ``traceparent`` and into every log line.
    """

    key: str
    reference: str
    payload: Mapping[str, Any]
    attempt: int = 1
    deadline_seconds: float = 30.0
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The other side did it (or had done it before).

    Attributes:
        data: canonical facts for ``on_outcome``, JSON values only.
        code: the other side's own code, as received.
        final: ``False`` when a later look-up may tell more (a refund that is only accepted).
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    final: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """A look-up found that the other side refused it for good."""

    code: str
    message: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotDone:
    """A look-up found no trace. Proof only where the operation declares ``not_found_is_proof``."""

    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Undecided:
    """A look-up was answered, but the other side does not know yet. Ask again later."""

    code: str = ""
    message: str = ""


Finding = Done | Refused | NotDone | Undecided


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that an outside system can do for us.

    ``perform`` returns ``Done`` or raises from ``connectors.errors``; ``look_up`` returns a ``Finding`` or
    raises ``Unavailable``. Both block, and both end within ``Call.deadline_seconds``.

    Attributes:
        found_by: in words, how the outcome is found after a lost answer; a declaration without it is refused.
        money: moves money: replay by hand needs a second person.
        not_found_is_proof: whether ``NotDone`` from ``look_up`` proves that nothing was done.
        perform_many: where the other side takes lists: same order as the calls, each a ``Done`` or an error.
    """

    system: str
    name: str
    effect_class: EffectClass
    found_by: str
    perform: Callable[[Call], Done]
    look_up: Callable[[Call], Finding] | None = None
    not_found_is_proof: bool = False
    money: bool = False
    signature: bool = False
    perform_many: Callable[[Sequence[Call]], Sequence[Done | Exception]] | None = None

    def __post_init__(self) -> None:
        """Refuse a declaration that does not say how its outcome is found."""
        where = f"{self.system}.{self.name}"
        if not self.found_by.strip():
            raise ValueError(f"{where}: say in found_by how the outcome is found after a lost answer")
        if self.effect_class is EffectClass.FINDABLE and self.look_up is None:
            raise ValueError(f"{where}: a findable operation needs look_up")
        if self.not_found_is_proof and self.look_up is None:
            raise ValueError(f"{where}: not_found_is_proof without look_up means nothing")


@dataclass(frozen=True, slots=True)
class Bodies:
    """What went out and what came back, as it was, cut at a bound; only for a store that encrypts it.

    Attributes:
        dossier_code: whose key encrypts it.
    """

    dossier_code: str
    request: bytes = field(repr=False)
    response: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, handed to the exchange log. The summaries hold nothing but what anybody may see.

    Attributes:
        direction: ``out`` (we called) or ``in`` (they called).
        outcome: ``ok`` or the name of the error class.
        duration_ms: whole milliseconds from first byte to last.
        bodies: ``None`` unless whoever collects wants them.
    """

    system: str
    operation: str
    direction: str
    reference: str
    status: int | None
    outcome: str
    duration_ms: int
    request_digest: str
    response_digest: str
    request_summary: Mapping[str, Any]
    response_summary: Mapping[str, Any]
    bodies: Bodies | None = None


ExchangeLog = Callable[[Exchange], None]
