"""Calls to civil status and to the linked services. Speaks canonical types; one instance per process, threads may share it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from connectors.civil_status import causes, outcomes, results, translate, wire
from connectors.civil_status.rules import Head, LinkedState, missing_before, our_state
from connectors.civil_status.settings import Settings
from connectors.civil_status.tables import LINKED, MODULES, module_of
from connectors.civil_status.wire import Ending, Reply
from connectors.errors import AlreadyDone, ContractBroken, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable, a_list, a_whole, agreed, an_object, json_value
from connectors.kit.transport import Transport
from mappings.canonical.dossier import DossierState
from mappings.errors import MappingError

SYSTEM = "civil_status"
REGISTER, ASK_STATE, GET_RESULT = "register", "ask_state", "get_result"
PUSH_STATE, MARK_RECEIVED = "push_state", "mark_received"
ASK_LINKED = "ask_linked_state"
OK = frozenset({1, 200})
"""1 by the guide, 200 in the answers of the linked services."""
MOST_RECORDS = 100


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a dossier stands there. ``number``: theirs; ``note``: what is to be supplemented, may hold a person."""

    number: int
    state: DossierState
    note: str = ""


@dataclass(frozen=True, slots=True)
class Inbox:
    """The list of dossiers that wait for us. ``unreadable``: position in the list and the field that was wrong."""

    heads: tuple[Head, ...]
    unreadable: tuple[tuple[int, str], ...]


