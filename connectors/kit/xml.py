"""The one place that builds an XML parser. What others send is read strictly, or refused with the reason.

No DOCTYPE, so no entities; no processing instructions; no network; no repairing; libxml2's own limits on
depth and size of a value stay on. Comments carry no meaning and are dropped before anybody sees them.
"""

from __future__ import annotations

from collections.abc import Iterator
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


def elements(source: IO[bytes], tags: tuple[str, ...]) -> Iterator[etree._Element]:
    """Every complete element with one of ``tags`` (lxml names, ``{*}Ntry``), inner ones first.

    The caller takes away what it has used, so memory does not follow the size of the document.

    Raises:
        XmlRefused: whatever was handed out before must then be thrown away.
    """
    checked = False
    parser = etree.XMLPullParser(
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
    try:
        for chunk in iter(lambda: source.read(CHUNK_BYTES), b""):
            if not checked and b"<!DOCTYPE" in chunk.replace(b"\0", b""):
                raise XmlRefused("doctype", _DOCTYPE, 1)  # before libxml2 makes anything of it
            parser.feed(chunk)
            events: Any = parser.read_events()
            for event, node in events:
                if event == "pi":
                    raise XmlRefused("processing-instruction", f"<?{node.target} ...?>")
                if not checked:
                    _refuse_doctype(node.getroottree())
                    checked = True
                yield node
        root = parser.close()
    except etree.XMLSyntaxError as exc:
        raise XmlRefused("not-well-formed", exc.msg or "not well-formed", exc.lineno or 0) from exc
    _refuse_doctype(root.getroottree())


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
    nodes: Iterator[Any] = root.getroottree().iter(etree.ProcessingInstruction)
    for node in nodes:
        raise XmlRefused("processing-instruction", f"<?{node.target} ...?>", node.sourceline or 0)
    return root


def value(node: etree._Element) -> str | None:
    """The text of an element that must hold text only; ``None`` when anything else stands in it."""
    return (node.text or "") if len(node) == 0 else None


def _refuse_doctype(tree: etree._ElementTree) -> None:
    if tree.docinfo.internalDTD is not None or tree.docinfo.doctype:
        raise XmlRefused("doctype", _DOCTYPE, 1)
