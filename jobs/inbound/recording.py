"""Keeps what came in: the raw message, its news once, the files inside it, and the acknowledgement that follows. One commit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from jobs import queues
from jobs.effects.model import NewEffect
from jobs.inbound import model, rules
from jobs.inbound.model import Decide, Recorded, Standing
from jobs.intake.model import NewCase
from jobs.store.postgres import files
from jobs.store.postgres import inbound as rows
from mappings.canonical.codec import to_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import DossierNews

if TYPE_CHECKING:
    from psycopg.rows import DictRow

    from jobs.store.postgres.store import PgStore
    from jobs.store.postgres.tx import PgTx

_UNNAMED = "tep"


def record(
    store: PgStore,
    system: str,
    news: Sequence[DossierNews],
    *,
    raw: bytes = b"",
    headers: Mapping[str, str] | None = None,
    contents: Mapping[str, bytes] | None = None,
    correlation_id: str = "",
    decide: Decide | None = None,
    also: Sequence[NewEffect] = (),
) -> Recorded:
    """Keep a verified message.

    Args:
        raw: as it came, without secrets; empty where we pulled it (the exchange log has the call).
        contents: id of a file that the news names → its bytes.
        decide: judges the news by the dossier's state; news that it refuses is kept as raw message only.
        also: effects that confirm it to the sender; they leave after the commit.

    Raises:
        StoreUnavailable, CommitUnknown: nothing is known to be stored; the sender repeats.
        psycopg.DataError: the database cannot hold it (a NUL in a text).
    """

    def work(tx: PgTx) -> Recorded:
        if raw:
            key = hashlib.sha256(raw).hexdigest()
            rows.keep_raw(tx, system, key, headers or {}, raw, "verified", "inbound", correlation_id)
        known = rows.known(tx, system, [each.key for each in news])
        new, given = False, ""
        for each in news:
            before = known.get(each.key)
            given = given or (before["given_code"] if before else "")
            one, refusal = each, ""
            if decide is not None:
                decided, refusal = decide(each, _state_here(tx, each.dossier_code), before is not None)
                if decided is None:
                    return Recorded(False, refusal or "refused")
                one = decided
            new |= _keep(tx, system, one, contents or {}, correlation_id)
        tx.effects.plan(also)
        if new:
            tx.wake(queues.INBOUND)
        return Recorded(new, given_code=given)

    return store.run("inbound-record", work)


def unreadable(
    store: PgStore,
    system: str,
    door: str,
    raw: bytes,
    headers: Mapping[str, str],
    why: str,
    correlation_id: str = "",
) -> None:
    """Keep a message that is theirs and that we cannot read; one case per door and reason, each message apart.

    Raises:
        StoreUnavailable, CommitUnknown
    """
    digest = hashlib.sha256(raw).hexdigest()

    def work(tx: PgTx) -> None:
        rows.keep_raw(
            tx, system, f"unreadable:{digest}", headers, raw, "unreadable", why[:200], correlation_id
        )
        facts = {"system": system, "door": door, "why": why[:200], "message": f"unreadable:{digest}"}
        tx.cases.open(
            [NewCase(model.UNREADABLE, f"inbound-unreadable:{system}:{door}:{why}"[:200], evidence=facts)]
        )

    store.run("inbound-unreadable", work)


def standings(tx: PgTx, dossier_code: str) -> list[Standing]:
    """What each system has made of a dossier, the newest news last."""
    return [_standing(row) for row in rows.standings(tx, dossier_code)]


def _standing(row: DictRow) -> Standing:
    return Standing(
        row["system"],
        row["news_id"],
        DossierState(row["state"]) if row["state"] else None,
        row["seen"],
        row["told"],
        row["moved_at"],
        row["answered_at"],
    )


def _state_here(tx: PgTx, code: str) -> DossierState | None:
    dossier = tx.dossiers.by_code(code) if code else None
    if dossier is None:
        return None
    return rules.current(DossierState(dossier.state), standings(tx, dossier.code))


def _keep(
    tx: PgTx, system: str, news: DossierNews, contents: Mapping[str, bytes], correlation_id: str
) -> bool:
    stored = rows.record(
        tx, system, news.key, news.dossier_code, news.kind.value, to_json(news), correlation_id
    )
    if stored is None:
        return False
    for ref in model.refs(news):
        content = contents.get(ref.id)
        if content is not None:
            files.keep(
                tx,
                model.origin(news, ref),
                dossier_code=news.dossier_code,
                name=ref.name or _UNNAMED,
                media_type=ref.media_type,
                sha256=hashlib.sha256(content).hexdigest(),
                content=content,
            )
    return True


__all__ = ["record", "standings", "unreadable"]
