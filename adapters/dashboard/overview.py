"""Tổng quan: what runs, what waits for people, what money is held. Each number opens the list behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.responses import Response

from adapters.dashboard.formats import HANOI
from adapters.dashboard.visits import Visit
from adapters.dashboard.words import say
from jobs.store.postgres.views import dossiers, overview, systems

CHART_WIDTH, CHART_HEIGHT, CHART_LEFT = 720, 190, 44


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of the chart, in the drawing's own units."""

    label: str
    x: float
    width: float
    done_y: float
    done_height: float
    problem_y: float
    problem_height: float
    done: int
    problem: int


def show(visit: Visit) -> Response:
    """``GET /``."""
    with visit.edge.store.transaction("page-overview") as tx:
        work = overview.waiting_for_people(tx)
        lights = systems.lights(tx)
        held = systems.money_held(tx)
        hours = overview.by_hour(tx)
        broken = overview.broken_invariants(tx)
        newest = dossiers.newest_event(tx)
    bars, top = chart(hours, visit.now)
    return visit.page(
        "overview.html",
        section="overview",
        title=say("overview.title", visit.language),
        work=work,
        cap=overview.CAP,
        lights=lights,
        held=held,
        broken=broken,
        bars=bars,
        top=top,
        live=newest,
    )


def chart(hours: list[dict[str, Any]], now: datetime) -> tuple[list[Bar], int]:
    """24 bars ending with the present hour, and the value of the topmost line."""
    known = {row["hour"].astimezone(HANOI).replace(minute=0, second=0, microsecond=0): row for row in hours}
    last = now.astimezone(HANOI).replace(minute=0, second=0, microsecond=0)
    slots = [last - timedelta(hours=back) for back in range(23, -1, -1)]
    values = [(slot, known.get(slot)) for slot in slots]
    highest = max((row["done"] + row["problem"] for _, row in values if row), default=0)
    top = nice_top(highest)
    usable, step = CHART_HEIGHT - 36, (CHART_WIDTH - CHART_LEFT) / 24
    bars = []
    for number, (slot, row) in enumerate(values):
        done, problem = (int(row["done"]), int(row["problem"])) if row else (0, 0)
        done_height, problem_height = done * usable / top, problem * usable / top
        base = 8 + usable
        bars.append(
            Bar(
                f"{slot:%H}",
                round(CHART_LEFT + number * step + 3, 1),
                round(step - 6, 1),
                round(base - done_height, 1),
                round(done_height, 1),
                round(base - done_height - problem_height, 1),
                round(problem_height, 1),
                done,
                problem,
            )
        )
    return bars, top


def nice_top(highest: int) -> int:
    """The next 1, 2 or 5 with zeros at or above ``highest``, at least 10."""
    top = 10
    while top < highest:
        top = top * 5 // 2 if str(top)[0] == "2" else top * 2
    return top
