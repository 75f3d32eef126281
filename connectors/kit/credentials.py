"""How a system wants to know who we are: one settings section per style, and the provider that it makes.

Styles and their sources: ``docs/systems/lgsp.md``. A provider renews what ends in the middle of a batch; see ``connectors.kit.auth``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, assert_never
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from connectors.kit.addresses import Address
from connectors.kit.auth import ClientCredentials, Fixed, KeycloakPassword, Tokens, basic, bearer
from connectors.kit.credentials_lgsp import (
    PerStaff,
    SignedTime,
    TokenRequest,
    WithHeaders,
    access_header,
    plain_pair,
)
from connectors.kit.seams import Clock
from connectors.kit.transport import Auth, Transport

HeaderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]


def _one_line(value: SecretStr) -> SecretStr:
    """A line break in a header would end it and begin another."""
    text = value.get_secret_value()
    if not text.isascii() or not text.isprintable():
        raise ValueError("a header holds printable ASCII only")
    return value


HeaderSecret = Annotated[SecretStr, AfterValidator(_one_line)]
HeaderText = Annotated[str, Field(pattern=r"^[ -~]*$")]


class Staff(BaseModel):
    """Accounts of single officers, sent beside the system's own credentials (LGSP style 4; assumed).

    Attributes:
        accounts: officer's account in the case system → ``keyName:keyPass``.
        otherwise: officer for calls that name none; empty: such calls are refused before they leave.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    header: HeaderName = "AuthHash"
    accounts: dict[str, SecretStr] = Field(min_length=1)
    otherwise: str = ""


class _Style(BaseModel):
    """Of every style.

    Attributes:
        extra: further headers, whatever the style (LGSP style 3b: ESB_SOURCE_TYPE, ESB_SOURCE_USERNAME).
        staff: officers' own accounts, where the other side wants them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    extra: dict[HeaderName, HeaderSecret] = Field(default_factory=dict)
    staff: Staff | None = None


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
    """A header with a fixed value: an API key, the Post's ``access_token`` (LGSP style 5)."""

    style: Literal["header"] = "header"
    name: HeaderName = "access_token"
    value: HeaderSecret


class OAuthClient(_Style):
    """OAuth 2 client credentials (LGSP style 1, WSO2): the pair as Basic or in the form.

    Attributes:
        encoded: the pair in the header is form-encoded first (RFC 6749 §2.3.1); WSO2 wants it as it is.
    """

    style: Literal["client_credentials"] = "client_credentials"
    token_url: Address
    client_id: str
    client_secret: SecretStr
    scope: str = ""
    in_header: bool = True
    encoded: bool = False


class OAuthClientJson(_Style):
    """The same with a JSON body that holds the pair (LGSP style 1b; assumed: seen once).

    Attributes:
        grant_type: left out of the body when empty.
    """

    style: Literal["client_credentials_json"] = "client_credentials_json"
    token_url: Address
    client_id: str
    client_secret: SecretStr
    grant_type: Literal["client_credentials", ""] = "client_credentials"


class LgspAccessToken(_Style):
    """LGSP style 2: a header of five facts at the token request and, beside the bearer token, at every call.

    Attributes:
        partner_code: as 0.0.H30; ``partner_code_cus``: of whom we act for.
    """

    style: Literal["lgspaccesstoken"] = "lgspaccesstoken"
    token_url: Address
    access_key: SecretStr
    secret_key: SecretStr
    app_name: str
    partner_code: str
    partner_code_cus: str
    header: HeaderName = "lgspaccesstoken"


class Ndxp(_Style):
    """LGSP style 3, NDXP/X-Road: the time of each call signed.

    Attributes:
        service_url: what is signed, to the letter; ``{path}`` in it stands for the path of the call.
        timestamp_unit: known clients disagree (assumed: milliseconds).
        xroad_client, api_key: headers X-Road-Client and ApiKey; left out when not set.
        soap_action: the empty SOAPAction: two quotes, nothing at all, or no such header.
    """

    style: Literal["ndxp"] = "ndxp"
    user: str = Field(min_length=1, pattern=r"^[^:]+$")
    secret: SecretStr
    service_url: str = Field(min_length=1)
    timestamp_unit: Literal["ms", "s"] = "ms"
    xroad_client: HeaderText = ""
    api_key: HeaderSecret | None = None
    soap_action: Literal["quoted", "bare", "none"] = "quoted"


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
    Nobody | Bearer | Basic | Header | OAuthClient | OAuthClientJson | OAuthPassword | LgspAccessToken | Ndxp,
    Field(discriminator="style"),
]


