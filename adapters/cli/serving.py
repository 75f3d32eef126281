"""The life of each process: endpoints, a worker, the sweep, and all of them under one parent."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from adapters.cli.place import Place
from adapters.cli.speech import DATABASE, note, say, stop

if TYPE_CHECKING:
    from adapters.ports import Edge
    from jobs.runtime import Runtime
    from jobs.store.embedded.server import EmbeddedServer
    from jobs.supervisor import Child

_API_THREADS = 16


def edge_of(runtime: Runtime) -> Edge:
    """What the endpoints use of this process."""
    from adapters.ports import Edge, PlatformDoor, VnpayDoor
    from adapters.webhooks.dossiers import doors
    from adapters.webhooks.gateway_doors import notice_doors
    from adapters.webhooks.signing import hint_doors
    from connectors.errors import Forged
    from connectors.payment_platform.notifications import answer
    from jobs.health import readiness

    settings, verifiers = runtime.settings, runtime.connectors.verifiers
    platform = settings.connectors.payment_platform
    return Edge(
        dsn=runtime.dsn,
        store=runtime.store,
        clock=runtime.clock,
        ids=runtime.ids,
        access=runtime.services.access,
        wake=runtime.wake,
        vnpay=VnpayDoor(verifiers["vnpay"], (Forged,)) if "vnpay" in verifiers else None,
        platform=PlatformDoor(verifiers["payment_platform"], partial(answer, settings=platform), (Forged,))
        if platform is not None
        else None,
        notices=notice_doors(verifiers),
        payments=runtime.services.payments,
        refunds=runtime.services.refunds,
        reconciliation=runtime.services.reconciliation,
        effects=runtime.services.effects,
        links=runtime.services.links,
        evidence=runtime.services.evidence,
        inbound=runtime.services.inbound,
        signatures=runtime.services.signatures,
        hints=hint_doors(settings.connectors, runtime.clock),
        doors=doors(settings.connectors, runtime.connectors.clients, runtime.clock),
        ready=lambda: readiness(runtime),
        sandbox=settings.sandbox,
        public_url=settings.api.address,
    )


def freeze_heap() -> None:
    """Take what is loaded by now out of the garbage collector's rounds.

    The whole product is some hundred thousand objects that live as long as the process; walking over them again and again
    cost a notification a fifth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def listen(place: Place) -> socket.socket:
    """The door of the endpoints, open before anybody serves it: a restarted process refuses nobody."""
    api = place.settings.api
    door = socket.socket(socket.AF_INET6 if ":" in api.host else socket.AF_INET)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind((api.host, api.port))
    door.listen(1024)
    return door


def serve_api(place: Place, door: socket.socket) -> None:
    """Serve the endpoints until SIGTERM."""
    import uvicorn

    from adapters.app import create_app
    from config.logging import set_up
    from config.metrics import UP
    from jobs.bootstrap import build

    set_up(place.settings.logging, process="api")
    runtime = build(place.settings, place.dsn)
    UP.labels("api").set(1)
    app = create_app(edge_of(runtime))
    freeze_heap()
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=int(place.settings.work.stop_seconds),
    )
    try:
        uvicorn.Server(config).run(sockets=[door])
    finally:
        runtime.close()


def serve_worker(place: Place, number: int = 0) -> None:
    """Work until SIGTERM; the ``number``-th worker of its parent."""
    from config.logging import set_up
    from jobs import worker
    from jobs.bootstrap import build, install

    worker.hold_signals()
    set_up(place.settings.logging, process="worker")
    port = place.settings.work.metrics_port
    worker.serve_metrics(port + number if port else 0)
    runtime = build(place.settings, place.dsn, worker=worker.new_worker_number(place.dsn))
    install(runtime)
    freeze_heap()
    worker.run(runtime)


def refuse_pending(place: Place) -> None:
    """Stop with the way out when the database is older than the program."""
    import psycopg

    from jobs.store import migrate

    with psycopg.connect(place.dsn, autocommit=True) as connection:
        if migrate.pending(connection):
            stop(
                DATABASE,
                "Cơ sở dữ liệu chưa được nâng cấp. Hãy chạy 'lienthong db migrate'.",
                "The database is older than the program. Run 'lienthong db migrate'.",
            )


def serve_scheduler(place: Place) -> None:
    """Sweep until SIGTERM; a second one beside it stands by."""
    from jobs.supervisor import Supervisor

    sweep = _sweep(place)
    Supervisor([], tick=sweep.tick, stop_seconds=place.settings.work.stop_seconds).run()


def child(role: str, run: Callable[[], None]) -> Child:
    """One more process to keep running beside the installation's own."""
    from jobs.supervisor import Child

    return Child(role, run)


def serve_all(
    place: Place,
    *,
    door: socket.socket | None = None,
    beside: Sequence[Child] = (),
    each: Callable[[Callable[[], None]], None] | None = None,
    also: Callable[[list[Child]], None] = lambda _children: None,
    sweep_seconds: float = 1.0,
) -> None:
    """Endpoints, workers and the sweep until SIGTERM; an embedded server that dies is started again.

    Args:
        door: listens already, when its port had to be known before.
        beside: further processes, started first (a play has some).
        each: runs each of our own processes, instead of calling it plainly.
        also: called after each sweep with all processes; what it raises ends everything.
        sweep_seconds: from sweep to sweep; a play's minutes are short.
    """
    from jobs.supervisor import Supervisor

    door = door or listen(place)
    sweep = _sweep(place)
    server = place.server
    _warm_up()

    def in_child() -> None:
        sweep.leave_to_parent()
        if server is not None:
            server.leave_to_parent()

    def tick() -> None:
        if server is not None and server.pid is None:
            _revive(server)
        sweep.tick()
        also(children)

    own = [child("api", lambda: serve_api(place, door))]
    own += [
        child("worker", partial(serve_worker, place, number))
        for number in range(place.settings.work.processes)
    ]
    if each is not None:
        for one in own:
            one.run = partial(each, one.run)
    children = [*beside, *own]
    host, port = door.getsockname()[:2]
    say(f"Đang phục vụ tại http://{host}:{port}", f"Serving at http://{host}:{port}")
    supervisor = Supervisor(
        children,
        tick=tick,
        in_child=in_child,
        stop_seconds=place.settings.work.stop_seconds,
        tick_seconds=sweep_seconds,
    )
    try:
        supervisor.run()
    finally:
        sweep.close()
        door.close()
        note("Đã dừng.", "Stopped.")


def _revive(server: EmbeddedServer) -> None:
    import structlog

    structlog.get_logger(__name__).error("embedded.died")
    server.stop()
    server.start()


def _sweep(place: Place) -> Any:
    from jobs.bootstrap import FINDERS, installation_clock
    from jobs.broker.build import build_broker, sender
    from jobs.scheduler import Scheduler

    clock = installation_clock(place.settings, place.dsn)
    url = place.settings.broker_url.get_secret_value()
    send = sender(build_broker(place.dsn, url)) if url else None
    return Scheduler(place.dsn, clock, finders=FINDERS, send=send)


def _warm_up() -> None:
    """Load what the children need while it can still be shared between them."""
    import uvicorn.loops.auto
    import uvicorn.protocols.http.auto
    import uvicorn.server

    import adapters.app
    import jobs.bootstrap
    import jobs.worker

    del uvicorn, adapters, jobs
