"""What the effect engine may ask of the land registers, and how each outcome is found.

No look-up is known in either product, so nothing here is ``findable``. iLIS answers a repeated hand-over with 'đã tồn
tại', which is success: there it may be sent again. At VBDLIS the first callback that names the SoBienNhan is the only
proof. Where both products are in use the more careful class holds for all agencies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.errors import AlreadyDone
from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.land.client import SYSTEM, Client
from connectors.land.settings import HAND_OVER, RETURNED, SUPPLEMENT, WRONG_RESULT
from mappings.canonical.codec import from_json
from mappings.canonical.file import DossierFile, Paper

_FOUND = {
    (
        HAND_OVER,
        EffectClass.IDEMPOTENT,
    ): "SoBienNhan is the key there: a repeat is answered 'đã tồn tại', which is done",
    (
        HAND_OVER,
        EffectClass.EVIDENCE,
    ): "there is no look-up; the first callback with this SoBienNhan (ChuyenHoSo, tax, "
    "supplement, end) proves that it is there, otherwise a person asks the land office",
    (
        SUPPLEMENT,
        EffectClass.EVIDENCE,
    ): "NhanBoSungHoSo or ChuyenHoSo with this SoBienNhan proves it, otherwise a person; "
    "a repeat could add the papers twice",
    (
        SUPPLEMENT,
        EffectClass.IDEMPOTENT,
    ): "the province says that a repeat changes nothing (setting repeatable)",
    (
        RETURNED,
        EffectClass.IDEMPOTENT,
    ): "it sets a state: telling it again changes nothing (assumed, docs/systems/land.md)",
    (RETURNED, EffectClass.EVIDENCE): "a person at the land office sees whether the dossier is closed there",
    (
        WRONG_RESULT,
        EffectClass.EVIDENCE,
    ): "a new ChuyenHoSo or KetThucHoSo with this SoBienNhan proves it, otherwise a "
    "person; a repeat could begin the work there twice",
    (
        WRONG_RESULT,
        EffectClass.IDEMPOTENT,
    ): "the province says that a repeat changes nothing (setting repeatable)",
}


def operations(client: Client) -> tuple[Operation, ...]:
    """Hand-over, and what else the registers in use know. Reading (``fetch``) is no effect."""

    def hand_over(call: Call) -> Done:
        facts = call.payload
        file = from_json(DossierFile, facts["dossier"])
        return _done(
            lambda: client.hand_over(
                file, agency=facts.get("agency") or file.agency, deadline_seconds=call.deadline_seconds
            )
        )

    def supplement(call: Call) -> Done:
        facts = call.payload
        return _done(
            lambda: client.supplement(
                facts["dossier_code"],
                agency=facts["agency"],
                papers=_papers(facts),
                at=datetime.fromisoformat(facts["at"]),
                note=facts.get("note", ""),
                deadline_seconds=call.deadline_seconds,
            )
        )

    def returned(call: Call) -> Done:
        facts = call.payload
        return _done(
            lambda: client.returned(
                facts["dossier_code"],
                agency=facts["agency"],
                at=datetime.fromisoformat(facts["at"]),
                officer=facts.get("officer", ""),
                note=facts.get("note", ""),
                deadline_seconds=call.deadline_seconds,
            )
        )

    def wrong_result(call: Call) -> Done:
        facts = call.payload
        return _done(
            lambda: client.wrong_result(
                facts["dossier_code"],
                agency=facts["agency"],
                reason=facts["reason"],
                papers=_papers(facts),
                deadline_seconds=call.deadline_seconds,
            )
        )

    named: tuple[tuple[str, Callable[[Call], Done]], ...] = (
        (HAND_OVER, hand_over),
        (SUPPLEMENT, supplement),
        (RETURNED, returned),
        (WRONG_RESULT, wrong_result),
    )
    return tuple(_declared(client, name, perform) for name, perform in named if client.offers(name))


def _declared(client: Client, name: str, perform: Callable[[Call], Done]) -> Operation:
    found = client.effect_class(name)
    if found is not EffectClass.IDEMPOTENT:
        found = EffectClass.EVIDENCE
    return Operation(
        system=SYSTEM, name=name, effect_class=found, found_by=_FOUND[name, found], perform=perform
    )


def _done(act: Callable[[], str]) -> Done:
    try:
        return Done(code=act())
    except AlreadyDone as exc:
        return Done(data={"existed": True}, code=exc.code)


def _papers(facts: Mapping[str, Any]) -> tuple[Paper, ...]:
    return tuple(from_json(Paper, item) for item in facts.get("papers", ()))
