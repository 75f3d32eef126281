"""A pass: which file for how long, under a seal of ours. It stands in the address, so nothing depends on what the program sends along."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from connectors.errors import Forged
from connectors.kit.seams import Clock
from connectors.vgca.settings import Settings
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.signing import HandedOut

_LONGEST = 2_000


def made(handed: HandedOut, settings: Settings) -> str:
    """The pass for ``handed``. The official's number and the file's name are not in it: an address ends in logs."""
    facts = to_json(handed) | {"number": "", "name": ""}
    raw = json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()
    text = base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")
    return f"{text}.{_seal(text, settings)}"


def opened(given: str, settings: Settings, *, clock: Clock) -> HandedOut:
    """What a pass is for.

    Raises:
        Forged: not ours, or over.
    """
    text, _, seal = given.partition(".")
    if len(given) > _LONGEST or not given.isascii() or not hmac.compare_digest(seal, _seal(text, settings)):
        raise Forged("vgca: the pass is not ours")
    handed = from_json(HandedOut, json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))
    if handed.until < clock.now():
        raise Forged("vgca: the pass is over")
    return handed


def _seal(text: str, settings: Settings) -> str:
    key = settings.key.get_secret_value().encode()
    return hmac.new(key, b"vgca:" + text.encode(), hashlib.sha256).hexdigest()
