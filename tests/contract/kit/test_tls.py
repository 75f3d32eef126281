"""TLS: their certificate is checked before a byte of ours leaves. The keys in ``tls/`` are for these tests only."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path

import pytest

from connectors.errors import OutcomeUnknown, Unavailable
from connectors.kit.connection import Lines, SystemSettings
from connectors.kit.sandbox import Fault, MachineClock, SandboxAnswer, serve
from connectors.kit.transport import Transport, tls_context
from tests.contract.kit.conftest import JSON, read, write

KEYS = Path(__file__).parent / "tls"


def server_side(name: str) -> ssl.SSLContext:
    """A server with one of the test certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(KEYS / f"{name}.pem")
    return context


def trusting(url: str, **more) -> Transport:
    """A transport that trusts the test authority."""
    return Transport(url, system="plain", deadline_seconds=5, tls=tls_context(str(KEYS / "ca.pem")), **more)


def test_a_good_certificate_is_taken_and_the_connection_used_again(plain):
    """The plain way over TLS."""
    with serve(plain, tls=server_side("good")) as server:
        transport = trusting(server.url)
        for _ in range(3):
            assert write(transport).status == 200
        assert len(transport._connection()._pool.connections) == 1
        transport.close()


@pytest.mark.parametrize("name", ["expired", "elsewhere"])
def test_a_certificate_that_does_not_hold_is_refused_before_anything_left(plain, name):
    """Expired, or another host's: nothing was sent, so nothing can have been done."""
    with serve(plain, tls=server_side(name)) as server, pytest.raises(Unavailable, match="certificate"):
        write(trusting(server.url))
    assert plain.received["write"] == 0


def test_an_authority_that_nobody_named_is_not_trusted(plain):
    """The usual authorities only, unless the settings name another."""
    with serve(plain, tls=server_side("good")) as server, pytest.raises(Unavailable, match="certificate"):
        write(Transport(server.url, system="plain", deadline_seconds=5))


def test_old_protocols_are_not_spoken(plain):
    """Below TLS 1.2 nothing is sent."""
    assert tls_context().minimum_version is ssl.TLSVersion.TLSv1_2
    assert tls_context().verify_mode is ssl.CERT_REQUIRED
    assert tls_context().check_hostname


@pytest.mark.parametrize("kind", ["lose_answer", "hang", "trickle"])
def test_the_deadline_and_the_branches_hold_over_tls(plain, kind):
    """A record may have left although the call failed."""
    with serve(plain, tls=server_side("good")) as server:
        transport = trusting(server.url)
        plain.faults.add(Fault("*", kind, seconds=5))
        begun = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            write(transport, deadline_seconds=0.4)
        with pytest.raises(Unavailable):
            read(transport, deadline_seconds=0.3)
        assert time.monotonic() - begun < 2
        transport.close()


def test_a_handshake_that_never_ends_ends_by_the_deadline(raw_server):
    """A listener that says nothing is not a partner."""

    def silent(connection: socket.socket) -> None:
        connection.settimeout(3)
        while connection.recv(65_536):
            continue

    url = raw_server(silent).replace("http:", "https:")
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        write(trusting(url), deadline_seconds=0.3)
    assert time.monotonic() - begun < 1.5


def asking_for_a_certificate() -> ssl.SSLContext:
    """A server that lets nobody in but whom its authority knows."""
    context = server_side("good")
    context.load_verify_locations(KEYS / "client-ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def lines(url: str, certificate: str = "") -> Lines:
    """As a connector makes them from its settings."""
    ours = str(KEYS / f"{certificate}.pem") if certificate else ""
    settings = SystemSettings(
        base_url=url, ca_file=str(KEYS / "ca.pem"), client_certificate=ours, deadline_seconds=5
    )
    return Lines("plain", settings, clock=MachineClock())


def test_our_own_certificate_is_shown_where_they_ask_for_one(plain):
    """National platforms let only known machines in."""
    with serve(plain, tls=asking_for_a_certificate()) as server:
        made = lines(server.url, "client").signed_in()
        assert write(made).status == 200
        assert read(made).status == 200
        made.close()
    assert plain.received["write"] == 1


@pytest.mark.parametrize("certificate", ["", "stranger"])
def test_without_a_certificate_that_they_know_nothing_is_done(plain, certificate):
    """With TLS 1.3 the refusal comes after our first bytes: of a write the outcome is then not known, of a read it is nothing."""
    with serve(plain, tls=asking_for_a_certificate()) as server:
        made = lines(server.url, certificate).signed_in()
        with pytest.raises((Unavailable, OutcomeUnknown)):
            write(made)
        with pytest.raises(Unavailable):
            read(made)
        made.close()
    assert not plain.received


def test_the_place_where_tokens_are_given_asks_for_the_certificate_too(plain):
    """Their token endpoint stands behind the same door."""
    plain.answer = SandboxAnswer(200, JSON, b'{"access_token":"t-1","expires_in":3600}')
    with serve(plain, tls=asking_for_a_certificate()) as server:
        credentials = {
            "style": "client_credentials",
            "token_url": f"{server.url}/write",
            "client_id": "lienthong",
            "client_secret": "s3cret-Of-Nobody",
        }
        settings = SystemSettings(
            base_url=server.url,
            ca_file=str(KEYS / "ca.pem"),
            client_certificate=str(KEYS / "client.pem"),
            credentials=credentials,
        )
        ways = Lines("plain", settings, clock=MachineClock())
        assert read(ways.signed_in()).status == 200
        for made in ways.made:
            made.close()
    assert plain.seen[-1].headers["authorization"] == "Bearer t-1"


def test_a_key_that_is_not_that_of_the_certificate_stops_at_the_start():
    """A wrong file is found when the process begins, not at the first citizen."""
    settings = SystemSettings(
        base_url="https://127.0.0.1:9",
        client_certificate=str(KEYS / "client.pem"),
        client_key=str(KEYS / "stranger.pem"),
    )
    with pytest.raises(ssl.SSLError):
        Lines("plain", settings, clock=MachineClock())
