"""What the effect engine may ask of Viettel MySign."""

from __future__ import annotations

from connectors.errors import Rejected
from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.kit.signing.asked import (
    GET_CERTIFICATES,
    NOT_SENT,
    SESSION_STATUS,
    SIGN_HASHES,
    payload_of,
    session_of,
    told,
)
from connectors.mysign.client import SYSTEM, Client
from mappings.canonical.codec import to_json
from mappings.canonical.signing import SigningRequest

BY_NEWS = (
    "their interface keeps no name of ours: their news, whose description begins with our transaction, tells theirs, or the signer "
    "is asked; never opened again by itself"
)


def operations(client: Client) -> tuple[Operation, ...]:
    """Payloads: ``signer``; ``request`` (SigningRequest); ``session`` (SessionAsked)."""

    def get_certificates(call: Call) -> Done:
        signer = call.payload.get("signer")
        if not isinstance(signer, str) or not 0 < len(signer) <= 64:
            raise Rejected(
                "signer is missing",
                code=NOT_SENT,
                system=SYSTEM,
                operation=GET_CERTIFICATES,
                reference=call.reference,
            )
        found = client.get_certificates(signer, deadline_seconds=call.deadline_seconds)
        return Done(data={"certificates": [to_json(one) for one in found]})

    def sign_hashes(call: Call) -> Done:
        request = payload_of(SigningRequest, call, "request", system=SYSTEM, operation=SIGN_HASHES)
        return told(client.sign_hashes(request, deadline_seconds=call.deadline_seconds))

    def session_status(call: Call) -> Done:
        asked = session_of(call, system=SYSTEM)
        return told(client.session_status(asked, deadline_seconds=call.deadline_seconds))

    again = "changes nothing there"
    return (
        Operation(SYSTEM, GET_CERTIFICATES, EffectClass.READ, again, get_certificates),
        Operation(SYSTEM, SIGN_HASHES, EffectClass.EVIDENCE, BY_NEWS, sign_hashes, signature=True),
        Operation(SYSTEM, SESSION_STATUS, EffectClass.READ, again, session_status),
    )
