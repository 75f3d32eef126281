"""Settings → one client per piece of software, each with the transport, the sign-in and the profile of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from pydantic import SecretStr

from connectors.handover import notifications, wire
from connectors.handover.client import SYSTEM, Client, FileSource
from connectors.handover.operations import operations
from connectors.handover.profile import Login, Profile
from connectors.handover.settings import Settings, SoftwareSettings
from connectors.handover.shelf import profile as shelved
from connectors.handover.translate import at
from connectors.kit.auth import Token, Tokens
from connectors.kit.connection import Connection
from connectors.kit.credentials import auth_of
from connectors.kit.effects import EffectClass, ExchangeLog, Operation
from connectors.kit.reading import Unreadable
from connectors.kit.seams import Clock, monotonic_seconds
from connectors.kit.transport import Auth, Transport, tls_context


class LoginGrant:
    """A token for a name and a password in a JSON body. A fresh one each time: no refresh is known."""

    def __init__(
        self,
        transport: Transport,
        login: Login,
        user: str,
        password: SecretStr,
        *,
        monotonic: Callable[[], float] = monotonic_seconds,
    ) -> None:
        self._transport, self._login, self._monotonic = transport, login, monotonic
        self._user, self._password = user, password

    def __call__(self, old: Token | None, *, deadline_seconds: float) -> Token:
        """Sign in.

        Raises:
            Unreadable: no token where the profile says.
        """
        del old
        begun = self._monotonic()
        body = {
            self._login.user_field: self._user,
            self._login.password_field: self._password.get_secret_value(),
        }
        answer = self._transport.send(
            "token",
            "POST",
            self._login.path,
            effect_class=EffectClass.READ,
            json=body,
            deadline_seconds=deadline_seconds,
        )
        value = at(wire.json_object(answer.content), self._login.token)
        if not isinstance(value, str) or not value.isascii() or not value.isprintable() or not value:
            raise Unreadable(self._login.token, "a token is expected")
        return Token(value, begun + self._login.seconds * 0.9)


def connected(
    settings: Settings, *, clock: Clock, log: ExchangeLog | None = None, files: FileSource | None = None
) -> Connection:
    """All specialised software of the settings. Nothing is connected yet.

    ``client`` of the result is a mapping from system name to its client; verifiers stand under the system's name.

    Args:
        files: for profiles that put files into the message, when the effect does not bring their content.

    Raises:
        ValueError: a profile that cannot be used, or one that wants a sign-in that the settings do not have.
    """
    clients: dict[str, Client] = {}
    made: list[Operation] = []
    transports: list[Transport] = []
    verifiers: dict[str, Callable[..., Any]] = {}
    for name, section in settings.systems.items():
        system = f"{SYSTEM}.{name}"
        profile = shelved(section.profile or name)
        transport = _transport(system, section, profile, clock, log, transports)
        clients[system] = Client(system, profile, transport, files=files)
        made += operations(clients[system])
        if profile.callbacks is not None:
            verifiers[system] = partial(
                notifications.verified, system=system, profile=profile, settings=section
            )
    return Connection(SYSTEM, clients, made, transports, verifiers)


def _transport(
    system: str,
    section: SoftwareSettings,
    profile: Profile,
    clock: Clock,
    log: ExchangeLog | None,
    transports: list[Transport],
) -> Transport:
    tls = (
        tls_context(section.ca_file, section.client_certificate, section.client_key)
        if section.ca_file or section.client_certificate
        else None
    )

    def to(address: str, auth: Auth | None = None) -> Transport:
        found = Transport(
            address,
            system=system,
            auth=auth,
            tls=tls,
            deadline_seconds=section.deadline_seconds,
            largest_answer_bytes=section.largest_answer_bytes,
            pool=section.pool,
            log=log,
        )
        transports.append(found)
        return found

    if profile.login is None:
        return to(section.base_url, auth_of(section.credentials, system=system, to=to, clock=clock))
    if not section.login_user or section.login_password is None:
        raise ValueError(f"{system}: thiếu / missing login_user, login_password")
    grant = LoginGrant(to(section.base_url), profile.login, section.login_user, section.login_password)
    return to(section.base_url, Tokens(grant, system=system))


__all__ = ["SYSTEM", "connected"]
