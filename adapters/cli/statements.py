"""``lienthong statements``: what a bank's, the treasury's or a gateway's file says, before anything is loaded."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:  # heavy imports stand inside the commands: the start stays short
    from connectors.statements.profile import Profile
    from mappings.canonical.statement import SettlementFile, StatementFile

FOUND_PROBLEMS = 6
WRONG_USE = 2

app = typer.Typer(
    name="statements",
    help="Tệp sao kê và tệp đối soát: đọc thử, kiểm tra. / Statement and settlement files: read and check.",
    no_args_is_help=True,
)


@app.callback()
def _group() -> None:
    """Tệp sao kê và tệp đối soát. / Statement and settlement files."""


@app.command("read")
def read(
    file: Annotated[Path, typer.Argument(help="Tệp cần đọc. / The file to read.")],
    as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,
    profile: Annotated[
        str,
        typer.Option("--profile", help="Tên mẫu tệp hoặc đường dẫn tệp .toml. / Profile name or .toml path."),
    ] = "",
) -> None:
    """In những gì đọc được và những gì sai. Mã thoát 6 khi có vấn đề. / Print what was understood and what is wrong; exit code 6 when problems were found."""
    from connectors.statements.profile import SETTLEMENT, ProfileError, load_profile
    from connectors.statements.reader import read_settlement, read_statement
    from connectors.statements.report import settlement_json, statement_json

    if not file.is_file():
        _refuse(f"Không có tệp {file}. / There is no file {file}.")
    layout: Profile | None = None
    if profile:
        try:
            layout = load_profile(profile)
        except ProfileError as exc:
            _refuse(f"Mẫu tệp không dùng được: {exc}. / The profile cannot be used: {exc}.")
    result: StatementFile | SettlementFile
    if layout is not None and layout.kind == SETTLEMENT:
        result = read_settlement(file, layout)
        data = settlement_json(file.name, result)
    else:
        result = read_statement(file, profile=layout)
        data = statement_json(file.name, result)
    if as_json:
        _print_json(data)
    else:
        _show(file.name, result)
    if result.troubles:
        raise typer.Exit(FOUND_PROBLEMS)


@app.command("profiles")
def profiles(
    as_json: Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")] = False,
) -> None:
    """Liệt kê các mẫu tệp có sẵn. / List the profiles that ship with the product."""
    from connectors.statements.profile import ready_profiles

    rows = [
        {"name": item.name, "kind": item.kind, "source": item.source} for item in ready_profiles().values()
    ]
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['name']:24} {row['kind']:11} {row['source']}")


def _refuse(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(WRONG_USE)


def _print_json(data: object) -> None:
    """UTF-8 whatever the terminal says: other programs read this."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.buffer.flush()


def _show(name: str, result: StatementFile | SettlementFile) -> None:
    from rich.console import Console
    from rich.table import Table

    from mappings.canonical.statement import StatementFile

    console = Console()
    if isinstance(result, StatementFile):
        for statement in result.statements:
            sums = {
                True: "khớp / adds up",
                False: "KHÔNG KHỚP / DOES NOT ADD UP",
                None: "không kiểm được / not checkable",
            }
            title = f"{name} · {statement.account} · {statement.currency} · {statement.number} · {sums[statement.adds_up]}"
            table = Table(
                "Dòng", "Ngày", "Trạng thái", "Ghi có", "Ghi nợ", "Tham chiếu", "Nội dung", title=title
            )
            for entry in statement.entries:
                amount = entry.amount
                table.add_row(
                    entry.line,
                    entry.booking_date.strftime("%d/%m/%Y") if entry.booking_date else "?",
                    entry.status.value + (" · đảo" if entry.reversal else ""),
                    amount if entry.credit else "",
                    amount if entry.credit is False else "",
                    " ".join(entry.references.values()),
                    entry.text[:80],
                )
            console.print(table)
    else:
        table = Table(
            "Dòng", "Loại", "Tham chiếu", "Mã GD", "Số tiền", "Phí", "Thực nhận", "Trạng thái", title=name
        )
        for row in result.rows:
            amounts = (f"{value:,}".replace(",", ".") for value in (row.gross, row.fee, row.net))
            table.add_row(str(row.row), row.kind, row.reference, row.provider_reference, *amounts, row.status)
        console.print(table)
    for item in result.troubles:
        console.print(
            f"[{'red' if item.fatal else 'yellow'}]{item.code}[/] {item.message_vi} / {item.message_en}",
            highlight=False,
        )
    verdict = "Nạp được / Can be loaded" if result.loadable else "KHÔNG nạp được / Must NOT be loaded"
    console.print(verdict)
