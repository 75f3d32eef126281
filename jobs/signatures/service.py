"""Signing sessions: opened by a request, prepared, asked about until they end, verified before anything is stored."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from psycopg.rows import DictRow

from jobs import queues
from jobs.access import audit
from jobs.errors import BadInput, Duplicate, NotFound
from jobs.signatures import making, telling
from jobs.signatures.effects import effect_of
from jobs.signatures.model import (
    CERTIFICATES,
    GRACE,
    HINT_PAUSE,
    MOST_FILES,
    STATUS,
    Asking,
    Session,
    SessionState,
    masked,
)
from jobs.signatures.workshop import Workshop
from jobs.store.postgres import signatures as rows
from mappings.canonical.codec import to_json
from mappings.canonical.signing import SessionAsked, SigningHint

if TYPE_CHECKING:
    from connectors.kit.seams import Ids
    from jobs.access.model import Actor
    from jobs.signatures.judging import Judging
    from jobs.store.postgres.store import PgStore
    from jobs.store.postgres.tx import PgTx


_SIGNER = re.compile(r"[0-9]{9,13}(-[0-9]{3})?")
_KEY = re.compile(r"[\x21-\x7e]{8,200}")
_MOST_HOURS = 24.0 * 30
_AT_ONCE = 50


class Signatures:
    """One per process. Threads may share it."""

    def __init__(
        self,
        store: PgStore,
        ids: Ids,
        judging: Judging,
        providers: Mapping[str, str],
        *,
        key: str,
        tells: bool,
        finish: Collection[str] = (),
        reminder: timedelta = timedelta(hours=2),
    ) -> None:
        """Wire it.

        Args:
            providers: systems that this installation can ask → how people call them.
            key: makes digests of signers that nobody can guess back.
            tells: whether there is a case system to tell.
            finish: providers at which an agreement must be used by a call of its own.
            reminder: so long before the deadline the time line reminds.
        """
        self.store, self.judging, self.providers = store, judging, dict(providers)
        self._workshop = Workshop(store, judging, self.ended)
        self._finish_there = frozenset(finish)
        self._ids, self._key, self._reminder, self.tells = ids, key.encode(), reminder, tells

    def finishes(self, provider: str) -> bool:
        """Whether an agreement of the signer must be used by a call of its own."""
        return provider in self._finish_there

    # ---- what is asked of us -----------------------------------------------------------------------------------------

    def open(self, asking: Asking, *, actor: Actor) -> Session:
        """Open a session; the same key again is the same session. Nothing is called here.

        Raises:
            BadInput: it cannot be asked like that.
            NotFound: the dossier or a file of it is not there.
            Duplicate: the key was used for something else.
        """
        self._checked(asking)
        session = self._ids.new_id()
        with self.store.transaction("signing-open") as tx:
            known = rows.by_key(tx, asking.key)
            if known is not None:
                return self._same(tx, known, asking)
            if tx.dossiers.by_code(asking.dossier_code) is None:
                raise NotFound(f"dossier {asking.dossier_code}")
            now = tx.now
            deadline = now + timedelta(hours=asking.hours)
            row = {
                "id": session,
                "request_key": asking.key,
                "transaction": f"KY-{session}",
                "dossier_code": asking.dossier_code,
                "provider": asking.provider,
                "credential": asking.credential,
                "signer_digest": self._digest(asking.signer),
                "signer_masked": masked(asking.signer),
                "description": f"Ký hồ sơ {asking.dossier_code}",
                "deadline": deadline,
                "reminder_at": max(deadline - self._reminder, now + (deadline - now) / 2),
                "requested_by": str(actor),
            }
            if not rows.new_session(tx, row, self._files(tx, asking)):
                raise Duplicate("the key was taken at the same moment: ask again")
            tx.effects.plan(
                [
                    effect_of(
                        row,
                        "certificates",
                        CERTIFICATES,
                        {"signer": asking.signer},
                        lane=f"signing:{session}",
                    )
                ]
            )
            made = self._seen(tx, session)
            facts = {"provider": asking.provider, "files": len(asking.files)}
            audit.record(
                tx,
                actor,
                "signing.open",
                f"signing:{session}",
                dossier_code=asking.dossier_code,
                facts=facts,
            )
            found = rows.by_id(tx, session)
            assert found is not None  # noqa: S101 - written above
            telling.event(tx, found, "opened", {"files": len(asking.files)})
        return made

    def get(self, session: str) -> Session:
        """Where a session stands.

        Raises:
            NotFound
        """
        with self.store.transaction("signing-get") as tx:
            return self._seen(tx, session)

    def hint(self, provider: str, hint: SigningHint) -> bool:
        """A push says that a session may have moved on: the provider is asked earlier, nothing of the push is believed.

        Returns:
            Whether it names an open session; the caller answers the same in both cases.
        """
        with self.store.transaction("signing-hint") as tx:
            row = rows.hinted(tx, provider, hint.transaction, hint.their_reference)
            if row is None or row["answer"] is not None or row["certificate"] is None:
                return False
            changed: dict[str, object] = {}
            if not row["reference"] and hint.their_reference:
                changed["hinted"] = hint.their_reference[:200]
            if not row["reference"] and not (row["hinted"] or changed) and row["state"] == SessionState.ASKED:
                return True  # our own asking has not come back yet; it will tell more than a push
            early = max(tx.now, row["asked_at"] + HINT_PAUSE) if row["asked_at"] else tx.now
            if row["ask_at"] is not None:
                changed["ask_at"] = min(row["ask_at"], early)
            elif "hinted" in changed:
                changed["ask_at"] = early
            if changed:
                rows.change(tx, row["id"], **changed)
                tx.wake(queues.SIGNATURES)
        return True

    # ---- the work ----------------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Everything that is due: asking, reminding, ending; preparing and finishing. How many sessions were touched."""
        count = 0
        while found := self.store.run("signing-due", self._look_at_due):
            count += found
        while self._workshop.work():
            count += 1
        return count

    def _look_at_due(self, tx: PgTx) -> int:
        found = rows.due(tx, _AT_ONCE)
        for row in found:
            self._look(tx, row)
        return len(found)

    def _look(self, tx: PgTx, row: DictRow) -> None:
        session, now = row["id"], tx.now
        if row["reminder_at"] is not None and row["reminder_at"] <= now:
            rows.change(tx, session, reminder_at=None)
            telling.event(tx, row, "reminder", {"deadline": row["deadline"].isoformat()})
        if row["answer"] is not None:
            return
        if row["expires_at"] <= now:
            if row["state"] == SessionState.ASKED or row["closing"]:
                self.ended(tx, session, SessionState.EXPIRED, "deadline")
                return
            # The signer may have agreed a moment ago: the provider is asked once more before nobody listens any longer.
            rows.change(tx, session, closing=True, expires_at=now + GRACE)
            self._ask(tx, row)
        elif row["ask_at"] is not None and row["ask_at"] <= now:
            self._ask(tx, row)

    def _ask(self, tx: PgTx, row: DictRow) -> None:
        """Plan the next question to the provider. Each has a lane of its own: one that hangs holds up no other."""
        session, number = row["id"], row["asks"] + 1
        documents = tuple(one["document"] for one in rows.files_of(tx, session))
        theirs = row["reference"] or row["hinted"]
        asked = SessionAsked(row["transaction"], theirs, rows.signer_of(tx, session), documents)
        mark = {"hinted": not row["reference"] and bool(row["hinted"])}
        effect = effect_of(
            row,
            f"status:{number}",
            STATUS,
            {"session": to_json(asked)},
            mark=mark,
            lane=f"signing:{session}:{number}",
        )
        tx.effects.plan([effect])
        rows.change(tx, session, asks=number, asked_at=tx.now, ask_at=None)

    def ended(self, tx: PgTx, session: str, state: SessionState, code: str = "") -> bool:
        """See :func:`jobs.signatures.telling.ended`."""
        row = rows.by_id(tx, session)
        name = self.providers.get(row["provider"], "") if row is not None else ""
        return telling.ended(tx, session, state, code, provider=name, tell=self.tells)

    # ---- reading a request -------------------------------------------------------------------------------------------

    def _checked(self, asking: Asking) -> None:
        if not (self.judging.possible and self._key):
            raise BadInput(
                "signing-not-set", "/provider",
                "Chưa khai báo chứng thư gốc tin cậy hoặc khóa của phần ký số: không kiểm tra được chữ ký thì không ký.",
                "Trusted roots or the key of the signing work are not set: what cannot be verified is not signed.",
            )  # fmt: skip
        wrong = (
            ("/provider", asking.provider not in self.providers, "Chưa cấu hình dịch vụ ký này.", "This provider is not set."),
            ("/signer", not _SIGNER.fullmatch(asking.signer), "Số định danh hoặc mã số thuế.", "A personal number or tax code."),
            ("/key", not _KEY.fullmatch(asking.key), "Khóa 8 đến 200 ký tự.", "A key of 8 to 200 characters."),
            ("/hours", not 0 < asking.hours <= _MOST_HOURS, "Hạn ký tối đa 30 ngày.", "A deadline within 30 days."),
            ("/credential", len(asking.credential) > 200, "Tên chứng thư quá dài.", "The credential is too long."),
            ("/files", not 1 <= len(asking.files) <= MOST_FILES or len(set(asking.files)) != len(asking.files),
             f"1 đến {MOST_FILES} tệp khác nhau.", f"1 to {MOST_FILES} different files."),
        )  # fmt: skip
        for pointer, bad, message_vi, message_en in wrong:
            if bad:
                raise BadInput("not-signable", pointer, message_vi, message_en)

    def _files(self, tx: PgTx, asking: Asking) -> list[dict[str, object]]:
        known = rows.stored(tx, asking.files)
        found = []
        for number in asking.files:
            file = known.get(number)
            if file is None or file["dossier_code"] != asking.dossier_code:
                raise NotFound(f"file {number} of dossier {asking.dossier_code}")
            kind = making.kind_of(file["name"], file["media_type"])
            if kind is None or file["origin"].startswith("signing-prepared:"):
                raise BadInput(
                    "not-signable", "/files", "Chỉ ký tệp PDF và XML.", "Only PDF and XML are signed."
                )
            facts = {"id": number, "document": f"TL-{number}", "name": file["name"], "kind": kind.value}
            found.append({**facts, "sha256": file["sha256"]})
        return found

    def _same(self, tx: PgTx, known: DictRow, asking: Asking) -> Session:
        files = tuple(one["file_id"] for one in rows.files_of(tx, known["id"]))
        told = (known["dossier_code"], known["provider"], known["signer_digest"], files)
        if told != (asking.dossier_code, asking.provider, self._digest(asking.signer), asking.files):
            raise Duplicate("the key was used for another session")
        return self._seen(tx, known["id"])

    def _seen(self, tx: PgTx, session: str) -> Session:
        row = rows.by_id(tx, session)
        if row is None:
            raise NotFound(f"signing session {session}")
        files = tuple((one["file_id"], one["signed_file"]) for one in rows.files_of(tx, session))
        return Session(
            session,
            row["dossier_code"],
            row["provider"],
            row["signer_masked"],
            SessionState(row["state"]),
            row["code"],
            row["deadline"],
            files,
        )

    def _digest(self, signer: str) -> str:
        return hmac.new(self._key, b"signer:" + signer.encode(), hashlib.sha256).hexdigest()