def auth_of(
    credentials: Credentials, *, system: str, to: Callable[[str], Transport], clock: Clock
) -> Auth | None:
    """The provider of a style, with its further headers and the officers' accounts.

    Args:
        to: makes a transport to an address, for asking tokens.
        clock: for styles that sign the time.
    """
    auth = _by_style(credentials, system, to, clock)
    if credentials.extra:
        auth = WithHeaders(auth, credentials.extra)
    if credentials.staff is not None:
        staff = credentials.staff
        auth = PerStaff(
            auth,
            system=system,
            header=staff.header,
            accounts=staff.accounts,
            otherwise=staff.otherwise,
        )
    return auth


def _by_style(
    credentials: Credentials, system: str, to: Callable[[str], Transport], clock: Clock
) -> Auth | None:
    match credentials:
        case Nobody():
            return None
        case Bearer():
            return bearer(credentials.token)
        case Basic():
            return basic(credentials.user, credentials.password)
        case Header():
            return Fixed(credentials.name, credentials.value)
        case OAuthClient():
            return Tokens(_client_grant(credentials, to), system=system)
        case OAuthClientJson():
            return Tokens(_json_grant(credentials, to), system=system)
        case OAuthPassword():
            return Tokens(_password_grant(credentials, to), system=system)
        case LgspAccessToken():
            return _lgsp(credentials, system, to)
        case Ndxp():
            return _ndxp(credentials, clock)
        case _:
            assert_never(credentials)


def _client_grant(
    credentials: OAuthClient, to: Callable[[str], Transport]
) -> ClientCredentials | TokenRequest:
    host, path = _parts(credentials.token_url)
    if credentials.in_header and not credentials.encoded:
        scope = {"scope": credentials.scope} if credentials.scope else {}
        return TokenRequest(
            to(host),
            path,
            headers={"Authorization": plain_pair(credentials.client_id, credentials.client_secret)},
            fields={"grant_type": "client_credentials", **scope},
        )
    return ClientCredentials(
        to(host),
        path,
        client_id=credentials.client_id,
        client_secret=credentials.client_secret,
        scope=credentials.scope,
        in_header=credentials.in_header,
    )


def _json_grant(credentials: OAuthClientJson, to: Callable[[str], Transport]) -> TokenRequest:
    host, path = _parts(credentials.token_url)
    grant = {"grant_type": credentials.grant_type} if credentials.grant_type else {}
    pair = {
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret.get_secret_value(),
    }
    return TokenRequest(to(host), path, headers={}, fields={**grant, **pair}, as_json=True)


def _password_grant(credentials: OAuthPassword, to: Callable[[str], Transport]) -> KeycloakPassword:
    host, path = _parts(credentials.token_url)
    return KeycloakPassword(
        to(host),
        path,
        client_id=credentials.client_id,
        client_secret=credentials.client_secret,
        user=credentials.user,
        password=credentials.password,
        scope=credentials.scope,
    )


def _lgsp(credentials: LgspAccessToken, system: str, to: Callable[[str], Transport]) -> Auth:
    host, path = _parts(credentials.token_url)
    ours = access_header(
        access_key=credentials.access_key,
        secret_key=credentials.secret_key,
        app_name=credentials.app_name,
        partner=credentials.partner_code,
        customer=credentials.partner_code_cus,
    )
    grant = TokenRequest(
        to(host),
        path,
        headers={credentials.header: ours},
        fields={"grant_type": "client_credentials"},
    )
    return WithHeaders(Tokens(grant, system=system), {credentials.header: SecretStr(ours)})


_SOAP_ACTION = {"quoted": {"SOAPAction": '""'}, "bare": {"SOAPAction": ""}, "none": {}}


def _ndxp(credentials: Ndxp, clock: Clock) -> SignedTime:
    fixed = dict(_SOAP_ACTION[credentials.soap_action])
    if credentials.xroad_client:
        fixed["X-Road-Client"] = credentials.xroad_client
    if credentials.api_key is not None:
        fixed["ApiKey"] = credentials.api_key.get_secret_value()
    return SignedTime(
        clock,
        user=credentials.user,
        secret=credentials.secret,
        service_url=credentials.service_url,
        unit=credentials.timestamp_unit,
        fixed=fixed,
    )


def _parts(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}", parts.path or "/"


__all__ = [
    "Basic",
    "Bearer",
    "Credentials",
    "Header",
    "LgspAccessToken",
    "Ndxp",
    "Nobody",
    "OAuthClient",
    "OAuthClientJson",
    "OAuthPassword",
    "Staff",
    "auth_of",
]
