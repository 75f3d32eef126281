"""Tables as they come (CSV, XLSX, XLS, HTML saved as .xls) → rows of cells with their row numbers."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html.parser import HTMLParser

from connectors.kit.xml import elements
from connectors.statements.profile import Profile
from connectors.statements.tcvn3 import decode_tcvn3
from connectors.statements.text import decode

MOST_UNPACKED_BYTES = 400_000_000
_FORMULA = re.compile(r"[=@]|[+\-](?![0-9.,\s(])|\t|\r")
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    NotImplementedError,  # a packing method that zipfile does not know
    RuntimeError,  # a password
    ValueError,
)
_CHARSET = re.compile(rb"charset=[\"']?([A-Za-z0-9_-]+)", re.IGNORECASE)


class TableRefused(ValueError):
    """The file cannot be opened as a table. ``code`` is a trouble code, the text what stands in ``raw``."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. ``kind``: ``text``, ``number``, ``day`` (text is then an ISO date or date-time) or ``formula``."""

    text: str
    kind: str = "text"


EMPTY = Cell("")


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``number`` counts from 1 as a person sees it in the file."""

    number: int
    cells: tuple[Cell, ...]

    def texts(self) -> list[str]:
        """The texts of all cells."""
        return [cell.text for cell in self.cells]

    def blank(self) -> bool:
        """Whether no cell holds anything."""
        return not any(cell.text for cell in self.cells)


def csv_rows(raw: bytes, profile: Profile) -> Iterator[Row]:
    """The rows of a text file.

    Raises:
        TableRefused: the encoding is another, or quotes are broken.
    """
    text = _decoded(raw, profile.encoding)
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=profile.separator,
        quotechar=profile.quote or None,
        strict=True,
    )
    number = 1
    try:
        for cells in reader:
            yield Row(number, tuple(_text_cell(cell) for cell in cells))
            number = reader.line_num + 1
    except csv.Error as exc:
        raise TableRefused("unreadable-file", f"{exc} ({reader.line_num})") from exc


def _decoded(raw: bytes, encoding: str) -> str:
    if encoding == "auto":
        return decode(raw)[0]
    try:
        if encoding == "tcvn3":
            return decode_tcvn3(raw)
        codec = {"windows-1258": "cp1258", "windows-1252": "cp1252", "utf-8": "utf-8-sig"}.get(
            encoding, encoding
        )
        return raw.decode(codec)
    except (UnicodeDecodeError, ValueError) as exc:
        raise TableRefused("undecodable", encoding) from exc


def _text_cell(text: str) -> Cell:
    text = text.replace("\u00a0", " ").strip()
    if not text:
        return EMPTY
    return Cell(text, "formula") if _FORMULA.match(text) and len(text) > 1 else Cell(text)


def workbook_rows(raw: bytes, *, xlsx: bool) -> Iterator[Row]:
    """The rows of the first sheet that holds any. A sheet with formulas keeps them marked.

    Raises:
        TableRefused: not a workbook, damaged, or too large when unpacked.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    formulas = _formula_cells(raw) if xlsx else [set()]
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        for number, name in enumerate(book.sheet_names):
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if rows:
                marked = formulas[number] if number < len(formulas) else set()
                yield from _sheet(rows, marked)
                return
    except (CalamineError, OSError, ValueError) as exc:
        raise TableRefused("unreadable-file", str(exc)) from exc


def _sheet(rows: Sequence[Sequence[object]], formulas: set[tuple[int, int]]) -> Iterator[Row]:
    for number, values in enumerate(rows, 1):
        cells = []
        for place, value in enumerate(values, 1):
            cell = _workbook_cell(value)
            cells.append(Cell(cell.text, "formula") if (number, place) in formulas else cell)
        yield Row(number, tuple(cells))


