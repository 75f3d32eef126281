"""The one door where httpx's exceptions become ours. The branch says what the caller may do next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

import httpx

from connectors.errors import ConnectorError, ContractBroken, OutcomeUnknown, Unavailable
from connectors.kit.effects import EffectClass
from connectors.kit.network import Progress


class Meaning(Enum):
    """What an exception of the library says about the request."""

    NEVER_LEFT = "no connection was there to send on, or the request could not be formed"
    MAY_HAVE_ARRIVED = "the connection failed while or after we sent"
    UNREADABLE = "an answer came that cannot be read"


# Every exception of httpx by name, most specific first where one is another's base.
MEANINGS: dict[type[Exception], Meaning] = {
    httpx.ConnectTimeout: Meaning.NEVER_LEFT,
    httpx.PoolTimeout: Meaning.NEVER_LEFT,
    httpx.ConnectError: Meaning.NEVER_LEFT,
    httpx.ProxyError: Meaning.NEVER_LEFT,
    httpx.UnsupportedProtocol: Meaning.NEVER_LEFT,
    httpx.InvalidURL: Meaning.NEVER_LEFT,
    httpx.ReadTimeout: Meaning.MAY_HAVE_ARRIVED,
    httpx.WriteTimeout: Meaning.MAY_HAVE_ARRIVED,
    httpx.ReadError: Meaning.MAY_HAVE_ARRIVED,
    httpx.WriteError: Meaning.MAY_HAVE_ARRIVED,
    httpx.CloseError: Meaning.MAY_HAVE_ARRIVED,
    httpx.LocalProtocolError: Meaning.MAY_HAVE_ARRIVED,
    httpx.RemoteProtocolError: Meaning.UNREADABLE,
    httpx.DecodingError: Meaning.UNREADABLE,
    httpx.TooManyRedirects: Meaning.UNREADABLE,
    httpx.HTTPStatusError: Meaning.UNREADABLE,
    httpx.CookieConflict: Meaning.UNREADABLE,
    httpx.StreamConsumed: Meaning.UNREADABLE,
    httpx.ResponseNotRead: Meaning.UNREADABLE,
    httpx.RequestNotRead: Meaning.MAY_HAVE_ARRIVED,
    httpx.StreamClosed: Meaning.UNREADABLE,
    # Bases, for what a later release puts under them.
    httpx.TimeoutException: Meaning.MAY_HAVE_ARRIVED,
    httpx.NetworkError: Meaning.MAY_HAVE_ARRIVED,
    httpx.ProtocolError: Meaning.MAY_HAVE_ARRIVED,
    httpx.TransportError: Meaning.MAY_HAVE_ARRIVED,
    httpx.RequestError: Meaning.MAY_HAVE_ARRIVED,
    httpx.HTTPError: Meaning.MAY_HAVE_ARRIVED,
    httpx.StreamError: Meaning.UNREADABLE,
}


@contextmanager
def translated(
    system: str, operation: str, reference: str, effect_class: EffectClass, progress: Progress
) -> Iterator[None]:
    """Map whatever httpx raises inside the block, by what is known of the call.

    Raises:
        Unavailable: nothing left us, or nothing there was to be changed.
        OutcomeUnknown: a write may have arrived.
        ContractBroken: a write was answered, but the answer cannot be read.
    """
    try:
        yield
    except tuple(MEANINGS) as exc:
        meaning = next(MEANINGS[each] for each in type(exc).__mro__ if each in MEANINGS)
        branch = branch_of(meaning, effect_class, progress)
        words = f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
        raise branch(words, system=system, operation=operation, reference=reference) from exc


def branch_of(meaning: Meaning, effect_class: EffectClass, progress: Progress) -> type[ConnectorError]:
    """The branch of our tree for ``meaning``."""
    if meaning is Meaning.NEVER_LEFT or not progress.sent or effect_class is EffectClass.READ:
        return Unavailable
    if meaning is Meaning.UNREADABLE and progress.answered:
        return ContractBroken
    return OutcomeUnknown
