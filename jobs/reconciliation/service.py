"""Reconciliation on the store: load files, run a day, match by hand, close by two people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from connectors.statements.profile import SETTLEMENT, Profile, ready_profiles
from connectors.statements.reader import read_statement
from jobs.access import audit
from jobs.access.model import Actor
from jobs.errors import NotAllowed, NotFound
from jobs.reconciliation import days, pay_outs, running
from jobs.reconciliation.judging import Judge
from jobs.reconciliation.loading import Loader, read_settlement_file
from jobs.reconciliation.ours import MONEY_TABLES
from jobs.reconciliation.ports import Calendar, Closing, FileOfDay, Loaded, OursSource, Remedies, Understood
from jobs.reconciliation.rules import Side
from jobs.store.postgres import reconciliation as rows
from jobs.store.postgres.store import PgStore
from mappings.canonical.statement import StatementFile

TREASURY_PROFILES = frozenset({"treasury-day"})


class Reconciliation:
    """One per process. Every method is one transaction; loads and runs may be repeated without harm."""

    def __init__(
        self,
        store: PgStore,
        calendar: Calendar,
        remedies: Remedies,
        *,
        ours: OursSource = MONEY_TABLES,
        more_profiles: dict[str, Profile] | None = None,
    ) -> None:
        self._store = store
        self._profiles = ready_profiles() | (more_profiles or {})
        straight = frozenset(name for name, profile in self._profiles.items() if not profile.pays_out)
        self._judge = Judge(ours, calendar, remedies, straight)
        self._loader = Loader(self._judge)

    def profiles(self) -> Sequence[str]:
        """Names of the profiles that a person may choose."""
        return tuple(sorted(self._profiles))

    def preview(self, name: str, raw: bytes, profile: str) -> Understood:
        """What a file says; nothing is loaded."""
        layout = self._layout(profile)
        if layout is not None and layout.kind == SETTLEMENT:
            file = read_settlement_file(raw, layout, name)
            total = sum(row.net for row in file.rows)
            facts = {
                "session": str(file.session or ""),
                "terminal": file.terminal,
                "lines": len(file.rows),
                "net": total,
            }
            return Understood(f"settlement:{file.profile}", file.loadable, [facts], file.troubles)
        read = read_statement(raw, profile=layout, name=name)
        return Understood(
            read.format, read.loadable, [_facts(item) for item in read.statements], read.troubles
        )

    def load(self, name: str, raw: bytes, profile: str, *, actor: Actor) -> Loaded:
        """Load a file of either kind, as its profile says; without one it is a bank statement."""
        layout = self._layout(profile)
        if layout is not None and layout.kind == SETTLEMENT:
            return self.load_settlement(raw, name, profile, actor)
        return self.load_statement(raw, name, profile, actor)

    def load_settlement(self, raw: bytes, name: str, profile: str, actor: Actor) -> Loaded:
        """Load a gateway's file whole, or say what is wrong with it and change nothing."""
        layout = self._layout(profile)
        if layout is None or layout.kind != SETTLEMENT:
            raise NotFound(f"profile {profile}")
        read = read_settlement_file(raw, layout, name)
        if not read.loadable:
            return Loaded(read.digest, f"settlement:{read.profile}", loaded=False, troubles=read.troubles)
        subject = f"file:{read.digest}"
        with audit.acting(
            self._store, "load-settlement", actor, "load-settlement", subject, facts={"name": name}
        ) as tx:
            return self._loader.settlement(tx, read, raw, partner=profile, name=name, by=str(actor))

    def load_statement(self, raw: bytes, name: str, profile: str, actor: Actor) -> Loaded:
        """Load a bank's or the treasury's statement whole, or say what is wrong with it and change nothing."""
        read = read_statement(raw, profile=self._layout(profile), name=name)
        # What cannot be proved to add up may still be true; what is proved not to may not be loaded.
        if not read.loadable or any(item.adds_up is False for item in read.statements):
            return Loaded(read.digest, read.format, loaded=False, troubles=read.troubles)
        side = Side.TREASURY if profile in TREASURY_PROFILES else Side.BANK
        subject = f"file:{read.digest}"
        with audit.acting(
            self._store, "load-statement", actor, "load-statement", subject, facts={"name": name}
        ) as tx:
            done = [
                self._loader.statement(
                    tx, item, raw, side=side, form=read.format, digest=read.digest, name=name, by=str(actor)
                )
                for item in read.statements
            ]
        return _together(read, done)

    def run(self, day: date) -> dict[str, Any]:
        """Reconcile one day again. Safe to repeat."""
        with self._store.transaction("reconcile-day") as tx:
            return running.run_day(tx, self._judge, day)

    def watch_files(self, partners: Mapping[str, str], since: Mapping[str, date] | None = None) -> int:
        """Break 'file missing' for each due session without a file (partner → terminal), from a terminal's first day on."""
        with self._store.transaction("reconcile-files-missing") as tx:
            return running.missing_files(tx, self._judge, partners, since)

    def breaks(self) -> list[dict[str, Any]]:
        """Open breaks, oldest first."""
        with self._store.transaction("reconcile-breaks") as tx:
            return [dict(row) for row in rows.open_break_rows(tx)]

    def explain(self, case_id: int, *, reason: str, actor: Actor) -> None:
        """Close a break with a person's reason; nothing is posted by it."""
        with audit.acting(
            self._store, "explain-break", actor, "explain-break", f"case:{case_id}", reason=reason
        ) as tx:
            row = tx.fetch_one("select key, state from case_item where id = %s for update", (case_id,))
            if row is None:
                raise NotFound("break")
            if row["state"] == "open":
                rows.close_breaks(tx, [row["key"]], f"{actor}: {reason}", explained=True)

    def propose_match(self, statement_line: int, settlement_file: int, *, reason: str, actor: Actor) -> int:
        """Propose that a bank line pays a session; a second person accepts. The proposal's id."""
        with audit.acting(
            self._store, "propose-match", actor, "propose-match", f"line:{statement_line}", reason=reason
        ) as tx:
            row = tx.fetch_one(
                """insert into match_proposal (statement_line_id, settlement_file_id, amount, proposed_by, proposed_at, reason)
                   select id, %s, amount, %s, %s, %s from statement_line where id = %s
                   on conflict (statement_line_id, settlement_file_id) do update set accepted_at = match_proposal.accepted_at
                   returning id""",
                (settlement_file, str(actor), tx.now, reason, statement_line),
            )
            if row is None:
                raise NotFound("statement line")
            return int(row["id"])

    def accept(self, proposal: int, *, actor: Actor) -> None:
        """Make a proposed match; not by who proposed it. Twice is once."""
        with audit.acting(self._store, "accept-match", actor, "accept-match", f"proposal:{proposal}") as tx:
            row = tx.fetch_one(
                """select p.*, b.amount as line_amount, b.returned, b.reference, b.booked_on, b.id as line from match_proposal p
                   join statement_line b on b.id = p.statement_line_id where p.id = %s for update of p""",
                (proposal,),
            )
            if row is None:
                raise NotFound("proposal")
            if row["accepted_by"] is not None:
                return
            if row["proposed_by"] == str(actor):
                raise NotAllowed(
                    "same-person", "Người duyệt phải là người khác.", "Another person has to accept."
                )
            tx.execute(
                "update match_proposal set accepted_by = %s, accepted_at = %s where id = %s",
                (str(actor), tx.now, proposal),
            )
            line = {
                "id": row["line"], "amount": row["line_amount"], "returned": row["returned"], "reference": row["reference"],
                "booked_on": row["booked_on"],
            }  # fmt: skip
            pay_outs.by_person(
                tx, self._judge, row["settlement_file_id"], line, actor=str(actor), reason=row["reason"]
            )

    def undo(self, match: int, *, reason: str, actor: Actor) -> int:
        """Take a match back by a counter-record; its id. A match is undone once."""
        with audit.acting(
            self._store, "undo-match", actor, "undo-match", f"match:{match}", reason=reason
        ) as tx:
            row = tx.fetch_one(
                """insert into match_record (rule, kind, reference, amount, settlement_line_id, statement_line_id,
                       settlement_file_id, made_by, made_at, reason, undoes)
                   select 'undo', kind, reference, amount, settlement_line_id, statement_line_id, settlement_file_id,
                       %s, %s, %s, id from match_record where id = %s and undoes is null
                   on conflict (undoes) do nothing returning id, settlement_file_id, statement_line_id""",
                (str(actor), tx.now, reason, match),
            )
            if row is None:
                raise NotAllowed(
                    "undone", "Không có khớp nối này, hoặc đã hủy rồi.", "No such match, or it is undone."
                )
            if row["settlement_file_id"] is not None and row["statement_line_id"] is not None:
                tx.execute(
                    """update match_proposal set accepted_by = null, accepted_at = null
                       where statement_line_id = %s and settlement_file_id = %s""",
                    (row["statement_line_id"], row["settlement_file_id"]),
                )
                pay_outs.undone(tx, self._judge, row["settlement_file_id"], actor=str(actor))
            return int(row["id"])

    def sign_close(self, account: str, session: date, person: Actor, *, note: str = "") -> int:
        """The first or second signature under a day of an account; which one it was."""
        with audit.acting(
            self._store, "close-day", person, "close-day", f"{account}:{session}", reason=note
        ) as tx:
            missing = tx.fetch_one(
                "select 1 as one from statement_file where account = %s and last_day >= %s",
                (account, session),
            )
            note = note if missing is not None else f"{days.MISSING_FILE_NOTE}. {note}".strip()
            return days.sign(
                tx, account, session, "close", str(person), note, days.report(tx, account, session)
            )

    def sign_reopen(self, account: str, session: date, person: Actor, *, reason: str) -> int:
        """The first or second signature under reopening a closed day."""
        with audit.acting(
            self._store, "reopen-day", person, "reopen-day", f"{account}:{session}", reason=reason
        ) as tx:
            return days.sign(tx, account, session, "reopen", str(person), reason, {})

    def propose_close(self, account: str, day: date, *, reason: str, actor: Actor) -> None:
        """The first signature."""
        self._step(account, day, actor, reason, wanted=1)

    def confirm_close(self, account: str, day: date, *, reason: str, actor: Actor) -> None:
        """The second signature."""
        self._step(account, day, actor, reason, wanted=2)

    def _step(self, account: str, day: date, actor: Actor, reason: str, *, wanted: int) -> None:
        with self._store.transaction("close-look") as tx:
            now = days.closing(tx, account, day)
        step = 2 if now.proposed_by is not None else 1
        if step != wanted and now.proposed_by != str(actor):
            raise NotAllowed("step", "Trang đã cũ; hãy tải lại.", "The page is old; load it again.")
        self.sign_close(account, day, actor, note=reason)

    def closings(self, day: date) -> Sequence[Closing]:
        """Each account that has a file or a signature of this day."""
        with self._store.transaction("closings") as tx:
            accounts = tx.fetch(
                """select account from statement_file where first_day <= %(day)s and last_day >= %(day)s
                   union select terminal from settlement_file where session = %(day)s and terminal <> ''
                   union select account from reconciliation_act where session = %(day)s order by 1""",
                {"day": day},
            )
            return [days.closing(tx, row["account"], day) for row in accounts]

    def files(self, day: date) -> Sequence[FileOfDay]:
        """Files that speak of a day, with how much of them is matched."""
        with self._store.transaction("files-of-day") as tx:
            found = tx.fetch(
                """select f.name, f.terminal as account, f.loaded_at as at, f.row_count as lines, (
                       select count(*) from settlement_line l where l.file_id = f.id and exists (
                           select from match_record m where m.settlement_line_id = l.id and m.undoes is null)) as matched
                   from settlement_file f where f.session = %(day)s and f.superseded_by is null
                   union all
                   select f.name, f.account, f.loaded_at, f.row_count, (
                       select count(*) from statement_line b where b.file_id = f.id and exists (
                           select from match_record m where m.statement_line_id = b.id and m.undoes is null))
                   from statement_file f where f.first_day <= %(day)s and f.last_day >= %(day)s
                       and f.superseded_by is null
                   order by 3""",
                {"day": day},
            )
        return [FileOfDay(**row) for row in found]

    def report(self, account: str, session: date) -> dict[str, Any]:
        """The signed report as it was signed, or the present state of an open day."""
        with self._store.transaction("reconcile-report") as tx:
            signed = days.signed_report(tx, account, session)
            if signed is not None and days.closing(tx, account, session).state == "closed":
                return signed
            return days.report(tx, account, session)

    def _layout(self, name: str) -> Profile | None:
        if not name:
            return None
        if name not in self._profiles:
            raise NotFound(f"profile {name}")
        return self._profiles[name]


def _facts(item: Any) -> dict[str, Any]:
    return {
        "account": item.account, "from": item.from_date, "to": item.to_date, "lines": len(item.entries),
        "opening": item.opening_minor, "closing": item.closing_minor, "difference": item.difference_minor,
    }  # fmt: skip


def _together(read: StatementFile, done: Sequence[Loaded]) -> Loaded:
    return Loaded(
        done[0].id if done else read.digest, read.format, loaded=True,
        repeated=bool(done) and all(each.repeated for each in done), lines=sum(each.lines for each in done),
        troubles=read.troubles, version=max((each.version for each in done), default=1),
        breaks=sum(each.breaks for each in done),
    )  # fmt: skip
