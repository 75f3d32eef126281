"""``lienthong switch``: a system in two versions, what goes where, and what the two tell differently."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.acting import Person, acting
from adapters.cli.place import database, ready
from adapters.cli.reading import show
from adapters.cli.speech import PROBLEMS, SETTINGS, WRONG_USE, note, print_json, say, stop

if TYPE_CHECKING:
    from config.settings import Settings
    from jobs.switching.service import SwitchDesk

app = typer.Typer(
    name="switch",
    help="Hai bản của một hệ thống cùng lúc. / A system in two versions at once.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
_JSON = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]
_System = Annotated[str, typer.Argument(help="Hệ thống. / System.")]
_Operation = Annotated[
    str, typer.Option("--operation", help="Chỉ thao tác này; trống: mọi thao tác. / Only this operation.")
]


@app.command("list")
def listing(system: _System = "igate", as_json: _JSON = False) -> None:
    """Cấu hình, các lệnh đã ghi và tác vụ chưa rõ kết quả ở mỗi bản. / Settings, what was said, unknown outcomes."""
    with _desk(system) as (settings, desk):
        switch = getattr(settings.connectors, f"{system}_switch").model_dump(mode="json")
        there = getattr(settings.connectors, f"{system}_new") is not None
        said, doubtful = [dict(row) for row in desk.said(system)], dict(desk.doubtful(system))
    if as_json:
        print_json({"side_by_side": there, "settings": switch, "said": said, "doubtful": doubtful})
        return
    if not there:
        note(*_not_set(system))
    say("Cấu hình (nền):", "Settings (the base):")
    for name in ("default", "operations", "agencies", "shadow", "same_ids"):
        typer.echo(f"  {name}: {switch[name]}")
    say(
        "Đã ghi (lệnh có hiệu lực sau cùng và khớp thì được theo):",
        "Said (the one that came into force last and fits counts):",
    )
    names = ("id", "operation", "agency", "says", "since", "reason", "said_by", "said_at")
    show("said", [{name: row[name] for name in names} for row in said], as_json=False)
    figures = ", ".join(f"{version}: {doubtful.get(version, 0)}" for version in ("old", "new"))
    say(
        f"Tác vụ chưa rõ kết quả, hỏi lại ở đúng bản đã gửi: {figures}.",
        f"Unknown outcomes, asked of the version that took them: {figures}.",
    )


@app.command("set")
def switch(
    system: _System,
    says: Annotated[
        str,
        typer.Argument(
            help="old, new; shadow: đọc cả hai và so sánh; alone: thôi so sánh. / Read both and compare, or not."
        ),
    ],
    reason: Annotated[str, typer.Option("--reason", help="Lý do, số văn bản. / Why; it is written down.")],
    login: Person,
    operation: _Operation = "",
    agency: Annotated[
        str,
        typer.Option(
            "--agency", help="Mã cơ quan, dùng được * và ?; trống: tất cả. / Pattern of agency codes."
        ),
    ] = "",
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d", "%d/%m/%Y", "%Y-%m-%dT%H:%M"],
            help="Từ ngày, giờ Việt Nam; trống: ngay. / From this day, Vietnam's time; default: at once.",
        ),
    ] = None,
) -> None:
    """Chuyển, quay lại, bật tắt so sánh; ghi tên người làm. / Switch, go back, compare or not; with a name."""
    from connectors.kit.switching import Says
    from jobs.calendar.working import LOCAL
    from jobs.switching.service import RIGHT, Sentence

    if says not in tuple(Says):
        stop(WRONG_USE, "Hãy ghi old, new, shadow hoặc alone.", "Say old, new, shadow or alone.")
    moment = since.replace(tzinfo=LOCAL) if since is not None else None
    with acting(login, RIGHT.value) as (_, actor), _desk(system) as (settings, desk):
        if getattr(settings.connectors, f"{system}_new") is None:
            stop(SETTINGS, *_not_set(system))
        number = desk.say(Sentence(system, Says(says), operation, agency, moment), reason=reason, actor=actor)
    say(
        f"Đã ghi lệnh số {number}. Mọi tiến trình theo lệnh trong vài giây, không cần khởi động lại.",
        f"Sentence {number} is kept. Every process follows it within seconds, without a restart.",
    )


@app.command("differences")
def differences(system: _System = "igate", operation: _Operation = "", as_json: _JSON = False) -> None:
    """Hai bản trả lời khác nhau ở trường nào; có thì thoát mã 6. / Fields that differ; exit code 6 when there are any."""
    with _desk(system) as (_, desk):
        found = [dict(row) for row in desk.differences(system, operation=operation)]
        totals = [dict(row) for row in desk.totals(system) if operation in ("", row["operation"])]
    if as_json:
        print_json({"differences": found, "totals": totals})
    else:
        show("totals", totals, as_json=False)
        if not totals:
            note(
                "Chưa so sánh lần nào: không có khác biệt ở đây không nói lên điều gì.",
                "Nothing was compared yet: no difference here means nothing.",
            )
        show("differences", found, as_json=False)
    if found:
        raise typer.Exit(PROBLEMS)


@contextmanager
def _desk(system: str) -> Iterator[tuple[Settings, SwitchDesk]]:
    from connectors import registry
    from jobs.clock import DatabaseClock
    from jobs.store.postgres.store import PgStore
    from jobs.switching.service import SwitchDesk

    if system not in registry.SIDE_BY_SIDE:
        known = ", ".join(registry.SIDE_BY_SIDE)
        stop(
            WRONG_USE,
            f"'{system}' không chạy hai bản được. Có: {known}.",
            f"'{system}' cannot be there in two versions. There are: {known}.",
        )
    with database(ready("cli"), start=False) as place:
        store = PgStore(place.dsn, DatabaseClock(place.dsn), size=1)
        try:
            yield place.settings, SwitchDesk(store)
        finally:
            store.close()


def _not_set(system: str) -> tuple[str, str]:
    section = f"LIENTHONG_CONNECTORS__{system}_NEW__…".upper()
    return (
        f"Chưa có cấu hình của bản mới ({section}).",
        f"The new version has no settings ({section}).",
    )


__all__ = ["app"]
