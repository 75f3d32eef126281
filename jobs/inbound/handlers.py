"""What the inbound work makes of the outcomes of its calls, in the engine's transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from jobs.effects.model import Effect, EffectState, Handler, Outcome
from jobs.inbound import model
from jobs.inbound.creating import CASE_SYSTEM, CREATE, Creating, not_created
from jobs.intake.model import NewCase
from jobs.store.postgres import inbound as rows

if TYPE_CHECKING:
    from jobs.store.ports import Tx
    from jobs.store.postgres.tx import PgTx

CONFIRMATIONS = (
    ("civil_status", "mark_received"),
    ("civil_status", "push_state"),
    ("judicial_records", "acknowledge"),
    ("ministry", "push_state"),
)
"""(system, operation) by which a sender hears that we have what it sent."""
_FAILED = (EffectState.REFUSED, EffectState.PARKED)


class _Ours(ABC):
    """Effects of the inbound work; the same operations may be used by others."""

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:  # noqa: ARG002 - lanes keep the order
        return {}

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.effect.cause == model.CAUSE:
                self.one(cast("PgTx", tx), outcome)

    @abstractmethod
    def one(self, tx: PgTx, outcome: Outcome) -> None:
        """What became of one of ours."""


class Telling(_Ours):
    """The case system was told of news."""

    def one(self, tx: PgTx, outcome: Outcome) -> None:
        effect, mark = outcome.effect, outcome.effect.payload[model.MARK]
        code, news = str(mark["code"]), int(mark["news"])
        done, failed = outcome.state is EffectState.DONE, outcome.state in _FAILED
        if effect.operation == "update_status" and (done or failed):
            dossier = tx.dossiers.by_code(code)
            state = dossier.state if dossier is not None else ""
            rows.told(tx, str(mark["system"]), code, news, state, taken=done)
        key = f"inbound-not-told:{news}"
        if failed:
            tx.cases.open([NewCase(model.NOT_TOLD, key, None, code, None, _facts(outcome))])
        elif done:
            tx.cases.close([key], "told")


class Created(_Ours):
    """A dossier that began elsewhere was created."""

    def __init__(self, creating: Creating) -> None:
        self._creating = creating

    def one(self, tx: PgTx, outcome: Outcome) -> None:
        effect, mark = outcome.effect, outcome.effect.payload[model.MARK]
        if outcome.state is EffectState.DONE:
            self._creating.created(tx, effect, outcome.data)
        elif outcome.state in _FAILED:
            key, facts = not_created(mark["news"], effect.lane), _facts(outcome)
            tx.cases.open([NewCase(model.NOT_CREATED, key, None, None, None, facts)])
            if outcome.state is EffectState.REFUSED:
                # Nothing is there: a person mends what was refused and tries again, under a code of its own.
                rows.park_again(tx, str(mark["system"]), effect.lane, f"refused:{outcome.code}", key)


class Confirming(_Ours):
    """A sender was told that we have what it sent."""

    def one(self, tx: PgTx, outcome: Outcome) -> None:
        key = f"inbound-not-confirmed:{outcome.effect.key}"[:200]
        if outcome.state in _FAILED:
            code = outcome.effect.dossier_code or None
            tx.cases.open([NewCase(model.NOT_CONFIRMED, key, None, code, None, _facts(outcome))])
        elif outcome.state is EffectState.DONE:
            tx.cases.close([key], "told")


class Both:
    """Two sides of the domain that use one operation; each knows its own effects."""

    def __init__(self, *sides: Handler) -> None:
        self._sides = sides

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:
        found: dict[int, str] = {}
        for side in self._sides:
            found |= side.on_claim(tx, effects)
        return found

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        for side in self._sides:
            side.on_outcome(tx, outcomes)


def handlers(creating: Creating) -> dict[tuple[str, str], Handler]:
    """(system, operation) → what becomes of its outcomes."""
    telling, confirming = Telling(), Confirming()
    return {
        (CASE_SYSTEM, "update_status"): telling,
        (CASE_SYSTEM, "add_note"): telling,
        (CASE_SYSTEM, CREATE): Created(creating),
        **dict.fromkeys(CONFIRMATIONS, confirming),
    }


def merged(
    one: Mapping[tuple[str, str], Handler], other: Mapping[tuple[str, str], Handler]
) -> dict[tuple[str, str], Handler]:
    """Both tables; an operation that stands in both has both sides."""
    return {
        **one,
        **{key: Both(one[key], side) if key in one else side for key, side in other.items()},
    }


def _facts(outcome: Outcome) -> dict[str, str]:
    return {
        "system": outcome.effect.system,
        "operation": outcome.effect.operation,
        "code": outcome.code,
        "message": outcome.message[:300],
    }
