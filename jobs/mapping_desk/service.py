"""The desk of missing rows: what is missing, who proposes a row, who accepts it, and who is told again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Protocol

import psycopg

from jobs import queues
from jobs.access import audit
from jobs.access.model import Actor, ActorKind, Right
from jobs.calendar.working import LOCAL
from jobs.errors import BadInput, Changed, Duplicate, NotAllowed, NotFound
from jobs.mapping_desk.gaps import KINDS, Gap, filled_by, grouped, open_gaps
from jobs.mapping_desk.overlay import REFRESH_SECONDS, by_list
from jobs.refunds.people import Accounts
from jobs.store.postgres import mappings as rows
from mappings.errors import MappingError
from mappings.tables import lists
from mappings.tables.dated import Row, Way, contradiction

if TYPE_CHECKING:
    from jobs.refunds.ports import People
    from jobs.store.postgres.store import PgStore
    from jobs.store.postgres.tx import PgTx

_EARLIEST, _LATEST = date(2000, 1, 1), timedelta(days=366 * 2)
_BATCH = 500
_SETTLE = timedelta(seconds=2 * REFRESH_SECONDS)
"""A row is told again when every process has read it."""


class Tell(Protocol):
    """Plans the calls that bring a system to a dossier's newest version; how many. Safe to repeat with the same ``again``."""

    def __call__(self, tx: PgTx, system: str, dossier_code: str, again: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Proposal:
    """A row as a person wants it.

    Attributes:
        code: theirs; ``meaning``: ours. ``valid_to``: last day, ``None`` while it holds.
    """

    system: str
    list: str
    code: str
    meaning: str
    way: Way
    valid_from: date
    valid_to: date | None = None


class MappingDesk:
    """One per process; keeps nothing but its store."""

    def __init__(self, store: PgStore, *, people: People | None = None) -> None:
        """Needs nothing that is open.

        Args:
            people: who has which right at a moment; the installation's accounts where ``None``.
        """
        self._store, self._people = store, people or Accounts()

    def gaps(self) -> list[Gap]:
        """Missing rows that work waits for, the one with the most dossiers first; what today's rows fill is only being told again."""
        with self._store.transaction("mapping-gaps") as tx:
            found = grouped(rows.gap_cases(tx, KINDS))
            today = tx.now.astimezone(LOCAL).date()
            there = rows.listed(tx, on=today) if found else []
        return open_gaps(found, there, today)

    def proposals(self) -> list[Mapping[str, Any]]:
        """New rows and ends of rows that wait for a second person."""
        with self._store.transaction("mapping-proposals") as tx:
            return list(rows.proposals(tx))

    def rows(self, *, system: str = "", name: str = "", on: date | None = None) -> list[Mapping[str, Any]]:
        """Accepted rows, of one day or of all days."""
        with self._store.transaction("mapping-rows") as tx:
            return list(rows.listed(tx, system=system, name=name, on=on))

    def propose(self, wanted: Proposal, *, reason: str, actor: Actor) -> int:
        """Keep a row for a second person to accept; its id.

        Raises:
            BadInput: no such list, a word that is none of ours, a day that cannot be meant, no reason.
            Duplicate: the table of that day says so already.
            NotAllowed: ``no-right``, or an accepted row holds another thing on one of its days (``overlaps``).
        """
        _check(wanted, reason)
        with self._store.transaction("mapping-propose") as tx:
            self._must_hold(tx, actor, Right.PROPOSE_MAPPING)
            if wanted.valid_from > tx.now.date() + _LATEST:
                raise _day_refused()
            self._refuse_clash(tx, wanted)
            row_id = rows.propose(tx, {**_columns(wanted), "reason": reason}, by=_who(actor))
            self._note(tx, actor, "propose-mapping", row_id, wanted.system, wanted.list, reason)
            return row_id

    def accept(self, row_id: int, *, actor: Actor) -> None:
        """Put a row into force; cases that waited for it are closed, and what waited is told again by the sync job.

        Raises:
            NotFound: no such row.
            Changed: it was decided in the meantime.
            NotAllowed: ``same-person``, ``no-right``, ``overlaps``.
        """
        with self._store.transaction("mapping-accept") as tx:
            row = self._waiting(tx, row_id)
            self._must_hold(tx, actor, Right.ACCEPT_MAPPING)
            _second(row["proposed_by"], actor)
            filled = [gap for gap in grouped(rows.gap_cases(tx, KINDS, rows.ALL)) if filled_by(gap, row)]
            since = min((gap.since for gap in filled), default=None)
            try:
                rows.accept(tx, row_id, by=_who(actor), waits_since=since)
            except psycopg.errors.ExclusionViolation as exc:
                raise _overlaps() from exc
            closed = [case for gap in filled if gap.shared for case in gap.cases]
            rows.close_cases(tx, closed, row_id=row_id)
            self._note(tx, actor, "accept-mapping", row_id, row["system"], row["list"], "")
            if filled:
                tx.wake(queues.SYNC)

    def reject(self, row_id: int, *, reason: str, actor: Actor) -> None:
        """Do not take a proposal; its own author may take it back too.

        Raises:
            NotFound, Changed, NotAllowed: as :meth:`accept`. BadInput: no reason.
        """
        _reason(reason)
        with self._store.transaction("mapping-reject") as tx:
            row = self._waiting(tx, row_id)
            own = row["proposed_by"] == str(actor)
            self._must_hold(tx, actor, Right.PROPOSE_MAPPING if own else Right.ACCEPT_MAPPING)
            rows.reject(tx, row_id, by=_who(actor), because=reason)
            self._note(tx, actor, "reject-mapping", row_id, row["system"], row["list"], reason)

    def propose_end(self, row_id: int, last_day: date, *, reason: str, actor: Actor) -> None:
        """Want an accepted row to end. The day before its first one means that it should never have held.

        Raises:
            NotFound: no such row in force. Changed: an end waits already. BadInput: day or reason. NotAllowed: ``no-right``.
        """
        _reason(reason)
        with self._store.transaction("mapping-end") as tx:
            row = rows.one(tx, row_id, lock=True)
            if row is None or row["accepted_by"] is None or row["ended_by"] is not None:
                raise NotFound("mapping row")
            self._must_hold(tx, actor, Right.PROPOSE_MAPPING)
            if row["end_on"] is not None:
                raise _changed()
            if last_day < row["valid_from"] - timedelta(days=1):
                raise _day_refused()
            rows.propose_end(tx, row_id, last_day, reason=reason, by=_who(actor))
            self._note(tx, actor, "propose-mapping-end", row_id, row["system"], row["list"], reason)

    def accept_end(self, row_id: int, *, actor: Actor) -> None:
        """The second person of an end.

        Raises:
            NotFound: no end waits there. NotAllowed: ``same-person``, ``no-right``.
        """
        with self._store.transaction("mapping-end-accept") as tx:
            row = self._ending(tx, row_id)
            self._must_hold(tx, actor, Right.ACCEPT_MAPPING)
            _second(row["end_proposed_by"], actor)
            rows.accept_end(tx, row_id, by=_who(actor))
            self._note(tx, actor, "accept-mapping-end", row_id, row["system"], row["list"], "")

    def reject_end(self, row_id: int, *, reason: str, actor: Actor) -> None:
        """The row goes on.

        Raises:
            NotFound: no end waits there. BadInput: no reason. NotAllowed: ``no-right``.
        """
        _reason(reason)
        with self._store.transaction("mapping-end-reject") as tx:
            row = self._ending(tx, row_id)
            own = row["end_proposed_by"] == str(actor)
            self._must_hold(tx, actor, Right.PROPOSE_MAPPING if own else Right.ACCEPT_MAPPING)
            rows.drop_end(tx, row_id)
            self._note(tx, actor, "reject-mapping-end", row_id, row["system"], row["list"], reason)

    def tell_again(self, tell: Tell) -> int:
        """Plan anew what waited for rows accepted since; how many calls. For the sync job; safe to repeat and to run beside itself.

        A row is done when everything was planned: dossiers whose system refused to send without it, and dossiers whose newest
        version was never planned since the gap was noticed. One dossier is one transaction.
        """
        with self._store.transaction("mapping-untold") as tx:
            waiting = rows.untold(tx, tx.now - _SETTLE)
            gaps = grouped(rows.gap_cases(tx, KINDS, rows.ALL)) if waiting else []
        planned = 0
        for row in waiting:
            system = row["system"].partition(".")[0]
            again = f"mapping:{row['id']}"
            named = [code for gap in gaps if not gap.shared and filled_by(gap, row) for code in gap.dossiers]
            for code in named:
                planned += self._tell(tell, system, code, again)
            after = ""
            while True:
                with self._store.transaction("mapping-behind") as tx:
                    codes = rows.behind(tx, system, row["waits_since"], after, _BATCH)
                for code in codes:
                    planned += self._tell(tell, system, code, again)
                if len(codes) < _BATCH:
                    break
                after = codes[-1]
            with self._store.transaction("mapping-told") as tx:
                rows.told_again(tx, row["id"])
        return planned

    def _tell(self, tell: Tell, system: str, code: str, again: str) -> int:
        with self._store.transaction("mapping-tell") as tx:
            return tell(tx, system, code, again)

    def _waiting(self, tx: PgTx, row_id: int) -> Mapping[str, Any]:
        row = rows.one(tx, row_id, lock=True)
        if row is None:
            raise NotFound("mapping row")
        if row["accepted_by"] is not None or row["rejected_by"] is not None:
            raise _changed()
        return row

    def _ending(self, tx: PgTx, row_id: int) -> Mapping[str, Any]:
        row = rows.one(tx, row_id, lock=True)
        if row is None or row["end_on"] is None or row["ended_by"] is not None:
            raise NotFound("mapping row")
        return row

    def _refuse_clash(self, tx: PgTx, wanted: Proposal) -> None:
        """What stands already is not proposed again; what contradicts an accepted row has to wait for that one's end."""
        overlay = by_list(rows.accepted(tx))
        accepted = overlay.get((wanted.system, wanted.list), ())
        new = Row(
            wanted.system, wanted.list, wanted.code, wanted.meaning, wanted.valid_from, wanted.valid_to, way=wanted.way
        )  # fmt: skip
        table = lists.table(wanted.list)
        for there in table.rows(wanted.system, wanted.valid_from, _Given(overlay)):
            if (there.code, there.meaning, there.way) == (new.code, new.meaning, new.way):
                raise Duplicate("the table of that day has this row")
        if contradiction(
            [*(row for row in accepted if row.valid_to is None or row.valid_to >= row.valid_from), new]
        ):
            raise _overlaps()

    def _must_hold(self, tx: PgTx, actor: Actor, right: Right) -> None:
        me = self._people.standing(tx, [actor.name]).get(actor.name)
        if actor.kind is not ActorKind.PERSON or me is None or right not in me.rights:
            raise NotAllowed("no-right", "Bạn không có quyền làm việc này.", "You may not do this.")

    def _note(
        self, tx: PgTx, actor: Actor, action: str, row_id: int, system: str, name: str, reason: str
    ) -> None:
        facts = {"system": system, "list": name}
        audit.record(tx, actor, action, f"mapping:{row_id}", reason=reason, facts=facts)


class _Given:
    """Rows that were just read."""

    def __init__(self, found: Mapping[tuple[str, str], Sequence[Row]]) -> None:
        self._found = found

    def rows(self, system: str, name: str) -> Sequence[Row]:
        return self._found.get((system, name), ())


def _columns(wanted: Proposal) -> dict[str, Any]:
    return {
        "system": wanted.system,
        "list": wanted.list,
        "code": wanted.code,
        "meaning": wanted.meaning,
        "way": wanted.way.value,
        "valid_from": wanted.valid_from,
        "valid_to": wanted.valid_to,
    }


def _check(wanted: Proposal, reason: str) -> None:
    _reason(reason)
    try:
        info = lists.info_of(wanted.list)
    except MappingError as exc:
        raise BadInput("list", "list", "Không có danh mục này.", "There is no such list.") from exc
    if not wanted.system or not wanted.system.replace("_", "").replace(".", "").isalnum():
        raise BadInput("system", "system", "Tên hệ thống không đúng.", "This is no name of a system.")
    if not info.takes(wanted.meaning):
        raise BadInput(
            "meaning", "meaning", "Nghĩa này không có trong danh mục.", "The list has no such meaning."
        )
    code = wanted.code
    if not 0 < len(code) <= 120 or code != code.strip() or not code.isprintable():
        raise BadInput(
            "code",
            "code",
            "Mã trống, quá dài hoặc có ký tự lạ.",
            "The code is empty, too long or not printable.",
        )
    if wanted.valid_from < _EARLIEST or (wanted.valid_to is not None and wanted.valid_to < wanted.valid_from):
        raise _day_refused()


def _reason(reason: str) -> None:
    if not 3 <= len(reason) <= 500:
        raise BadInput(
            "reason", "reason", "Hãy ghi lý do (3 đến 500 ký tự).", "Give a reason (3 to 500 characters)."
        )


def _who(actor: Actor) -> str:
    return str(actor)


def _second(first: str, actor: Actor) -> None:
    if first == str(actor):
        raise NotAllowed(
            "same-person",
            "Người đề xuất không tự duyệt; cần người thứ hai.",
            "Who proposed it does not accept it; a second person is needed.",
        )


def _overlaps() -> NotAllowed:
    return NotAllowed(
        "overlaps",
        "Một dòng đã duyệt khác đang có hiệu lực trong khoảng ngày này. Hãy kết thúc dòng đó trước.",
        "Another accepted row holds on one of these days. End that one first.",
    )


def _day_refused() -> BadInput:
    return BadInput("day", "valid_from", "Khoảng ngày hiệu lực không hợp lý.", "These days cannot be meant.")


def _changed() -> Changed:
    return Changed(
        "Dòng này đã được xử lý. Hãy tải lại trang.",
        "The row was decided in the meantime. Please load it again.",
    )


__all__ = ["MappingDesk", "Proposal", "Tell"]
