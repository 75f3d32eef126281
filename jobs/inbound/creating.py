"""Dossiers that began elsewhere come into the case system once: set-up, code, one effect; parked visibly when something is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from connectors.errors import ConnectorError, Rejected
from jobs import queues
from jobs.effects.model import Effect, NewEffect
from jobs.inbound import model, setup
from jobs.inbound.setup import Lack
from jobs.intake.feed import FEED
from jobs.intake.model import Dossier, NewCase, NewEvent
from jobs.intake.upsert import folded
from jobs.store.postgres import files
from jobs.store.postgres import inbound as rows
from jobs.sync.assembling import plain
from mappings.canonical.codec import from_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import DossierFile, FileRef
from mappings.canonical.inbound import DossierNews

if TYPE_CHECKING:
    from jobs.store.postgres.store import PgStore
    from jobs.store.postgres.tx import PgTx

log = structlog.get_logger(__name__)

CASE_SYSTEM = "igate"
CREATE = "create_dossier"
SPARE_CODES = 20
"""Codes kept for a system that asks for one while it waits for our answer."""
ASKS_FOR_CODES = ("judicial_records",)
BEFORE_THE_FEED = datetime(2000, 1, 1, tzinfo=UTC)
"""Change date of a dossier that only we have told of: whatever the feed says of it is newer."""
_PRIORITY = 2


class CaseSystem(Protocol):
    """The part of ``connectors.igate.client.Client`` that is used here."""

    @property
    def can_be_told(self) -> bool: ...
    def next_code(self, pattern: str) -> str: ...


class Waits(Exception):
    """It cannot go on: a person sees it.

    Attributes:
        again: it is tried again by itself in a while.
    """

    def __init__(self, why: str, lacks: Sequence[setup.Missing] = (), *, again: bool) -> None:
        self.why, self.lacks, self.again = why, tuple(lacks), again
        super().__init__(why)


Prepare = Callable[[DossierNews], DossierNews]
"""Asks the sender what must be known before a dossier of its may come in. Raises ``Rejected``: it may not."""
Confirm = Callable[[DossierNews, DossierFile, datetime], Sequence[NewEffect]]
"""(news, the dossier as it was created, moment) → what its sender is told."""


@dataclass(frozen=True, slots=True)
class Creating:
    """One per process.

    Attributes:
        client: the case system.
        prepare, confirm: by the sender's name.
    """

    client: CaseSystem
    prepare: Mapping[str, Prepare]
    confirm: Mapping[str, Confirm]
    asks_for_codes: tuple[str, ...] = ()

    # ---- codes -------------------------------------------------------------------------------------------------------

    @staticmethod
    def pattern_of(here: setup.SetUp, system: str) -> str:
        """The code pattern of the unit that takes a system's dossiers; empty: not set up."""
        name = here.default_units.get(system, "")
        found = [unit.identifier for unit in here.units if unit.code == name and name]
        return found[0] if len(found) == 1 else ""

    def refill(self, store: PgStore) -> int:
        """Fetch codes for the systems that ask for them at our door, where no call may be made; how many."""
        fetched = 0
        for system in self.asks_for_codes:
            with store.transaction("inbound-codes") as tx:
                pattern = self.pattern_of(setup.set_up(rows.setup(tx)), system)
                missing = SPARE_CODES - rows.spare_codes(tx, pattern) if pattern else 0
            for _ in range(missing if self.client.can_be_told else 0):
                try:
                    code = self.client.next_code(pattern)
                except ConnectorError as exc:
                    log.warning("inbound.no_code", reason=type(exc).__name__)
                    return fetched
                with store.transaction("inbound-code") as tx:
                    rows.keep_code(tx, pattern, code)
                fetched += 1
        return fetched

    # ---- a new dossier -----------------------------------------------------------------------------------------------

    def take_in(self, store: PgStore, row: Mapping[str, Any], news: DossierNews) -> str:
        """Plan its creation, or say what it waits for.

        Raises:
            Waits: something must be set up, or a person decides.
            Unavailable: a system that must be asked is away; nothing was planned.
        """
        with store.transaction("inbound-look") as tx:
            if rows.lock(tx, row["id"]) is None:
                return "gone"
            done = self._here_already(tx, row, news)
            if done:
                return done
            here = setup.set_up(rows.setup(tx))
            code = row["given_code"] or (
                news.dossier_code if rows.is_given(tx, news.dossier_code, news.system) else ""
            )
        place = self._place(news, here)
        if news.system in self.prepare:
            try:
                news = self.prepare[news.system](news)
            except Rejected as exc:
                raise Waits(f"{exc.operation}:{exc.code}", [(Lack.ACCOUNT, "")], again=True) from exc
        code = code or self.client.next_code(place.unit.identifier)
        with store.transaction("inbound-create") as tx:
            if rows.lock(tx, row["id"]) is None:
                return "gone"
            done = self._here_already(tx, row, news)
            if done:
                return done
            rows.give_code(tx, row["id"], code)
            effect, missing = self._effect(tx, row, news, place, code)
            tx.effects.plan([effect])
            if missing:
                facts = {"system": news.system, "kind": news.kind.value, "news": row["id"], "files": missing}
                name = f"inbound-no-file:{row['id']}"
                tx.cases.open([NewCase(model.NO_FILE, name, None, None, None, facts)])
            rows.finish(tx, row["id"], "applied", "creating")
            if row["case_key"]:
                tx.cases.close([row["case_key"]], "it comes in now")
        return "applied"

    def _here_already(self, tx: PgTx, row: Mapping[str, Any], news: DossierNews) -> str:
        """A dossier that is here, or on its way in by another message, is not created again."""
        dossier = tx.dossiers.by_code(news.dossier_code) if news.dossier_code else None
        other = rows.other_of(tx, news.system, news.dossier_code, row["id"])
        if dossier is None and other is None:
            return ""
        code = dossier.code if dossier is not None else None
        if dossier is not None and dossier.state == DossierState.SUPPLEMENT.value:
            # The citizen handed in what was asked: people of the one-stop take it over into the dossier.
            facts = {"system": news.system, "kind": news.kind.value, "news": row["id"]}
            tx.cases.open([NewCase(model.ASKS, f"inbound-asks:{row['id']}", None, code, None, facts)])
        facts = {"system": news.system, "state": dossier.state if dossier is not None else ""}
        subject = f"dossier:{code}" if code else f"inbound:{row['id']}"
        tx.events.add([NewEvent("inbound.known", subject, f"system:{news.system}", code, facts)])
        rows.finish(tx, row["id"], "ignored", "here_already")
        if row["case_key"]:
            tx.cases.close([row["case_key"]], "it is here")
        return "ignored"

    def _place(self, news: DossierNews, here: setup.SetUp) -> setup.Place:
        lacks: list[setup.Missing] = []
        if news.dossier is None:
            lacks.append((Lack.CONTENT, ""))
        if not self.client.can_be_told:
            lacks.append((Lack.ADAPTER, ""))
        place, missing = setup.find_place(setup.asked(news), here)
        lacks += missing
        if lacks or place is None:
            raise Waits("set_up", lacks, again=True)
        return place

    def _effect(
        self, tx: PgTx, row: Mapping[str, Any], news: DossierNews, place: setup.Place, code: str
    ) -> tuple[NewEffect, int]:
        """The creation, and how many files of the dossier we do not have."""
        file = news.dossier
        assert file is not None  # noqa: S101 - looked at with the set-up
        stored, missing = _stored(tx, news, file)
        made = replace(
            stored,
            code=code,
            local_procedure=place.procedure,
            agency=place.unit.code,
            officer=place.officer,
            submitted_at=file.submitted_at or news.at or row["received_at"],
        )
        form = news.facts.get("form")
        effect = NewEffect(
            key=f"inbound:{row['id']}:{CREATE}:{code}",
            system=CASE_SYSTEM,
            operation=CREATE,
            lane=code,
            payload={
                "dossier": plain(made),
                "form": form if isinstance(form, Mapping) else {},
                model.MARK: {"news": row["id"], "system": news.system, "code": news.dossier_code},
            },
            dossier_code=code,
            cause=model.CAUSE,
            correlation_id=row["correlation_id"],
            priority=_PRIORITY,
        )
        return effect, missing

    # ---- what became of it -------------------------------------------------------------------------------------------

    def created(self, tx: PgTx, effect: Effect, data: Mapping[str, Any]) -> None:
        """It is there: known to us before the feed brings it, reachable by the sender's code, and told to the sender."""
        mark, file = effect.payload[model.MARK], from_json(DossierFile, effect.payload["dossier"])
        theirs, system = str(mark["code"]), str(mark["system"])
        tx.dossiers.alone(FEED)  # the feed may see it in the same moment
        here = tx.dossiers.by_code(file.code)
        if here is None:
            national = theirs if theirs != file.code else ""
            here = Dossier(
                code=file.code,
                state=DossierState.RECEIVED.value,
                updated_at=BEFORE_THE_FEED,
                source_id=str(data.get("source_id") or ""),
                national_code=national,
                agency=file.agency,
                procedure_code=file.local_procedure,
                applicant_name=file.applicant.name.full,
                folded=folded(file.code, national, file.applicant.name.full),
                seen_at=tx.now,
            )
            tx.dossiers.save([here])
        if theirs and theirs != here.code:
            tx.dossiers.add_aliases({theirs: here.code})
        facts = {"system": system, "news": mark["news"]}
        tx.events.add([NewEvent("inbound.created", f"dossier:{here.code}", "rule:inbound", here.code, facts)])
        tx.cases.close([not_created(mark["news"], effect.lane)], "it was created")
        stored = rows.news_of(tx, int(mark["news"]))
        confirm = self.confirm.get(system)
        if confirm is not None and stored is not None:
            tx.effects.plan(confirm(from_json(DossierNews, stored), file, tx.now))
        if rows.waiting_for(tx, [code for code in (theirs, here.code) if code]):
            tx.wake(queues.INBOUND)


def not_created(news_id: object, code: str) -> str:
    """Key of the case of a creation that failed under a code; the next try has another one."""
    return f"inbound-not-created:{news_id}:{code}"


def _stored(tx: PgTx, news: DossierNews, file: DossierFile) -> tuple[DossierFile, int]:
    """The dossier with its files by their number in our store, and how many are not there (left out, a case names them)."""
    known = files.known(tx, [model.origin(news, ref) for ref in model.refs(news)])

    def of(ref: FileRef) -> FileRef | None:
        held = known.get(model.origin(news, ref))
        if held is None:
            return None
        return FileRef(str(held["id"]), held["name"], held["media_type"], held["size"], held["sha256"])

    papers = tuple(
        replace(paper, files=tuple(made for each in paper.files if (made := of(each)) is not None))
        for paper in file.papers
    )
    had = sum(len(paper.files) for paper in file.papers)
    return replace(file, papers=papers), had - sum(len(paper.files) for paper in papers)
