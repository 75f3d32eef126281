"""Look-ups of social security. Every one names its purpose. One instance per process, threads may share it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from connectors.errors import Rejected
from connectors.kit.credentials_lgsp import acting_for
from connectors.kit.effects import EffectClass
from connectors.kit.reading import VIETNAM, Unreadable, agreed
from connectors.kit.seams import Clock
from connectors.kit.transport import Transport
from connectors.social_insurance import translate, wire
from connectors.social_insurance.settings import Settings
from mappings.canonical.insurance import InsuranceQuestion, InsuredMember, InsuredPerson
from mappings.canonical.purpose import Purpose, Reason

SYSTEM = "social_insurance"
BY_NUMBER, FIND_NUMBER, HOUSEHOLD = "by_number", "find_number", "household"
SHOWN = frozenset({"trangThai", "errorCode", "isKs", "loaiNgaySinh"})
"""Fields that exchange summaries may show: nothing of a person."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Answered(Generic[_T]):
    """An answer with the record of the look. ``state``: their trangThai beside a number."""

    value: _T
    purpose: Purpose
    state: str = ""


class Client:
    """Questions to social security. Nothing here changes anything there.

    A question without its purpose is refused before anything leaves, with the code of the rule: ``001`` no procedure, ``002``
    no agency, ``003`` no officer, ``not-sent`` no dossier, no request id, or facts that cannot be.
    """

    def __init__(self, settings: Settings, transport: Transport, *, clock: Clock) -> None:
        self._settings, self._transport, self._clock = settings, transport, clock

    def by_number(
        self, number: str, reason: Reason, *, deadline_seconds: float | None = None
    ) -> Answered[InsuredPerson | None]:
        """The person with a social insurance number; ``None``: there is none.

        Raises:
            Rejected, Unavailable, ContractBroken
        """
        with _ours(BY_NUMBER, reason):
            asked = translate.number(number, self._settings)
        purpose = self._record(BY_NUMBER, asked, reason)
        found = self._asked(
            BY_NUMBER, self._settings.by_number_path, {"maSoBhxh": asked}, reason, deadline_seconds
        )
        with agreed(SYSTEM, BY_NUMBER, reason.request_id):
            row = _at_most_one(found)
            return Answered(translate.person(row, asked) if row else None, purpose)

    def find_number(
        self, question: InsuranceQuestion, reason: Reason, *, deadline_seconds: float | None = None
    ) -> Answered[str]:
        """The social insurance number of somebody; empty: there is nobody.

        Raises:
            Rejected, Unavailable, ContractBroken
        """
        with _ours(FIND_NUMBER, reason):
            message = translate.by_criteria(question, self._settings, today=self._today())
        purpose = self._record(FIND_NUMBER, translate.subject_of(question), reason)
        found = self._asked(FIND_NUMBER, self._settings.find_number_path, message, reason, deadline_seconds)
        with agreed(SYSTEM, FIND_NUMBER, reason.request_id):
            row = _at_most_one(found)
            if row is None:
                return Answered("", purpose)
            number = wire.text(row, "maSoBhxh", needed=True)
            if not (number.isascii() and number.isdigit()) or len(number) != self._settings.number_digits:
                raise Unreadable("maSoBhxh", "is no social insurance number")
            return Answered(number, purpose, wire.text(row, "trangThai"))

    def household(
        self, question: InsuranceQuestion, reason: Reason, *, deadline_seconds: float | None = None
    ) -> Answered[list[InsuredMember]]:
        """Who lives in somebody's household, as they keep it; an empty list: nobody was found.

        Raises:
            Rejected, Unavailable, ContractBroken
        """
        with _ours(HOUSEHOLD, reason):
            message = translate.of_household(question, self._settings, today=self._today())
        purpose = self._record(HOUSEHOLD, translate.subject_of(question), reason)
        found = self._asked(HOUSEHOLD, self._settings.household_path, message, reason, deadline_seconds)
        with agreed(SYSTEM, HOUSEHOLD, reason.request_id):
            return Answered([translate.member(row) for row in found], purpose)

    def _asked(
        self,
        operation: str,
        path: str,
        message: Mapping[str, str],
        reason: Reason,
        deadline_seconds: float | None,
    ) -> list[dict[str, Any]]:
        """The rows of the answer; none where an agreed code says that there is nobody."""
        with acting_for(reason.officer):
            answer = self._transport.send(
                operation,
                "POST",
                path,
                effect_class=EffectClass.READ,
                reference=reason.request_id,
                json=message,
                deadline_seconds=deadline_seconds,
            )
        with agreed(SYSTEM, operation, reason.request_id):
            found = wire.rows(answer.content, self._settings.wrapper)
            codes = {wire.text(row, "errorCode", most=50) for row in found} - {
                "",
                *self._settings.success_codes,
            }
        if not codes:
            return found
        if codes <= self._settings.not_found_codes:
            return []
        raise Rejected(
            "refused",
            system=SYSTEM,
            operation=operation,
            code=min(codes - self._settings.not_found_codes),
            reference=reason.request_id,
        )

    def _record(self, operation: str, subject: str, reason: Reason) -> Purpose:
        return Purpose(
            request_id=reason.request_id,
            system=SYSTEM,
            operation=operation,
            procedure=reason.procedure,
            unit=reason.unit,
            officer=reason.officer,
            dossier_code=reason.dossier_code,
            subject_digest=translate.digest_of(subject, self._settings.subject_key.get_secret_value()),
            at=self._clock.now(),
        )

    def _today(self) -> date:
        return self._clock.now().astimezone(VIETNAM).date()


_NEEDED = (
    ("procedure", "001", "no procedure was told"),
    ("unit", "002", "no agency was told"),
    ("officer", "003", "no officer was told"),
    ("request_id", "not-sent", "no request id was given"),
    ("dossier_code", "not-sent", "no dossier was told"),
)


@contextmanager
def _ours(operation: str, reason: Reason) -> Iterator[None]:
    """A question without its purpose, or one that cannot be answered, does not leave us."""
    facts: dict[str, Any] = {"system": SYSTEM, "operation": operation, "reference": reason.request_id}
    for name, code, why in _NEEDED:
        if not str(getattr(reason, name)).strip():
            raise Rejected(why, code=code, **facts)
    try:
        yield
    except ValueError as exc:
        raise Rejected(str(exc), code="not-sent", **facts) from exc


def _at_most_one(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    if len(rows) > 1:
        raise Unreadable("body", "several people answer to one question")
    return rows[0] if rows else None
