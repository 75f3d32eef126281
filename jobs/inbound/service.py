"""Applies what came in: one piece of news is one transaction. Calls out (a file, a code) only between transactions."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import structlog

from connectors.errors import ConnectorError, Rejected, Unavailable
from connectors.kit.exchanges import collecting
from jobs import queues
from jobs.access import audit
from jobs.inbound import model, recording, rules, setup, tax, telling
from jobs.inbound.creating import Creating, Waits
from jobs.inbound.rules import Verdict
from jobs.intake.model import NewCase, NewEvent
from jobs.store.postgres import files
from jobs.store.postgres import inbound as rows
from jobs.store.postgres import sync as sync_rows
from jobs.sync.model import MARK as SYNC_MARK
from mappings.canonical.codec import from_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import FileRef, ResultPaper
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.errors import MappingError

if TYPE_CHECKING:
    from connectors.kit.effects import Exchange
    from jobs.access.model import Actor
    from jobs.effects.ports import EngineRows
    from jobs.intake.model import Dossier
    from jobs.store.postgres.store import PgStore
    from jobs.store.postgres.tx import PgTx
    from jobs.sync.service import Sync

log = structlog.get_logger(__name__)

Fetch = Callable[[str, Mapping[str, Any]], tuple[bytes, str]]
"""(link, facts of the news) → bytes and media type, from the allowed host and from nowhere else."""

_BATCH = 20
AGAIN = timedelta(minutes=10)
"""Parked news is looked at again so often: whoever mends the set-up need not think of it."""
_SOON = timedelta(minutes=1)
_PATIENCE = 3
"""Tries before what may only be early (a dossier that the feed brings next) becomes a person's matter."""
_OUTAGE = 6
"""Tries (about half an hour) before a system that is away becomes a person's matter too."""
_MOST_DEATHS = 3
UNKNOWN_DOSSIER, BROKEN = "unknown_dossier", "broken"


@dataclass(slots=True)
class Done:
    """What one run did."""

    taken: int = 0
    applied: int = 0
    ignored: int = 0
    parked: int = 0


