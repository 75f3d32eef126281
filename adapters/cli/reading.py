"""Read-only commands: one transaction on the installation's database, a table for people or JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from adapters.cli.place import database, ready
from adapters.cli.speech import print_json, words

if TYPE_CHECKING:
    from jobs.store.postgres.tx import PgTx

R = TypeVar("R")


def read(question: Callable[[PgTx], R]) -> R:
    """The answer of one transaction; nothing is written and no embedded server is started."""
    from jobs.clock import DatabaseClock
    from jobs.store.postgres.store import PgStore

    with database(ready("cli"), start=False) as place:
        store = PgStore(place.dsn, DatabaseClock(place.dsn), size=1)
        try:
            with store.transaction("cli-read") as tx:
                return question(tx)
        finally:
            store.close()


def only(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The named columns that a row has; the rest (persons among it) stays where it is."""
    return {name: row[name] for name in names if name in row}


def show(key: str, rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Rows as JSON under ``key``, or as aligned columns."""
    if as_json:
        print_json({key: [dict(row) for row in rows]})
        return
    if not rows:
        typer.echo(words("Không có gì.", "Nothing."))
        return
    names = list(rows[0])
    cells = [names, *([_text(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    for line in cells:
        typer.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _text(value: Any) -> str:
    if value is None:
        return ""
    if hasattr(value, "astimezone"):
        from zoneinfo import ZoneInfo

        return str(value.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).strftime("%d/%m/%Y %H:%M:%S"))
    return str(value)
