"""Bodies as they travel: JSON objects, and SOAP envelopes of a namespace that the profile names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from connectors.handover.profile import Soap
from connectors.kit.reading import Unreadable, an_object, json_value
from connectors.kit.xml import XmlRefused, parse

ENVELOPES = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@dataclass(frozen=True, slots=True)
class Fault:
    """A SOAP fault. ``text`` may name people: looked at, never shown."""

    code: str
    text: str


def json_object(raw: bytes) -> dict[str, Any]:
    """The object of a JSON body.

    Raises:
        Unreadable
    """
    return an_object(json_value(raw))


def json_bytes(body: Mapping[str, Any]) -> bytes:
    """``body`` as JSON in UTF-8."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()


def envelope(soap: Soap, element: str, body: Mapping[str, Any]) -> bytes:
    """``body`` as the children of ``element`` in an envelope.

    Raises:
        ValueError: a sign that XML cannot hold.
    """
    outside = ENVELOPES[soap.version]
    root = etree.Element(etree.QName(outside, "Envelope"), nsmap={"soap": outside, "m": soap.namespace})
    inner = etree.SubElement(root, etree.QName(outside, "Body"))
    call = etree.SubElement(inner, etree.QName(soap.namespace, element))
    _children(call, body, soap.namespace if soap.qualified else "")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def headers(soap: Soap, action: str) -> dict[str, str]:
    """Content type and SOAPAction as the version wants them."""
    if soap.version == "1.2":
        tail = f'; action="{action}"' if action else ""
        return {"Content-Type": f"application/soap+xml; charset=utf-8{tail}"}
    return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}


def opened(soap: Soap, raw: bytes) -> tuple[str, dict[str, Any]] | Fault:
    """The one element of an envelope's body, its name and what stands in it; or the fault.

    Prefixes do not matter. Elements inside may carry the namespace or none; attributes have no say, except xsi:nil.

    Raises:
        Unreadable: not one envelope with one element in the agreed namespace.
    """
    try:
        root = parse(raw)
    except XmlRefused as exc:
        raise Unreadable("body", f"no XML that we read: {exc.reason}") from exc
    outside = ENVELOPES[soap.version]
    bodies = [child for child in root if child.tag == f"{{{outside}}}Body"]
    if root.tag != f"{{{outside}}}Envelope" or len(bodies) != 1 or len(bodies[0]) != 1:
        raise Unreadable("Envelope", "one body with one element is expected")
    inner = bodies[0][0]
    name = etree.QName(inner)
    if name.namespace == outside and name.localname == "Fault":
        return _fault(inner)
    if name.namespace != soap.namespace:
        raise Unreadable("Body", "another namespace than agreed")
    value = _read(inner, soap.namespace)
    return name.localname, value if isinstance(value, dict) else {}


def _children(parent: etree._Element, body: Mapping[str, Any], namespace: str) -> None:
    for name, value in body.items():
        for item in value if isinstance(value, list) else [value]:
            child = etree.SubElement(parent, etree.QName(namespace or None, name))
            if isinstance(item, Mapping):
                _children(child, item, namespace)
            elif item is None:
                child.set(_NIL, "true")
            else:
                child.text = str(item).lower() if isinstance(item, bool) else str(item)


def _fault(node: etree._Element) -> Fault:
    texts = {str(etree.QName(each).localname): each for each in node.iter() if isinstance(each.tag, str)}
    code = texts.get("faultcode", texts.get("Value"))
    words = texts.get("faultstring", texts.get("Text"))
    return Fault(
        ((code.text if code is not None else "") or "")[:60].rpartition(":")[2].strip(),
        ((words.text if words is not None else "") or "")[:500],
    )


def _read(node: etree._Element, namespace: str) -> Any:
    """Children as an object, repeated ones as lists; a text where there are none."""
    if len(node) == 0:
        return None if node.get(_NIL) in ("true", "1") else (node.text or "")
    if (node.text or "").strip() or any((child.tail or "").strip() for child in node):
        raise Unreadable(etree.QName(node).localname, "text beside elements")
    found: dict[str, Any] = {}
    for child in node:
        name = etree.QName(child)
        if name.namespace not in (namespace, None):
            raise Unreadable(name.localname, "another namespace than agreed")
        value = _read(child, namespace)
        if name.localname not in found:
            found[name.localname] = value
        elif isinstance(found[name.localname], list):
            found[name.localname].append(value)
        else:
            found[name.localname] = [found[name.localname], value]
    return found
