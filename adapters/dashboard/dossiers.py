"""Hồ sơ: search in one box, and one time line of everything that happened to a dossier."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from adapters.dashboard.formats import folded
from adapters.dashboard.visits import Visit
from adapters.dashboard.words import say
from jobs.access import audit
from jobs.access.model import Right
from jobs.errors import NotFound
from jobs.store.postgres import signatures
from jobs.store.postgres.views import dossiers


def index(visit: Visit) -> Response:
    """``GET /dossiers``: recent ones, or what matches ``q``."""
    text, before = visit.ask("q"), visit.ask("before", 120)
    with visit.edge.store.transaction("page-dossiers") as tx:
        if text:
            exact = dossiers.by_code(tx, text)
            code = exact["code"] if exact else dossiers.code_of_reference(tx, text.upper())
            rows = [] if code else dossiers.search(tx, folded(text))
        else:
            code, rows = None, dossiers.recent(tx, before or None)
    if code:
        return RedirectResponse(f"/dossiers/{quote(code, safe='')}", 303)
    more = not text and len(rows) > dossiers.PAGE
    rows = rows[: dossiers.PAGE]
    last = f"{rows[-1]['updated_at'].isoformat()}~{rows[-1]['code']}" if more else ""
    return visit.page(
        "dossiers.html",
        section="dossiers",
        title=say("dossier.title", visit.language),
        query=text,
        rows=rows,
        next=f"/dossiers?before={quote(last)}" if more else "",
        paged=bool(before),
        personal=False,
    )


def show(visit: Visit, *, personal: bool = False) -> Response:
    """``GET /dossiers/{code}``."""
    code, before = visit.request.path_params["code"][:64], visit.ask("before", 18)
    with visit.edge.store.transaction("page-dossier") as tx:
        head = dossiers.by_code(tx, code)
        if head is None:
            raise NotFound("dossier")
        code = head["code"]
        events = dossiers.timeline(tx, code, int(before) if before.isdigit() else None)
        facts = {
            "fees": dossiers.fees(tx, code),
            "payments": dossiers.payments(tx, code),
            "refunds": dossiers.refunds(tx, code),
            "tasks": dossiers.tasks(tx, code),
            "verdicts": signatures.verdicts_of(tx, code),
        }
        newest = dossiers.newest_event(tx)
    more = len(events) > dossiers.TIMELINE
    events = events[: dossiers.TIMELINE]
    return visit.page(
        "dossier.html",
        section="dossiers",
        title=code,
        head=head,
        events=events,
        older=events[-1]["id"] if more else None,
        personal=personal,
        live=newest,
        **facts,
    )


def unmask(visit: Visit) -> Response:
    """``POST /dossiers/{code}/personal``: show personal data once; who, when, which and why are kept (S5)."""
    code, purpose = visit.request.path_params["code"][:64], visit.reason()
    with audit.acting(
        visit.edge.store,
        "see-personal",
        visit.actor,
        "see-personal",
        f"dossier:{code}",
        dossier_code=code,
        reason=purpose,
    ) as tx:
        if dossiers.by_code(tx, code) is None:
            raise NotFound("dossier")
    return show(visit, personal=visit.may(Right.SEE_PERSONAL))
