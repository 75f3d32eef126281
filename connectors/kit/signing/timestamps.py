"""Time stamps (RFC 3161) over our own transport: whole deadline, no redirect, size limit, never more at once than agreed."""

from __future__ import annotations

import threading
from typing import Annotated, Any

from pydantic import Field
from pyhanko.sign.timestamps.api import TimeStamper
from pyhanko.sign.timestamps.common_utils import TimestampRequestError

from connectors.errors import Unavailable
from connectors.kit.connection import Lines, SystemSettings
from connectors.kit.effects import EffectClass, ExchangeLog
from connectors.kit.repeating import repeated
from connectors.kit.seams import Clock
from connectors.kit.signing.asn1 import tsp
from connectors.kit.transport import Transport

SYSTEM = "tsa"
OPERATION = "time_stamp"


PlainAddress = Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?$")]
"""Plain HTTP is allowed here and nowhere else: a time stamp is signed itself, and what it covers is a digest."""


class TsaSettings(SystemSettings):
    """A time stamping authority. The government's, without account (address H; times measured by one integrator, M).

    Attributes:
        path: behind ``base_url``.
        deadline_seconds: 2 to 131 s were seen.
        attempts: a time stamp changes nothing there, so it is asked for again.
        at_once: calls at the same time, per process.
    """

    base_url: PlainAddress = "http://tsa.ca.gov.vn"
    path: str = Field(default="/", pattern=r"^/[A-Za-z0-9._~/-]*$")
    deadline_seconds: float = Field(default=180.0, gt=0)
    largest_answer_bytes: int = Field(default=100_000, gt=0)
    attempts: int = Field(default=3, gt=0)
    at_once: int = Field(default=4, gt=0)


class Stamper(TimeStamper):
    """Asks one authority. Threads may share it; one document's stamps are asked for one after the other."""

    def __init__(self, settings: TsaSettings, transport: Transport) -> None:
        """Nothing is asked yet."""
        super().__init__()  # type: ignore[no-untyped-call]  # pyhanko gives this base no types
        self._settings, self._transport = settings, transport
        self._seats = threading.BoundedSemaphore(settings.at_once)

    async def async_request_tsa_response(self, req: Any) -> Any:
        """The whole answer to one request; blocks, like every call of ours.

        Raises:
            Unavailable: no answer that can be read, after all attempts.
        """
        with self._seats:
            return repeated(
                lambda: self._asked(req),
                attempts=self._settings.attempts,
                total_seconds=self._settings.deadline_seconds * self._settings.attempts,
            )

    async def async_timestamp(self, message_digest: Any, md_algorithm: Any) -> Any:
        """A time stamp token that answers this very request.

        Raises:
            Unavailable: refused, or the answer is about something else: without a stamp nothing has happened.
        """
        try:
            token = await super().async_timestamp(message_digest, md_algorithm)
            info = token["content"]["encap_content_info"]["content"].parsed
            said = info["message_imprint"]["hashed_message"].native
        except (TimestampRequestError, ValueError, TypeError, KeyError, AttributeError) as exc:
            # AttributeError: the library stumbles over a wrong nonce when it words its refusal.
            raise Unavailable(
                "no time stamp for this request", system=self._transport.system, operation=OPERATION
            ) from exc
        if said != message_digest:
            raise Unavailable(
                "a time stamp of something else", system=self._transport.system, operation=OPERATION
            )
        return token

    def _asked(self, request: Any) -> Any:
        answer = self._transport.send(
            OPERATION,
            "POST",
            self._settings.path,
            effect_class=EffectClass.READ,
            content=request.dump(),
            headers={"Content-Type": "application/timestamp-query"},
            accept="application/timestamp-reply",
        )
        try:
            found = tsp.TimeStampResp.load(answer.content, strict=True)
            _ = found.native
        except (ValueError, TypeError, KeyError) as exc:
            raise Unavailable(
                "no time stamp response", system=self._transport.system, operation=OPERATION
            ) from exc
        return found


def stamper_of(settings: TsaSettings, *, clock: Clock, log: ExchangeLog | None = None) -> Stamper:
    """The stamper of an installation. Nothing is connected yet."""
    return Stamper(settings, Lines(SYSTEM, settings, clock=clock, log=log).signed_in())


__all__ = ["OPERATION", "SYSTEM", "Stamper", "TsaSettings", "stamper_of"]
