"""``lienthong jobs``: effects on outside systems. Looking needs the machine, acting needs a signed-in person."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.cli.acting import Person, acting
from adapters.cli.reading import only, read, show
from adapters.cli.speech import FAILED, say, stop

app = typer.Typer(name="jobs", help="Tác vụ liên thông. / Effects on outside systems.", no_args_is_help=True, rich_markup_mode=None, add_completion=False)  # fmt: skip
_JSON = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]
_EXPLAINED = (
    "id", "system", "operation", "state", "code", "message", "cause", "lane", "dossier_code", "reference", "attempt",
    "created_at", "due_at", "behind",
)  # fmt: skip


@app.command("list")
def listing(
    system: Annotated[str, typer.Option("--system", help="Hệ thống. / System.")] = "",
    state: Annotated[str, typer.Option("--state", help="Trạng thái. / State.")] = "",
    operation: Annotated[str, typer.Option("--operation", help="Việc. / Operation.")] = "",
    code: Annotated[str, typer.Option("--code", help="Mã trả về. / Code.")] = "",
    before: Annotated[
        int | None, typer.Option("--before", help="Trang sau: id nhỏ hơn. / Next page: smaller id.")
    ] = None,
    as_json: _JSON = False,
) -> None:
    """Các tác vụ, mới nhất trước. / Effects, newest first."""
    from jobs.store.postgres.views import effects as views

    rows = read(
        lambda tx: views.listing(
            tx, system=system, state=state, operation=operation, code=code, before=before
        )
    )
    show("jobs", rows, as_json=as_json)


@app.command("explain")
def explain(
    number: Annotated[int, typer.Argument(help="Số tác vụ. / Number.")], as_json: _JSON = False
) -> None:
    """Vì sao tác vụ ở trạng thái này và khi nào hệ thống làm tiếp. / Why it stands where it stands, and what comes next."""
    from jobs.store.postgres.views import effects as views

    row, calls = read(lambda tx: (views.one(tx, number), views.exchanges(tx, number)))
    if row is None:
        stop(FAILED, f"Không có tác vụ {number}.", f"There is no effect {number}.")
    if as_json:
        show("job", [only(row, _EXPLAINED) | {"calls": calls}], as_json=True)
        return
    for name, value in only(row, _EXPLAINED).items():
        typer.echo(f"{name:14} {'' if value is None else value}")
    show("calls", calls, as_json=False)


_REASON = Annotated[str, typer.Option("--reason", help="Lý do, ghi vào nhật ký. / Why; it is written down.")]
_NUMBER = Annotated[int, typer.Argument(help="Số tác vụ. / Number.")]


@app.command("retry")
def retry(number: _NUMBER, reason: _REASON, login: Person) -> None:
    """Gửi lại với đúng khóa và nội dung cũ; không bao giờ khi chưa rõ kết quả. Việc về tiền cần người thứ hai. / Send again."""
    with acting(login, "retry") as (services, actor):
        services.effects.retry(number, reason=reason, actor=actor)
    say("Đã ghi nhận.", "Done.")


@app.command("ask")
def ask(number: _NUMBER, reason: _REASON, login: Person) -> None:
    """Tra cứu lại kết quả ngay; không gửi gì. / Look for the outcome now; nothing is sent."""
    with acting(login, "ask") as (services, actor):
        services.effects.ask(number, reason=reason, actor=actor)
    say("Đã ghi nhận.", "Done.")


@app.command("release")
def release(number: _NUMBER, reason: _REASON, login: Person) -> None:
    """Cho các tác vụ phía sau đi tiếp. / Let those behind it leave."""
    with acting(login, "release") as (services, actor):
        services.effects.release(number, reason=reason, actor=actor)
    say("Đã ghi nhận.", "Done.")
