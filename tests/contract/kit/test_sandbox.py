"""The sandbox base: routes, faults, a server that can be trusted to misbehave exactly as told."""

from __future__ import annotations

import ast
import contextlib
import json
import re
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import ContractBroken, OutcomeUnknown, Unavailable
from connectors.kit.effects import EffectClass
from connectors.kit.sandbox import PlayClock, Sandbox, SandboxAnswer, SandboxRequest, route, serve
from connectors.kit.sandbox_faults import KINDS
from connectors.kit.transport import Transport
from tests.architecture.sources import name, product_files, tree
from tests.contract.kit.conftest import Plain, write


def fault(transport, **facts):
    """Set a fault through the control door."""
    return transport.send("c", "POST", "/_sandbox/faults", effect_class=EffectClass.READ, json=facts)


def test_routes_with_parts_and_addresses_that_are_not_there(transport):
    """A path's parts reach the operation; anything else is 404."""
    part = transport.send("p", "GET", "/items/A-1/parts/2", effect_class=EffectClass.READ)
    assert json.loads(part.content) == {"code": "A-1"}
    with pytest.raises(Exception, match="404"):
        transport.send("p", "GET", "/items/A-1/parts", effect_class=EffectClass.READ)


ACTING = {"slow", "trickle", "lose_answer", "error_after_acting", "error_200", "half", "wrong_signature", "garbage", "answer_twice"}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_fault_acts_or_does_not(transport, plain, kind):
    """The difference between the two is what the client must not guess."""
    fault(transport, operation="write", kind=kind, times=1, seconds=0.05)
    with contextlib.suppress(Unavailable, OutcomeUnknown):
        write(transport, deadline_seconds=0.5)
    assert (plain.received["write"], plain.acted["write"]) == (1, int(kind in ACTING))
    assert write(transport).status == 200


def test_faults_happen_to_each_so_many_th_request(transport, plain):
    """Counted, not drawn: the same day twice meets the same faults."""
    fault(transport, operation="write", kind="too_many", every=3, times=2, seconds=7)
    seen: list[float | None] = []
    for _ in range(10):
        try:
            write(transport)
            seen.append(None)
        except Unavailable as exc:
            seen.append(exc.retry_after_seconds)
    assert seen == [None, None, 7, None, None, 7, None, None, None, None]


def test_faults_end_when_they_are_cleared(transport, plain):
    """A play ends its faults, then everything must settle."""
    fault(transport, operation="*", kind="half", after_bytes=3)
    with pytest.raises(ContractBroken):
        write(transport)
    transport.send("c", "DELETE", "/_sandbox/faults", effect_class=EffectClass.READ)
    assert write(transport).status == 200


@pytest.mark.parametrize("facts", [{"kind": "nonsense"}, {}, {"kind": "slow", "every": 0.5}, {"kind": "slow", "times": 0}])  # fmt: skip
def test_a_fault_that_makes_no_sense_is_refused(transport, facts):
    """A misspelt fault would let a test pass that tests nothing."""
    with pytest.raises(Exception, match="422"):
        fault(transport, operation="*", **facts)


def test_several_sandboxes_on_one_port(plain):
    """Faults and counts are found in one place."""

    class Other(Sandbox):
        system = "other"

        @route("GET", "/other", "look")
        def look(self, request: SandboxRequest) -> SandboxAnswer:
            return SandboxAnswer(200, {}, b"other")

    with serve(plain, Other()) as server:
        transport = Transport(server.url, system="x", deadline_seconds=5)
        write(transport)
        fault(transport, operation="*", kind="closed", system="other")
        write(transport)
        with pytest.raises(Unavailable):
            transport.send("l", "GET", "/other", effect_class=EffectClass.READ)
        calls = json.loads(
            transport.send("c", "GET", "/_sandbox/calls", effect_class=EffectClass.READ).content
        )
    assert calls["plain"]["acted"] == {"write": 2}
    assert calls["other"] == {"received": {"look": 1}, "acted": {}}


def test_it_is_fast_enough_not_to_be_what_is_measured():
    """Eight callers must find a server that answers thousands of times a second."""
    plain = Plain()
    raw = b"POST /write HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
    with serve(plain) as server, socket.create_connection(("127.0.0.1", server.port)) as wire:
        begun = time.perf_counter()
        for _ in range(500):
            wire.sendall(raw)
            wire.recv(4096)
        rate = 500 / (time.perf_counter() - begun)
    assert rate > 1_000


def test_closing_ends_connections_and_threads(plain):
    """A test that leaves a thread behind breaks the next one."""
    before = threading.active_count()
    server = serve(plain)
    wires = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
    server.close()
    for wire in wires:
        wire.close()
    assert threading.active_count() == before


def test_the_clock_of_a_play_runs_like_the_products():
    """Both are made of the same three values."""
    shown, real = datetime(2026, 11, 23, 1, tzinfo=UTC), datetime.now(UTC) - timedelta(seconds=10)
    clock = PlayClock(shown, 60, real_from=real)

    assert timedelta(seconds=600) <= clock.now() - shown < timedelta(seconds=900)
    assert PlayClock(shown, 0).now() == shown


def _imports(path) -> set[str]:
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def _is_sandbox(module: str) -> bool:
    return any(part.startswith("sandbox") for part in module.split(".")[1:])


def test_only_the_command_line_plays_with_sandboxes():
    """The product must not know that stand-ins exist."""
    found = [
        (name(path), module)
        for path in product_files()
        if not path.name.startswith("sandbox") and not name(path).startswith("adapters/cli/")
        for module in _imports(path)
        if module.startswith("connectors.") and _is_sandbox(module)
    ]
    assert found == []


def test_a_sandbox_shares_no_code_with_its_client():
    """Two equal mistakes must not cancel out."""
    found = []
    for path in product_files():
        if not (path.name.startswith("sandbox") and name(path).startswith("connectors/")):
            continue
        system = path.parent.name
        for module in _imports(path):
            ours = module.startswith(("connectors", "mappings", "config", "jobs", "adapters"))
            own = module.startswith((f"connectors.{system}.sandbox", f"connectors.{system}.contract"))
            own |= module == f"connectors.{system}" or module.startswith("connectors.kit.seams")
            own |= re.match(r"connectors\.kit\.(\w+\.)?sandbox", module) is not None
            if ours and not own:
                found.append((name(path), module))
    assert found == []
