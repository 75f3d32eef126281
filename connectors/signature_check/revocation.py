"""Revocation lists from the issuers, fetched by us: from hosts that we chose, never from one that a signer's certificate chose."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from connectors.errors import ConnectorError
from connectors.kit.effects import EffectClass, ExchangeLog
from connectors.kit.seams import Clock
from connectors.kit.transport import Transport
from connectors.signature_check.settings import Settings
from connectors.signature_check.trust import revocation_list

SYSTEM = "signature_check"
_MOST_AT_ONCE = 10
_REST_AFTER_FAILURE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Kept:
    der: bytes
    until: datetime


class Revocation:
    """Lists by address, kept until they are due. A host that is not on the allow-list is never called, whatever a file says."""

    def __init__(
        self, settings: Settings, *, clock: Clock, log: ExchangeLog | None = None, http: Any = None
    ) -> None:
        """``http``: instead of real connections (tests)."""
        self._settings, self._clock, self._log, self._http = settings, clock, log, http
        self._hosts = frozenset(host.lower() for host in settings.list_hosts)
        self._kept: dict[str, _Kept] = {}
        self._lines: dict[str, Transport] = {}
        self._lock = threading.Lock()

    def lists(self, addresses: Iterable[str]) -> tuple[bytes, ...]:
        """The lists (DER) of those addresses that are allowed and answer; the others are left out."""
        allowed = [one for one in dict.fromkeys(addresses) if self.allowed(one)][:_MOST_AT_ONCE]
        found = (self._list(one) for one in sorted(allowed))
        return tuple(dict.fromkeys(der for der in found if der))

    def allowed(self, address: str) -> bool:
        """Whether an address may be called: plain http(s), usual port, exact host of the allow-list, no user, no fragment."""
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            return False
        usual = port is None or port == {"http": 80, "https": 443}.get(parts.scheme)
        plain = not (parts.username or parts.password or parts.fragment) and parts.path.startswith("/")
        readable = address.isascii() and address.isprintable() and " " not in address
        return (
            parts.scheme in ("http", "https")
            and usual
            and plain
            and readable
            and (parts.hostname or "") in self._hosts
        )

    def close(self) -> None:
        """Close connections that are at rest."""
        with self._lock:
            for line in self._lines.values():
                line.close()

    def _list(self, address: str) -> bytes:
        """The list, or nothing: a failure is remembered for a while, so that an outage is not made worse."""
        now = self._clock.now()
        with self._lock:
            kept = self._kept.get(address)
        if kept is not None and now < kept.until:
            return kept.der
        try:
            der = revocation_list(self._fetched(address))
            until = min(now + timedelta(seconds=self._settings.list_seconds), _next_update(der) or datetime.max.replace(tzinfo=now.tzinfo))  # fmt: skip
        except (ConnectorError, ValueError):
            der, until = (kept.der if kept is not None else b""), now + _REST_AFTER_FAILURE
        with self._lock:
            self._kept[address] = _Kept(der, max(until, now + _REST_AFTER_FAILURE))
        return der

    def _fetched(self, address: str) -> bytes:
        parts = urlsplit(address)
        base = f"{parts.scheme}://{parts.hostname}"
        with self._lock:
            line = self._lines.get(base)
            if line is None:
                line = Transport(
                    base,
                    system=SYSTEM,
                    deadline_seconds=self._settings.list_deadline_seconds,
                    largest_answer_bytes=self._settings.largest_list_bytes,
                    pool=2,
                    log=self._log,
                    http=self._http,
                )
                self._lines[base] = line
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        return line.send("revocation_list", "GET", target, effect_class=EffectClass.READ).content


def _next_update(der: bytes) -> datetime | None:
    from cryptography import x509

    return x509.load_der_x509_crl(der).next_update_utc
