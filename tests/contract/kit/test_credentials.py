"""Every style of saying who we are that one province meets. The vectors were made with ``sha256sum`` and ``base64``, not with our code."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from config.faults import faults_of, weak_secrets
from config.sources import environment_document
from connectors.errors import CredentialsRefused, Unavailable
from connectors.kit import auth
from connectors.kit.connection import Lines, SystemSettings
from connectors.kit.credentials import Credentials
from connectors.kit.credentials_lgsp import TokenRequest, acting_for
from connectors.kit.exchanges import collecting
from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route, serve
from connectors.kit.transport import Transport
from tests.contract.kit.conftest import JSON, write
from tests.support.clock import VirtualClock

SECRET = "s3cret-Of-Nobody"
NEW_YEAR = datetime(2026, 1, 1, 0, 0, 0, 123_456, tzinfo=UTC)
SERVICE = "https://ndxp.example/dancu/1.0"
IN_MILLISECONDS = (
    "1767225600123",
    "Basic bGllbnRob25nLXRlc3Q6YzJhOWNiMmE2ZTUzYWFmMWExZDk5YmUyODIzMjA2MDYzZjg0MmE5MTljODJhYjBkMmYzODQ5YzJmMzZjZmU4ZA==",
)
IN_SECONDS = (
    "1767225600",
    "Basic bGllbnRob25nLXRlc3Q6NWI0ZGZiMmZkNzNhY2RlN2M0MzI1OWE0N2Q0ZTc1MWMwYjVhYzYxMWNmMzU4ZTMzNTg2YWY4OGNjYzEzMTQwYQ==",
)
FIVE_FACTS = (
    "eyJBY2Nlc3NLZXkiOiJBSy0xIiwiU2VjcmV0S2V5IjoiczNjcmV0LU9mLU5vYm9keSIsIkFwcE5hbWUiOiJN4buZdCBj4butYSIs"
    "IlBhcnRuZXJDb2RlIjoiMC4wLkgzMCIsIlBhcnRuZXJDb2RlQ3VzIjoiMC4wLkgzMC4xIn0="
)
NDXP = {"style": "ndxp", "user": "lienthong-test", "secret": SECRET, "service_url": SERVICE}


class Platform(Sandbox):
    """Gives tokens and takes only the newest; keeps what came."""

    system = "plain"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[SandboxRequest] = []
        self.came: list[dict[str, str]] = []
        self.good = ""
        self.open = True

    @route("POST", "/token", "token")
    def token(self, request: SandboxRequest) -> SandboxAnswer:
        self.asked.append(request)
        self.good = f"t{len(self.asked)}"
        facts = {
            "access_token": self.good,
            "scope": "am_application_scope default",
            "token_type": "Bearer",
            "expires_in": 3600,
        }
        return SandboxAnswer(200, JSON, json.dumps(facts).encode())

    @route("POST", "/write", "write")
    def write(self, request: SandboxRequest) -> SandboxAnswer:
        self.came.append(request.headers)
        fine = self.open or request.headers.get("authorization") == f"Bearer {self.good}"
        return SandboxAnswer(200 if fine else 401, JSON, b"{}")


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def url(platform: Platform) -> Iterator[str]:
    with serve(platform) as server:
        yield server.url


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NEW_YEAR)


def signed_in(url: str, clock: VirtualClock, credentials: dict[str, object]) -> Transport:
    """As a connector makes it from its settings."""
    if credentials["style"] in ("client_credentials", "client_credentials_json", "lgspaccesstoken"):
        credentials = {"token_url": f"{url}/token", **credentials}
    settings = SystemSettings.model_validate({"base_url": url, "credentials": credentials})
    return Lines("plain", settings, clock=clock).signed_in()


def test_nobody_says_nothing(url, platform, clock):
    """They ask inside the message, or not at all."""
    write(signed_in(url, clock, {"style": "none"}))
    assert "authorization" not in platform.came[0]


def test_style_1_client_credentials_as_wso2_takes_them(url, platform, clock):
    """Key and secret go as they are: WSO2 does not undo the form encoding of RFC 6749."""
    platform.open = False
    transport = signed_in(
        url,
        clock,
        {"style": "client_credentials", "client_id": "wso2+key", "client_secret": SECRET, "scope": "default"},
    )
    assert write(transport).status == 200

    [asked] = platform.asked
    assert parse_qs(asked.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["default"]}
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.headers["authorization"] == "Basic d3NvMitrZXk6czNjcmV0LU9mLU5vYm9keQ=="


def test_style_1_with_the_encoding_of_the_standard_or_the_pair_in_the_form(url, platform, clock):
    """Servers that keep to the letter of RFC 6749 exist too."""
    pair = {"style": "client_credentials", "client_id": "a+b", "client_secret": SECRET}
    write(signed_in(url, clock, {**pair, "encoded": True}))
    write(signed_in(url, clock, {**pair, "in_header": False}))

    first, second = platform.asked
    assert (
        base64.b64decode(first.headers["authorization"].removeprefix("Basic ")) == b"a%2Bb:" + SECRET.encode()
    )
    assert parse_qs(second.body.decode())["client_secret"] == [SECRET]
    assert "authorization" not in second.headers


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {"grant_type": "client_credentials", "client_id": "k", "client_secret": SECRET}),
        ({"grant_type": ""}, {"client_id": "k", "client_secret": SECRET}),
    ],
)
def test_style_1b_the_pair_in_a_json_body(url, platform, clock, more, expected):
    """One client of one province asks like this."""
    pair = {"style": "client_credentials_json", "client_id": "k", "client_secret": SECRET}
    write(signed_in(url, clock, {**pair, **more}))

    [asked] = platform.asked
    assert json.loads(asked.body) == expected
    assert asked.headers["content-type"] == "application/json"
    assert platform.came[0]["authorization"] == "Bearer t1"


LGSP = {
    "style": "lgspaccesstoken",
    "access_key": "AK-1",
    "secret_key": SECRET,
    "app_name": "Một cửa",
    "partner_code": "0.0.H30",
    "partner_code_cus": "0.0.H30.1",
}


def test_style_2_five_facts_at_the_token_and_at_every_call(url, platform, clock):
    """Bearer token and lgspaccesstoken travel together; the token request carries the header alone."""
    write(signed_in(url, clock, LGSP))

    [asked] = platform.asked
    assert asked.headers["lgspaccesstoken"] == FIVE_FACTS
    assert parse_qs(asked.body.decode()) == {"grant_type": ["client_credentials"]}
    assert "authorization" not in asked.headers
    assert platform.came[0]["authorization"] == "Bearer t1"
    assert platform.came[0]["lgspaccesstoken"] == FIVE_FACTS


@pytest.mark.parametrize(
    "credentials",
    [
        {"style": "client_credentials", "client_id": "k", "client_secret": SECRET},
        {"style": "client_credentials_json", "client_id": "k", "client_secret": SECRET},
        {**LGSP, "extra": {"X-More": "1"}},
    ],
    ids=lambda each: each["style"],
)
def test_a_token_is_renewed_before_it_ends_and_when_refused_in_mid_batch(
    url, platform, clock, credentials, monkeypatch
):
    """One token for a batch, another before the hour is over, another when their server forgot the last one."""
    platform.open = False
    seconds = [1_000.0]
    kwdefaults = auth.Tokens.__init__.__kwdefaults__
    monkeypatch.setitem(kwdefaults, "monotonic", lambda: seconds[0])
    monkeypatch.setitem(TokenRequest.__init__.__kwdefaults__, "monotonic", lambda: seconds[0])
    transport = signed_in(url, clock, credentials)
    for _ in range(3):
        assert write(transport).status == 200
    assert len(platform.asked) == 1

    seconds[0] += 3_600 - 19
    assert write(transport).status == 200
    assert (len(platform.asked), len(platform.came)) == (2, 4)

    platform.good = "restarted"
    assert write(transport).status == 200
    assert (len(platform.asked), len(platform.came)) == (3, 6)


@pytest.mark.parametrize(("unit", "expected"), [("ms", IN_MILLISECONDS), ("s", IN_SECONDS)])
def test_style_3_signs_the_time_in_the_agreed_unit(url, platform, clock, unit, expected):
    """C# and Java clients count milliseconds, the PHP client seconds."""
    write(
        signed_in(
            url,
            clock,
            {
                **NDXP,
                "timestamp_unit": unit,
                "xroad_client": "VN/GOV/H42/motcua",
                "api_key": "key-Of-Nobody",
            },
        )
    )
    [came] = platform.came
    assert (came["timestamp"], came["authorization"]) == expected
    assert came["x-road-client"] == "VN/GOV/H42/motcua"
    assert came["apikey"] == "key-Of-Nobody"
    assert came["soapaction"] == '""'


