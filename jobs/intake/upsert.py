"""How a dossier of the feed becomes a dossier of ours. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime

from jobs.intake.model import Dossier
from mappings.canonical.dossier import DossierHead, DossierState

CLOSED = frozenset(state.value for state in DossierState if state.closes is not None)


@dataclass(frozen=True, slots=True)
class Step:
    """What a head did to a dossier.

    Attributes:
        before: ``None`` for a dossier that we had not seen.
        alias: another code by which it must be found from now on.
        moved: the state changed.
        stranger: its status is in no table: shown, and nothing else changed.
    """

    before: Dossier | None
    after: Dossier
    alias: str = ""
    moved: bool = False
    stranger: bool = False


def merge(before: Dossier | None, head: DossierHead, now: datetime) -> Step | None:
    """The dossier after ``head``; ``None``: ``head`` is older than what we hold, or brings nothing new.

    An older version never overwrites a newer one. A status that our table does not know never counts as done or refused:
    the state stays, the number and the fact that it is unknown are shown.
    """
    if before is not None and head.updated_at < before.updated_at:
        return None
    state = head.state.value
    if not head.status_known and before is not None:
        state = before.state
    code = before.code if before is not None else head.code
    current = head.code if head.code != code else ""
    closed_at = None
    if state in CLOSED:
        closed_at = before.closed_at if before is not None and before.closed_at else now
    after = Dossier(
        code=code,
        state=state,
        updated_at=head.updated_at,
        source_id=head.source_id,
        current_code=current,
        national_code=head.national_code,
        agency=head.agency,
        agency_name=head.agency_name,
        procedure=head.procedure_name,
        procedure_code=head.procedure,
        status=head.status,
        status_known=head.status_known,
        stage=head.stage.value if head.status_known or before is None else before.stage,
        applicant_name=head.applicant_name,
        folded=folded(code, current, head.national_code, head.applicant_name),
        seen_at=now,
        closed_at=closed_at,
    )
    if before is not None and replace(after, seen_at=before.seen_at) == before:
        return None
    alias = head.code if before is not None and head.code not in (before.code, before.current_code) else ""
    return Step(
        before,
        after,
        alias,
        moved=before is not None and before.state != state,
        stranger=not head.status_known,
    )


def folded(*texts: str) -> str:
    """Search text: lower case, without accents, ``đ`` as ``d``; the same as the search box makes of what is typed."""
    plain = unicodedata.normalize("NFD", " ".join(text for text in texts if text).lower().replace("đ", "d"))
    return "".join(c for c in plain if not unicodedata.combining(c))
