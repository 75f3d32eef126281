"""Entries that are written alike are read from the text: nothing may come out that the parser alone would not say."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

import pytest

from connectors.statements.camt import feed
from connectors.statements.reader import read_statement
from connectors.statements.report import statement_json
from tests.unit.statements.samples import camt, entry

DETAILS = (
    "<NtryDtls><TxDtls><Refs><EndToEndId>E2E{n}</EndToEndId></Refs><RltdPties><Dbtr><Nm>NGUYEN &amp; CON</Nm></Dbtr>"
    "</RltdPties><RmtInf><Ustrd>Nop phi ho so {n}</Ustrd></RmtInf></TxDtls></NtryDtls>"
)
INSIDE = {
    "comment": "<!-- <Ntry> -->",
    "cdata": "<![CDATA[</Ntry>]]>",
    "instruction": "<?x?>",
    "doctype": "<!DOCTYPE x>",
    "reference": "&#60;Ntry&#62;",
    "unknown-entity": "&more;",
    "control": "\x01",
    "carriage-return": "\r\n",
    "bare-mark": "<",
    "not-utf-8": "\udc80",
    "prefix": '<p:Ntry xmlns:p="urn:other"/>',
    "end-too-much": "</Ntry>",
    "unclosed": "<Sts>",
}
CHARACTERS = "<>&/'\"= \t\r\n]-!?;#xNtry0159.,áđ\0\x01\ufffe"


def many(count: int = 60) -> str:
    """A statement of entries that a bank wrote in one way."""
    entries = "\n".join(entry(str(n + 1), details=DETAILS.format(n=n)) for n in range(count))
    return camt(entries, closing=str(100 + count * (count + 1) // 2)).decode()


def said(raw: bytes) -> dict[str, Any]:
    """Everything that is reported; where a line is long, the column of a refusal may differ."""
    told = json.dumps(statement_json("x", read_statement(raw)), default=str)
    found: dict[str, Any] = json.loads(re.sub(r", column \d+", "", told))
    return found


@pytest.fixture
def both(monkeypatch):
    """What the reader says, and what it says when it never learns a pattern."""

    def ask(text: str) -> tuple[object, object]:
        raw = text.encode("utf-8", "surrogateescape")
        quick = said(raw)
        with monkeypatch.context() as patch:
            patch.setattr(feed, "_LEARN_AT", -1)
            patch.setattr(feed, "_AGAIN_AT", 10**9)
            return quick, said(raw)

    return ask


def test_the_quick_way_is_taken_at_all(monkeypatch):
    """Two equal ways prove nothing when only one of them is walked."""
    through_the_tree = []
    accept = feed.Feed.accept
    monkeypatch.setattr(
        feed.Feed, "accept", lambda *given: (through_the_tree.append(given), accept(*given))[1]
    )

    assert len(said(many().encode())["statements"][0]["entries"]) == 60
    assert len(through_the_tree) < 20


@pytest.mark.parametrize("name", sorted(INSIDE))
@pytest.mark.parametrize("place", ["</NtryDtls>", "NGUYEN", "<AcctSvcrRef>", "</Ntry>"])
def test_what_xml_treats_in_its_own_way_is_treated_so_wherever_it_stands(both, name, place):
    """R3: the same document is the same statement, or the same refusal."""
    text = many()
    at = text.index(place, len(text) // 2)

    quick, careful = both(text[:at] + INSIDE[name] + text[at:])

    assert quick == careful


@pytest.mark.parametrize("seed", range(150))
def test_a_document_spoilt_anywhere_reads_the_same(both, seed):
    """Bytes change on their way; no change may be seen by one way of reading only."""
    chance = Random(seed)
    text = many()
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text))
        kind = chance.random()
        if kind < 0.4:
            text = text[:at] + chance.choice(CHARACTERS) + text[at + 1 :]
        elif kind < 0.7:
            text = text[:at] + chance.choice(CHARACTERS) + text[at:]
        elif kind < 0.9:
            end = min(len(text), at + chance.randint(1, 400))
            text = text[:at] + text[end:]
        else:
            end = min(len(text), at + chance.randint(1, 900))
            text = text[:at] + text[at:end] * 2 + text[end:]

    quick, careful = both(text)

    assert quick == careful
