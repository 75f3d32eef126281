"""What a ministry's portal sends for the case system: its dossiers and their states, in the shapes of the same six steps.

Who calls is told by a secret in a header (assumed: nothing public says how they sign in). Nothing is used before it is right.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from connectors.errors import Forged
from connectors.kit.reading import VIETNAM, Unreadable, a_list, an_object, json_value
from connectors.kit.seams import Clock
from connectors.ministry import translate_back, wire
from connectors.ministry.settings import Settings
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import DossierNews, NewsKind

SYSTEM = "ministry"
MOST_BYTES = 5_000_000
MOST_ITEMS = 500


def new_dossier(
    raw_body: bytes, headers: Mapping[str, str], *, settings: Settings, clock: Clock
) -> tuple[DossierNews, ...]:
    """A dossier that was handed in at the ministry's portal and is for us.

    Raises:
        Forged: not from them. Nothing in it was used.
        Unreadable: from them (a ``ValueError``), but a field is missing or not as agreed.
    """
    _verify(headers, settings)
    found = an_object(json_value(raw_body, most_bytes=MOST_BYTES))
    today = clock.now().astimezone(VIETNAM).date()
    file, form = translate_back.dossier(found, settings, on=today, version=1, state=DossierState.RECEIVED)
    return (
        DossierNews(
            system=SYSTEM,
            kind=NewsKind.NEW_DOSSIER,
            key=f"new-dossier:{file.code}",
            dossier_code=file.code,
            state=DossierState.RECEIVED,
            at=file.submitted_at,
            facts={"service": wire.text(found, "MaDichVuCong"), "form": _whole(form)},
            dossier=file,
        ),
    )


def states(
    raw_body: bytes, headers: Mapping[str, str], *, settings: Settings, clock: Clock
) -> tuple[DossierNews, ...]:
    """CapNhatTrangThai from their side: all items can be read, or the message is refused as a whole.

    Raises:
        As :func:`new_dossier`.
    """
    del clock
    _verify(headers, settings)
    items = a_list(json_value(raw_body, most_bytes=MOST_BYTES), "body")
    if not 0 < len(items) <= MOST_ITEMS:
        raise Unreadable("body", f"1 to {MOST_ITEMS} items are expected")
    return tuple(_state(an_object(item, "body[]"), settings) for item in items)


def answer(code: int, words: str, *, reference: str = "", dossier_code: str = "") -> bytes:
    """Our answer in their shape: 200 taken over (a repeat as well), 400 unreadable, 401 not believed."""
    data = {"idHoSo": reference, "maHoSo": dossier_code} if dossier_code else {}
    return json.dumps({"code": code, "message": words, "data": data}, ensure_ascii=False).encode()


DOORS: Mapping[str, Callable[..., tuple[DossierNews, ...]]] = {"dossier": new_dossier, "states": states}
"""Door → what verifies and reads what comes in there: (raw body, headers, settings=…, clock=…)."""

_KINDS = {
    DossierState.SUPPLEMENT: NewsKind.SUPPLEMENT_ASKED,
    DossierState.DONE: NewsKind.FINISHED,
    DossierState.RETURNED: NewsKind.FINISHED,
}


def _state(item: Mapping[str, Any], settings: Settings) -> DossierNews:
    code = wire.needed_text(item, "MaHoSo")
    state, theirs = translate_back.state_of(item)
    raw = json.dumps(item, sort_keys=True, default=str, ensure_ascii=False).encode()
    return DossierNews(
        system=SYSTEM,
        kind=_KINDS.get(state, NewsKind.STATE),
        key=f"state:{code}:{hashlib.sha256(raw).hexdigest()[:32]}",
        dossier_code=code,
        state=state,
        their_state=theirs,
        note=wire.text(item, "NoiDungYKien") or wire.text(item, "NoiDungXuLy"),
        results=translate_back.results(item),
        facts={
            "reference": wire.text(item, "IdHoSo"),
            "unit": wire.text(item, "PhongBanXuLy"),
            "fees": to_json(list(translate_back.fees(item, settings))),
        },
    )


def _verify(headers: Mapping[str, str], settings: Settings) -> None:
    given = {name.lower(): value for name, value in headers.items()}.get(settings.inbound_header, "")
    if settings.inbound_header == "authorization":
        scheme, _, given = given.partition(" ")
        if scheme.lower() != "bearer":
            raise Forged("ministry: no bearer token")
    right = False
    for secret in settings.inbound_secrets:
        right |= hmac.compare_digest(given.encode("utf-8", "surrogatepass"), secret.encode())
    if not right:
        raise Forged("ministry: the secret is missing or wrong")


def _whole(value: Any) -> Any:
    """Free-form JSON as it is stored: a number with a fraction becomes the text that it was."""
    if isinstance(value, Mapping):
        return {key: _whole(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return value if value is None or isinstance(value, str | int) else str(value)
