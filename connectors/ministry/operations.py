"""What the effect engine may ask of a ministry's portal, and how each outcome is found."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from connectors.errors import AlreadyDone, Rejected
from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.ministry.client import SYSTEM, UPLOAD, Client
from connectors.ministry.translate import Uploaded
from mappings.canonical.codec import from_json
from mappings.canonical.file import DossierFile, FileRef, Step


class _Calls:
    """What each operation does with its payload: canonical JSON; names in each method."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def next_code(self, call: Call) -> Done:
        """``{pattern?}`` → ``{code}``."""
        code = self._client.next_code(call.payload.get("pattern", ""), deadline_seconds=call.deadline_seconds)
        return Done(data={"code": code}, code="200")

    def upload_file(self, call: Call) -> Done:
        """``{file: FileRef, content_base64}`` → ``{file_id, id, hash}``."""
        file = from_json(FileRef, call.payload["file"])
        try:
            content = base64.b64decode(call.payload["content_base64"], validate=True)
        except (binascii.Error, ValueError) as exc:
            raise Rejected(
                "the content is no base64", system=SYSTEM, operation=UPLOAD, code="local", reference=file.id
            ) from exc
        made = self._client.upload(file, content, deadline_seconds=call.deadline_seconds)
        return Done(data={"file_id": file.id, "id": made.id, "hash": made.hash}, code="200")

    def create_dossier(self, call: Call) -> Done:
        """``{dossier: DossierFile, uploads: {file id: {id, hash}}, form?}`` → ``{reference}``, their idHoSo."""
        file = from_json(DossierFile, call.payload["dossier"])
        try:
            reference = self._client.create_dossier(
                file,
                uploads=_uploads(call.payload),
                form=call.payload.get("form") or {},
                deadline_seconds=call.deadline_seconds,
            )
        except AlreadyDone as exc:
            return Done(data={"reference": "", "code": file.code}, code=exc.code)
        return Done(data={"reference": reference, "code": file.code}, code="200")

    def push_steps(self, call: Call) -> Done:
        """``{reference, dossier_code, steps: [Step]}``; ``reference`` is their idHoSo."""
        facts = call.payload
        steps = [from_json(Step, each) for each in facts["steps"]]
        taken = self._client.push_steps(
            facts.get("reference", ""), facts["dossier_code"], steps, deadline_seconds=call.deadline_seconds
        )
        return Done(data={"reference": facts.get("reference", ""), "steps": taken}, code="200")

    def push_state(self, call: Call) -> Done:
        """``{reference, dossier: DossierFile, note?, uploads?}``."""
        facts = call.payload
        code = self._client.push_state(
            facts.get("reference", ""),
            from_json(DossierFile, facts["dossier"]),
            note=facts.get("note", ""),
            uploads=_uploads(facts),
            deadline_seconds=call.deadline_seconds,
        )
        return Done(data={"reference": facts.get("reference", "")}, code=code)


def operations(client: Client) -> tuple[Operation, ...]:
    """Number, file, dossier, steps, state. Payloads are canonical JSON; names in each function."""
    calls = _Calls(client)
    doubles = client.doubles_refused is True
    return (
        Operation(
            system=SYSTEM,
            name="next_code",
            effect_class=EffectClass.IDEMPOTENT,
            found_by="a number that nobody uses is a gap in their numbers and nothing else: another one is asked for, and "
            "only the number that stands in the outcome is used",
            perform=calls.next_code,
        ),
        Operation(
            system=SYSTEM,
            name="upload_file",
            effect_class=EffectClass.IDEMPOTENT,
            found_by="a file that no dossier names does nothing: it is left there again, and only the id that stands in the "
            "outcome is used",
            perform=calls.upload_file,
        ),
        Operation(
            system=SYSTEM,
            name="create_dossier",
            effect_class=EffectClass.IDEMPOTENT if doubles else EffectClass.EVIDENCE,
            found_by="the ministry confirmed that a second NoiHoSo with one MaHoSo is refused as 'đã tồn tại': the same again"
            if doubles
            else "none of the six calls looks a dossier up: the ministry's own push about this number, or a person who "
            "looks at its portal, tells whether it is there",
            perform=calls.create_dossier,
        ),
        Operation(
            system=SYSTEM,
            name="push_steps",
            effect_class=EffectClass.EVIDENCE,
            found_by="each call adds steps and nothing asks for them: a person sees them in the dossier's history there",
            perform=calls.push_steps,
        ),
        Operation(
            system=SYSTEM,
            name="push_state",
            effect_class=EffectClass.IDEMPOTENT,
            found_by="it sets a value: telling it again changes nothing (assumed, docs/systems/ministry.md); the lane of the "
            "dossier keeps older states behind",
            perform=calls.push_state,
        ),
    )


def _uploads(facts: Mapping[str, Any]) -> dict[str, Uploaded]:
    given = facts.get("uploads") or {}
    return {file: Uploaded(made["id"], made["hash"]) for file, made in given.items()}
