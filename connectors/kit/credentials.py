"""How a system wants to know who we are: one settings section per style, and the provider that it makes.

Styles and their sources: ``docs/systems/lgsp.md``. A provider renews what ends in the middle of a batch; see ``connectors.kit.auth``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors.kit.addresses import Address
from connectors.kit.auth import ClientCredentials, Fixed, KeycloakPassword, Tokens, basic, bearer
from connectors.kit.seams import Clock
from connectors.kit.transport import Auth, Transport


class _Style(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Nobody(_Style):
    """They do not ask, or they ask inside the message."""

    style: Literal["none"] = "none"


class Bearer(_Style):
    """A token that does not change."""

    style: Literal["bearer"] = "bearer"
    token: SecretStr


class Basic(_Style):
    """HTTP Basic."""

    style: Literal["basic"] = "basic"
    user: str
    password: SecretStr


class Header(_Style):
    """A header with a fixed value: an API key, the Post's ``access_token``."""

    style: Literal["header"] = "header"
    name: str = "access_token"
    value: SecretStr


class OAuthClient(_Style):
    """OAuth 2 client credentials (WSO2): the pair as Basic or in the form."""

    style: Literal["client_credentials"] = "client_credentials"
    token_url: Address
    client_id: str
    client_secret: SecretStr
    scope: str = ""
    in_header: bool = True


class OAuthPassword(_Style):
    """OAuth 2 password grant, with the refresh token while there is one (Keycloak, iLIS)."""

    style: Literal["password"] = "password"
    token_url: Address
    client_id: str
    client_secret: SecretStr | None = None
    user: str
    password: SecretStr
    scope: str = ""


Credentials = Annotated[
    Nobody | Bearer | Basic | Header | OAuthClient | OAuthPassword, Field(discriminator="style")
]


def auth_of(
    credentials: Credentials, *, system: str, to: Callable[[str], Transport], clock: Clock
) -> Auth | None:
    """The provider of a style.

    Args:
        to: makes a transport to an address, for asking tokens.
        clock: for styles that sign the time.
    """
    del clock  # no style here signs the time
    match credentials:
        case Bearer():
            return bearer(credentials.token)
        case Basic():
            return basic(credentials.user, credentials.password)
        case Header():
            return Fixed(credentials.name, credentials.value)
        case OAuthClient():
            host, path = _parts(credentials.token_url)
            grant = ClientCredentials(
                to(host),
                path,
                client_id=credentials.client_id,
                client_secret=credentials.client_secret,
                scope=credentials.scope,
                in_header=credentials.in_header,
            )
            return Tokens(grant, system=system)
        case OAuthPassword():
            host, path = _parts(credentials.token_url)
            by_password = KeycloakPassword(
                to(host),
                path,
                client_id=credentials.client_id,
                client_secret=credentials.client_secret,
                user=credentials.user,
                password=credentials.password,
                scope=credentials.scope,
            )
            return Tokens(by_password, system=system)
        case _:
            return None


def _parts(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", parts.path or "/"


__all__ = [
    "Basic",
    "Bearer",
    "Credentials",
    "Header",
    "Nobody",
    "OAuthClient",
    "OAuthPassword",
    "auth_of",
]
