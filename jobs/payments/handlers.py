"""What the money makes of the outcomes of its effects, in the engine's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from jobs.effects.model import Effect, EffectState, Handler, Outcome
from jobs.intake.model import NewCase, NewEvent
from jobs.payments import confirming, looking_up
from jobs.payments.channels import OPEN_PAYMENT
from jobs.payments.gateways import GATEWAYS
from jobs.payments.model import Attempt
from jobs.payments.service import Payments
from mappings.canonical.codec import from_json
from mappings.canonical.payment import AttemptState, PaymentNews

if TYPE_CHECKING:
    from jobs.store.ports import Tx

NOT_ASKABLE = "payment_not_askable"
"""Kind of the case of a look-up that the provider refuses: a setting is wrong, or a key."""


class LookedUp:
    """A provider was asked about attempts; its answers are news like any other."""

    def __init__(self, payments: Payments) -> None:
        self._payments = payments

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:  # noqa: ARG002 - asking harms nobody
        return {}

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        told, correlation = [], []
        for outcome in outcomes:
            if outcome.state is EffectState.DONE and outcome.data.get("news"):
                told.append(from_json(PaymentNews, outcome.data["news"]))
                correlation.append(outcome.effect.correlation_id)
        if told:
            self._payments.apply_many(tx, told, correlation)
        # Whatever came back, the next look-up of what is unresolved is set already: only refusals need a person.
        refused = [o for o in outcomes if o.state in (EffectState.REFUSED, EffectState.PARKED)]
        tx.cases.open(
            [
                NewCase(
                    NOT_ASKABLE,
                    f"not-askable:{o.effect.system}:{o.code or 'parked'}",
                    None,
                    None,
                    tx.now + looking_up.PERSON_WITHIN,
                    {
                        "system": o.effect.system,
                        "code": o.code,
                        "message": o.message,
                        "payment_reference": o.effect.reference,
                    },
                )
                for o in refused
            ]
        )


class Opened:
    """A provider was asked for a payment page."""

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:  # noqa: ARG002 - see below
        """Pages that nobody waits for any more were taken back when they expired; one that is asked for again harms nobody."""
        return {}

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        attempts = tx.payments.lock([outcome.effect.reference for outcome in outcomes])
        changed: dict[str, Attempt] = {}
        events = []
        for outcome in outcomes:
            before = attempts.get(outcome.effect.reference)
            after = _opened(before, outcome) if before is not None else None
            if before is None or after is None or after == before:
                continue
            attempts[after.reference] = changed[after.reference] = after
            if after.state is not before.state:
                kind = {
                    AttemptState.SENT: "payment.sent",
                    AttemptState.FAILED: "payment.failed",
                    AttemptState.UNKNOWN: "payment.unknown",
                }[after.state]
                events.append(
                    NewEvent(
                        kind, f"payment:{after.reference}", f"rule:{outcome.effect.system}",
                        outcome.effect.dossier_code or None, {"amount": after.amount, "code": outcome.code},
                        outcome.effect.correlation_id,
                    )
                )  # fmt: skip
        tx.payments.save(list(changed.values()))
        tx.events.add(events)


def _opened(attempt: Attempt, outcome: Outcome) -> Attempt | None:
    """The attempt after an answer to the opening call. News may have overtaken it: those states stay."""
    waiting = attempt.state in (AttemptState.CREATED, AttemptState.UNKNOWN)
    match outcome.state:
        case EffectState.DONE:
            late = attempt.state is AttemptState.EXPIRED  # nobody shall find a page there any more
            url = (
                attempt.payment_url
                if late
                else str(outcome.data.get("payment_url") or "") or attempt.payment_url
            )
            state = AttemptState.SENT if attempt.state is AttemptState.CREATED else attempt.state
            return replace(attempt, payment_url=url, state=state)
        case EffectState.REFUSED if waiting:
            return replace(attempt, state=AttemptState.FAILED, code=outcome.code, next_look_up_at=None)
        case EffectState.UNKNOWN | EffectState.PARKED if (
            attempt.state is AttemptState.CREATED and outcome.effect.attempt
        ):
            # It may stand there: a payer could be sent to a page that we know nothing of.
            return replace(attempt, state=AttemptState.UNKNOWN)
        case _:
            return None


class FeeConfirmed:
    """The case system was told that a fee is paid."""

    def on_claim(self, tx: Tx, effects: Sequence[Effect]) -> Mapping[int, str]:  # noqa: ARG002 - what is paid stays paid
        return {}

    def on_outcome(self, tx: Tx, outcomes: Sequence[Outcome]) -> None:
        events, cases, told = [], [], []
        for outcome in outcomes:
            effect = outcome.effect
            key = confirming.case_key(effect.dossier_code, effect.reference)
            if outcome.state is EffectState.DONE:
                told.append(key)
                events.append(_event("fee.confirmed", effect))
            elif outcome.state in (EffectState.REFUSED, EffectState.PARKED):
                why = outcome.code or outcome.state.value
                cases.append(
                    confirming.unconfirmed(
                        effect.dossier_code, effect.reference, int(effect.payload["amount"]), why, tx.now
                    )
                )
                events.append(_event("fee.unconfirmed", effect))
        tx.cases.open(cases)
        tx.cases.close(told, "the case system was told")
        tx.events.add(events)


def _event(kind: str, effect: Effect) -> NewEvent:
    return NewEvent(
        kind, f"payment:{effect.reference}", f"rule:{effect.system}", effect.dossier_code,
        {"amount": effect.payload["amount"]}, effect.correlation_id,
    )  # fmt: skip


def handlers(payments: Payments) -> dict[tuple[str, str], Handler]:
    """(system, operation) → handler, for the engine."""
    made: dict[tuple[str, str], Handler] = {(confirming.SYSTEM, confirming.OPERATION): FeeConfirmed()}
    for gateway in GATEWAYS.values():
        if gateway.asked:
            made[gateway.provider, looking_up.OPERATION] = LookedUp(payments)
        if gateway.opens:
            made[gateway.provider, OPEN_PAYMENT] = Opened()
    return made
