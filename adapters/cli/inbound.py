"""``lienthong inbound``: what other systems sent about dossiers, what waits for set-up, trying again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.acting import Person, acting
from adapters.cli.reading import read, show
from adapters.cli.speech import FAILED, WRONG_USE, say, stop

app = typer.Typer(
    name="inbound",
    help="Hồ sơ và tin từ các hệ thống khác gửi đến. / What other systems send us about dossiers.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
_JSON = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]
_Reason = Annotated[str, typer.Option("--reason", help="Lý do. / Why; it is written down.")]


@app.command("list")
def listing(
    as_json: _JSON = False,
    is_open: Annotated[
        bool, typer.Option("--open", help="Từng tin đang chờ và còn thiếu gì. / What waits, and for what.")
    ] = False,
) -> None:
    """Mỗi hệ thống: đang chờ, cần khai báo, đã xử lý, bỏ qua. / Per system, or what is open."""
    from jobs.inbound.setup import words
    from jobs.store.postgres import inbound as rows

    if not is_open:
        show("systems", read(rows.figures), as_json=as_json)
        return
    found = read(rows.open_rows)
    for row in found:
        row["lacks"] = "; ".join(words(lack, what) for lack, what in row["lacks"])
    show("news", found, as_json=as_json)


@app.command("retry")
def retry(
    login: Person,
    reason: _Reason,
    ids: Annotated[
        list[int] | None, typer.Argument(help="Số của tin; bỏ trống: tất cả. / Ids; none: all.")
    ] = None,
) -> None:
    """Thử lại ngay các tin đang chờ khai báo. / Try parked news again now."""
    with acting(login, "retry") as (services, actor):
        if services.inbound is None:
            stop(FAILED, "Chưa cấu hình phần mềm một cửa.", "No case system is set.")
        tried = services.inbound.retry(ids or None, reason=reason, actor=actor)
    say(f"Đã đặt lại {tried} tin.", f"{tried} pieces of news are tried again.")


@app.command("setup")
def set_up(
    login: Person,
    file: Annotated[Path, typer.Argument(help="Tệp TOML: đơn vị, thủ tục, người tiếp nhận. / TOML file.")],
    reason: _Reason,
) -> None:
    """Khai báo đơn vị, thủ tục và người tiếp nhận; hồ sơ đang chờ được thử lại ngay. / Write the set-up."""
    from jobs.inbound.setup import read_file

    try:
        content = read_file(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        stop(WRONG_USE, f"Không đọc được tệp: {file}", f"The file cannot be read: {type(exc).__name__}")
    with acting(login, "retry") as (services, actor):
        if services.inbound is None:
            stop(FAILED, "Chưa cấu hình phần mềm một cửa.", "No case system is set.")
        services.inbound.keep_setup(content, reason=reason, actor=actor)
    say("Đã lưu khai báo.", "The set-up is kept.")
