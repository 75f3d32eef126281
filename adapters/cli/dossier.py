"""``lienthong dossier``: one dossier as the page shows it, without persons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from adapters.cli.reading import only, read, show
from adapters.cli.speech import FAILED, print_json, stop, words

if TYPE_CHECKING:
    from jobs.store.postgres.tx import PgTx

app = typer.Typer(name="dossier", help="Hồ sơ. / Dossiers.", no_args_is_help=True, rich_markup_mode=None, add_completion=False)  # fmt: skip
_JSON = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]
_HEAD = ("code", "national_code", "state", "status", "agency", "procedure", "updated_at")
_PARTS = {
    "fees": ("id", "version", "state", "amount", "names"),
    "payments": ("reference", "channel", "state", "amount", "created_at", "paid_at", "provider_reference"),
    "refunds": ("reference", "payment_reference", "state", "amount", "cause", "route", "waiting_for"),
    "tasks": ("id", "system", "operation", "state", "attempt", "due_at"),
    "timeline": ("at", "kind", "subject", "actor"),
}


@app.callback()
def group() -> None:
    """Hồ sơ. / Dossiers."""


@app.command("show")
def one(
    code: Annotated[str, typer.Argument(help="Mã hồ sơ. / Dossier code.")], as_json: _JSON = False
) -> None:
    """Một hồ sơ: phí, thanh toán, hoàn tiền, tác vụ, dòng thời gian. / One dossier with everything that happened to it."""
    found = read(lambda tx: _whole(tx, code))
    if found is None:
        stop(FAILED, f"Không có hồ sơ {code}.", f"There is no dossier {code}.")
    if as_json:
        print_json(found)
        return
    for name, value in found["dossier"].items():
        typer.echo(f"{name:14} {'' if value is None else value}")
    titles = {
        "fees": words("Phí, lệ phí", "Fees"),
        "payments": words("Thanh toán", "Payments"),
        "refunds": words("Hoàn tiền", "Refunds"),
        "tasks": words("Tác vụ liên thông", "Effects"),
        "timeline": words("Dòng thời gian", "Time line"),
    }
    for part, title in titles.items():
        typer.echo(f"\n{title}")
        show(part, found[part], as_json=False)


def _whole(tx: PgTx, code: str) -> dict[str, Any] | None:
    from jobs.store.postgres.views import dossiers as views

    head = views.by_code(tx, code)
    if head is None:
        return None
    code = head["code"]  # it may have been asked for by a former one
    rows = {
        "fees": views.fees(tx, code),
        "payments": views.payments(tx, code),
        "refunds": views.refunds(tx, code),
        "tasks": views.tasks(tx, code),
        "timeline": views.timeline(tx, code, None)[: views.TIMELINE],
    }
    parts = {part: [only(row, _PARTS[part]) for row in found] for part, found in rows.items()}
    return {"dossier": only(head, _HEAD), **parts}
