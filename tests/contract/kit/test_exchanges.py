"""What is noted of every call."""

from __future__ import annotations

import hashlib
import threading

import pytest

from connectors.errors import OutcomeUnknown
from connectors.kit.effects import EffectClass
from connectors.kit.exchanges import MOST_BODY_BYTES, collecting, digest, summary
from connectors.kit.sandbox import Fault, SandboxAnswer
from connectors.kit.transport import Transport
from tests.contract.kit.conftest import JSON, read, write


def test_a_call_is_noted_with_digests_that_prove_the_bodies(transport, plain):
    """Who has the body can check it; who only guesses learns nothing."""
    with collecting() as exchanges:
        write(transport)
    [one] = exchanges
    assert (one.system, one.operation, one.direction, one.reference) == ("plain", "write", "out", "R1")
    assert (one.status, one.outcome) == (200, "ok")
    grain, _, found = one.request_digest.partition(":")
    assert found == hashlib.sha256(bytes.fromhex(grain) + b'{"amount":1}').hexdigest()
    assert digest(b"x") != digest(b"x")


def test_only_fields_that_may_be_seen_are_shown(transport, plain):
    """A list of what may be shown forgets nobody; a list of what may not does."""
    plain.answer = SandboxAnswer(200, JSON, b'{"done":"yes","name":"Nguyen","code":7,"inner":{"done":1}}')
    with collecting() as exchanges:
        write(transport, json={"code": "A", "citizen": "012345678901"})
    [one] = exchanges
    assert one.request_summary == {"method": "POST", "path": "/write", "bytes": 37, "code": "A"}
    assert one.response_summary == {"bytes": 58, "done": "yes", "code": 7}
    for raw in (b"", b"[1]", b"<html>", b"[" * 10_000, b"x" * 70_000):
        assert summary(raw, frozenset({"a"})) == {}


def test_failures_are_noted_too(transport, plain):
    """The row that is missing is always the one that was asked for."""
    plain.faults.add(Fault("*", "lose_answer"))
    with collecting() as exchanges, pytest.raises(OutcomeUnknown):
        write(transport)
    assert [(each.status, each.outcome) for each in exchanges] == [(None, "OutcomeUnknown")]

    plain.faults.clear()
    plain.answer = SandboxAnswer(500, {}, b"oops")
    with collecting() as exchanges, pytest.raises(OutcomeUnknown):
        write(transport)
    assert [(each.status, each.outcome) for each in exchanges] == [(500, "OutcomeUnknown")]


def test_each_thread_collects_its_own_and_the_log_gets_the_rest(served):
    """Calls of one batch run at once; each belongs to its own effect."""
    logged: list = []
    transport = Transport(served, system="plain", log=logged.append)
    found: dict[int, int] = {}

    def work(number: int) -> None:
        with collecting() as exchanges:
            for _ in range(number):
                read(transport)
        found[number] = len(exchanges)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    read(transport)

    assert found == {1: 1, 2: 2, 3: 3, 4: 4}
    assert len(logged) == 1


def test_the_correlation_id_goes_out(transport, plain):
    """One dossier can be followed through two systems' logs."""
    with collecting("0123456789abcdef0123456789abcdef"):
        write(transport)
    with collecting("not one"):
        write(transport)
    first, second = plain.seen
    assert first.headers["traceparent"].startswith("00-0123456789abcdef0123456789abcdef-")
    assert "traceparent" not in second.headers


def test_bodies_are_kept_only_for_who_wants_them_and_bounded(transport, plain):
    """A body that nobody encrypts must not exist; one that is kept is proved by the digest beside it."""
    plain.answer = SandboxAnswer(200, JSON, b'{"name":"' + b"x" * 70_000 + b'"}')
    with collecting() as unwanted:
        write(transport)
    with collecting(bodies_of="H1") as wanted:
        write(transport)
        read(transport)
    assert unwanted[0].bodies is None
    sent, asked = wanted
    assert sent.bodies is not None
    assert (sent.bodies.dossier_code, sent.bodies.request) == ("H1", b'{"amount":1}')
    assert len(sent.bodies.response) == MOST_BODY_BYTES
    grain, _, found = sent.request_digest.partition(":")
    assert found == hashlib.sha256(bytes.fromhex(grain) + sent.bodies.request).hexdigest()
    assert asked.bodies is not None
    assert "amount" not in repr(wanted), "a body must not be printed with the exchange"


def test_a_path_that_holds_a_person_is_not_shown_but_proved(transport):
    """Who has the path can check it against the digest."""
    with collecting(bodies_of="H1") as exchanges:
        transport.send(
            "find", "GET", "/items/81A-00001/parts/7", effect_class=EffectClass.READ, params={"q": "1"},
            shown_path="/items/{plate}",
        )  # fmt: skip
    [one] = exchanges
    assert one.request_summary["path"] == "/items/{plate}"
    assert "81A" not in repr(one.request_summary)
    assert one.bodies is not None
    assert one.bodies.request == b"/items/81A-00001/parts/7?q=1"
    grain, _, found = one.request_digest.partition(":")
    assert found == hashlib.sha256(bytes.fromhex(grain) + one.bodies.request).hexdigest()
