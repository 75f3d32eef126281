"""Which question goes to which register for a dossier. Pure."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any

from mappings.canonical.citizen import CitizenClaim
from mappings.canonical.codec import to_json
from mappings.canonical.file import DossierFile
from mappings.canonical.party import PartyKind
from mappings.errors import MappingError

TABLE = "questions"
CITIZEN, ENTERPRISE = "citizen", "enterprise"
_KNOWN = {"system", "operation", "about", "procedures", "register", "hours"}


@dataclass(frozen=True, slots=True)
class Question:
    """One row.

    Attributes:
        about: ``citizen`` or ``enterprise``.
        procedures: patterns of procedure codes; empty: all.
        register: MaCSDL that the portal wants to hear when the answer was used.
        hours: an answer for the same subject may be so old.
    """

    system: str
    operation: str
    about: str
    procedures: tuple[str, ...] = ()
    register: str = ""
    hours: int = 0

    def fits(self, file: DossierFile) -> bool:
        """Whether this dossier's applicant is asked about, and can be."""
        if self.procedures and not any(fnmatchcase(file.procedure, each) for each in self.procedures):
            return False
        party = file.applicant
        if self.about == ENTERPRISE:
            return bool(party.tax_code)
        number = party.personal_number or party.old_number
        return party.kind is PartyKind.CITIZEN and bool(number) and party.birth is not None


def asked(question: Question, file: DossierFile) -> dict[str, Any]:
    """What the register is asked, without the reason."""
    party = file.applicant
    if question.about == ENTERPRISE:
        return {"code": party.tax_code}
    assert party.birth is not None  # noqa: S101 - fits() saw to it
    number = party.personal_number or party.old_number
    return {"claim": to_json(CitizenClaim(number, party.name.full, party.birth, party.sex))}


def subject(question: Question, payload: dict[str, Any], key: str) -> str:
    """The same question about the same subject has the same mark; nobody without the key can try numbers against it."""
    text = f"{key}\n{question.system}\n{question.operation}\n{sorted(payload.items())}"
    return hashlib.sha256(text.encode()).hexdigest()


def read_questions(path: str = "") -> tuple[Question, ...]:
    """The questions of a file, or those that ship with the product.

    Raises:
        MappingError: a row that cannot be read; the message names it.
    """
    text = (
        Path(path).read_text("utf-8")
        if path
        else resources.files("jobs.reuse").joinpath("questions.toml").read_text("utf-8")
    )
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise MappingError(TABLE, path, f"not TOML: {exc}") from exc
    rows: Sequence[Any] = found.get("question", ())
    if found.keys() - {"question"} or not isinstance(rows, list):
        raise MappingError(TABLE, path, "[[question]] is expected and nothing else")
    return tuple(_question(number, row) for number, row in enumerate(rows, start=1))


def _question(number: int, row: dict[str, Any]) -> Question:
    where = f"question {number}"
    if unknown := row.keys() - _KNOWN:
        raise MappingError(TABLE, where, f"unknown: {', '.join(sorted(unknown))}")
    texts = [row.get(name, "") for name in ("system", "operation", "about", "register")]
    patterns, hours = row.get("procedures", []), row.get("hours", 0)
    if not all(isinstance(text, str) for text in (*texts, *patterns)) or not all(texts[:3]):
        raise MappingError(TABLE, where, "system, operation and about are texts")
    if texts[2] not in (CITIZEN, ENTERPRISE) or type(hours) is not int or hours < 0:
        raise MappingError(TABLE, where, "about is citizen or enterprise, hours a number")
    return Question(texts[0], texts[1], texts[2], tuple(patterns), texts[3], hours)
