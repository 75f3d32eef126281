"""TLS: their certificate is checked before a byte of ours leaves. The keys in ``tls/`` are for these tests only."""

from __future__ import annotations

import socket
import ssl
import time
from pathlib import Path

import pytest

from connectors.errors import OutcomeUnknown, Unavailable
from connectors.kit.sandbox import Fault, serve
from connectors.kit.transport import Transport, tls_context
from tests.contract.kit.conftest import read, write

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
