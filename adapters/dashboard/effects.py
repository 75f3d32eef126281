"""Tác vụ liên thông: what is held up, grouped by cause; ask, repeat, release a lane."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from adapters.dashboard.formats import number
from adapters.dashboard.visits import Visit
from adapters.dashboard.words import knows, say
from config.redaction import clean, clean_text
from jobs.access.model import Right
from jobs.errors import NotFound
from jobs.store.postgres.views import dossiers, effects

FILTERS = ("system", "operation", "state", "code")
MOST_SHOWN = 20_000
"""Bytes of a body on a page; all of it is in a pack of evidence."""
_ASK_IN = frozenset({"unknown", "parked"})
_RETRY_IN = frozenset({"planned", "refused", "parked"})


def index(visit: Visit) -> Response:
    """``GET /effects``: causes first; with a filter, the tasks behind one."""
    chosen = {name: visit.ask(name, 60) for name in FILTERS if visit.ask(name, 60)}
    before = visit.ask("before", 18)
    with visit.edge.store.transaction("page-effects") as tx:
        groups = [] if chosen else effects.groups(tx)
        rows = effects.listing(
            tx,
            system=chosen.get("system", ""),
            state=chosen.get("state", ""),
            operation=chosen.get("operation", ""),
            code=chosen.get("code", ""),
            before=int(before) if before.isdigit() else None,
        )
        newest = dossiers.newest_event(tx)
    more = len(rows) > effects.PAGE
    rows = rows[: effects.PAGE]
    onward = urlencode({**chosen, "before": rows[-1]["id"]}) if more else ""
    return visit.page(
        "effects.html",
        section="effects",
        title=say("effect.title", visit.language),
        groups=groups,
        rows=rows,
        chosen=chosen,
        without={
            name: urlencode({key: value for key, value in chosen.items() if key != name}) for name in chosen
        },
        link=lambda row: "/effects?" + urlencode({name: row[name] for name in FILTERS}),
        cause=lambda code: cause(code, visit.language),
        next=f"/effects?{onward}" if more else "",
        paged=bool(before),
        live=newest,
    )


def cause(code: str, language: str) -> str:
    """A cause in words; an unknown code says so by showing itself."""
    key = f"cause.{code}"
    return say(key, language) if knows(key) else code


def show(visit: Visit, bodies: Mapping[int, Any] | None = None) -> Response:
    """``GET /effects/{id}``: the four answers, then the technical text.

    Args:
        bodies: what was sent and received, by exchange, when somebody said why it must be seen.
    """
    with visit.edge.store.transaction("page-effect") as tx:
        row = effects.one(tx, visit.request.path_params["id"])
        if row is None:
            raise NotFound("effect")
        calls = effects.exchanges(tx, row["id"])
    code_key = f"code.{row['system']}.{row['code']}"
    state = row["state"]
    # Unknown is not failed: what may have been done is asked about, never offered to be done again.
    return visit.page(
        "effect.html",
        section="effects",
        title=f"{row['id']}",
        row=row,
        calls=calls,
        told=told,
        bodies=bodies,
        readable=readable,
        kept=any(call["kept"] for call in calls),
        code_said=say(code_key, visit.language) if row["code"] and knows(code_key) else "",
        can_ask=state in _ASK_IN and visit.may(Right.ASK),
        can_retry=state in _RETRY_IN and visit.may(Right.RETRY),
        can_release=state == "parked" and bool(row["behind"]) and visit.may(Right.RELEASE),
        cause=lambda code: cause(code, visit.language),
    )


def unmask(visit: Visit) -> Response:
    """``POST /effects/{id}/exchanges``: show what was sent and received once; who, when, which and why are kept (S5)."""
    if visit.edge.evidence is None:
        raise NotFound("evidence")
    found = visit.edge.evidence.look(
        visit.request.path_params["id"], reason=visit.reason(), actor=visit.actor
    )
    return show(visit, {each.exchange_id: each for each in found})


def told(summary: Mapping[str, Any]) -> str:
    """A summary in one line. It holds fields that may be seen; what looks like a person is masked all the same."""
    parts = [str(summary[name]) for name in ("method", "path") if name in summary]
    rest = clean({name: value for name, value in summary.items() if name not in ("method", "path", "bytes")})
    parts += [f"{name} = {value}" for name, value in rest.items()]
    return clean_text(" · ".join([*parts, f"{number(summary.get('bytes', 0))} byte"]))


def readable(body: bytes) -> str:
    """A body as text, cut where a page ends; bytes that are no text show as such."""
    text = body[:MOST_SHOWN].decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return text


def act(name: str) -> Callable[[Visit], Response]:
    """``POST /effects/{id}/ask``, ``…/retry``, ``…/release``."""

    def handle(visit: Visit) -> Response:
        effect_id: int = visit.request.path_params["id"]
        getattr(visit.edge.effects, name)(effect_id, reason=visit.reason(), actor=visit.actor)
        return RedirectResponse(f"/effects/{effect_id}?done=common.done", 303)

    return handle
