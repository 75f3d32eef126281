"""``lienthong mappings``: what the code tables miss, a list as it stands on a day, and a row proposed for a second person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.acting import Person, acting
from adapters.cli.place import database, ready
from adapters.cli.reading import read, show
from adapters.cli.speech import PROBLEMS, WRONG_USE, note, print_json, say, stop, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobs.mapping_desk.service import MappingDesk
    from jobs.store.postgres.tx import PgTx
    from mappings.tables.dated import Row

app = typer.Typer(
    name="mappings",
    help="Bảng mã giữa các hệ thống. / Code tables between systems.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
_JSON = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]
_Systems = Annotated[
    list[str] | None, typer.Option("--system", help="Chỉ hệ thống này; lặp lại được. / Only this system.")
]
_Day = Annotated[
    datetime | None,
    typer.Option("--on", formats=["%Y-%m-%d", "%d/%m/%Y"], help="Ngày của bảng mã. / Day of the tables."),
]
_OFFLINE = Annotated[
    bool, typer.Option("--offline", help="Không đọc cơ sở dữ liệu. / Do not read the database.")
]


@app.command("check")
def check(
    on: _Day = None,
    system: _Systems = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Coi dòng chưa ai xác nhận là lỗi. / Count rows that nobody confirmed as problems.",
        ),
    ] = False,
    offline: _OFFLINE = False,
    as_json: _JSON = False,
) -> None:
    """Tìm chỗ trống trước khi chạy thật; có thì thoát mã 6. / Gaps before go-live; exit code 6 when there are any."""
    from mappings.codes import units
    from mappings.tables import lists

    overlay, gaps, today = _stored(offline=offline)
    day = on.date() if on else today
    report = lists.check(day, systems=system or (), overlay=overlay)
    only = set(system or ())
    waiting = [gap for gap in gaps if not only or {gap.system, gap.system.partition(".")[0]} & only]
    rest = [gap for gap in units.gaps() if not gap.reason]
    found: dict[str, Any] = {
        "day": day,
        "rows": report.rows,
        "missing": [_fields(each, ("system", "list", "side", "value")) for each in report.missing],
        "waiting": [
            {**_fields(gap, ("system", "list", "side", "value")), "dossiers": len(gap.dossiers)}
            for gap in waiting
        ],
        "units": [_fields(each, ("code", "on")) for each in rest],
        "assumed": [_row(each) for each in report.assumed],
        "left_out": [
            {
                **_fields(each, ("system", "list", "side", "value")),
                "reason": words(each.reason, each.reason_en),
            }
            for each in report.unmapped
        ],
    }
    problems = len(report.missing) + len(waiting) + len(rest) + (len(report.assumed) if strict else 0)
    if as_json:
        print_json(found)
    else:
        _tell(found, strict=strict)
    if problems:
        raise typer.Exit(PROBLEMS)


@app.command("list")
def listing(
    name: Annotated[str, typer.Argument(help="Danh mục, ví dụ dossier_state. / List.")] = "",
    on: _Day = None,
    system: _Systems = None,
    offline: _OFFLINE = False,
    as_json: _JSON = False,
) -> None:
    """Các danh mục; hoặc các dòng của một danh mục trong một ngày. / The lists; or the rows of one on a day."""
    from mappings.tables import lists

    if not name:
        shown = [{"list": each, "systems": ", ".join(lists.table(each).systems())} for each in lists.LISTS]
        show("lists", shown, as_json=as_json)
        return
    if name not in lists.LISTS:
        known = ", ".join(lists.LISTS)
        stop(
            WRONG_USE,
            f"Không có danh mục '{name}'. Có: {known}.",
            f"There is no list '{name}'. There are: {known}.",
        )
    overlay, _, today = _stored(offline=offline)
    day, table = on.date() if on else today, lists.table(name)
    rows = [
        _row(row)
        for each in (system or sorted({*table.systems(), *overlay.systems(name)}))
        for row in table.rows(each, day, overlay)
    ]
    show("rows", rows, as_json=as_json)


@app.command("propose")
def propose(
    name: Annotated[str, typer.Argument(metavar="LIST", help="Danh mục. / List.")],
    system: Annotated[str, typer.Argument(help="Hệ thống. / System.")],
    code: Annotated[str, typer.Argument(help="Mã của hệ thống đó. / Its code.")],
    meaning: Annotated[str, typer.Argument(help="Nghĩa dùng chung. / Our meaning.")],
    since: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d", "%d/%m/%Y"], help="Ngày đầu. / First day.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="Lý do, số văn bản. / Why; it is written down.")],
    login: Person,
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=["%Y-%m-%d", "%d/%m/%Y"], help="Ngày cuối. / Last day."),
    ] = None,
    way: Annotated[str, typer.Option("--way", help="both, in (nhận / read), out (gửi / sent).")] = "both",
) -> None:
    """Đề xuất một dòng; người khác duyệt trên trang Bảng mã. / Propose a row; somebody else accepts it on the page."""
    from jobs.mapping_desk.service import Proposal
    from mappings.tables.dated import Way

    if way not in tuple(Way):
        stop(WRONG_USE, "--way nhận both, in hoặc out.", "--way takes both, in or out.")
    wanted = Proposal(system, name, code, meaning, Way(way), since.date(), until.date() if until else None)
    with acting(login, "propose-mapping") as (_, actor), _desk() as desk:
        row_id = desk.propose(wanted, reason=reason, actor=actor)
    say(
        f"Đã ghi đề xuất số {row_id}. Người khác duyệt tại trang Bảng mã (/mappings).",
        f"Proposal {row_id} is kept. Somebody else accepts it on the page of code tables (/mappings).",
    )


@app.command("match")
def match(
    local: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="CSV thủ tục của tỉnh: cột code, name. / Local procedures."
        ),
    ],
    national: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="CSV thủ tục quốc gia: code, name. / National ones."
        ),
    ],
    most: Annotated[
        int, typer.Option("--most", min=1, max=20, help="Số gợi ý mỗi thủ tục. / Proposals each.")
    ] = 3,
    as_json: _JSON = False,
) -> None:
    """Gợi ý mã quốc gia cho thủ tục của tỉnh theo tên; người chọn. / Likely national codes by name; a person chooses."""
    from mappings.tables.procedure_names import Procedures

    known = Procedures(_names(national))
    found = [
        {
            "local": code,
            "name": name,
            "rank": rank,
            "national": one.code,
            "score": f"{one.score:.2f}",
            "same_code": one.same_code,
            "national_name": one.name,
        }
        for code, name in _names(local)
        for rank, one in enumerate(known.like(name, local_code=code, most=most), 1)
    ]
    show("proposals", found, as_json=as_json)


def _names(path: Path) -> list[tuple[str, str]]:
    import csv

    with path.open(encoding="utf-8-sig", newline="") as file:
        table = csv.DictReader(file)
        if not {"code", "name"} <= set(table.fieldnames or ()):
            stop(
                WRONG_USE,
                f"{path.name}: cần cột code và name.",
                f"{path.name}: columns code and name are needed.",
            )
        return [(row["code"] or "", row["name"] or "") for row in table]


class _Rows:
    """Rows that people added, as read at the start of the command."""

    def __init__(self, found: Mapping[tuple[str, str], Sequence[Row]]) -> None:
        self._found = found

    def rows(self, system: str, name: str) -> Sequence[Row]:
        return self._found.get((system, name), ())

    def systems(self, name: str) -> set[str]:
        return {system for system, of in self._found if of == name}


def _stored(*, offline: bool) -> tuple[_Rows, list[Any], date]:
    """Added rows, the gaps that dossiers wait for, and today by the installation's clock; offline by the machine's."""
    if offline:
        from connectors.kit.seams import MachineClock

        return _Rows({}), [], _local(MachineClock().now())
    from jobs.mapping_desk.gaps import KINDS, grouped, open_gaps
    from jobs.mapping_desk.overlay import by_list
    from jobs.store.postgres import mappings as stored

    def question(tx: PgTx) -> tuple[_Rows, list[Any], date]:
        accepted, today = stored.accepted(tx), _local(tx.now)
        gaps = open_gaps(grouped(stored.gap_cases(tx, KINDS)), accepted, today)
        return _Rows(by_list(accepted)), gaps, today

    return read(question)


@contextmanager
def _desk() -> Iterator[MappingDesk]:
    from jobs.clock import DatabaseClock
    from jobs.mapping_desk.service import MappingDesk
    from jobs.store.postgres.store import PgStore

    with database(ready("cli"), start=False) as place:
        store = PgStore(place.dsn, DatabaseClock(place.dsn), size=1)
        try:
            yield MappingDesk(store)
        finally:
            store.close()


def _tell(found: dict[str, Any], *, strict: bool) -> None:
    for key, vi, en in (
        ("missing", "Nghĩa chưa có mã, chưa ghi lý do:", "Meanings without a code and without a reason:"),
        ("waiting", "Hồ sơ đang chờ vì thiếu dòng:", "Dossiers wait for these rows:"),
        ("units", "Địa bàn chưa nối được:", "Units without a counterpart:"),
        ("assumed", "Dòng chưa ai xác nhận:", "Rows that nobody has confirmed:"),
    ):
        if found[key] and (key != "assumed" or strict):
            say(vi, en)
            show(key, found[key], as_json=False)
    figures = f"{found['rows']}, {len(found['missing']) + len(found['waiting'])}, {len(found['assumed'])}, {len(found['left_out'])}"
    say(
        f"Số dòng, chỗ trống, dòng chưa xác nhận, chỗ cố ý để trống: {figures}.",
        f"Rows, gaps, unconfirmed rows, left out on purpose: {figures}.",
    )
    if found["assumed"] and not strict:
        note(
            "Xem các dòng chưa xác nhận bằng --strict; hỏi đơn vị vận hành trước khi chạy thật.",
            "See the unconfirmed rows with --strict; ask the operators before going live.",
        )


def _row(row: Row) -> dict[str, Any]:
    return _fields(
        row, ("system", "list", "code", "meaning", "way", "valid_from", "valid_to", "confidence", "source")
    )


def _fields(one: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(one, name) for name in names}


def _local(moment: datetime) -> date:
    from jobs.calendar.working import LOCAL

    return moment.astimezone(LOCAL).date()
