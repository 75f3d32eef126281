"""Calls to the land registers. Speaks canonical types; one instance per process, threads may share it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from connectors.errors import AlreadyDone, Rejected, Unavailable
from connectors.kit.effects import EffectClass
from connectors.kit.reading import agreed
from connectors.kit.transport import Transport
from connectors.land import translate, wire
from connectors.land.settings import (
    HAND_OVER,
    RETURNED,
    SUPPLEMENT,
    WRONG_RESULT,
    LandSystem,
    Settings,
)
from mappings.canonical.file import DossierFile, FileRef, Paper
from mappings.errors import MappingError

SYSTEM = "land"
FETCH = "fetch"
_SHOWN_LINK = "/{link}"
"""A link of theirs may be made of the applicant's name and number."""

Files = Callable[[FileRef], bytes]
"""Reads the bytes of a file of ours by its id. Raises ``KeyError`` when there is none."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was fetched whole.

    Attributes:
        media_type: as their server said, lower case, may be empty.
    """

    content: bytes
    sha256: str
    media_type: str


def no_files(file: FileRef) -> bytes:
    """What a client has until the installation gives it a file store."""
    raise KeyError(file.id)


class Client:
    """The land registers of a province.

    ``files`` is set by the composition root; until then only messages without files can be sent.
    """

    def __init__(
        self,
        settings: Settings,
        lines: Mapping[str, Transport],
        downloads: Mapping[str, Transport],
        *,
        files: Files = no_files,
    ) -> None:
        """``lines``, ``downloads``: agency → its transports, the province's under the empty name."""
        self.settings, self.files = settings, files
        self._lines, self._downloads = lines, downloads

    def effect_class(self, operation: str) -> EffectClass:
        """The class of an operation: the most careful one of the registers that are in use."""
        safe = all(
            self._repeats(operation, system)
            for _, system in self.settings.systems()
            if system.path_of(operation)
        )
        return EffectClass.IDEMPOTENT if safe else EffectClass.EVIDENCE

    def offers(self, operation: str, agency: str | None = None) -> bool:
        """Whether the agency's register (any register) has such a message."""
        if agency is not None:
            return bool(self.settings.of(agency).path_of(operation))
        return any(system.path_of(operation) for _, system in self.settings.systems())

    def hand_over(self, file: DossierFile, *, agency: str, deadline_seconds: float | None = None) -> str:
        """Hand a received dossier over; gives their code.

        Raises:
            AlreadyDone: it is there, where the product's word for it counts as done.
            Rejected: refused by them, or by us before anything left (code ``not-sent``).
            Unavailable: nothing was done. OutcomeUnknown: it may be there.
        """
        return self._write(
            HAND_OVER,
            agency,
            file.code,
            file.papers,
            lambda system, contents: translate.hand_over(file, system, contents),
            deadline_seconds,
        )

    def supplement(
        self,
        code: str,
        *,
        agency: str,
        papers: Sequence[Paper],
        at: datetime,
        note: str = "",
        deadline_seconds: float | None = None,
    ) -> str:
        """The citizen handed in what was asked. Raises as :meth:`hand_over`."""
        return self._write(
            SUPPLEMENT,
            agency,
            code,
            papers,
            lambda system, contents: translate.supplement(code, note, at, papers, system, contents),
            deadline_seconds,
        )

    def returned(
        self,
        code: str,
        *,
        agency: str,
        at: datetime,
        officer: str = "",
        note: str = "",
        deadline_seconds: float | None = None,
    ) -> str:
        """The citizen has the result. Raises as :meth:`hand_over`."""
        return self._write(
            RETURNED,
            agency,
            code,
            (),
            lambda system, _: translate.returned(code, officer, at, note, system),
            deadline_seconds,
        )

    def wrong_result(
        self,
        code: str,
        *,
        agency: str,
        reason: str,
        papers: Sequence[Paper] = (),
        deadline_seconds: float | None = None,
    ) -> str:
        """The result is wrong and goes back to them. Raises as :meth:`hand_over`."""
        return self._write(
            WRONG_RESULT,
            agency,
            code,
            papers,
            lambda _, contents: translate.wrong_result(code, reason, papers, contents),
            deadline_seconds,
        )

    def fetch(self, link: str, *, agency: str, deadline_seconds: float | None = None) -> Fetched:
        """The file behind a link of theirs, from the download host and from nowhere else.

        Raises:
            Rejected: the link leads elsewhere (code ``foreign-link``) or they have no such file.
            Unavailable: not to be had now, too large, empty, or a page where a file was meant.
        """
        system, owner = self.settings.of(agency), self._owner(agency)
        host = system.download_url or system.base_url
        with self._ours(FETCH, ""):
            path, query = _local(link, host)
        answer = self._downloads[owner].send(
            FETCH,
            "GET",
            path,
            effect_class=EffectClass.READ,
            params=query or None,
            deadline_seconds=deadline_seconds,
            shown_path=_SHOWN_LINK,
        )
        media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        why = ""
        if answer.status != 200 or not answer.content:
            why = "no file came"
        elif media in ("text/html", "application/xhtml+xml") and not path.lower().endswith((".html", ".htm")):
            why = "a page came instead of the file"
        if why:
            raise Unavailable(why, system=SYSTEM, operation=FETCH)
        return Fetched(answer.content, hashlib.sha256(answer.content).hexdigest(), media)

    def _repeats(self, operation: str, system: LandSystem) -> bool:
        if operation == HAND_OVER:
            return system.existing_is_done
        return operation in system.repeatable

    def _owner(self, agency: str) -> str:
        return agency if agency in self.settings.agencies else ""

    def _write(
        self,
        operation: str,
        agency: str,
        code: str,
        papers: Sequence[Paper],
        body: Callable[[LandSystem, translate.Contents], dict[str, Any]],
        deadline_seconds: float | None,
    ) -> str:
        system = self.settings.of(agency)
        path = system.path_of(operation)
        with self._ours(operation, code):
            if not path:
                raise ValueError(f"{system.product} has no such message; a person tells them")
            message = body(system, self._read(papers, system))
        answer = self._lines[self._owner(agency)].send(
            operation,
            "POST",
            path,
            effect_class=self.effect_class(operation),
            reference=code,
            json=message,
            deadline_seconds=deadline_seconds,
        )
        with agreed(SYSTEM, operation, code):
            found = wire.verdict(answer.content)
        if found.done:
            return found.code
        facts = {"system": SYSTEM, "operation": operation, "reference": code}
        if found.exists and operation == HAND_OVER:
            if system.existing_is_done:
                raise AlreadyDone("they have it", code=found.code[:40] or "exists", **facts)
            raise Rejected("they say that it exists", code=found.code[:40] or "exists", **facts)
        raise Rejected("refused", code=found.code[:40] or "0", **facts)

    def _read(self, papers: Sequence[Paper], system: LandSystem) -> dict[str, bytes]:
        contents: dict[str, bytes] = {}
        left = system.largest_message_bytes
        for file in translate.files_of(papers):
            try:
                content = self.files(file)
            except KeyError:
                raise ValueError(f"file {file.id} is not in the store") from None
            if len(content) > system.largest_file_bytes:
                raise ValueError(
                    f"file {file.id} has {len(content)} bytes; {system.largest_file_bytes} are taken"
                )
            if file.sha256 and hashlib.sha256(content).hexdigest() != file.sha256:
                raise ValueError(f"file {file.id} is not the one that the dossier names")
            left -= len(content)
            if left < 0:
                raise ValueError(f"the files together have more than {system.largest_message_bytes} bytes")
            contents[file.id] = content
        return contents

    @contextmanager
    def _ours(self, operation: str, reference: str) -> Iterator[None]:
        """What we must not send is refused before a byte leaves."""
        try:
            yield
        except (ValueError, MappingError) as exc:
            code = "foreign-link" if operation == FETCH else "not-sent"
            raise Rejected(
                str(exc), system=SYSTEM, operation=operation, code=code, reference=reference
            ) from exc


def _local(link: str, host: str) -> tuple[str, list[tuple[str, str]]]:
    """Path and query behind the download host.

    Raises:
        ValueError: the link leads to another host, out of the host's folder, or is none.
    """
    if not link or len(link) > 2_000 or "\\" in link or any(ord(character) < 32 for character in link):
        raise ValueError("that is no link")
    parts, base = urlsplit(link), urlsplit(host)
    path = parts.path
    if parts.scheme or parts.netloc:
        ours = (base.scheme, base.hostname, base.port)
        if (parts.scheme, parts.hostname, parts.port) != ours or parts.username is not None:
            raise ValueError("the link leads to another host than was agreed")
        folder = base.path.rstrip("/")
        if folder and not path.startswith(folder + "/"):
            raise ValueError("the link leads out of the agreed folder")
        path = path.removeprefix(folder)
    path = "/" + path.removeprefix("~").lstrip("/")
    plain = unquote(path)
    if path == "/" or "\\" in plain or ".." in plain.split("/") or any(ord(each) < 32 for each in plain):
        raise ValueError("the link leads out of the agreed folder")
    return quote(plain, safe="/()@:+,;=!$&'*-._~"), parse_qsl(parts.query, keep_blank_values=True)
