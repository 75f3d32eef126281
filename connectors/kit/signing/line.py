"""JSON calls to a signing service. Also the body of a refusal is read: there stands what the status alone does not tell."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.errors import ConnectorError, ContractBroken
from connectors.kit.connection import Lines
from connectors.kit.credentials import auth_of
from connectors.kit.effects import EffectClass
from connectors.kit.network import Progress
from connectors.kit.reading import Unreadable, an_object, json_value
from connectors.kit.transport import Answer, Auth, Outgoing, Transport

_EXPLAINED = frozenset({400, 401, 403, 404, 409, 422, 500, 501})


@dataclass(frozen=True, slots=True)
class Told:
    """One answer.

    Attributes:
        body: a JSON object, or a list under the name ``""``.
        refusal: what the HTTP status means, or ``None`` for 2xx. Nothing in ``body`` may turn it into a success.
    """

    status: int
    body: Mapping[str, Any]
    refusal: ConnectorError | None = None


class JsonLine(Transport):
    """A :class:`Transport`; same deadline, limits, errors and notes."""

    def __init__(self, base_url: str, **facts: Any) -> None:
        """As :class:`Transport`."""
        super().__init__(base_url, **facts)
        self._kept = threading.local()

    def post(
        self,
        operation: str,
        path: str,
        body: Mapping[str, Any],
        *,
        effect_class: EffectClass,
        reference: str = "",
        deadline_seconds: float | None = None,
        headers: Mapping[str, str] | None = None,
        empty: bool = False,
    ) -> Told:
        """One call.

        Args:
            empty: an answer without a body is agreed to.

        Raises:
            ConnectorError: as :meth:`Transport.send`, where the answer explains nothing further.
            ContractBroken: a 2xx that is no JSON object or list.
        """
        self._kept.answer = None
        refusal: ConnectorError | None = None
        try:
            answer = self.send(
                operation,
                "POST",
                path,
                effect_class=effect_class,
                reference=reference,
                json=dict(body),
                deadline_seconds=deadline_seconds,
                headers=headers,
            )
        except ConnectorError as exc:
            kept: Answer | None = self._kept.answer
            if kept is None or kept.status not in _EXPLAINED:
                raise
            answer, refusal = kept, exc
        finally:
            self._kept.answer = None
        if empty and not answer.content and refusal is None:
            return Told(answer.status, {})
        try:
            value = json_value(answer.content)
            found = {"": value} if isinstance(value, list) else an_object(value)
        except Unreadable as exc:
            if refusal is not None:
                raise refusal from exc
            raise ContractBroken(
                str(exc), system=self.system, operation=operation, reference=reference
            ) from exc
        return Told(answer.status, found, refusal)

    def _exchanged(
        self, outgoing: Outgoing, headers: dict[str, str], call: Any, progress: Progress
    ) -> Answer:
        answer = super()._exchanged(outgoing, headers, call, progress)
        self._kept.answer = answer
        return answer


class JsonLines(Lines):
    """Makes JSON lines of one system; see :class:`Lines`."""

    def json(self, address: str = "", auth: Auth | None = None) -> JsonLine:
        """A line to ``address`` (``base_url`` when empty), with the settings' credentials unless ``auth`` is given."""
        settings = self._settings
        if auth is None:
            auth = auth_of(settings.credentials, system=self._system, to=self.open, clock=self._clock)
        made = JsonLine(
            address or settings.base_url,
            system=self._system,
            auth=auth,
            tls=self._tls,
            deadline_seconds=settings.deadline_seconds,
            largest_answer_bytes=settings.largest_answer_bytes,
            pool=settings.pool,
            log=self._log,
            shown=self._shown,
        )
        self.made.append(made)
        return made


__all__ = ["JsonLine", "JsonLines", "Told"]
