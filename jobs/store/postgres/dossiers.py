"""Dossiers on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from jobs.intake.model import Dossier

if TYPE_CHECKING:
    from psycopg.rows import DictRow

    from jobs.store.postgres.tx import PgTx

_COLUMNS = """d.code, state, updated_at, source_id, current_code, coalesce(national_code, '') as national_code,
    coalesce(agency, '') as agency, agency_name, coalesce(procedure, '') as procedure, procedure_code, status, status_known,
    stage, coalesce(applicant_name, '') as applicant_name, coalesce(folded, '') as folded, seen_at, closed_at"""
_NAMES = (
    "code", "state", "updated_at", "source_id", "current_code", "national_code", "agency", "agency_name", "procedure",
    "procedure_code", "status", "status_known", "stage", "applicant_name", "folded", "seen_at", "closed_at",
)  # fmt: skip
_SAVE = """
insert into dossier (code, state, updated_at, source_id, current_code, national_code, agency, agency_name, procedure,
    procedure_code, status, status_known, stage, applicant_name, folded, seen_at, closed_at)
select * from unnest(%s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::text[], %s::integer[], %s::boolean[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],
    %s::timestamptz[])
on conflict (code) do update set state = excluded.state, updated_at = excluded.updated_at, source_id = excluded.source_id,
    current_code = excluded.current_code, national_code = excluded.national_code, agency = excluded.agency,
    agency_name = excluded.agency_name, procedure = excluded.procedure, procedure_code = excluded.procedure_code,
    status = excluded.status, status_known = excluded.status_known, stage = excluded.stage,
    applicant_name = excluded.applicant_name, folded = excluded.folded, seen_at = excluded.seen_at,
    closed_at = excluded.closed_at
"""


class PgDossiers:
    """See :class:`jobs.intake.ports.DossierRows`."""

    def __init__(self, tx: PgTx) -> None:
        self._tx = tx

    def by_code(self, code: str) -> Dossier | None:
        """See the port."""
        return self.by_codes([code]).get(code)

    def by_codes(self, codes: Iterable[str]) -> dict[str, Dossier]:
        """See the port."""
        rows = self._tx.fetch(
            f"""select g.asked, {_COLUMNS} from unnest(%s::text[]) as g(asked)
                left join dossier_alias a on a.alias = g.asked
                join lateral (select d.* from dossier d where d.code in (g.asked, a.code)
                              order by d.code <> g.asked limit 1) d on true""",
            (list(codes),),
        )
        return {row.pop("asked"): Dossier(**row) for row in rows}

    def by_source(self, source_ids: Iterable[str]) -> dict[str, Dossier]:
        """See the port."""
        rows = self._tx.fetch(
            f"select {_COLUMNS} from dossier d where source_id = any(%s) and source_id <> ''",
            (list(source_ids),),
        )
        return {row["source_id"]: Dossier(**row) for row in rows}

    def lock(self, codes: Iterable[str]) -> dict[str, Dossier]:
        """See the port."""
        wanted = sorted(set(codes))
        if not wanted:
            return {}
        rows = self._tx.fetch(
            f"select {_COLUMNS} from dossier d where code = any(%s) order by code for no key update",
            (wanted,),
        )
        return {row["code"]: Dossier(**row) for row in rows}

    def save(self, dossiers: Sequence[Dossier]) -> None:
        """See the port."""
        if dossiers:
            ordered = sorted(dossiers, key=lambda d: d.code)
            self._tx.execute(_SAVE, [[getattr(d, name) for d in ordered] for name in _NAMES])

    def add_aliases(self, aliases: Mapping[str, str]) -> None:
        """See the port."""
        if aliases:
            self._tx.execute(
                """insert into dossier_alias (alias, code, at) select alias, code, %s
                   from unnest(%s::text[], %s::text[]) as g(alias, code) on conflict (alias) do nothing""",
                (self._tx.now, list(aliases), list(aliases.values())),
            )

    def watermark(self, feed: str) -> datetime | None:
        """See the port."""
        row: DictRow | None = self._tx.fetch_one("select at from feed_watermark where feed = %s", (feed,))
        return None if row is None else row["at"]

    def alone(self, feed: str) -> None:
        """See the port."""
        self._tx.execute("select pg_advisory_xact_lock(hashtextextended('feed:' || %s, 0))", (feed,))

    def set_watermark(self, feed: str, at: datetime) -> None:
        """See the port."""
        self._tx.execute(
            """insert into feed_watermark (feed, at, run_at) values (%s, %s, %s)
               on conflict (feed) do update set at = greatest(feed_watermark.at, excluded.at), run_at = excluded.run_at""",
            (feed, at, self._tx.now),
        )
