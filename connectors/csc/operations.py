"""What the effect engine may ask of a CSC service."""

from __future__ import annotations

from connectors.csc.client import FINISH, SYSTEM, Client
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
from mappings.canonical.codec import to_json
from mappings.canonical.signing import SigningRequest

NO_LOOK_UP = (
    "the interface has no look-up by our own name: the signer says whether the phone asked, the provider whether it signed; "
    "never sent again by itself, the signer would see a second request"
)


def operations(client: Client) -> tuple[Operation, ...]:
    """Payloads: ``signer``; ``request`` (SigningRequest); ``session`` (SessionAsked); ``their_reference``."""

    def get_certificates(call: Call) -> Done:
        signer = call.payload.get("signer", "")
        if not isinstance(signer, str) or len(signer) > 64:
            raise _not_sent(GET_CERTIFICATES, call)
        found = client.get_certificates(signer, deadline_seconds=call.deadline_seconds)
        return Done(data={"certificates": [to_json(one) for one in found]})

    def sign_hashes(call: Call) -> Done:
        request = payload_of(SigningRequest, call, "request", system=SYSTEM, operation=SIGN_HASHES)
        return told(client.sign_hashes(request, deadline_seconds=call.deadline_seconds))

    def finish_session(call: Call) -> Done:
        request = payload_of(SigningRequest, call, "request", system=SYSTEM, operation=FINISH)
        theirs = call.payload.get("their_reference")
        if not isinstance(theirs, str):
            raise _not_sent(FINISH, call)
        return told(client.finish_session(request, theirs, deadline_seconds=call.deadline_seconds))

    def session_status(call: Call) -> Done:
        asked = session_of(call, system=SYSTEM)
        return told(client.session_status(asked, deadline_seconds=call.deadline_seconds))

    again = "changes nothing there"
    return (
        Operation(SYSTEM, GET_CERTIFICATES, EffectClass.READ, again, get_certificates),
        Operation(SYSTEM, SIGN_HASHES, EffectClass.EVIDENCE, NO_LOOK_UP, sign_hashes, signature=True),
        Operation(SYSTEM, FINISH, EffectClass.EVIDENCE, NO_LOOK_UP, finish_session, signature=True),
        Operation(SYSTEM, SESSION_STATUS, EffectClass.READ, again, session_status),
    )


def _not_sent(operation: str, call: Call) -> Rejected:
    return Rejected(
        "the payload cannot be read",
        code=NOT_SENT,
        system=SYSTEM,
        operation=operation,
        reference=call.reference,
    )
