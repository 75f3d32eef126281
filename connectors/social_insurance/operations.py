"""What the effect engine may ask of social security: reads only; every answer carries the record of its purpose."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from connectors.errors import Rejected
from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.social_insurance.client import BY_NUMBER, FIND_NUMBER, HOUSEHOLD, SYSTEM, Client
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.insurance import InsuranceQuestion
from mappings.canonical.purpose import Reason

_T = TypeVar("_T")


def operations(client: Client) -> tuple[Operation, ...]:
    """The three look-ups."""

    def by_number(call: Call) -> Done:
        """``{number, reason}`` → ``{person, purpose}``, ``person`` null where there is none."""
        found = client.by_number(
            call.payload["number"], _read(Reason, call, "reason"), deadline_seconds=call.deadline_seconds
        )
        data = {"person": to_json(found.value), "purpose": to_json(found.purpose)}
        return Done(data=data, code="found" if found.value else "not-found")

    def find_number(call: Call) -> Done:
        """``{question, reason}`` → ``{number, state, purpose}``, ``number`` empty where there is nobody."""
        found = client.find_number(
            _read(InsuranceQuestion, call, "question"),
            _read(Reason, call, "reason"),
            deadline_seconds=call.deadline_seconds,
        )
        data = {"number": found.value, "state": found.state, "purpose": to_json(found.purpose)}
        return Done(data=data, code="found" if found.value else "not-found")

    def household(call: Call) -> Done:
        """``{question, reason}`` → ``{members, purpose}``."""
        found = client.household(
            _read(InsuranceQuestion, call, "question"),
            _read(Reason, call, "reason"),
            deadline_seconds=call.deadline_seconds,
        )
        data = {"members": to_json(found.value), "purpose": to_json(found.purpose)}
        return Done(data=data, code="found" if found.value else "not-found")

    asked: tuple[tuple[str, Callable[[Call], Done]], ...] = (
        (BY_NUMBER, by_number),
        (FIND_NUMBER, find_number),
        (HOUSEHOLD, household),
    )
    return tuple(
        Operation(
            system=SYSTEM,
            name=name,
            effect_class=EffectClass.READ,
            found_by="asking changes nothing; it is asked again, and each look is in the ledger of purposes",
            perform=perform,
        )
        for name, perform in asked
    )


def _read(cls: type[_T], call: Call, name: str) -> _T:
    facts = {"system": SYSTEM, "operation": "read payload", "reference": call.reference}
    if name not in call.payload:
        code, why = (
            ("001", "no purpose was told") if name == "reason" else ("not-sent", f"no {name} was given")
        )
        raise Rejected(why, code=code, **facts)
    try:
        return from_json(cls, call.payload[name])
    except (ValueError, TypeError) as exc:
        # Their text may hold what was given: only the place is told.
        raise Rejected(f"{name} cannot be read", code="not-sent", **facts) from exc
