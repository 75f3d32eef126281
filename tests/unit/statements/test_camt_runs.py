"""Entries that are written alike are read from the text itself: nobody may be able to tell."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.kit.xml import XmlRefused
from connectors.statements.camt import feed
from connectors.statements.camt.reader import stream
from mappings.canonical.statement import StatementEntry, Trouble
from tests.unit.statements.samples import camt, entry

TEXTS = [
    "phí hồ sơ",
    "A &amp; B",
    "&#65;1",
    "&lt;x&gt;",
    "",
    "  hai  ",
    "<![CDATA[a<b]]>",
    "x<!-- y -->z",
    "\u202e",
    "1\r\n2",
]
DETAILS = (
    "<NtryDtls><TxDtls><Refs><EndToEndId>{0}</EndToEndId></Refs><RltdPties><Dbtr><Nm>{1}</Nm></Dbtr></RltdPties>"
    "<RmtInf><Ustrd>{1}</Ustrd></RmtInf></TxDtls></NtryDtls>"
)


@st.composite
def entries(draw: st.DrawFn) -> str:
    kind = draw(st.integers(0, 9))
    text = draw(st.sampled_from(TEXTS))
    amount = draw(st.sampled_from(["50", "7", "0", "-3", "1.5", " 9 ", "1,000", "00012"]))
    sign = draw(st.sampled_from(["CRDT", "DBIT"]))
    if kind < 5:
        return entry(amount, sign=sign, details=DETAILS.format(f"E{kind}", text))
    if kind == 5:
        return entry(amount, sign=sign, status="<Sts><Cd>PDNG</Cd></Sts>")
    if kind == 6:
        return entry(amount, sign="XXXX", details=DETAILS.format("NOTPROVIDED", text))
    if kind == 7:
        return entry(amount, sign=sign, extra="<RvslInd>true</RvslInd>")
    if kind == 8:
        return (
            entry(amount, sign=sign, details=DETAILS.format("1", text))
            .replace("<Dbtr>", "<Cdtr>")
            .replace("</Dbtr>", "</Cdtr>")
        )
    return entry(amount, sign=sign, details="<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch></NtryDtls>").replace(
        "2026-", "2026-13"
    )


def read(raw: bytes) -> tuple[list[object], list[Trouble], object]:
    troubles: list[Trouble] = []
    try:
        found = list(stream(io.BytesIO(raw), troubles.append))
    except XmlRefused as exc:
        return [], [], (exc.reason, exc.line)
    return found, troubles, None


def both(raw: bytes) -> tuple[object, object]:
    quick = read(raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "_is_utf8", lambda _: False)
        return quick, read(raw)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(entries(), min_size=5, max_size=60), st.booleans())
def test_every_entry_is_read_as_the_parser_would(made: list[str], prefixed: bool) -> None:
    """Speed may change nothing: not a field, not a complaint, not its place."""
    raw = camt("".join(made), closing="150")
    if prefixed:
        raw = (
            raw.replace(b"<", b"<b:")
            .replace(b"<b:/", b"</b:")
            .replace(b"<b:?", b"<?")
            .replace(b"<b:!", b"<!")
            .replace(b"xmlns=", b"xmlns:b=")
        )

    quick, slow = both(raw)

    assert quick == slow


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_harm_is_noticed_in_the_same_place(data: st.DataObject) -> None:
    """A cut or changed byte in a long run of entries is refused, and the line is right."""
    raw = bytearray(
        camt("\n".join(entry("5", details=DETAILS.format("E", "phí")) for _ in range(30)), closing="250")
    )
    place = data.draw(st.integers(200, len(raw) - 1))
    if data.draw(st.booleans()):
        del raw[place:]
    else:
        raw[place] = data.draw(st.integers(0, 255))

    quick, slow = both(bytes(raw))

    assert quick == slow


def test_runs_are_really_taken_from_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the tests above compare the slow way with itself."""
    handed: list[object] = []
    plain = feed.Feed.items

    def watched(self: feed.Feed) -> Iterator[object]:
        for item in plain(self):
            handed.append(item)
            yield item

    monkeypatch.setattr(feed.Feed, "items", watched)
    found, _, _ = read(camt("".join(entry("5") for _ in range(1_000)), closing="5100"))

    assert sum(isinstance(item, StatementEntry) for item in found) == 1_000
    assert sum(isinstance(item, tuple) for item in handed) > 900
