"""Fetches what is not stored yet, and gives files to whoever may have them."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import structlog
from psycopg.rows import DictRow

from connectors.errors import Rejected
from jobs.files.links import Links
from jobs.store.postgres import files as rows
from mappings.canonical.dossier import DossierDetail, FormPaper
from mappings.canonical.file import DossierFile, FileRef, Paper

if TYPE_CHECKING:
    from jobs.store.postgres.store import PgStore

log = structlog.get_logger(__name__)

_OTHER = "application/octet-stream"


class Origin(Protocol):
    """Where the files lie."""

    def file(self, source_id: str) -> bytes: ...


class Files:
    """One per process."""

    def __init__(self, store: PgStore, origin: Origin, links: Links | None) -> None:
        """``links``: ``None`` where nobody may pull files from us."""
        self._store, self._origin, self._links = store, origin, links

    def papers(self, detail: DossierDetail) -> tuple[Paper, ...]:
        """The papers of a dossier with their files stored; what its origin does not have is left out and logged.

        Raises:
            Unavailable: the origin is away; what was fetched stays.
        """
        wanted = [(paper, each) for paper in detail.papers for each in paper.files]
        origins = [f"igate:{each.source_id}" for _, each in wanted]
        with self._store.transaction("files-known") as tx:
            known = rows.known(tx, origins) if origins else {}
        for origin, (_, each) in zip(origins, wanted, strict=True):
            if origin not in known:
                self._fetch(detail.head.code, origin, each.source_id, each.name)
        with self._store.transaction("files-known") as tx:
            known = rows.known(tx, origins) if origins else {}
        return tuple(self._paper(paper, known) for paper in detail.papers)

    def linked(self, file: DossierFile, now: datetime) -> DossierFile:
        """The same dossier, its files with links that can be used from now on."""
        links = self._links
        if links is None:
            return file

        def one(ref: FileRef) -> FileRef:
            return replace(ref, url=links.url(int(ref.id), ref.name, now)) if ref.id.isdigit() else ref

        papers = tuple(
            replace(paper, files=tuple(one(each) for each in paper.files)) for paper in file.papers
        )
        results = tuple(
            replace(each, file=one(each.file)) if each.file is not None else each for each in file.results
        )
        return replace(file, papers=papers, results=results)

    def read(self, file: str | FileRef) -> bytes:
        """The bytes of a stored file.

        Raises:
            LookupError: there is none.
        """
        name = file if isinstance(file, str) else file.id
        with self._store.transaction("file-read") as tx:
            row = rows.content(tx, int(name)) if name.isdigit() else None
        if row is None:
            raise LookupError(name)
        return bytes(row["content"])

    def _fetch(self, code: str, origin: str, source_id: str, name: str) -> None:
        try:
            content = self._origin.file(source_id)
        except Rejected as exc:
            log.warning("file.not_there", dossier=code, code=exc.code)
            return
        with self._store.transaction("file-keep") as tx:
            rows.keep(
                tx, origin, dossier_code=code, name=name, media_type=mimetypes.guess_type(name)[0] or _OTHER,
                sha256=hashlib.sha256(content).hexdigest(), content=content,
            )  # fmt: skip

    @staticmethod
    def _paper(paper: FormPaper, known: dict[str, DictRow]) -> Paper:
        stored = [
            known[f"igate:{each.source_id}"] for each in paper.files if f"igate:{each.source_id}" in known
        ]
        return Paper(
            code=paper.code,
            name=paper.name,
            quantity=paper.quantity,
            files=tuple(
                FileRef(str(row["id"]), row["name"], row["media_type"], row["size"], row["sha256"])
                for row in stored
            ),
            digitised=bool(stored),
        )
