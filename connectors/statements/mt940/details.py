"""``:86:`` in the dialects that banks use → text, references, other side, return reason.

The field is free text by the standard. Three habits are known and recognised by their form alone:
numbered parts (``?20``, Germany and Austria; ``~20``, ``<20``, ``^20`` in Poland), words with a plus
inside them (``EREF+``), and slash words (``/EREF/``, the Netherlands and SEPA guidelines).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from connectors.statements.text import shown

LINE_LENGTH = 65  # SWIFT: 6*65x; a full line was cut, the next one goes on without a blank
PART_LENGTH = 27  # of ?20 to ?29 and ?60 to ?63
_NUMBERED = re.compile(r"(?:\s*([0-9]{3}))?\s*([?~<^])([0-9]{2})(.*)", re.DOTALL)
_PLUS_WORDS = {
    "EREF": "end_to_end",
    "KREF": "customer",
    "MREF": "mandate",
    "CRED": "creditor_id",
    "DEBT": "debtor_id",
    "BREF": "account_servicer",
    "RREF": "return",
    "SVWZ": "",
    "ABWA": "-",
    "ABWE": "-",
    "OAMT": "-",
    "COAM": "-",
    "PURP": "-",
    "IBAN": "account",
    "BIC": "-",
}
_PLUS = re.compile(r"(?<![A-Z])(" + "|".join(_PLUS_WORDS) + r")\+\s?")
_SLASH_WORDS = {
    "EREF": "end_to_end",
    "KREF": "customer",
    "MARF": "mandate",
    "MREF": "mandate",
    "CSID": "creditor_id",
    "CRED": "creditor_id",
    "PREF": "payment_information",
    "PMTINF": "payment_information",
    "IREF": "instruction",
    "BREF": "account_servicer",
    "ROC": "end_to_end",
    "RTRN": "return",
    "IBAN": "account",
    "NAME": "name",
    "REMI": "",
    "TRTP": "-",
    "BIC": "-",
    "CNTP": "party",
    "BENM": "party-name",
    "ORDP": "party-name",
    "ISDT": "-",
    "ADDR": "-",
    "ID": "-",
    "OCMT": "-",
    "CHGS": "-",
    "EXCH": "-",
    "PURP": "-",
    "ULTC": "-",
    "ULTD": "-",
    "PY": "",
}
_SLASH = re.compile(r"/(" + "|".join(sorted(_SLASH_WORDS, key=len, reverse=True)) + r")/")
_REASON = re.compile(
    r"\b(AC0[1-9]|AC1[0-9]|AG0[1-9]|AM0[1-9]|BE0[1-9]|MD0[1-9]|MS0[2-3]|RC0[1-9]|RR0[1-4]|SL01)\b"
)
_NOTHING = frozenset({"", "NOTPROVIDED", "NONREF", "NOREF", "NOTPROV"})


@dataclass(slots=True)
class Details:
    """What a ``:86:`` says."""

    text: str = ""
    code: str = ""
    name: str = ""
    account: str = ""
    return_reason: str | None = None
    references: dict[str, str] = field(default_factory=dict)


def joined(lines: list[str]) -> str:
    """Lines as one text: a line of full length was cut in the middle, others were ended on purpose."""
    text = ""
    for number, line in enumerate(lines):
        cut = number > 0 and len(lines[number - 1]) >= LINE_LENGTH
        text += line if cut or not text else " " + line.lstrip()
    return text.strip()


def read_details(lines: list[str]) -> Details:
    """The details in ``lines``, by whatever habit they are written."""
    numbered = _NUMBERED.fullmatch("".join(lines))
    if numbered:
        return _numbered(numbered, "".join(lines))
    text = joined(lines)
    if len(_SLASH.findall("".join(lines))) >= 2 or _SLASH.match(text):
        return _slashed(text)
    details = Details()
    _plus(text, details)
    return details


def _numbered(match: re.Match[str], text: str) -> Details:
    details = Details(code=match[1] or "")
    parts: dict[int, str] = {}
    marker = re.escape(match[2])
    for part in re.finditer(rf"{marker}([0-9]{{2}})((?:(?!{marker}[0-9]{{2}}).)*)", text, re.DOTALL):
        parts[int(part[1])] = parts.get(int(part[1]), "") + part[2]
    purpose = _purpose([parts[number] for number in (*range(20, 30), *range(60, 64)) if number in parts])
    _plus(purpose, details)
    if not details.text:
        details.text = shown(parts.get(0, "")).strip()
    details.name = shown(parts.get(32, "") + parts.get(33, "")).strip() or details.name
    details.account = parts.get(38, "").strip() or parts.get(31, "").strip() or details.account
    return details


def _purpose(parts: list[str]) -> str:
    """Parts as one text: a part of full length was cut in the middle, unless a new word begins behind it."""
    text = ""
    for number, part in enumerate(parts):
        cut = number > 0 and len(parts[number - 1]) == PART_LENGTH and not _PLUS.match(part)
        text += part if cut or not text else " " + part
    return text


def _plus(text: str, details: Details) -> None:
    """Split at ``EREF+`` and its like; what follows ``SVWZ+`` or stands before all is the text."""
    pieces = _PLUS.split(text)
    free = [pieces[0]]
    for word, value in zip(pieces[1::2], pieces[2::2], strict=True):
        meaning = _PLUS_WORDS[word]
        if not meaning:
            free.append(value)
        else:
            _keep(meaning, shown(value).strip(), details)
    details.text = shown(" ".join(part.strip() for part in free if part.strip()))
    _reason(details)


def _slashed(text: str) -> Details:
    details = Details()
    pieces = _SLASH.split(text)
    free = [pieces[0].strip()]
    for word, value in zip(pieces[1::2], pieces[2::2], strict=True):
        meaning = _SLASH_WORDS[word]
        plain = shown(value).strip(" /")
        if not meaning:
            free.append(plain.removeprefix("USTD//").removeprefix("STRD/CUR/").strip(" /"))
        elif meaning == "party":
            parts = shown(value).split("/")  # account, bank, name, town
            details.account = parts[0].strip()
            details.name = parts[2].strip() if len(parts) > 2 else ""
        elif meaning == "party-name":
            first, _, rest = plain.partition("/")
            details.account, details.name = (first, rest) if first.strip().isdigit() else ("", plain)
        else:
            # references are cut at the line end like text; they hold no blanks of their own
            _keep(meaning, plain if meaning == "name" else plain.replace(" ", ""), details)
    details.text = shown(" ".join(part for part in free if part)) or shown(text)
    _reason(details)
    return details


def _keep(meaning: str, value: str, details: Details) -> None:
    if meaning == "-" or value.upper() in _NOTHING:
        return
    if meaning == "name":
        details.name = value
    elif meaning == "account":
        details.account = details.account or value
    elif meaning == "return" and _REASON.fullmatch(value):
        details.return_reason = value
    else:
        details.references.setdefault(meaning, value)


def _reason(details: Details) -> None:
    """A return names its reason in words beside ``RETURN``/``RETOURE``/``HOÀN TRẢ``; a bare code is not enough."""
    upper = details.text.upper()
    match = _REASON.search(upper)
    if (
        match
        and details.return_reason is None
        and any(word in upper for word in ("RETUR", "RETOUR", "HOAN TRA", "HOÀN"))
    ):
        details.return_reason = match[1]