def test_style_3_signs_every_call_anew(url, platform, clock):
    """A proof that is made once goes stale in the middle of a batch."""
    transport = signed_in(url, clock, NDXP)
    write(transport)
    clock.advance(0.001)
    write(transport)
    clock.advance(0.0001)
    write(transport)
    stamps = [came["timestamp"] for came in platform.came]
    assert stamps == ["1767225600123", "1767225600124", "1767225600124"]
    assert platform.came[0]["authorization"] != platform.came[1]["authorization"]
    assert platform.came[1]["authorization"] == platform.came[2]["authorization"]


def test_style_3_may_sign_the_path_of_the_call(url, platform, clock):
    """Several services behind one address."""
    write(signed_in(url, clock, {**NDXP, "service_url": "https://ndxp.example{path}"}))
    write(signed_in(url, clock, {**NDXP, "service_url": "https://ndxp.example/write"}))
    assert platform.came[0]["authorization"] == platform.came[1]["authorization"]


@pytest.mark.parametrize(("form", "sent"), [("bare", ""), ("none", None)])
def test_style_3_soap_action_by_setting(url, platform, clock, form, sent):
    """Empty means two quotes to some and nothing to others."""
    write(signed_in(url, clock, {**NDXP, "soap_action": form}))
    assert platform.came[0].get("soapaction") == sent


