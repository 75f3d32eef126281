"""Reads the case system's feed: pages from the watermark with overlap until done. Calls out only between transactions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import structlog

from jobs.fees import service as fees
from jobs.intake.model import Dossier, NewCase, NewEvent
from jobs.intake.upsert import Step, merge
from jobs.payments import confirming
from mappings.canonical.dossier import DossierHead, DossierState, FeeDemand, FeedPage, FeesRead

if TYPE_CHECKING:
    from jobs.payments.ports import Owed
    from jobs.store.ports import Store, Tx

log = structlog.get_logger(__name__)

FEED = "igate"
OVERLAP = timedelta(minutes=10)
"""Read again each time: the case system writes its dates before its commits, and pages shift while they are read."""
FIRST_LOOK_BACK = timedelta(days=30)
MOST_PAGES = 2_000
UNKNOWN_STATUS, UNREADABLE = "dossier_unknown_status", "dossier_unreadable"
"""Kinds of cases."""


class CaseSystem(Protocol):
    """The part of ``connectors.igate.client.Client`` that is used here."""

    def changed_since(self, since: datetime, page: int) -> FeedPage: ...
    def fees_read(self, source_ids: Sequence[str]) -> FeesRead: ...


@dataclass(slots=True)
class Read:
    """What one run did."""

    pages: int = 0
    dossiers: int = 0
    changed: int = 0
    closed: int = 0
    fees: int = 0
    newest: datetime | None = None


class Feed:
    """One run reads everything that changed since the last one. A run that dies is read again; nothing is done twice."""

    def __init__(
        self,
        store: Store,
        client: CaseSystem,
        owed: Owed,
        *,
        overlap: timedelta = OVERLAP,
        first_look_back: timedelta = FIRST_LOOK_BACK,
        shares: fees.Shares = lambda _dossier: {},
        changed: Callable[[Tx, Sequence[Dossier]], None] = lambda _tx, _dossiers: None,
    ) -> None:
        """Wire the feed.

        Args:
            overlap: how far before the watermark each run begins.
            first_look_back: where the first run of an installation begins.
            shares: what a unit keeps of a fee, by budget item.
            changed: told of every dossier that changed, in the transaction that stores it.
        """
        self._store, self._client, self._owed, self._shares = store, client, owed, shares
        self._overlap, self._first, self._changed = overlap, first_look_back, changed

    def run(self) -> Read:
        """Read to the end of the feed, then look again at what the case system could not be told.

        Raises:
            Unavailable: the case system is away; what was read is kept, the watermark is not moved.
        """
        done = Read()
        since = self._store.run("feed-begin", self._since)
        for number in range(MOST_PAGES):
            page = self._client.changed_since(since, number)
            self._page(page, done)
            if not page.more:
                break
        else:
            log.warning("feed.too_long", pages=MOST_PAGES)
        newest = done.newest
        if newest is not None:
            # Only now: pages may come newest first, and a run that died in the middle must begin where it began.
            self._store.run("feed-end", lambda tx: tx.dossiers.set_watermark(FEED, min(newest, tx.now)))
        self._recheck()
        return done

    def _since(self, tx: Tx) -> datetime:
        mark = tx.dossiers.watermark(FEED)
        return tx.now - self._first if mark is None else mark - self._overlap

    def _page(self, page: FeedPage, done: Read) -> None:
        done.pages += 1
        done.dossiers += len(page.items)
        heads = _newest_of_each(page.items)
        fresh = self._store.run("feed-compare", lambda tx: _fresh(tx, heads))
        read = self._client.fees_read([head.source_id for head in fresh]) if fresh else FeesRead(())
        changed, closed, asked = self._store.run("feed-page", lambda tx: self._take(tx, fresh, read, page))
        done.changed, done.closed, done.fees = done.changed + changed, done.closed + closed, done.fees + asked
        for head in heads:
            done.newest = head.updated_at if done.newest is None else max(done.newest, head.updated_at)

    def _take(
        self, tx: Tx, heads: Sequence[DossierHead], read: FeesRead, page: FeedPage
    ) -> tuple[int, int, int]:
        tx.dossiers.alone(FEED)  # two workers may read the same page: who comes second finds it taken
        known = _known(tx, heads)
        locked = tx.dossiers.lock(dossier.code for dossier in known.values())
        steps = []
        for head in heads:
            before = known.get(head.source_id)
            step = merge(locked.get(before.code) if before else None, head, tx.now)
            if step is not None:
                steps.append(step)
        tx.dossiers.save([step.after for step in steps])
        tx.dossiers.add_aliases(_aliases(steps))
        tx.events.add([event for step in steps for event in _events(step)])
        self._changed(tx, [step.after for step in steps])
        tx.cases.open(
            [
                *(_stranger(step) for step in steps if step.stranger),
                *(_unreadable(u) for u in (*page.unreadable, *read.unreadable)),
            ]
        )
        there = {step.after.source_id: step.after for step in steps}
        dossiers = {**{d.source_id: d for d in locked.values()}, **there}
        changes = self._demands(tx, read.demands, dossiers)
        closed = [step for step in steps if _just_closed(step)]
        for step in closed:
            reason = DossierState(step.after.state).closes
            assert reason is not None  # noqa: S101 - that is what closed means
            self._owed.dossier_closed(tx, step.after.code, reason.value, step.after.stage)
        return len(steps), len(closed), changes

    def _demands(self, tx: Tx, demands: Sequence[FeeDemand], dossiers: dict[str, Dossier]) -> int:
        """Demands by our codes; what the case system shows as paid leaves the counter's list."""
        ours = {dossiers[d.source_id].code: d for d in demands if d.source_id in dossiers}
        renamed = [FeeDemand(code, d.source_id, d.lines) for code, d in ours.items()]
        by_code = {d.code: d for d in dossiers.values()}
        changes = fees.take_demands(tx, renamed, by_code, self._owed, shares=self._shares)
        return len(changes)

    def _recheck(self) -> None:
        """Look again at dossiers of the list 'Đã thu, chưa ghi nhận trên iGate' until each line is gone."""
        waiting = self._store.run("feed-unconfirmed", _waiting)
        if not waiting:
            return
        demands = self._client.fees_read(list(waiting)).demands
        recorded = [
            d.source_id for d in demands if d.lines and all(line.paid for line in d.lines if line.required)
        ]
        keys = [key for source in recorded for key in waiting.get(source, ())]
        if keys:
            self._store.run(
                "feed-confirmed", lambda tx: tx.cases.close(keys, "the case system shows it as paid")
            )


