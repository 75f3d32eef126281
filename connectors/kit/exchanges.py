"""What leaves us and what comes back, noted once per call for the exchange log. Never a secret, never a person.

The delivery engine wraps each call in :func:`collecting` and writes what was noted in the transaction of the outcome.
Calls outside an effect (feeds, files) go to the log that the transport was made with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from connectors.kit.effects import Bodies, Exchange, ExchangeLog
from connectors.kit.seams import salt

_MOST_SUMMARISED_BYTES = 65_536
_MOST_TEXT = 200
MOST_BODY_BYTES = 65_536
"""Of each body so much is kept at most; the digest covers all of it."""

_collected: ContextVar[list[Exchange] | None] = ContextVar("collected", default=None)
_correlation: ContextVar[str] = ContextVar("correlation", default="")
_dossier: ContextVar[str] = ContextVar("dossier", default="")


@contextmanager
def collecting(correlation_id: str = "", *, bodies_of: str = "") -> Iterator[list[Exchange]]:
    """Every exchange of this thread (or task) until the end of the block, in order.

    Args:
        correlation_id: goes out as ``traceparent`` with each of the calls.
        bodies_of: the dossier that the calls are about, when their bodies are to be kept; empty: no bodies.
    """
    found: list[Exchange] = []
    collector, correlation = _collected.set(found), _correlation.set(correlation_id)
    dossier = _dossier.set(bodies_of)
    try:
        yield found
    finally:
        _collected.reset(collector)
        _correlation.reset(correlation)
        _dossier.reset(dossier)


def note(exchange: Exchange, log: ExchangeLog | None) -> None:
    """Hand one exchange to whoever collects in this thread, else to ``log``."""
    found = _collected.get()
    if found is not None:
        found.append(exchange)
    elif log is not None:
        log(exchange)


def kept(request: bytes, response: bytes) -> Bodies | None:
    """The bodies of a call for whoever collects, or ``None`` when nobody wants them."""
    dossier = _dossier.get()
    if not dossier:
        return None
    return Bodies(dossier, request[:MOST_BODY_BYTES], response[:MOST_BODY_BYTES])


def trace_header() -> str:
    """``traceparent`` for the call that is about to leave, or nothing."""
    correlation = _correlation.get()
    if len(correlation) != 32 or not set(correlation) <= set("0123456789abcdef"):
        return ""
    return f"00-{correlation}-{salt()[:16]}-01"


def digest(raw: bytes) -> str:
    """``salt:sha256`` of ``raw``: proves a body that is shown, tells nothing to who only guesses it."""
    if not raw:
        return ""
    grain = salt()
    return f"{grain}:{hashlib.sha256(bytes.fromhex(grain) + raw).hexdigest()}"


def summary(raw: bytes, shown: frozenset[str]) -> dict[str, Any]:
    """The fields of a JSON object that may be seen by anybody, by their names; everything else is left out."""
    if not shown or not raw or len(raw) > _MOST_SUMMARISED_BYTES:
        return {}
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return chosen(value, shown) if isinstance(value, dict) else {}


def chosen(value: Mapping[str, Any], shown: frozenset[str]) -> dict[str, Any]:
    """Plain values of ``value`` whose name is in ``shown``, cut to a length that a screen can take."""
    return {
        name: item[:_MOST_TEXT].replace("\0", "") if isinstance(item, str) else item
        for name, item in value.items()
        if name in shown and (item is None or isinstance(item, str | int))
    }
