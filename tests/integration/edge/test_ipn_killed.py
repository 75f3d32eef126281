"""SIGKILL under load: whatever was answered is stored."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys

import httpx
import psycopg
import pytest

from tests.integration.edge.at_once import finished
from tests.integration.edge.stand_ins import TERMINAL, ipn_query
from tests.support.waiting import eventually

ROUNDS = 3
SENDERS = 32


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/livez").status_code == 200
    except httpx.TransportError:
        return False


async def send_until_it_dies(port: int, process: subprocess.Popen[bytes], first: int) -> list[str]:
    """References that were answered 00 before the process was gone."""
    answered: list[str] = []

    async def sender(client: httpx.AsyncClient, number: int) -> None:
        while True:
            reference = f"R{number:015d}"
            try:
                answer = await client.get(f"/webhooks/vnpay/ipn?{ipn_query(reference)}")
            except httpx.TransportError:
                return
            if answer.json()["RspCode"] == "00":
                answered.append(reference)
            if len(answered) >= 300 and process.poll() is None:
                process.send_signal(signal.SIGKILL)
            number += SENDERS

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        await asyncio.gather(*(sender(client, first + number) for number in range(SENDERS)))
    return answered


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_nothing_that_was_answered_is_missing_after_a_kill(dsn: str, sql: psycopg.Connection, turn: int):
    """An answer of 00 ends the gateway's repeats: the row must be there whatever happens to us (D1)."""
    first = turn * 100_000
    sql.execute(
        """insert into payment_attempt (reference, channel, provider, terminal, amount, state, created_at)
           select 'R' || lpad(i::text, 15, '0'), 'vnpay', 'vnpay', %s, 100000, 'SENT', now()
           from generate_series(%s::int, %s::int) i""",
        (TERMINAL, first, first + 5_000),
    )
    port = free_port()
    command = [sys.executable, "-m", "tests.integration.edge.ipn_process", str(port), dsn]
    with subprocess.Popen(command) as process:
        try:
            eventually(lambda: alive(port), within=20)
            answered = finished(send_until_it_dies(port, process, first))
        finally:
            process.kill()
    stored = {row[0] for row in sql.execute("select news->>'reference' from inbox").fetchall()}
    assert len(answered) >= 300
    assert not set(answered) - stored
