"""The one place that builds an XML parser. What others send is read strictly, or refused with the reason.

No DOCTYPE, so no entities; no processing instructions; no network; no repairing; libxml2's own limits on
depth and size of a value stay on. Comments carry no meaning and are dropped before anybody sees them.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import IO, Any

from lxml import etree

CHUNK_BYTES = 32_768
_DOCTYPE = "a DOCTYPE is never needed and may hide entities"


class XmlRefused(ValueError):
    """The document is not well-formed, or holds what is refused outright.

    Attributes:
        reason: stable short name: ``not-well-formed``, ``doctype`` or ``processing-instruction``.
        line: where, or 0.
    """

    def __init__(self, reason: str, detail: str, line: int = 0) -> None:
        self.reason = reason
        self.line = line
        super().__init__(detail)


class Pull:
    """A strict parser that is fed piece by piece and hands out complete elements, inner ones first.

    The caller takes away what it has used, so memory does not follow the size of the document. Whatever was handed out
    must be thrown away when a later piece is refused.
    """

    def __init__(self, tags: tuple[str, ...]) -> None:
        """``tags``: lxml names, ``{*}Ntry``."""
        self._parser = etree.XMLPullParser(
            events=("end", "pi"),
            tag=tags,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            recover=False,
            remove_comments=True,
            remove_blank_text=True,
        )
        self._checked = False

    def feed(self, piece: bytes) -> list[etree._Element]:
        """The elements that ``piece`` completes.

        Raises:
            XmlRefused
        """
        if not self._checked and b"<!DOCTYPE" in piece.replace(b"\0", b""):
            raise XmlRefused("doctype", _DOCTYPE, 1)  # before libxml2 makes anything of it
        try:
            self._parser.feed(piece)
            events: list[Any] = list(self._parser.read_events())
        except etree.XMLSyntaxError as exc:
            raise XmlRefused("not-well-formed", exc.msg or "not well-formed", exc.lineno or 0) from exc
        nodes = []
        for event, node in events:
            if event == "pi":
                raise XmlRefused("processing-instruction", f"<?{node.target} ...?>")
            if not self._checked:
                _refuse_doctype(node.getroottree())
                self._checked = True
            nodes.append(node)
        return nodes

    def close(self) -> None:
        """The document ends here.

        Raises:
            XmlRefused: it is not complete.
        """
        try:
            root = self._parser.close()
        except etree.XMLSyntaxError as exc:
            raise XmlRefused("not-well-formed", exc.msg or "not well-formed", exc.lineno or 0) from exc
        _refuse_doctype(root.getroottree())


def elements(source: IO[bytes], tags: tuple[str, ...]) -> Iterator[etree._Element]:
    """Every complete element of ``source`` with one of ``tags``; see :class:`Pull`.

    Raises:
        XmlRefused: whatever was handed out before must then be thrown away.
    """
    pull = Pull(tags)
    for chunk in iter(lambda: source.read(CHUNK_BYTES), b""):
        yield from pull.feed(chunk)
    pull.close()


def parse(raw: bytes) -> etree._Element:
    """The root of a whole small document.

    Raises:
        XmlRefused: as :func:`elements`.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as exc:
        raise XmlRefused("not-well-formed", exc.msg or "not well-formed", exc.lineno or 0) from exc
    except ValueError as exc:
        raise XmlRefused("not-well-formed", str(exc)) from exc
    _refuse_doctype(root.getroottree())
    _refuse_beside(root)
    nodes: Iterator[Any] = root.iter(etree.ProcessingInstruction)
    for node in nodes:
        raise XmlRefused("processing-instruction", f"<?{node.target} ...?>", node.sourceline or 0)
    return root


def value(node: etree._Element) -> str | None:
    """The text of an element that must hold text only; ``None`` when anything else stands in it."""
    return (node.text or "") if len(node) == 0 else None


def _refuse_beside(root: etree._Element) -> None:
    """Processing instructions before and behind the document element: a walk through the tree does not meet them."""
    beside: Iterator[Any] = chain(root.itersiblings(preceding=True), root.itersiblings())
    for node in beside:
        if node.tag is etree.ProcessingInstruction:
            raise XmlRefused("processing-instruction", f"<?{node.target} ...?>", node.sourceline or 0)


def _refuse_doctype(tree: etree._ElementTree) -> None:
    if tree.docinfo.internalDTD is not None or tree.docinfo.doctype:
        raise XmlRefused("doctype", _DOCTYPE, 1)
