"""What the effect engine may ask of civil status and the linked services, and how each outcome is found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.civil_status.client import (
    ASK_LINKED,
    ASK_STATE,
    GET_RESULT,
    MARK_RECEIVED,
    PUSH_STATE,
    REGISTER,
    SYSTEM,
    Client,
)
from connectors.civil_status.rules import LinkedState
from connectors.civil_status.tables import LINKED
from connectors.civil_status.translate import StateReport, with_requester
from connectors.errors import AlreadyDone, OutcomeUnknown, Rejected
from connectors.kit.effects import Call, Done, EffectClass, Finding, NotDone, Operation, Undecided
from connectors.kit.reading import VIETNAM
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.file import DossierFile
from mappings.errors import MappingError


class _Calls:
    """What each operation does with its payload."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def register(self, call: Call) -> Done:
        facts = _registration(self._client, call)
        try:
            code = self._client.register(**facts, deadline_seconds=call.deadline_seconds)
        except AlreadyDone as exc:
            return Done(data={"existed": True}, code=exc.code)
        return Done(code=code)

    def find_registration(self, call: Call) -> Finding:
        facts = _registration(self._client, call)
        code, unit, module = facts["code"], facts["unit"], facts["module"]
        try:
            if module in LINKED:
                number = self._client.ask_linked_state(
                    code, module, unit, deadline_seconds=call.deadline_seconds
                )
            else:
                standing = self._client.ask_state(code, unit, deadline_seconds=call.deadline_seconds)
                number = None if standing is None else standing.number
        except (OutcomeUnknown, Rejected) as exc:
            return Undecided(message=str(exc)[:200])
        if number is None:
            return NotDone(code="201")
        return Done(data={"number": number}, code=str(number))

    def ask_state(self, call: Call) -> Done:
        facts = call.payload
        standing = self._client.ask_state(
            facts["dossier_code"], facts["unit"], deadline_seconds=call.deadline_seconds
        )
        if standing is None:
            return Done(data={"known": False}, code="201")
        data = {
            "known": True,
            "number": standing.number,
            "state": standing.state.value,
            "note": standing.note,
        }
        return Done(data=data, code=str(standing.number))

    def ask_linked_state(self, call: Call) -> Done:
        facts = call.payload
        number = self._client.ask_linked_state(
            facts["dossier_code"], facts["module"], facts["unit"], deadline_seconds=call.deadline_seconds
        )
        return Done(data={"number": number}, code="" if number is None else str(number))

    def get_result(self, call: Call) -> Done:
        facts = call.payload
        found = self._client.get_result(
            facts["dossier_code"], facts["unit"], deadline_seconds=call.deadline_seconds
        )
        if found is None:
            return Done(data={"result": None}, code="200", final=False)
        data = {"event": found.event.value, "result": to_json(found.paper), "facts": dict(found.facts)}
        return Done(data=data, code="1")

    def push_state(self, call: Call) -> Done:
        report, wanted = _report(call.payload)
        try:
            told = self._client.push_state(
                report, wanted, call.payload.get("sent", ()), deadline_seconds=call.deadline_seconds
            )
        except AlreadyDone as exc:
            return Done(data={"told": [int(wanted)], "existed": True}, code=exc.code)
        return Done(data={"told": told}, code=str(int(wanted)))

    def find_state(self, call: Call) -> Finding:
        report, wanted = _report(call.payload)
        try:
            number = self._client.ask_linked_state(
                report.dossier_code,
                call.payload["module"],
                call.payload["unit"],
                deadline_seconds=call.deadline_seconds,
            )
        except (OutcomeUnknown, Rejected) as exc:
            return Undecided(message=str(exc)[:200])
        if number == wanted:
            return Done(data={"told": [number]}, code=str(number))
        return NotDone(code="" if number is None else str(number))

    def mark_received(self, call: Call) -> Done:
        try:
            code = self._client.mark_received(
                call.payload["dossier_code"], deadline_seconds=call.deadline_seconds
            )
        except AlreadyDone as exc:
            return Done(data={"existed": True}, code=exc.code)
        return Done(code=code)


def operations(client: Client) -> tuple[Operation, ...]:
    """Registration, its state and result; states of the linked services; 'received'. Lists and records are the client's."""
    calls = _Calls(client)
    return (
        Operation(
            system=SYSTEM,
            name=REGISTER,
            effect_class=EffectClass.FINDABLE,
            found_by="traTrangThaiHoSo (linked modules: the state query) by the dossier's own code; 'not found' is no proof "
            "unless the ministry says so (setting not_found_is_proof): a dossier may become visible late",
            perform=calls.register,
            look_up=calls.find_registration,
            not_found_is_proof=client.not_found_is_proof is True,
        ),
        Operation(
            system=SYSTEM,
            name=ASK_STATE,
            effect_class=EffectClass.READ,
            found_by="asking changes nothing; it is repeated",
            perform=calls.ask_state,
        ),
        Operation(
            system=SYSTEM,
            name=ASK_LINKED,
            effect_class=EffectClass.READ,
            found_by="asking changes nothing; it is repeated",
            perform=calls.ask_linked_state,
        ),
        Operation(
            system=SYSTEM,
            name=GET_RESULT,
            effect_class=EffectClass.READ,
            found_by="asking changes nothing; it is repeated",
            perform=calls.get_result,
        ),
        Operation(
            system=SYSTEM,
            name=PUSH_STATE,
            effect_class=EffectClass.IDEMPOTENT,
            found_by="it sets a state: telling it again changes nothing, as two provinces do every day (assumed); the state "
            "query shows the last one",
            perform=calls.push_state,
            look_up=calls.find_state,
        ),
        Operation(
            system=SYSTEM,
            name=MARK_RECEIVED,
            effect_class=EffectClass.IDEMPOTENT,
            found_by="it sets a mark: setting it again changes nothing; a dossier without it comes again in the list",
            perform=calls.mark_received,
        ),
    )


def _registration(client: Client, call: Call) -> dict[str, Any]:
    """``{dossier, form, linked_code?, module?, unit?}``; module and unit are found by tables when they are not told."""
    facts = call.payload
    file = from_json(DossierFile, facts["dossier"])
    form = with_requester(facts["form"], file)
    wrong = {"system": SYSTEM, "operation": REGISTER, "reference": file.code, "code": "not-sent"}
    if file.received_at is None:
        raise Rejected("the dossier was not received yet", **wrong)
    try:
        day = file.received_at.astimezone(VIETNAM).date()
        module = facts.get("module") or client.module(file.procedure, day)
    except MappingError as exc:
        raise Rejected(str(exc), **wrong) from exc
    return {
        "code": file.code,
        "linked_code": facts.get("linked_code", ""),
        "module": module,
        "unit": facts.get("unit") or client.unit(file.agency, form),
        "received_at": file.received_at,
        "form": form,
    }


def _report(payload: Mapping[str, Any]) -> tuple[StateReport, LinkedState]:
    """``{report, wanted, sent, module, unit}``; ``report`` is a :class:`StateReport` as JSON."""
    return from_json(StateReport, payload["report"]), LinkedState(payload["wanted"])


__all__ = ["operations"]
