"""The one way out, against a real server that behaves and misbehaves as told."""

from __future__ import annotations

import gzip
import os
import socket
import threading
import time
from typing import Any

import pytest

from connectors.errors import (
    ConnectorError,
    ContractBroken,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import EffectClass
from connectors.kit.sandbox import Fault, SandboxAnswer
from connectors.kit.transport import Transport
from tests.contract.kit.conftest import JSON, read, write


def test_an_answer_is_handed_over_whole(transport, plain):
    """The plain way must be plain."""
    answer = write(transport, params={"q": "a b", "ư": "1"}, headers={"X-Key": "k"})

    assert (answer.status, answer.content) == (200, b'{"done":true}')
    assert answer.headers["content-type"] == "application/json"
    assert plain.seen[0].query == {"q": "a b", "ư": "1"}
    assert plain.seen[0].headers["x-key"] == "k"
    assert plain.seen[0].body == b'{"amount":1}'


@pytest.mark.parametrize(
    ("status", "of_a_read", "of_a_write"),
    [
        (400, Rejected, Rejected),
        (401, CredentialsRefused, CredentialsRefused),
        (403, Rejected, Rejected),
        (404, Rejected, Rejected),
        (408, Unavailable, OutcomeUnknown),
        (409, Rejected, Rejected),
        (429, Unavailable, Unavailable),
        (500, Unavailable, OutcomeUnknown),
        (502, Unavailable, OutcomeUnknown),
        (503, Unavailable, Unavailable),
        (504, Unavailable, OutcomeUnknown),
        (599, Unavailable, OutcomeUnknown),
        (301, ContractBroken, ContractBroken),
        (307, ContractBroken, ContractBroken),
        (304, ContractBroken, ContractBroken),
    ],
)
def test_a_status_means_one_branch_of_the_tree(transport, plain, status, of_a_read, of_a_write):
    """The branch is what the engine acts on; nobody reads messages."""
    plain.answer = SandboxAnswer(status, {"Location": "/elsewhere"}, b"")

    with pytest.raises(ConnectorError) as of_read:
        read(transport)
    with pytest.raises(ConnectorError) as of_write:
        write(transport)

    assert (type(of_read.value), type(of_write.value)) == (of_a_read, of_a_write)
    assert of_write.value.reference == "R1"
    if of_a_write is Rejected:
        assert of_write.value.code == str(status)


def test_no_redirect_is_followed(transport, plain):
    """A redirect would lead to an address that is in no settings, with our credentials."""
    plain.answer = SandboxAnswer(302, {"Location": "/read"}, b"")

    with pytest.raises(ContractBroken):
        write(transport)
    assert [request.path for request in plain.seen] == ["/write"]


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "0"}, 0),
        ({}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        (
            {
                "Date": "Mon, 23 Nov 2026 01:00:00 GMT",
                "Retry-After": "Mon, 23 Nov 2026 01:02:00 GMT",
            },
            120,
        ),
        ({"Retry-After": "Mon, 23 Nov 2026 01:02:00 GMT"}, None),
        ({"Retry-After": "99999999999"}, 7 * 86_400),
    ],
)
def test_retry_after_is_told_and_a_date_is_counted_by_their_own_clock(transport, plain, fields, seconds):
    """Two machines' clocks are never compared (D10)."""
    plain.answer = SandboxAnswer(503, fields, b"")

    with pytest.raises(Unavailable) as caught:
        write(transport)
    assert caught.value.retry_after_seconds == seconds


