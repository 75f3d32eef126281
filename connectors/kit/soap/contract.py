"""A published contract, pinned in the repository: WSDL and XSD files from one folder, and never from a network.

zeep reads it once per process, at first use and not before; it then only writes envelopes. Addresses in a contract are
ignored: where we call stands in the settings.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from connectors.kit.soap.shapes import NotSendable, Shape, check
from connectors.kit.soap.versions import Version
from connectors.kit.xml import XmlRefused, parse

if TYPE_CHECKING:
    from zeep.wsdl import Document

_BASE = "file:///contract/"


class ContractUnusable(Exception):
    """The pinned files do not give what is asked of them. A fault of ours, found by tests, never at night."""


class NotPinned(ContractUnusable):
    """The contract wants another document, and none was pinned for it.

    Attributes:
        address: the document that is missing.
    """

    def __init__(self, address: str, contract: str) -> None:
        self.address = address
        super().__init__(f"{contract} imports {address}, which is not pinned; it is never fetched")


@dataclass(frozen=True, slots=True)
class Message:
    """An envelope that is ready to be signed or sent.

    Attributes:
        action: SOAPAction of the contract, may be empty.
    """

    envelope: etree._Element
    action: str


@dataclass(slots=True)
class _Built:
    """What zeep made of the files; ``shapes`` grows as elements are asked for."""

    document: Document
    bindings: dict[Version, Any]
    left_out: tuple[str, ...]


class Contract:
    """One WSDL with what it imports. Threads may share it."""

    def __init__(
        self,
        folder: Traversable | Path,
        main: str,
        *,
        pinned: Mapping[str, str] | None = None,
        binding: str = "",
    ) -> None:
        """Nothing is read yet.

        Args:
            folder: where the files stand; imports by relative name are looked for here.
            main: the WSDL in it.
            pinned: absolute address of an import → file in ``folder``.
            binding: local name, where several of one version stand in the contract.
        """
        self._folder, self.main = folder, main
        self._pinned = dict(pinned or {})
        self._wanted = binding
        self._lock = threading.Lock()
        self._made: _Built | None = None
        self._shapes: dict[tuple[Version, str, bool], Shape] = {}

    def prepare(self) -> None:
        """Read it now: before a fork, so that the children share the memory.

        Raises:
            ContractUnusable
        """
        self._built()

    @property
    def left_out(self) -> tuple[str, ...]:
        """What zeep could not make sense of, in its own words."""
        return self._built().left_out

    def operations(self, version: Version) -> tuple[str, ...]:
        """Names of what can be called, in order.

        Raises:
            ContractUnusable: no binding of this version.
        """
        return tuple(sorted(self._binding(version)._operations))  # noqa: SLF001 - zeep has no other door

    def envelope(
        self,
        operation: str,
        values: Mapping[str, Any],
        version: Version,
        *,
        soap_headers: Mapping[str, Any] | None = None,
    ) -> Message:
        """The envelope of one request.

        Args:
            values: fields of the body as the contract names them; nested ones as mappings.
            soap_headers: header parts of the contract.

        Raises:
            NotSendable: a value that the contract does not take.
            ContractUnusable: no such operation.
        """
        check(self.request(operation, version), values)
        extra = {"_soapheaders": dict(soap_headers)} if soap_headers else {}
        described = self._operation(version, operation)
        try:
            envelope = described.create(**values, **extra).content
        except (TypeError, ValueError, LookupError, AttributeError, _zeep_errors()) as exc:
            raise NotSendable(f"{operation}: {type(exc).__name__} while writing it") from None
        return Message(envelope, described.soapaction or "")

    def request(self, operation: str, version: Version) -> Shape:
        """What the body of a request holds.

        Raises:
            ContractUnusable
        """
        return self._shape(version, operation, answer=False)

    def answer(self, operation: str, version: Version) -> Shape:
        """What the body of an answer holds; no parts for an operation that answers nothing.

        Raises:
            ContractUnusable
        """
        return self._shape(version, operation, answer=True)

    def answer_tag(self, operation: str, version: Version) -> str:
        """The name for lxml of the one element in the body of an answer; empty: the body stays empty.

        Raises:
            ContractUnusable
        """
        message = self._operation(version, operation).output
        return str(message.body.qname.text) if message is not None and message.body is not None else ""

    def _shape(self, version: Version, operation: str, *, answer: bool) -> Shape:
        key = (version, operation, answer)
        found = self._shapes.get(key)
        if found is None:
            from connectors.kit.soap.contract_shapes import shape_of

            described = self._operation(version, operation)
            message = described.output if answer else described.input
            body = message.body if message is not None else None
            found = shape_of(body) if body is not None else Shape(operation)
            self._shapes[key] = found  # two threads make equal ones
        return found

    def _operation(self, version: Version, operation: str) -> Any:
        found = self._binding(version)._operations.get(operation)  # noqa: SLF001
        if found is None:
            reasons = [words for words in self.left_out if f"'{operation}" in words or operation in words]
            why = reasons[0] if reasons else (self.left_out[0] if self.left_out else "it is not there")
            raise ContractUnusable(f"{self.main} has no usable operation {operation}: {why}")
        return found

    def _binding(self, version: Version) -> Any:
        found = self._built().bindings.get(version)
        if found is None:
            raise ContractUnusable(f"{self.main} offers no SOAP {version}")
        return found

    def _built(self) -> _Built:
        made = self._made
        if made is None:
            with self._lock:
                made = self._made
                if made is None:
                    made = self._made = self._read()
        return made

    def _read(self) -> _Built:
        from zeep.settings import Settings
        from zeep.wsdl import Document

        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                pinned: Any = _Pinned(self._folder, self.main, self._pinned)
                document = Document(
                    _BASE + self.main,
                    pinned,
                    settings=Settings(strict=True, forbid_dtd=True, forbid_entities=True, force_https=False),
                )
            except ContractUnusable:
                raise
            except Exception as exc:  # the boundary to zeep: it raises whatever its own parts raise
                raise ContractUnusable(f"{self.main}: {type(exc).__name__}: {exc}") from exc
        left_out = tuple(str(each.message) for each in said)
        return _Built(document, self._bindings(document), left_out)

    def _bindings(self, document: Document) -> dict[Version, Any]:
        from zeep.wsdl.bindings.soap import Soap11Binding, Soap12Binding

        kinds = {Version.V11: Soap11Binding, Version.V12: Soap12Binding}
        offered = [port.binding for service in document.services.values() for port in service.ports.values()]
        offered += document.bindings.values()
        found: dict[Version, Any] = {}
        for version, kind in kinds.items():
            for binding in offered:
                fits = not self._wanted or binding.name.localname == self._wanted
                if isinstance(binding, kind) and fits:
                    found.setdefault(version, binding)
        return found


class _Pinned:
    """What zeep thinks is its transport: files of one folder, and nothing else."""

    def __init__(self, folder: Traversable | Path, main: str, pinned: Mapping[str, str]) -> None:
        self._folder, self._main, self._pinned = folder, main, pinned

    def load(self, address: str) -> bytes:
        """The bytes of a pinned document.

        Raises:
            NotPinned, ContractUnusable
        """
        name = self._pinned.get(address, "")
        if not name and address.startswith(_BASE):
            name = address[len(_BASE) :]
        parts = name.split("/")
        if not name or any(part in ("", ".", "..") for part in parts):
            raise NotPinned(address, self._main)
        file = self._folder.joinpath(*parts)
        if not file.is_file():
            raise NotPinned(address.removeprefix(_BASE), self._main)
        raw = file.read_bytes()
        try:
            parse(raw)  # no DOCTYPE, no instructions, well-formed: the same rules as for what others send
        except XmlRefused as exc:
            raise ContractUnusable(f"{name}: {exc}") from exc
        return raw


def _zeep_errors() -> type[Exception]:
    from zeep.exceptions import Error

    return Error
