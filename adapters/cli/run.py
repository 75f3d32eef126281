"""``lienthong run``: the processes of an installation, alone or all under one parent."""

from __future__ import annotations

from typing import Annotated

import structlog
import typer

from adapters.cli import serving
from adapters.cli.place import Place, database, ready
from adapters.cli.speech import say

log = structlog.get_logger(__name__)

app = typer.Typer(
    name="run",
    help="Chạy dịch vụ. / Run processes.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@app.command("api")
def api() -> None:
    """Chỉ các điểm nhận yêu cầu và trang quản trị. / Endpoints and dashboard only."""
    with database(ready("api"), start=False) as place:
        serving.refuse_pending(place)
        serving.serve_api(place, serving.listen(place))


@app.command("worker")
def worker() -> None:
    """Một tiến trình làm việc nền. / One worker process."""
    with database(ready("worker"), start=False) as place:
        serving.refuse_pending(place)
        _say_what_is_kept(place)
        serving.serve_worker(place)


@app.command("scheduler")
def scheduler() -> None:
    """Tiến trình rà việc đến hạn; chạy hai bản vô hại. / The sweep; harmless to run twice."""
    with database(ready("scheduler"), start=False) as place:
        serving.refuse_pending(place)
        serving.serve_scheduler(place)


@app.command("all")
def everything(
    sandbox: Annotated[
        bool,
        typer.Option(
            "--sandbox", help="Mọi hệ thống ngoài là giả lập. / Every outside system is a stand-in."
        ),
    ] = False,
    port: Annotated[int, typer.Option("--port", help="Cổng. / Port.", max=65535)] = -1,
    play: Annotated[
        bool,
        typer.Option(
            "--play/--no-play",
            help="Với --sandbox: diễn một ngày của tỉnh trên cơ sở dữ liệu riêng. / Play a provincial day.",
        ),
    ] = True,
    seed: Annotated[int, typer.Option("--seed", help="Hạt giống của ngày. / Seed of the day.", min=0)] = 1,
    scale: Annotated[
        float, typer.Option("--scale", help="1 là khoảng 2.000 hồ sơ. / 1 is about 2,000 dossiers.", min=0.01)
    ] = 1.0,
    leave: Annotated[
        bool,
        typer.Option(
            "--exit", help="Kết thúc sau khi diễn; 0 chỉ khi mọi kiểm tra đúng. / End after the play."
        ),
    ] = False,
) -> None:
    """Tất cả trong một, kèm PostgreSQL khi chưa có. / Everything in one, with PostgreSQL when none is set."""
    overrides: dict[str, object] = {"sandbox": True} if sandbox else {}
    if port >= 0:
        overrides["api"] = {"port": port}
    with database(ready("supervisor", **overrides)) as place:
        if sandbox and play:
            raise typer.Exit(_play(place, seed=seed, scale=scale, leave=leave))
        if place.server is not None:
            from jobs.store.migrate import migrate

            migrate(place.dsn)
        else:
            serving.refuse_pending(place)
        if sandbox:
            _demo(place)
        _say_what_is_kept(place)
        serving.serve_all(place)


def _say_what_is_kept(place: Place) -> None:
    if not place.settings.evidence.master_keys:
        log.info("evidence.bodies_not_kept", missing="LIENTHONG_EVIDENCE__MASTER_KEY")


def _play(place: Place, *, seed: int, scale: float, leave: bool) -> int:
    from adapters.cli.day.theatre import Theatre
    from jobs.store.embedded.places import default_home

    home = place.settings.data_directory or default_home()
    home.mkdir(parents=True, exist_ok=True)
    return Theatre(place, seed, scale, leave, home / "play.log").run()


def _demo(place: Place) -> None:
    from jobs.access.demo import PASSWORD, add_demo_people
    from jobs.access.service import Access
    from jobs.bootstrap import refuse_partners
    from jobs.clock import DatabaseClock
    from jobs.store.postgres.store import PgStore

    refuse_partners(place.settings)
    store = PgStore(place.dsn, DatabaseClock(place.dsn), size=1)
    try:
        people = add_demo_people(Access(store), sandbox=True)
    finally:
        store.close()  # its threads must be gone before anybody forks
    names = ", ".join(person.login for person in people)
    say(f"Đăng nhập thử: {names} · mật khẩu {PASSWORD}", f"Demo sign-in: {names} · password {PASSWORD}")
