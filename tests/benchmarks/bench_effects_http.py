"""Effects with a real HTTP call each to a local server that does nothing, beside a bare loop of httpx.

Ours goes through the whole product: engine, transport with its whole deadline, exchange rows. Both sides: two processes,
sixteen calls at once together, the same server in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

import httpx

from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.kit.transport import Transport
from tests.benchmarks import effects_rig as rig
from tests.benchmarks import harness
from tests.benchmarks.harness import Row

COUNT = 6_000
AT_ONCE = 8  # per process
_ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"code":"00"}'


class _NoOp(asyncio.Protocol):
    """Answers every request the same, without looking at more than its length."""

    def connection_made(self, transport: Any) -> None:
        self._transport, self._seen = transport, b""

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while True:
            head, gap, rest = self._seen.partition(b"\r\n\r\n")
            if not gap:
                return
            lowered = head.lower()
            at = lowered.find(b"content-length:")
            length = int(lowered[at + 15 :].partition(b"\r\n")[0]) if at >= 0 else 0
            if len(rest) < length:
                return
            self._seen = rest[length:]
            self._transport.write(_ANSWER)


def _serve(door: socket.socket) -> None:
    import uvloop

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(_NoOp, sock=door)
        await server.serve_forever()

    uvloop.run(run())


def _server() -> tuple[int, str]:
    door = socket.create_server(("127.0.0.1", 0), backlog=256)
    url = f"http://127.0.0.1:{door.getsockname()[1]}"
    return rig.fork(lambda: _serve(door)), url


def _ours() -> dict[str, float]:
    log = rig.Log()
    server, url = _server()
    transport = Transport(url, system=rig.SYSTEM, pool=2 * AT_ONCE)

    def perform(call: Call) -> Done:
        log.write(call.key)
        answer = transport.send(
            "write", "POST", "/refund", effect_class=EffectClass.IDEMPOTENT, reference=call.reference,
            json=call.payload,
        )  # fmt: skip
        return Done(json.loads(answer.content), "00")

    made = Operation(rig.SYSTEM, "write", EffectClass.IDEMPOTENT, "by its key", perform)
    with rig.database() as dsn:
        rig.plan(dsn, COUNT, COUNT)
        pids = rig.start(dsn, made)
        assert log.wait(COUNT, 240)
        rig.kill([*pids, server])
    rate = log.rate()
    log.close()
    return {"rate": rate}


def _bare() -> dict[str, float]:
    log = rig.Log()
    server, url = _server()
    pids = [rig.fork(lambda n=n: _loops(url, log, n)) for n in range(rig.PROCESSES)]  # type: ignore[misc]
    for pid in pids:
        os.waitpid(pid, 0)
    rig.kill([server])
    rate = log.rate()
    log.close()
    return {"rate": rate}


def _loops(url: str, log: rig.Log, number: int) -> None:
    todo = list(range(number, COUNT, rig.PROCESSES))
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    payload = {"reference": "R000000000000001", "amount": 150_000, "text": "x" * 200}
    with httpx.Client(base_url=url, limits=limits, trust_env=False) as client:

        def run() -> None:
            while todo:
                try:
                    each = todo.pop()
                except IndexError:
                    return
                log.write(each)
                client.post("/refund", json=payload).raise_for_status().json()

        threads = [threading.Thread(target=run) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


CELLS: dict[str, Callable[[], dict[str, float]]] = {"ours": _ours, "httpx": _bare}


def judge(rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """At least 0.8 of the bare loop."""
    found = harness.rounds_of("tests.benchmarks.bench_effects_http", list(CELLS), rounds)
    times = harness.quotient(found["ours"], found["httpx"], "rate")
    ours, bare = (harness.median(found[name], "rate") for name in CELLS)
    row = Row(f"effects/s with an HTTP call each beside bare httpx ({bare:,.0f})", f"{ours:,.0f}, {times:.2f} ×",
              ">= 0.8", times >= 0.8)  # fmt: skip
    return [row], {name: [round(cell["rate"]) for cell in cells] for name, cells in found.items()}


if __name__ == "__main__":
    harness.run("tests.benchmarks.bench_effects_http", CELLS, judge)
