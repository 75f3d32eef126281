"""Handing requests over, asking for their states, fetching what was handed in there. Threads may share a client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import AlreadyDone, ConnectorError, ContractBroken, OutcomeUnknown, Rejected
from connectors.judicial_records import translate, translate_vneid, wire
from connectors.judicial_records.settings import Ministry, Settings
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable, a_list, agreed, an_object, json_value
from connectors.kit.transport import Transport
from mappings.canonical.inbound import DossierNews
from mappings.canonical.judicial import Attachment, JudicialRequest

SYSTEM = translate.SYSTEM
HAND_OVER, ASK_STATE, FETCH = "hand_over", "ask_state", "fetch"
CATEGORIES, ACKNOWLEDGE, LIST_STATES = "categories", "acknowledge", "list_states"
REQUEST, SCAN = "request_of_ministry", "scan_at_ministry"
SHOWN = frozenset({"STATUS", "DEC_STATUS_ID", "infoType", "idReceivedDec", "status", "maHoSoMCDT"})
"""Fields that exchange summaries may show: no person, no secret."""
ONE_STOP = "2"
"""infoType of traTrangThaiHs and traDsTrangThaiHs for dossiers that went through a one-stop counter."""
FETCHED = {"online": "1", "direct": "2"}
"""infoType of traHoSo."""
ACKNOWLEDGED = {"direct": "1", "states": "2", "online": "3"}
"""infoType of danhDauHsThanhCong: other numbers for the same things than traHoSo has."""
LISTS = {"regions": "1", "nationalities": "2", "ethnicities": "3", "agencies": "4", "offices": "5"}
"""infoType of traDanhMuc."""
_MOST_IDS = 500


@dataclass(frozen=True, slots=True)
class Read:
    """What a list told. ``unreadable``: position and reason of rows that could not be read; they stop nobody else."""

    items: tuple[DossierNews, ...]
    unreadable: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Scanned:
    """News from the ministry, with the bytes of certificates by the ids of their files."""

    items: tuple[DossierNews, ...]
    contents: Mapping[str, bytes] = field(default_factory=dict)


class Client:
    """Criminal records.

    A refusal has their STATUS as its code; ``not-sent`` is ours, before anything left. Their words are not repeated in
    errors: they may name a person.
    """

    def __init__(self, settings: Settings, transport: Transport, ministry: Transport | None = None) -> None:
        self._settings, self._transport, self._ministry = settings, transport, ministry

    def hand_over(self, request: JudicialRequest, *, deadline_seconds: float | None = None) -> str:
        """Hand a request over under our receipt number; gives their id.

        Raises:
            Rejected: refused by them, or by us before anything left. AlreadyDone: they have that number.
            Unavailable: nothing was handed over.
            OutcomeUnknown: it may be there; ask by :meth:`state_of` with the number.
        """
        with self._ours(HAND_OVER, request.reference):
            message = translate.handed_over(request, self._settings)
        reference = request.reference
        answer = self._called(HAND_OVER, message, EffectClass.FINDABLE, reference, deadline_seconds)
        with agreed(SYSTEM, HAND_OVER, reference):
            self._judge(HAND_OVER, answer, reference, writes=True)
            return wire.needed(answer, "ID", most=200)

    def state_of(self, reference: str, *, deadline_seconds: float | None = None) -> DossierNews | None:
        """Where the request with our receipt number stands; ``None`` when they know no such number.

        Raises:
            Rejected, Unavailable
            ContractBroken: answered in another shape.
        """
        with self._ours(ASK_STATE, reference):
            message = {"idReceivedDec": translate.reference_of(reference), "infoType": ONE_STOP}
        answer = self._called(ASK_STATE, message, EffectClass.READ, reference, deadline_seconds)
        with agreed(SYSTEM, ASK_STATE, reference):
            if wire.text(answer, "STATUS", most=20) in self._settings.not_found_statuses:
                return None
            self._judge(ASK_STATE, answer, reference)
            if "DEC_STATUS_ID" in answer and not wire.text(answer, "DEC_STATUS_ID", most=10):
                return None
            return translate.state_news(answer, reference)

    def changed_states(self, *, one_stop: bool = True, deadline_seconds: float | None = None) -> Read:
        """States that changed there since they were acknowledged last. Raises as :meth:`state_of`."""
        message = {"infoType": ONE_STOP if one_stop else "1"}
        answer = self._called(LIST_STATES, message, EffectClass.READ, "", deadline_seconds)
        with agreed(SYSTEM, LIST_STATES):
            self._judge(LIST_STATES, answer, "")
            if "LISTCONTENT" not in answer:
                raise Unreadable("LISTCONTENT", "is missing")
            rows = wire.rows(answer, "LISTCONTENT")
        return _each(rows, translate.listed_state)

    def fetched(self, kind: str, *, deadline_seconds: float | None = None) -> Read:
        """Dossiers handed in there, ``online`` or ``direct``, that were not acknowledged yet. Raises as :meth:`state_of`."""
        answer = self._raw(FETCH, {"infoType": FETCHED[kind]}, EffectClass.READ, "", deadline_seconds)
        with agreed(SYSTEM, FETCH):
            if isinstance(answer, dict) and "STATUS" in answer:
                self._judge(FETCH, answer, "")
            rows = translate.fetched_rows(answer)
        return _each(rows, lambda row: translate.fetched(row, self._settings))

    def acknowledge(self, kind: str, ids: Sequence[str], *, deadline_seconds: float | None = None) -> None:
        """Say that ``direct`` or ``online`` dossiers or ``states`` were taken over. Only after they are stored here.

        Raises:
            Rejected, Unavailable, OutcomeUnknown: saying it again changes nothing more.
        """
        with self._ours(ACKNOWLEDGE, ""):
            if not 1 <= len(ids) <= _MOST_IDS or any(";" in each or not each.strip() for each in ids):
                raise Unreadable("declarationId", f"1 to {_MOST_IDS} ids without ';' are expected")
            message = {"declarationId": ";".join(ids), "infoType": ACKNOWLEDGED[kind]}
        answer = self._called(ACKNOWLEDGE, message, EffectClass.IDEMPOTENT, "", deadline_seconds)
        with agreed(SYSTEM, ACKNOWLEDGE):
            self._judge(ACKNOWLEDGE, answer, "", writes=True)

    def categories(self, kind: str, *, deadline_seconds: float | None = None) -> tuple[tuple[str, str], ...]:
        """Id and name of one of their lists (``LISTS``). Raises as :meth:`state_of`."""
        answer = self._raw(CATEGORIES, {"infoType": LISTS[kind]}, EffectClass.READ, "", deadline_seconds)
        with agreed(SYSTEM, CATEGORIES):
            if isinstance(answer, dict):
                if "STATUS" in answer:
                    self._judge(CATEGORIES, answer, "")
                answer = answer.get("LISTCONTENT")
            rows = [an_object(row, "list") for row in a_list(answer, "LISTCONTENT")]
            return tuple((wire.needed(row, "ID", most=60), wire.needed(row, "NAME")) for row in rows)

    def request_of_ministry(
        self,
        request: JudicialRequest,
        files: Sequence[Attachment] = (),
        *,
        deadline_seconds: float | None = None,
    ) -> None:
        """Hand a request to the ministry's own form, with its files. Raises as :meth:`hand_over`; found by :meth:`scan`."""
        ministry, transport = self._at_ministry(REQUEST)
        with self._ours(REQUEST, request.reference):
            message = translate_vneid.asked_of_ministry(
                request, files, ministry, most_file_bytes=self._settings.most_file_bytes
            )
        answer = self._object(
            transport, REQUEST, ministry.request_path, message, EffectClass.FINDABLE, request.reference, deadline_seconds
        )  # fmt: skip
        with agreed(SYSTEM, REQUEST, request.reference):
            self._judge(REQUEST, answer, request.reference, field="status", writes=True)

    def scan(self, reference: str, *, deadline_seconds: float | None = None) -> Scanned:
        """What the ministry says of a dossier; nothing in it when they know none. Raises as :meth:`state_of`."""
        ministry, transport = self._at_ministry(SCAN)
        with self._ours(SCAN, reference):
            message = {
                "authKey": ministry.auth_key.get_secret_value(),
                "maTinh": ministry.province,
                "maHoSoMCDT": wire.code({"maHoSoMCDT": reference}, "maHoSoMCDT"),
            }
        answer = self._object(
            transport, SCAN, ministry.scan_path, message, EffectClass.READ, reference, deadline_seconds
        )
        with agreed(SYSTEM, SCAN, reference):
            self._judge(SCAN, answer, reference, field="status")
            if "value" not in answer:
                raise Unreadable("value", "is missing")
            items: list[DossierNews] = []
            contents: dict[str, bytes] = {}
            for row in wire.rows(answer, "value"):
                news, found = translate_vneid.scanned(an_object(row, "value"), ministry, self._settings)
                if news.dossier_code != reference:
                    raise Unreadable("maHoSoMCDT", "the answer is about another dossier")
                items.append(news)
                contents |= found
            return Scanned(tuple(items), contents)

    def _at_ministry(self, operation: str) -> tuple[Ministry, Transport]:
        if self._settings.ministry is None or self._ministry is None:
            raise Rejected(
                "the ministry's form is not set up", system=SYSTEM, operation=operation, code="not-sent"
            )
        return self._settings.ministry, self._ministry

    def _called(
        self,
        operation: str,
        message: Any,
        effect_class: EffectClass,
        reference: str,
        deadline_seconds: float | None,
    ) -> dict[str, Any]:
        path = self._settings.path_of(operation)
        return self._object(
            self._transport, operation, path, message, effect_class, reference, deadline_seconds
        )

    def _object(self, transport: Transport, operation: str, path: str, message: Any, effect_class: EffectClass, reference: str, deadline_seconds: float | None) -> dict[str, Any]:  # fmt: skip
        answer = transport.send(
            operation,
            "POST",
            path,
            effect_class=effect_class,
            reference=reference,
            json=message,
            deadline_seconds=deadline_seconds,
        )
        with agreed(SYSTEM, operation, reference):
            return an_object(json_value(answer.content, most_bytes=self._settings.largest_answer_bytes))

    def _raw(self, operation: str, message: Any, effect_class: EffectClass, reference: str, deadline_seconds: float | None) -> Any:  # fmt: skip
        answer = self._transport.send(
            operation,
            "POST",
            self._settings.path_of(operation),
            effect_class=effect_class,
            reference=reference,
            json=message,
            deadline_seconds=deadline_seconds,
        )
        with agreed(SYSTEM, operation, reference):
            return json_value(answer.content, most_bytes=self._settings.largest_answer_bytes)

    def _judge(
        self,
        operation: str,
        answer: Mapping[str, Any],
        reference: str,
        *,
        field: str = "STATUS",
        writes: bool = False,
    ) -> None:
        """STATUS by the agreed tables; what is in none of them tells nothing."""
        status = wire.needed(answer, field, most=20)
        facts: dict[str, Any] = {"system": SYSTEM, "operation": operation, "reference": reference}
        if status in self._settings.ok_statuses:
            return
        if status in self._settings.duplicate_statuses:
            raise AlreadyDone("they have it already", code=status, **facts)
        if status in self._settings.refused_statuses | self._settings.not_found_statuses:
            if writes and self._is_doubtful(answer):
                raise OutcomeUnknown(f"{field} {status}, but it may be there already", **facts)
            raise Rejected("refused", code=status, **facts)
        branch: type[ConnectorError] = OutcomeUnknown if writes else ContractBroken
        shown = status if status.isascii() and status.isalnum() else "?"
        raise branch(f"{field} {shown} has no agreed meaning", **facts)

    def _is_doubtful(self, answer: Mapping[str, Any]) -> bool:
        words = wire.text(answer, "DESCRIPTION") + wire.text(answer, "statusDescription")
        return any(word in words.casefold() for word in self._settings.doubtful_words)

    @contextmanager
    def _ours(self, operation: str, reference: str) -> Iterator[None]:
        """What must not leave is refused before a byte does; the words name fields, never values."""
        try:
            yield
        except Unreadable as exc:
            raise Rejected(
                str(exc), system=SYSTEM, operation=operation, code="not-sent", reference=reference[:60]
            ) from None


def _each(rows: list[Any], read: Any) -> Read:
    items, unreadable = [], []
    for position, row in enumerate(rows):
        try:
            items.append(read(row))
        except Unreadable as exc:
            unreadable.append((position, str(exc)))
    return Read(tuple(items), tuple(unreadable))
