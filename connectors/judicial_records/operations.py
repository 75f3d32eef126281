"""What the effect engine may ask of the criminal-records systems, and how each outcome is found."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, TypeVar

from connectors.errors import OutcomeUnknown, Rejected
from connectors.judicial_records.client import (
    ACKNOWLEDGE,
    ACKNOWLEDGED,
    ASK_STATE,
    CATEGORIES,
    FETCH,
    FETCHED,
    HAND_OVER,
    LIST_STATES,
    LISTS,
    REQUEST,
    SCAN,
    SYSTEM,
    Client,
    Read,
    Scanned,
)
from connectors.kit.effects import Call, Done, EffectClass, Finding, NotDone, Operation, Undecided
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.judicial import Attachment, JudicialRequest

ASKED_AGAIN = "asking changes nothing there; it is repeated"
T = TypeVar("T")


def operations(client: Client) -> tuple[Operation, ...]:
    """Hand-over, states and fetching of version 1.0; request and scan of the ministry's form."""
    return (*_writes(client), *_reads(client))


def _writes(client: Client) -> tuple[Operation, ...]:
    def hand_over(call: Call) -> Done:
        request = _read(HAND_OVER, call, lambda: from_json(JudicialRequest, call.payload["request"]))
        their_id = client.hand_over(request, deadline_seconds=call.deadline_seconds)
        return Done(data={"their_id": their_id}, code="1")

    def find_hand_over(call: Call) -> Finding:
        reference = _reference(HAND_OVER, call)
        try:
            news = client.state_of(reference, deadline_seconds=call.deadline_seconds)
        except (OutcomeUnknown, Rejected) as exc:
            return Undecided(code=getattr(exc, "code", ""), message=str(exc)[:200])
        if news is None:
            return NotDone()
        return Done(data={"their_id": "", "news": to_json(news)}, code=news.their_state)

    def request_of_ministry(call: Call) -> Done:
        def both() -> tuple[JudicialRequest, list[Attachment]]:
            files = [from_json(Attachment, each) for each in call.payload.get("files", [])]
            return from_json(JudicialRequest, call.payload["request"]), files

        request, files = _read(REQUEST, call, both)
        client.request_of_ministry(request, files, deadline_seconds=call.deadline_seconds)
        return Done(code="1")

    def find_request(call: Call) -> Finding:
        reference = _reference(REQUEST, call)
        try:
            found = client.scan(reference, deadline_seconds=call.deadline_seconds)
        except (OutcomeUnknown, Rejected) as exc:
            return Undecided(code=getattr(exc, "code", ""), message=str(exc)[:200])
        return Done(data=_scanned(found)) if found.items else NotDone()

    def acknowledge(call: Call) -> Done:
        kind, ids = _read(ACKNOWLEDGE, call, lambda: (_one_of(ACKNOWLEDGED, call, "kind"), _ids(call)))
        client.acknowledge(kind, ids, deadline_seconds=call.deadline_seconds)
        return Done(code="1")

    return (
        Operation(
            system=SYSTEM,
            name=HAND_OVER,
            effect_class=EffectClass.FINDABLE,
            found_by="traTrangThaiHs with our own idReceivedDec and infoType 2. 'Not found' proves nothing: between the gateway "
            "and the register a dossier may still be under way, and no paper says for how long; asked again, then a person",
            perform=hand_over,
            look_up=find_hand_over,
            not_found_is_proof=False,
        ),
        Operation(
            system=SYSTEM,
            name=REQUEST,
            effect_class=EffectClass.FINDABLE,
            found_by="scan with our own maHoSoMCDT. 'Not found' proves nothing, for the same reason as of a hand-over",
            perform=request_of_ministry,
            look_up=find_request,
            not_found_is_proof=False,
        ),
        Operation(
            system=SYSTEM,
            name=ACKNOWLEDGE,
            effect_class=EffectClass.IDEMPOTENT,
            found_by="repeated with the same ids: marking a marked dossier changes nothing (assumed); what was not marked comes "
            "again with the next fetch and is recognised by its key",
            perform=acknowledge,
        ),
    )


def _reads(client: Client) -> tuple[Operation, ...]:
    def ask_state(call: Call) -> Done:
        news = client.state_of(_reference(ASK_STATE, call), deadline_seconds=call.deadline_seconds)
        return Done(
            data={"news": to_json(news)}, code=news.their_state if news else "", final=news is not None
        )

    def list_states(call: Call) -> Done:
        one_stop = bool(call.payload.get("one_stop", True))
        found = client.changed_states(one_stop=one_stop, deadline_seconds=call.deadline_seconds)
        return Done(data=_listed(found))

    def fetch(call: Call) -> Done:
        kind = _read(FETCH, call, lambda: _one_of(FETCHED, call, "kind"))
        return Done(data=_listed(client.fetched(kind, deadline_seconds=call.deadline_seconds)))

    def categories(call: Call) -> Done:
        kind = _read(CATEGORIES, call, lambda: _one_of(LISTS, call, "kind"))
        rows = client.categories(kind, deadline_seconds=call.deadline_seconds)
        return Done(data={"rows": [list(row) for row in rows]})

    def scan(call: Call) -> Done:
        found = client.scan(_reference(SCAN, call), deadline_seconds=call.deadline_seconds)
        return Done(data=_scanned(found), final=bool(found.items))

    reads = (
        (ASK_STATE, ask_state),
        (LIST_STATES, list_states),
        (FETCH, fetch),
        (CATEGORIES, categories),
        (SCAN, scan),
    )
    return tuple(
        Operation(
            system=SYSTEM, name=name, effect_class=EffectClass.READ, found_by=ASKED_AGAIN, perform=perform
        )
        for name, perform in reads
    )


def _listed(found: Read) -> dict[str, Any]:
    return {
        "news": [to_json(each) for each in found.items],
        "unreadable": [list(each) for each in found.unreadable],
    }


def _scanned(found: Scanned) -> dict[str, Any]:
    files = {name: base64.b64encode(raw).decode() for name, raw in found.contents.items()}
    return {"news": [to_json(each) for each in found.items], "files": files}


def _reference(operation: str, call: Call) -> str:
    def read() -> str:
        found = call.payload.get("reference") or call.payload["request"]["reference"]
        if not isinstance(found, str):
            raise TypeError
        return found

    return _read(operation, call, read)


def _one_of(table: dict[str, str], call: Call, name: str) -> str:
    found = str(call.payload[name])
    if found not in table:
        raise ValueError
    return found


def _ids(call: Call) -> list[str]:
    return [str(each) for each in call.payload["ids"]]


def _read(operation: str, call: Call, read: Callable[[], T]) -> T:
    """What ``read`` makes of the payload.

    Raises:
        Rejected: it cannot be read; nothing has left. The reader's words quote values, so they are dropped.
    """
    try:
        return read()
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Rejected(
            "the payload cannot be read",
            system=SYSTEM,
            operation=operation,
            code="not-sent",
            reference=call.reference,
        ) from None
