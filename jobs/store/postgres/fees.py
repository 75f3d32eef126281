"""Fee demands, units and their accounts on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobs.fees.model import Fee, FeeLine, FeeState, Paid, Unit, UnitAccount

if TYPE_CHECKING:
    from jobs.store.postgres.tx import PgTx

_LINE = "code, kind, name, amount, required, unit, account, chapter, item, share_kept_percent, paid_there"
_LINE_NAMES = tuple(_LINE.split(", "))
LINE_NAME = "case when x.code <> '' then x.code else x.kind || '/' || x.name end"
"""A line's name across versions, over ``fee_line x``; the same as :attr:`jobs.fees.model.FeeLine.line`."""


class PgFees:
    """See :class:`jobs.fees.ports.FeeRows`."""

    def __init__(self, tx: PgTx) -> None:
        self._tx = tx

    def current(self, dossier_codes: Iterable[str]) -> dict[str, Fee]:
        """See the port."""
        rows = self._tx.fetch(
            f"""select f.id as fee_id, f.dossier_code, f.version, f.state, f.digest, x.id, {_LINE}
                from (select distinct on (dossier_code) * from fee where dossier_code = any(%s)
                      order by dossier_code, version desc) f
                left join fee_line x on x.fee_id = f.id order by f.id, x.id""",
            (list(dossier_codes),),
        )
        heads: dict[str, Any] = {}
        lines: dict[str, list[FeeLine]] = {}
        for row in rows:
            heads[row["dossier_code"]] = row
            if row["id"] is not None:
                lines.setdefault(row["dossier_code"], []).append(_line(row))
        return {
            code: Fee(
                head["fee_id"],
                code,
                head["version"],
                FeeState(head["state"]),
                head["digest"],
                tuple(lines.get(code, ())),
            )
            for code, head in heads.items()
        }

    def line(self, line_id: int) -> FeeLine | None:
        """See the port."""
        row = self._tx.fetch_one(f"select id, {_LINE} from fee_line where id = %s", (line_id,))
        return None if row is None else _line(row)

    def add_version(
        self, dossier_code: str, lines: Sequence[FeeLine], *, digest: str, state: FeeState
    ) -> Fee:
        """See the port."""
        self._tx.execute(
            "update fee set state = 'replaced' where dossier_code = %s and state <> 'replaced'",
            (dossier_code,),
        )
        head = self._tx.fetch(
            """insert into fee (dossier_code, version, state, digest, created_at)
               select %(code)s, coalesce(max(version), 0) + 1, %(state)s, %(digest)s, %(now)s from fee
               where dossier_code = %(code)s returning id, version""",
            {"code": dossier_code, "state": state.value, "digest": digest, "now": self._tx.now},
        )[0]
        ids = self._tx.fetch(
            """insert into fee_line (fee_id, code, kind, name, amount, required, unit, account, chapter, item,
                   share_kept_percent, paid_there)
               select %s, code, kind, name, amount, required, unit, account, chapter, item, share, paid_there
               from unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::boolean[], %s::text[], %s::text[], %s::text[],
                   %s::text[], %s::integer[], %s::boolean[]) with ordinality as g(code, kind, name, amount, required, unit,
                   account, chapter, item, share, paid_there, n) order by n returning id""",
            [head["id"], *([getattr(line, name) for line in lines] for name in _LINE_NAMES)],
        )
        stored = tuple(
            _line({"id": row["id"], **{name: getattr(line, name) for name in _LINE_NAMES}})
            for row, line in zip(ids, lines, strict=True)
        )
        return Fee(head["id"], dossier_code, head["version"], state, digest, stored)

    def set_states(self, states: Mapping[int, FeeState]) -> None:
        """See the port."""
        if states:
            self._tx.execute(
                """update fee set state = g.state from unnest(%s::bigint[], %s::text[]) as g(id, state)
                   where fee.id = g.id and fee.state <> g.state""",
                (list(states), [state.value for state in states.values()]),
            )

    def set_paid_there(self, lines: Mapping[int, bool]) -> None:
        """See the port."""
        if lines:
            self._tx.execute(
                """update fee_line set paid_there = g.paid from unnest(%s::bigint[], %s::boolean[]) as g(id, paid)
                   where fee_line.id = g.id""",
                (list(lines), list(lines.values())),
            )

    def paid(self, dossier_codes: Iterable[str]) -> dict[tuple[str, str], Paid]:
        """See the port."""
        rows = self._tx.fetch(
            f"""select f.dossier_code, {LINE_NAME} as line, sum(l.applied)::bigint as applied,
                       sum(l.taken_back)::bigint as taken_back
                from fee f join fee_line x on x.fee_id = f.id join allocation l on l.fee_line_id = x.id
                where f.dossier_code = any(%s) and l.applied > 0 group by 1, 2""",
            (list(dossier_codes),),
        )
        return {
            (row["dossier_code"], row["line"]): Paid(int(row["applied"]), int(row["taken_back"]))
            for row in rows
        }

    def units(self, code: str) -> list[Unit]:
        """See the port."""
        rows = self._tx.fetch(
            """select code, name, valid_from, valid_to, successor, document from unit where code = %s order by valid_from""",
            (code,),
        )
        return [Unit(**row) for row in rows]

    def accounts(self, unit: str) -> list[UnitAccount]:
        """See the port."""
        rows = self._tx.fetch(
            """select unit, account, bank, name, purpose, valid_from, valid_to, document from unit_account
               where unit = %s order by valid_from, account""",
            (unit,),
        )
        return [UnitAccount(**row) for row in rows]

    def add_unit(self, unit: Unit) -> None:
        """See the port; the same period again sets its end and successor."""
        self._tx.execute(
            """insert into unit (code, name, valid_from, valid_to, successor, document) values (%s, %s, %s, %s, %s, %s)
               on conflict (code, valid_from) do update set valid_to = excluded.valid_to,
                   successor = excluded.successor, document = excluded.document""",
            (unit.code, unit.name, unit.valid_from, unit.valid_to, unit.successor, unit.document),
        )

    def add_account(self, account: UnitAccount) -> None:
        """See the port; the same period again sets its end."""
        self._tx.execute(
            """insert into unit_account (unit, account, bank, name, purpose, valid_from, valid_to, document)
               values (%s, %s, %s, %s, %s, %s, %s, %s)
               on conflict (unit, account, valid_from) do update set valid_to = excluded.valid_to""",
            (account.unit, account.account, account.bank, account.name, account.purpose, account.valid_from,
             account.valid_to, account.document),
        )  # fmt: skip


def _line(row: Mapping[str, Any]) -> FeeLine:
    return FeeLine(row["id"], *(row[name] for name in _LINE_NAMES))
