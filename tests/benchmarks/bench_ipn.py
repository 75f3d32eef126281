"""The notification endpoint beside the same route without a database, by wrk; rounds outermost, fresh processes.

Bar: at least 0.9 at 32 and at 128 connections, every answered notification stored. Prints a table, writes JSON.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import psycopg

from tests.integration.edge.stand_ins import TERMINAL, ipn_query
from tests.integration.edge.test_ipn_killed import free_port
from tests.support.database import databases
from tests.support.waiting import eventually

ROUNDS, SECONDS, CONNECTIONS = 3, 2, (32, 128)
ORDERS = 60_000
OUT = Path(__file__).parents[2] / "var" / "bench" / "ipn.json"
LUA = Path(__file__).with_name("ipn.lua")


def prepare(dsn: str, paths: Path) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            """insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at)
               select 'R' || lpad(i::text, 15, '0'), 'vnpay', 'vnpay', %s, 100000, 'SENT', now()
               from generate_series(0, %s::int - 1) i""",
            (TERMINAL, ORDERS),
        )
        connection.execute("analyze payment_attempt")
    lines = (f"/webhooks/vnpay/ipn?{ipn_query(f'R{number:015d}')}" for number in range(ORDERS))
    paths.write_text("\n".join(lines) + "\n")


def measure(kind: str, dsn: str, paths: Path, connections: int) -> tuple[float, int]:
    """Requests per second and answered requests of one fresh process."""
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks.ipn_server", str(port), dsn, kind]
    with subprocess.Popen(command) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            eventually(lambda: answers(address), within=20)
            load(address, paths, connections, 1)
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("truncate inbox")
            text = load(address, paths, connections, SECONDS)
        finally:
            process.kill()
    if "Non-2xx" in text:
        raise SystemExit(text)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    answered = re.search(r"(\d+) requests in", text)
    if rate is None or answered is None:
        raise SystemExit(text)
    return float(rate.group(1)), int(answered.group(1))


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/webhooks/vnpay/ipn").status_code == 200
    except httpx.TransportError:
        return False


def load(address: str, paths: Path, connections: int, seconds: int) -> str:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("wrk is not installed")
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}", "-s", str(LUA), address]
    environment = {**os.environ, "IPN_PATHS": str(paths)}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def main() -> None:
    results: dict[str, object] = {}
    with databases() as made, tempfile.TemporaryDirectory() as place:
        dsn, paths = made.create(), Path(place) / "paths"
        prepare(dsn, paths)
        quotients: dict[int, list[float]] = {connections: [] for connections in CONNECTIONS}
        rates: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for connections in CONNECTIONS:
                bare, _ = measure("bare", dsn, paths, connections)
                durable, answered = measure("durable", dsn, paths, connections)
                with psycopg.connect(dsn) as connection:
                    row = connection.execute("select count(*) from inbox").fetchone()
                if row is None or row[0] < min(answered, ORDERS):
                    raise SystemExit(f"{answered} answered, {row} stored")
                quotients[connections].append(durable / bare)
                rates.setdefault(f"bare {connections}", []).append(bare)
                rates.setdefault(f"durable {connections}", []).append(durable)
        for name, values in rates.items():
            sys.stdout.write(
                f"{name:14} {statistics.median(values):9.0f}/s  [{min(values):.0f}-{max(values):.0f}]\n"
            )
        for connections, values in quotients.items():
            ratio = statistics.median(values)
            results[str(connections)] = {"ratio": ratio, "rounds": values}
            sys.stdout.write(f"ratio {connections:4}  {ratio:.2f}  (bar 0.90)\n")
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"ratios": results, "rates": rates}, indent=1))


if __name__ == "__main__":
    main()
