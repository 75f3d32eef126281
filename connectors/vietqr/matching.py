"""Our reference in what a bank writes about a transfer. Payers and banks change the text; nobody is trusted to keep it.

Accepted anywhere, in any case, with blanks or signs inside, glued to other text. The check digit alone is no proof: of 36
strings of sixteen characters one has it right, and a glued text holds dozens. So a reference counts only when it is one
that we gave out; without that knowledge only whole words are proposed, and a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from enum import IntEnum

from connectors.kit.seams import is_reference
from mappings.canonical.payment import PaymentNews, PaymentVerdict
from mappings.canonical.statement import EntryStatus, StatementEntry

PROVIDER = "vietqr"
_LENGTH = 16
_MOST_TEXT = 1_000
_WORDS = re.compile(r"[0-9A-Z]+")


class Form(IntEnum):
    """How a reference stood in the text; the smaller, the surer."""

    WORD = 1  # a word of its own
    BROKEN = 2  # whole words that make it together: blanks or signs were put inside
    GLUED = 3  # inside a longer run of letters and digits


@dataclass(frozen=True, slots=True)
class Candidate:
    """A well-formed reference in a text."""

    reference: str
    form: Form


def candidates(text: str) -> tuple[Candidate, ...]:
    """Every well-formed reference in ``text``, the surest form of each, in order of form and place."""
    words = _WORDS.findall(_upper(text[:_MOST_TEXT]))
    found: dict[str, Form] = {}
    for word in words:
        if is_reference(word):
            found.setdefault(word, Form.WORD)
    for first in range(len(words)):
        joined = words[first]
        for following in words[first + 1 :]:
            joined += following
            if len(joined) >= _LENGTH:
                if is_reference(joined):
                    found.setdefault(joined, Form.BROKEN)
                break
    squeezed = "".join(words)
    for at in range(len(squeezed) - _LENGTH + 1):
        window = squeezed[at : at + _LENGTH]
        if is_reference(window):
            found.setdefault(window, Form.GLUED)
    return tuple(
        Candidate(reference, form) for reference, form in sorted(found.items(), key=lambda item: item[1])
    )


def reference_in(text: str, known: Container[str]) -> str | None:
    """The one reference of ours that ``text`` names; ``None`` when it names none, or two different ones.

    Args:
        known: the references that we gave out.
    """
    named = [each.reference for each in candidates(text) if each.reference in known]
    return named[0] if len(named) == 1 else None


def proposals(text: str) -> tuple[str, ...]:
    """References that stand there as whole words, for a person who looks at a line that names none of ours."""
    return tuple(each.reference for each in candidates(text) if each.form is Form.WORD)


def news_of(entry: StatementEntry, known: Container[str], *, terminal: str) -> PaymentNews | None:
    """The news of a payment in a statement line; ``None`` where it is none of ours, or not money that came in for good.

    The amount is the line's: less or more than was asked is for the one function that takes news to judge.
    """
    came_in = entry.credit is True and entry.booked and entry.status is EntryStatus.BOOKED
    if not came_in or entry.reversal or entry.returned or entry.currency != "VND" or not entry.minor:
        return None
    said = " ".join([entry.text, *entry.references.values()])
    reference = reference_in(said, known)
    if reference is None:
        return None
    return PaymentNews(
        provider=PROVIDER,
        terminal=terminal,
        reference=reference,
        amount=entry.minor,
        currency=entry.currency,
        verdict=PaymentVerdict.PAID,
        source="file",
        code=entry.bank_code,
        message="Thấy trên sao kê",
        bank_reference=entry.references.get("account_servicer") or None,
    )


def _upper(text: str) -> str:
    # Only the letters of ASCII: 'ı' and 'ſ' would become letters of a reference that were never there.
    return "".join(c.upper() if c.isascii() else c for c in text)
