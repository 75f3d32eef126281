"""Entries per second through the posting function, beside bare multi-row INSERTs into the same tables with the same constraints.

Two processes of eight connections each. Every transaction books a batch of payments (three entries each), durably. The bare
side is handed ready values; ours starts from business facts: table of rules, balance check, once per event and document.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import date
from typing import Any

import psycopg

from connectors.kit.seams import MachineClock
from jobs.ledger.posting import Posting, Share, post
from jobs.store.postgres.store import APPLICATION_ROLE, PgStore
from tests.benchmarks import harness
from tests.benchmarks.harness import Row
from tests.support.database import databases

PROCESSES, CONNECTIONS = 2, 8
SECONDS = 4.0
BATCH = 50
ENTRIES = 3
BAR = 0.6
_NAMES = {"provider": "vnpay", "terminal": "LIENTH01"}
_LINES = (Share(70_000, unit="H21.129", item="2716"), Share(30_000, unit="H21.129", item="2766"))
_DAY = date(2026, 11, 23)

Step = Callable[[int], None]


def _posting(dsn: str, worker: int, batch: int) -> tuple[Step, Callable[[], None]]:
    store = PgStore(dsn, MachineClock(), size=1)

    def step(number: int) -> None:
        with store.transaction("bench") as tx:
            post(tx, *[Posting("paid", f"{worker}-{number}-{n}", {}, _NAMES, _LINES) for n in range(batch)])

    return step, store.close


def _bare(dsn: str, worker: int, batch: int) -> tuple[Step, Callable[[], None]]:
    connection = psycopg.connect(dsn)
    connection.execute(f"set role {APPLICATION_ROLE}")
    connection.commit()
    heads = (
        "insert into ledger_transaction (event, document, at, transaction_on, value_on, booked_on, actor, correlation_id) values "
        + ", ".join(["(%s, %s, %s, %s, %s, %s, %s, %s)"] * batch)
        + " returning id"
    ).encode()
    lines = (
        "insert into ledger_entry (transaction_id, account, amount, reference) values "
        + ", ".join(["(%s, %s, %s, %s)"] * (batch * ENTRIES))
    ).encode()
    accounts = (
        ("receivable:vnpay:LIENTH01", 100_000),
        ("fee_payable:H21.129:2716", -70_000),
        ("fee_payable:H21.129:2766", -30_000),
    )
    clock = MachineClock()

    def step(number: int) -> None:
        now = clock.now()
        names = [f"{worker}-{number}-{n}" for n in range(batch)]
        values: list[Any] = []
        for name in names:
            values += ["paid", name, now, _DAY, _DAY, _DAY, "rule:posting", ""]
        ids = [row[0] for row in connection.execute(heads, values).fetchall()]
        entries: list[Any] = []
        for number_of, name in zip(ids, names, strict=True):
            for account, amount in accounts:
                entries += [number_of, account, amount, name]
        connection.execute(lines, entries)
        connection.commit()

    return step, connection.close


_WAYS = {"posting": _posting, "bare": _bare}


def _process(way: str, dsn: str, first: int, batch: int, begin: float) -> int:
    """Entries that this process's connections committed in time."""
    booked = [0] * CONNECTIONS

    def work(place: int) -> None:
        step, close = _WAYS[way](dsn, first + place, batch)
        step(-1)  # connects and prepares
        time.sleep(max(0.0, begin - time.monotonic()))
        number, end = 0, begin + SECONDS
        while time.monotonic() < end:
            step(number)
            number += 1
        booked[place] = number * batch * ENTRIES
        close()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(booked)


def _cell(way: str, batch: int) -> dict[str, float]:
    with databases() as made:
        dsn = made.create()
        begin = time.monotonic() + 1.5
        reading, writing = os.pipe()
        children = []
        for process in range(PROCESSES):
            pid = os.fork()
            if pid == 0:
                try:
                    booked = _process(way, dsn, process * CONNECTIONS, batch, begin)
                    os.write(writing, f"{booked}\n".encode())
                finally:
                    os._exit(0)
            children.append(pid)
        for child in children:
            os.waitpid(child, 0)
        os.close(writing)
        with os.fdopen(reading) as told:
            total = sum(json.loads(line) for line in told)
        with psycopg.connect(dsn) as owner:
            stored = owner.execute("select count(*), coalesce(sum(amount), 0) from ledger_entry").fetchone()
        warm = PROCESSES * CONNECTIONS * batch * ENTRIES
        if stored != (total + warm, 0):
            raise SystemExit(f"{way}: {stored} stored, {total + warm} counted")
        made.drop(dsn)
    return {"entries_per_second": total / SECONDS}


CELLS = {
    "posting": lambda: _cell("posting", BATCH),
    "bare": lambda: _cell("bare", BATCH),
    "posting-one": lambda: _cell("posting", 1),
    "bare-one": lambda: _cell("bare", 1),
}


def judge(rounds: int) -> tuple[list[Row], dict[str, Any]]:
    """Both ways in every round, rivals interleaved."""
    found = harness.rounds_of("tests.benchmarks.bench_ledger", list(CELLS), rounds)
    key = "entries_per_second"
    medians = {cell: harness.median(rows, key) for cell, rows in found.items()}
    quotient = harness.quotient(found["posting"], found["bare"], key)
    one = harness.quotient(found["posting-one"], found["bare-one"], key)
    rows = [
        Row(
            f"ledger entries per second, {PROCESSES * CONNECTIONS} connections, {BATCH} postings per commit",
            f"{medians['posting']:,.0f}/s = {quotient:.2f} x bare INSERTs ({medians['bare']:,.0f}/s)",
            f">= {BAR} x",
            quotient >= BAR,
        ),
        Row(
            "the same, one posting per commit",
            f"{medians['posting-one']:,.0f}/s = {one:.2f} x bare ({medians['bare-one']:,.0f}/s)",
        ),
    ]
    return rows, medians


if __name__ == "__main__":
    harness.run("tests.benchmarks.bench_ledger", CELLS, judge)
    sys.exit(0)
