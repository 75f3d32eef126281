"""Who we are: tokens renewed in the middle of a batch, asked for once, and not hammered when refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from connectors.errors import CredentialsRefused, Unavailable
from connectors.kit.auth import ClientCredentials, KeycloakPassword, Signed, Tokens, basic, bearer
from connectors.kit.exchanges import collecting
from connectors.kit.sandbox import Fault, Sandbox, SandboxAnswer, SandboxRequest, pause, route, serve
from connectors.kit.transport import Transport
from tests.contract.kit.conftest import JSON, write

SECRET = SecretStr("s3cret-Of-Nobody")


class Guarded(Sandbox):
    """Gives tokens and takes only those that are still good."""

    system = "plain"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[dict[str, list[str]]] = []
        self.good: set[str] = set()
        self.refresh: set[str] = set()
        self.life = 60
        self.answer: SandboxAnswer | None = None
        self.slow = 0.0
        self.basic = ""

    @route("POST", "/token", "token")
    def token(self, request: SandboxRequest) -> SandboxAnswer:
        form = parse_qs(request.body.decode())
        self.asked.append(form)
        self.basic = request.headers.get("authorization", "")
        pause(self.slow)
        if self.answer is not None:
            return self.answer
        if form["grant_type"] == ["refresh_token"] and form["refresh_token"][0] not in self.refresh:
            return SandboxAnswer(400, JSON, b'{"error":"invalid_grant"}')
        value, again = f"t{len(self.asked)}", f"r{len(self.asked)}"
        self.good.add(value)
        self.refresh.add(again)
        facts = {
            "access_token": value,
            "expires_in": self.life,
            "refresh_token": again,
            "refresh_expires_in": 1800,
            "token_type": "Bearer",
        }
        return SandboxAnswer(200, JSON, json.dumps(facts).encode())

    @route("POST", "/write", "write")
    def write(self, request: SandboxRequest) -> SandboxAnswer:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return SandboxAnswer(200 if given in self.good else 401, JSON, given.encode())


class Clock:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def guarded():
    return Guarded()


@pytest.fixture
def url(guarded):
    with serve(guarded) as server:
        yield server.url


@pytest.fixture
def monotonic():
    return Clock()


def keycloak(url: str, monotonic: Clock) -> Transport:
    asking = Transport(url, system="plain", deadline_seconds=5)
    grant = KeycloakPassword(
        asking, "/token", client_id="lienthong", user="canbo", password=SECRET, monotonic=monotonic
    )
    tokens = Tokens(grant, system="plain", monotonic=monotonic)
    return Transport(url, system="plain", auth=tokens, deadline_seconds=5)


def test_one_token_serves_a_batch(url, guarded, monotonic):
    """A token per call would be refused by any identity provider."""
    transport = keycloak(url, monotonic)
    assert {write(transport).content for _ in range(5)} == {b"t1"}
    [asked] = guarded.asked
    assert (asked["grant_type"], asked["username"], asked["client_id"]) == (
        ["password"],
        ["canbo"],
        ["lienthong"],
    )


def test_a_token_is_renewed_before_it_ends_by_its_refresh_token(url, guarded, monotonic):
    """A call under way must not outlive it."""
    transport = keycloak(url, monotonic)
    write(transport)
    monotonic.seconds += 55

    assert write(transport).content == b"t2"
    assert guarded.asked[1]["grant_type"] == ["refresh_token"]


def test_a_token_refused_in_mid_batch_is_renewed_and_the_call_goes_on(url, guarded, monotonic):
    """Their server was restarted: its sessions are gone, also the one to refresh by."""
    transport = keycloak(url, monotonic)
    write(transport)
    guarded.good.clear()
    guarded.refresh.clear()

    with collecting() as exchanges:
        assert write(transport).content == b"t3"
    assert [form["grant_type"] for form in guarded.asked[1:]] == [["refresh_token"], ["password"]]
    assert [(each.operation, each.outcome) for each in exchanges] == [
        ("write", "CredentialsRefused"),
        ("token", "Rejected"),
        ("token", "ok"),
        ("write", "ok"),
    ]


def test_many_threads_ask_for_one_token(url, guarded, monotonic):
    """Sixteen workers that find the token ended are one question."""
    transport = keycloak(url, monotonic)
    guarded.slow = 0.1
    for _ in range(2):
        threads = [threading.Thread(target=write, args=(transport,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        guarded.good.clear()
    assert len(guarded.asked) == 2


def test_a_call_that_is_refused_with_a_fresh_token_stops(url, guarded, monotonic):
    """Renewed once, then a person: not for ever."""
    transport = keycloak(url, monotonic)
    guarded.good = type("Never", (set,), {"__contains__": lambda *_: False})()
    with pytest.raises(CredentialsRefused):
        write(transport)
    assert guarded.received["write"] == 2


def test_a_refused_password_is_not_tried_again_for_a_while(url, guarded, monotonic):
    """Five wrong passwords lock the account of the whole province."""
    transport = keycloak(url, monotonic)
    guarded.answer = SandboxAnswer(401, JSON, b'{"error":"invalid_grant"}')
    for _ in range(5):
        with pytest.raises(CredentialsRefused):
            write(transport)
    assert (len(guarded.asked), guarded.received["write"]) == (1, 0)

    guarded.answer = None
    monotonic.seconds += 61
    assert write(transport).status == 200


@pytest.mark.parametrize(
    "answer",
    [
        SandboxAnswer(500, {}, b""),
        SandboxAnswer(200, {"Content-Type": "text/html"}, b"<html>"),
        SandboxAnswer(200, JSON, b'{"access_token":""}'),
        SandboxAnswer(200, JSON, b'{"access_token":7}'),
        SandboxAnswer(200, JSON, b'{"access_token":"t","expires_in":"soon"}'),
        SandboxAnswer(302, {"Location": "/"}, b""),
    ],
)
def test_without_a_token_nothing_has_left(url, guarded, monotonic, answer):
    """Whatever became of the token, the money call was not made: it may be repeated."""
    guarded.answer = answer
    with pytest.raises(Unavailable):
        write(keycloak(url, monotonic))
    assert guarded.received["write"] == 0


def test_waiting_for_a_token_ends_by_the_deadline(url, guarded, monotonic):
    """Half of a slow identity provider must not stop all threads."""
    guarded.faults.add(Fault("token", "hang"))
    with pytest.raises(Unavailable):
        write(keycloak(url, monotonic), deadline_seconds=0.3)


@pytest.mark.parametrize("in_header", [False, True])
def test_client_credentials(url, guarded, monotonic, in_header):
    """RFC 6749 4.4; the secret in the form or as Basic, as the other side wants it."""
    asking = Transport(url, system="plain", deadline_seconds=5)
    grant = ClientCredentials(
        asking,
        "/token",
        client_id="a:b",
        client_secret=SECRET,
        scope="x",
        in_header=in_header,
        monotonic=monotonic,
    )
    transport = Transport(url, system="plain", auth=Tokens(grant, system="plain", monotonic=monotonic))
    assert write(transport).content == b"t1"

    [form] = guarded.asked
    assert (form["grant_type"], form["scope"]) == (["client_credentials"], ["x"])
    if in_header:
        assert base64.b64decode(guarded.basic.removeprefix("Basic ")) == b"a%3Ab:s3cret-Of-Nobody"
        assert "client_secret" not in form
    else:
        assert form["client_secret"] == ["s3cret-Of-Nobody"]


def test_fixed_headers_and_signatures(served, plain):
    """Static token, Basic, and an HMAC over what was agreed."""
    write(Transport(served, system="plain", auth=bearer(SECRET)))
    write(Transport(served, system="plain", auth=basic("ai", SECRET)))
    signed = Signed(SECRET, header="X-Signature", message=lambda r: r.path.encode() + b"|" + r.content)
    write(Transport(served, system="plain", auth=signed))

    first, second, third = plain.seen
    assert first.headers["authorization"] == "Bearer s3cret-Of-Nobody"
    assert second.headers["authorization"] == "Basic YWk6czNjcmV0LU9mLU5vYm9keQ=="
    text = b'/write|{"amount":1}'
    assert third.headers["x-signature"] == hmac.new(b"s3cret-Of-Nobody", text, hashlib.sha256).hexdigest()


def test_a_fixed_proof_is_not_tried_twice(served, plain):
    """There is nothing newer to try."""
    plain.answer = SandboxAnswer(401, {}, b"")
    with pytest.raises(CredentialsRefused):
        write(Transport(served, system="plain", auth=bearer(SECRET)))
    assert plain.received["write"] == 1


def test_no_secret_stands_in_what_is_noted_or_raised(url, guarded, monotonic):
    """Exchanges and errors are stored and shown."""
    transport = keycloak(url, monotonic)
    with collecting() as exchanges:
        write(transport)
        guarded.good.clear()
        guarded.answer = SandboxAnswer(401, JSON, b'{"error":"s3cret-Of-Nobody"}')
        with pytest.raises(CredentialsRefused) as caught:
            write(transport)
    text = f"{exchanges!r} {caught.value!r} {caught.value.__cause__!r}"
    for secret in ("s3cret", "t1", "r1", "canbo"):
        assert secret not in text
