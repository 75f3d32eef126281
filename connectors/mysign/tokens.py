"""Sign-ins: one token per signer, kept in memory only and never longer than it lives."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.errors import ConnectorError, ContractBroken, CredentialsRefused, Rejected, Unavailable
from connectors.kit.effects import EffectClass
from connectors.kit.reading import a_text, a_whole, agreed
from connectors.kit.seams import Clock
from connectors.kit.signing.line import JsonLine, Told
from connectors.mysign import wire
from connectors.mysign.settings import Settings

SYSTEM, OPERATION = "mysign", "login"
_MOST_TOKEN = 8_000


@dataclass(frozen=True, slots=True)
class _Held:
    token: str
    until: datetime


class SignIns:
    """Threads may share it."""

    def __init__(self, settings: Settings, line: JsonLine, clock: Clock) -> None:
        """Nobody is signed in yet."""
        self._settings, self._line, self._clock = settings, line, clock
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()

    def header(self, signer: str, *, seconds: float) -> dict[str, str]:
        """The header of a call for ``signer``.

        Raises:
            Unavailable, ContractBroken
            CredentialsRefused: they do not accept us.
            Rejected: they do not know the signer, or do not accept them: ``signer-unknown``, ``signer-refused``.
        """
        with self._lock:
            held = self._held.get(signer)
        if held is None or held.until <= self._clock.now():
            held = self._asked(signer, seconds)
            with self._lock:
                while len(self._held) >= self._settings.tokens_held:
                    self._held.pop(next(iter(self._held)))
                self._held[signer] = held
        return {"Authorization": f"Bearer {held.token}"}

    def forget(self, signer: str) -> None:
        """The token was not accepted."""
        with self._lock:
            self._held.pop(signer, None)

    def _asked(self, signer: str, seconds: float) -> _Held:
        settings = self._settings
        body = {
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.get_secret_value(),
            "profile_id": settings.profile_id,
            "user_id": signer,
        }
        found = self._line.post(
            OPERATION, wire.LOGIN, body, effect_class=EffectClass.READ, deadline_seconds=seconds
        )
        code = error_code(found)
        if code:
            raise _refused(code)
        if found.refusal is not None:
            raise found.refusal
        with agreed(SYSTEM, OPERATION):
            token = a_text(found.body, "access_token", most=_MOST_TOKEN, empty=False)
            lives = found.body.get("expires_in")
            left = a_whole(lives, "expires_in", most=10_000_000) if lives not in (None, "") else 0
        if not token.isascii() or not token.isprintable() or " " in token:
            raise ContractBroken("access_token is none", system=SYSTEM, operation=OPERATION)
        early = settings.token_seconds
        return _Held(
            token, self._clock.now() + timedelta(seconds=max(left - early, early if not left else 0))
        )


def error_code(found: Told) -> str:
    """Their number of an error, wherever it stands; empty when there is none."""
    for name in ("error", "error_code", "code", "errorCode"):
        said = found.body.get(name)
        text = str(said) if type(said) is int else said if isinstance(said, str) else ""
        if text.isascii() and text.isdigit() and text not in ("0", "1", "200") and len(text) <= 6:
            return text
    return ""


def _refused(code: str) -> ConnectorError:
    name = wire.LOGIN_ERRORS.get(code, "")
    if name in wire.OURS:
        return CredentialsRefused(name, system=SYSTEM, operation=OPERATION)
    if not name:
        return Unavailable(f"sign-in failed with {code}", system=SYSTEM, operation=OPERATION)
    return Rejected("the signer cannot be signed in", code=name, system=SYSTEM, operation=OPERATION)
