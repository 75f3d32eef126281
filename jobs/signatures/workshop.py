"""Preparing and finishing sessions, outside any transaction: the slow work, done again safely wherever it was interrupted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import structlog
from psycopg.rows import DictRow

from jobs.signatures import making, telling
from jobs.signatures.effects import effect_of
from jobs.signatures.model import MOST_TRIES, MOST_VERIFIES, SIGN, SessionState, try_again
from jobs.store.postgres import signatures as rows
from mappings.canonical.codec import from_json, to_json
from mappings.canonical.signing import DocumentKind, PreparedDocument, SigningRequest

if TYPE_CHECKING:
    from jobs.signatures.judging import Judging
    from jobs.store.postgres.store import PgStore
    from jobs.store.postgres.tx import PgTx

log = structlog.get_logger(__name__)

_LEASE = timedelta(minutes=10)
_TRUST_LATER = timedelta(minutes=5)


class Ending(Protocol):
    """Ends a session in a transaction."""

    def __call__(self, tx: PgTx, session: str, state: SessionState, code: str = "") -> bool: ...


class Workshop:
    """One per process. Threads may share it."""

    def __init__(self, store: PgStore, judging: Judging, ended: Ending) -> None:
        self._store, self._judging, self._ended = store, judging, ended

    def work(self) -> bool:
        """Prepare or finish one session outside any transaction; ``False``: there is none."""
        with self._store.transaction("signing-claim") as tx:
            row = rows.claim_work(tx, _LEASE)
            if row is None:
                return False
            session = row["id"]
            if row["work_tries"] > MOST_TRIES:
                self._ended(tx, session, SessionState.FAILED, "work-gave-up")
                return True
            files, number = rows.files_of(tx, session), rows.signer_of(tx, session)
            wanted = "prepared_file" if row["answer"] is not None else "file_id"
            raws = [rows.content(tx, one[wanted]) if one[wanted] else None for one in files]
        if any(raw is None for raw in raws):
            self._fail(session, "file-gone")
        elif row["answer"] is None:
            self._prepare(row, files, [raw for raw in raws if raw is not None], number)
        else:
            self._finish(row, files, [raw for raw in raws if raw is not None], number)
        return True

    def _prepare(self, row: DictRow, files: list[DictRow], raws: list[bytes], number: str) -> None:
        from connectors.kit.signing.errors import Unsignable

        moment = self._store.clock.now()
        made = []
        for file, raw in zip(files, raws, strict=True):
            if making.sha256(raw) != file["sha256"]:
                self._fail(row["id"], "file-changed")
                return
            try:
                made.append(
                    making.prepare(
                        raw,
                        document=file["document"],
                        name=file["name"],
                        kind=DocumentKind(file["kind"]),
                        certificate=row["certificate"],
                        moment=moment,
                        field=f"ChuKy_{row['id'][-12:]}",
                    )
                )
            except Unsignable as exc:
                self._fail(row["id"], f"unsignable-{exc.code}")
                return
        request = SigningRequest(
            row["transaction"],
            number,
            row["certificate"]["credential"],
            row["description"],
            tuple(prepared.asked() for _, prepared in made),
            made[0][1].mechanism,
        )

        def keep(tx: PgTx) -> None:
            held = rows.locked(tx, row["id"])
            if held is None or files_prepared(rows.files_of(tx, row["id"])):
                return
            for file, (raw, prepared) in zip(files, made, strict=True):
                facts = _facts(row, file, prepared.file_sha256)
                rows.keep_prepared(tx, row["id"], file["number"], to_json(prepared), raw, facts)
            rows.change(tx, row["id"], work_at=None, work_tries=0)
            effect = effect_of(row, "sign", SIGN, {"request": to_json(request)}, lane=row["dossier_code"])
            tx.effects.plan([effect])

        self._store.run("signing-prepared", keep)

    def _finish(self, row: DictRow, files: list[DictRow], raws: list[bytes], number: str) -> None:
        from connectors.kit.signing.errors import NotReleased, WrongSignature
        from connectors.signature_check.trust import TrustRefused

        values = {one["document"]: one["value"] for one in row["answer"]}
        made = []
        try:
            with self._judging.bench() as bench:
                for file, raw in zip(files, raws, strict=True):
                    made.append(
                        making.finish(
                            raw,
                            from_json(PreparedDocument, file["prepared"]),
                            values.get(file["document"], ""),
                            certificate=row["certificate"],
                            number=number,
                            moment=self._store.clock.now(),
                            judge=bench.judge,
                        )
                    )
        except TrustRefused as exc:
            log.warning("signatures.no_trust", reason=str(exc))
            with self._store.transaction("signing-later") as tx:
                rows.change(tx, row["id"], work_tries=0, work_at=tx.now + _TRUST_LATER)
            return
        except WrongSignature as exc:
            self._wrong(row, f"wrong-{exc.code}")
            return
        except NotReleased as exc:
            self._not_released(row, exc.report.verdict.value.lower(), again=exc.worth_trying_again)
            return

        def keep(tx: PgTx) -> None:
            if rows.locked(tx, row["id"]) is None:
                return
            for file, (raw, signed) in zip(files, made, strict=True):
                facts = _facts(row, file, signed.sha256)
                rows.keep_signed(tx, row["id"], file["number"], to_json(signed), raw, facts)
            self._ended(tx, row["id"], SessionState.SIGNED)
            tx.cases.close([f"signing-not-released:{row['id']}"], "signed")

        self._store.run("signing-finished", keep)

    def _wrong(self, row: DictRow, code: str) -> None:
        """Values that are not of this certificate over these documents: nothing is written, nothing leaves."""
        with self._store.transaction("signing-wrong") as tx:
            if rows.locked(tx, row["id"]) is None:
                return
            if row["answer_hinted"]:
                # Somebody named a session that is not ours: it is forgotten, and our own is still open.
                log.warning("signing.hint_lied", session=row["id"], provider=row["provider"])
                rows.change(
                    tx,
                    row["id"],
                    hinted="",
                    answer_hinted=False,
                    work_at=None,
                    work_tries=0,
                    expires_at=row["deadline"],
                )
                tx.execute("update signing_session set answer = null where id = %s", (row["id"],))
                return
            telling.not_released(tx, row, code)
            self._ended(tx, row["id"], SessionState.FAILED, code)

    def _not_released(self, row: DictRow, verdict: str, *, again: bool) -> None:
        with self._store.transaction("signing-not-released") as tx:
            if rows.locked(tx, row["id"]) is None:
                return
            telling.not_released(tx, row, f"verdict-{verdict}")
            tries = row["verify_tries"] + 1
            if again and tries < MOST_VERIFIES:
                rows.change(
                    tx, row["id"], verify_tries=tries, work_tries=0, work_at=tx.now + try_again(tries)
                )
                return
            self._ended(tx, row["id"], SessionState.FAILED, f"verdict-{verdict}")

    def _fail(self, session: str, code: str) -> None:
        with self._store.transaction("signing-failed") as tx:
            self._ended(tx, session, SessionState.FAILED, code)


def files_prepared(files: list[DictRow]) -> bool:
    """Whether a session's documents are prepared already."""
    return any(one["prepared"] is not None for one in files)


def _facts(row: DictRow, file: DictRow, sha256: str) -> dict[str, object]:
    kind = making.media_type(DocumentKind(file["kind"]))
    return {
        "dossier_code": row["dossier_code"],
        "name": file["name"],
        "media_type": kind,
        "sha256": sha256,
    }


__all__ = ["Workshop"]
