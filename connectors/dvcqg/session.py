"""The portal's session: had once per process, shared by its threads, had anew when it ends in the middle of a batch."""

from __future__ import annotations

from collections.abc import Callable

from connectors.dvcqg import wire
from connectors.dvcqg.settings import Settings
from connectors.errors import Rejected
from connectors.kit.auth import Token, Tokens
from connectors.kit.effects import EffectClass
from connectors.kit.reading import a_text
from connectors.kit.seams import monotonic_seconds
from connectors.kit.transport import Outgoing, Transport

SYSTEM = "dvcqg"
_PREFIX = "Bearer "
_NO_REQUEST = Outgoing("POST", "/", "", b"")


class Login:
    """The login: name and password as JSON, ``dstcode`` as a header, the session in the answer."""

    def __init__(
        self, transport: Transport, settings: Settings, monotonic: Callable[[], float] = monotonic_seconds
    ) -> None:
        self._transport, self._settings, self._monotonic = transport, settings, monotonic

    def __call__(self, old: Token | None, *, deadline_seconds: float) -> Token:
        """A new session; its life counts from the question.

        Raises:
            Rejected: they refuse us, or give an empty session (a refusal in other words).
            Unreadable: an answer of another shape.
        """
        del old
        settings, begun = self._settings, self._monotonic()
        answer = self._transport.send(
            wire.LOGIN,
            "POST",
            settings.auth_path,
            effect_class=EffectClass.READ,
            json={"username": settings.username, "password": settings.password.get_secret_value()},
            headers={"dstcode": settings.dstcode},
            deadline_seconds=deadline_seconds,
        )
        found = wire.envelope(answer.content)
        session = a_text(found.body, "session", most=4_000) if "session" in found.body else ""
        if found.code != "0" or not session:
            code = wire.shown_code(found) if found.code != "0" else "no-session"
            raise Rejected("the login was refused", system=SYSTEM, operation=wire.LOGIN, code=code)
        return Token(session, begun + settings.session_seconds)


class Sessions:
    """A session for whoever calls; locking, single asking and the quiet after a refusal are the kit's."""

    def __init__(self, login: Login) -> None:
        self._tokens = Tokens(login, system=SYSTEM)

    def session(self, *, deadline_seconds: float) -> str:
        """The session that is good now.

        Raises:
            CredentialsRefused: they refuse us. Unavailable: nobody answered. In both cases nothing else has left.
        """
        headers = self._tokens.headers(_NO_REQUEST, deadline_seconds=deadline_seconds)
        return headers["Authorization"].removeprefix(_PREFIX)

    def ended(self, session: str, *, deadline_seconds: float) -> None:
        """They say that ``session`` is over: have another, unless a thread has it already.

        Raises:
            As :meth:`session`.
        """
        self._tokens.renewed({"Authorization": f"{_PREFIX}{session}"}, deadline_seconds=deadline_seconds)
