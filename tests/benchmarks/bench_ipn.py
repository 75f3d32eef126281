"""The notification endpoint beside the same route without a database, by wrk; rounds outermost, fresh processes.

Each notification is another order's, signed; the product verifies it, stores it, reads the order and answers after the
commit. Every answered notification is looked for afterwards. Workers do not run: the endpoint process is what is measured.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.benchmarks.harness import Row, median, quotient, run
from tests.integration.bad_input.messages import AMOUNT, TERMINAL, ipn
from tests.support.database import databases
from tests.support.installation import free_port
from tests.support.waiting import eventually

SECONDS, CONNECTIONS = 2, (32, 128)
ORDERS = 60_000
BAR = 0.9
LUA = Path(__file__).with_name("ipn.lua")


def prepare(dsn: str, paths: Path) -> None:
    """Open orders, and a file with the address of one notification for each."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            """insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at)
               select 'R' || lpad(i::text, 15, '0'), 'vnpay', 'vnpay', %s, %s, 'SENT', now()
               from generate_series(0, %s::int - 1) i""",
            (TERMINAL, AMOUNT, ORDERS),
        )
        connection.execute("vacuum analyze payment_attempt")
    queries = (ipn(vnp_TxnRef=f"R{n:015d}", vnp_TransactionNo=str(14_000_000 + n)) for n in range(ORDERS))
    paths.write_text("".join(f"/webhooks/vnpay/ipn?{query}\n" for query in queries))


def measure(kind: str, dsn: str, paths: Path, connections: int) -> dict[str, float]:
    """Requests per second and answered requests of one fresh process."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.ipn_server", str(port), dsn, kind]
    ) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            eventually(lambda: _answers(address), within=60)
            _load(address, paths, connections, 1)
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("truncate inbox")
            text = _load(address, paths, connections, SECONDS)
        finally:
            process.kill()
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    answered = re.search(r"(\d+) requests in", text)
    if "Non-2xx" in text or rate is None or answered is None:
        raise SystemExit(text)
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select count(*) from inbox").fetchone()
    stored = row[0] if row else 0
    if kind == "durable" and stored < min(int(answered[1]), ORDERS):
        raise SystemExit(f"{answered[1]} answered, {stored} stored")
    return {"rate": float(rate[1]), "answered": float(answered[1]), "stored": float(stored)}


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/webhooks/vnpay/ipn").status_code == 200
    except httpx.TransportError:
        return False


def _load(address: str, paths: Path, connections: int, seconds: int) -> str:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("wrk is not installed")
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}", "-s", str(LUA), address]
    environment = {**os.environ, "IPN_PATHS": str(paths)}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def judge(rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """The bar at each number of connections."""
    found: dict[str, list[dict[str, float]]] = {}
    with databases() as made, tempfile.TemporaryDirectory() as place:
        dsn, paths = made.create(), Path(place) / "paths"
        prepare(dsn, paths)
        for number in range(rounds):
            for connections in CONNECTIONS:
                for kind in ("bare", "durable"):
                    cell = measure(kind, dsn, paths, connections)
                    found.setdefault(f"{kind} {connections}", []).append(cell)
                    sys.stderr.write(f"  {number + 1}/{rounds} {kind} {connections}: {cell}\n")
        made.drop(dsn)
    rows = []
    for connections in CONNECTIONS:
        bare, durable = found[f"bare {connections}"], found[f"durable {connections}"]
        ratio = quotient(durable, bare, "rate")
        measured = f"{median(durable, 'rate'):,.0f}/s = {ratio:.2f} x without database ({median(bare, 'rate'):,.0f}/s)"
        rows.append(Row(f"IPN stored, {connections} connections", measured, f">= {BAR} x", ratio >= BAR))
    return rows, {name: median(cells, "rate") for name, cells in found.items()}


if __name__ == "__main__":
    run("tests.benchmarks.bench_ipn", {}, judge)
