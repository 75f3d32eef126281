"""The table of doors for what other systems send about dossiers. A new system is one entry here.

Each entry: how a message is verified and read (by the connector's own function), what it is answered (by the connector's
own function), how large it may be.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, SecretStr

from adapters.webhooks.dossier_door import Ask, Came, Door, Read, Said
from connectors.errors import Forged
from connectors.kit.reading import Unreadable, an_object, json_value
from connectors.kit.seams import Clock
from jobs.periodic import LOCAL
from mappings.canonical.codec import from_json
from mappings.canonical.file import FileRef, Paper
from mappings.canonical.inbound import DossierNews, NewsKind

if TYPE_CHECKING:
    from jobs.inbound.model import Recorded
    from jobs.inbound.service import Inbound

_MB = 1_000_000
_AGAIN = "Chưa ghi nhận được, đề nghị gửi lại"
_WORDS = {
    Said.TAKEN: "Đã tiếp nhận",
    Said.REFUSED: "Không tiếp nhận",
    Said.UNREADABLE: "Dữ liệu không đúng thỏa thuận",
    Said.TOO_LONG: "Nội dung quá lớn",
    Said.FORGED: "Không xác thực được",
    Said.AGAIN: _AGAIN,
}


def doors(connections: Any, clients: Mapping[str, Any], clock: Clock) -> tuple[Door, ...]:
    """The doors of the systems that this installation uses.

    Args:
        connections: the settings' connector sections.
        clients: system → its client.
    """
    found: list[Door] = []
    for system, make in TABLE.items():
        section = getattr(connections, system, None)
        if section is not None:
            found += make(section, clients, clock)
    return tuple(found)


# ---- the national portal ---------------------------------------------------------------------------------------------------


def _portal(section: Any, _clients: Mapping[str, Any], _clock: Clock) -> Iterator[Door]:
    from connectors.dvcqg import notifications as portal

    def read(came: Came, *, name: str) -> Read:
        news = portal.DOORS[name](came.body, came.headers, settings=section)
        return Read(news, portal.files(came.body) if name == "dossier" else {})

    def answer(_came: Came, said: Said, words: str, _kept: Recorded | None) -> bytes:
        code = portal.TAKEN if said is Said.TAKEN else portal.FAILED
        return portal.answer(code, _sentence(said, words), section)

    for name in portal.DOORS:
        yield Door(
            "dvcqg",
            f"dvcqg/{name}",
            answer,
            partial(read, name=name),
            most_bytes=portal.MOST_BYTES,
            secrets=_secrets(section),
        )


# ---- the land registers ----------------------------------------------------------------------------------------------------


def _land(section: Any, _clients: Mapping[str, Any], clock: Clock) -> Iterator[Door]:
    from connectors.land import notifications as land
    from connectors.land.received import attachments
    from connectors.land.settings import Product
    from connectors.land.wire import Fields

    def read(came: Came) -> Read:
        news = land.verified(came.path, came.query, came.body, settings=section)
        if news.kind is not NewsKind.NEW_DOSSIER:
            return Read((news,))
        return Read((news,), attachments(Fields(an_object(json_value(came.body)))))

    def product(came: Came) -> Any:
        try:
            return land.caller(came.path, came.query, settings=section).system.product
        except Forged:
            return Product.VBDLIS if b"CodeGet=" not in came.query else Product.ILIS

    def answer(came: Came, said: Said, words: str, kept: Recorded | None) -> bytes:
        given = kept.given_code if kept is not None and kept.given_code else None
        return land.answer(said is Said.TAKEN, _sentence(said, words), product(came), given)

    def asks(came: Came) -> Ask:
        wanted = land.asked_for(came.path, came.query, settings=section)
        agency = land.caller(came.path, came.query, settings=section).agency
        return partial(_catalogue, wanted, agency)

    def _catalogue(wanted: str, agency: str, inbound: Inbound) -> bytes:
        if wanted == land.STATUSES:
            return land.catalogue(land.status_rows(clock.now().astimezone(LOCAL).date()))
        here = inbound.set_up()
        if wanted == land.PROCEDURES:
            rows = {
                ours: theirs for (sender, theirs), ours in here.procedures.items() if sender in ("land", "*")
            }
            return land.catalogue(sorted((ours, theirs) for ours, theirs in rows.items()))
        named = {
            name
            for (_, unit), names in here.officers.items()
            if not agency or unit == agency
            for name in names
        }
        return land.catalogue([(name, name) for name in sorted(named)])

    yield Door(
        "land",
        "land/{rest:path}",
        answer,
        read,
        asks,
        prefix="land",
        most_bytes=60 * _MB,
        secrets=_secrets(section),
    )


# ---- criminal records: what VNeID calls -------------------------------------------------------------------------------------


def _judicial(section: Any, _clients: Mapping[str, Any], _clock: Clock) -> Iterator[Door]:
    from connectors.judicial_records import notifications as judicial

    if section.vneid is None:
        return

    def read(came: Came) -> Read:
        found = judicial.verified(came.body, _query(came), settings=section)
        return Read((_with_papers(found.news),), found.contents)

    def decide(news: DossierNews, known: Any, seen: bool) -> tuple[DossierNews | None, str]:
        verdict = judicial.decided(judicial.Received(news), known, seen=seen)
        return verdict.news, verdict.refusal

    def answer(_came: Came, said: Said, words: str, _kept: Recorded | None) -> bytes:
        if said is Said.TAKEN:
            return judicial.answer(judicial.OK)
        return judicial.answer(judicial.ERROR, detail=_sentence(said, words))

    def asks(came: Came) -> Ask:
        judicial.asked_for_code(_query(came), settings=section)

        def code(inbound: Inbound) -> bytes | None:
            found = inbound.take_code("judicial_records")
            return judicial.answer(judicial.OK, data=found) if found else None

        return code

    secrets, most = _secrets(section), section.most_file_bytes * 3
    made = partial(Door, "judicial_records", answer=answer, secrets=secrets)
    yield made("judicial_records/LLTP/TaoHoSo", read=read, decide=decide, most_bytes=most)
    yield made("judicial_records/LLTP/LayMaHoSo", asks=asks)


# ---- a ministry's portal ----------------------------------------------------------------------------------------------------


def _ministry(section: Any, _clients: Mapping[str, Any], clock: Clock) -> Iterator[Door]:
    from connectors.ministry import notifications as ministry

    codes = {
        Said.TAKEN: 200, Said.REFUSED: 400, Said.UNREADABLE: 400, Said.TOO_LONG: 413, Said.FORGED: 401, Said.AGAIN: 503
    }  # fmt: skip

    def read(came: Came, *, name: str) -> Read:
        return Read(ministry.DOORS[name](came.body, came.headers, settings=section, clock=clock))

    def answer(_came: Came, said: Said, words: str, kept: Recorded | None) -> bytes:
        code = kept.given_code if kept is not None else ""
        return ministry.answer(codes[said], _sentence(said, words), dossier_code=code)

    for name in ministry.DOORS:
        yield Door(
            "ministry",
            f"ministry/{name}",
            answer,
            partial(read, name=name),
            most_bytes=ministry.MOST_BYTES,
            secrets=_secrets(section),
            statuses={Said.UNREADABLE: 400, Said.REFUSED: 400},
        )


# ---- specialised software by profile ------------------------------------------------------------------------------------------


def _handover(section: Any, clients: Mapping[str, Any], _clock: Clock) -> Iterator[Door]:
    from connectors.handover import notifications as handover

    for name, software in section.systems.items():
        system = f"handover.{name}"
        profile = clients[system].profile
        if profile.callbacks is None:
            continue
        in_path = profile.callbacks.secret.place == "path"

        def read(came: Came, *, system: str, profile: Any, software: Any, in_path: bool) -> Read:
            parts = [part.decode("ascii", "replace") for part in came.path.strip(b"/").split(b"/") if part]
            secret = parts.pop() if in_path and parts else ""
            news = handover.verified(
                came.body,
                headers=came.headers,
                query=_query(came),
                path_secret=secret,
                kind=parts[0] if len(parts) == 1 else "",
                system=system,
                profile=profile,
                settings=software,
            )
            return _unpacked(news)

        def answer(_came: Came, said: Said, _words: str, _kept: Recorded | None, *, profile: Any) -> bytes:
            return handover.answer(profile, taken=said is Said.TAKEN)

        yield Door(
            system,
            f"handover/{name}/{{rest:path}}",
            partial(answer, profile=profile),
            partial(read, system=system, profile=profile, software=software, in_path=in_path),
            prefix=f"handover/{name}",
            most_bytes=30 * _MB,
            media="text/xml; charset=utf-8" if profile.soap is not None else "application/json",
            secrets=_secrets(software),
        )


Make = Callable[[Any, Mapping[str, Any], Clock], Iterator[Door]]
TABLE: Mapping[str, Make] = {
    "dvcqg": _portal,
    "land": _land,
    "judicial_records": _judicial,
    "ministry": _ministry,
    "handover": _handover,
}
"""Settings section → its doors."""


# ---- parts --------------------------------------------------------------------------------------------------------------------


def _sentence(said: Said, words: str) -> str:
    return f"{_WORDS[said]}: {words}" if words else _WORDS[said]


def _query(came: Came) -> dict[str, str]:
    """Of two values of one name none counts: which one was meant nobody can say."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(came.query.decode("latin-1"), keep_blank_values=True, encoding="utf-8"):
        found.setdefault(name, []).append(value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _with_papers(news: DossierNews) -> DossierNews:
    """Files that the news lists beside its dossier become papers of it."""
    listed, file = news.facts.get("files"), news.dossier
    if file is None or file.papers or not isinstance(listed, list):
        return news
    refs = [from_json(FileRef, each) for each in listed]
    papers = tuple(Paper("", ref.name, files=(ref,)) for ref in refs)
    facts = {name: value for name, value in news.facts.items() if name != "files"}
    return replace(news, dossier=replace(file, papers=papers), facts=facts)


def _unpacked(news: DossierNews) -> Read:
    """Files that came inside leave the news and go to the store."""
    packed = news.facts.get("files")
    if not isinstance(packed, Mapping):
        return Read((news,))
    try:
        contents = {str(name): base64.b64decode(text, validate=True) for name, text in packed.items()}
    except (ValueError, TypeError) as exc:
        raise Unreadable("files", "is no base64") from exc
    facts = {name: value for name, value in news.facts.items() if name != "files"}
    return Read((replace(news, facts=facts),), contents)


def _secrets(section: BaseModel) -> tuple[str, ...]:
    """Every secret of a settings section, so that none is kept with a message that carries it."""
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, SecretStr):
            if value.get_secret_value():
                found.append(value.get_secret_value())
        elif isinstance(value, BaseModel):
            for name in type(value).model_fields:
                walk(getattr(value, name))
        elif isinstance(value, Mapping):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
            for inner in value:
                walk(inner)

    walk(section)
    return tuple(sorted(set(found), key=len, reverse=True))


__all__ = ["TABLE", "doors"]
