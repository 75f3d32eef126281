"""``lienthong refunds``: read only. Approval needs a second person on a page."""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.cli.reading import only, read, show
from adapters.cli.speech import FAILED, stop

app = typer.Typer(name="refunds", help="Hoàn tiền (chỉ xem). / Refunds (read only).", no_args_is_help=True, rich_markup_mode=None, add_completion=False)  # fmt: skip
_COLUMNS = (
    "id",
    "reference",
    "payment_reference",
    "amount",
    "state",
    "route",
    "reason",
    "waiting_for",
    "document_number",
)
_JSON = Annotated[bool, typer.Option("--json", help="In JSON. / Print JSON.")]


@app.command("list")
def listing(
    state: Annotated[list[str] | None, typer.Option("--state", help="Trạng thái. / State.")] = None,
    before: Annotated[
        int | None, typer.Option("--before", help="Trang sau: id nhỏ hơn. / Next page: smaller id.")
    ] = None,
    as_json: _JSON = False,
) -> None:
    """Các khoản hoàn, mới nhất trước. / Refunds, newest first."""
    from jobs.store.postgres.views import refunds as views
    from mappings.canonical.payment import RefundState

    states = tuple(state) if state else tuple(each.value for each in RefundState)
    rows = read(lambda tx: views.queue(tx, states, before))
    show("refunds", [only(row, _COLUMNS) for row in rows], as_json=as_json)


@app.command("show")
def one(
    reference: Annotated[str, typer.Argument(help="Mã hoàn. / Reference.")], as_json: _JSON = False
) -> None:
    """Một khoản hoàn và diễn biến của nó. / One refund and what happened to it."""
    from jobs.store.postgres.views import refunds as views

    row, history = read(lambda tx: (views.by_reference(tx, reference), views.history(tx, reference)))
    if row is None:
        stop(FAILED, f"Không có khoản hoàn {reference}.", f"There is no refund {reference}.")
    if as_json:
        show("refund", [only(row, _COLUMNS) | {"history": history}], as_json=True)
        return
    show("refund", [only(row, _COLUMNS)], as_json=False)
    show("history", [only(each, ("at", "kind", "actor")) for each in history], as_json=False)
