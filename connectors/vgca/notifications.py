"""What an official's computer brings: one signed file behind a pass. Who it is from, the pass says; what it is worth, the signature."""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.kit.reading import Unreadable
from connectors.kit.seams import Clock
from connectors.vgca import passes, wire
from connectors.vgca.settings import Settings
from mappings.canonical.signing import HandedOut


@dataclass(frozen=True, slots=True)
class Returned:
    """A file that came back, not judged yet; ``handed`` as the pass tells it, without name and number."""

    handed: HandedOut
    raw: bytes = field(repr=False)


def returned(
    raw_body: bytes, content_type: str, access: str, settings: Settings, *, clock: Clock
) -> Returned:
    """The file in an upload.

    Args:
        access: the pass, last part of the address.

    Raises:
        Forged: not our pass, or over; the body was not looked at.
        ValueError: no upload with exactly one file, or too large.
    """
    handed = passes.opened(access, settings, clock=clock)
    if len(raw_body) > settings.largest_bytes + 10_000:
        raise Unreadable("body", f"{len(raw_body)} bytes are too many")
    raw = wire.part_of(raw_body, content_type, settings.upload_field)
    if not raw or len(raw) > settings.largest_bytes:
        raise Unreadable(settings.upload_field, "is empty or too large")
    return Returned(handed, raw)


__all__ = ["Returned", "returned"]
