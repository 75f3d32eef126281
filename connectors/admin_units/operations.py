"""What the effect engine may ask: two questions that change nothing there."""

from __future__ import annotations

from datetime import date
from typing import Any

from connectors.admin_units.client import COMMUNES, PROVINCES, SYSTEM, Client
from connectors.admin_units.units import AdminUnitList
from connectors.errors import Rejected
from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.kit.soap.port import NOT_SENT
from mappings.canonical.codec import to_json

_ASKED_AGAIN = "it changes nothing there: asked again with the same day"


def operations(client: Client) -> tuple[Operation, ...]:
    """``list_provinces`` {as_of} and ``list_communes`` {as_of, province_code?}; ``as_of`` is an ISO day."""

    def list_provinces(call: Call) -> Done:
        found = client.provinces(_day(call, PROVINCES), deadline_seconds=call.deadline_seconds)
        return Done(data=_facts(found))

    def list_communes(call: Call) -> Done:
        found = client.communes(
            _day(call, COMMUNES),
            str(call.payload.get("province_code", "")),
            deadline_seconds=call.deadline_seconds,
        )
        return Done(data=_facts(found))

    return (
        Operation(
            system=SYSTEM,
            name=PROVINCES,
            effect_class=EffectClass.READ,
            found_by=_ASKED_AGAIN,
            perform=list_provinces,
        ),
        Operation(
            system=SYSTEM,
            name=COMMUNES,
            effect_class=EffectClass.READ,
            found_by=_ASKED_AGAIN,
            perform=list_communes,
        ),
    )


def _day(call: Call, operation: str) -> date:
    try:
        return date.fromisoformat(call.payload["as_of"])
    except (KeyError, TypeError, ValueError) as exc:
        raise Rejected("as_of is an ISO day", system=SYSTEM, operation=operation, code=NOT_SENT) from exc


def _facts(found: AdminUnitList) -> dict[str, Any]:
    made: dict[str, Any] = to_json(found)
    return made
