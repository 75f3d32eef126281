"""SOAP 1.1 and 1.2: namespaces, media types, and how the action is told."""

from __future__ import annotations

from enum import StrEnum

XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


class Version(StrEnum):
    """Which SOAP is spoken; both sides of a call speak the same."""

    V11 = "1.1"
    V12 = "1.2"

    @property
    def namespace(self) -> str:
        """Of Envelope, Header, Body and Fault."""
        return _NAMESPACES[self]

    @property
    def media(self) -> str:
        """Content type of a message that is not packed into parts."""
        return "text/xml" if self is Version.V11 else "application/soap+xml"

    def tag(self, local: str) -> str:
        """The name for lxml of an element of the envelope."""
        return f"{{{_NAMESPACES[self]}}}{local}"


_NAMESPACES = {
    Version.V11: "http://schemas.xmlsoap.org/soap/envelope/",
    Version.V12: "http://www.w3.org/2003/05/soap-envelope",
}
OTHER = {Version.V11: Version.V12, Version.V12: Version.V11}


class ActionStyle(StrEnum):
    """What SOAPAction (1.1) or the action parameter of the content type (1.2) says."""

    CONTRACT = "contract"  # as the contract says, in quotes
    EMPTY = "empty"  # "" in quotes: the national database wants it so
    BARE = "bare"  # as the contract says, without quotes: seen in old servers
    NONE = "none"  # no such header or parameter


def headers(version: Version, action: str, style: ActionStyle, media: str = "") -> dict[str, str]:
    """Content-Type and, for 1.1, SOAPAction.

    Args:
        action: of the contract.
        media: instead of the version's own content type, without charset (``application/xml`` for some).

    Raises:
        ValueError: an action that would end the header.
    """
    if not action.isascii() or not action.isprintable() or '"' in action:
        raise ValueError("an action is printable ASCII without quotes")
    said = "" if style is ActionStyle.EMPTY else action
    quoted = said if style is ActionStyle.BARE else f'"{said}"'
    content_type = f"{media or version.media}; charset=utf-8"
    if style is ActionStyle.NONE:
        return {"Content-Type": content_type}
    if version is Version.V12:
        return {"Content-Type": f"{content_type}; action={quoted}"}
    return {"Content-Type": content_type, "SOAPAction": quoted}
