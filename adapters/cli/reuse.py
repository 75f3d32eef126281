"""``lienthong reuse``: what national databases were asked for dossiers, and who looked at whom."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.cli.reading import read, show

app = typer.Typer(
    name="reuse",
    help="Khai thác CSDL quốc gia. / Questions to national databases.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
_JSON = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]


@app.command("list")
def listing(as_json: _JSON = False) -> None:
    """Mỗi CSDL: đã hỏi, đã trả lời, dùng lại, bị từ chối. / Per register and question."""
    from jobs.store.postgres import reuse as rows

    show("questions", read(rows.figures), as_json=as_json)


@app.command("looks")
def looks(
    dossier: Annotated[str, typer.Argument(help="Mã hồ sơ. / Dossier code.")], as_json: _JSON = False
) -> None:
    """Các lượt tra cứu phục vụ một hồ sơ: ai, mục đích gì, lúc nào. / Looks made for one dossier."""
    from jobs.store.postgres import reuse as rows

    show("looks", read(lambda tx: rows.looks_of(tx, dossier)), as_json=as_json)
