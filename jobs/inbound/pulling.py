"""Lists of other systems that we read: recorded once, acknowledged after the commit. Calls out only between transactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import structlog

from connectors.errors import ConnectorError, ContractBroken, Unavailable
from connectors.kit.exchanges import collecting
from jobs.effects.model import EffectState
from jobs.inbound import model, recording, senders
from jobs.intake.model import NewCase
from jobs.store.postgres import inbound as rows
from mappings.canonical.dossier import DossierState
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.canonical.post import TrackingEvent, of_number

if TYPE_CHECKING:
    from jobs.effects.ports import EngineRows
    from jobs.store.postgres.store import PgStore
    from jobs.store.postgres.tx import PgTx

log = structlog.get_logger(__name__)

_MOST_AT_ONCE = 50
"""Dossiers of one list in one run: the rest comes in the next."""
_MOST_PAGES = 20
MADE_AT_THE_PORTAL = frozenset({DossierState.WITHDRAWN, DossierState.PENDING})
"""States that do not come from us: every other one is what we told the portal, perhaps a while ago, and read back as news it
would take the case system back to it. A number in no table is pending: a person looks."""


class Pulls:
    """Reads every list of the systems in use. One per process."""

    def __init__(self, store: PgStore, clients: Mapping[str, Any]) -> None:
        self._store, self._clients = store, clients
        known: dict[str, Callable[[], int]] = {
            "civil_status": self._civil_status,
            "judicial_records": self._judicial_records,
            "dvcqg": self._portal_states,
            "post": self._tracking,
        }
        self._pulls = {system: pull for system, pull in known.items() if system in clients}

    def run(self) -> int:
        """Read them all; how many pieces of news were new. A system that is away stops no other."""
        new = 0
        for system, pull in self._pulls.items():
            with collecting() as exchanges:
                try:
                    new += pull()
                except Unavailable as exc:
                    log.warning("pull.unavailable", system=system, reason=str(exc))
                except ConnectorError as exc:
                    log.warning("pull.failed", system=system, error=type(exc).__name__)
                finally:
                    if exchanges:
                        with self._store.transaction("pull-exchanges") as tx:
                            cast("EngineRows", tx.effects).note([(None, None, each) for each in exchanges])
        return new

    # ---- civil status: the list of the linked services, one call per dossier -------------------------------------------

    def _civil_status(self) -> int:
        client, system = self._clients["civil_status"], "civil_status"
        listed = client.inbox()
        self._unreadable(system, "inbox", [(str(place), field) for place, field in listed.unreadable])
        keys = {f"{system}:new:{head.id}": head for head in listed.heads}
        with self._store.transaction("pull-known") as tx:
            known = rows.known(tx, system, list(keys))
            for key in known:
                self._mark_again(tx, keys[key].code)
        new = 0
        for key, head in [(key, head) for key, head in keys.items() if key not in known][:_MOST_AT_ONCE]:
            try:
                pulled = client.dossier(head)
            except ContractBroken as exc:
                self._unreadable(system, "dossier", [(head.id, str(exc)[:200])])
                continue
            names = ("id", "code", "procedure", "unit", "module")
            news = DossierNews(
                system=system,
                kind=NewsKind.NEW_DOSSIER,
                key=key,
                dossier_code=head.code,
                state=DossierState.RECEIVED,
                facts={"head": {name: getattr(head, name) for name in names}, "form": _whole(pulled.form)},
                dossier=pulled.file,
            )
            kept = recording.record(
                self._store, system, [news], contents=pulled.contents, also=[senders.marked(head.code)]
            )
            new += kept.new
        return new

    @staticmethod
    def _mark_again(tx: PgTx, code: str) -> None:
        """It is in the list although we said that we have it: said again, at most once a day."""
        first = senders.marked(code)
        before = tx.effects.find(first.key)
        if before is not None and before.state is EffectState.DONE:
            tx.effects.plan([senders.marked(code, again=f"{tx.now:%Y%m%d}")])

    # ---- criminal records ------------------------------------------------------------------------------------------------

    def _judicial_records(self) -> int:
        client, system = self._clients["judicial_records"], "judicial_records"
        new = 0
        for kind in ("online", "direct"):
            new += self._judicial(system, kind, client.fetched(kind))
        return new + self._judicial(system, "states", client.changed_states())

    def _judicial(self, system: str, kind: str, read: Any) -> int:
        self._unreadable(system, kind, [(str(place), why) for place, why in read.unreadable])
        new = 0
        for news in read.items:
            their_id = str(news.facts.get("their_id", ""))
            also = [senders.acknowledged(kind, their_id, news.key)] if their_id else []
            new += recording.record(self._store, system, [news], also=also).new
        return new

    # ---- the national portal's feed of states ----------------------------------------------------------------------------

    def _portal_states(self) -> int:
        news, unreadable = self._clients["dvcqg"].states()
        self._unreadable("dvcqg", "states", [("", why) for why in unreadable])
        begun_there = [one for one in news if one.state in MADE_AT_THE_PORTAL]
        return sum(recording.record(self._store, "dvcqg", [one]).new for one in begun_there)

    # ---- the Post's tracking: a feed with a cursor -----------------------------------------------------------------------

    def _tracking(self) -> int:
        client, feed, new = self._clients["post"], "post", 0
        for _ in range(_MOST_PAGES):
            with self._store.transaction("pull-cursor") as tx:
                cursor = rows.cursor(tx, feed)
            page = client.read_tracking(cursor)
            self._unreadable(feed, "tracking", list(page.unreadable))
            for event in page.events:
                new += recording.record(self._store, feed, [_tracked(event)]).new
            if page.cursor != cursor:
                with self._store.transaction("pull-cursor") as tx:
                    # After its lines: a run that dies between is read again, and each line is kept once.
                    rows.move_cursor(tx, feed, page.cursor)
            if not page.more:
                break
        return new

    def _unreadable(self, system: str, door: str, items: Sequence[tuple[str, str]]) -> None:
        """What could not be read stops nobody else; one case per reason."""
        if not items:
            return
        cases = [
            NewCase(
                model.UNREADABLE,
                f"inbound-unreadable:{system}:{door}:{why}"[:200],
                evidence={"system": system, "door": door, "item": name, "why": why[:200]},
            )
            for name, why in items
        ]
        with self._store.transaction("pull-unreadable") as tx:
            tx.cases.open(cases)


def _tracked(event: TrackingEvent) -> DossierNews:
    found = of_number(event.order_number)
    return DossierNews(
        system="post",
        kind=NewsKind.TRACKING,
        key=f"tracking:{event.id}",
        dossier_code=found[0] if found is not None else event.order_number,
        their_state=event.status,
        at=event.at,
        facts={
            "order": event.order_number,
            "item": event.item_code,
            "order_state": event.state.value,
            "post_point": event.post_point,
        },
    )


def _whole(value: Any) -> Any:
    """Free-form JSON as it is stored: a number with a fraction becomes the text that it was."""
    if isinstance(value, Mapping):
        return {str(key): _whole(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(inner) for inner in value]
    return value if value is None or isinstance(value, str | int) else str(value)