def test_style_3_is_not_tried_twice(url, platform, clock):
    """A wrong secret that is sent again and again locks the account."""
    platform.open = False
    with pytest.raises(CredentialsRefused):
        write(signed_in(url, clock, NDXP))
    assert len(platform.came) == 1


def test_style_3b_further_headers_with_any_style(url, platform, clock):
    """Also with none."""
    extra = {"ESB_SOURCE_TYPE": "motcua", "ESB_SOURCE_USERNAME": "lienthong"}
    write(signed_in(url, clock, {**NDXP, "extra": extra}))
    write(signed_in(url, clock, {"style": "none", "extra": extra}))
    for came in platform.came:
        assert came["esb_source_type"] == "motcua"
        assert came["esb_source_username"] == "lienthong"
    assert platform.came[0]["authorization"] == IN_MILLISECONDS[1]


def test_further_headers_never_replace_the_proof(url, platform, clock):
    """A left-over setting must not silently switch the credentials off."""
    write(
        signed_in(url, clock, {"style": "bearer", "token": SECRET, "extra": {"Authorization": "Bearer old"}})
    )
    assert platform.came[0]["authorization"] == f"Bearer {SECRET}"


STAFF = {"accounts": {"canbo.A@h42": "khoaA:matkhauA", "canbo.B": "khoaB:matkhauB"}}


def test_style_4_the_acting_officers_own_hash_beside_the_token(url, platform, clock):
    """The other side logs who looked; the case system's capitals do not matter."""
    transport = signed_in(url, clock, {**LGSP, "staff": STAFF})
    with acting_for("CanBo.A@H42"):
        write(transport)
        with acting_for("canbo.B"):
            write(transport)
        write(transport)
    first, second, third = (came["authhash"] for came in platform.came)
    assert first == third == "a2hvYUE6bWF0a2hhdUE="
    assert second == base64.b64encode(b"khoaB:matkhauB").decode()
    assert platform.came[0]["lgspaccesstoken"] == FIVE_FACTS
    assert platform.came[0]["authorization"] == "Bearer t1"


