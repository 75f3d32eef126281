"""Which format a file has, by its content; names and endings lie."""

from __future__ import annotations

import re
from enum import StrEnum

_HEAD_BYTES = 8_192


class Format(StrEnum):
    """What a file is, before anything of it is read."""

    CAMT = "camt"
    OTHER_XML = "xml"
    HTML = "html"
    MT940 = "mt940"
    XLSX = "xlsx"
    XLS = "xls"
    TABLE = "csv"
    PDF = "pdf"
    EMPTY = "empty"
    BINARY = "binary"


_CAMT = re.compile(rb"BkToCstmr(?:Stmt|AcctRpt|DbtCdtNtfctn)|camt\.05[234]\.001")
_HTML = re.compile(rb"<(?:!doctype\s+html|html|table|meta|head|body|style)[\s>]", re.IGNORECASE)
_MT940_TAGS = re.compile(rb"(?:^|[\r\n:{])\s*:(?:20|25|28C?|60[FM]|61):", re.MULTILINE)


def detect(raw: bytes) -> Format:
    """The format of ``raw``. Text that is nothing else is a table (CSV)."""
    if not raw.strip(b" \t\r\n\x00\xef\xbb\xbf\x1a"):
        return Format.EMPTY
    if raw.startswith(b"PK\x03\x04"):
        return Format.XLSX
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        return Format.XLS
    if raw.startswith(b"%PDF"):
        return Format.PDF
    head = raw[:_HEAD_BYTES].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if head.startswith(b"<"):
        if _CAMT.search(raw[: _HEAD_BYTES * 4].replace(b"\x00", b"")):
            return Format.CAMT
        return Format.HTML if _HTML.search(head) else Format.OTHER_XML
    if len(set(_MT940_TAGS.findall(raw[: _HEAD_BYTES * 4].replace(b"\x00", b"")))) >= 2:
        return Format.MT940
    if (
        b"\x00" in raw[:_HEAD_BYTES]
        and not raw.startswith((b"\xff\xfe", b"\xfe\xff"))
        and raw[1:40:2].count(0) < 10
    ):
        return Format.BINARY
    return Format.TABLE
