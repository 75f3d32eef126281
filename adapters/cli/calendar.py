"""``lienthong calendar``: the working calendar of a year, and its import from the list that ships."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from adapters.cli.place import database, ready
from adapters.cli.reading import read
from adapters.cli.speech import WRONG_USE, note, print_json, say, stop, words

if TYPE_CHECKING:
    from jobs.calendar.days import SpecialDay
    from jobs.calendar.working import WorkingCalendar

app = typer.Typer(
    name="calendar",
    help="Lịch làm việc. / Working calendar.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
_JSON = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]
_WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


@app.command("show")
def show(
    year: Annotated[int, typer.Argument(help="Năm. / Year.", min=2000, max=2100)],
    as_json: _JSON = False,
) -> None:
    """Ngày nghỉ, ngày làm bù của một năm. / Holidays and swapped days of a year."""
    from jobs.calendar.service import load
    from jobs.calendar.working import LOCAL

    calendar = read(lambda tx: load(tx, tx.now.astimezone(LOCAL).date()))
    days = calendar.of_year(year)
    if as_json:
        print_json({"year": year, "status": calendar.status(year), "days": [_row(day) for day in days]})
        return
    for day in days:
        typer.echo(_line(day))
    _tell_status(calendar, year)


@app.command("import")
def import_year(
    year: Annotated[int, typer.Argument(help="Năm. / Year.", min=2000, max=2100)],
    as_json: _JSON = False,
) -> None:
    """Nạp lịch nghỉ một năm; ngày đã sửa tay giữ nguyên. / Write a year's days; edited days stay."""
    from jobs.access.model import Actor, ActorKind
    from jobs.calendar import service
    from jobs.calendar.days import DayStatus
    from jobs.clock import DatabaseClock
    from jobs.store.postgres.store import PgStore

    with database(ready("cli"), start=False) as place:
        store = PgStore(place.dsn, DatabaseClock(place.dsn), size=1)
        try:
            done = service.import_year(store, year, actor=Actor(ActorKind.RULE, "command-line"))
        except service.UnknownYear:
            stop(
                WRONG_USE,
                f"Danh mục ngày nghỉ kèm theo chưa có năm {year}; hãy nhập tay khi có thông báo.",
                f"The holiday list that ships does not know {year}; enter its days when they are announced.",
            )
        finally:
            store.close()
    if as_json:
        print_json({"year": year, "status": done.status, "days": len(done.days), "written": done.written})
        return
    say(
        f"Năm {year}: {len(done.days)} ngày, {done.written} thay đổi.",
        f"{year}: {len(done.days)} days, {done.written} changes.",
    )
    if done.status is DayStatus.FORECAST:
        _forecast(year)


def _row(day: SpecialDay) -> dict[str, str]:
    return {
        "day": day.day.isoformat(),
        "kind": day.kind,
        "name": words(day.name_vi, day.name_en),
        "status": day.status,
        "source": day.source,
    }


def _line(day: SpecialDay) -> str:
    from jobs.calendar.days import WORDS

    weekday = words(_WEEKDAYS[day.day.weekday()], f"{day.day:%A}")
    name = words(day.name_vi, day.name_en)
    return f"{day.day:%d/%m/%Y}  {weekday:9}  {words(*WORDS[day.kind]):9}  {words(*WORDS[day.status]):11}  {name}"


def _tell_status(calendar: WorkingCalendar, year: int) -> None:
    from jobs.calendar.days import DayStatus

    if calendar.status(year) is DayStatus.FORECAST:
        _forecast(year)


def _forecast(year: int) -> None:
    note(
        f"Lịch năm {year} là dự kiến: ngày hoán đổi và Tết do Chính phủ công bố hằng năm.",
        f"The calendar of {year} is a forecast: swapped days and Tết are announced by the government each year.",
    )