def test_refused_connections_and_unknown_names_mean_that_nothing_left(served):
    """Only then may a money call be repeated freely."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for address in (f"http://127.0.0.1:{port}", "http://no-such-host.invalid"):
        with pytest.raises(Unavailable):
            write(Transport(address, system="plain", deadline_seconds=3))


@pytest.mark.parametrize("kind", ["lose_answer", "lose_request"])
def test_silence_after_a_write_is_never_a_failure(transport, plain, kind):
    """From here the two cannot be told apart."""
    plain.faults.add(Fault("*", kind))

    with pytest.raises(OutcomeUnknown) as caught:
        write(transport)
    assert not isinstance(caught.value, ContractBroken)
    with pytest.raises(Unavailable):
        read(transport)


def test_a_body_cut_at_any_byte_is_never_an_answer(transport, plain):
    """A cut body may look like a shorter one."""
    for at in range(len(plain.answer.body)):
        plain.faults.add(Fault("write", "half", times=1, after_bytes=at))
        with pytest.raises(ContractBroken):
            write(transport)


def test_an_answer_cut_in_its_head_is_never_an_answer(raw_server):
    """The head is part of the reply too."""
    whole = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    for at in range(1, len(whole)):

        def talk(connection: socket.socket, at: int = at) -> None:
            connection.recv(65_536)
            connection.sendall(whole[:at])

        with pytest.raises(OutcomeUnknown):
            write(Transport(raw_server(talk), system="plain", deadline_seconds=5))


@pytest.mark.parametrize("kind", ["hang", "trickle", "slow"])
def test_the_deadline_is_for_the_whole_call(served, plain, kind):
    """A sender of one byte a second keeps time-outs per operation alive for ever."""
    transport = Transport(served, system="plain", deadline_seconds=0.4)
    plain.faults.add(Fault("*", kind, seconds=3.0))

    begun = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        write(transport)
    with pytest.raises(Unavailable):
        read(transport, deadline_seconds=0.2)
    assert time.monotonic() - begun < 1.5


def test_a_listener_that_takes_nothing_off_the_wire_ends_by_the_deadline(raw_server):
    """A request that fills their buffers must not hold a thread for good."""
    gone = threading.Event()
    url = raw_server(lambda connection: gone.wait(5) and None)
    begun = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        write(Transport(url, system="plain", deadline_seconds=0.5), content=b"x" * 50_000_000, json=None)
    assert time.monotonic() - begun < 2
    gone.set()


def test_a_name_that_is_never_resolved_ends_by_the_deadline(monkeypatch):
    """The resolver of the system has no time-out of its own."""
    real, slow = socket.getaddrinfo, threading.Event()

    def resolve(*args: Any, **options: Any) -> Any:
        if options.get("flags") == socket.AI_NUMERICHOST:
            return real(*args, **options)
        slow.wait(5)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        write(Transport("http://somewhere.example", system="plain", deadline_seconds=0.3))
    assert time.monotonic() - begun < 2
    slow.set()


def test_too_much_is_refused_before_it_is_held(served, plain):
    """The limit counts unpacked bytes, and an announced length is believed when it is too long."""
    transport = Transport(served, system="plain", largest_answer_bytes=1_000, deadline_seconds=5)
    plain.answer = SandboxAnswer(200, JSON, b"x" * 1_001)
    with pytest.raises(ContractBroken):
        write(transport)
    plain.answer = SandboxAnswer(200, {"Content-Encoding": "gzip"}, gzip.compress(b"0" * 1_000_000))
    with pytest.raises(Unavailable):
        read(transport)
    with pytest.raises(ContractBroken):
        write(transport)


def test_packed_answers_are_unpacked_and_a_cut_one_is_no_answer(transport, plain):
    """Httpx returns half of a cut gzip body without an error."""
    packed = gzip.compress(b'{"done":true}' * 100)
    plain.answer = SandboxAnswer(200, {"Content-Encoding": "gzip"}, packed)
    assert read(transport).content == b'{"done":true}' * 100

    for body in (packed[:-1], packed[:40], packed + b"more", b"", b"not packed"):
        plain.answer = SandboxAnswer(200, {"Content-Encoding": "gzip"}, body)
        with pytest.raises(ContractBroken):
            write(transport)
    plain.answer = SandboxAnswer(200, {"Content-Encoding": "br"}, b"x")
    with pytest.raises(ContractBroken):
        write(transport)


def test_another_type_than_agreed_is_no_answer(transport, plain):
    """Login pages come with 200."""
    plain.answer = SandboxAnswer(200, {"Content-Type": "text/html"}, b"<html>")
    with pytest.raises(ContractBroken):
        write(transport, accept="application/json")
    with pytest.raises(Unavailable):
        read(transport, accept="application/json")


def _one_request(connection: socket.socket) -> bytes:
    """A whole request of ``write``: its head and its body may come in two pieces."""
    raw = b""
    while not raw.endswith(b'{"amount":1}'):
        piece = connection.recv(65_536)
        if not piece:
            return b""
        raw += piece
    return raw


@pytest.mark.parametrize("chunked", [False, True])
def test_a_second_answer_on_the_wire_is_never_taken_for_the_next_one(raw_server, chunked):
    """It would be the answer of another payment."""
    numbers = iter(range(100))

    def talk(connection: socket.socket) -> None:
        while _one_request(connection):
            body = b'{"answer":%d}' % next(numbers)
            head = b"HTTP/1.1 200 OK\r\n"
            if chunked:
                one = head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
            else:
                one = head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
            connection.sendall(one + one)

    transport = Transport(raw_server(talk), system="plain", deadline_seconds=5)
    answers = [write(transport).content for _ in range(4)]
    transport.close()

    assert answers == [b'{"answer":%d}' % number for number in range(4)]


def test_connections_are_used_again(transport, plain, served):
    """A new connection for each call would cost more than the call."""
    for _ in range(5):
        write(transport)
    http = transport._connection()

    assert len(http._pool.connections) == 1


def test_a_pool_survives_calls_that_were_broken_off(served, plain):
    """A worker's time limit breaks into a thread at any instruction; the connection must come back."""
    transport = Transport(served, system="plain", pool=1, deadline_seconds=2)

    class Broken(BaseException):
        pass

    from connectors.kit.network import Stream

    real = Stream.read
    for _ in range(3):
        Stream.read = lambda *_, **__: (_ for _ in ()).throw(Broken())
        try:
            with pytest.raises(Broken):
                write(transport)
        finally:
            Stream.read = real
        assert write(transport).status == 200


