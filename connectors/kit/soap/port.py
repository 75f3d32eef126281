"""One SOAP service as we call it: values in, a read answer out, everything else an error of our tree.

A call is made once. What came back is a success only when it is a whole envelope of the agreed version and namespace with
the one element that the contract names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from lxml import etree
from pydantic import Field

from connectors.errors import ConnectorError, ContractBroken, OutcomeUnknown, Rejected
from connectors.kit import seams
from connectors.kit.connection import SystemSettings
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable
from connectors.kit.soap.answers import Opened, fault_in, opened
from connectors.kit.soap.attachments import NO_PARTS, Outbox, Parts, unpacked
from connectors.kit.soap.contract import Contract, Message
from connectors.kit.soap.faults import FaultProfile
from connectors.kit.soap.line import SoapTransport
from connectors.kit.soap.shapes import NotSendable
from connectors.kit.soap.versions import ActionStyle, Version, headers
from connectors.kit.transport import Answer

T = TypeVar("T")
NOT_SENT = "not-sent"
_MEDIA = frozenset({"text/xml", "application/soap+xml", "application/xml", "multipart/related", ""})
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii"})


class SoapSettings(SystemSettings):
    """How a SOAP system is reached. A connector's own settings derive from it.

    Attributes:
        path: behind ``base_url``; the address in a contract is never used.
        version: 1.1 or 1.2.
        action: how SOAPAction is written.
        media: content type of what we send instead of the version's own.
        faults: what their faults mean.
        mtom: attachments leave as parts (MTOM); otherwise as base64 inside.
        largest_request_bytes: attachments of one request together.
    """

    path: str = Field(default="/", pattern=r"^/[!-~]*$")
    version: Version = Version.V11
    action: ActionStyle = ActionStyle.CONTRACT
    media: str = Field(default="", pattern=r"^([a-z]+/[a-z0-9.+-]+)?$")
    faults: FaultProfile = Field(default_factory=FaultProfile)
    mtom: bool = False
    largest_request_bytes: int = Field(default=20_000_000, gt=0)


class Securing(Protocol):
    """Puts our proof into an envelope that is about to leave. See ``connectors.kit.soap.wss``."""

    def applied(self, envelope: etree._Element, version: Version) -> None: ...


class Judging(Protocol):
    """Checks who wrote an answer, by place. See ``connectors.kit.soap.wss_verify``.

    Attributes:
        understands: lxml names of the header parts that it judges.
    """

    @property
    def understands(self) -> frozenset[str]: ...

    def verified(self, found: Opened, version: Version) -> None:
        """Raises:
        Forged: nothing in the answer may be used.
        """
        ...


@dataclass(frozen=True, slots=True)
class Port:
    """A contract, a transport and the settings that join them. Threads may share it."""

    system: str
    contract: Contract
    transport: SoapTransport
    settings: SoapSettings
    securing: Securing | None = None
    judging: Judging | None = None
    salt: Callable[[], str] = field(default=seams.salt)

    def call(
        self,
        operation: str,
        name: str,
        values: Mapping[str, Any],
        read: Callable[[Any, Parts], T],
        *,
        effect_class: EffectClass,
        reference: str = "",
        deadline_seconds: float | None = None,
        soap_headers: Mapping[str, Any] | None = None,
    ) -> T:
        """Ask ``name`` of the contract and read the element that answers.

        Args:
            operation: our name of it, for notes and errors.
            values: as the contract names them; files as :class:`Attachment`.
            read: a ``Reader``, or any function of the element and the parts beside it.

        Raises:
            Rejected: refused by a fault that the profile knows; or by us before a byte left (code ``not-sent``).
            Unavailable: nothing was done.
            CredentialsRefused: they do not accept who we are.
            OutcomeUnknown: a write may have been done.
            ContractBroken: answered otherwise than agreed.
        """
        facts = {"system": self.system, "operation": operation, "reference": reference}
        version = self.settings.version
        try:
            content, sent = self._written(name, values, soap_headers)
        except ValueError as exc:
            raise Rejected(str(exc), code=NOT_SENT, **facts) from exc
        answer, status = self.transport.post(
            operation,
            self.settings.path,
            effect_class=effect_class,
            reference=reference,
            content=content,
            headers=sent,
            deadline_seconds=deadline_seconds,
        )
        try:
            found, parts = self._opened(answer)
            fault = fault_in(found.payload, version)
            if fault is not None:
                raise self.settings.faults.error(fault, effect_class, **facts) from status
            return self._read(name, found, parts, read, refused=status is not None)
        except Unreadable as exc:
            # 400 refuses a read; of a write only a whole fault is believed when it says that nothing was done.
            if status is None or (isinstance(status, Rejected) and effect_class is not EffectClass.READ):
                raise ContractBroken(str(exc), **facts) from exc
            raise status from exc

    def _written(
        self, name: str, values: Mapping[str, Any], soap_headers: Mapping[str, Any] | None
    ) -> tuple[bytes, dict[str, str]]:
        version, style = self.settings.version, self.settings.action
        outbox: Outbox | None = None
        if self.settings.mtom:
            outbox = Outbox(self.salt(), most_bytes=self.settings.largest_request_bytes)
            values = outbox.inside(values)
        else:
            values = inline(values, self.settings.largest_request_bytes)
        message = self.contract.envelope(name, values, version, soap_headers=soap_headers)
        if self.securing is not None:
            self._secured(message, outbox)
        sent = headers(version, message.action, style, self.settings.media)
        if outbox is not None and outbox.found:
            content, kind = outbox.packed(message.envelope, version, message.action)
            return content, {**sent, "Content-Type": kind}
        return etree.tostring(message.envelope, xml_declaration=True, encoding="utf-8"), sent

    def _secured(self, message: Message, outbox: Outbox | None) -> None:
        if outbox is not None and outbox.found:
            # A signature covers the base64 of an attachment, which here leaves as a part: it would not hold.
            raise NotSendable("a signed request carries its files inside: switch MTOM off")
        assert self.securing is not None  # noqa: S101 - narrows the type
        self.securing.applied(message.envelope, self.settings.version)

    def _opened(self, answer: Answer) -> tuple[Opened, Parts]:
        said = answer.headers.get("content-type", "")
        media = said.partition(";")[0].strip().lower()
        if media not in _MEDIA:
            raise Unreadable("Content-Type", "is not that of a SOAP answer")
        if not answer.content:
            raise Unreadable("Envelope", "is missing: the answer is empty")
        raw, parts = answer.content, NO_PARTS
        if media == "multipart/related":
            raw, _, parts = unpacked(answer.content, said)
        elif charset_of(said) not in _CHARSETS:
            raise Unreadable("Content-Type", "says another charset than UTF-8")
        understood = self.judging.understands if self.judging is not None else frozenset()
        found = opened(raw, self.settings.version, understood=understood)
        if self.judging is not None:
            if len(parts):
                raise Unreadable("Security", "parts beside the envelope are under no signature")
            self._judged(found)
        return found, parts

    def _judged(self, found: Opened) -> None:
        from connectors.errors import Forged

        assert self.judging is not None  # noqa: S101 - narrows the type
        try:
            self.judging.verified(found, self.settings.version)
        except Forged as exc:
            raise Unreadable("Security", str(exc)) from exc

    def _read(
        self, name: str, found: Opened, parts: Parts, read: Callable[[Any, Parts], T], *, refused: bool
    ) -> T:
        if refused:
            raise Unreadable("Fault", "is missing although the status says so")
        wanted = self.contract.answer_tag(name, self.settings.version)
        payload = found.payload
        if payload is None:
            if wanted:
                raise Unreadable("Body", "is empty")
            return read(found.body, parts)
        if payload.tag != wanted:
            raise Unreadable(
                etree.QName(payload).localname[:60], "is not the agreed answer or of another namespace"
            )
        value = read(payload, parts)
        if not parts.all_used():
            raise Unreadable("multipart", "holds a part that no element asked for")
        return value


def charset_of(content_type: str) -> str:
    """The charset that a content type names, in lower case; empty when none."""
    for piece in content_type.split(";")[1:]:
        name, _, value = piece.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return ""


def inline(values: Mapping[str, Any], most_bytes: int) -> dict[str, Any]:
    """The same values with the bytes of each attachment in its place.

    Raises:
        ValueError: together they are too large.
    """
    outbox = Outbox("", most_bytes=most_bytes)
    outbox.inside(values)
    return {name: _bytes(value) for name, value in values.items()} if outbox.found else dict(values)


def _bytes(value: Any) -> Any:
    from connectors.kit.soap.attachments import Attachment

    if isinstance(value, Attachment):
        return value.content
    if isinstance(value, Mapping):
        return {name: _bytes(item) for name, item in value.items()}
    return [_bytes(item) for item in value] if isinstance(value, list | tuple) else value


__all__ = ["NOT_SENT", "ConnectorError", "Judging", "OutcomeUnknown", "Port", "Securing", "SoapSettings"]
