"""A dossier's evidence as one ZIP that anybody can check without us (``docs/tools/verify_evidence.py``).

``manifest.json`` names every file with its SHA-256 and is signed (``manifest.sig``). ``chain.json`` holds the seals of the
days that concern the dossier, and of each batch with a row of it the digests of all its rows, so that the rows can be held
against the chain without the rows of others.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import DictRow

from config.redaction import clean
from jobs.evidence.chain import leaves
from jobs.evidence.keeper import DataKey
from jobs.evidence.signing import Signer
from jobs.store.postgres import evidence as rows
from jobs.store.postgres.tx import PgTx

FORMAT = "lienthong-evidence-1"
_WITH_BODIES_ONLY = ("payload", "outcome", "message")
_SEAL = ("number", "after_id", "until_id", "rows")
_SAME_TIME = (1980, 1, 1, 0, 0, 0)
_README = """Chứng cứ của một hồ sơ, do Liên Thông xuất. Kiểm tra: python3 verify_evidence.py TỆP --key KHÓA_CÔNG_KHAI
Evidence of one dossier, made by Liên Thông. To check it: python3 verify_evidence.py FILE --key PUBLIC_KEY

events.jsonl      dòng thời gian / time line
effects.jsonl     tác vụ liên thông / effects on outside systems
exchanges.jsonl   các lượt gọi: dữ kiện và dấu băm có muối / calls: facts and salted digests
bodies/           nội dung gửi và nhận, chỉ khi được yêu cầu / what went out and came back, only when asked for
chain.json        phần chuỗi băm liên quan / the part of the hash chain that concerns it
manifest.json     danh mục và dấu băm của các tệp, có chữ ký / all files with their digests, signed in manifest.sig
"""


@dataclass(frozen=True, slots=True)
class Pack:
    """Files of a pack, with the facts of its manifest."""

    files: Mapping[str, bytes]
    facts: Mapping[str, Any]

    @property
    def manifest_digest(self) -> str:
        """SHA-256 over what is in it, for the audit; the signer's public key is left out of it."""
        return hashlib.sha256(self._manifest("")).hexdigest()

    def zipped(self, signer: Signer) -> bytes:
        """The ZIP, with a signed manifest."""
        manifest = self._manifest(signer.public)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
            for name, content in {
                **self.files,
                "manifest.json": manifest,
                "manifest.sig": signer.sign(manifest),
            }.items():
                made.writestr(zipfile.ZipInfo(name, _SAME_TIME), content, zipfile.ZIP_DEFLATED)
        return out.getvalue()

    def _manifest(self, public: str) -> bytes:
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(self.files.items())}
        return _json({**self.facts, "public_key": public, "files": digests})


def made(tx: PgTx, code: str, *, key: DataKey | None, bodies: bool, by: str, reason: str) -> Pack:
    """Everything about one dossier.

    Args:
        key: opens the bodies; ``None`` with ``bodies``: they were destroyed, or none were ever kept.
        bodies: bodies, payloads and answers too; without it nothing in the pack names a person.
    """
    exchanges = rows.exchanges_of_dossier(tx, code)
    files = {
        "README.txt": _README.encode(),
        "events.jsonl": _lines(_event(row, bodies=bodies) for row in rows.events_of_dossier(tx, code)),
        "effects.jsonl": _lines(_effect(row, bodies=bodies) for row in rows.effects_of_dossier(tx, code)),
        "exchanges.jsonl": _lines(exchanges),
        "chain.json": _json(_chain(tx, [row["id"] for row in exchanges])),
    }
    if key is not None:
        for row in rows.bodies_of_dossier(tx, code):
            for side in ("request", "response"):
                if row[side] is not None:
                    files[f"bodies/{row['exchange_id']}.{side}"] = key.open(
                        row["exchange_id"], side, row[side]
                    )
    state = rows.key_state(tx, code)
    facts = {
        "format": FORMAT,
        "dossier": code,
        "made_at": tx.now.isoformat(),
        "made_by": by,
        "reason": reason,
        "bodies": bodies,
        "bodies_destroyed_at": state["destroyed_at"].isoformat() if state and state["destroyed_at"] else None,
    }
    return Pack(files, facts)


def _event(row: DictRow, *, bodies: bool) -> dict[str, Any]:
    return dict(row) if bodies else {**row, "facts": clean(row["facts"])}


def _effect(row: DictRow, *, bodies: bool) -> dict[str, Any]:
    return {name: value for name, value in row.items() if bodies or name not in _WITH_BODIES_ONLY}


def _chain(tx: PgTx, ids: Sequence[int]) -> dict[str, Any]:
    mine = tx.fetch(
        """select distinct s.number, s.day from unnest(%s::bigint[]) i join lateral (
               select number, day from exchange_seal where until_id >= i and after_id < i order by until_id limit 1) s on true
           order by 1""",
        (list(ids),),
    )
    holds = {row["number"] for row in mine}
    days = [_day(tx, day, holds) for day in sorted({row["day"] for row in mine})]
    sealed = {number for day in days for seal in day["seals"] for number, _ in seal.get("leaves", ())}
    return {"days": days, "unsealed": [number for number in ids if number not in sealed]}


def _day(tx: PgTx, day: date, holds: set[int]) -> dict[str, Any]:
    seals = tx.fetch("select * from exchange_seal where day = %s order by number", (day,))
    before = tx.fetch_one(
        "select digest from exchange_seal where number < %s order by number desc limit 1",
        (seals[0]["number"],),
    )
    closing = tx.fetch_one("select seals, rows, head from exchange_day where day = %s", (day,))
    told = []
    for row in seals:
        one = {name: row[name] for name in _SEAL}
        one |= {"digest": bytes(row["digest"]).hex(), "leaves_digest": bytes(row["leaves"]).hex()}
        if row["number"] in holds:
            one["leaves"] = [[n, each.hex()] for n, each in leaves(tx, row["after_id"], row["until_id"])]
        told.append(one)
    return {
        "day": day.isoformat(),
        "before": bytes(before["digest"]).hex() if before else "",
        "seals": told,
        "closing": {**closing, "head": bytes(closing["head"]).hex()} if closing else None,
    }


def _lines(values: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(_json(value) + b"\n" for value in values)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain).encode()


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
