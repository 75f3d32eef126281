"""How each outside system is told of a dossier: one entry per system; the only place of synchronisation that names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jobs.sync.model import Route

ROUTES: Mapping[str, Route] = {}
"""System → route."""


def routes(systems: Iterable[str]) -> dict[str, Route]:
    """Routes of the systems that this installation uses."""
    return {system: ROUTES[system] for system in systems if system in ROUTES}
