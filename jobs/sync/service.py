"""Reads what changed, makes the next version, and plans who is told what. One dossier is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import structlog

from connectors.errors import Rejected, Unavailable
from connectors.kit.effects import Exchange
from connectors.kit.exchanges import collecting
from jobs import queues
from jobs.effects.model import NewEffect
from jobs.intake.model import NewCase, NewEvent
from jobs.periodic import LOCAL
from jobs.store.postgres import sync as rows
from jobs.sync.assembling import assembled, digest, plain
from jobs.sync.model import MARK, Message, Route, There
from jobs.sync.rules import Rule, interested
from mappings.canonical.codec import from_json
from mappings.canonical.dossier import DossierDetail
from mappings.canonical.file import DossierFile, Paper
from mappings.errors import MappingError
from mappings.tables.dated import missing_row

if TYPE_CHECKING:
    from jobs.effects.ports import EngineRows
    from jobs.intake.model import Dossier
    from jobs.store.ports import Tx
    from jobs.store.postgres.store import PgStore
    from jobs.store.postgres.tx import PgTx

log = structlog.get_logger(__name__)
_T = TypeVar("_T")

NOT_MAPPED, NOT_READABLE, REFUSED, LOST = "sync_not_mapped", "sync_unreadable", "sync_refused", "sync_lost"
"""Kinds of cases."""
_BATCH = 100
_PRIORITY = 5
"""Behind money and people who wait."""


class PaperFiles(Protocol):
    """The part of ``jobs.files.service.Files`` that is used here."""

    def papers(self, detail: DossierDetail) -> tuple[Paper, ...]: ...
    def linked(self, file: DossierFile, now: datetime) -> DossierFile: ...


class Reusing(Protocol):
    """The part of ``jobs.reuse.service.Reuse`` that is used here."""

    def ask(self, tx: PgTx, code: str, file: DossierFile) -> int: ...
    def used(self, tx: PgTx, codes: Sequence[str]) -> Mapping[str, tuple[str, ...]]: ...


class CaseSystem(Protocol):
    """The part of the case system's client that is used here."""

    def dossier(self, source_id: str) -> DossierDetail: ...


@dataclass(slots=True)
class Told:
    """What one run did."""

    read: int = 0
    versions: int = 0
    planned: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """What the case system told of one dossier; ``detail`` is ``None`` when it is not there."""

    code: str
    since: datetime
    detail: DossierDetail | None
    papers: tuple[Paper, ...]
    why: str
    exchanges: Sequence[Exchange]


