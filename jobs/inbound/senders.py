"""What differs from sender to sender: fetching a file, asking before a dossier comes in, confirming it; the only place that names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from connectors import registry
from connectors.civil_status.rules import LinkedState
from connectors.civil_status.translate import StateReport
from jobs.effects.model import NewEffect
from jobs.inbound import model
from jobs.inbound.creating import ASKS_FOR_CODES, CaseSystem, Confirm, Creating, Prepare
from jobs.inbound.service import Fetch
from jobs.sync.assembling import OFFICER, plain
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import DossierFile
from mappings.canonical.inbound import DossierNews

_PRIORITY = 4


def fetchers(clients: Mapping[str, Any]) -> dict[str, Fetch]:
    """Senders whose results are links."""

    def land(link: str, facts: Mapping[str, Any], *, client: Any) -> tuple[bytes, str]:
        found = client.fetch(link, agency=str(facts.get("agency", "")))
        return found.content, found.media_type

    known = {"land": land}
    return {
        system: partial(how, client=clients[system]) for system, how in known.items() if system in clients
    }


def names(clients: Mapping[str, Any]) -> dict[str, str]:
    """What people call each sender, for notes in the case system."""
    return {system: words["name"][0] for system, words in registry.words().items() if system in clients}


def creating(clients: Mapping[str, Any], case_system: CaseSystem) -> Creating:
    """How dossiers of the senders in use come in."""
    prepare: dict[str, Prepare] = {}
    if "dvcqg" in clients:
        prepare["dvcqg"] = clients["dvcqg"].with_account
    confirm: dict[str, Confirm] = {
        "civil_status": civil_status_received,
        "ministry": ministry_received,
    }
    return Creating(
        case_system,
        prepare,
        {system: how for system, how in confirm.items() if system in clients},
        tuple(system for system in ASKS_FOR_CODES if system in clients),
    )


def civil_status_received(news: DossierNews, file: DossierFile, now: datetime) -> Sequence[NewEffect]:
    """It was received into the one-stop system (``trangThai`` 1)."""
    head = news.facts["head"]
    report = StateReport(
        procedure=str(head["procedure"]),
        dossier_code=file.code,
        linked_code=news.dossier_code,
        at=now,
        officer=file.officer or OFFICER,
        unit_name=file.agency_name or file.agency,
    )
    payload = {
        "report": to_json(report),
        "wanted": int(LinkedState.RECEIVED),
        "sent": [],
        "module": head["module"],
        "unit": head["unit"],
    }
    return (_confirmation("civil_status", "push_state", file.code, payload, news.dossier_code),)


def ministry_received(news: DossierNews, file: DossierFile, now: datetime) -> Sequence[NewEffect]:
    """The ministry's own dossier is accepted; under its own code."""
    theirs = replace(file, code=news.dossier_code, state=DossierState.RECEIVED, received_at=now, papers=())
    payload = {"reference": "", "dossier": plain(theirs), "note": f"Đã tiếp nhận, mã hồ sơ {file.code}"}
    return (_confirmation("ministry", "push_state", file.code, payload, news.dossier_code),)


def marked(code: str, *, again: str = "") -> NewEffect:
    """The linked service need not show the dossier any more: it is stored here. ``again``: names a repeat."""
    name = f"{code}:{again}" if again else code
    return _confirmation("civil_status", "mark_received", "", {"dossier_code": code}, name)


def acknowledged(kind: str, their_id: str, news_key: str) -> NewEffect:
    """The register of criminal records need not show this any more: it is stored here."""
    payload = {"kind": kind, "ids": [their_id]}
    return _confirmation("judicial_records", "acknowledge", "", payload, f"{kind}:{news_key}")


def _confirmation(
    system: str, operation: str, dossier_code: str, payload: Mapping[str, Any], name: str
) -> NewEffect:
    return NewEffect(
        key=f"inbound:{system}:{operation}:{name}",
        system=system,
        operation=operation,
        lane=dossier_code or name,
        payload=payload,
        dossier_code=dossier_code,
        cause=model.CAUSE,
        priority=_PRIORITY,
    )
