"""What land registers push to us: the door checked by its code, then the message read into canonical news.

VBDLIS: ``POST …/{operation}/{code}``; iLIS: ``POST …/{operation}?CodeGet={code}``. The code is all the proof there is, so
it is looked for in constant time over the raw bytes of the address, before anything of the body is read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from connectors.errors import Forged
from connectors.kit.reading import Unreadable, an_object, json_value
from connectors.land import received
from connectors.land.settings import LandSystem, Product, Settings
from connectors.land.wire import Fields
from mappings.canonical.inbound import DossierNews, NewsKind
from mappings.tables.land_statuses import PROGRESS, statuses

SYSTEM = "land"
USERS, PROCEDURES, STATUSES = "GetDanhMucNguoiDung", "GetDanhMucThuTuc", "GetDanhMucTrangThai"
CATALOGUES = (USERS, PROCEDURES, STATUSES)

_READERS: dict[str, Callable[[Fields, received.Door], DossierNews]] = {
    "ChuyenHoSo": received.moved,
    "YeuCauBoSungHoSo": received.supplement_asked,
    "NhanBoSungHoSo": received.supplement_received,
    "GuiKetQuaThue": received.tax_result,
    "KetThucHoSo": received.ended,
    "TiepNhanHoSoChoMotCua": received.born_there,
    "YeuCauCapNhatHoSo": received.update_asked,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose code opened the door.

    Attributes:
        agency: of the register; empty: the province's.
        operation: the last name in the address, not the code.
    """

    agency: str
    system: LandSystem
    operation: str


def caller(raw_path: bytes, raw_query: bytes, *, settings: Settings) -> Caller:
    """Who calls, by the code in the address.

    Args:
        raw_path: behind our door, as on the wire: ``/ChuyenHoSo/<code>`` or ``/GuiKetQuaThue``.
        raw_query: as on the wire, without the question mark.

    Raises:
        Forged: no code, two codes, or one that is nobody's.
    """
    segments = raw_path.strip(b"/").split(b"/")
    given = [part[8:] for part in raw_query.split(b"&") if part.startswith(b"CodeGet=")]
    in_path = segments[1] if len(segments) == 2 else b""
    in_query = given[0] if len(given) == 1 else b""
    found: Caller | None = None
    for agency, system in settings.systems():
        claimed = in_path if system.product is Product.VBDLIS else in_query
        shape = len(segments) == (2 if system.product is Product.VBDLIS else 1)
        for code in (system.security_code, system.previous_security_code):
            # Every code is compared, so the time tells nothing of which one was near.
            right = code is not None and hmac.compare_digest(claimed, code.get_secret_value().encode())
            if right and shape and segments[0].isalnum():
                found = Caller(agency, system, segments[0].decode("ascii", "replace"))
    if found is None:
        raise Forged("land: the security code is missing or wrong")
    return found


def verified(raw_path: bytes, raw_query: bytes, raw_body: bytes, *, settings: Settings) -> DossierNews:
    """The news in a callback; see :func:`caller`. The same message twice has the same key.

    News may come before the answer to our own hand-over did: see :func:`proves_hand_over`.

    Raises:
        Forged: the code is missing or wrong. Nothing of the body was read.
        Unreadable: an operation that does not exist, or a body that is not as agreed; the error names the field.
    """
    who = caller(raw_path, raw_query, settings=settings)
    reader = _READERS.get(who.operation)
    if who.operation == who.system.wrong_tax_operation:
        reader = received.wrong_tax
    if reader is None:
        raise Unreadable("operation", "there is no such operation")
    value = an_object(json_value(raw_body))
    door = received.Door(who.agency, who.system, key=_key(who, value))
    return reader(Fields(value), door)


def asked_for(raw_path: bytes, raw_query: bytes, *, settings: Settings) -> str:
    """Which catalogue a GET asks for; one of ``CATALOGUES``. Officers' names are in one, so the code is needed here too.

    Raises:
        Forged: the code is missing or wrong.
        Unreadable: there is no such catalogue.
    """
    who = caller(raw_path, raw_query, settings=settings)
    if who.operation not in CATALOGUES:
        raise Unreadable("operation", "there is no such catalogue")
    return who.operation


def status_rows(on: date) -> list[tuple[str, str]]:
    """Rows of ``GetDanhMucTrangThai``: the codes that ChuyenHoSo may then carry."""
    return [(row.code, row.name_vi) for row in statuses() if row.list == PROGRESS and row.holds(on)]


def catalogue(rows: Sequence[tuple[str, str]]) -> bytes:
    """Our answer to a GET: code and name of each row. The names Ma and Ten are assumed."""
    return _json({"Result": 1, "Message": "", "Data": [{"Ma": code, "Ten": name} for code, name in rows]})


def answer(taken: bool, message: str, product: Product, data: Any = None) -> bytes:
    """The body of our answer: {Result 1/0, Message, Data}; iLIS knows no Data.

    Args:
        data: for ``TiepNhanHoSoChoMotCua`` the receipt number that we gave the dossier.
    """
    body: dict[str, Any] = {"Result": 1 if taken else 0, "Message": message}
    if product is Product.VBDLIS:
        body["Data"] = data
    return _json(body)


def proves_hand_over(news: DossierNews) -> bool:
    """Whether ``news`` shows that they have the dossier: then a hand-over whose answer is unknown or late is done."""
    return news.system == SYSTEM and bool(news.dossier_code) and news.kind is not NewsKind.NEW_DOSSIER


def _key(who: Caller, value: dict[str, Any]) -> str:
    """By content, not by bytes: a repeat may be written with other blanks or another order."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str, separators=(",", ":"))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{SYSTEM}:{who.agency}:{who.operation}:{digest}"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


__all__ = [
    "CATALOGUES",
    "Caller",
    "answer",
    "asked_for",
    "caller",
    "catalogue",
    "proves_hand_over",
    "status_rows",
    "verified",
]
