"""The layout of a file as data: one TOML file per partner and kind of file, read into a plain frozen profile.

A profile declares everything; the readers hold no partner's name. See ``docs/systems/statements.md``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import MISSING, dataclass, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

STATEMENT = "statement"
SETTLEMENT = "settlement"
ENCODINGS = frozenset(
    {"utf-8", "utf-8-sig", "utf-16", "windows-1258", "windows-1252", "latin-1", "tcvn3", "auto"}
)
STATEMENT_FIELDS = frozenset(
    [
        "date",
        "value_date",
        "amount",
        "debit",
        "credit",
        "sign",
        "balance",
        "reference",
        "end_to_end",
        "customer",
        "text",
        "name",
        "account",
        "currency",
        "status",
        "line",
        "return_reason",
        "bank_code",
    ]
)
SETTLEMENT_FIELDS = frozenset(
    [
        "reference",
        "provider_reference",
        "kind",
        "gross",
        "fee",
        "net",
        "at",
        "session",
        "status",
        "terminal",
        "original_reference",
        "text",
        "row",
    ]
)
_REQUIRED = {STATEMENT: {"date"}, SETTLEMENT: {"reference", "provider_reference", "gross"}}
_KINDS = frozenset({"payment", "refund", "reversal", "fee", "adjustment"})
_STATUSES = frozenset({"success", "failed", "pending"})
_ENTRY_STATUSES = frozenset({"booked", "pending", "information", "future"})


class ProfileError(ValueError):
    """A profile says something that cannot be; the message names the key."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Everything that is to be known of a file's layout.

    Attributes:
        name: stable name, ``vnpay-session``.
        kind: ``statement`` or ``settlement``.
        encoding: of text files; ``auto`` decides by mark and content.
        separator, quote: of text files.
        header_rows_searched: rows looked through for the header; title rows stand above it.
        columns: logical field → names that its column may carry; folded before they are compared (case, marks
            and blanks do not count), the first that exists is taken.
        required: logical fields whose columns must be there (beside those that the kind always needs).
        optional: logical fields that the kind needs elsewhere, but that this file may leave out or empty.
        date_format, moment_format: strptime patterns tried in order; one file uses one of them throughout.
        thousands, decimal: marks inside numbers; an empty decimal mark allows no fraction at all.
        factor: amounts in the file are multiplied by this many: 100 for VNPAY's wire, 1 for đồng.
        sign: ``columns`` (separate Nợ and Có), ``signed`` (minus for debit) or ``mark`` (a sign column).
        credit_marks, debit_marks: of the sign column, folded.
        statuses, kinds: text in the file → ours; folded; what is missing is a trouble, never a guess.
        default_kind, default_status: where the column is not declared.
        trailer: names that begin the total row, folded (``tong cong``); empty: no such row.
        trailer_required: a file without the total row is refused.
        trailer_count, trailer_sums: column that holds the count; logical fields whose total is checked.
        opening_label, closing_label: label cells of balances above or below the table, folded.
        account_label: label cell of the account number.
        currency: of every amount, unless a column says it.
        name_pattern: regular expression of the whole file name; groups ``session`` and ``terminal`` are used.
        session_format: strptime pattern of the group ``session``.
        one_terminal, one_session: all rows belong to one.
        text_columns: fields that must be text cells in spreadsheets, or digits were lost.
        zero_allowed: zero amounts are rows (bank files), not mistakes.
        skip_blank: rows without any value are passed over.
        newest_first: rows run backwards in time (running balances are then checked from below).
        pays_out: a session's net comes as one bank line; false where each payment goes straight to its account.
        source: where the layout comes from and how sure it is.
    """

    name: str
    kind: str
    columns: dict[str, tuple[str, ...]]
    source: str = ""
    encoding: str = "auto"
    separator: str = ","
    quote: str = '"'
    header_rows_searched: int = 30
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    date_format: tuple[str, ...] = ("%d/%m/%Y",)
    moment_format: tuple[str, ...] = ("%d/%m/%Y %H:%M:%S",)
    thousands: str = ""
    decimal: str = ""
    factor: int = 1
    sign: str = "columns"
    credit_marks: tuple[str, ...] = ("c", "cr", "co", "+")
    debit_marks: tuple[str, ...] = ("d", "dr", "no", "-")
    statuses: dict[str, str] | None = None
    kinds: dict[str, str] | None = None
    default_kind: str = ""
    default_status: str = ""
    trailer: tuple[str, ...] = ()
    trailer_required: bool = False
    trailer_count: str = ""
    trailer_sums: tuple[str, ...] = ()
    opening_label: tuple[str, ...] = ()
    closing_label: tuple[str, ...] = ()
    account_label: tuple[str, ...] = ()
    currency: str = "VND"
    name_pattern: str = ""
    session_format: str = "%Y%m%d"
    one_terminal: bool = True
    one_session: bool = True
    text_columns: tuple[str, ...] = ()
    zero_allowed: bool = False
    skip_blank: bool = True
    newest_first: bool = False
    pays_out: bool = True

    def __post_init__(self) -> None:
        """Refuse what no reader could obey."""
        allowed = {STATEMENT: STATEMENT_FIELDS, SETTLEMENT: SETTLEMENT_FIELDS}.get(self.kind)
        if allowed is None:
            raise ProfileError(f"{self.name}: kind is {self.kind!r}, not statement or settlement")
        self._known("columns", set(self.columns), allowed)
        self._known("required", set(self.required), allowed)
        self._known("trailer_sums", set(self.trailer_sums), allowed)
        self._known("text_columns", set(self.text_columns), allowed)
        self._known("encoding", {self.encoding}, ENCODINGS)
        self._known("sign", {self.sign}, frozenset({"columns", "signed", "mark"}))
        self._known("kinds", set((self.kinds or {}).values()), _KINDS)
        statuses = _STATUSES if self.kind == SETTLEMENT else _ENTRY_STATUSES
        self._known("statuses", set((self.statuses or {}).values()), statuses)
        self._known("optional", set(self.optional), allowed)
        missing = (_REQUIRED[self.kind] | set(self.required)) - set(self.columns) - set(self.optional)
        if missing:
            raise ProfileError(f"{self.name}: columns for {sorted(missing)} are missing")
        if self.kind == STATEMENT:
            self._amount_columns()
        if len(self.separator) != 1 or self.factor < 1:
            raise ProfileError(
                f"{self.name}: separator is one character, factor a whole number of at least 1"
            )
        re.compile(self.name_pattern)

    def _amount_columns(self) -> None:
        wanted = {"columns": {"debit", "credit"}, "signed": {"amount"}, "mark": {"amount", "sign"}}[self.sign]
        if not wanted <= set(self.columns):
            raise ProfileError(f"{self.name}: sign = {self.sign!r} needs the columns {sorted(wanted)}")

    def _known(self, key: str, values: set[str], allowed: frozenset[str]) -> None:
        unknown = values - allowed
        if unknown:
            raise ProfileError(
                f"{self.name}: {key} does not know {sorted(unknown)}; known: {sorted(allowed)}"
            )


def fold(text: str) -> str:
    """For comparing names: no case, no marks, ``đ`` as ``d``, single blanks."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())


