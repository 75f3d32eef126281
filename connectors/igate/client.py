"""iGate for us: a feed to read, fees to read, and what the six-step adapter lets us tell. Threads may share it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.errors import (
    AlreadyDone,
    ContractBroken,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.igate import creating, translate, wire
from connectors.igate.multipart import one_file
from connectors.igate.settings import Settings
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable, a_text, agreed, an_object, read_json
from connectors.kit.seams import Clock
from connectors.kit.transport import Transport
from mappings.canonical.dossier import DossierDetail, DossierHead, FeeDemand, FeedPage, FeesRead
from mappings.canonical.file import DossierFile, FileRef
from mappings.errors import MappingError

SYSTEM = "igate"
SHOWN = frozenset({"code", "status", "last", "totalElements", "numberOfElements", "affectedRows"})
"""Fields that exchange summaries may show. Bodies are full of people: hardly any."""


def no_files(file: FileRef) -> bytes:
    """What a client has until the installation gives it a file store."""
    raise LookupError(f"file {file.id}")


class Client:
    """The case system. ``read_file`` is set by the composition root.

    ``can_be_told`` is ``False`` without an adapter: then nothing is sent, and fees that were paid go on the list
    for the counter, rechecked by the feed.
    """

    def __init__(
        self, settings: Settings, transport: Transport, adapter: Transport | None = None, *, clock: Clock
    ) -> None:
        self._settings, self._transport, self._adapter, self._clock = settings, transport, adapter, clock
        self.read_file: Callable[[FileRef], bytes] = no_files

    @property
    def can_be_told(self) -> bool:
        """Whether there is an adapter for what we have to say."""
        return self._adapter is not None

    @property
    def not_found_is_proof(self) -> bool:
        """Whether a dossier that is not found by its code was never created."""
        return self._settings.create_not_found_is_proof

    @property
    def newest_first(self) -> bool:
        """The feed's order: newest first, the watermark may be raised only when a run has reached its end."""
        return self._settings.newest_first

    # ---- reading -----------------------------------------------------------------------------------------------------

    def changed_since(self, since: datetime, page: int) -> FeedPage:
        """One page (from 0) of the dossiers changed at or after ``since``. Safe to repeat; overlap is the caller's.

        Newest first, changes that come while the pages are read push others down: a dossier may be seen twice,
        none is missed that was changed before the run began.

        Raises:
            Unavailable, CredentialsRefused, ContractBroken
        """
        settings = self._settings
        params = {
            **settings.search_filter,
            "page": str(page),
            "size": str(settings.page_size),
            "spec": settings.page_kind.value,
            "sort": settings.sort,
        }
        if settings.changed_from:
            params[settings.changed_from] = since.astimezone(wire.HANOI).isoformat(timespec="milliseconds")
        content = self._read("search", f"{settings.dossiers_prefix}/dossier/search", params)
        with agreed(SYSTEM, "search"):
            found = wire.page(content, settings.page_size)
        heads: list[DossierHead] = []
        unreadable: list[tuple[str, str]] = []
        for place, item in enumerate(found.items):
            try:
                heads.append(translate.head(item, settings))
            except Unreadable as exc:
                unreadable.append((_name_of(item, page * settings.page_size + place), str(exc)))
        fresh = tuple(item for item in heads if item.updated_at >= since)
        reached = settings.newest_first and bool(heads) and len(fresh) < len(heads)
        return FeedPage(
            items=fresh,
            more=bool(found.items) and not found.last and not reached,
            total=found.total,
            unreadable=tuple(unreadable),
        )

    def dossier(self, source_id: str) -> DossierDetail:
        """A whole dossier by iGate's own id. Safe to repeat.

        Raises:
            Rejected: there is none (code 404).
            Unavailable, CredentialsRefused, ContractBroken
        """
        path = f"{self._settings.dossiers_prefix}/dossier/{self._id(source_id, 'dossier')}/--online"
        content = self._read("dossier", path, {}, reference=source_id)
        with agreed(SYSTEM, "dossier", source_id):
            found = translate.detail(read_json(content, system=SYSTEM, operation="dossier"), self._settings)
            if found.head.source_id != source_id:
                raise Unreadable("id", "is another dossier")
        return found

    def file(self, source_id: str) -> bytes:
        """The bytes of one file by iGate's own id. Safe to repeat.

        Raises:
            Rejected: there is none (code 404).
            Unavailable, CredentialsRefused, ContractBroken
        """
        path = f"{self._settings.files_prefix}/file/{self._id(source_id, 'file')}"
        return self._read("file", path, {}, reference=source_id)

    def by_code(self, code: str) -> DossierHead | None:
        """The dossier with this code, or ``None``. Safe to repeat.

        Raises:
            Unavailable, CredentialsRefused, ContractBroken: two dossiers with one code included.
        """
        params = {"page": "0", "size": "2", "spec": self._settings.page_kind.value, "code-match": code}
        content = self._read(
            "search", f"{self._settings.dossiers_prefix}/dossier/search", params, reference=code
        )
        with agreed(SYSTEM, "search", code):
            items = [translate.head(item, self._settings) for item in wire.page(content, 2).items]
            same = [item for item in items if item.code == code]
            if len(same) > 1:
                raise Unreadable("content", "two dossiers have one code")
        return same[0] if same else None

    def fees(self, source_ids: Sequence[str]) -> tuple[FeeDemand, ...]:
        """As :meth:`fees_read`, without those that could not be read: what is not there is not known.

        Raises:
            Unavailable, CredentialsRefused, Rejected, ContractBroken
        """
        return self.fees_read(source_ids).demands

    def fees_read(self, source_ids: Sequence[str]) -> FeesRead:
        """The fees of these dossiers, in this order; a demand without lines where nothing is asked. Safe to repeat.

        ``dossier_code`` is empty where the answer does not carry it (the public samples do not). A dossier whose
        fees cannot be read is named and stops nobody else.

        Raises:
            Unavailable, CredentialsRefused, Rejected, ContractBroken
        """
        settings = self._settings
        wanted = list(dict.fromkeys(self._id(each, "fees") for each in source_ids))
        demands: list[FeeDemand] = []
        unreadable: list[tuple[str, str]] = []
        for begin in range(0, len(wanted), settings.fees_per_call):
            some = wanted[begin : begin + settings.fees_per_call]
            path = f"{settings.dossiers_prefix}/dossier-fee/--by-dossiers"
            content = self._read("fees", path, {"dossier-ids": ",".join(some)})
            with agreed(SYSTEM, "fees"):
                found = translate.fees_read(
                    read_json(content, system=SYSTEM, operation="fees"), some, settings
                )
            demands += found.demands
            unreadable += found.unreadable
        return FeesRead(tuple(demands), tuple(unreadable))

    # ---- telling: the six-step adapter -------------------------------------------------------------------------------

    def confirm_fee(
        self,
        *,
        dossier_code: str,
        source_id: str,
        status: int | None,
        fee_lines: Sequence[Mapping[str, Any]],
        amount: int,
        paid_at: datetime | None,
        payment_reference: str,
        provider: str,
        deadline_seconds: float | None = None,
    ) -> str:
        """Tell that the fee is paid; the adapter's own code. Telling it twice changes nothing (assumed).

        ``status`` is the dossier's status number from the feed: its own state is told again where that may carry
        fees, so that paying never moves a dossier back.

        Raises:
            AlreadyDone: they know it.
            Rejected: refused; code ``not-offered`` without adapter, ``not-sent`` for facts that must not leave.
            Unavailable, CredentialsRefused, OutcomeUnknown, ContractBroken
        """
        words = translate.collected_words(
            amount=amount, reference=payment_reference, provider=provider, paid_at=paid_at
        )
        try:
            item = translate.status_update(
                self._settings,
                dossier_code=dossier_code,
                source_id=source_id,
                national=translate.fee_state(self._settings, status),
                words=words,
                fee_lines=fee_lines,
                paid=True,
            )
        except (ValueError, MappingError) as exc:
            raise self._not_sent("confirm_fee", dossier_code, exc) from exc
        path = self._settings.adapter_status_path
        return self._tell("confirm_fee", path, [item], EffectClass.IDEMPOTENT, dossier_code, deadline_seconds)

    def update_status(
        self,
        *,
        dossier_code: str,
        source_id: str,
        status: int,
        note: str,
        deadline_seconds: float | None = None,
    ) -> str:
        """Set the dossier's state; ``status`` is the National Portal's 1 to 10. Setting it twice changes nothing (assumed).

        Raises:
            As :meth:`confirm_fee`.
        """
        try:
            item = translate.status_update(
                self._settings, dossier_code=dossier_code, source_id=source_id, national=status, words=note
            )
        except (ValueError, MappingError) as exc:
            raise self._not_sent("update_status", dossier_code, exc) from exc
        path = self._settings.adapter_status_path
        return self._tell(
            "update_status", path, [item], EffectClass.IDEMPOTENT, dossier_code, deadline_seconds
        )

    def add_note(
        self,
        *,
        dossier_code: str,
        source_id: str,
        status: int,
        note: str,
        at: datetime,
        deadline_seconds: float | None = None,
    ) -> str:
        """Add a step to the dossier's history. Each call adds one: after a lost answer only a person can tell.

        Raises:
            As :meth:`confirm_fee`.
        """
        try:
            item = translate.progress(
                self._settings,
                dossier_code=dossier_code,
                source_id=source_id,
                national=status,
                words=note,
                at=at,
            )
        except (ValueError, MappingError) as exc:
            raise self._not_sent("add_note", dossier_code, exc) from exc
        path = self._settings.adapter_progress_path
        return self._tell("add_note", path, [item], EffectClass.EVIDENCE, dossier_code, deadline_seconds)

    def next_code(self, pattern: str) -> str:
        """The next dossier code of ``pattern``. A code that nobody uses leaves a gap, nothing worse.

        Raises:
            Unavailable, CredentialsRefused, Rejected, ContractBroken
        """
        path, params = self._settings.adapter_next_value_path, {"code": pattern}
        answer = self._adapter_of("next_code").send(
            "next_code", "GET", path, effect_class=EffectClass.READ, reference=pattern, params=params
        )
        with agreed(SYSTEM, "next_code", pattern):
            found = an_object(read_json(answer.content, system=SYSTEM, operation="next_code"))
            return a_text(found, "value", empty=False, most=60)

    def upload(self, name: str, content: bytes) -> tuple[str, str]:
        """Leave a file there: (IdTepTin, HashTepTin). A file that no dossier names does nothing.

        Raises:
            Unavailable, CredentialsRefused, Rejected, OutcomeUnknown, ContractBroken
        """
        body, media = one_file("files", name, content)
        answer = self._adapter_of("upload").send(
            "upload",
            "POST",
            self._settings.adapter_upload_path,
            effect_class=EffectClass.IDEMPOTENT,
            content=body,
            headers={"Content-Type": media},
        )
        with agreed(SYSTEM, "upload"):
            data = self._yes(answer.content, "upload", "")
            first = data[0] if isinstance(data, list) and data else data
            found = an_object(first, "data[]")
            return a_text(found, "IdTepTin", empty=False), a_text(found, "HashTepTin", empty=False)

    def create_dossier(
        self,
        file: DossierFile,
        *,
        form: Mapping[str, Any] | None = None,
        deadline_seconds: float | None = None,
    ) -> tuple[str, str]:
        """Create a dossier (NoiHoSo) under ``file.code``, which came from :meth:`next_code`: (idHoSo, maHoSo).

        Its files are left there first; a file that no dossier names does nothing, so up to the creation itself nothing
        was done. After a lost answer look for the code with :meth:`by_code`.

        Raises:
            AlreadyDone, Rejected (code ``not-sent``: refused by us), Unavailable, CredentialsRefused, OutcomeUnknown,
            ContractBroken
        """
        code, create = file.code, "create_dossier"
        today = self._clock.now().astimezone(wire.HANOI).date()
        adapter = self._adapter_of(create, code)
        try:
            uploads = self._left_there(file, code)
            body = creating.message(file, self._settings, uploads=uploads, form=form or {}, on=today)
        except (ValueError, MappingError, LookupError) as exc:
            raise self._not_sent(create, code, exc) from exc
        answer = adapter.send(
            create,
            "POST",
            self._settings.adapter_create_path,
            effect_class=EffectClass.FINDABLE,
            reference=code,
            json=body,
            deadline_seconds=deadline_seconds,
        )
        with agreed(SYSTEM, create, code):
            data = an_object(self._yes(answer.content, create, code), "data")
            made = a_text(data, "idHoSo", empty=False), a_text(data, "maHoSo", empty=False)
            if made[1] != code:
                raise Unreadable("maHoSo", "is another dossier")
        return made

    def _left_there(self, file: DossierFile, code: str) -> dict[str, creating.Upload]:
        uploads: dict[str, creating.Upload] = {}
        for ref in (ref for paper in file.papers for ref in paper.files):
            try:
                uploads[ref.id] = self.upload(ref.name, self.read_file(ref))
            except OutcomeUnknown as exc:
                raise Unavailable(
                    "a file was not taken; nothing was created",
                    system=SYSTEM,
                    operation="create_dossier",
                    reference=code,
                ) from exc
        return uploads

    # ---- inside ------------------------------------------------------------------------------------------------------

    def _read(self, operation: str, path: str, params: Mapping[str, str], *, reference: str = "") -> bytes:
        return self._transport.send(
            operation, "GET", path, effect_class=EffectClass.READ, reference=reference, params=params
        ).content

    def _tell(
        self,
        operation: str,
        path: str,
        items: Iterable[Mapping[str, Any]],
        effect_class: EffectClass,
        reference: str,
        deadline_seconds: float | None,
    ) -> str:
        answer = self._adapter_of(operation, reference).send(
            operation,
            "POST",
            path,
            effect_class=effect_class,
            reference=reference,
            json=list(items),
            deadline_seconds=deadline_seconds,
        )
        with agreed(SYSTEM, operation, reference):
            self._yes(answer.content, operation, reference)
        return str(answer.status)

    def _yes(self, content: bytes, operation: str, reference: str) -> Any:
        """What came with a yes; everything else is an error of the tree."""
        settings = self._settings
        found = wire.verdict(
            content,
            success=settings.success_codes,
            refused=settings.refused_texts,
            already=settings.already_texts,
        )
        facts = {"system": SYSTEM, "operation": operation, "reference": reference}
        match found.says:
            case wire.Says.YES:
                return found.data
            case wire.Says.ALREADY:
                raise AlreadyDone("they know it", code=found.code, **facts)
            case wire.Says.NO if found.code == "401":
                raise CredentialsRefused("code 401 in the answer", **facts)
            case wire.Says.NO:
                raise Rejected("refused", code=found.code[:20], **facts)
            case wire.Says.UNSURE if found.code == "text":
                raise ContractBroken("a sentence that was not agreed", **facts)
            case wire.Says.UNSURE:
                raise OutcomeUnknown(f"code {found.code[:20]} in the answer", **facts)

    def _adapter_of(self, operation: str, reference: str = "") -> Transport:
        if self._adapter is None:
            raise Rejected(
                "no adapter is set: the case system cannot be told",
                system=SYSTEM,
                operation=operation,
                code="not-offered",
                reference=reference,
            )
        return self._adapter

    def _id(self, source_id: str, operation: str) -> str:
        try:
            return wire.source_id(source_id)
        except Unreadable as exc:
            raise self._not_sent(operation, source_id[:64], exc) from exc

    def _not_sent(self, operation: str, reference: str, why: Exception) -> Rejected:
        return Rejected(str(why), system=SYSTEM, operation=operation, code="not-sent", reference=reference)


def _name_of(item: Any, place: int) -> str:
    """What a person can find an unreadable item by: its code or id, else its place."""
    if isinstance(item, Mapping):
        for key in ("code", "id"):
            value = item.get(key)
            if isinstance(value, str) and 0 < len(value) <= 64 and value.isprintable():
                return value
    return f"#{place}"
