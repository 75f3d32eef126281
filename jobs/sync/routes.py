"""How each outside system is told of a dossier: one entry per system; the only place of synchronisation that names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jobs.sync.assembling import plain
from jobs.sync.model import Message, Route, There
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import Channel, DossierFile, Step
from mappings.canonical.post import PostalOrder, PostDirection, PostParty, order_number

_RESULT = (DossierState.DONE, DossierState.RETURNED)


def routes(systems: Iterable[str]) -> dict[str, Route]:
    """Routes of the systems that this installation uses."""
    found = {}
    for system in systems:
        family = system.partition(".")[0]
        if family in ROUTES:
            found[system] = ROUTES[family]
    return found


def _new(file: DossierFile, there: There) -> Sequence[Step]:
    """Steps that the other side has not been told."""
    return [step for step in file.steps if step.version > max(there.steps, there.planned_steps)]


# ---- the national portal -------------------------------------------------------------------------------------------------


def _portal(file: DossierFile, there: There) -> Message:
    payload = {"dossier": plain(file), "known": there.version > 0}
    return Message("push_dossier", payload, file.version, there.planned_steps)


def _portal_steps(file: DossierFile, there: There) -> Sequence[Message]:
    new = _new(file, there)
    if not new:
        return ()
    payload = {"dossier_code": file.code, "steps": [to_json(step) for step in new]}
    return (Message("push_steps", payload, there.version, new[-1].version),)


# ---- the province's platform ---------------------------------------------------------------------------------------------


def _platform(file: DossierFile, there: There) -> Message:
    return Message("sync_dossier", {"dossier": plain(file)}, file.version, there.planned_steps)


def _platform_steps(file: DossierFile, there: There) -> Sequence[Message]:
    about = {"code": file.code, "agency": file.agency, "agency_name": file.agency_name}
    return [
        Message("add_step", {**about, "step": to_json(step)}, there.version, step.version)
        for step in _new(file, there)
    ]


# ---- the land registers: handed over once, told once that the result was returned ------------------------------------------


def _land(file: DossierFile, there: There) -> Message | None:
    if there.planned_version == 0:
        return Message("hand_over", {"dossier": plain(file), "agency": file.agency}, file.version, 0)
    if file.returned_at is not None and there.planned_steps == 0:
        payload = {"dossier_code": file.code, "agency": file.agency, "at": file.returned_at.isoformat()}
        return Message("returned", payload, file.version, 1)
    return None


# ---- the Post: brings the result to whoever asked for it -------------------------------------------------------------------


def _post(file: DossierFile, there: There) -> Message | None:
    if file.return_channel is not Channel.POST or file.state not in _RESULT or there.planned_version:
        return None
    party = file.owner or file.applicant
    if party.place is None:
        return None
    number = order_number(file.code, PostDirection.RETURN, 1)
    order = PostalOrder(
        number=number, dossier_code=file.code, direction=PostDirection.RETURN, attempt=1,
        sender=PostParty(file.agency_name or file.agency, "", party.place),
        receiver=PostParty(party.name.full, party.phone, party.place, party.email),
        content=file.procedure_name[:200] or file.code,
    )  # fmt: skip
    return Message("send_order", {"order": to_json(order)}, file.version, 0)


# ---- specialised software: handed over once --------------------------------------------------------------------------------


def _software(file: DossierFile, there: There) -> Message | None:
    return None if there.planned_version else Message("hand_over", {"dossier": plain(file)}, file.version, 0)


def _found(data: Mapping[str, Any], _file: DossierFile) -> bool:
    return data.get("found") is True


ROUTES: Mapping[str, Route] = {
    "dvcqg": Route(
        ("push_dossier", "push_steps"),
        _portal,
        _portal_steps,
        ask_operation="find_dossier",
        ask=lambda file, _reference: {"dossier_code": file.code},
        read=_found,
    ),
    "lgsp": Route(("sync_dossier", "add_step"), _platform, _platform_steps),
    "land": Route(("hand_over", "returned"), _land, repairable=False),
    "handover": Route(("hand_over",), _software, repairable=False),
    "post": Route(("send_order",), _post, repairable=False),
}
"""System → route."""
