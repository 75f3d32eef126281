"""What the effect engine may ask of VNPT SmartCA."""

from __future__ import annotations

from connectors.errors import Rejected
from connectors.kit.effects import Call, Done, EffectClass, Finding, Operation
from connectors.kit.signing.asked import (
    GET_CERTIFICATES,
    NOT_SENT,
    SESSION_STATUS,
    SIGN_HASHES,
    payload_of,
    session_of,
    told,
)
from connectors.smartca.client import SYSTEM, Client
from mappings.canonical.codec import to_json
from mappings.canonical.signing import SigningRequest

BY_OUR_NAME = "the status call knows the session by our transaction id; 'not found' is no proof: never opened again by itself"
BY_NEWS = "their name of the session stands in the lost answer only: their call to notifyUrl tells it, or the signer is asked"


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
        return told(client.sign_hashes(_request(call), deadline_seconds=call.deadline_seconds))

    def find(call: Call) -> Finding:
        return client.find(_request(call), deadline_seconds=call.deadline_seconds)

    def session_status(call: Call) -> Done:
        asked = session_of(call, system=SYSTEM)
        return told(client.session_status(asked, deadline_seconds=call.deadline_seconds))

    findable = bool(client.finds_by_our_name)
    again = "changes nothing there"
    return (
        Operation(SYSTEM, GET_CERTIFICATES, EffectClass.READ, again, get_certificates),
        Operation(
            SYSTEM,
            SIGN_HASHES,
            EffectClass.FINDABLE if findable else EffectClass.EVIDENCE,
            BY_OUR_NAME if findable else BY_NEWS,
            sign_hashes,
            look_up=find if findable else None,
            signature=True,
        ),
        Operation(SYSTEM, SESSION_STATUS, EffectClass.READ, again, session_status),
    )


def _request(call: Call) -> SigningRequest:
    return payload_of(SigningRequest, call, "request", system=SYSTEM, operation=SIGN_HASHES)
