"""The notification endpoint in a process of its own, to be killed: ``python -m … PORT DSN``."""

from __future__ import annotations

import sys

import uvicorn

from adapters.app import create_app
from adapters.ports import Edge
from jobs.access.service import Access
from jobs.store.postgres.store import PgStore
from tests.integration.edge.stand_ins import StandStill, a_clock, vnpay_door


def main() -> None:
    port, dsn = int(sys.argv[1]), sys.argv[2]
    store = PgStore(dsn, a_clock())
    edge = Edge(
        dsn=dsn,
        store=store,
        clock=a_clock(),
        ids=StandStill(),
        access=Access(store),
        wake=lambda _: None,
        vnpay=vnpay_door(),
    )
    uvicorn.run(create_app(edge), port=port, log_level="error", loop="uvloop", http="httptools")


if __name__ == "__main__":
    main()
