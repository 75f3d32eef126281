"""``lienthong sync``: what every other system has of our dossiers; comparing and telling anew."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from adapters.cli.acting import Person, acting
from adapters.cli.reading import read, show
from adapters.cli.speech import FAILED, WRONG_USE, say, stop

app = typer.Typer(
    name="sync",
    help="Đồng bộ hồ sơ sang các hệ thống. / Dossiers told to other systems.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
_JSON = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]
_Moment = Annotated[
    datetime,
    typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M", "%Y-%m-%d"], help="Giờ Hà Nội. / Local."),
]


@app.command("list")
def listing(as_json: _JSON = False) -> None:
    """Mỗi hệ thống: đã có, đang gửi, bị từ chối, đã gửi lại sau khi mất. / Per system."""
    from jobs.store.postgres import sync as rows

    show("systems", read(rows.figures), as_json=as_json)


@app.command("compare")
def compare(login: Person) -> None:
    """Hỏi lại mỗi hệ thống những hồ sơ đã nhận; mất thì tự gửi lại. / Ask every system for what it confirmed."""
    with acting(login, "retry") as (services, _):
        if services.sync is None:
            stop(FAILED, "Chưa cấu hình phần mềm một cửa.", "No case system is set.")
        asked = services.sync.compare()
    say(f"Đã đặt {asked} câu hỏi.", f"{asked} questions are planned.")


@app.command("replay")
def replay(
    system: Annotated[str, typer.Argument(help="Hệ thống. / System.")],
    since: _Moment,
    until: _Moment,
    reason: Annotated[str, typer.Option("--reason", help="Lý do. / Why; it is written down.")],
    login: Person,
) -> None:
    """Gửi lại cho một hệ thống các hồ sơ thay đổi trong một khoảng thời gian. / Tell a system of a span of time again."""
    from jobs.periodic import LOCAL

    begin, end = (each if each.tzinfo else each.replace(tzinfo=LOCAL) for each in (since, until))
    if begin >= end:
        stop(WRONG_USE, "Thời điểm đầu phải trước thời điểm cuối.", "The span must begin before it ends.")
    with acting(login, "retry") as (services, actor):
        if services.sync is None or system not in services.sync.routes:
            stop(FAILED, f"Không có hệ thống '{system}'.", f"There is no system '{system}'.")
        planned = services.sync.replay(begin, end, system=system, reason=reason, actor=str(actor))
    say(f"Đã đặt {planned} tác vụ.", f"{planned} calls are planned.")
