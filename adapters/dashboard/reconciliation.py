"""Đối soát: a day, its files, its breaks; closing by two people; upload with preview."""

from __future__ import annotations

import hashlib

from starlette.responses import RedirectResponse, Response

from adapters import errors
from adapters.dashboard.formats import day as written
from adapters.dashboard.formats import local_day, read_day
from adapters.dashboard.visits import Visit
from adapters.dashboard.words import say
from adapters.errors import Problem
from jobs.access import audit
from jobs.errors import NotFound
from jobs.store.postgres.views import breaks, dossiers


def index(visit: Visit) -> Response:
    """``GET /reconciliation``."""
    asked = visit.ask("day", 10)
    desk = visit.edge.reconciliation
    overdue, before = bool(visit.ask("overdue")), visit.ask("before", 18)
    with visit.edge.store.transaction("page-reconciliation") as tx:
        rows = breaks.open_breaks(
            tx, kind=visit.ask("kind", 60), overdue=overdue, before=int(before) if before.isdigit() else None
        )
        newest = dossiers.newest_event(tx)
        chosen = read_day(asked, "day") if asked else breaks.newest_day(tx) or local_day(visit.now)
    more = len(rows) > breaks.PAGE
    rows = rows[: breaks.PAGE]
    return visit.page(
        "reconciliation.html",
        section="reconciliation",
        title=say("reconcile.title", visit.language),
        chosen=chosen,
        asked=asked,
        overdue=overdue,
        kind=visit.ask("kind", 60),
        files=desk.files(chosen) if desk else (),
        closings=desk.closings(chosen) if desk else (),
        rows=rows,
        next=f"/reconciliation?day={written(chosen)}&before={rows[-1]['id']}#breaks" if more else "",
        profiles=desk.profiles() if desk else (),
        me=str(visit.actor),
        live=newest,
    )


def show_break(visit: Visit) -> Response:
    """``GET /reconciliation/breaks/{id}``."""
    with visit.edge.store.transaction("page-break") as tx:
        row = breaks.one(tx, visit.request.path_params["id"])
    if row is None:
        raise NotFound("break")
    return visit.page("break.html", section="reconciliation", title=f"{row['id']}", row=row)


def explain(visit: Visit) -> Response:
    """``POST /reconciliation/breaks/{id}/explain``."""
    case_id: int = visit.request.path_params["id"]
    visit.edge.reconciliation.explain(case_id, reason=visit.reason(), actor=visit.actor)
    return RedirectResponse(f"/reconciliation/breaks/{case_id}?done=common.done", 303)


def close(visit: Visit) -> Response:
    """``POST /reconciliation/close``: the first or the second person, as the form's ``step`` says."""
    account, chosen = visit.field("account", 80), read_day(visit.field("day", 10), "day")
    desk = visit.edge.reconciliation
    step = desk.confirm_close if visit.field("step") == "second" else desk.propose_close
    step(account, chosen, reason=visit.field("reason", 500), actor=visit.actor)
    return RedirectResponse(f"/reconciliation?day={written(chosen)}&done=common.done", 303)


def upload(visit: Visit) -> Response:
    """``POST /reconciliation/upload``: keep the file apart and show what was understood; nothing is loaded."""
    if visit.upload is None or not visit.upload[1]:
        raise Problem(errors.BAD_INPUT, "Hãy chọn một tệp.", "Please choose a file.")
    name, raw = visit.upload
    name = name.replace("\0", "").rsplit("/", 1)[-1].rsplit("\\", 1)[-1][:200]
    profile = visit.field("profile", 60)
    understood = visit.edge.reconciliation.preview(name, raw, profile)
    digest = hashlib.sha256(raw).hexdigest()
    with audit.acting(
        visit.edge.store, "upload", visit.actor, "upload-file", f"file:{digest}", facts={"name": name}
    ) as tx:
        breaks.keep_upload(tx, digest, raw, name=name, profile=profile, by=str(visit.actor))
    return visit.page(
        "upload.html",
        section="reconciliation",
        title=say("reconcile.preview_title", visit.language),
        name=name,
        digest=digest,
        profile=profile,
        understood=understood,
        size=len(raw),
    )


def load(visit: Visit) -> Response:
    """``POST /reconciliation/load``: load the file that was shown; the same file again changes nothing."""
    digest = visit.field("digest", 64)
    with visit.edge.store.transaction("upload-read") as tx:
        kept = breaks.upload(tx, digest, str(visit.actor))
    if kept is None:
        raise NotFound("upload")
    loaded = visit.edge.reconciliation.load(
        kept["name"], bytes(kept["raw"]), kept["profile"], actor=visit.actor
    )
    if not loaded.loaded:
        raise Problem(
            errors.BAD_INPUT,
            "Tệp không được nạp: có dòng không đọc được hoặc không cộng khớp.",
            "The file was not loaded: it has rows that cannot be read or do not add up.",
        )
    with visit.edge.store.transaction("upload-done") as tx:
        breaks.drop_upload(tx, digest)
    return RedirectResponse("/reconciliation?done=common.done", 303)
