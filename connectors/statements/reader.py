"""The two doors: a bank's statement, a gateway's settlement file. Never a traceback: what is wrong is in ``troubles``."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import BinaryIO

from connectors.kit.xml import XmlRefused
from connectors.statements.camt import reader as camt
from connectors.statements.camt.head import Head
from connectors.statements.camt.reader import Foot
from connectors.statements.cells import Row, TableRefused, csv_rows, html_rows, workbook_rows
from connectors.statements.detect import Format, detect
from connectors.statements.layout import Report, find_header
from connectors.statements.mt940 import reader as swift
from connectors.statements.profile import SETTLEMENT, STATEMENT, Profile, ready_profiles
from connectors.statements.settlement import read_rows
from connectors.statements.table import read_statement_table
from connectors.statements.text import decode
from connectors.statements.troubles import trouble
from mappings.canonical.statement import (
    SettlementFile,
    SettlementRow,
    Statement,
    StatementEntry,
    StatementFile,
    Trouble,
)

LARGEST_FILE_BYTES = 2_000_000_000


def read_statement(raw: bytes | Path, *, profile: Profile | None = None, name: str = "") -> StatementFile:
    """Everything that ``raw`` says, and everything that is wrong with it.

    ``profile`` is needed for tables only; without one the ready profiles are tried by their header. Whatever
    the file is, the answer is a ``StatementFile``; ``loadable`` tells whether it may be loaded.
    """
    troubles: list[Trouble] = []
    data, digest = _opened(raw, troubles.append)
    if data is None:
        return StatementFile("unknown", digest, (), tuple(troubles))
    name = name or (raw.name if isinstance(raw, Path) else "")
    kind, statements = _read(data, profile, name, troubles.append)
    if not statements and not any(item.fatal for item in troubles):
        troubles.append(trouble("no-statement"))
    return StatementFile(kind, digest, statements, tuple(troubles))


def _read(
    data: bytes, profile: Profile | None, name: str, report: Report
) -> tuple[str, tuple[Statement, ...]]:
    found = detect(data)
    match found:
        case Format.EMPTY:
            report(trouble("empty-file"))
            return "empty", ()
        case Format.CAMT:
            try:
                return camt.statements(io.BytesIO(data), report)
            except XmlRefused as exc:
                report(_xml_trouble(exc))
                return "camt", ()
        case Format.MT940:
            return swift.statements(decode(data)[0], report)
        case Format.TABLE | Format.XLSX | Format.XLS | Format.HTML:
            return _table(data, found, profile, name, report)
        case Format.PDF | Format.BINARY | Format.OTHER_XML:
            report(trouble("unknown-format", raw=found.value))
            return "unknown", ()


def _table(
    data: bytes, found: Format, profile: Profile | None, name: str, report: Report
) -> tuple[str, tuple[Statement, ...]]:
    try:
        if profile is None:
            profile = _fitting(data, found)
            if profile is None:
                report(trouble("unknown-format", raw=found.value))
                return found.value, ()
        if profile.kind != STATEMENT:
            report(trouble("unknown-profile", raw=profile.name))
            return found.value, ()
        return f"{found.value}:{profile.name}", read_statement_table(
            _rows(data, found, profile), profile, name, report
        )
    except TableRefused as exc:
        report(trouble(exc.code, raw=str(exc)))
        return found.value, ()


def _fitting(data: bytes, found: Format) -> Profile | None:
    """The ready statement profile whose columns all stand in the file; nothing when none or several do."""
    fitting = []
    for profile in ready_profiles().values():
        if profile.kind != STATEMENT:
            continue
        try:
            rows = _rows(data, found, profile)
        except TableRefused as exc:
            if exc.code == "undecodable":  # another profile may name the right encoding
                continue
            raise
        if find_header(rows, profile, lambda _: None) is not None:
            fitting.append(profile)
    return fitting[0] if fitting else None


def _rows(data: bytes, found: Format, profile: Profile) -> list[Row]:
    match found:
        case Format.XLSX | Format.XLS:
            return list(workbook_rows(data, xlsx=found is Format.XLSX))
        case Format.HTML:
            return list(html_rows(data))
        case _:
            return list(csv_rows(data, profile))


def read_settlement(raw: bytes | Path, profile: Profile, name: str = "") -> SettlementFile:
    """A gateway's settlement file. ``name`` is the file's name as received: it may tell session and terminal."""
    troubles: list[Trouble] = []
    data, digest = _opened(raw, troubles.append)
    name = name or (raw.name if isinstance(raw, Path) else "")
    session: date | None = None
    terminal = ""
    rows: tuple[SettlementRow, ...] = ()
    if data is not None:
        found = detect(data)
        try:
            if profile.kind != SETTLEMENT:
                troubles.append(trouble("unknown-profile", raw=profile.name))
            elif found in (Format.TABLE, Format.XLSX, Format.XLS, Format.HTML):
                grid = _rows(data, found, profile)
                session, terminal, rows = read_rows(grid, profile, name, troubles.append)
            else:
                troubles.append(
                    trouble("empty-file" if found is Format.EMPTY else "unknown-format", raw=found.value)
                )
        except TableRefused as exc:
            troubles.append(trouble(exc.code, raw=str(exc)))
    return SettlementFile(profile.name, digest, session, terminal, rows, tuple(troubles))


def stream_camt(source: BinaryIO, report: Report) -> Iterator[Head | StatementEntry | Foot]:
    """Heads, entries and feet of a camt document of any size; memory does not follow the number of entries.

    Reversals carry the bank's own sign; ``Foot.turn_reversals`` says when the balances prove the other one.

    Raises:
        XmlRefused: the document is broken or refused; what was handed out before must be thrown away.
    """
    return camt.stream(source, report)


def _opened(raw: bytes | Path, report: Report) -> tuple[bytes | None, str]:
    if isinstance(raw, Path):
        try:
            if raw.stat().st_size > LARGEST_FILE_BYTES:
                report(trouble("file-too-large", raw=f"{LARGEST_FILE_BYTES} byte"))
                return None, ""
            raw = raw.read_bytes()
        except OSError as exc:
            report(trouble("unreadable-file", raw=exc.strerror or type(exc).__name__))
            return None, ""
    return raw, hashlib.sha256(raw).hexdigest()


def _xml_trouble(exc: XmlRefused) -> Trouble:
    return trouble(exc.reason, f"dòng/line {exc.line}" if exc.line else "", raw=str(exc))