@pytest.mark.parametrize("officer", ["", "nobody.here"])
def test_style_4_without_an_account_nothing_leaves(url, platform, clock, officer):
    """Better no answer than a look in another officer's name."""
    transport = signed_in(url, clock, {**LGSP, "staff": STAFF})
    with acting_for(officer), pytest.raises(CredentialsRefused):
        write(transport)
    assert not platform.came
    assert not platform.asked


def test_style_4_an_account_for_calls_that_name_nobody(url, platform, clock):
    """Feeds have no officer; but a named officer without an account is still refused."""
    staff = {**STAFF, "otherwise": "canbo.B", "header": "X-AuthHash"}
    transport = signed_in(url, clock, {"style": "none", "staff": staff})
    write(transport)
    assert platform.came[0]["x-authhash"] == base64.b64encode(b"khoaB:matkhauB").decode()
    with acting_for("nobody.here"), pytest.raises(CredentialsRefused):
        write(transport)


def test_style_5_a_static_access_token_without_bearer(url, platform, clock):
    """The Post's façade behind a province's platform."""
    write(signed_in(url, clock, {"style": "header", "value": SECRET}))
    assert platform.came[0]["access_token"] == SECRET
    assert "authorization" not in platform.came[0]


@pytest.mark.parametrize(
    "credentials",
    [
        {"style": "header", "value": "a\r\nX-Admin: yes"},
        {"style": "header", "name": "a b", "value": SECRET},
        {"style": "none", "extra": {"X": "tiếng Việt"}},
        {"style": "none", "extra": {"X:": "1"}},
        {**NDXP, "user": "a:b"},
        {**NDXP, "service_url": ""},
        {**NDXP, "timestamp_unit": "us"},
        {"style": "none", "staff": {"accounts": {}}},
        {"style": "lgsp"},
        {"style": "none", "token": SECRET},
        {**LGSP, "token_url": "http://lgsp.example/token"},
    ],
)
def test_settings_that_could_not_work_are_refused_at_the_start(credentials):
    """Not at the first citizen."""
    with pytest.raises(ValidationError):
        TypeAdapter(Credentials).validate_python(credentials)


@pytest.mark.parametrize(
    "credentials",
    [
        LGSP,
        {**LGSP, "staff": {**STAFF, "otherwise": "canbo.B"}},
        {**NDXP, "extra": {"ESB_SOURCE_TYPE": SECRET}},
    ],
)
def test_no_secret_is_noted_raised_or_printed(url, platform, clock, credentials):
    """Exchanges and errors are stored and shown."""
    platform.open = False
    transport = signed_in(url, clock, credentials)
    with collecting() as exchanges:
        platform.good = "none"
        try:
            write(transport)
        except (CredentialsRefused, Unavailable) as exc:
            raised = repr(exc)
        else:
            raised = ""
    settings = SystemSettings.model_validate(
        {"base_url": url, "credentials": {"token_url": f"{url}/token", **credentials}}
        if credentials["style"] == "lgspaccesstoken"
        else {"base_url": url, "credentials": credentials}
    )
    text = f"{exchanges!r} {raised} {settings!r} {transport!r}"
    assert exchanges
    for secret in (SECRET, "AK-1", FIVE_FACTS, "matkhau", IN_MILLISECONDS[1]):
        assert secret not in text


class _Connectors(BaseModel):
    lgsp: SystemSettings | None = None


class _Tree(BaseModel):
    connectors: _Connectors


def _from_environment(variables: dict[str, str]) -> _Tree:
    document, troubles = environment_document(variables, "LIENTHONG_", "__", _Tree)
    assert troubles == []
    return _Tree.model_validate(document)


