"""Messages to one piece of specialised software, as its profile describes them. Threads may share it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from connectors.errors import (
    AlreadyDone,
    ConnectorError,
    ContractBroken,
    OutcomeUnknown,
    Rejected,
    Unavailable,
)
from connectors.handover import wire
from connectors.handover.answers import Judged, Verdict, by_words, judged
from connectors.handover.profile import Action, Answer, MapField, Profile
from connectors.handover.translate import message, told
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable
from connectors.kit.refusing import before_sending
from connectors.kit.transport import Transport
from mappings.errors import MappingError

SYSTEM = "handover"
FileSource = Callable[[str], str]
"""Id of a file → its content as base64. Raises ``KeyError`` when there is none."""


class Client:
    """One piece of software. ``system`` is ``handover.<name>``."""

    def __init__(
        self, system: str, profile: Profile, transport: Transport, *, files: FileSource | None = None
    ) -> None:
        self.system, self.profile = system, profile
        self._transport, self.files = transport, files

    def call(
        self,
        name: str,
        facts: Mapping[str, Any],
        *,
        reference: str = "",
        deadline_seconds: float | None = None,
    ) -> tuple[dict[str, Any], str]:
        """Send action ``name`` with ``facts``; what the answer told, by the action's ``reads``, and their code.

        Raises:
            AlreadyDone: they have it already: a success for who asked.
            Rejected: refused; not there (``.code`` is theirs); or refused by us before anything left (``not-sent``).
            Unavailable: nothing was done; they may say for how long.
            OutcomeUnknown: a write may have been done.
            ContractBroken: answered otherwise than the profile says.
            CredentialsRefused
        """
        action = self.profile.actions[name]
        rule = self.profile.answers[action.answer]
        theirs, verdict = self._asked(name, action, rule, facts, reference, deadline_seconds)
        if verdict.verdict is not Verdict.DONE:
            raise self._error(verdict, action, name, reference)
        with self._agreed(name, reference):
            return told(self.profile, action.reads, theirs), verdict.code

    def _asked(
        self,
        name: str,
        action: Action,
        rule: Answer,
        facts: Mapping[str, Any],
        reference: str,
        deadline_seconds: float | None,
    ) -> tuple[dict[str, Any], Judged]:
        with before_sending(self.system, name, reference, MappingError):
            made = message(self.profile, action, self._with_content(facts, action.fields))
            body: dict[str, Any] = {"json": made.body} if action.body == "json" else {}
            if self.profile.soap is not None:
                body = {
                    "content": wire.envelope(self.profile.soap, action.element, made.body),
                    "headers": wire.headers(self.profile.soap, action.soap_action),
                }
            path = made.path(action)
        try:
            answer = self._transport.send(
                name,
                action.method,
                path,
                effect_class=action.effect,
                reference=reference,
                params=made.query or None,
                deadline_seconds=deadline_seconds,
                shown_path=action.path,
                **body,
            )
        except Rejected as exc:
            for codes, verdict in ((rule.already_http, Verdict.ALREADY), (rule.absent_http, Verdict.ABSENT)):
                if exc.code in map(str, codes):
                    return {}, Judged(verdict, exc.code)
            raise
        with self._agreed(name, reference):
            return self._read(action, rule, answer.content)

    def _read(self, action: Action, rule: Answer, raw: bytes) -> tuple[dict[str, Any], Judged]:
        if self.profile.soap is None:
            theirs = wire.json_object(raw)
            return theirs, judged(rule, theirs)
        found = wire.opened(self.profile.soap, raw)
        if isinstance(found, wire.Fault):
            return {}, Judged(by_words(rule, found.text) or Verdict.UNKNOWN, f"fault {found.code}"[:40])
        element, theirs = found
        if element != action.answer_element:
            raise Unreadable("Body", "another element than agreed")
        return theirs, judged(rule, theirs)

    def _error(self, found: Judged, action: Action, name: str, reference: str) -> ConnectorError:
        facts: dict[str, Any] = {"system": self.system, "operation": name, "reference": reference}
        match found.verdict:
            case Verdict.ALREADY:
                return AlreadyDone("they have it already", code=found.code or "already", **facts)
            case Verdict.REFUSED:
                return Rejected("refused", code=found.code or "refused", **facts)
            case Verdict.ABSENT:
                return NotThere("they do not have it", code=found.code or "absent", **facts)
            case Verdict.WAIT:
                return Unavailable(f"they ask to wait (code {found.code})", **facts)
            case _:
                branch = ContractBroken if action.effect is EffectClass.READ else OutcomeUnknown
                return branch(f"code {found.code or '-'}: its meaning was not agreed", **facts)

    def _with_content(self, facts: Mapping[str, Any], fields: tuple[MapField, ...]) -> Mapping[str, Any]:
        """``facts`` with the content of every file that the message holds, where the profile puts files into it.

        Raises:
            ValueError: a file without content: half a dossier is not handed over.
        """
        paths = [each.ours for each in fields if each.as_ in ("list", "base64")]
        if self.profile.files != "base64" or not paths:
            return facts
        given: Mapping[str, str] = facts.get("files") or {}
        return {name: self._filled(value, name, paths, given) for name, value in facts.items()}

    def _filled(self, value: Any, path: str, paths: list[str], given: Mapping[str, str]) -> Any:
        if not any(each.startswith(path) or path.startswith(each) for each in paths):
            return value
        if isinstance(value, list | tuple):
            return [self._filled(item, path, paths, given) for item in value]
        if not isinstance(value, Mapping):
            return value
        if {"id", "sha256", "media_type"} <= value.keys():
            return {**value, "content": self._content(str(value["id"]), given)}
        return {name: self._filled(item, f"{path}.{name}", paths, given) for name, item in value.items()}

    def _content(self, file: str, given: Mapping[str, str]) -> str:
        try:
            found = given.get(file) or (self.files(file) if self.files is not None else "")
        except KeyError:
            found = ""
        if not found:
            raise ValueError("một tệp của hồ sơ không có nội dung · a file of the dossier has no content")
        return found

    @contextmanager
    def _agreed(self, name: str, reference: str) -> Iterator[None]:
        """What cannot be read means: answered, but not as the profile says."""
        try:
            yield
        except (Unreadable, MappingError) as exc:
            raise ContractBroken(str(exc), system=self.system, operation=name, reference=reference) from exc


class NotThere(Rejected):
    """They do not have what was asked for."""


__all__ = ["SYSTEM", "Client", "FileSource", "NotThere"]