def _waiting(tx: Tx) -> dict[str, list[str]]:
    """Source id → keys of open lines of the counter's list."""
    by_code = confirming.unconfirmed_dossiers(tx)
    found = {}
    for code, keys in by_code.items():
        dossier = tx.dossiers.by_code(code)
        if dossier is not None and dossier.source_id:
            found[dossier.source_id] = keys
    return found


def _newest_of_each(items: Sequence[DossierHead]) -> list[DossierHead]:
    """A page that shifted while it was read brings a dossier twice; of two with one code the newer one counts."""
    newest = {head.source_id: head for head in sorted(items, key=lambda head: head.updated_at)}
    return list({head.code: head for head in newest.values()}.values())


def _known(tx: Tx, heads: Sequence[DossierHead]) -> dict[str, Dossier]:
    """Dossiers by source id; one that we know by its code only, or under another id, is recognised by its code."""
    found = tx.dossiers.by_source(head.source_id for head in heads)
    missing = {head.code: head.source_id for head in heads if head.source_id not in found}
    for code, dossier in tx.dossiers.by_codes(missing).items():
        found[missing[code]] = dossier
    return found


def _fresh(tx: Tx, heads: Sequence[DossierHead]) -> list[DossierHead]:
    """Heads that bring something: most of what the overlap brings again does not."""
    known = _known(tx, heads)
    return [head for head in heads if merge(known.get(head.source_id), head, tx.now) is not None]


def _aliases(steps: Sequence[Step]) -> dict[str, str]:
    found = {step.alias: step.after.code for step in steps if step.alias}
    for step in steps:
        national = step.after.national_code
        if national and national != step.after.code:
            found.setdefault(national, step.after.code)
    return found


def _just_closed(step: Step) -> bool:
    """Newly refused, withdrawn or cancelled, also when we see the dossier for the first time."""
    now_closed = step.after.closed_at is not None
    return now_closed and (step.before is None or step.before.state != step.after.state)


def _events(step: Step) -> list[NewEvent]:
    code = step.after.code
    facts = {"state": step.after.state, "status": step.after.status}
    events = []
    if step.before is None:
        events.append(NewEvent("dossier-seen", f"dossier:{code}", "rule:intake", code, facts))
    elif step.moved:
        facts = {**facts, "before": step.before.state}
        events.append(NewEvent(f"dossier.{step.after.state}", f"dossier:{code}", "rule:intake", code, facts))
    if step.stranger:
        events.append(NewEvent("dossier.unknown-status", f"dossier:{code}", "rule:intake", code, facts))
    if step.alias:
        facts = {"alias": step.alias, "agency": step.after.agency}
        events.append(NewEvent("dossier.transferred", f"dossier:{code}", "rule:intake", code, facts))
    return events


def _stranger(step: Step) -> NewCase:
    """One case per unknown number, not one per dossier: it is the table that lacks a line."""
    facts = {"status": step.after.status, "dossier_code": step.after.code}
    return NewCase(
        UNKNOWN_STATUS, f"unknown-status:{FEED}:{step.after.status}", None, step.after.code, None, facts
    )


def _unreadable(item: tuple[str, str]) -> NewCase:
    name, why = item
    return NewCase(UNREADABLE, f"unreadable:{FEED}:{name}", None, None, None, {"item": name, "why": why})
