"""What synchronisation makes of the outcomes of its calls, in the engine's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from jobs.effects.model import Effect, EffectState, Handler, Outcome
from jobs.intake.model import NewCase, NewEvent
from jobs.store.postgres import sync as rows
from jobs.sync.model import MARK, Route
from jobs.sync.service import LOST, REFUSED, Sync, there_of
from mappings.canonical.codec import from_json
from mappings.canonical.file import DossierFile

if TYPE_CHECKING:
    from jobs.store.ports import Tx
    from jobs.store.postgres.tx import PgTx

_MOST_REPAIRS = 3
"""What a system loses more often is a person's matter: it would be told for ever."""


class Telling:
    """A system was told of dossiers."""

    def __init__(self, sync: Sync) -> None:
        self._sync = sync

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:  # noqa: ARG002 - lanes keep the order
        return {}

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        ours = cast("PgTx", tx)
        mine = [outcome for outcome in outcomes if MARK in outcome.effect.payload]
        arrived = [outcome for outcome in mine if outcome.state is EffectState.DONE]
        if arrived:
            self._arrived(ours, arrived)
        for outcome in mine:
            if outcome.state in (EffectState.REFUSED, EffectState.PARKED):
                rows.refused(ours, outcome.effect.system, outcome.effect.dossier_code)
                tx.cases.open([_refused(outcome)])

    def _arrived(self, tx: PgTx, outcomes: Sequence[Outcome]) -> None:
        amounts, references, cases = [], {}, []
        for outcome in outcomes:
            effect, mark = outcome.effect, outcome.effect.payload[MARK]
            system, code = effect.system, effect.dossier_code
            amounts.append((system, code, mark["version"], mark["steps"]))
            if reference := str(outcome.data.get("reference") or ""):
                references[system, code] = reference
            cases += [f"sync-refused:{system}:{code}", f"sync-lost:{system}:{code}"]
        there = rows.arrived(tx, amounts, references)
        tx.cases.close(cases, "told")
        following = [(s, c) for s, c in there if self._sync.routes[s].follow is not None]
        stored = rows.files_of(tx, [code for _, code in following]) if following else {}
        files = {code: from_json(DossierFile, row["content"]) for code, row in stored.items()}
        self._sync.follow(tx, [(s, c, files[c], there_of(there[s, c])) for s, c in following if c in files])


class Comparing:
    """A system was asked whether it still has what it confirmed."""

    def __init__(self, sync: Sync, routes: Mapping[str, Route]) -> None:
        self._sync, self._routes = sync, routes

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:  # noqa: ARG002 - asking harms nobody
        return {}

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        ours = cast("PgTx", tx)
        mine = [o for o in outcomes if o.effect.cause == "sync-compare" and o.state is EffectState.DONE]
        files = rows.files_of(ours, [outcome.effect.dossier_code for outcome in mine])
        for outcome in mine:
            effect = outcome.effect
            route, stored = self._routes[effect.system], files.get(effect.dossier_code)
            if stored is None:
                continue
            file = from_json(DossierFile, stored["content"])
            if not route.read(outcome.data, file):
                self._lost(ours, effect, file, route)

    def _lost(self, tx: PgTx, effect: Effect, file: DossierFile, route: Route) -> None:
        code, system = effect.dossier_code, effect.system
        times = rows.lost(tx, system, code)
        facts = {"system": system, "times": times}
        tx.events.add([NewEvent("sync.lost", f"dossier:{code}", "rule:sync", code, facts)])
        if route.repairable and times <= _MOST_REPAIRS:
            self._sync.tell(tx, {code: file}, only=system, again=f"repair:{times}")
        else:
            tx.cases.open([NewCase(LOST, f"sync-lost:{system}:{code}", None, code, None, facts)])


def handlers(sync: Sync) -> dict[tuple[str, str], Handler]:
    """(system, operation) → what becomes of its outcomes."""
    telling, comparing = Telling(sync), Comparing(sync, sync.routes)
    found: dict[tuple[str, str], Handler] = {}
    for system, route in sync.routes.items():
        for operation in route.operations:
            found[system, operation] = telling
        if route.ask is not None:
            found[system, route.ask_operation] = comparing
    return found


def _refused(outcome: Outcome) -> NewCase:
    effect = outcome.effect
    facts = {
        "system": effect.system,
        "operation": effect.operation,
        "code": outcome.code,
        "message": outcome.message[:300],
    }
    return NewCase(
        REFUSED, f"sync-refused:{effect.system}:{effect.dossier_code}", None, effect.dossier_code, None, facts
    )
