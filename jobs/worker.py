"""One worker process: Dramatiq's threads, each queue's drain, a clean end at SIGTERM."""

from __future__ import annotations

import signal

import psycopg
import structlog
from dramatiq import Worker
from prometheus_client import start_http_server

from config.metrics import UP, told
from jobs.broker.wakes import declare_drain
from jobs.runtime import Runtime

log = structlog.get_logger(__name__)

_IDLE_MILLISECONDS = 500
_ENDS = {signal.SIGTERM, signal.SIGINT}


def new_worker_number(dsn: str) -> int:
    """A number that no living worker has."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute("select nextval('worker_number')").fetchone()
    assert row is not None  # noqa: S101 - nextval always answers
    return int(row[0])


def hold_signals() -> None:
    """Keep SIGTERM and SIGINT for :func:`run`. Before any thread is started: a thread that does not hold them would
    let them end the process at once.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)


def serve_metrics(port: int) -> None:
    """The counters of this process, on the inner side of the machine only."""
    if port:
        start_http_server(port, addr="127.0.0.1")


def start(runtime: Runtime) -> Worker:
    """Declare every drain and begin to hear wake-ups; does not block."""
    for queue, drain in runtime.drains.items():
        declare_drain(runtime.broker, queue, drain, told=told)
    worker = Worker(
        runtime.broker, worker_threads=runtime.settings.work.threads, worker_timeout=_IDLE_MILLISECONDS
    )
    worker.start()
    return worker


def run(runtime: Runtime) -> None:
    """Work until SIGTERM or SIGINT, then let running drains end. To be called from the main thread."""
    signal.pthread_sigmask(
        signal.SIG_BLOCK, _ENDS
    )  # before any thread: they inherit it, and only we are told
    worker = start(runtime)
    UP.labels("worker").set(1)
    log.info("worker.started", worker=runtime.worker, queues=sorted(runtime.drains))
    signal.sigwait(_ENDS)
    runtime.stopping.set()
    worker.stop(timeout=int(runtime.settings.work.stop_seconds * 1000))
    runtime.close()
    log.info("worker.stopped", worker=runtime.worker)
