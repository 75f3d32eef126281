"""What one piece of news brings about: the case system hears it once, the time line shows it, people see what is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from jobs.effects.model import NewEffect
from jobs.inbound import model, rules
from jobs.inbound.rules import Verdict
from jobs.intake.model import Dossier, NewCase, NewEvent
from jobs.store.postgres import sync as sync_rows
from jobs.sync.assembling import digest, plain
from mappings.canonical.codec import from_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import DossierFile, ResultPaper
from mappings.canonical.inbound import DossierNews
from mappings.errors import MappingError
from mappings.tables.national_statuses import number_of

if TYPE_CHECKING:
    from jobs.store.postgres.tx import PgTx
    from jobs.sync.service import Sync

CASE_SYSTEM = "igate"
_PRIORITY = 3
"""Behind money and people who wait, before what goes to other systems."""


def effects(
    news_id: int,
    news: DossierNews,
    verdict: Verdict,
    dossier: Dossier,
    now: DossierState,
    *,
    sender: str,
    at: datetime,
) -> list[NewEffect]:
    """What the case system is told, under a key of the news: once, however often the news comes.

    Args:
        now: where the dossier stands for this news.
        sender: how people call the system; ``at``: this moment, for news that does not tell its own.
    """
    told = rules.note(news, sender or news.system)
    if verdict is Verdict.MOVES:
        accepted = now is not DossierState.RECEIVED
        return _tell(news_id, news, dossier, "update_status", news.state, accepted=accepted, note=told)
    if rules.has_note(news, verdict):
        moment = news.at or at
        return _tell(news_id, news, dossier, "add_note", now, accepted=True, note=told, at=moment.isoformat())
    return []


def _tell(
    news_id: int,
    news: DossierNews,
    dossier: Dossier,
    operation: str,
    state: DossierState,
    *,
    accepted: bool,
    note: str,
    **more: str,
) -> list[NewEffect]:
    try:
        number = number_of(state, accepted=accepted)
    except MappingError:
        return []  # what we cannot read ourselves is told to nobody; the time line shows it
    payload = {
        "dossier_code": dossier.name_there,
        "source_id": dossier.source_id,
        "status": number,
        "note": note,
        **more,
        model.MARK: {"news": news_id, "system": news.system, "code": dossier.code},
    }
    return [
        NewEffect(
            key=f"inbound:{news_id}:{operation}",
            system=CASE_SYSTEM,
            operation=operation,
            lane=dossier.code,
            payload=payload,
            dossier_code=dossier.code,
            cause=model.CAUSE,
            priority=_PRIORITY,
        )
    ]


def event(
    news: DossierNews, verdict: Verdict, before: DossierState, code: str, correlation_id: str, files: int
) -> NewEvent:
    """The line of the time line; nothing personal."""
    facts = {
        "system": news.system,
        "state": news.state.value,
        "their_state": news.their_state,
        "before": before.value,
        "verdict": verdict.value,
        "at": news.at.isoformat() if news.at else "",
        "files": files,
    }
    return NewEvent(
        f"inbound.{news.kind.value}", f"dossier:{code}", f"system:{news.system}", code, facts, correlation_id
    )


def cases(
    news_id: int, news: DossierNews, verdict: Verdict, code: str, missing: Sequence[str]
) -> list[NewCase]:
    """What a person must look at."""
    facts = {"system": news.system, "kind": news.kind.value, "news": news_id}
    found: list[NewCase] = []
    if verdict is Verdict.UNKNOWN:
        key = f"inbound-state:{news.system}:{news.their_state}"
        found.append(
            NewCase(model.UNKNOWN_STATE, key, None, code, None, {**facts, "their_state": news.their_state})
        )
    if rules.asks_a_person(news, verdict):
        found.append(NewCase(model.ASKS, f"inbound-asks:{news_id}", None, code, None, facts))
    if missing:
        evidence = {**facts, "files": len(missing)}
        found.append(NewCase(model.NO_FILE, f"inbound-no-file:{news_id}", None, code, None, evidence))
    return found


def attach(tx: PgTx, sync: Sync, code: str, results: Sequence[ResultPaper]) -> None:
    """A new version of the dossier with these results, told to whoever hears of it; the same files again change nothing."""
    sync_rows.lock(tx, [code])
    stored = sync_rows.files_of(tx, [code]).get(code)
    if stored is None:
        return
    before = from_json(DossierFile, stored["content"])
    have = {each.file.sha256 for each in before.results if each.file is not None}
    new = [each for each in results if each.file is None or each.file.sha256 not in have]
    if not new:
        return
    after = replace(before, version=before.version + 1, results=(*before.results, *new))
    sync_rows.keep_files(tx, [(code, after.version, digest(after), plain(after))])
    sync.tell(tx, {code: after})