class Client:
    """Civil status of one province.

    Attributes:
        catalogues: number → codes, for the check before sending; filled by whoever reads ``codes`` now and then.
    """

    def __init__(self, settings: Settings, base: Transport, linked: Transport) -> None:
        self.settings = settings
        self.catalogues: Mapping[int, Collection[str]] = {}
        self.not_found_is_proof = settings.not_found_is_proof
        self._base, self._linked = base, linked

    def module(self, procedure: str, on: date) -> str:
        """The module of a procedure.

        Raises:
            MappingError
        """
        return module_of(procedure, on, self.settings.modules)

    def unit(self, agency: str, form: Mapping[str, Any]) -> str:
        """maDonVi: the place of registration in the form, else the agency's own; empty when neither is known."""
        return str(form.get("noiDangKy") or self.settings.units.get(agency, ""))

    def register(
        self,
        *,
        code: str,
        linked_code: str,
        module: str,
        unit: str,
        received_at: datetime,
        form: Mapping[str, Any],
        deadline_seconds: float | None = None,
    ) -> str:
        """Send a dossier to be registered; gives their status.

        Raises:
            AlreadyDone: they have it.
            Rejected: ``.code`` names fields and reasons (``causes.from_code``); by our own check before anything left
                it begins the same; ``not-sent`` for anything else of ours.
            Unavailable: nothing was done. OutcomeUnknown: it may be there; ask by :meth:`ask_state`.
        """
        wrong = causes.checked(form, self.catalogues)
        if wrong:
            raise Rejected(
                "not sent: the form would be refused",
                code=causes.as_code(wrong),
                **outcomes.facts(REGISTER, code),
            )
        with self._ours(REGISTER, code):
            if module not in MODULES:
                raise ValueError("no such module")
            message = translate.registration(
                self.settings,
                code=code,
                linked_code=linked_code,
                module=module,
                unit=unit,
                received_at=received_at,
                form=form,
            )
        path = self.settings.path_of("register_linked" if module in LINKED else "register")
        answer = self._post(REGISTER, path, message, EffectClass.FINDABLE, code, deadline_seconds)
        return self._done(REGISTER, code, answer)

    def ask_state(self, code: str, unit: str, *, deadline_seconds: float | None = None) -> Standing | None:
        """traTrangThaiHoSo; ``None``: they know no such dossier (no proof that it never came).

        Raises:
            Unavailable, ContractBroken, Rejected, CredentialsRefused
        """
        body = {"maDonVi": unit, "maHoSo": code}
        answer = self._read(ASK_STATE, "ask_state", body, code, deadline_seconds)
        if 1 <= answer.status <= 4 and not answer.errors:
            return Standing(answer.status, our_state(answer.status), answer.message)
        found = wire.judged(answer, ())
        if found.ending is Ending.ABSENT:
            return None
        raise outcomes.error(ASK_STATE, code, found)

    def get_result(
        self, code: str, unit: str, *, deadline_seconds: float | None = None
    ) -> results.CivilResult | None:
        """ketQuaDangKyHS; ``None``: not registered yet.

        Raises:
            Unavailable, ContractBroken, CredentialsRefused; Rejected: they know no such dossier.
        """
        body = {"maDonVi": unit, "maHoSo": code}
        answer = self._read(GET_RESULT, "get_result", body, code, deadline_seconds)
        found = wire.judged(answer, OK)
        if found.ending is Ending.UNFINISHED:
            return None
        if found.ending is not Ending.DONE:
            raise outcomes.error(GET_RESULT, code, found)
        with agreed(SYSTEM, GET_RESULT, code):
            value = _one(_inner(answer.value), "value")
            return results.read(value, largest=self.settings.largest_file_bytes)

    def catalogue(self, number: int, *, deadline_seconds: float | None = None) -> list[dict[str, Any]]:
        """danhMuc: the rows of catalogue 1 nationality, 2 country, 3 ethnicity, 4 place, 5 papers.

        Raises:
            Unavailable, ContractBroken, Rejected, CredentialsRefused
        """
        return self._rows("catalogue", {"loaiDanhMuc": number}, str(number), deadline_seconds)

    def codes(self, number: int, *, deadline_seconds: float | None = None) -> frozenset[str]:
        """The codes of a catalogue, for ``catalogues``. Raises as :meth:`catalogue`."""
        rows = self.catalogue(number, deadline_seconds=deadline_seconds)
        with agreed(SYSTEM, "catalogue", str(number)):
            return frozenset(_code(row, self.settings.catalogue_code_fields) for row in rows)

    def registered(
        self, module: str, updated_on: date, *, deadline_seconds: float | None = None
    ) -> list[tuple[str, str]]:
        """dsHoSoDangKy: (their id, maDonVi) of the records of a module that were changed on a day."""
        form = "%Y-%m-%d" if self.settings.generation == "xml" else "%d/%m/%Y"
        body = {"module": module, "ngayCapNhat": updated_on.strftime(form)}
        rows = self._rows("registered", body, module, deadline_seconds)
        with agreed(SYSTEM, "registered", module):
            return [(_code(row, ("id",)), _code(row, ("maDonVi",))) for row in rows]

    def record(self, module: str, record_id: str, *, deadline_seconds: float | None = None) -> dict[str, Any]:
        """traHoSo: one record as it stands there, by their id. Personal throughout."""
        with self._ours("record", record_id):
            body = {"module": module, "maHoSo": _long(record_id)}
        rows = self._rows("record", body, record_id, deadline_seconds)
        if len(rows) != 1:
            raise ContractBroken("one record was asked for", **outcomes.facts("record", record_id))
        return rows[0]

    def records(
        self, module: str, record_ids: Sequence[str], *, deadline_seconds: float | None = None
    ) -> list[dict[str, Any]]:
        """traDanhSachHoSo: many records of the province; personal throughout."""
        with self._ours("records", ""):
            if not 1 <= len(record_ids) <= MOST_RECORDS:
                raise ValueError(f"1 to {MOST_RECORDS} records at once")
            body = {
                "maTinh": self.settings.province,
                "module": module,
                "dsMaHoSo": [_long(one) for one in record_ids],
            }
        return self._rows("records", body, module, deadline_seconds)

    def push_state(
        self,
        report: translate.StateReport,
        wanted: LinkedState,
        sent: Collection[int],
        *,
        deadline_seconds: float | None = None,
    ) -> list[int]:
        """Tell the linked services a state, and before it what its order wants; gives what was told, in order.

        The first that is not taken ends it: a later state never leaves before an earlier one was taken. All of it may
        be told again; they take a state twice (assumed).

        Raises:
            AlreadyDone: the wanted state was there before.
            Rejected, Unavailable, OutcomeUnknown, CredentialsRefused
        """
        code = report.dossier_code
        told: list[int] = []
        plan = [*missing_before(sent, wanted), wanted]
        with self._ours(PUSH_STATE, code):
            messages = [translate.state_message(report, state, self.settings) for state in plan]
        share = None if deadline_seconds is None else deadline_seconds / len(plan)
        for state, message in zip(plan, messages, strict=True):
            try:
                answer = self._post(
                    PUSH_STATE,
                    self.settings.path_of("push_state"),
                    message,
                    EffectClass.IDEMPOTENT,
                    code,
                    share,
                    linked=True,
                )
                self._done(PUSH_STATE, code, answer)
            except AlreadyDone:
                if state is wanted:
                    raise
            except Unavailable as exc:
                if told:  # something left us: 'nothing was done' would be untrue of the whole
                    raise OutcomeUnknown(
                        f"state {state} was not taken", **outcomes.facts(PUSH_STATE, code)
                    ) from exc
                raise
            told.append(int(state))
        return told

    def ask_linked_state(
        self, code: str, module: str, place: str, *, deadline_seconds: float | None = None
    ) -> int | None:
        """The state that they show for a dossier; ``None``: they know none.

        Raises:
            Unavailable, ContractBroken, Rejected, CredentialsRefused
        """
        body = {
            "maTinh": self.settings.province,
            "maDinhDanhHoSo": [code],
            "module": module,
            "eformData": {"noiDangKy": place},
        }
        answer = self._read(ASK_LINKED, "ask_linked_state", body, code, deadline_seconds, linked=True)
        found = wire.judged(answer, OK)
        if found.ending is Ending.ABSENT:
            return None
        if found.ending is not Ending.DONE:
            raise outcomes.error(ASK_LINKED, code, found)
        with agreed(SYSTEM, ASK_LINKED, code):
            rows = [an_object(row, "value") for row in a_list(_inner(answer.value) or [], "value")]
            named = [row for row in rows if row.get("maHoSo", code) == code]
            if not named or named[-1].get("trangThai") is None:
                return None
            return a_whole(named[-1]["trangThai"], "trangThai", most=99)

    def inbox(self, *, deadline_seconds: float | None = None) -> Inbox:
        """Dossiers of the linked services that wait for us. A row that cannot be read hides no other.

        Raises:
            Unavailable, ContractBroken, Rejected, CredentialsRefused
        """
        raw = self._get("inbox", self.settings.path_of("inbox"), "", deadline_seconds)
        with agreed(SYSTEM, "inbox"):
            rows = a_list(self._value(raw), "data")
        heads: list[Head] = []
        unreadable: list[tuple[int, str]] = []
        for number, row in enumerate(rows):
            try:
                heads.append(results.head(row))
            except Unreadable as exc:
                unreadable.append((number, exc.field))
        return Inbox(tuple(heads), tuple(unreadable))

    def dossier(self, head: Head, *, deadline_seconds: float | None = None) -> results.Inbound:
        """Pull one dossier with its attachments. Raises as :meth:`inbox`."""
        path = f"{self.settings.path_of('inbox')}/{quote(head.id, safe='')}"
        raw = self._get("dossier", path, head.code, deadline_seconds)
        with agreed(SYSTEM, "dossier", head.code):
            return results.dossier(self._value(raw), head, largest=self.settings.largest_file_bytes)

    def mark_received(self, code: str, *, deadline_seconds: float | None = None) -> str:
        """Say that we have a dossier of theirs. Setting it again changes nothing. Raises as :meth:`register`."""
        with self._ours(MARK_RECEIVED, code):
            if not code:
                raise ValueError("maHoSo is empty")
        answer = self._post(
            MARK_RECEIVED,
            self.settings.path_of("mark_received"),
            {"maHoSo": code, "daNhan": True},
            EffectClass.IDEMPOTENT,
            code,
            deadline_seconds,
            linked=True,
            method="PUT",
        )
        return self._done(MARK_RECEIVED, code, answer)

    # ---- below: one way out, one judgement ---------------------------------------------------------------------------

    def _post(
        self,
        operation: str,
        path: str,
        body: Mapping[str, Any],
        effect_class: EffectClass,
        code: str,
        deadline_seconds: float | None,
        *,
        linked: bool = False,
        method: str = "POST",
    ) -> Reply:
        line = self._linked if linked else self._base
        answer = line.send(
            operation,
            method,
            path,
            effect_class=effect_class,
            reference=code,
            json=body,
            deadline_seconds=deadline_seconds,
        )
        with agreed(SYSTEM, operation, code):
            return wire.reply(answer.content, self.settings)

    def _read(
        self,
        operation: str,
        call: str,
        body: Mapping[str, Any],
        code: str,
        deadline_seconds: float | None,
        *,
        linked: bool = False,
    ) -> Reply:
        path = self.settings.path_of(call)
        return self._post(operation, path, body, EffectClass.READ, code, deadline_seconds, linked=linked)

    def _get(self, operation: str, path: str, code: str, deadline_seconds: float | None) -> bytes:
        return self._linked.send(
            operation,
            "GET",
            path,
            effect_class=EffectClass.READ,
            reference=code,
            deadline_seconds=deadline_seconds,
        ).content

    def _value(self, raw: bytes) -> Any:
        """What a GET brings: bare, or under one of the value's names."""
        body = json_value(raw, most_bytes=self.settings.largest_answer_bytes)
        if not isinstance(body, dict):
            return body
        named = next((body[name] for name in self.settings.value_fields if body.get(name) is not None), None)
        if named is None:
            raise Unreadable("data", "is missing")
        return named

    def _rows(
        self, call: str, body: Mapping[str, Any], reference: str, deadline_seconds: float | None
    ) -> list[dict[str, Any]]:
        answer = self._read(call, call, body, reference, deadline_seconds)
        found = wire.judged(answer, OK)
        if found.ending is not Ending.DONE:
            raise outcomes.error(call, reference, found)
        with agreed(SYSTEM, call, reference):
            return [an_object(row, "value") for row in a_list(_inner(answer.value), "value")]

    def _done(self, operation: str, code: str, answer: Reply) -> str:
        found = wire.judged(answer, OK)
        if found.ending is Ending.DONE:
            return found.code
        raise outcomes.error(operation, code, found)

    @contextmanager
    def _ours(self, operation: str, reference: str) -> Iterator[None]:
        """What we must not send is refused before a byte leaves."""
        try:
            yield
        except (ValueError, MappingError) as exc:
            raise Rejected(str(exc), code="not-sent", **outcomes.facts(operation, reference)) from exc


def _inner(value: Any) -> Any:
    """A value may be JSON inside a text (the guide says so of catalogues)."""
    if isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        return json_value(value.encode())
    return value


def _one(value: Any, field: str) -> Any:
    if isinstance(value, list):
        if len(value) != 1:
            raise Unreadable(field, "one is expected")
        return value[0]
    return value


def _code(row: Mapping[str, Any], names: Collection[str]) -> str:
    for name in names:
        value = row.get(name)
        if type(value) is int or (isinstance(value, str) and value):
            return str(value)
    raise Unreadable(next(iter(names)), "is missing")


def _long(text: str) -> int:
    return a_whole(text, "maHoSo", most=2**63 - 1)


__all__ = ["SYSTEM", "Client", "Inbox", "Standing"]
