"""Ways to tell another system who we are. Each is handed to a transport; secrets stay inside.

Tokens are asked for once however many threads need one, renewed before they end, and renewed once more when the other
side refuses one in the middle of a batch. A refused password is not tried again for a while: it would lock the account.
"""

from __future__ import annotations

import base64
import hmac
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote_plus, urlencode

from pydantic import SecretStr

from connectors.errors import (
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable, a_text, a_whole, an_object, json_value
from connectors.kit.seams import monotonic_seconds
from connectors.kit.transport import Outgoing, Transport

_SOON_SECONDS = 20.0
_QUIET_SECONDS = 60.0
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Fixed:
    """A header that is always the same: a bearer token, an API key."""

    def __init__(self, name: str, value: SecretStr) -> None:
        self._headers = {name: value.get_secret_value()}

    def headers(self, request: Outgoing, *, deadline_seconds: float) -> Mapping[str, str]:
        del request, deadline_seconds
        return self._headers

    def renewed(self, used: Mapping[str, str], *, deadline_seconds: float) -> bool:
        """Never: there is nothing newer."""
        del used, deadline_seconds
        return False


def bearer(token: SecretStr) -> Fixed:
    """A static bearer token."""
    return Fixed("Authorization", SecretStr(f"Bearer {token.get_secret_value()}"))


def basic(user: str, password: SecretStr) -> Fixed:
    """HTTP Basic, in UTF-8."""
    pair = f"{user}:{password.get_secret_value()}".encode()
    return Fixed("Authorization", SecretStr(f"Basic {base64.b64encode(pair).decode()}"))


class Signed:
    """An HMAC over what a system wants signed, as lower-case hexadecimal in one header."""

    def __init__(
        self, key: SecretStr, *, header: str, message: Callable[[Outgoing], bytes], algorithm: str = "sha256"
    ) -> None:
        self._key, self._header = key, header
        self._message, self._algorithm = message, algorithm

    def headers(self, request: Outgoing, *, deadline_seconds: float) -> Mapping[str, str]:
        del deadline_seconds
        key = self._key.get_secret_value().encode()
        return {self._header: hmac.digest(key, self._message(request), self._algorithm).hex()}

    def renewed(self, used: Mapping[str, str], *, deadline_seconds: float) -> bool:
        """Never: a signature that was refused will be refused again."""
        del used, deadline_seconds
        return False


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it was given.

    Attributes:
        until, refresh_until: on this process's monotonic clock.
    """

    value: str
    until: float
    refresh: str = ""
    refresh_until: float = 0.0


class _Grant(Protocol):
    def __call__(self, old: Token | None, *, deadline_seconds: float) -> Token: ...


class Tokens:
    """A token kept fresh for all threads of a process."""

    def __init__(
        self, grant: _Grant, *, system: str, monotonic: Callable[[], float] = monotonic_seconds
    ) -> None:
        self._grant, self._system, self._monotonic = grant, system, monotonic
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._refused: tuple[float, str] | None = None

    def headers(self, request: Outgoing, *, deadline_seconds: float) -> Mapping[str, str]:
        """The header with a token that does not end while the call is under way."""
        del request
        token = self._token
        if token is None or token.until <= self._monotonic():
            token = self._fresh(token, deadline_seconds)
        return {"Authorization": f"Bearer {token.value}"}

    def renewed(self, used: Mapping[str, str], *, deadline_seconds: float) -> bool:
        """Throw the refused token away, unless another thread has a newer one already."""
        token = self._token
        if token is not None and used.get("Authorization") == f"Bearer {token.value}":
            self._fresh(token, deadline_seconds)
        return True

    def _fresh(self, old: Token | None, deadline_seconds: float) -> Token:
        begun = self._monotonic()
        if not self._lock.acquire(timeout=max(0.0, deadline_seconds)):
            raise Unavailable("another thread still waits for a token", **self._names)
        try:
            token = self._token
            if token is not None and token is not old:
                return token  # whoever held the lock before us got it
            if self._refused is not None and self._refused[0] > begun:
                raise CredentialsRefused(f"refused a moment ago: {self._refused[1]}", **self._names)
            return self._ask(old, deadline_seconds - (self._monotonic() - begun))
        finally:
            self._lock.release()

    def _ask(self, old: Token | None, deadline_seconds: float) -> Token:
        try:
            self._token = self._grant(old, deadline_seconds=max(0.001, deadline_seconds))
        except (Rejected, CredentialsRefused) as exc:
            code = exc.code if isinstance(exc, Rejected) else "401"
            self._token, self._refused = None, (self._monotonic() + _QUIET_SECONDS, code)
            raise CredentialsRefused(f"no token was given (HTTP {code})", **self._names) from exc
        except (OutcomeUnknown, Unreadable) as exc:
            # Whatever happened to the token, the call that needed it has not left.
            raise Unavailable(f"the token could not be read: {exc}", **self._names) from exc
        self._refused = None
        return self._token

    @property
    def _names(self) -> dict[str, Any]:
        return {"system": self._system, "operation": "token"}


class ClientCredentials:
    """OAuth 2 client credentials (RFC 6749 §4.4); the client's name and secret in the form or as Basic."""

    def __init__(
        self,
        transport: Transport,
        path: str,
        *,
        client_id: str,
        client_secret: SecretStr,
        scope: str = "",
        in_header: bool = False,
        monotonic: Callable[[], float] = monotonic_seconds,
    ) -> None:
        self._transport, self._path, self._monotonic = transport, path, monotonic
        self._client, self._secret, self._scope, self._in_header = client_id, client_secret, scope, in_header

    def __call__(self, old: Token | None, *, deadline_seconds: float) -> Token:
        del old
        form = {"grant_type": "client_credentials"}
        headers = dict(_FORM)
        if self._scope:
            form["scope"] = self._scope
        if self._in_header:
            pair = f"{quote_plus(self._client)}:{quote_plus(self._secret.get_secret_value())}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self._client, "client_secret": self._secret.get_secret_value()}
        return _asked(self._transport, self._path, form, headers, deadline_seconds, self._monotonic)


class KeycloakPassword:
    """Keycloak's password grant: by the refresh token while there is one, by the password otherwise."""

    def __init__(
        self,
        transport: Transport,
        path: str,
        *,
        client_id: str,
        user: str,
        password: SecretStr,
        client_secret: SecretStr | None = None,
        scope: str = "",
        monotonic: Callable[[], float] = monotonic_seconds,
    ) -> None:
        self._transport, self._path, self._monotonic = transport, path, monotonic
        self._client, self._client_secret, self._scope = client_id, client_secret, scope
        self._user, self._password = user, password

    def __call__(self, old: Token | None, *, deadline_seconds: float) -> Token:
        until = self._monotonic() + deadline_seconds
        if old is not None and old.refresh and old.refresh_until > self._monotonic():
            try:
                return self._by({"grant_type": "refresh_token", "refresh_token": old.refresh}, until)
            except (Rejected, CredentialsRefused):
                pass  # the session was ended there: the password begins a new one
        form = {
            "grant_type": "password",
            "username": self._user,
            "password": self._password.get_secret_value(),
        }
        return self._by(form | ({"scope": self._scope} if self._scope else {}), until)

    def _by(self, form: dict[str, str], until: float) -> Token:
        form["client_id"] = self._client
        if self._client_secret is not None:
            form["client_secret"] = self._client_secret.get_secret_value()
        left = max(0.001, until - self._monotonic())
        return _asked(self._transport, self._path, form, _FORM, left, self._monotonic)


def _asked(
    transport: Transport,
    path: str,
    form: Mapping[str, str],
    headers: Mapping[str, str],
    deadline_seconds: float,
    monotonic: Callable[[], float],
) -> Token:
    begun = monotonic()
    answer = transport.send(
        "token",
        "POST",
        path,
        effect_class=EffectClass.READ,
        content=urlencode(form).encode(),
        headers=headers,
        deadline_seconds=deadline_seconds,
    )
    return token_of(answer.content, begun)


def token_of(content: bytes, begun: float) -> Token:
    """The token in an answer of a token endpoint (RFC 6749 §5.1, with Keycloak's refresh fields).

    Args:
        begun: monotonic moment at which it was asked for: its life counts from there, so we end it too early, not late.

    Raises:
        Unreadable
    """
    found = an_object(json_value(content))
    value = a_text(found, "access_token", empty=False, most=20_000)
    if found.get("token_type") is not None and str(found["token_type"]).lower() != "bearer":
        raise Unreadable("token_type", "is not Bearer")
    refresh = found.get("refresh_token")
    return Token(
        value,
        begun + _life(found, "expires_in"),
        refresh if isinstance(refresh, str) else "",
        begun + _life(found, "refresh_expires_in") if "refresh_expires_in" in found else 0.0,
    )


def _life(found: Mapping[str, Any], name: str) -> float:
    """Seconds that we use it; the last tenth (at most 20 s) is left so that a call under way does not outlive it."""
    seconds = a_whole(found.get(name, 60), name, most=10_000_000)
    return seconds - min(_SOON_SECONDS, seconds / 10)


__all__ = [
    "ClientCredentials",
    "Fixed",
    "KeycloakPassword",
    "Signed",
    "Token",
    "Tokens",
    "basic",
    "bearer",
    "token_of",
]
