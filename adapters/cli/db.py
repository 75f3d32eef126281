"""``lienthong db``: the database forward, what is missing, and the SQL to read before."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.cli.place import database, ready
from adapters.cli.speech import PROBLEMS, print_json, say

app = typer.Typer(
    name="db",
    help="Cơ sở dữ liệu. / Database.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)
_JSON = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]


@app.command("migrate")
def migrate(as_json: _JSON = False) -> None:
    """Nâng cấp cơ sở dữ liệu; chạy lại vô hại. / Move the database forward; harmless to repeat."""
    from jobs.store import migrate as migration

    with database(ready("db")) as place:
        done = migration.migrate(
            place.dsn, tell=lambda name: None if as_json else say(f"→ {name}", f"→ {name}")
        )
    if as_json:
        print_json({"applied": done})
    elif done:
        say(f"Đã áp dụng {len(done)} bước.", f"{len(done)} migrations applied.")
    else:
        say("Không còn bước nào phải làm.", "Nothing is pending.")


@app.command("check")
def check(as_json: _JSON = False) -> None:
    """Còn bước nào chưa áp dụng? Mã thoát 6 khi còn. / What is pending? Exit code 6 when something is."""
    import psycopg

    from jobs.store import migrate as migration

    with database(ready("db")) as place, psycopg.connect(place.dsn, autocommit=True) as connection:
        missing = [each.name for each in migration.pending(connection)]
    if as_json:
        print_json({"pending": missing})
    elif missing:
        say("Chưa áp dụng: " + ", ".join(missing), "Pending: " + ", ".join(missing))
    else:
        say("Cơ sở dữ liệu đã mới nhất.", "The database is up to date.")
    if missing:
        raise typer.Exit(PROBLEMS)


@app.command("sql")
def sql() -> None:
    """In SQL của mọi bước mà không chạy. / Print the SQL of all migrations without running it."""
    from jobs.store import migrate as migration

    for each in migration.migrations():
        typer.echo(f"-- {each.name} · sha256 {each.digest}\nbegin;\n{each.sql.rstrip()}\ncommit;\n")


@app.command("restored")
def restored(as_json: _JSON = False) -> None:
    """Sau khi khôi phục bản sao lưu, trước khi chạy worker: mọi khoản hoàn dở dang phải tra cứu trước khi gửi. / After a restore."""
    from jobs.bootstrap import build
    from jobs.effects.actors import doubt_after_restore

    with database(ready("db"), start=False) as place:
        runtime = build(place.settings, place.dsn)
        try:
            count = runtime.services.refunds.after_restore()
            count += doubt_after_restore(runtime.store, runtime.connectors.operations)
        finally:
            runtime.close()
    if as_json:
        print_json({"looked_up_first": count})
    else:
        say(
            f"{count} khoản hoàn và tác vụ sẽ được tra cứu trước khi có thể gửi. Giờ có thể chạy worker.",
            f"{count} refunds and effects will be looked up before anything may be sent. Workers may start now.",
        )