def test_secrets_of_every_depth_come_from_files(tmp_path):
    """The secrets directory, single files and variables reach credentials, further headers and officers' accounts."""
    at = "LIENTHONG_CONNECTORS__LGSP__"
    (tmp_path / f"{at}CREDENTIALS__SECRET_KEY").write_text(SECRET + "\n")
    (tmp_path / f"{at.lower()}credentials__staff__accounts__canbo.a@h42").write_text("khoaA:matkhauA\n")
    named = tmp_path / "named"
    named.write_text("AK-1\n")
    tree = _from_environment(
        {
            "LIENTHONG_SECRETS_DIR": str(tmp_path),
            f"{at}BASE_URL": "https://lgsp.example",
            f"{at}CREDENTIALS__STYLE": "lgspaccesstoken",
            f"{at}CREDENTIALS__TOKEN_URL": "https://lgsp.example/token",
            f"{at}CREDENTIALS__ACCESS_KEY_FILE": str(named),
            f"{at}CREDENTIALS__APP_NAME": "Một cửa",
            f"{at}CREDENTIALS__PARTNER_CODE": "0.0.H30",
            f"{at}CREDENTIALS__PARTNER_CODE_CUS": "0.0.H30.1",
            f"{at}CREDENTIALS__EXTRA__ESB_SOURCE_TYPE": "motcua",
        }
    )
    found = tree.connectors.lgsp.credentials
    assert found.style == "lgspaccesstoken"
    assert found.secret_key.get_secret_value() == SECRET
    assert found.access_key.get_secret_value() == "AK-1"
    assert found.extra["esb_source_type"].get_secret_value() == "motcua"
    assert found.staff.accounts["canbo.a@h42"].get_secret_value() == "khoaA:matkhauA"


def test_a_setting_that_is_called_file_is_itself(tmp_path):
    """CA_FILE names the authorities; it is no secret called CA. Free tables still take values from files."""
    named = tmp_path / "named"
    named.write_text("khoaA:matkhauA\n")
    at = "LIENTHONG_CONNECTORS__LGSP__"
    tree = _from_environment(
        {
            f"{at}BASE_URL": "https://lgsp.example",
            f"{at}CA_FILE": "/etc/ssl/lgsp.pem",
            f"{at}CREDENTIALS__STYLE": "bearer",
            f"{at}CREDENTIALS__TOKEN": SECRET,
            f"{at}CREDENTIALS__STAFF__ACCOUNTS__A_FILE": str(named),
        }
    )
    assert tree.connectors.lgsp.ca_file == "/etc/ssl/lgsp.pem"
    assert tree.connectors.lgsp.credentials.staff.accounts["a"].get_secret_value() == "khoaA:matkhauA"


def test_a_wrong_credential_is_named_by_its_variable():
    """Not by pydantic's inner path with the style's word in it."""
    document = {
        "connectors": {
            "lgsp": {"base_url": "https://x.example", "credentials": {"style": "bearer", "t": "1"}}
        }
    }
    with pytest.raises(ValidationError) as caught:
        _Tree.model_validate(document)
    named = {fault.variable for fault in faults_of(caught.value, "LIENTHONG_", "__", _Tree)}
    at = "LIENTHONG_CONNECTORS__LGSP__CREDENTIALS__"
    assert named == {f"{at}TOKEN", f"{at}T"}


def test_weak_secrets_are_found_in_officers_accounts():
    """Eight letters at least, wherever the secret stands; further headers may be plain words."""
    settings = SystemSettings.model_validate(
        {
            "base_url": "https://x.example",
            "credentials": {
                "style": "bearer",
                "token": SECRET,
                "staff": {"accounts": {"a": "changeme"}},
                "extra": {"ESB_SOURCE_TYPE": "motcua"},
            },
        }
    )
    tree = _Tree.model_validate({"connectors": {"lgsp": settings}})
    [weak] = weak_secrets(tree, "LIENTHONG_", "__")
    assert weak.variable == "LIENTHONG_CONNECTORS__LGSP__CREDENTIALS__STAFF__ACCOUNTS__A"
