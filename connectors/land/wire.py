"""The land registers' messages as they stand on the wire. Sources and marks: ``contract/README.md``. Names are theirs."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.kit.reading import VIETNAM, Unreadable, a_flag, a_text, an_object, json_value

EXISTS = "đã tồn tại"
LONGEST_CODE = 100
_LONGEST_TEXT = 4_000

PERSONAL = frozenset(
    {
        "HoTen",
        "SoChungMinh",
        "DiaChiChiTiet",
        "SoDienThoai",
        "Email",
        "DiaChiTaiSan",
        "HoTenChu",
        "HoVaChu",
        "ThongTinNguoiNopDon",
        "HoTenNguoiNopTien",
        "SoCMTNguoiNopTien",
        "MaSoThue",
    }
)
"""Fields that tell of a person; none of them may ever be among those that exchange summaries show."""

SHOWN = frozenset({"SoBienNhan", "MaTrangThai", "TrangThaiKetThuc", "NgayChuyen", "data"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Their answer to one of our writes: {data 1/0, status {success, code, type, time, message}}."""

    done: bool
    code: str
    exists: bool


def verdict(raw: bytes) -> Verdict:
    """What the answer says.

    Raises:
        Unreadable: not that shape, or its two halves disagree.
    """
    body = an_object(json_value(raw))
    status = an_object(body.get("status"), "status")
    data, success = a_flag(body.get("data"), "data"), a_flag(status.get("success"), "status.success")
    if data is not success:
        raise Unreadable("data", "says other than status.success")
    code = plain(status.get("code"), "status.code")
    message = plain(status.get("message"), "status.message")
    return Verdict(success, code, EXISTS in words(message))


def words(text: str) -> str:
    """For comparing: NFC, small letters, single blanks."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def plain(value: Any, field: str) -> str:
    """A text, a whole number as text, or nothing as empty.

    Raises:
        Unreadable
    """
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    return unicodedata.normalize("NFC", a_text({field: value}, field, most=_LONGEST_TEXT)).strip()


class Fields:
    """A message's fields by name, whatever the case of their letters: their framework reads and writes both (assumed)."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        """Take ``values``.

        Raises:
            Unreadable: two names differ in case only.
        """
        self._values = {name.casefold(): value for name, value in values.items()}
        if len(self._values) != len(values):
            raise Unreadable("body", "a field stands there twice")

    def get(self, name: str) -> Any:
        """The value as it is, or ``None``."""
        return self._values.get(name.casefold())

    def text(self, *names: str, needed: bool = False, most: int = _LONGEST_TEXT) -> str:
        """The first of ``names`` that says something.

        Raises:
            Unreadable: needed and nowhere, too long, or neither text nor number.
        """
        for name in names:
            found = plain(self.get(name), name)
            if found:
                if len(found) > most:
                    raise Unreadable(name, "is too long")
                return found
        if needed:
            raise Unreadable(names[0], "is missing")
        return ""

    def rows(self, name: str) -> list[Fields]:
        """The objects of a list; an absent list is empty.

        Raises:
            Unreadable
        """
        value = self.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Unreadable(name, "a list is expected")
        return [Fields(an_object(item, name)) for item in value]

    def moment(self, name: str, *, utc: bool, needed: bool = True) -> datetime | None:
        """A moment; see :func:`moment`.

        Raises:
            Unreadable
        """
        text = self.text(name, needed=needed)
        return moment(text, name, utc=utc) if text else None


def moment(text: str, field: str, *, utc: bool) -> datetime:
    """An ISO moment in UTC. One without a zone is of UTC or of Việt Nam, as told; one with a zone speaks for itself.

    Raises:
        Unreadable: another form, or there is no such moment.
    """
    if len(text) < 19 or text[10] not in "T " or not text.isascii():
        raise Unreadable(field, "a moment as yyyy-MM-ddTHH:mm:ss is expected")
    rest = text[19:]
    digits = len(rest) - len(rest.lstrip(".0123456789"))
    fraction, zone = rest[:digits], rest[digits:]
    if fraction and (not fraction.startswith(".") or not fraction[1:].isdigit()):
        raise Unreadable(field, "has no readable fraction")
    try:
        found = datetime.fromisoformat(text[:19] + zone)
    except ValueError as exc:
        raise Unreadable(field, "there is no such moment") from exc
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC if utc else VIETNAM)
    return found.astimezone(UTC)
