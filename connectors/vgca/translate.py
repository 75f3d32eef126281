"""The program's messages ↔ our facts; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from connectors.kit.reading import a_whole, an_object, json_value
from connectors.vgca.settings import Settings
from connectors.vgca.wire import Action
from mappings.canonical.signing import HandedOut, SigningState


def message_for(
    handed: HandedOut,
    given: str,
    settings: Settings,
    *,
    action: Action = Action.APPROVE,
    number: str = "",
    issued: date | None = None,
) -> dict[str, str]:
    """Socket address and text for the page: one text in, one text out, then the socket is closed.

    Args:
        given: the pass.
        number, issued: number and day of the document, where it is issued.
    """
    text: dict[str, Any] = {
        "FileName": f"{settings.public_url}{settings.file_path}/{given}",
        "FileUploadHandler": f"{settings.public_url}{settings.upload_path}/{given}",
        "SessionId": "",
        "JWTToken": "",
        "MetaData": [
            {"Key": "transaction", "Value": handed.transaction},
            {"Key": "document", "Value": handed.document},
        ],
    }
    if action is Action.ISSUE:
        text |= {"DocNumber": number, "IssuedDate": f"{issued:%d/%m/%Y}" if issued else ""}
    return {"socket": f"{settings.socket}/{action.value}", "text": json.dumps(text, ensure_ascii=False)}


def said(raw: bytes, settings: Settings) -> tuple[SigningState, str]:
    """What the program answered to the page, and its number. A hint: only the file that comes back counts.

    Raises:
        ValueError: not its answer.
    """
    answer: Mapping[str, Any] = an_object(json_value(raw, most_bytes=100_000))
    code = a_whole(answer.get("Status"), "Status", most=99_999)
    if code in settings.done_codes:
        return SigningState.SENT, str(code)
    if code in settings.cancelled_codes:
        return SigningState.REJECTED, str(code)
    return SigningState.FAILED, str(code)


def answer(*, taken: bool, name: str, words: str = "") -> bytes:
    """What the upload is answered; the program shows ``Message`` to the official."""
    facts = {
        "Status": taken,
        "Message": words,
        "FileName": name if taken else "",
        "FileServer": name if taken else "",
    }
    return json.dumps(facts, ensure_ascii=False).encode()


__all__ = ["answer", "message_for", "said"]
