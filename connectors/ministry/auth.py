"""``GetToken``: JSON there and back, the token one level down in ``data``."""

from __future__ import annotations

from collections.abc import Callable

from connectors.errors import Rejected
from connectors.kit.auth import Token
from connectors.kit.effects import EffectClass
from connectors.kit.reading import a_text, a_whole, an_object
from connectors.kit.seams import monotonic_seconds
from connectors.kit.transport import Transport
from connectors.ministry import wire
from connectors.ministry.settings import Settings

SYSTEM = "ministry"
_LONGEST_MARGIN = 20.0


class Grant:
    """Asks for a token; ``Tokens`` of the kit keeps it for all threads and asks again when it was refused."""

    def __init__(
        self, transport: Transport, settings: Settings, monotonic: Callable[[], float] = monotonic_seconds
    ) -> None:
        self._transport, self._settings, self._monotonic = transport, settings, monotonic

    def __call__(self, old: Token | None, *, deadline_seconds: float) -> Token:
        """A token; its life counts from the question.

        Raises:
            Rejected: they refuse us.
            Unreadable: the answer holds no token.
        """
        del old
        settings, begun = self._settings, self._monotonic()
        answer = self._transport.send(
            "GetToken",
            "POST",
            settings.token_path,
            effect_class=EffectClass.READ,
            json={
                "client_id": settings.client_id,
                "client_secret": settings.client_secret.get_secret_value(),
            },
            deadline_seconds=deadline_seconds,
        )
        found = wire.verdict(answer.content, settings)
        if found.says is not wire.Says.YES:
            raise Rejected("no token was given", system=SYSTEM, operation="GetToken", code=found.code)
        data = an_object(found.data, "data")
        life = a_whole(data.get("expires_in", 60), "data.expires_in", most=10_000_000)
        return Token(
            a_text(data, "access_token", empty=False, most=20_000),
            begun + life - min(_LONGEST_MARGIN, life / 10),
        )