class Sync:
    """One per process."""

    def __init__(
        self,
        store: PgStore,
        client: CaseSystem,
        routes: Mapping[str, Route],
        rules: Sequence[Rule],
        *,
        files: PaperFiles | None = None,
        reuse: Reusing | None = None,
    ) -> None:
        """Wire it.

        Args:
            routes: system → how it is told; a rule for a system that is not here is left alone.
            files: fetches the files of papers and makes links to them; without it dossiers are told without papers.
            reuse: asks registers about the applicant, and knows which of them the dossier uses.
        """
        self._store, self._client, self._routes = store, client, dict(routes)
        self._files, self._reuse = files, reuse
        self._rules = tuple(rule for rule in rules if rule.system in routes)

    @property
    def routes(self) -> Mapping[str, Route]:
        """Systems that can be told."""
        return self._routes

    def want(self, tx: Tx, dossiers: Sequence[Dossier]) -> None:
        """Dossiers that the feed found changed, in its transaction."""
        named = [(dossier.code, dossier.source_id) for dossier in dossiers if dossier.source_id]
        if named and self._rules:
            rows.want(cast("PgTx", tx), named)
            tx.wake(queues.SYNC)

    def run(self) -> Told:
        """Read every due dossier and plan who hears of it. What is read together is stored together.

        Raises:
            Unavailable: the case system is away; what was taken is due again in two minutes.
        """
        told = Told()
        while True:
            with self._store.transaction("sync-take") as tx:
                taken = rows.take_wanted(tx, _BATCH)
            if not taken:
                return told
            found, away = self._read(taken)
            told.read += len(found)
            made = self._store.run("sync-versions", partial(self._take, found))
            told.versions, told.planned = told.versions + made.versions, told.planned + made.planned
            if away is not None:
                raise away
            if len(taken) < _BATCH:
                return told

    def _read(self, taken: Sequence[Mapping[str, Any]]) -> tuple[list[_Found], Unavailable | None]:
        """The details of some dossiers, as far as the case system gives them."""
        found: list[_Found] = []
        for row in taken:
            with collecting(bodies_of=row["dossier_code"] if self._store.keeper else "") as exchanges:
                why, detail = "", None
                papers: tuple[Paper, ...] = ()
                try:
                    detail = self._client.dossier(row["source_id"])
                    if self._files is not None:
                        papers = self._files.papers(detail)
                except Rejected as exc:
                    why = str(exc)
                except Unavailable as exc:
                    return found, exc
            found.append(_Found(row["dossier_code"], row["since"], detail, papers, why, exchanges))
        return found, None

    def _take(self, found: Sequence[_Found], tx: PgTx) -> Told:
        told = Told()
        noted = [(None, None, each) for one in found for each in one.exchanges]
        if noted:
            cast("EngineRows", tx.effects).note(noted)
        there: list[tuple[_Found, DossierDetail]] = []
        for one in found:
            if one.detail is None:
                rows.forget_wanted(tx, one.code)
                key, facts = f"sync-unreadable:{one.code}", {"why": one.why}
                tx.cases.open([NewCase(NOT_READABLE, key, None, one.code, None, facts)])
            else:
                there.append((one, one.detail))
        if there:
            self._versions(tx, there, told)
            rows.read_now(tx, [(one.code, one.since) for one, _ in there])
        return told

    def _versions(self, tx: PgTx, found: Sequence[tuple[_Found, DossierDetail]], told: Told) -> None:
        codes = [one.code for one, _ in found]
        rows.lock(tx, codes)
        stored = rows.files_of(tx, codes)
        used = self._reuse.used(tx, codes) if self._reuse is not None else {}
        new: dict[str, DossierFile] = {}
        kept = []
        for one, detail in found:
            row = stored.get(one.code)
            before = from_json(DossierFile, row["content"]) if row else None
            file = assembled(detail, before, one.papers)
            if self._reuse is not None:
                file = replace(file, registers=used.get(one.code, ()))
            mark = digest(file)
            if row is None or row["digest"] != mark:
                new[one.code] = file
                kept.append((one.code, file.version, mark, plain(file)))
        if not new:
            return
        rows.keep_files(tx, kept)
        told.versions += len(new)
        told.planned += self.tell(tx, new)
        if self._reuse is not None:
            told.planned += sum(self._reuse.ask(tx, code, file) for code, file in new.items())

    def tell(self, tx: PgTx, files: Mapping[str, DossierFile], *, only: str = "", again: str = "") -> int:
        """Plan the calls that bring every interested system to these versions; how many.

        Args:
            files: dossier code → its newest version.
            only: one system.
            again: distinguishes a repair or a replay from the first telling of a version.
        """
        today = tx.now.astimezone(LOCAL).date()
        known = rows.states(tx, list(files), system=only)
        effects: list[NewEffect] = []
        amounts: list[rows.Amount] = []
        for code, file in files.items():
            shown = self._files.linked(file, tx.now) if self._files is not None else file
            for system, rule in interested(self._rules, file, today).items():
                if only and system != only:
                    continue
                there = there_of(known.get((system, code)))
                message = self._told(tx, system, code, partial(self._routes[system].tell, shown, there))
                if message is None:
                    continue
                if rule.coalesce and not again:
                    self._take_back(tx, system, code, there)
                effects.append(self._effect(system, code, message, again))
                amounts.append((system, code, message.version, max(message.steps, there.planned_steps)))
        if not effects:
            return 0
        rows.planned(tx, amounts)
        return sum(tx.effects.plan(effects))

    def follow(self, tx: PgTx, told: Sequence[tuple[str, str, DossierFile, There]]) -> int:
        """Plan what may go out now that dossiers are there (system, code, newest version, what the system has)."""
        effects: list[NewEffect] = []
        amounts: list[rows.Amount] = []
        for system, code, file, there in told:
            follow = self._routes[system].follow
            if follow is None:
                continue
            for message in self._told(tx, system, code, partial(follow, file, there)) or ():
                effects.append(self._effect(system, code, message, ""))
                amounts.append((system, code, message.version, message.steps))
        if not effects:
            return 0
        rows.planned(tx, amounts)
        return sum(tx.effects.plan(effects))

    def _told(self, tx: PgTx, system: str, code: str, ask: Callable[[], _T]) -> _T | None:
        """What a route makes of a dossier; a code without a meaning there is a case, and nothing is told."""
        try:
            return ask()
        except MappingError as exc:
            self._not_mapped(tx, system, code, exc)
            return None

    def replay(self, since: datetime, until: datetime, *, system: str, reason: str, actor: str) -> int:
        """Tell a system anew of every dossier whose newest version was made in a span of time; how many calls.

        Lanes keep the order; what the system has already it takes as the same thing once more.
        """
        planned = 0
        with self._store.transaction("sync-replay-list") as tx:
            codes = rows.changed_between(tx, since, until)
        for code in codes:
            with self._store.transaction("sync-replay") as tx:
                rows.lock(tx, [code])
                stored = rows.files_of(tx, [code])
                files = {name: from_json(DossierFile, row["content"]) for name, row in stored.items()}
                planned += self.tell(tx, files, only=system, again=f"replay:{tx.now.isoformat()}")
                facts = {"system": system, "reason": reason}
                tx.events.add([NewEvent("sync.replayed", f"dossier:{code}", actor, code, facts)])
        return planned

    def compare(self) -> int:
        """Plan the questions of a day; how many (see ``jobs.sync.comparing``)."""
        from jobs.sync.comparing import compare

        return compare(self._store, self)

    def _take_back(self, tx: PgTx, system: str, code: str, there: There) -> None:
        """A version that has not left gives way to the newer one."""
        keys = [
            key(system, code, operation, version)
            for version in range(there.version + 1, there.planned_version + 1)
            for operation in self._routes[system].operations[:1]
        ]
        if keys:
            tx.effects.cancel(keys, "a newer version takes its place")

    def _effect(self, system: str, code: str, message: Message, again: str) -> NewEffect:
        name = key(system, code, message.operation, message.version, message.steps)
        return NewEffect(
            key=f"{name}:{again}" if again else name,
            system=system,
            operation=message.operation,
            lane=code,
            payload={**message.payload, MARK: {"version": message.version, "steps": message.steps}},
            dossier_code=code,
            cause="sync",
            priority=_PRIORITY,
        )

    def _not_mapped(self, tx: PgTx, system: str, code: str, exc: MappingError) -> None:
        """A code without a meaning there is one case per code, not one per dossier."""
        facts = {
            "system": system,
            "table": exc.table,
            "code": str(exc.code),
            "dossier_code": code,
            "why": str(exc),
        }
        facts |= missing_row(exc, system)
        name = f"not-mapped:{system}:{exc.table}:{exc.code}"
        tx.cases.open([NewCase(NOT_MAPPED, name[:200], None, code, None, facts)])


def key(system: str, code: str, operation: str, version: int, steps: int = 0) -> str:
    """The same version is told once."""
    return f"sync:{system}:{code}:{operation}:{version}" + (f":{steps}" if steps else "")


def there_of(row: Mapping[str, Any] | None) -> There:
    if row is None:
        return There()
    return There(
        row["there_version"],
        row["there_steps"],
        row["planned_version"],
        row["planned_steps"],
        row["reference"],
    )
