"""Tokens of iGate: Keycloak for the gateway, and the adapter's own GetToken."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import SecretStr

from connectors.igate.settings import Grant, Settings
from connectors.kit.auth import ClientCredentials, KeycloakPassword, Token, Tokens
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable, a_text, a_whole, an_object, json_value
from connectors.kit.seams import monotonic_seconds
from connectors.kit.transport import Transport

SYSTEM = "igate"
_LONGEST_MARGIN = 20.0


class AdapterGrant:
    """``GetToken`` of the six-step adapter: JSON there and back, the token one level down in ``data``."""

    def __init__(
        self,
        transport: Transport,
        path: str,
        *,
        client_id: str,
        client_secret: SecretStr,
        monotonic: Callable[[], float] = monotonic_seconds,
    ) -> None:
        self._transport, self._path, self._monotonic = transport, path, monotonic
        self._client_id, self._client_secret = client_id, client_secret

    def __call__(self, old: Token | None, *, deadline_seconds: float) -> Token:
        """Ask for a token; its life counts from the question.

        Raises:
            Unreadable: the answer holds no token.
        """
        del old
        begun = self._monotonic()
        answer = self._transport.send(
            "adapter_token",
            "POST",
            self._path,
            effect_class=EffectClass.READ,
            json={"client_id": self._client_id, "client_secret": self._client_secret.get_secret_value()},
            deadline_seconds=deadline_seconds,
        )
        found = an_object(json_value(answer.content))
        data = an_object(found.get("data", found), "data")
        if "access_token" not in data:
            raise Unreadable("data.access_token", "is missing")
        life = a_whole(data.get("expires_in", 60), "data.expires_in", most=10_000_000)
        until = begun + life - min(_LONGEST_MARGIN, life / 10)
        return Token(a_text(data, "access_token", empty=False, most=20_000), until)


def gateway_tokens(settings: Settings, sso: Transport) -> Tokens:
    """Keycloak tokens for the gateway, kept fresh for all threads."""
    if settings.grant is Grant.PASSWORD:
        assert settings.password is not None  # noqa: S101 - the settings say so
        return Tokens(
            KeycloakPassword(
                sso,
                settings.keycloak_path,
                client_id=settings.client_id,
                client_secret=settings.client_secret,
                user=settings.username,
                password=settings.password,
            ),
            system=SYSTEM,
        )
    assert settings.client_secret is not None  # noqa: S101 - the settings say so
    grant = ClientCredentials(
        sso, settings.keycloak_path, client_id=settings.client_id, client_secret=settings.client_secret
    )
    return Tokens(grant, system=SYSTEM)


def adapter_tokens(settings: Settings, bare: Transport) -> Tokens:
    """The adapter's own tokens; ``bare`` is a transport to the adapter without authentication."""
    assert settings.adapter_client_secret is not None  # noqa: S101 - the settings say so
    grant = AdapterGrant(
        bare,
        settings.adapter_token_path,
        client_id=settings.adapter_client_id,
        client_secret=settings.adapter_client_secret,
    )
    return Tokens(grant, system=SYSTEM)