def from_toml(text: str, where: str) -> Profile:
    """The profile written in ``text``.

    Raises:
        ProfileError: not TOML, an unknown key, a wrong type, or a contradiction.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ProfileError(f"{where}: {exc}") from exc
    known = {item.name: item for item in fields(Profile)}
    unknown = set(data) - set(known)
    if unknown:
        raise ProfileError(f"{where}: unknown keys {sorted(unknown)}")
    missing = {name for name, item in known.items() if item.default is MISSING} - set(data)
    if missing:
        raise ProfileError(f"{where}: keys {sorted(missing)} are missing")
    return Profile(**{key: _value(key, value, str(known[key].type), where) for key, value in data.items()})


def _value(key: str, value: Any, kind: str, where: str) -> Any:
    if key == "columns":
        return {str(name): _texts(f"columns.{name}", names, where) for name, names in value.items()}
    if kind.startswith("dict"):
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise ProfileError(f"{where}: {key} is a table of texts")
        return {fold(name): item for name, item in value.items()}
    if kind.startswith("tuple"):
        return _texts(key, value, where)
    wanted = {"str": str, "int": int, "bool": bool}[kind]
    if type(value) is not wanted:
        raise ProfileError(f"{where}: {key} must be {kind}, not {type(value).__name__}")
    return value


def _texts(key: str, value: Any, where: str) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ProfileError(f"{where}: {key} is a text or a list of texts")
    return tuple(items)


def ready_profiles() -> dict[str, Profile]:
    """The profiles that ship with the product, by name."""
    return dict(_ready())


@cache
def _ready() -> dict[str, Profile]:
    folder = resources.files("connectors.statements").joinpath("profiles")
    found = [
        from_toml(item.read_text("utf-8"), item.name)
        for item in folder.iterdir()
        if item.name.endswith(".toml")
    ]
    return {profile.name: profile for profile in sorted(found, key=lambda item: item.name)}


def load_profile(name_or_path: str) -> Profile:
    """A ready profile by name, or a profile of one's own by path.

    Raises:
        ProfileError: there is none, or it cannot be used.
    """
    ready = ready_profiles()
    if name_or_path in ready:
        return ready[name_or_path]
    path = Path(name_or_path)
    if path.suffix != ".toml" or not path.is_file():
        raise ProfileError(f"{name_or_path}: no such profile; ready ones: {', '.join(ready)}")
    try:
        return from_toml(path.read_text("utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as exc:
        raise ProfileError(f"{name_or_path}: {exc}") from exc
