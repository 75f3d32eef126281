"""What the effect engine may ask of the case system, and how each outcome is found."""

from __future__ import annotations

from datetime import datetime

from connectors.errors import AlreadyDone, ConnectorError, Unavailable
from connectors.igate.client import SYSTEM, Client
from connectors.kit.effects import Call, Done, EffectClass, Finding, NotDone, Operation, Undecided
from mappings.canonical.codec import from_json
from mappings.canonical.file import DossierFile


def operations(client: Client) -> tuple[Operation, ...]:
    """Fee paid, state, note, a new dossier. Reading is not an effect: the feed asks the client itself."""

    def confirm_fee(call: Call) -> Done:
        facts = call.payload
        try:
            code = client.confirm_fee(
                dossier_code=facts["dossier_code"],
                source_id=facts["source_id"],
                status=facts.get("status"),
                fee_lines=facts["fee_lines"],
                amount=facts["amount"],
                paid_at=datetime.fromisoformat(facts["paid_at"]) if facts["paid_at"] else None,
                payment_reference=facts["payment_reference"],
                provider=facts["provider"],
                deadline_seconds=call.deadline_seconds,
            )
        except AlreadyDone as exc:
            return Done(code=exc.code)
        return Done(code=code)

    def update_status(call: Call) -> Done:
        facts = call.payload
        try:
            code = client.update_status(
                dossier_code=facts["dossier_code"],
                source_id=facts["source_id"],
                status=facts["status"],
                note=facts["note"],
                deadline_seconds=call.deadline_seconds,
            )
        except AlreadyDone as exc:
            return Done(code=exc.code)
        return Done(code=code)

    def add_note(call: Call) -> Done:
        facts = call.payload
        code = client.add_note(
            dossier_code=facts["dossier_code"],
            source_id=facts["source_id"],
            status=facts["status"],
            note=facts["note"],
            at=datetime.fromisoformat(facts["at"]),
            deadline_seconds=call.deadline_seconds,
        )
        return Done(code=code)

    return (
        Operation(
            system=SYSTEM,
            name="confirm_fee",
            effect_class=EffectClass.IDEMPOTENT,
            found_by="it sets a value: telling it again changes nothing (assumed, docs/systems/igate.md); the fee "
            "list of the feed shows each line paid, and what it does not show goes on the counter's list",
            perform=confirm_fee,
        ),
        Operation(
            system=SYSTEM,
            name="update_status",
            effect_class=EffectClass.IDEMPOTENT,
            found_by="it sets a value: telling it again changes nothing (assumed); the feed shows the state",
            perform=update_status,
        ),
        Operation(
            system=SYSTEM,
            name="add_note",
            effect_class=EffectClass.EVIDENCE,
            found_by="each call adds a step to the dossier's history, where a person sees it; there is no key to ask by",
            perform=add_note,
        ),
        _creating(client),
    )


def _creating(client: Client) -> Operation:
    def create_dossier(call: Call) -> Done:
        """``{dossier: DossierFile, form?}`` → ``{source_id, code}``."""
        facts = call.payload
        file = from_json(DossierFile, facts["dossier"])
        try:
            source_id, code = client.create_dossier(
                file, form=facts.get("form"), deadline_seconds=call.deadline_seconds
            )
        except AlreadyDone as exc:
            # The code was given to us alone, so what stands there under it is this dossier.
            return Done(data={"source_id": "", "code": file.code}, code=exc.code)
        return Done(data={"source_id": source_id, "code": code}, code="200")

    def find_created(call: Call) -> Finding:
        code = str(call.payload["dossier"]["code"])
        try:
            found = client.by_code(code)
        except ConnectorError as exc:
            if isinstance(exc, Unavailable):
                raise
            return Undecided(message=str(exc)[:200])
        if found is None:
            return NotDone(code="404")
        return Done(data={"source_id": found.source_id, "code": found.code}, code="200")

    return Operation(
        system=SYSTEM,
        name="create_dossier",
        effect_class=EffectClass.FINDABLE,
        found_by="the search by exact code: its code was given by the case system before and is kept before the call. A "
        "search that finds nothing is no proof (setting create_not_found_is_proof): a new dossier may be found late",
        perform=create_dossier,
        look_up=find_created,
        not_found_is_proof=client.not_found_is_proof is True,
    )
