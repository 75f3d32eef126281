"""The kit's own transport, which here also keeps the body of an error answer: SOAP sends its faults with 500 and 400."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from connectors.errors import ConnectorError
from connectors.kit.connection import Lines
from connectors.kit.effects import EffectClass
from connectors.kit.network import Progress
from connectors.kit.transport import Answer, Auth, Outgoing, Transport

FAULT_STATUSES = frozenset({400, 500})
"""HTTP states that carry faults (SOAP 1.1 §6.2; SOAP 1.2 part 2 §7.5.2)."""


class SoapTransport(Transport):
    """A :class:`Transport`; same deadline, limits, errors and notes."""

    def __init__(self, base_url: str, **facts: Any) -> None:
        """As :class:`Transport`."""
        super().__init__(base_url, **facts)
        self._kept = threading.local()

    def post(
        self,
        operation: str,
        path: str,
        *,
        effect_class: EffectClass,
        reference: str,
        content: bytes,
        headers: Mapping[str, str],
        deadline_seconds: float | None,
    ) -> tuple[Answer, ConnectorError | None]:
        """One call: its answer, with the error that its status means where a fault may explain it better.

        Raises:
            ConnectorError: as :meth:`Transport.send`, where no answer can explain anything.
        """
        self._kept.answer = None
        try:
            answer = self.send(
                operation,
                "POST",
                path,
                effect_class=effect_class,
                reference=reference,
                content=content,
                headers=headers,
                deadline_seconds=deadline_seconds,
            )
        except ConnectorError as exc:
            kept: Answer | None = self._kept.answer
            if kept is None or kept.status not in FAULT_STATUSES:
                raise
            return kept, exc
        else:
            return answer, None
        finally:
            self._kept.answer = None

    def _exchanged(
        self, outgoing: Outgoing, headers: dict[str, str], call: Any, progress: Progress
    ) -> Answer:
        answer = super()._exchanged(outgoing, headers, call, progress)
        self._kept.answer = answer
        return answer


class SoapLines(Lines):
    """Makes SOAP transports of one system; see :class:`Lines`."""

    def soap(self, auth: Auth | None = None, **changes: Any) -> SoapTransport:
        """A SOAP transport to the system's address, with the settings' credentials unless ``auth`` is given."""
        from connectors.kit.credentials import auth_of

        settings = self._settings
        if auth is None:
            auth = auth_of(settings.credentials, system=self._system, to=self.open, clock=self._clock)
        made = SoapTransport(
            settings.base_url,
            system=self._system,
            auth=auth,
            tls=self._tls,
            deadline_seconds=settings.deadline_seconds,
            largest_answer_bytes=settings.largest_answer_bytes,
            pool=settings.pool,
            log=self._log,
            shown=self._shown,
            **changes,
        )
        self.made.append(made)
        return made
