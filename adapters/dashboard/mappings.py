"""Bảng mã: what is missing in the code tables, who proposes a row, who accepts it; a list as it stands on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from adapters.dashboard.formats import local_day, read_day
from adapters.dashboard.visits import Visit
from adapters.dashboard.words import say
from jobs.access.model import Right
from jobs.errors import BadInput, NotFound
from jobs.mapping_desk.gaps import Gap
from jobs.mapping_desk.overlay import by_list
from jobs.mapping_desk.service import MappingDesk, Proposal
from mappings.errors import MappingError
from mappings.tables import lists
from mappings.tables.dated import Row, Unmapped, Way

_DONE = "done=common.done"


def index(visit: Visit) -> Response:
    """``GET /mappings``: gaps, what waits for a second person, and one list on one day."""
    asked_day = visit.ask("day", 10)
    day = read_day(asked_day, "day") if asked_day else local_day(visit.now)
    name, system = visit.ask("list", 60), visit.ask("system", 60)
    if name and name not in lists.LISTS:
        raise NotFound("list")
    desk = _desk(visit)
    side, value = visit.ask("side", 10), visit.ask("value", 120)
    info = lists.info_of(name) if name else None
    rows = _listed(desk, name, system, day) if name else []
    return visit.page(
        "mappings.html",
        section="mappings",
        title=say("mapping.title", visit.language),
        gaps=desk.gaps(),
        address=_propose_address,
        proposals=desk.proposals(),
        me=str(visit.actor),
        can_propose=visit.may(Right.PROPOSE_MAPPING),
        can_accept=visit.may(Right.ACCEPT_MAPPING),
        lists=tuple(lists.LISTS),
        systems=_systems(name),
        chosen=day,
        name=name,
        system=system,
        info=info,
        ways=tuple(way.value for way in Way),
        code=value if side == "theirs" else "",
        meaning=value if side == "ours" else None,
        rows=rows,
        unmapped=[
            one
            for one in lists.unmapped()
            if one.list == name and system in ("", one.system) and not _filled(one, rows)
        ],
    )


def propose(visit: Visit) -> Response:
    """``POST /mappings``."""
    until = visit.field("valid_to", 10)
    try:
        way = Way(visit.field("way", 5))
    except ValueError as exc:
        raise BadInput("way", "way", "Hãy chọn chiều dùng.", "Choose how the row is used.") from exc
    wanted = Proposal(
        visit.field("system", 60),
        visit.field("list", 60),
        visit.field("code", 130),
        visit.field("meaning", 130),
        way,
        read_day(visit.field("valid_from", 10), "valid_from"),
        read_day(until, "valid_to") if until else None,
    )
    _desk(visit).propose(wanted, reason=visit.reason(), actor=visit.actor)
    return RedirectResponse(f"/mappings?{_DONE}#proposals", 303)


def accept(visit: Visit) -> Response:
    """``POST /mappings/{id}/accept``."""
    _desk(visit).accept(visit.request.path_params["id"], actor=visit.actor)
    return RedirectResponse(f"/mappings?{_DONE}#proposals", 303)


def reject(visit: Visit) -> Response:
    """``POST /mappings/{id}/reject``."""
    _desk(visit).reject(visit.request.path_params["id"], reason=visit.reason(), actor=visit.actor)
    return RedirectResponse(f"/mappings?{_DONE}#proposals", 303)


def end(visit: Visit) -> Response:
    """``POST /mappings/{id}/end``: a last day is proposed."""
    last = read_day(visit.field("last_day", 10), "last_day")
    _desk(visit).propose_end(visit.request.path_params["id"], last, reason=visit.reason(), actor=visit.actor)
    return RedirectResponse(f"/mappings?{_DONE}#proposals", 303)


def accept_end(visit: Visit) -> Response:
    """``POST /mappings/{id}/accept-end``."""
    _desk(visit).accept_end(visit.request.path_params["id"], actor=visit.actor)
    return RedirectResponse(f"/mappings?{_DONE}#proposals", 303)


def reject_end(visit: Visit) -> Response:
    """``POST /mappings/{id}/reject-end``."""
    _desk(visit).reject_end(visit.request.path_params["id"], reason=visit.reason(), actor=visit.actor)
    return RedirectResponse(f"/mappings?{_DONE}#proposals", 303)


def _desk(visit: Visit) -> MappingDesk:
    return MappingDesk(visit.edge.store)


def _propose_address(gap: Gap) -> str:
    """The form of a proposal with what the gap tells filled in."""
    facts = {"list": gap.list, "system": gap.system, "side": gap.side, "value": gap.value}
    return f"/mappings?{urlencode(facts)}#propose"


def _filled(left: Unmapped, rows: Sequence[tuple[Row, Any]]) -> bool:
    """People gave what was left out a counterpart since."""
    for row, _ in rows:
        if row.system != left.system:
            continue
        if left.side == "ours" and row.way is not Way.READ and row.meaning == left.value:
            return True
        if left.side == "theirs" and row.way is not Way.SENT and row.code == left.value:
            return True
    return False


def _systems(name: str) -> tuple[str, ...]:
    return lists.table(name).systems() if name else ()


def _listed(desk: MappingDesk, name: str, system: str, day: date) -> list[tuple[Row, dict[str, Any] | None]]:
    """Rows of a day, each with the stored row that people made of it, or ``None`` where it ships."""
    stored = [dict(row) for row in desk.rows(name=name, on=day)]
    by_source = {f"mapping_row {row['id']}": row for row in stored}
    added = by_list(stored)

    class _Overlay:
        def rows(self, system: str, name: str) -> Any:
            return added.get((system, name), ())

    try:
        table = lists.table(name)
    except MappingError as exc:
        raise NotFound("list") from exc
    systems = {*table.systems(), *(of for of, _ in added)}
    return [
        (row, by_source.get(row.source))
        for of in sorted(systems)
        if system in ("", of)
        for row in table.rows(of, day, _Overlay())
    ]
