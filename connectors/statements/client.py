"""Picks up statement and settlement files, hands over transfer orders. Speaks bytes and canonical types only."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from connectors.errors import AlreadyDone, ContractBroken, Rejected, Unavailable
from connectors.kit.effects import Call, Done, EffectClass, Operation
from connectors.statements.settings import Settings
from connectors.statements.transfer_file import TransferLayout, TransferOrder, file_name, transfer_file
from mappings.canonical.codec import from_json

SYSTEM = "statements"
SUBMIT = "submit_transfer_orders"


class Answered(Protocol):
    """The part of the transport's answer that is used here."""

    @property
    def status(self) -> int: ...
    @property
    def content(self) -> bytes: ...


class Sender(Protocol):
    """The part of ``connectors.kit.transport.Transport`` that is used here."""

    def send(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        effect_class: EffectClass,
        reference: str = "",
        params: Any = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        deadline_seconds: float | None = None,
    ) -> Answered: ...


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """A file that can be fetched. The same bytes may wait under two names: load by digest."""

    name: str
    size: int


class Client:
    """The bank's and the treasury's file interface. Thread-safe: it keeps no state."""

    def __init__(self, settings: Settings, transport: Sender | None = None) -> None:
        self._settings = settings
        self._transport = transport
        self._layout = TransferLayout()

    def waiting(self, day: date) -> tuple[WaitingFile, ...]:
        """The files that are there for ``day``; with folders all files there, whatever their day.

        Raises:
            Unavailable, ContractBroken
        """
        if self._transport is None:
            return self._folder_files()
        from connectors.kit.reading import read_json

        answer = self._transport.send(
            "list_files", "GET", "/files", effect_class=EffectClass.READ, params={"date": day.isoformat()}
        )
        found = read_json(answer.content, system=SYSTEM, operation="list_files")
        files = found.get("files") if isinstance(found, dict) else None
        if not isinstance(files, list):
            raise ContractBroken("'files' is not a list", system=SYSTEM, operation="list_files")
        return tuple(self._waiting(item) for item in files)

    def fetch(self, name: str) -> bytes:
        """The bytes of one waiting file. Safe to repeat.

        Raises:
            Unavailable, Rejected, ContractBroken
        """
        if self._transport is not None:
            answer = self._transport.send(
                "fetch_file", "GET", "/file", effect_class=EffectClass.READ, params={"name": name}
            )
            return answer.content
        folder = self._settings.inbox_folder
        if folder is None or Path(name).name != name:
            raise Rejected("no such file", system=SYSTEM, operation="fetch_file", code="404", reference=name)
        try:
            path = folder / name
            if path.stat().st_size > self._settings.largest_file_bytes:
                raise Rejected("too large", system=SYSTEM, operation="fetch_file", code="413", reference=name)
            return path.read_bytes()
        except OSError as exc:
            raise Unavailable(
                str(exc.strerror), system=SYSTEM, operation="fetch_file", reference=name
            ) from exc

    def submit(
        self,
        orders: Sequence[TransferOrder],
        *,
        reference: str,
        day: date,
        deadline_seconds: float | None = None,
    ) -> Done:
        """Hand over one order file. Accepted is not paid: each order is paid when the statement shows it.

        The same reference, day and orders give the same bytes, which the bank refuses as a repeat.

        Raises:
            AlreadyDone: the bank has this very file.
            Rejected, Unavailable, OutcomeUnknown
            ValueError: an order that must not leave (see ``transfer_file``).
        """
        raw = transfer_file(orders, self._layout, reference=reference, day=day)
        name = file_name(self._layout, reference, day)
        facts = {
            "file": name,
            "digest": hashlib.sha256(raw).hexdigest(),
            "orders": [o.reference for o in orders],
        }
        if self._transport is None:
            self._write(name, raw, reference)
            return Done(data=facts, code="written", final=False)
        try:
            answer = self._transport.send(
                SUBMIT,
                "POST",
                "/transfers",
                effect_class=EffectClass.EVIDENCE,
                reference=reference,
                content=raw,
                headers={"Content-Type": "text/csv; charset=utf-8", "X-File-Name": name},
                deadline_seconds=deadline_seconds,
            )
        except Rejected as exc:
            if exc.code == "409":
                raise AlreadyDone(
                    "the bank has this order file",
                    system=SYSTEM,
                    operation=SUBMIT,
                    code="409",
                    reference=reference,
                ) from exc
            raise
        from connectors.kit.reading import read_json

        receipt = read_json(answer.content, system=SYSTEM, operation=SUBMIT, reference=reference)
        named = isinstance(receipt, dict) and receipt.get("file") == reference
        if answer.status != 201 or not named or receipt.get("accepted") != len(orders):
            raise ContractBroken(
                "the receipt does not name the file", system=SYSTEM, operation=SUBMIT, reference=reference
            )
        return Done(data=facts, code=str(answer.status), final=False)

    def _folder_files(self) -> tuple[WaitingFile, ...]:
        folder = self._settings.inbox_folder
        if folder is None:
            return ()
        try:
            names = sorted(
                path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")
            )
            return tuple(WaitingFile(path.name, path.stat().st_size) for path in names)
        except OSError as exc:
            raise Unavailable(str(exc.strerror), system=SYSTEM, operation="list_files") from exc

    def _waiting(self, item: object) -> WaitingFile:
        if isinstance(item, dict) and isinstance(item.get("name"), str) and type(item.get("size")) is int:
            return WaitingFile(item["name"], item["size"])
        raise ContractBroken("a file without name or size", system=SYSTEM, operation="list_files")

    def _write(self, name: str, raw: bytes, reference: str) -> None:
        """Whole or not at all, never over another: the name appears by a hard link to a finished file."""
        folder = self._settings.outbox_folder
        if folder is None:
            raise Unavailable("no outbox folder is set", system=SYSTEM, operation=SUBMIT, reference=reference)
        part = folder / f".{name}.part"
        try:
            with part.open("wb") as out:
                out.write(raw)
                out.flush()
                os.fsync(out.fileno())
            os.link(part, folder / name)
        except FileExistsError as exc:
            raise AlreadyDone(
                "the order file is there", system=SYSTEM, operation=SUBMIT, code="exists", reference=reference
            ) from exc
        except OSError as exc:
            raise Unavailable(
                str(exc.strerror), system=SYSTEM, operation=SUBMIT, reference=reference
            ) from exc
        finally:
            part.unlink(missing_ok=True)


def operations(client: Client) -> tuple[Operation, ...]:
    """What the effect engine may ask of this connector."""

    def submit(call: Call) -> Done:
        orders = [from_json(TransferOrder, item) for item in call.payload["orders"]]
        day = date.fromisoformat(call.payload["day"])
        return client.submit(
            orders, reference=call.reference or call.key, day=day, deadline_seconds=call.deadline_seconds
        )

    return (
        Operation(
            system=SYSTEM,
            name=SUBMIT,
            effect_class=EffectClass.EVIDENCE,
            found_by="the debit lines of the bank statement carry each order's reference; the bank refuses the same "
            "file a second time, but its refusal is no proof of payment",
            perform=submit,
            money=True,
        ),
    )