def _workbook_cell(value: object) -> Cell:
    if isinstance(value, str):
        return _text_cell(value)
    if isinstance(value, bool):
        return Cell("true" if value else "false")
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
        return Cell(value.date().isoformat() if midnight else value.isoformat(timespec="seconds"), "day")
    if isinstance(value, date):
        return Cell(value.isoformat(), "day")
    if isinstance(value, float):
        return Cell(str(int(value)) if value.is_integer() and abs(value) < 10**18 else repr(value), "number")
    return Cell(str(value), "number" if isinstance(value, int) else "text") if value is not None else EMPTY


_CELL_NAME = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def _formula_cells(raw: bytes) -> list[set[tuple[int, int]]]:
    """(row, column) of the formula cells of each sheet: the workbook reader only hands out their last results."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
            names = [
                part.filename
                for part in parts
                if re.fullmatch(r"xl/worksheets/sheet[0-9]+\.xml", part.filename)
            ]
            names.sort(key=lambda name: int(re.sub(r"\D", "", name)))
            small = sum(part.file_size for part in parts) <= MOST_UNPACKED_BYTES
            found = [_formulas_of(archive, name) for name in names] if small else []
    except _DAMAGED as exc:
        raise TableRefused("unreadable-file", str(exc)) from exc
    if not small:
        raise TableRefused("file-too-large", f"{MOST_UNPACKED_BYTES} byte")
    return found


def _formulas_of(archive: zipfile.ZipFile, name: str) -> set[tuple[int, int]]:
    found = set()
    with archive.open(name) as part:
        for node in elements(part, ("{*}f", "{*}row")):
            if node.tag.endswith("}row"):
                node.clear()
                continue
            cell = node.getparent()
            match = _CELL_NAME.fullmatch((cell.get("r") or "") if cell is not None else "")
            if match:
                found.add((int(match[2]), _column(match[1])))
    return found


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def html_rows(raw: bytes) -> Iterator[Row]:
    """The rows of all tables of an HTML page saved under a spreadsheet's name; nothing of it is run or fetched."""
    charset = _CHARSET.search(raw[:4_096])
    name = charset[1].decode("ascii").lower() if charset else ""
    try:
        text = raw.decode(name) if name and name != "utf-8" else decode(raw)[0]
    except (LookupError, UnicodeDecodeError) as exc:
        raise TableRefused("undecodable", name) from exc
    collector = _Tables()
    collector.feed(text)
    collector.close()
    for number, cells in enumerate(collector.rows, 1):
        yield Row(number, tuple(_text_cell(" ".join(cell.split())) for cell in cells))


class _Tables(HTMLParser):
    """Collects rows. A merged cell stands once, in its first place; the places that it covers are empty."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._row: list[str] | None = None
        self._open = False
        self._span = 1
        self._covered: dict[int, int] = {}
        self._down = 1
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._hidden += 1
        elif tag == "table":
            self._covered = {}
        elif tag == "tr":
            self._end_row()
            self._row = []
        elif tag in ("td", "th"):
            if self._row is None:
                self._row = []
            self._end_cell()
            self._fill()
            facts = dict(attrs)
            self._span = _small(facts.get("colspan"))
            self._down = _small(facts.get("rowspan"))
            self._row.append("")
            self._open = True
        elif tag == "br" and self._open and self._row:
            self._row[-1] += " "

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden = max(0, self._hidden - 1)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table"):
            self._end_row()

    def handle_data(self, data: str) -> None:
        if self._open and self._row and not self._hidden:
            self._row[-1] += data

    def _fill(self) -> None:
        while self._row is not None and self._covered.get(len(self._row), 0) > 0:
            self._covered[len(self._row)] -= 1
            self._row.append("")

    def _end_cell(self) -> None:
        if not self._open or self._row is None:
            return
        self._open = False
        first = len(self._row) - 1
        self._row.extend([""] * (self._span - 1))
        if self._down > 1:
            for place in range(first, first + self._span):
                self._covered[place] = self._down - 1

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is not None:
            self._fill()
            self.rows.append(self._row)
        self._row = None


def _small(text: str | None) -> int:
    return min(int(text), 1_000) if text and text.isascii() and text.isdigit() and int(text) > 0 else 1
