"""Questions about citizens. Every one names its purpose, costs quota and is watched. Threads may share a client."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from lxml import etree

from connectors.errors import ConnectorError, Rejected, Unavailable
from connectors.kit.credentials_lgsp import acting_for
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable, agreed, an_object, json_value
from connectors.kit.seams import Clock, monotonic_seconds
from connectors.kit.transport import Transport
from connectors.population import numbers, translate, wire
from connectors.population.settings import Settings, Wrap, national_code
from mappings.canonical.citizen import CheckVerdict, Citizen, CitizenCheck, CitizenClaim, Household
from mappings.canonical.purpose import Purpose, Reason

SYSTEM = "population"
CONFIRM, LOOK_UP, MARITAL, RESIDENCE = "confirm", "look_up", "marital", "residence"
HOUSEHOLD, HEAD, RELATIVES, GUARDIAN, LIFE = "household", "head_of_household", "relatives", "guardian", "life"
ELEMENTS = {
    CONFIRM: "XacThucThongTinCongDan",
    LOOK_UP: "TraCuuThongTinCongDan",
    MARITAL: "XacMinhTinhTrangHonNhan",
    RESIDENCE: "XacMinhThongTinNoiOHienTai",
    HOUSEHOLD: "CungCapThongTinHoGiaDinh",
    HEAD: "XacMinhThongTinChuHo",
    RELATIVES: "XacMinhThongTinNhanThan",
    GUARDIAN: "XacMinhThongTinNguoiGiamHo",
    LIFE: "XacMinhTinhTrangChetMatTich",
}
"""Operation → name of the request. The first two have been seen in several programs, the others in one."""
NOT_SENT = "not-sent"
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,40}")
_UNIT = re.compile(r"[A-Za-z0-9._-]{1,35}")
_DOSSIER = re.compile(r"[A-Za-z0-9._/-]{1,60}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """An answer with the record of why it was asked, to be stored in one transaction."""

    value: T
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class _Reply:
    """What every kind of answer may hold."""

    verdict: CheckVerdict | None
    code: str
    citizens: tuple[Citizen, ...] | None


class Client:
    """The population database.

    A question without its purpose is refused here, before anything leaves, with the code of the rule: ``001`` no
    procedure, ``002`` no agency, ``003`` no officer, ``004`` the procedure has no national code, ``005`` the officer has
    no account there. ``no-contract``: the operation has no MaTichHop. ``not-sent``: a claim that cannot be true, or a
    request id or dossier code that says nothing.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        *,
        clock: Clock,
        proof: Callable[[float], Mapping[str, str]] | None = None,
    ) -> None:
        """``proof``: seconds left → the credentials' headers, where a body repeats them (SOAP in JSON)."""
        self._settings, self._transport, self._clock, self._proof = settings, transport, clock, proof

    def purpose(self, operation: str, claim: CitizenClaim, reason: Reason) -> Purpose:
        """The record of a look that is about to be made; also the check that it may be made.

        Raises:
            Rejected: see the class; nothing has left.
        """
        procedure, _ = self._justified(operation, reason)
        self._plausible(operation, claim, reason)
        return self._record(operation, claim, reason, procedure)

    def confirm(
        self, claim: CitizenClaim, reason: Reason, *, deadline_seconds: float | None = None
    ) -> Answered[CitizenCheck]:
        """Whether number, name and birth belong together.

        Raises:
            Rejected: refused by them, or by us before anything left.
            Unavailable: nobody answered; asking again is free of effects, though it costs quota.
            ContractBroken: answered in another shape, or about somebody else.
        """
        reply, purpose = self._asked(CONFIRM, claim, reason, deadline_seconds)
        verdict, citizen = reply.verdict, self._subject(CONFIRM, claim, reason, reply)
        if verdict is None:
            verdict = CheckVerdict.NOT_FOUND
            if citizen is not None:
                # 'Hoà' and 'Hòa' are one name: what differs is for a person to judge, not a no.
                same = translate.agrees(citizen, claim)
                verdict = CheckVerdict.CONFIRMED if same else CheckVerdict.UNCLEAR
        return Answered(CitizenCheck(verdict, reply.code, citizen), purpose)

    def confirm_many(
        self, asked: Sequence[tuple[CitizenClaim, Reason]], *, deadline_seconds: float
    ) -> list[Answered[CitizenCheck] | ConnectorError]:
        """Each confirmed in turn under its own purpose, in the order given: they take no lists.

        Once they are not to be reached or the time is used up, the rest is ``Unavailable`` without being asked.
        """
        until = monotonic_seconds() + deadline_seconds
        found: list[Answered[CitizenCheck] | ConnectorError] = []
        closed: Unavailable | None = None
        for claim, reason in asked:
            left = until - monotonic_seconds()
            if closed is None and left <= 0:
                closed = Unavailable("the batch's time is used up", system=SYSTEM, operation=CONFIRM)
            if closed is not None:
                found.append(_same_again(closed, reason.request_id))
                continue
            try:
                found.append(self.confirm(claim, reason, deadline_seconds=left))
            except Unavailable as exc:
                closed = exc
                found.append(exc)
            except ConnectorError as exc:
                found.append(exc)
        return found

    def check(
        self,
        operation: str,
        claim: CitizenClaim,
        reason: Reason,
        *,
        deadline_seconds: float | None = None,
    ) -> Answered[CitizenCheck]:
        """``LOOK_UP`` or one of the narrower questions (``MARITAL``, ``RESIDENCE``, ``HEAD``, ``RELATIVES``, ``GUARDIAN``, ``LIFE``).

        What is told stands in ``citizen``, with everything else left empty. Ask the narrowest question that serves: the
        law allows no more. Raises as :meth:`confirm`.
        """
        if operation not in ELEMENTS or operation in (CONFIRM, HOUSEHOLD):
            raise ValueError(f"{operation} is no question of this kind")
        reply, purpose = self._asked(operation, claim, reason, deadline_seconds)
        citizen = self._subject(operation, claim, reason, reply)
        verdict = reply.verdict
        if verdict is None:
            verdict = CheckVerdict.CONFIRMED if citizen is not None else CheckVerdict.NOT_FOUND
        elif citizen is not None and verdict is not CheckVerdict.CONFIRMED:
            verdict = CheckVerdict.UNCLEAR  # they tell of the person and say no
        return Answered(CitizenCheck(verdict, reply.code, citizen), purpose)

    def look_up(
        self, claim: CitizenClaim, reason: Reason, *, deadline_seconds: float | None = None
    ) -> Answered[CitizenCheck]:
        """All that the register tells of the citizen. Raises as :meth:`confirm`."""
        return self.check(LOOK_UP, claim, reason, deadline_seconds=deadline_seconds)

    def household(
        self, claim: CitizenClaim, reason: Reason, *, deadline_seconds: float | None = None
    ) -> Answered[Household | None]:
        """Who lives with the citizen; ``None`` when nobody is found. Raises as :meth:`confirm`."""
        reply, purpose = self._asked(HOUSEHOLD, claim, reason, deadline_seconds)
        with agreed(SYSTEM, HOUSEHOLD, purpose.request_id):
            if not reply.citizens:
                if reply.verdict is CheckVerdict.CONFIRMED:
                    raise Unreadable("CongdanCollection", "is missing although they say yes")
                return Answered(None, purpose)
            subject = next((each for each in reply.citizens if translate.is_about(each, claim)), None)
            if subject is None:
                raise Unreadable("CongDan", "the citizen that was asked about is not among them")
        made = Household(subject.household_number, translate.head_of(subject), reply.citizens)
        return Answered(made, purpose)

    def _asked(
        self, operation: str, claim: CitizenClaim, reason: Reason, deadline_seconds: float | None
    ) -> tuple[_Reply, Purpose]:
        procedure, officer = self._justified(operation, reason)
        fields = self._plausible(operation, claim, reason, procedure, officer)
        purpose = self._record(operation, claim, reason, procedure)
        raw = self._sent(operation, reason, fields, deadline_seconds)
        with agreed(SYSTEM, operation, reason.request_id):
            try:
                body = wire.body_of(self._unwrapped(raw))
            except wire.SoapFault as fault:
                raise _refusal(fault, operation, reason.request_id) from None
            return self._read(body), purpose

    def _read(self, body: etree._Element) -> _Reply:
        verdict, code = translate.verdict_of(body, self._settings)
        found = translate.citizens(body, self._settings)
        if verdict is None and found is None:
            raise Unreadable("Body", "neither a flag nor a CongdanCollection of the agreed namespace")
        return _Reply(verdict, code, found)

    def _subject(self, operation: str, claim: CitizenClaim, reason: Reason, reply: _Reply) -> Citizen | None:
        """The one citizen of the answer; it must be who was asked about."""
        if not reply.citizens:
            return None
        with agreed(SYSTEM, operation, reason.request_id):
            if len(reply.citizens) > 1:
                raise Unreadable("CongDan", "one citizen was asked about")
            if not translate.is_about(reply.citizens[0], claim):
                raise Unreadable("SoDinhDanh", "the answer is about somebody else")
        return reply.citizens[0]

    def _justified(self, operation: str, reason: Reason) -> tuple[str, str]:
        """National procedure code and the officer's account; without them nothing leaves."""

        def refused(code: str, why: str) -> Rejected:
            return Rejected(
                why, system=SYSTEM, operation=operation, code=code, reference=reason.request_id[:40]
            )

        if not reason.procedure.strip():
            raise refused("001", "no procedure justifies the question")
        if not _UNIT.fullmatch(reason.unit):
            raise refused("002", "no agency asks, or its code is no code")
        if not reason.officer.strip():
            raise refused("003", "no officer asks")
        procedure = national_code(self._settings.procedures.get(reason.procedure, reason.procedure))
        if not procedure:
            raise refused("004", "the procedure has no national code")
        officer = self._settings.officers.get(reason.officer)
        if officer is None:
            raise refused("005", "the officer has no account at the population database")
        if not _REQUEST_ID.fullmatch(reason.request_id):
            raise refused(NOT_SENT, "MaYeuCau is 8 to 40 letters, digits and dashes")
        if not _DOSSIER.fullmatch(reason.dossier_code):
            raise refused(NOT_SENT, "the question belongs to no dossier")
        if "MaTichHop" in self._settings.order and operation not in self._settings.contracts:
            raise refused("no-contract", "no MaTichHop was agreed for it")
        return procedure, officer

    def _plausible(
        self,
        operation: str,
        claim: CitizenClaim,
        reason: Reason,
        procedure: str = "",
        officer: str = "",
    ) -> list[wire.Field]:
        """The fields in their order; a claim that cannot be true costs no quota."""
        with _ours(operation, reason.request_id):
            numbers.checked(claim, structure=self._settings.check_structure)
            values: dict[str, Any] = {
                "MaYeuCau": reason.request_id,
                "MaDVC": procedure,
                "MaTichHop": self._settings.contracts.get(operation, ""),
                "MaCanBo": officer,
                "MaDonVi": reason.unit,
                "TaiKhoan": self._settings.account,
                "SoDienThoai": self._settings.phone,
                "SoDinhDanh": claim.number if len(claim.number) == 12 else "",
                "SoCMND": claim.number if len(claim.number) == 9 else "",
                "HoVaTen": translate.sent_name(claim.name),
                "NgayThangNamSinh": (translate.sent_birth(claim.birth),),
            }
        named = [(name, values[name]) for name in self._settings.order if values[name]]
        return [(self._settings.service_element if n == "MaDVC" else n, value) for n, value in named]

    def _record(self, operation: str, claim: CitizenClaim, reason: Reason, procedure: str) -> Purpose:
        return Purpose(
            request_id=reason.request_id,
            system=SYSTEM,
            operation=operation,
            procedure=procedure,
            unit=reason.unit,
            officer=reason.officer,
            dossier_code=reason.dossier_code,
            subject_digest=translate.digest_of(claim.number, self._settings.subject_key.get_secret_value()),
            at=self._clock.now(),
        )

    def _sent(
        self,
        operation: str,
        reason: Reason,
        fields: list[wire.Field],
        deadline_seconds: float | None,
    ) -> bytes:
        facts: dict[str, Any] = {
            "effect_class": EffectClass.READ,
            "reference": reason.request_id,
            "deadline_seconds": deadline_seconds,
            "officer": reason.officer,
        }
        path = self._settings.paths.get(operation, self._settings.path)
        if self._settings.wrap is Wrap.JSON:
            message = translate.json_fields(fields, self._settings)
            return self._send(operation, path, json=message, **facts)
        element = ELEMENTS[operation] + ("Request" if self._settings.named_request else "")
        content = wire.envelope(element, fields)
        if self._settings.wrap is Wrap.SOAP:
            return self._send(operation, path, content=content, headers=wire.HEADERS, **facts)
        left = deadline_seconds or self._settings.deadline_seconds
        with acting_for(reason.officer):
            told = {name.lower(): value for name, value in (self._proof or _nothing)(left).items()}
        wrapped = {
            "accessToken": told.get("authorization", "").removeprefix("Bearer "),
            "lgspAccessToken": told.get("lgspaccesstoken", ""),
            "AuthHash": told.get("authhash", ""),
            "data": content.decode(),
        }
        return self._send(operation, path, json=wrapped, **facts)

    def _send(self, operation: str, path: str, *, officer: str, **facts: Any) -> bytes:
        with acting_for(officer):
            return self._transport.send(operation, "POST", path, **facts).content

    def _unwrapped(self, raw: bytes) -> bytes:
        """The XML of an answer; JSON carries it as text in one field."""
        if self._settings.wrap is Wrap.SOAP or not raw.lstrip().startswith(b"{"):
            return raw
        inner = an_object(json_value(raw)).get(self._settings.answer_field)
        if not isinstance(inner, str) or not inner:
            raise Unreadable(self._settings.answer_field, "the answer's XML is expected there")
        return inner.encode()


def _nothing(left: float) -> Mapping[str, str]:
    del left
    return {}


@contextmanager
def _ours(operation: str, reference: str) -> Iterator[None]:
    """What cannot be true or must not leave is refused before a byte does; the words name fields, never values."""
    try:
        yield
    except Unreadable as exc:
        raise Rejected(
            str(exc), system=SYSTEM, operation=operation, code=NOT_SENT, reference=reference
        ) from None


def _refusal(fault: wire.SoapFault, operation: str, reference: str) -> ConnectorError:
    """A fault that blames the caller is a refusal; any other is as good as no answer."""
    if fault.code.lower() in ("client", "sender"):
        return Rejected(
            "refused by a fault", system=SYSTEM, operation=operation, code=fault.code, reference=reference
        )
    return Unavailable(
        f"they answered with fault {fault.code}", system=SYSTEM, operation=operation, reference=reference
    )


def _same_again(closed: Unavailable, reference: str) -> Unavailable:
    return Unavailable(
        "not asked: they were not to be reached a moment ago",
        system=SYSTEM,
        operation=CONFIRM,
        reference=reference,
        retry_after_seconds=closed.retry_after_seconds,
    )