class Inbound:
    """One per process."""

    def __init__(
        self,
        store: PgStore,
        creating: Creating,
        *,
        fetch: Mapping[str, Fetch] | None = None,
        sync: Sync | None = None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        """Wire it.

        Args:
            fetch: system → how a file behind a link of theirs is had.
            sync: told of results that came in, so that other systems hear of them.
            names: system → how people call it.
        """
        self.store, self._creating, self._sync = store, creating, sync
        self._fetch, self._names = dict(fetch or {}), dict(names or {})

    # ---- at the door -------------------------------------------------------------------------------------------------

    def take_code(self, system: str) -> str:
        """A code of the case system for a sender that asks for one, never given before; empty: none is there now.

        Raises:
            StoreUnavailable, CommitUnknown
        """
        with self.store.transaction("inbound-code") as tx:
            pattern = self._creating.pattern_of(setup.set_up(rows.setup(tx)), system)
            found = rows.take_code(tx, pattern, system) if pattern else ""
            tx.wake(queues.INBOUND)
        return found

    def set_up(self) -> setup.SetUp:
        """What the installation knows of units, procedures and officers.

        Raises:
            StoreUnavailable
        """
        with self.store.transaction("inbound-setup") as tx:
            return setup.set_up(rows.setup(tx))

    # ---- people ------------------------------------------------------------------------------------------------------

    def retry(self, ids: Sequence[int] | None, *, reason: str, actor: Actor) -> int:
        """Try parked news again now (all of it: ``None``); how many."""
        with self.store.transaction("inbound-retry") as tx:
            found = rows.retry(tx, list(ids) if ids is not None else None)
            for row in found:
                subject, facts = f"inbound:{row['id']}", {"system": row["system"]}
                audit.record(tx, actor, "inbound.retry", subject, reason=reason, facts=facts)
            tx.wake(queues.INBOUND)
        return len(found)

    def keep_setup(self, content: Mapping[str, Any], *, reason: str, actor: Actor) -> None:
        """A new set-up; everything that is parked is tried again at once."""
        with self.store.transaction("inbound-setup") as tx:
            rows.keep_setup(tx, content, str(actor))
            rows.retry(tx, None)
            counts = {name: len(content[name]) for name in ("unit", "procedure", "officer")}
            audit.record(tx, actor, "inbound.setup", "inbound:setup", reason=reason, facts=counts)
            tx.wake(queues.INBOUND)

    # ---- the work ----------------------------------------------------------------------------------------------------

    def run(self) -> Done:
        """Work on everything that is due. What cannot go on now is due again, or with a person."""
        done = Done()
        with collecting() as exchanges:
            self._creating.refill(self.store)
        self._note(exchanges)
        while True:
            with self.store.transaction("inbound-take") as tx:
                taken = rows.take(tx, _BATCH)
            for row in taken:
                self._guarded(row, done)
            done.taken += len(taken)
            if len(taken) < _BATCH:
                return done

    def _guarded(self, row: Mapping[str, Any], done: Done) -> None:
        with collecting(row["correlation_id"]) as exchanges:
            try:
                if row["begun"] > _MOST_DEATHS:
                    self._park(row, BROKEN, (), again=False)
                    state = "parked"
                else:
                    state = self._one(row)
            except Waits as exc:
                self._park(row, exc.why, exc.lacks, again=exc.again)
                state = "parked"
            except Unavailable as exc:
                why = f"{exc.system}.{exc.operation}: unavailable"
                if row["tries"] < _OUTAGE:
                    self._later(row, why)
                    state = "later"
                else:
                    self._park(row, why, (), again=True)
                    state = "parked"
            except ConnectorError as exc:
                self._park(row, f"{exc.system}.{exc.operation}: {type(exc).__name__}", (), again=True)
                state = "parked"
            except (MappingError, ValueError, TypeError, LookupError) as exc:
                # One piece of news that we cannot work on must not stop the others. The error may quote it: only its kind
                # is written down.
                log.warning("inbound.broken", id=row["id"], system=row["system"], error=type(exc).__name__)
                self._park(row, f"{BROKEN}: {type(exc).__name__}", (), again=False)
                state = "parked"
            finally:
                self._note(exchanges)
        done.applied += state == "applied"
        done.ignored += state == "ignored"
        done.parked += state == "parked"

    def _one(self, row: Mapping[str, Any]) -> str:
        news = from_json(DossierNews, row["news"])
        if news.kind is NewsKind.NEW_DOSSIER:
            self._linked_papers(row, news)
            return self._creating.take_in(self.store, row, news)
        fetched, missing = self._results(row, news)
        with self.store.transaction("inbound-apply") as tx:
            if rows.lock(tx, row["id"]) is None:
                return "gone"
            found = tx.dossiers.by_code(news.dossier_code) if news.dossier_code else None
            if found is not None:
                dossier = tx.dossiers.lock([found.code])[found.code]
                return self._apply(tx, row, news, dossier, fetched, missing)
        if row["tries"] < _PATIENCE:
            self._later(row, UNKNOWN_DOSSIER, _SOON)
            return "later"
        raise Waits(UNKNOWN_DOSSIER, again=True)

    def _apply(
        self,
        tx: PgTx,
        row: Mapping[str, Any],
        news: DossierNews,
        dossier: Dossier,
        fetched: Sequence[ResultPaper],
        missing: Sequence[str],
    ) -> str:
        code, news_id = dossier.code, int(row["id"])
        standings = recording.standings(tx, code)
        own = next((each for each in standings if each.system == news.system), None)
        now = rules.current(DossierState(dossier.state), standings)
        verdict = rules.judge(now, news, own)
        self._settle_hand_over(tx, news, code)
        moves = verdict is Verdict.MOVES
        answered = news.at if news.kind is NewsKind.SUPPLEMENT_RECEIVED else None
        if moves or answered is not None:
            rows.stand(
                tx, news.system, code, news_id,
                state=news.state.value if moves else "", seen=dossier.state,
                moved_at=news.at if moves else None, answered_at=answered,
            )  # fmt: skip
        cases = telling.cases(news_id, news, verdict, code, missing)
        if news.kind in (NewsKind.TAX_NOTICE, NewsKind.TAX_RECEIPT):
            cases += tax.keep(tx, news, code, {each.name: each.file for each in fetched if each.file})
        tx.cases.open(cases)
        sender = self._names.get(news.system, news.system)
        tx.effects.plan(telling.effects(news_id, news, verdict, dossier, now, sender=sender, at=tx.now))
        tx.events.add([telling.event(news, verdict, now, code, row["correlation_id"], len(fetched))])
        if fetched and verdict in (Verdict.MOVES, Verdict.SAME):
            self._attach(tx, code, fetched)
        ignored = verdict in (Verdict.LATE, Verdict.UNKNOWN)
        rows.finish(tx, news_id, "ignored" if ignored else "applied", verdict.value)
        if row["case_key"]:
            tx.cases.close([row["case_key"]], "applied")
        return "ignored" if ignored else "applied"

    # ---- parts -------------------------------------------------------------------------------------------------------

    def _results(self, row: Mapping[str, Any], news: DossierNews) -> tuple[list[ResultPaper], list[str]]:
        """The results with their files stored here; names of files that their owner does not give us.

        Raises:
            Unavailable: not to be had now; nothing was applied.
        """
        notices = tax.papers(news)
        stored: list[ResultPaper] = []
        missing: list[str] = []
        wanted = [*news.results, *notices]
        with self.store.transaction("inbound-files") as tx:
            known = files.known(tx, [model.origin(news, each.file) for each in wanted if each.file])
        for paper in wanted:
            ref = paper.file
            if ref is None:
                stored.append(paper)
                continue
            if ref.url and news.system not in self._fetch:
                stored.append(paper)  # nobody said how their files are had: the link itself is kept
                continue
            held = known.get(model.origin(news, ref)) or self._fetched(row, news, ref)
            if held is None:
                missing.append(ref.name or ref.id)
                continue
            facts = (held["name"], held["media_type"], held["size"], held["sha256"])
            stored.append(replace(paper, file=FileRef(str(held["id"]), *facts)))
        return stored, missing

    def _linked_papers(self, row: Mapping[str, Any], news: DossierNews) -> None:
        """Papers of a new dossier that lie at its sender are fetched before it is created; a case names what is not given.

        Raises:
            Unavailable: not to be had now.
        """
        links = [ref for ref in model.refs(news) if ref.url and news.system in self._fetch]
        with self.store.transaction("inbound-files") as tx:
            known = files.known(tx, [model.origin(news, ref) for ref in links]) if links else {}
        for ref in links:
            if model.origin(news, ref) not in known:
                self._fetched(row, news, ref)

    def _fetched(self, row: Mapping[str, Any], news: DossierNews, ref: FileRef) -> Mapping[str, Any] | None:
        fetch = self._fetch.get(news.system)
        if fetch is None or not ref.url:
            return None
        try:
            content, media = fetch(ref.url, news.facts)
        except Rejected as exc:
            # A link to somewhere else stays one; a file that is not there yet may come.
            if exc.code in ("foreign-link", "not-sent") or row["tries"] >= _PATIENCE:
                return None
            raise Unavailable(
                "the file is not there",
                system=exc.system,
                operation=exc.operation,
                reference=news.dossier_code,
            ) from exc
        where = model.origin(news, ref)
        with self.store.transaction("inbound-file") as tx:
            files.keep(
                tx, where, dossier_code=news.dossier_code, name=ref.name or "ket-qua",
                media_type=media or ref.media_type, sha256=hashlib.sha256(content).hexdigest(), content=content,
            )  # fmt: skip
            return files.known(tx, [where])[where]

    def _settle_hand_over(self, tx: PgTx, news: DossierNews, code: str) -> None:
        """They speak of the dossier, so they have it: a hand-over whose answer is lost or late is done."""
        if not rules.proves_hand_over(news):
            return
        for key in rows.open_hand_overs(tx, news.system, code):
            effect = tx.effects.find(key)
            why = f"their news {news.kind.value} proves it"
            if effect is None or not tx.effects.settle(key, done=True, code="news", reason=why):
                continue
            mark = effect.payload.get(SYNC_MARK)
            if mark is not None:
                sync_rows.arrived(tx, [(news.system, code, mark["version"], mark["steps"])], {})
                tx.cases.close([f"sync-refused:{news.system}:{code}"], "their news proves it")

    def _attach(self, tx: PgTx, code: str, results: Sequence[ResultPaper]) -> None:
        """The results become part of the dossier as other systems see it."""
        if self._sync is not None:
            telling.attach(tx, self._sync, code, results)

    def _park(self, row: Mapping[str, Any], why: str, lacks: Sequence[setup.Missing], *, again: bool) -> None:
        with self.store.transaction("inbound-park") as tx:
            held = rows.lock(tx, row["id"])
            if held is None:
                return
            plain = [[lack.value, what] for lack, what in lacks]
            key = held["case_key"]
            if held["why"] != why or held["lacks"] != plain or not key:
                tx.cases.close([key] if key else [], "it waits for something else now")
                key = f"inbound-parked:{row['id']}:{row['tries']}"
                facts = {
                    "system": row["system"],
                    "kind": row["kind"],
                    "their_code": row["dossier_code"],
                    "why": why,
                    "lacks": [setup.words(lack, what) for lack, what in plain],
                }
                tx.cases.open([NewCase(model.PARKED, key, None, row["dossier_code"] or None, None, facts)])
                event = {"system": row["system"], "why": why, "lacks": [lack for lack, _ in plain]}
                subject = f"inbound:{row['id']}"
                tx.events.add(
                    [NewEvent("inbound.parked", subject, "rule:inbound", row["dossier_code"] or None, event)]
                )
            rows.park(tx, row["id"], why, plain, key, tx.now + AGAIN if again else None)

    def _later(self, row: Mapping[str, Any], why: str, span: timedelta | None = None) -> None:
        """Due again, each time later, at most ten minutes."""
        with self.store.transaction("inbound-later") as tx:
            wait = span or min(AGAIN, _SOON * 2 ** min(int(row["tries"]) - 1, 4))
            rows.later(tx, row["id"], why, tx.now + wait)

    def _note(self, exchanges: Sequence[Exchange]) -> None:
        if exchanges:
            with self.store.transaction("inbound-exchanges") as tx:
                cast("EngineRows", tx.effects).note([(None, None, each) for each in exchanges])
