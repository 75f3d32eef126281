"""The six steps of the ministry's adapter, in our words. Threads may share it; the token is the transport's business."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from connectors.errors import AlreadyDone, CredentialsRefused, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import EffectClass
from connectors.kit.reading import VIETNAM, Unreadable, a_text, agreed, an_object, json_value
from connectors.kit.seams import Clock
from connectors.kit.transport import Transport
from connectors.ministry import translate, upload, wire
from connectors.ministry.settings import Settings
from connectors.ministry.translate import Uploaded
from mappings.canonical.file import DossierFile, FileRef, Step

SYSTEM = translate.SYSTEM
NUMBER, UPLOAD, CREATE = "GetNextValue", "UploadFile", "NoiHoSo"
STEPS, STATE = "CapNhatTienTrinh", "CapNhatTrangThai"
SHOWN = frozenset({"code"})
"""Fields that exchange summaries may show: bodies are full of people, the token's answer of the token."""
_LOCAL = "local"


class Client:
    """A ministry's portal. It offers no look-up: what became of a lost create only a person or its push can tell."""

    def __init__(self, settings: Settings, transport: Transport, *, clock: Clock) -> None:
        self._settings, self._transport, self._clock = settings, transport, clock

    @property
    def doubles_refused(self) -> bool:
        """Whether the ministry confirmed that a second create of one number is refused."""
        return self._settings.doubles_refused

    def next_code(self, pattern: str = "", *, deadline_seconds: float | None = None) -> str:
        """The next dossier number. One that nobody uses is a gap in their numbers, nothing worse.

        Raises:
            Rejected, Unavailable, CredentialsRefused, OutcomeUnknown, ContractBroken
        """
        pattern = pattern or self._settings.number_code
        if not pattern:
            raise Rejected("no pattern is set", code=_LOCAL, **_names(NUMBER, ""))
        raw = self._sent(
            NUMBER,
            "GET",
            self._settings.number_path,
            EffectClass.IDEMPOTENT,
            pattern,
            deadline_seconds,
            params={"code": pattern},
        )
        with agreed(SYSTEM, NUMBER, pattern):
            # Seen as {value} alone; the other five wrap their answer, so that is read as well.
            found = an_object(json_value(raw))
            if "value" not in found:
                data = self._yes(raw, NUMBER, pattern)
                found = data if isinstance(data, dict) else {"value": data}
            return a_text(found, "value", empty=False, most=100)

    def upload(self, file: FileRef, content: bytes, *, deadline_seconds: float | None = None) -> Uploaded:
        """Leave a file there. One that no dossier names does nothing, so this may be repeated.

        Raises:
            Rejected: refused; code ``local`` when the bytes are not those of ``file`` or may not leave.
            Unavailable, CredentialsRefused, OutcomeUnknown, ContractBroken
        """
        settings = self._settings
        with self._ours(UPLOAD, file.id):
            if len(content) > settings.largest_file_bytes:
                raise ValueError(f"TepTin: {len(content)} bytes are too many")
            if file.sha256 and hashlib.sha256(content).hexdigest() != file.sha256:
                raise ValueError("TepTin: is not the file that was named")
            body, media = upload.body_of(settings.file_field, file.name, content)
        raw = self._sent(
            UPLOAD,
            "POST",
            settings.upload_path,
            EffectClass.IDEMPOTENT,
            file.id,
            deadline_seconds,
            content=body,
            headers={"Content-Type": media},
        )
        with agreed(SYSTEM, UPLOAD, file.id):
            data = self._yes(raw, UPLOAD, file.id)
            if isinstance(data, list) and len(data) == 1:
                data = data[0]
            found = an_object(data, "data")
            made = Uploaded(
                a_text(found, "IdTepTin", empty=False, most=200), a_text(found, "HashTepTin", most=200)
            )
            if settings.file_hash:
                ours = hashlib.new(settings.file_hash, content, usedforsecurity=False).hexdigest()
                if made.hash.lower() != ours:
                    raise Unreadable("HashTepTin", "is of another file")
        return made

    def create_dossier(
        self,
        file: DossierFile,
        *,
        uploads: Mapping[str, Uploaded],
        form: Mapping[str, Any],
        deadline_seconds: float | None = None,
    ) -> str:
        """Create the dossier; their id of it (idHoSo).

        Raises:
            AlreadyDone: they have one with this number.
            Rejected: refused; code ``local`` when it breaks their rules and never left.
            Unavailable, CredentialsRefused: nothing was done.
            OutcomeUnknown, ContractBroken: it may be there; nothing can be asked.
        """
        with self._ours(CREATE, file.code):
            item = translate.dossier(file, self._settings, on=self._today(), uploads=uploads, form=form)
        raw = self._sent(
            CREATE,
            "POST",
            self._settings.create_path,
            EffectClass.EVIDENCE,
            file.code,
            deadline_seconds,
            json=item,
        )
        with agreed(SYSTEM, CREATE, file.code):
            data = an_object(self._yes(raw, CREATE, file.code), "data")
            if a_text(data, "maHoSo", most=200) != file.code:
                raise Unreadable("maHoSo", "is another dossier")
            return a_text(data, "idHoSo", empty=False, most=200)

    def push_steps(
        self, reference: str, code: str, steps: Sequence[Step], *, deadline_seconds: float | None = None
    ) -> int:
        """Add steps to the dossier's history, in order, in one call; how many.

        Raises:
            As :meth:`create_dossier`, without ``AlreadyDone``.
        """
        with self._ours(STEPS, code):
            items = translate.steps(reference, code, steps)
        self._told(STEPS, self._settings.steps_path, EffectClass.EVIDENCE, code, items, deadline_seconds)
        return len(items)

    def push_state(
        self,
        reference: str,
        file: DossierFile,
        *,
        note: str = "",
        uploads: Mapping[str, Uploaded] | None = None,
        deadline_seconds: float | None = None,
    ) -> str:
        """Set the dossier's state, with fees and results where the state carries them; their code.

        Raises:
            As :meth:`create_dossier`, without ``AlreadyDone``.
        """
        with self._ours(STATE, file.code):
            item = translate.state(reference, file, self._settings, note=note, uploads=uploads or {})
        path = self._settings.state_path
        return self._told(STATE, path, EffectClass.IDEMPOTENT, file.code, [item], deadline_seconds)

    # ---- inside ------------------------------------------------------------------------------------------------------

    def _told(
        self,
        operation: str,
        path: str,
        effect_class: EffectClass,
        reference: str,
        items: Sequence[Mapping[str, Any]],
        deadline_seconds: float | None,
    ) -> str:
        raw = self._sent(operation, "POST", path, effect_class, reference, deadline_seconds, json=list(items))
        with agreed(SYSTEM, operation, reference):
            self._yes(raw, operation, reference)
            return wire.verdict(raw, self._settings).code

    def _sent(
        self,
        operation: str,
        method: str,
        path: str,
        effect_class: EffectClass,
        reference: str,
        deadline_seconds: float | None,
        **facts: Any,
    ) -> bytes:
        """One call; what their HTTP errors mean stands in the error."""
        try:
            return self._transport.send(
                operation,
                method,
                path,
                effect_class=effect_class,
                reference=reference,
                deadline_seconds=deadline_seconds,
                **facts,
            ).content
        except Rejected as exc:
            meaning = wire.HTTP_MEANINGS.get(exc.code)
            if meaning is None:
                raise
            names = _names(operation, reference)
            if exc.code == "403":
                raise CredentialsRefused(f"HTTP 403: {meaning}", **names) from exc
            raise Rejected(f"HTTP {exc.code}: {meaning}", code=exc.code, **names) from exc

    def _yes(self, raw: bytes, operation: str, reference: str) -> Any:
        """What came with a yes; everything else is an error of the tree."""
        found = wire.verdict(raw, self._settings)
        names = _names(operation, reference)
        match found.says:
            case wire.Says.YES:
                return found.data
            case wire.Says.EXISTS if operation == CREATE:
                raise AlreadyDone("they have it", code=found.code, **names)
            case wire.Says.TOKEN:
                raise Unavailable("code 401 in the answer: the token was not taken", **names)
            case wire.Says.UNSURE:
                raise OutcomeUnknown(f"code {found.code} in the answer", **names)
            case _:
                raise Rejected("refused", code=found.code, **names)

    def _today(self) -> date:
        return self._clock.now().astimezone(VIETNAM).date()

    @contextmanager
    def _ours(self, operation: str, reference: str) -> Iterator[None]:
        """What must not leave is refused before a byte does: repeating it cannot help."""
        try:
            yield
        except ValueError as exc:
            raise Rejected(str(exc), code=_LOCAL, **_names(operation, reference)) from exc


def _names(operation: str, reference: str) -> dict[str, Any]:
    return {"system": SYSTEM, "operation": operation, "reference": reference}


__all__ = ["CREATE", "NUMBER", "SHOWN", "STATE", "STEPS", "SYSTEM", "UPLOAD", "Client"]
