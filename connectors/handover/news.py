"""What a profile read, as canonical news of one dossier. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.kit.reading import Unreadable
from mappings.canonical.codec import from_json
from mappings.canonical.dossier import DossierState
from mappings.canonical.file import FileRef, ResultPaper
from mappings.canonical.inbound import DossierNews, NewsKind


def news_of(
    system: str, kind: NewsKind, told: Mapping[str, Any], *, key: str = "", dossier_code: str = ""
) -> DossierNews:
    """News of ``kind`` from what was told.

    Files that came inside the message stand in ``facts["files"]``, id → base64; links are to be fetched.

    Args:
        key: of the message; empty: made of dossier, state and time, for answers to our own asking.
        dossier_code: the one that was asked about. Another one in the answer is an error.

    Raises:
        Unreadable
    """
    code = str(told.get("dossier_code") or dossier_code)
    if not code or (dossier_code and code != dossier_code):
        raise Unreadable("dossier_code", "is missing, or another dossier's")
    files: dict[str, str] = {}
    results = tuple(_result(system, item, files) for item in told.get("results") or ())
    facts = dict(told.get("facts") or {})
    for name in ("their_reference", "due_at", "papers"):
        if told.get(name):
            facts[name] = told[name]
    if files:
        facts["files"] = files
    at = datetime.fromisoformat(told["at"]) if told.get("at") else None
    state = DossierState(told.get("state", DossierState.PENDING))
    their_state = str(told.get("their_state", ""))
    return DossierNews(
        system=system,
        kind=kind,
        key=key
        or f"{system}:{kind.value}:{code}:{their_state}:{at.isoformat() if at else ''}:{len(results)}",
        dossier_code=code,
        state=state,
        their_state=their_state,
        at=at,
        officer=str(told.get("officer", "")),
        note=str(told.get("note", "")),
        results=results,
        facts=facts,
    )


def _result(system: str, item: Mapping[str, Any], files: dict[str, str]) -> ResultPaper:
    given = {name: value for name, value in item.items() if name != "file"}
    found = from_json(ResultPaper, {"code": "", "name": "", **given})
    file = item.get("file")
    if not file:
        return found
    url, content = str(file.get("url", "")), file.get("content")
    if not content and not url.startswith("https://"):
        raise Unreadable("file", "neither content nor an https link")
    raw = base64.b64decode(content) if content else url.encode()
    digest = hashlib.sha256(raw).hexdigest()
    made = FileRef(
        id=f"{system}:{digest}",
        name=str(file.get("name") or found.name),
        media_type=str(file.get("media_type") or "application/octet-stream"),
        size=len(raw) if content else 0,
        sha256=digest if content else "",
        url="" if content else url,
    )
    if content:
        files[made.id] = str(content)
    return ResultPaper(found.code, found.name, made, found.number, found.issued_at)
