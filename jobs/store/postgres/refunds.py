"""Refund rows of one PostgreSQL transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from typing import Any, LiteralString

import psycopg

from jobs.errors import NotAllowed
from jobs.ledger.accounts import NOTHING
from jobs.ledger.accounts import account as ledger_account
from jobs.refunds.model import Line, Mandate, Refund, Signature, Switch
from jobs.refunds.policy import Policy, Step, from_row
from jobs.store.postgres.tx import PgTx
from mappings.canonical.payment import RefundRoute, RefundState

_COLUMNS = (
    "reference", "key", "attempt_id", "provider", "terminal", "amount", "cause", "route", "opened_by", "requested_by",
    "requested_at", "reason", "stage", "dossier_code", "one_at_a_time", "state", "waiting_for", "document_number",
    "payee_bank", "payee_account", "payee_name", "payee_other", "payee_paper", "payee_holder", "payer_account", "unit", "of_reversal",
    "steps", "policy", "legal_basis", "approved_by", "approved_at", "terms_hash", "effect_key", "code", "message",
    "provider_reference", "sent_at", "settled_at", "next_look_up_at", "asks", "overdue", "replaces", "updated_at",
)  # fmt: skip
_SAVED = (
    "amount", "route", "one_at_a_time", "state", "waiting_for", "document_number", "payee_bank", "payee_account",
    "payee_name", "payee_other", "payee_paper", "payee_holder", "payer_account", "requested_by", "approved_by",
    "approved_at", "terms_hash", "effect_key", "code", "message", "provider_reference", "sent_at", "settled_at",
    "next_look_up_at", "asks", "overdue", "updated_at",
)  # fmt: skip
_SELECT: LiteralString = (
    "select r.*, a.reference as payment from refund r join payment_attempt a on a.id = r.attempt_id"
)
_INSERT = f"""insert into refund ({", ".join(_COLUMNS)}) values ({", ".join(f"%({c})s" for c in _COLUMNS)})
              on conflict (key) do nothing returning id"""
_UPDATE = f"update refund set {', '.join(f'{c} = %({c})s' for c in _SAVED)} where id = %(id)s"
_FIELDS = frozenset(Refund.__dataclass_fields__)


class PgRefunds:
    """See :class:`jobs.refunds.ports.RefundRows`."""

    def __init__(self, tx: PgTx) -> None:
        self._tx = tx

    def add(self, refund: Refund, lines: Sequence[Line]) -> Refund | None:
        with _named():
            row = self._tx.fetch_one(_INSERT, _values(refund, _COLUMNS))
            if row is None:
                return None
            stored = replace(refund, id=int(row["id"]))
            for line in lines:
                self._tx.execute(
                    "insert into refund_line (refund_id, fee_line_id, amount) values (%s, %s, %s)",
                    (stored.id, line.fee_line_id, line.amount),
                )
            return stored

    def save(self, refunds: Sequence[Refund]) -> None:
        if not refunds:
            return
        rows = [
            {**_values(refund, _SAVED), "id": refund.id, "updated_at": self._tx.now} for refund in refunds
        ]
        with _named(), self._tx.connection.cursor() as cursor:
            cursor.executemany(_UPDATE, rows)

    def by_reference(self, references: Iterable[str], *, lock: bool = False) -> dict[str, Refund]:
        found = self._read(" where r.reference = any(%s) order by r.id", (list(references),), lock=lock)
        return {refund.reference: refund for refund in found}

    def by_key(self, key: str) -> Refund | None:
        return next(iter(self._read(" where r.key = %s", (key,))), None)

    def by_effect(self, keys: Iterable[str]) -> dict[str, list[Refund]]:
        found: dict[str, list[Refund]] = {}
        for refund in self._read(" where r.effect_key = any(%s) order by r.id", (list(keys),), lock=True):
            found.setdefault(refund.effect_key or "", []).append(refund)
        return found

    def of_payment(self, attempt_id: int) -> list[Refund]:
        return self._read(" where r.attempt_id = %s order by r.id", (attempt_id,))

    def lines(self, refund_ids: Iterable[int]) -> dict[int, tuple[Line, ...]]:
        found: dict[int, tuple[Line, ...]] = {}
        for row in self._tx.fetch(
            """select l.refund_id, l.fee_line_id, l.amount, f.unit, f.item from refund_line l
               join fee_line f on f.id = l.fee_line_id where l.refund_id = any(%s) order by l.refund_id, l.fee_line_id""",
            (list(refund_ids),),
        ):
            line = Line(row["fee_line_id"], row["amount"], row["unit"], row["item"])
            found[row["refund_id"]] = (*found.get(row["refund_id"], ()), line)
        return found

    def sign(self, refund: Refund, signature: Signature) -> None:
        with _named():
            self._tx.execute(
                "insert into refund_signature (refund_id, step, person, at, terms_hash) values (%s, %s, %s, %s, %s)",
                (refund.id, signature.step, signature.person, signature.at, signature.terms_hash),
            )

    def signatures(self, refund_ids: Iterable[int]) -> dict[int, list[Signature]]:
        found: dict[int, list[Signature]] = {}
        for row in self._tx.fetch(
            "select * from refund_signature where refund_id = any(%s) order by refund_id, at",
            (list(refund_ids),),
        ):
            signed = Signature(Step(row["step"]), row["person"], row["at"], row["terms_hash"])
            found.setdefault(row["refund_id"], []).append(signed)
        return found

    def due(self, now: datetime, most: int) -> list[Refund]:
        return self._read(
            " where r.next_look_up_at <= %s order by r.next_look_up_at limit %s for update of r skip locked",
            (now, most),
        )

    def ready_transfers(self, most: int) -> list[Refund]:
        return self._read(
            """ where r.route = 'transfer' and r.state in ('RESERVED', 'NOT_SENT') and r.effect_key is null
                and r.waiting_for = '' order by r.id limit %s for update of r skip locked""",
            (most,),
        )

    def waiting(self, waiting_for: str, most: int) -> list[Refund]:
        return self._read(
            """ where r.waiting_for = %s and r.state in ('RESERVED', 'NOT_SENT') order by r.id limit %s
                for update of r skip locked""",
            (waiting_for, most),
        )

    def on_their_way(self) -> list[Refund]:
        return self._read(
            """ where r.effect_key is not null
                and r.state in ('RESERVED', 'NOT_SENT', 'SENDING', 'UNKNOWN', 'ACCEPTED', 'SENT_TO_BANK')
                order by r.id""",
            (),
            lock=True,
        )

    def unknown(self, channel: str) -> int:
        row = self._tx.fetch_one(
            """select count(*) as n from refund where state = 'UNKNOWN'
               and case when route = 'gateway' then provider else 'statements' end = %s""",
            (channel,),
        )
        return int(row["n"]) if row else 0

    def remitted(self, unit: str, item: str, since: date, until: date) -> bool:
        account = ledger_account("remitted", unit or NOTHING, item or NOTHING, NOTHING).removesuffix(NOTHING)
        row = self._tx.fetch_one(
            """select 1 as one from ledger_transaction t join ledger_entry e on e.transaction_id = t.id
               where t.event = 'remittance' and t.transaction_on between %s and %s and starts_with(e.account, %s) limit 1""",
            (since, until, account),
        )
        return row is not None

    def policies(self) -> Sequence[Policy]:
        return [from_row(dict(row)) for row in self._tx.fetch("select * from refund_policy")]

    def mandates(self, day: date) -> list[Mandate]:
        rows = self._tx.fetch(
            """select * from mandate where valid_from <= %(day)s and valid_until >= %(day)s and revoked_at is null
               and signed_second is not null and limit_per_refund > 0 order by number""",
            {"day": day},
        )
        return [_mandate(row) for row in rows]

    def mandate(self, number: str) -> Mandate | None:
        row = self._tx.fetch_one("select * from mandate where number = %s for update", (number,))
        return None if row is None else _mandate(row)

    def put_mandate(self, mandate: Mandate) -> None:
        values = {name: getattr(mandate, name) for name in Mandate.__slots__} | {
            "causes": list(mandate.causes)
        }
        with _named():
            self._tx.execute(
                f"""insert into mandate ({", ".join(values)}) values ({", ".join(f"%({c})s" for c in values)})
                    on conflict (number) do update set signed_second = excluded.signed_second,
                        revoked_at = excluded.revoked_at""",
                values,
            )

    def spent_by(self, approved_by: str, day: date) -> int:
        row = self._tx.fetch_one(
            """select coalesce(sum(amount), 0)::bigint as spent from refund
               where approved_by = %s and (approved_at at time zone 'Asia/Ho_Chi_Minh')::date = %s""",
            (approved_by, day),
        )
        return int(row["spent"]) if row else 0

    def switch(self, channel: str, *, lock: bool = False) -> Switch:
        found = self._tx.fetch_one(
            f"select * from stop_switch where provider = %s and kind = 'refund'{' for update' if lock else ''}",
            (channel,),
        )
        return Switch(**found) if found else Switch(channel)

    def put_switch(self, switch: Switch) -> None:
        values = {name: getattr(switch, name) for name in Switch.__slots__}
        columns = [name for name in values if name not in ("provider", "kind")]
        self._tx.execute(
            f"""insert into stop_switch ({", ".join(values)}) values ({", ".join(f"%({c})s" for c in values)})
                on conflict (provider, kind) do update set {", ".join(f"{c} = excluded.{c}" for c in columns)}""",
            values,
        )

    def _read(self, rest: LiteralString, parameters: Sequence[Any], *, lock: bool = False) -> list[Refund]:
        rows = self._tx.fetch(_SELECT + rest + (" for update of r" if lock else ""), parameters)
        return [_refund(row) for row in rows]


def _mandate(row: dict[str, Any]) -> Mandate:
    return Mandate(**{**row, "causes": tuple(row["causes"])})


def _refund(row: dict[str, Any]) -> Refund:
    kept = {name: value for name, value in row.items() if name in _FIELDS}
    kept["state"] = RefundState(kept["state"])
    kept["route"] = RefundRoute(kept["route"])
    kept["steps"] = tuple(Step(step) for step in kept["steps"])
    kept["key"] = kept["key"] or ""
    return Refund(**kept)


def _values(refund: Refund, columns: Sequence[str]) -> dict[str, Any]:
    values = {name: getattr(refund, name) for name in columns}
    if "steps" in values:
        values["steps"] = [str(step) for step in refund.steps]
        values["key"] = refund.key or None
    return values


@contextmanager
def _named() -> Iterator[None]:
    """A refusal of the database under the name of its rule."""
    try:
        yield
    except (psycopg.errors.CheckViolation, psycopg.errors.UniqueViolation) as exc:
        rule = exc.diag.constraint_name or "refused"
        raise NotAllowed(
            rule, "Cơ sở dữ liệu từ chối khoản hoàn này.", exc.diag.message_primary or rule
        ) from exc
