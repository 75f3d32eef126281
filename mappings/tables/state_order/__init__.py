"""Whether news of a specialised system may change a dossier's state. The rule is ``order.csv`` beside this file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib import resources

from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import DossierNews, NewsKind


@cache
def order() -> Mapping[tuple[DossierState, NewsKind], frozenset[DossierState]]:
    """(current state, kind of news) → states that it may bring."""
    text = resources.files(__name__).joinpath("order.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))
    return {
        (DossierState(row["current"]), NewsKind(row["kind"])): frozenset(
            DossierState(word) for word in row["to"].split()
        )
        for row in rows
    }


def may_apply(current: DossierState, news: DossierNews, *, last_at: datetime | None = None) -> bool:
    """Whether ``news`` may set the state of a dossier that stands in ``current``.

    ``False`` is no error: the news is kept and shown, it only changes nothing. A state that our tables do not know
    (``PENDING``) changes nothing; a dossier whose own state is unknown takes the first news that is known.

    Args:
        last_at: moment that the same system put on the last *moving* news that was applied. Both come from one
            clock, theirs, so an earlier one is late; compare no other clocks with it.
    """
    if news.state is DossierState.PENDING:
        return False
    late = last_at is not None and news.at is not None and news.at < last_at
    if late and news.kind is NewsKind.STATE:
        return False
    if current is DossierState.PENDING:
        return True
    return news.state in order().get((current, news.kind), frozenset())


__all__ = ["may_apply", "order"]
