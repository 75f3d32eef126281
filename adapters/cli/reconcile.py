"""``lienthong reconcile``: files alone, one day again, and its report."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.speech import FAILED, PROBLEMS, WRONG_USE, note, print_json, settle, stop, words

if TYPE_CHECKING:  # heavy imports stand inside the commands: the start stays short
    from connectors.statements.profile import Profile
    from jobs.reconciliation.files import FileRefused, Outcome, Request
    from jobs.reconciliation.rules import Side
    from jobs.reconciliation.service import Reconciliation

app = typer.Typer(
    name="reconcile",
    help="Đối soát: trên tệp rời, chạy lại một ngày, báo cáo. / Reconciliation: on files, one day again, report.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
_SHOWN = 50
_BREAK_COLUMNS = ("id", "kind", "key", "dossier_code", "amount", "opened_at", "deadline", "owner")
_TROUBLES_SHOWN = 20
_Files = list[Path]


@app.callback()
def _group() -> None:
    """Đối soát. / Reconciliation."""


@app.command("files")
def files(
    ours: Annotated[_Files, typer.Option("--ours", help="Danh sách của mình (CSV, Excel). / Our own list.")],
    gateway: Annotated[
        _Files, typer.Option("--gateway", help="Tệp đối soát của cổng. / The gateway's file.")
    ] = [],  # noqa: B006 - Typer reads it once
    bank: Annotated[
        _Files, typer.Option("--bank", help="Sao kê (camt, MT940, CSV, Excel). / Bank statement.")
    ] = [],  # noqa: B006 - Typer reads it once
    treasury: Annotated[
        _Files, typer.Option("--treasury", help="Sao kê kho bạc. / Treasury statement.")
    ] = [],  # noqa: B006 - Typer reads it once
    profile: Annotated[
        list[str],
        typer.Option(
            "--profile", help="bên=mẫu: gateway=vnpay-session, bank=tep.toml. / side=profile name or .toml."
        ),
    ] = [],  # noqa: B006 - Typer reads it once
    as_of: Annotated[
        str, typer.Option("--as-of", help="Ngày xét (dd/mm/yyyy), mặc định hôm nay. / As of this day.")
    ] = "",
    bank_lines: Annotated[
        str,
        typer.Option(
            "--bank-lines",
            help="auto | rows | net: ngân hàng ghi từng khoản hay theo phiên. / by row or by session.",
        ),
    ] = "auto",
    xlsx: Annotated[Path | None, typer.Option("--xlsx", help="Ghi Excel. / Write Excel.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Ghi JSON ('-': ra màn hình). / Write JSON.")
    ] = None,
    result: Annotated[
        Path | None, typer.Option("--result", help="Tệp kết quả gửi lại cổng. / Result file for the gateway.")
    ] = None,
    lang: Annotated[str, typer.Option("--lang", help="vi | en")] = "",
) -> None:
    """So khớp các tệp, không cần cơ sở dữ liệu. Mã thoát 6 khi có chênh lệch. / Compare files; exit code 6 when there are breaks."""
    if lang:
        settle(lang, debug=False)
    if not (gateway or bank or treasury):
        stop(
            WRONG_USE,
            "Cần ít nhất một tệp --gateway, --bank hoặc --treasury.",
            "Give at least one of --gateway, --bank, --treasury.",
        )
    for path in (*ours, *gateway, *bank, *treasury):
        if not path.is_file():
            stop(WRONG_USE, f"Không có tệp {path}.", f"There is no file {path}.")
    from jobs.reconciliation.files import FileRefused, reconcile

    request = _request(ours, gateway, bank, treasury, profile, as_of, bank_lines)
    try:
        outcome = reconcile(request, _progress)
    except FileRefused as exc:
        _refused(exc)
        raise typer.Exit(FAILED) from None
    _write(outcome, xlsx, json_file, result)
    if json_file is None or str(json_file) != "-":
        _show(outcome)
    if outcome.count:
        raise typer.Exit(PROBLEMS)


@app.command("run")
def run(
    day: Annotated[
        str, typer.Option("--day", help="Ngày (dd/mm/yyyy), mặc định hôm nay. / The day, default today.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,
) -> None:
    """Đối soát lại một ngày; chạy lại vô hại. Mã thoát 6 khi còn chênh lệch. / One day again; harmless to repeat."""
    with _service() as service:
        done = service.run(_day(day))
        left = len(service.breaks())
    if as_json:
        print_json(done | {"open_breaks": left})
    else:
        typer.echo(
            words(
                f"Phiên {done['session']}: {done['ours']} khoản của mình, {done['new_breaks']} chênh lệch mới, còn mở {left}.",
                f"Session {done['session']}: {done['ours']} of ours, {done['new_breaks']} new breaks, {left} open.",
            )
        )
    if left:
        raise typer.Exit(PROBLEMS)


@app.command("report")
def report(
    account: Annotated[
        str, typer.Option("--account", help="Số tài khoản hoặc mã điểm thu. / Account or terminal.")
    ],
    day: Annotated[str, typer.Option("--day", help="Phiên (dd/mm/yyyy). / The session.")],
) -> None:
    """Báo cáo một phiên (đã ký thì in lại đúng như lúc ký), dạng JSON. / A session's report as JSON, signed ones as signed."""
    with _service() as service:
        found = service.report(account, _day(day))
    print_json(found)


