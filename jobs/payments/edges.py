"""The published edges of a payment attempt. The database refuses any other; a test holds both tables together."""

from __future__ import annotations

from jobs.errors import IllegalTransition
from mappings.canonical.payment import AttemptState as S

EDGES: dict[S, frozenset[S]] = {
    S.CREATED: frozenset({S.SENT, S.PAID, S.FAILED, S.EXPIRED, S.UNKNOWN, S.SUSPECT, S.REVERSED}),
    S.SENT: frozenset({S.PAID, S.FAILED, S.EXPIRED, S.UNKNOWN, S.SUSPECT, S.REVERSED}),
    S.UNKNOWN: frozenset({S.PAID, S.FAILED, S.EXPIRED, S.SUSPECT, S.REVERSED}),
    # Ours or theirs, both can be wrong: money that arrives later is always recorded.
    S.FAILED: frozenset({S.PAID, S.SUSPECT, S.REVERSED}),
    S.EXPIRED: frozenset({S.PAID, S.FAILED, S.SUSPECT, S.REVERSED}),
    S.SUSPECT: frozenset({S.PAID, S.FAILED, S.REVERSED}),
    S.PAID: frozenset(),
    S.REVERSED: frozenset(),
}

UNRESOLVED = frozenset({S.CREATED, S.SENT, S.UNKNOWN, S.SUSPECT})
"""While one of these stands, nobody is offered a second way to pay the same fee."""

ASKED = frozenset({S.CREATED, S.SENT, S.UNKNOWN, S.SUSPECT, S.EXPIRED})
"""States whose outcome is still asked about."""


def step(reference: str, before: S, after: S) -> S:
    """``after``, when the table has the edge.

    Raises:
        IllegalTransition: it has not.
    """
    if after not in EDGES[before]:
        raise IllegalTransition("payment", reference, before, after)
    return after
