"""Feeds the XML parser, but takes the entries that are written alike out of the stream before it sees them.

A bank writes many thousand entries in one way. Building a tree of each is most of the cost of reading them, so right
behind an entry that the parser has accepted, entries that match its pattern (``skeleton``) are read from the text
itself. The parser gets the line feeds in their place, to name the right line when something further down is wrong.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Generator, Iterator, Sequence
from html import unescape
from typing import BinaryIO

from lxml import etree

from connectors.kit.xml import CHUNK_BYTES, Pull
from connectors.statements.camt.shape import Plan
from connectors.statements.camt.skeleton import Pattern, pattern_of

Known = tuple[Plan, Sequence[str], str]
"""Plan, texts in the order of ``Plan.pick``, currency."""

_END = re.compile(r"</(?:[^\s<>/:]+:)?Ntry[ \t\r\n]*>")
_DECLARED = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_UTF8 = frozenset({b"utf-8", b"utf8"})
_REFERENCE = re.compile("&(?!(?:amp|lt|gt|quot|apos);)")
_MOST_PATTERNS = 8
_MOST_WAITING = 262_144  # characters of one entry
_TRIES = 200
_LEARN_AT, _AGAIN_AT = 3, 50  # entries of one shape


class Feed:
    """Elements and known entries of one document, in order. The reader says ``accept`` after each element that was an entry."""

    def __init__(self, source: BinaryIO, tags: tuple[str, ...]) -> None:
        self._source = source
        self._pull = Pull(tags)
        self._patterns: list[Pattern] = []
        self._statement: etree._Element | None = None
        self._inside = False
        self._refused = False
        self._seen: dict[int, int] = {}
        self._written = ""
        self._ends = self._entries = 0
        self._matched = self._missed = 0

    def accept(self, node: etree._Element, plan: Plan) -> None:
        """``node`` was an entry of its parent, a statement, and ``plan`` is that of its shape."""
        parent = node.getparent()
        if parent is not self._statement:
            # Another statement may give the same prefix another meaning.
            self._statement, self._patterns = parent, []
            self._seen.clear()
        # Each end that was fed has shown itself: nothing stands between this entry and what comes next.
        self._inside = self._ends == self._entries
        if self._inside and not (plan.details or plan.problems):
            seen = self._seen[id(plan)] = self._seen.get(id(plan), 0) + 1
            if seen == _LEARN_AT or seen % _AGAIN_AT == 0:
                self._learn(node, plan)

    def _learn(self, node: etree._Element, plan: Plan) -> None:
        names = [child.tag.rpartition("}")[2] for child in node.iter()]
        pattern = pattern_of(self._written.lstrip(), names, plan)
        if pattern is not None and all(known.source != pattern.source for known in self._patterns):
            self._patterns = [pattern, *self._patterns[: _MOST_PATTERNS - 1]]

    def refuse(self) -> None:
        """The known entry just handed out is spelled in an unusual way: hand it out as an element."""
        self._refused = True

    def items(self) -> Iterator[etree._Element | Known]:
        """Everything, in document order.

        Raises:
            XmlRefused: whatever was handed out before must then be thrown away.
        """
        chunk = self._source.read(CHUNK_BYTES)
        if not _is_utf8(chunk):
            yield from self._plainly(chunk)
            return
        decoder = codecs.getincrementaldecoder("utf-8")()
        waiting = ""
        while chunk:
            try:
                waiting += decoder.decode(chunk)
            except UnicodeDecodeError:
                # The parser names the place.
                yield from self._fed(waiting)
                yield from self._plainly(decoder.getstate()[0] + chunk)
                return
            at = yield from self._through(waiting)
            waiting = waiting[at:]
            if len(waiting) > _MOST_WAITING or self._hopeless():
                yield from self._fed(waiting)
                waiting = ""
                self._inside = False
                if self._hopeless():
                    yield from self._plainly(decoder.getstate()[0] + self._source.read(CHUNK_BYTES))
                    return
            chunk = self._source.read(CHUNK_BYTES)
        yield from self._plainly(waiting.encode() + decoder.getstate()[0])

    def _hopeless(self) -> bool:
        return self._missed > _TRIES and self._missed > self._matched

    def _plainly(self, chunk: bytes) -> Iterator[etree._Element]:
        """The rest of the document as it comes, without looking at the text."""
        self._ends = -1  # nothing is learned any more
        while chunk:
            yield from self._pull.feed(chunk)
            chunk = self._source.read(CHUNK_BYTES)
        self._pull.close()

    def _fed(self, text: str) -> Iterator[etree._Element]:
        for node in self._pull.feed(text.encode()):
            self._inside = False
            self._entries += node.tag.endswith("Ntry")
            yield node

    def _through(self, text: str) -> Generator[etree._Element | Known, None, int]:
        """Everything that is complete in ``text``; gives back where the rest begins."""
        at = 0
        while True:
            if self._inside:
                at = yield from self._known(text, at)
            end = _END.search(text, at)
            if end is None:
                return at
            self._missed += 1
            self._ends += 1
            self._written = text[at : end.end()]
            self._inside = False
            at = end.end()
            yield from self._fed(self._written)

    def _known(self, text: str, at: int) -> Generator[Known, None, int]:
        """The run of known entries from ``at`` on; gives back where it ends."""
        start = at
        while (found := self._match(text, at)) is not None:
            pattern, match = found
            groups = match.groups("")
            if text.find("&", at, match.end()) >= 0:
                if _REFERENCE.search(text, at, match.end()):
                    break
                groups = tuple(map(unescape, groups))
            yield pattern.plan, pattern.pick(groups), groups[pattern.currency]
            if self._refused:
                self._refused = False
                break
            self._matched += 1
            at = match.end()
        lines = text.count("\n", start, at)
        if lines:
            self._pull.feed(b"\n" * lines)
        return at

    def _match(self, text: str, at: int) -> tuple[Pattern, re.Match[str]] | None:
        for place, pattern in enumerate(self._patterns):
            match = pattern.match(text, at)
            if match is not None:
                if place:  # the next entry is likely to be of this kind as well
                    self._patterns.insert(0, self._patterns.pop(place))
                return pattern, match
        return None


def _is_utf8(chunk: bytes) -> bool:
    if b"\0" in chunk[:4] or chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return False
    declared = _DECLARED.match(chunk.removeprefix(b"\xef\xbb\xbf"))
    return declared is None or declared[1].lower() in _UTF8
