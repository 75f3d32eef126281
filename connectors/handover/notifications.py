"""What specialised software pushes to us: verified by its profile before anything in it is believed, and our answer."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from pydantic import SecretStr

from connectors.errors import Forged
from connectors.handover import wire
from connectors.handover.news import news_of
from connectors.handover.profile import Callbacks, Profile
from connectors.handover.settings import SoftwareSettings
from connectors.handover.translate import at, told
from connectors.kit.reading import Unreadable
from mappings.canonical.inbound import DossierNews
from mappings.errors import MappingError


def verified(
    raw_body: bytes,
    *,
    headers: Mapping[str, str],
    query: Mapping[str, str],
    path_secret: str = "",
    kind: str = "",
    system: str,
    profile: Profile,
    settings: SoftwareSettings,
) -> DossierNews:
    """The news in a message of theirs.

    Args:
        path_secret: what stood in the address where a secret may stand; ``kind``: the last part of the address.

    Raises:
        Forged: the secret or the signature is missing or wrong, or none was agreed. Nothing in it was used.
        ValueError: it is theirs, but not readable, or of a kind that the profile does not have.
    """
    rules = profile.callbacks
    if rules is None or settings.callback_secret is None:
        raise Forged(f"{system}: no callbacks were agreed")
    secrets = [each for each in (settings.callback_secret, settings.previous_callback_secret) if each]
    if rules.secret.place != "body":  # judged before anything is read
        low = {name.lower(): value for name, value in headers.items()}
        given = {"header": low.get(rules.secret.name.lower(), ""), "query": query.get(rules.secret.name, "")}
        _believe(system, rules, given.get(rules.secret.place, path_secret), raw_body, secrets)
        element, theirs = _read(profile, raw_body)
    else:
        element, theirs = _read(profile, raw_body)
        said = at(theirs, rules.secret.name)
        _believe(system, rules, said if isinstance(said, str) else "", raw_body, secrets)
    named = at(theirs, rules.kind) if rules.kind else element or kind
    found = next((each for each in rules.kinds.items() if each[1].when == str(named)), None)
    if found is None:
        raise ValueError(f"{system}: a kind of message that the profile does not have")
    try:
        return news_of(
            system,
            found[0],
            told(profile, found[1].fields, theirs),
            key=_key(system, rules, theirs, raw_body),
        )
    except MappingError as exc:
        raise ValueError(str(exc)) from exc


def answer(profile: Profile, *, taken: bool) -> bytes:
    """Our answer, the same bytes for every message: taken over, or not (they may send it again).

    Raises:
        ValueError: the profile has no callbacks.
    """
    rules = profile.callbacks
    if rules is None:
        raise ValueError("the profile has no callbacks")
    body = rules.ok if taken else rules.failed
    if profile.soap is not None:
        return wire.envelope(profile.soap, rules.answer_element, body)
    return wire.json_bytes(body)


def _read(profile: Profile, raw: bytes) -> tuple[str, dict[str, Any]]:
    if profile.soap is None:
        return "", wire.json_object(raw)
    found = wire.opened(profile.soap, raw)
    if isinstance(found, wire.Fault):
        raise Unreadable("Body", "a fault is no message")
    return found


def _believe(system: str, rules: Callbacks, given: str, raw: bytes, secrets: list[SecretStr]) -> None:
    """Compare with each secret that is good, in constant time."""
    said = given.encode("utf-8", "surrogatepass")
    is_right = False
    for secret in secrets:
        kept = secret.get_secret_value().encode()
        if rules.secret.how == "hmac-sha256":
            kept = hmac.digest(kept, raw, "sha256").hex().encode()
            said = said.lower()
        is_right |= hmac.compare_digest(said, kept)
    if not is_right:
        raise Forged(f"{system}: the callback's secret is missing or wrong")


def _key(system: str, rules: Callbacks, theirs: Mapping[str, Any], raw: bytes) -> str:
    """The same message twice has the same key."""
    if not rules.key:
        return f"{system}:{hashlib.sha256(raw).hexdigest()}"
    parts = [at(theirs, name) for name in rules.key]
    if any(not isinstance(part, str | int) or part == "" for part in parts):
        raise Unreadable(", ".join(rules.key), "the key of the message is missing")
    joined = "\0".join(map(str, parts)).encode()
    return f"{system}:{hashlib.sha256(joined).hexdigest()}"
