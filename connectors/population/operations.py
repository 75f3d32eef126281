"""What the effect engine may ask of the population database. Everything is a read; every answer carries its purpose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from connectors.errors import Rejected
from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.population.client import (
    CONFIRM,
    GUARDIAN,
    HEAD,
    HOUSEHOLD,
    LIFE,
    LOOK_UP,
    MARITAL,
    NOT_SENT,
    RELATIVES,
    RESIDENCE,
    SYSTEM,
    Answered,
    Client,
)
from mappings.canonical.citizen import CitizenClaim
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.purpose import Reason

FOUND_BY = "asking changes nothing there, so it is repeated; each repeat costs quota and leaves under a request id of its own"


def operations(client: Client) -> tuple[Operation, ...]:
    """One operation per question. Payload: ``claim`` (CitizenClaim) and ``reason`` (Reason), both as JSON values."""

    def confirm(call: Call) -> Done:
        claim, reason = asked_of(CONFIRM, call)
        return _told(client.confirm(claim, reason, deadline_seconds=call.deadline_seconds))

    def household(call: Call) -> Done:
        claim, reason = asked_of(HOUSEHOLD, call)
        found = client.household(claim, reason, deadline_seconds=call.deadline_seconds)
        return Done(data={"household": to_json(found.value), "purpose": to_json(found.purpose)})

    def checking(operation: str) -> Operation:
        def perform(call: Call) -> Done:
            claim, reason = asked_of(operation, call)
            return _told(client.check(operation, claim, reason, deadline_seconds=call.deadline_seconds))

        return _reading(operation, perform)

    checks = (LOOK_UP, MARITAL, RESIDENCE, HEAD, RELATIVES, GUARDIAN, LIFE)
    return (
        _reading(CONFIRM, confirm),
        _reading(HOUSEHOLD, household),
        *(checking(each) for each in checks),
    )


def asked_of(operation: str, call: Call) -> tuple[CitizenClaim, Reason]:
    """The claim and the reason of a call; a later attempt has a request id of its own, ``…-2``: leave room for it below 40.

    Raises:
        Rejected: one of them is missing (``001`` without a reason) or is no such thing. Nothing has left.
    """
    facts: dict[str, Any] = {"system": SYSTEM, "operation": operation, "reference": call.reference}
    if not call.payload.get("reason"):
        raise Rejected("no purpose was told", code="001", **facts)
    try:
        claim = from_json(CitizenClaim, call.payload.get("claim"))
        reason = from_json(Reason, call.payload["reason"])
    except (ValueError, TypeError, AttributeError):
        # Their words quote values, and the values are a person's.
        raise Rejected("claim or reason cannot be read", code=NOT_SENT, **facts) from None
    if call.attempt > 1:
        reason = replace(reason, request_id=f"{reason.request_id}-{call.attempt}")
    return claim, reason


def _told(found: Answered[Any]) -> Done:
    return Done(
        data={"check": to_json(found.value), "purpose": to_json(found.purpose)}, code=found.value.their_code
    )


def _reading(name: str, perform: Any) -> Operation:
    return Operation(
        system=SYSTEM, name=name, effect_class=EffectClass.READ, found_by=FOUND_BY, perform=perform
    )
