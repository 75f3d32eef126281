"""What the effect engine may ask of the business register: reads only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from connectors.business_registration.client import (
    BETWEEN,
    COOPERATIVE,
    ENTERPRISE,
    HOUSEHOLD,
    STATUS,
    SYSTEM,
    TODAY,
    Client,
)
from connectors.errors import Rejected
from connectors.kit.effects import Call, Done, EffectClass, Operation
from mappings.canonical.codec import to_json
from mappings.canonical.enterprise import Enterprise, RegistrationDossier


def operations(client: Client) -> tuple[Operation, ...]:
    """Details by code, lists and the status of one registration dossier."""

    def detail(read: Callable[..., Enterprise | None]) -> Callable[[Call], Done]:
        """``{code}`` → ``{enterprise}``, ``null`` where the register has none."""

        def perform(call: Call) -> Done:
            found = read(call.payload["code"], deadline_seconds=call.deadline_seconds)
            return Done(data={"enterprise": to_json(found)}, code="found" if found else "not-found")

        return perform

    def today(call: Call) -> Done:
        """``{from, to, offset?, limit?}``, times ``HH:mm``."""
        facts = call.payload
        rows = client.dossiers_today(
            facts["from"],
            facts["to"],
            offset=facts.get("offset"),
            limit=facts.get("limit"),
            deadline_seconds=call.deadline_seconds,
        )
        return _listed(rows)

    def between(call: Call) -> Done:
        """``{from, to, offset?, limit?}``, days ``YYYY-MM-DD``."""
        facts = call.payload
        rows = client.dossiers_between(
            _day(facts["from"]),
            _day(facts["to"]),
            offset=facts.get("offset"),
            limit=facts.get("limit"),
            deadline_seconds=call.deadline_seconds,
        )
        return _listed(rows)

    def status(call: Call) -> Done:
        """``{number}`` → ``{dossier}``, ``null`` where there is none."""
        found = client.dossier_status(call.payload["number"], deadline_seconds=call.deadline_seconds)
        return Done(data={"dossier": to_json(found)}, code="found" if found else "not-found")

    asked = (
        (ENTERPRISE, detail(client.enterprise)),
        (COOPERATIVE, detail(client.cooperative)),
        (HOUSEHOLD, detail(client.household)),
        (TODAY, today),
        (BETWEEN, between),
        (STATUS, status),
    )
    return tuple(
        Operation(
            system=SYSTEM,
            name=name,
            effect_class=EffectClass.READ,
            found_by="asking changes nothing; it is repeated",
            perform=perform,
        )
        for name, perform in asked
    )


def _listed(rows: Sequence[RegistrationDossier]) -> Done:
    return Done(data={"dossiers": to_json(list(rows))}, code=str(len(rows)))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise Rejected("a day is YYYY-MM-DD", system=SYSTEM, operation=BETWEEN, code="not-sent") from exc
