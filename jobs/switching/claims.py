"""Where each write goes is decided and kept in the transaction that commits 'sending', before the first byte leaves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from connectors import registry
from connectors.kit.switching import Switch, Version, choose
from jobs.effects.model import Effect, Handler, Outcome
from jobs.store.postgres import switching as rows
from jobs.switching.stored import known, rules

if TYPE_CHECKING:
    from jobs.store.ports import Tx
    from jobs.store.postgres.tx import PgTx


class Claims:
    """A side of every write of a system in two versions; it refuses none and hears no outcome."""

    def __init__(self, system: str, switch: Switch, facts: Any) -> None:
        """``facts``: of the system's ``sides``: (operation, payload) → what decides."""
        self._system, self._switch, self._facts = system, switch, facts

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:
        """Keep the version of each. What may have been done already stays where it was sent.

        Everything else is decided anew: what waited for a version that was away goes where the switch says now.
        """
        self._decide(cast("PgTx", tx), effects)
        return {}

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        """Nothing: the sides that caused the effects hear of it."""

    def _decide(self, tx: PgTx, effects: Sequence[Effect]) -> None:
        doubtful = rows.in_doubt(tx, [effect.id for effect in effects])
        facts = {effect.key: self._facts(effect.operation, effect.payload) for effect in effects}
        kept = rows.taken(
            tx, self._system, {key for k, fact in facts.items() for key in (k, fact.bound) if key}
        )
        dossiers = known(tx, sorted({fact.dossier_code for fact in facts.values() if fact.dossier_code}))
        said = rules(tx, self._system)
        versions: dict[str, str] = {}
        for effect in effects:
            fact = facts[effect.key]
            if effect.id in doubtful:
                # What left us before there were two versions went to the old one.
                versions[effect.key] = kept.get(effect.key, Version.OLD.value)
            elif fact.bound in kept:
                versions[effect.key] = kept[fact.bound]
            else:
                agencies = fact.at(dossiers.get(fact.dossier_code))
                versions[effect.key] = choose(self._switch, said, effect.operation, agencies, tx.now).value
        rows.keep(tx, self._system, versions)


def handlers(
    sections: Any, systems: Collection[str] = registry.SIDE_BY_SIDE
) -> dict[tuple[str, str], Handler]:
    """(system, operation) → this side, for every write of every system that is there in two versions."""
    found: dict[tuple[str, str], Handler] = {}
    for system in systems:
        if getattr(sections, system) is not None and getattr(sections, f"{system}_new") is not None:
            sides = registry.sides(system)
            claims = Claims(system, getattr(sections, f"{system}_switch"), sides.facts)
            found |= {(system, operation): claims for operation in sides.WRITES}
    return found


__all__ = ["Claims", "handlers"]