def test_waiting_for_a_connection_ends_by_the_deadline_and_nothing_left(served, plain):
    """All connections in use is a traffic jam of ours, not an unknown outcome."""
    transport = Transport(served, system="plain", pool=1, deadline_seconds=5)
    plain.faults.add(Fault("write", "slow", seconds=1.0, times=1))
    holder = threading.Thread(target=write, args=(transport,))
    holder.start()
    while not plain.received["write"]:
        time.sleep(0.01)
    with pytest.raises(Unavailable):
        write(transport, deadline_seconds=0.2)
    holder.join()
    assert plain.received["write"] == 1


def test_a_child_of_a_fork_uses_connections_of_its_own(transport, plain):
    """Two processes on one connection read each other's answers."""
    write(transport)
    ours = transport._connection()
    pid = os.fork()
    if pid == 0:
        try:
            good = write(transport).status == 200 and transport._connection() is not ours
            os._exit(0 if good else 1)
        except BaseException:  # noqa: BLE001 - a child of a fork must not come back into pytest
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert write(transport).status == 200


@pytest.mark.parametrize(
    "address",
    ["ftp://a", "http://", "a.example", "http://user:password@a.example", "https://a.example/?x=1"],
)
def test_an_address_is_plain(address):
    """What is not plain hides credentials, or leads elsewhere."""
    with pytest.raises(ValueError, match="plain"):
        Transport(address, system="plain")


def test_a_path_cannot_lead_to_another_host_or_into_the_head(transport):
    """Paths are made from references that others gave us."""
    for path in ("//elsewhere.example/x", "http://elsewhere.example", "x", "/a\r\nX: y"):
        if path.startswith("//"):
            with pytest.raises(Rejected):
                transport.send("x", "GET", path, effect_class=EffectClass.READ)
        else:
            with pytest.raises(ValueError, match="path"):
                transport.send("x", "GET", path, effect_class=EffectClass.READ)


def test_no_cookie_is_kept_and_no_proxy_taken_from_the_environment(transport, plain, monkeypatch):
    """State that nobody asked for ties calls of different people together."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    plain.answer = SandboxAnswer(200, {"Set-Cookie": "a=b"}, b"{}")
    write(transport)
    write(transport)

    assert "cookie" not in plain.seen[1].headers
