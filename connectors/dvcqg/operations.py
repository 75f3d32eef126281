"""What the effect engine may ask of the national portal, and how each outcome is found."""

from __future__ import annotations

from typing import Any

from connectors.dvcqg.client import SYSTEM, Client, DossierThere
from connectors.errors import OutcomeUnknown, Rejected
from connectors.kit.effects import Call, Done, EffectClass, Finding, NotDone, Operation, Undecided
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.file import DossierFile, Step
from mappings.tables.national_statuses import number_of

_ASKED = "asking changes nothing; it is repeated"


class _Calls:
    """What each operation does with its payload: canonical JSON; names in each method."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def push_dossier(self, call: Call) -> Done:
        """``{dossier: DossierFile, known?: bool}``; ``known``: they confirmed an earlier version."""
        file = from_json(DossierFile, call.payload["dossier"])
        pushed = self._client.push_dossier(
            file, known=call.payload.get("known") is True, deadline_seconds=call.deadline_seconds
        )
        return Done(data={"reference": file.code, "created": pushed.created}, code=pushed.code)

    def find_pushed(self, call: Call) -> Finding:
        """A create is done when the dossier is there in the state that was told. An update leaves no such trace."""
        file = from_json(DossierFile, call.payload["dossier"])
        try:
            there = self._client.find_dossier(file.code, deadline_seconds=call.deadline_seconds)
        except (OutcomeUnknown, Rejected) as exc:
            return Undecided(message=str(exc)[:200])
        if not there.found:
            return NotDone(code="not-there")
        told = str(number_of(file.state, accepted=file.received_at is not None))
        if there.status != told:
            return NotDone(code="other-state", message=f"in state {there.status[:20]}, {told} was told")
        if call.payload.get("known") is True:
            return NotDone(
                code="cannot-tell", message="it was in this state before; the values are set again"
            )
        return Done(data={"reference": file.code, "created": True}, code="found")

    def push_steps(self, call: Call) -> Done:
        """``{dossier_code, steps: [Step]}``, of a dossier that they have."""
        code = call.payload["dossier_code"]
        steps = [from_json(Step, each) for each in call.payload["steps"]]
        taken = self._client.push_steps(code, steps, deadline_seconds=call.deadline_seconds)
        return Done(data={"reference": code, "steps": taken}, code="0")

    def find_dossier(self, call: Call) -> Done:
        """``{dossier_code}`` → ``{found, status, state}``."""
        there = self._client.find_dossier(
            call.payload["dossier_code"], deadline_seconds=call.deadline_seconds
        )
        return Done(data=_there(there), code="0")

    def get_procedure(self, call: Call) -> Done:
        """``{code}`` → ``{procedure}``, theirs with their names, or ``null``."""
        found = self._client.procedure(call.payload["code"], deadline_seconds=call.deadline_seconds)
        return Done(data={"procedure": found.model_dump(mode="json") if found else None}, code="0")

    def get_catalogue(self, call: Call) -> Done:
        """``{name: procedures | agencies | fields | services}`` → ``{items}``."""
        found = self._client.catalogue(call.payload["name"], deadline_seconds=call.deadline_seconds)
        return Done(data={"items": [item.model_dump(mode="json") for item in found]}, code="0")

    def get_states(self, call: Call) -> Done:
        """``{}`` → ``{news, unreadable}``."""
        news, unreadable = self._client.states(deadline_seconds=call.deadline_seconds)
        return Done(data={"news": to_json(list(news)), "unreadable": list(unreadable)}, code="0")

    def find_account(self, call: Call) -> Done:
        """``{tax_code}`` → ``{account}``, empty when there is none."""
        account = self._client.account_of(call.payload["tax_code"], deadline_seconds=call.deadline_seconds)
        return Done(data={"account": account}, code="0")


def operations(client: Client) -> tuple[Operation, ...]:
    """Dossier, steps, and the questions. Payloads are canonical JSON; names in each function."""
    calls = _Calls(client)
    reads = {
        "find_dossier": calls.find_dossier,
        "get_procedure": calls.get_procedure,
        "get_catalogue": calls.get_catalogue,
        "get_states": calls.get_states,
        "find_account": calls.find_account,
    }
    once = client.steps_once is True
    return (
        Operation(
            system=SYSTEM,
            name="push_dossier",
            effect_class=EffectClass.FINDABLE,
            found_by="TraCuuHoSo by MaHoSo tells only whether they have the dossier, and its state. There in the state "
            "told: a create was done (a dossier that came there another way cannot be told apart: such ones are told as "
            "known). Not there: taken as proof, because a create that did arrive is answered 'đã tồn "
            "tại' when it is sent again, which changes nothing and becomes an update. An update leaves no trace of its "
            "own: it is sent again, since it sets the same values (assumed); the lane keeps older versions behind",
            perform=calls.push_dossier,
            look_up=calls.find_pushed,
            not_found_is_proof=True,
        ),
        Operation(
            system=SYSTEM,
            name="push_steps",
            effect_class=EffectClass.IDEMPOTENT if once else EffectClass.EVIDENCE,
            found_by="the operator confirmed that a step sent twice is kept once: the same again"
            if once
            else "each call adds steps and nothing asks for them: TraCuuHoSo shows the state only, which the dossier "
            "itself has told before. A person sees them on the portal's page of the dossier",
            perform=calls.push_steps,
        ),
        *(
            Operation(
                system=SYSTEM, name=name, effect_class=EffectClass.READ, found_by=_ASKED, perform=perform
            )
            for name, perform in reads.items()
        ),
    )


def _there(there: DossierThere) -> dict[str, Any]:
    return {
        "reference": there.code,
        "found": there.found,
        "status": there.status,
        "state": there.state.value if there.found else "",
    }
