"""Addresses under which another system may pull one file for a while. Pure."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

DOOR = "/files"


class Links:
    """Makes links and knows its own."""

    def __init__(self, secret: str, address: str, valid: timedelta) -> None:
        """``address``: how others reach us; ``valid``: how long a link may be used."""
        self._secret, self._address, self._valid = secret.encode(), address.rstrip("/"), valid

    def url(self, file: int, name: str, now: datetime) -> str:
        """A link to ``file``. Within one day it stays the same, so that a dossier told again is the same dossier."""
        day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        until = int((day + timedelta(days=1) + self._valid).timestamp())
        return f"{self._address}{DOOR}/{file}/{until}/{self._mark(file, until)}/{quote(name, safe='')}"

    def good(self, file: int, until: int, mark: str, now: datetime) -> bool:
        """Whether the link is ours and has not ended."""
        return hmac.compare_digest(mark, self._mark(file, until)) and now.timestamp() < until

    def _mark(self, file: int, until: int) -> str:
        return hmac.digest(self._secret, f"file:{file}:{until}".encode(), "sha256").hex()[:40]
