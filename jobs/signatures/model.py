"""Words of the signing work: states, what an effect belongs to, how often a provider is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class SessionState(StrEnum):
    """Where a session stands; ``signed`` only after its files were verified and stored."""

    ASKED = "asked"  # the provider has not confirmed that it has the request
    WAITING = "waiting"  # the signer is asked, or the values are being verified
    SIGNED = "signed"
    REFUSED = "refused"
    EXPIRED = "expired"
    FAILED = "failed"


OPEN = (SessionState.ASKED, SessionState.WAITING)
PROVIDERS = ("csc", "smartca", "mysign")
"""Systems whose signer confirms on a phone and whose session can be asked for."""
CASE_SYSTEM = "igate"
MARK, CAUSE = "_signing", "signing"
"""In a payload and as the cause of an effect: which session it belongs to. Connectors do not read it."""
CERTIFICATES, SIGN, STATUS, FINISH = "get_certificates", "sign_hashes", "session_status", "finish_session"

NOT_RELEASED, NOT_TOLD = "signing_not_released", "signing_not_told"
CASES = (NOT_RELEASED, NOT_TOLD)
"""Kinds of cases."""

MOST_FILES = 10
GRACE = timedelta(minutes=2)
"""So long the last ask at the deadline may take."""
HINT_PAUSE = timedelta(seconds=5)
"""However many pushes come, a provider is not asked about one session more often than this because of them."""
MOST_TRIES = 6
"""Of preparing or finishing: work that killed its worker so often ends the session."""
MOST_VERIFIES = 12
"""Looks at a finished file whose verdict lacks data; about a day and a half."""
WAITS_TO_BE_VERIFIED = timedelta(days=30)
_FIRST, _GROWS, _LONGEST = 3.0, 1.4, 60.0


def pause(asks: int) -> timedelta:
    """How long to wait after so many asks: 3 s at first, a minute in the end."""
    return timedelta(seconds=min(_FIRST * _GROWS ** min(asks, 20), _LONGEST))


def try_again(tries: int) -> timedelta:
    """How long until a verdict that lacked data is asked for again: 1 minute, doubling, a day at most."""
    return min(timedelta(minutes=2 ** min(max(tries - 1, 0), 11)), timedelta(days=1))


def masked(number: str) -> str:
    """The number as screens show it: its last three digits."""
    return "•" * max(len(number) - 3, 0) + number[-3:]


@dataclass(frozen=True, slots=True)
class Asking:
    """A request for signatures.

    Attributes:
        files: ids of stored files of the dossier, in the order in which the signer sees them.
        signer: personal number or tax code, which is the provider's account too; personal.
        credential: which of the signer's certificates; empty: the only one that may sign.
        hours: until the deadline.
        key: of the asker; the same key again is the same session.
    """

    dossier_code: str
    files: tuple[int, ...]
    provider: str
    signer: str
    key: str
    credential: str = ""
    hours: float = 24.0


@dataclass(frozen=True, slots=True)
class Session:
    """A session as callers see it; nothing of it names a person."""

    id: str
    dossier_code: str
    provider: str
    signer: str
    state: SessionState
    code: str
    deadline: datetime
    files: tuple[tuple[int, int | None], ...]
    """(asked file, signed file or ``None``)."""
