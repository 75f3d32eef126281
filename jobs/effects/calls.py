"""One call to an outside system: begun only while it is ours to begin, noted, and ended in an answer or an error."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import structlog

from connectors.errors import ConnectorError
from connectors.kit.effects import Call, Exchange, Operation
from connectors.kit.exchanges import collecting
from connectors.kit.seams import Clock
from jobs.effects.rows import Held
from jobs.effects.rules import NotSent
from jobs.store.ports import Boundary

log = structlog.get_logger(__name__)


class Job(NamedTuple):
    """What one thread does next: one call for one row, or for several where the other side takes lists."""

    rows: Sequence[Held]
    operation: Operation
    asking: bool = False


class End(NamedTuple):
    """How the call of a row ended: ``Done``, a finding, or whatever was raised."""

    row: Held
    operation: Operation
    asking: bool
    answer: Any
    exchanges: Sequence[Exchange] = ()


class Caller:
    """Makes the calls of one process. Thread-safe: it keeps no state."""

    def __init__(
        self,
        clock: Clock,
        *,
        lease: timedelta,
        deadline_seconds: float,
        stopping: threading.Event,
        boundary: Boundary | None,
        bodies: bool = False,
    ) -> None:
        """Nothing is called yet.

        Args:
            lease: no call begins after half of it has passed: who may take the row away then must not meet us.
            deadline_seconds: for the whole call; the transport enforces it.
            boundary: crash points for the proofs.
            bodies: what goes out and comes back is wanted too, of calls about one dossier.
        """
        self._clock, self._half, self._bodies = clock, lease / 2, bodies
        self._deadline, self._stopping, self._boundary = deadline_seconds, stopping, boundary

    def __call__(self, job: Job) -> list[End]:
        """Make the call. Errors become answers; what is no ``Exception`` (a crash that is played) goes through."""
        if self._stopping.is_set() or self._too_late(job):
            answer = NotSent()
            return [End(row, job.operation, job.asking, answer) for row in job.rows]
        if len(job.rows) > 1 and job.operation.perform_many is not None:
            return self._many(job)
        return [self._one(job.operation, row, asking=job.asking) for row in job.rows]

    def _too_late(self, job: Job) -> bool:
        row = job.rows[0]
        ours_until = row.due_at if job.asking else row.lease_until
        return ours_until is not None and self._clock.now() > ours_until - self._half

    def _one(self, operation: Operation, row: Held, *, asking: bool) -> End:
        call = self._call(row)
        ask = operation.look_up if asking and operation.look_up is not None else operation.perform
        answer: Any
        with collecting(row.correlation_id, bodies_of=row.dossier_code if self._bodies else "") as noted:
            self._point("before-send", operation)
            try:
                answer = ask(call)
            except ConnectorError as exc:
                answer = exc
            except Exception as exc:  # noqa: BLE001 - what nobody agreed on is an outcome that we do not know
                _unexpected(operation, row, exc)
                answer = exc
            self._point("after-send", operation)
        return End(row, operation, asking, answer, noted)

    def _many(self, job: Job) -> list[End]:
        operation, perform = job.operation, job.operation.perform_many
        assert perform is not None  # noqa: S101 - asked one step before
        answers: Sequence[Any]
        with collecting(job.rows[0].correlation_id, bodies_of=self._dossier(job.rows)) as noted:
            self._point("before-send", operation)
            try:
                answers = perform([self._call(row) for row in job.rows])
            except Exception as exc:  # noqa: BLE001 - as above; one call, so one fate for all of its rows
                if not isinstance(exc, ConnectorError):
                    _unexpected(operation, job.rows[0], exc)
                answers = [exc] * len(job.rows)
            self._point("after-send", operation)
        if len(answers) != len(job.rows):  # nobody can say which answer belongs to whom
            answers = [ValueError(f"{len(answers)} answers for {len(job.rows)} calls")] * len(job.rows)
        return [
            End(row, operation, False, answer, noted if number == 0 else ())
            for number, (row, answer) in enumerate(zip(job.rows, answers, strict=True))
        ]

    def _dossier(self, rows: Sequence[Held]) -> str:
        """A message about several dossiers has no key that could erase one of them: its bodies are not kept."""
        codes = {row.dossier_code for row in rows}
        return codes.pop() if self._bodies and len(codes) == 1 else ""

    def _call(self, row: Held) -> Call:
        return Call(row.key, row.reference, row.payload, row.attempt, self._deadline, row.correlation_id)

    def _point(self, name: str, operation: Operation) -> None:
        if self._boundary is not None:
            self._boundary(f"{name}:{operation.system}.{operation.name}")


def _unexpected(operation: Operation, row: Held, exc: BaseException) -> None:
    log.error(
        "effect.unexpected", system=operation.system, operation=operation.name, effect_id=row.id,
        error=type(exc).__name__, exc_info=exc,
    )  # fmt: skip