@app.command("breaks")
def breaks(
    kind: Annotated[str, typer.Option("--kind", help="Loại. / Kind.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,
) -> None:
    """Mọi khoản còn chờ người xử lý: chênh lệch, tiền chưa rõ. / Everything that waits for people."""
    from adapters.cli.reading import only, read, show
    from jobs.store.postgres.views import breaks as views

    found: list[dict[str, Any]] = []
    before: int | None = None
    while True:
        rows = read(lambda tx, b=before: views.open_breaks(tx, kind=kind, overdue=False, before=b))  # type: ignore[misc]
        found += [only(row, _BREAK_COLUMNS) for row in rows[: views.PAGE]]
        if len(rows) <= views.PAGE:
            break
        before = found[-1]["id"]
    show("breaks", found, as_json=as_json)


@app.command("balances")
def balances(
    as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,
) -> None:
    """Số dư từng tài khoản sổ cái, Nợ dương. / The balance of each ledger account, debit positive."""
    from adapters.cli.reading import read, show
    from jobs.store.postgres.views.balances import by_account

    show("balances", read(by_account), as_json=as_json)


@contextmanager
def _service() -> Iterator[Reconciliation]:
    from adapters.cli.place import database, ready
    from jobs.bootstrap import build

    settings = ready("reconcile")
    with database(settings, start=False) as place:
        runtime = build(settings, place.dsn)
        try:
            if runtime.services.reconciliation is None:
                stop(FAILED, "Bản cài đặt này không có đối soát.", "This installation has no reconciliation.")
            yield runtime.services.reconciliation
        finally:
            runtime.close()


def _day(text: str) -> date:
    from datetime import datetime

    from connectors.kit.seams import MachineClock
    from jobs.reconciliation.sides import local_today

    if not text:
        return local_today(MachineClock().now())
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007 - a day, not a moment
    except ValueError:
        stop(WRONG_USE, f"'{text}' không phải ngày dd/mm/yyyy.", f"'{text}' is no day dd/mm/yyyy.")


def _request(
    ours: Sequence[Path], gateway: Sequence[Path], bank: Sequence[Path], treasury: Sequence[Path],
    profiles: Sequence[str], as_of: str, bank_lines: str,
) -> Request:  # fmt: skip
    from jobs.reconciliation.files import Request

    today = _day(as_of)
    by_row = {"auto": None, "rows": True, "net": False}
    if bank_lines not in by_row:
        stop(WRONG_USE, "--bank-lines: auto, rows hoặc net.", "--bank-lines: auto, rows or net.")
    return Request(ours, gateway, bank, treasury, _profiles(profiles), today, by_row=by_row[bank_lines])


def _profiles(given: Sequence[str]) -> dict[Side, Profile]:
    from connectors.statements.profile import SETTLEMENT, ProfileError, load_profile
    from jobs.reconciliation.rules import Side

    found: dict[Side, Profile] = {}
    for each in given:
        side, mark, name = each.partition("=")
        try:
            layout = load_profile(name if mark else each)
        except ProfileError as exc:
            stop(WRONG_USE, f"Mẫu tệp không dùng được: {exc}.", f"The profile cannot be used: {exc}.")
        if not mark:
            side = "gateway" if layout.kind == SETTLEMENT else "bank"
        if side.upper() not in Side.__members__:
            stop(WRONG_USE, f"--profile: không có bên '{side}'.", f"--profile: there is no side '{side}'.")
        found[Side[side.upper()]] = layout
    return found


def _progress(vi: str, en: str) -> None:
    """On a terminal only, and never into the result."""
    if sys.stderr.isatty():
        note(vi, en)


def _refused(exc: FileRefused) -> None:
    note(
        f"Tệp {exc.name} bị từ chối; chưa có gì được so khớp hay ghi ra.",
        f"The file {exc.name} was refused; nothing was compared or written.",
    )
    for trouble in exc.troubles[:_TROUBLES_SHOWN]:
        place = " · ".join(filter(None, (trouble.where, trouble.field, trouble.raw)))
        typer.echo(f"  [{place}] {trouble.message_vi} / {trouble.message_en}", err=True)
    if len(exc.troubles) > _TROUBLES_SHOWN:
        more = len(exc.troubles) - _TROUBLES_SHOWN
        note(f"  … và {more} lỗi nữa.", f"  … and {more} more.")


def _write(outcome: Outcome, xlsx: Path | None, json_file: Path | None, result: Path | None) -> None:
    from jobs.reconciliation.listing import listed, report_json

    if json_file is not None:
        data = report_json(outcome)
        if str(json_file) == "-":
            print_json(data)
        else:
            json_file.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")
    if xlsx is not None:
        from connectors.kit.seams import MachineClock
        from jobs.reconciliation.workbook import write

        write(outcome, xlsx, MachineClock().now())
    if result is not None:
        from jobs.reconciliation.result_file import write as write_result

        write_result(listed(outcome), result)


def _show(outcome: Outcome) -> None:
    from itertools import islice

    from rich.console import Console
    from rich.table import Table

    from jobs.reconciliation.listing import SIDE_WORDS, listed

    console = Console()
    heads = (words("Chênh lệch", "Break"), words("So với", "Against"), words("Mã tham chiếu", "Reference"))
    table = Table(*heads, title=words("Khoản chênh lệch", "Breaks"))
    for vi, en in SIDE_WORDS.values():
        table.add_column(words(vi, en), justify="right")
    table.add_column(words("Dòng", "Rows"))
    from jobs.reconciliation.rules import Side

    for each in islice(listed(outcome), _SHOWN):
        side = SIDE_WORDS[Side[each.against.upper()]]
        amounts = (_money(value) for value in (each.ours, each.gateway, each.bank, each.treasury))
        table.add_row(words(each.name_vi, each.name_en), words(*side), each.reference, *amounts, each.rows)
    if outcome.count:
        console.print(table)
        if outcome.count > _SHOWN:
            note(
                f"Chỉ in {_SHOWN} dòng đầu; --xlsx hoặc --json ghi đủ {outcome.count}.",
                f"The first {_SHOWN} are shown; --xlsx or --json writes all {outcome.count}.",
            )
    _totals(console, outcome)


def _totals(console: Any, outcome: Outcome) -> None:
    from jobs.reconciliation.listing import owed

    debts = [owed(row) or 0 for row in outcome.refunds_owed().iter_rows(named=True)]
    console.print(
        words(
            f"Khớp {outcome.matched} · chênh lệch {outcome.count} · đang chờ đến hạn {outcome.in_transit.height} · "
            f"phải hoàn trả {len(debts)} khoản, {_money(sum(debts))}",
            f"Matched {outcome.matched} · breaks {outcome.count} · in transit {outcome.in_transit.height} · "
            f"refunds owed {len(debts)}, {_money(sum(debts))}",
        ),
        highlight=False,
    )
    for each in outcome.sessions:
        session = each.session
        console.print(
            words("Phiên", "Session"), f"{session.day:%d/%m/%Y}", "/".join(session.terminals),
            words("phải nhận", "due"), _money(session.net), words("ngân hàng", "bank"), _money(each.paid), each.verdict,
            highlight=False,
        )  # fmt: skip
    for proposal in outcome.proposals:
        note(
            f"Đề xuất (chỉ giống số tiền, cần người quyết định): dòng {proposal.row} của sao kê cho phiên {proposal.session:%d/%m/%Y}.",
            f"Proposal (same amount only, a person decides): statement row {proposal.row} for session {proposal.session:%d/%m/%Y}.",
        )


def _money(amount: int | None) -> str:
    return "" if amount is None else f"{amount:,}".replace(",", ".").replace("-", "\u2212") + "\u00a0đ"
