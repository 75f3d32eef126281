"""The national portal for us: catalogues to read, dossiers and their steps to tell, states to ask. Threads may share it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from connectors.dvcqg import translate, wire, wire_catalogues
from connectors.dvcqg.profile import Profile, profile
from connectors.dvcqg.session import SYSTEM, Sessions
from connectors.dvcqg.settings import Settings
from connectors.errors import (
    ConnectorError,
    ContractBroken,
    CredentialsRefused,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.kit.effects import EffectClass
from connectors.kit.reading import VIETNAM, Unreadable, a_whole, agreed, an_object
from connectors.kit.seams import Clock, monotonic_seconds
from connectors.kit.transport import Transport
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import DossierFile, Step
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.tables.national_statuses import state_or_pending

SHOWN = frozenset({"service", "isUpdating", "error_code"})
"""Fields that exchange summaries may show: no session, no person."""
_LOCAL = "local"


@dataclass(frozen=True, slots=True)
class DossierThere:
    """What they say of one dossier.

    Attributes:
        found: they know the code; without it the rest says nothing.
        status: TrangThaiHoSo as they wrote it; ``state``: its meaning, ``PENDING`` when it is in no list.
    """

    code: str
    found: bool
    status: str = ""
    state: DossierState = DossierState.PENDING


@dataclass(frozen=True, slots=True)
class Pushed:
    """``created``: they did not have the dossier before. ``code``: their error_code."""

    created: bool
    code: str


class Client:
    """The portal behind its adapter. One session per process; see ``session``."""

    def __init__(self, settings: Settings, transport: Transport, sessions: Sessions, *, clock: Clock) -> None:
        self._settings, self._transport, self._sessions = settings, transport, sessions
        self._clock = clock
        self._made: tuple[date, Profile] | None = None

    @property
    def steps_once(self) -> bool:
        """Whether the operator confirmed that a step sent twice is kept once."""
        return self._settings.steps_once

    @property
    def profile(self) -> Profile:
        """The tables of today (Việt Nam), for translating."""
        today = self._clock.now().astimezone(VIETNAM).date()
        made = self._made
        if made is None or made[0] != today:
            made = self._made = (today, profile(self._settings, today))
        return made[1]

    # ---- telling -----------------------------------------------------------------------------------------------------

    def push_dossier(
        self, file: DossierFile, *, known: bool = False, deadline_seconds: float | None = None
    ) -> Pushed:
        """Tell the whole dossier: create it, or set it to this version where they have it (``known``).

        A create that is refused because they have it becomes an update, and an update of what they have lost becomes a
        create: each refusal proves that the first one changed nothing.

        Raises:
            Rejected: refused; code ``local`` when it breaks their rules and never left.
            Unavailable, CredentialsRefused: nothing was done.
            OutcomeUnknown, ContractBroken: look the code up.
        """
        with self._ours(wire.PUSH, file.code):
            item = translate.dossier(file, self.profile)
        until = self._until(deadline_seconds)
        if known:
            answer, says = self._told(wire.PUSH, _pushing(item, "True"), file.code, until, may="miss")
            if says is wire.Says.YES:
                return Pushed(False, wire.shown_code(answer))
        answer, says = self._told(wire.PUSH, _pushing(item, "False"), file.code, until, may="exist")
        if says is wire.Says.YES:
            return Pushed(True, wire.shown_code(answer))
        if known:
            raise ContractBroken(
                "they have it for a create and have it not for an update", **_names(wire.PUSH, file.code)
            )
        answer, _ = self._told(wire.PUSH, _pushing(item, "True"), file.code, until)
        return Pushed(False, wire.shown_code(answer))

    def push_steps(self, code: str, steps: Sequence[Step], *, deadline_seconds: float | None = None) -> int:
        """Add steps to a dossier that is there, in order, some per call; how many they took.

        Only after its dossier was taken. When a later call of several fails, the earlier steps are there already, so
        that is never told as 'nothing was done'.

        Raises:
            Rejected: none was taken; code ``local`` when one breaks their rules and nothing left.
            Unavailable, CredentialsRefused: none was sent.
            OutcomeUnknown, ContractBroken: some may be there.
        """
        with self._ours(wire.STEPS, code):
            items = translate.steps(code, steps, self.profile)
        until, size = self._until(deadline_seconds), self._settings.steps_per_call
        for begin in range(0, len(items), size):
            try:
                self._told(wire.STEPS, {"data": items[begin : begin + size]}, code, until)
            except ConnectorError as exc:
                if begin == 0 or isinstance(exc, OutcomeUnknown):
                    raise
                raise OutcomeUnknown(
                    f"{begin} of {len(items)} steps were taken, then: {exc}",
                    system=SYSTEM,
                    operation=wire.STEPS,
                    reference=code,
                ) from exc
        return len(items)

    # ---- asking ------------------------------------------------------------------------------------------------------

    def find_dossier(self, code: str, *, deadline_seconds: float | None = None) -> DossierThere:
        """Whether they have the dossier, and in which state. Safe to repeat.

        Raises:
            Unavailable, CredentialsRefused, Rejected, ContractBroken
        """
        answer = self._asked(
            wire.LOOK_UP, {"mahoso": code}, code, deadline_seconds, share=False, missing=True
        )
        if wire.is_missing(answer, self._settings):
            return DossierThere(code, found=False)
        with agreed(SYSTEM, wire.LOOK_UP, code):
            item = self._own(answer, code)
            status = _first(item, self._settings.lookup_state_fields)
            return DossierThere(code, True, status, _state_of(status))

    def dossiers_there(self, codes: Iterable[str]) -> Iterator[DossierThere]:
        """What they have of each dossier that we once told them: for the daily job that finds lost pushes.

        There is no list by day (none is public), so each code is asked for, as slowly as it is consumed.

        Raises:
            As :meth:`find_dossier`, at the code that was asked.
        """
        for code in codes:
            yield self.find_dossier(code)

    def states(
        self, *, deadline_seconds: float | None = None
    ) -> tuple[tuple[DossierNews, ...], tuple[str, ...]]:
        """The feed of states, and the places of what could not be read in it. Safe to repeat.

        Raises:
            Unavailable, CredentialsRefused, Rejected, ContractBroken
        """
        answer = self._asked(wire.FEED, {"type": self._settings.feed_type}, "", deadline_seconds, share=False)
        news: list[DossierNews] = []
        unreadable: list[str] = []
        with agreed(SYSTEM, wire.FEED):
            if "result" not in answer.body:
                raise Unreadable("result", "is missing")
            found = wire.items(answer) if answer.result not in (None, "") else []
        for place, item in enumerate(found):
            try:
                news.append(self._news(an_object(item, "result[]")))
            except Unreadable as exc:
                unreadable.append(f"#{place}: {exc}")
        return tuple(news), tuple(unreadable)

    def account_of(self, tax_code: str, *, deadline_seconds: float | None = None) -> str:
        """TechID of an enterprise at the national sign-on, or an empty text. Safe to repeat.

        Raises:
            Unavailable, CredentialsRefused, Rejected, ContractBroken
        """
        asked = {"provider": self._settings.account_provider, "mstorcmnd": tax_code}
        answer = self._asked(wire.ACCOUNT, asked, "", deadline_seconds, missing=True)
        if wire.is_missing(answer, self._settings):
            return ""
        with agreed(SYSTEM, wire.ACCOUNT):
            found = [an_object(each, "result[]") for each in wire.items(answer)]
            accounts = {account for each in found if (account := wire.text(each, "TECHNICALID"))}
            if len(accounts) > 1:
                raise Unreadable("TECHNICALID", "two accounts for one tax code")
        return accounts.pop() if accounts else ""

    def with_account(self, news: DossierNews) -> DossierNews:
        """A dossier that came in, with the account of its enterprise. Without one it may not be taken in (answer -1).

        Raises:
            Rejected: code ``-1``: there is no such account.
            Unavailable, CredentialsRefused, ContractBroken
        """
        file = news.dossier
        if news.kind is not NewsKind.NEW_DOSSIER or file is None:
            return news
        account = self.account_of(file.applicant.tax_code)
        if not account:
            raise Rejected(
                "no account at the national sign-on",
                system=SYSTEM,
                operation=wire.ACCOUNT,
                code="-1",
                reference=news.dossier_code,
            )
        return replace(news, dossier=replace(file, applicant=replace(file.applicant, account=account)))

    def procedure(
        self, code: str, *, deadline_seconds: float | None = None
    ) -> wire_catalogues.Procedure | None:
        """The procedure with all its branches, or ``None``. Safe to repeat.

        Raises:
            Unavailable, CredentialsRefused, Rejected, ContractBroken
        """
        answer = self._asked(
            wire.PROCEDURE, {"maTTHC": code}, code, deadline_seconds, missing=True, share=False
        )
        if wire.is_missing(answer, self._settings):
            return None
        with agreed(SYSTEM, wire.PROCEDURE, code):
            found = wire.items(answer)
            if len(found) != 1:
                raise Unreadable("result", f"{len(found)} procedures for one code")
            read = wire_catalogues.read(wire_catalogues.Procedure, found[0], "result")
            if read.MATTHC and code != read.MATTHC:
                raise Unreadable("MATTHC", "is another procedure")
            return read

    def catalogue(self, name: str, *, deadline_seconds: float | None = None) -> tuple[Any, ...]:
        """All of ``procedures``, ``agencies``, ``fields`` or ``services``, each code once. Safe to repeat.

        Raises:
            Rejected: refused; code ``local`` when there is no such catalogue.
            Unavailable, CredentialsRefused, ContractBroken
        """
        if name not in wire_catalogues.CATALOGUES:
            raise Rejected("no such catalogue", code=_LOCAL, **_names("catalogue", ""))
        service, kind, code_of = wire_catalogues.CATALOGUES[name]
        answer = self._asked(service, {}, "", deadline_seconds)
        with agreed(SYSTEM, service):
            found = [wire_catalogues.read(kind, each, "result[]") for each in wire.items(answer)]
            if len({code_of(each) for each in found}) != len(found):
                raise Unreadable("result", "one code stands there twice")
        return tuple(found)

    # ---- inside ------------------------------------------------------------------------------------------------------

    def _told(
        self,
        service: str,
        facts: Mapping[str, Any],
        reference: str,
        until: float,
        *,
        may: str = "",
    ) -> tuple[wire.Envelope, wire.Says]:
        """A write: its answer when it is a yes, or that they have it (``may`` exist), or have it not (``may`` miss)."""
        effect_class = EffectClass.FINDABLE if service == wire.PUSH else EffectClass.EVIDENCE
        answer, says = self._answered(service, facts, effect_class, reference, until, may=may)
        match says:
            case wire.Says.YES | wire.Says.EXISTS | wire.Says.MISSING:
                return answer, says
            case wire.Says.UNSURE:
                raise OutcomeUnknown(f"error_code {wire.shown_code(answer)}", **_names(service, reference))
            case _:
                raise self._refused(answer, service, reference)

    def _asked(
        self,
        service: str,
        facts: Mapping[str, Any],
        reference: str,
        deadline_seconds: float | None,
        *,
        share: bool = True,
        missing: bool = False,
    ) -> wire.Envelope:
        """A read: its answer when it is a yes, or (``missing``) when it says that there is none."""
        until = self._until(deadline_seconds)
        answer, says = self._answered(service, facts, EffectClass.READ, reference, until, share=share)
        if says is wire.Says.YES or (missing and wire.is_missing(answer, self._settings)):
            return answer
        if says is wire.Says.UNSURE:
            raise Unavailable(f"error_code {wire.shown_code(answer)}", **_names(service, reference))
        raise self._refused(answer, service, reference)

    def _answered(
        self,
        service: str,
        facts: Mapping[str, Any],
        effect_class: EffectClass,
        reference: str,
        until: float,
        *,
        may: str = "",
        share: bool = False,
    ) -> tuple[wire.Envelope, wire.Says]:
        """One call, and once more when they say that the session has ended: that proves that nothing was done."""
        path = self._settings.share_path if share else self._settings.integration_path
        for last in (False, True):
            session = self._sessions.session(deadline_seconds=_left(until))
            body = {"session": session, "madonvi": self._settings.unit, "service": service, **facts}
            try:
                raw = self._transport.send(
                    service,
                    "POST",
                    path,
                    effect_class=effect_class,
                    reference=reference,
                    json=body,
                    headers={"dstcode": self._settings.dstcode} if self._settings.dstcode_always else None,
                    deadline_seconds=_left(until),
                ).content
            except CredentialsRefused:
                if last:
                    raise
            else:
                with agreed(SYSTEM, service, reference):
                    answer = wire.envelope(raw)
                    says = wire.judged(
                        answer, self._settings, creating=may == "exist", updating=may == "miss"
                    )
                if says is not wire.Says.EXPIRED:
                    return answer, says
                if last:
                    raise CredentialsRefused("a fresh session is refused", **_names(service, reference))
            self._sessions.ended(session, deadline_seconds=_left(until))
        raise AssertionError("unreachable")

    def _own(self, answer: wire.Envelope, code: str) -> Mapping[str, Any]:
        """The one item of a look-up that is about ``code``."""
        found = [an_object(each, "result[]") for each in wire.items(answer)]
        same = [each for each in found if _first(each, self._settings.lookup_code_fields) in ("", code)]
        if len(found) != 1 or len(same) != 1:
            raise Unreadable("result", "is not about this dossier alone")
        return same[0]

    def _news(self, item: Mapping[str, Any]) -> DossierNews:
        code = _first(item, self._settings.lookup_code_fields)
        status = _first(item, self._settings.lookup_state_fields)
        if not code or not status:
            raise Unreadable("result[]", "the dossier or its state is missing")
        return DossierNews(
            system=SYSTEM,
            kind=NewsKind.STATE,
            key=f"state:{code}:{_digest(item)}",
            dossier_code=code,
            state=_state_of(status),
            their_state=status[:40],
        )

    def _refused(self, answer: wire.Envelope, service: str, reference: str) -> Rejected:
        return Rejected("refused", code=wire.shown_code(answer), **_names(service, reference))

    def _until(self, deadline_seconds: float | None) -> float:
        return monotonic_seconds() + (deadline_seconds or self._settings.deadline_seconds)

    @contextmanager
    def _ours(self, operation: str, reference: str) -> Iterator[None]:
        """What must not leave is refused before a byte does: repeating it cannot help."""
        try:
            yield
        except translate.NotSendable as exc:
            raise Rejected(str(exc), code=_LOCAL, **_names(operation, reference)) from exc


def _pushing(item: Mapping[str, Any], updating: str) -> dict[str, Any]:
    return {"isUpdating": updating, "data": [item]}


def _left(until: float) -> float:
    """Never 0, which would mean: no deadline of its own."""
    return max(0.001, until - monotonic_seconds())


def _names(operation: str, reference: str) -> dict[str, Any]:
    return {"system": SYSTEM, "operation": operation, "reference": reference}


def _digest(item: Mapping[str, Any]) -> str:
    """Of a message without a name of its own: the same facts again are the same message."""
    return hashlib.sha256(json.dumps(item, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _first(item: Mapping[str, Any], names: Iterable[str]) -> str:
    """The first of the names that holds a text or a number."""
    return next((found for name in names if (found := wire.text(item, name))), "")


def _state_of(status: str) -> DossierState:
    try:
        return state_or_pending(a_whole(status, "TrangThaiHoSo", most=999))
    except Unreadable:
        return DossierState.PENDING


__all__ = ["SHOWN", "SYSTEM", "Client", "DossierThere", "Pushed"]
