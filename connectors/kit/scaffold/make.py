"""From a contract to written files: everything is checked before the first byte, and nothing that stands is overwritten."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from keyword import iskeyword
from pathlib import Path

from connectors.kit.scaffold import edits, generate, openapi, wsdl
from connectors.kit.scaffold.model import ScaffoldRefused, Service, Style, Wishes

_NAME = re.compile(r"[a-z][a-z0-9_]{1,39}")
_LONGEST_FILE = 440
"""Lines; the tree allows 450, and the formatter may move some."""
_TAKEN = frozenset({"kit", "registry", "errors", "ports"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be written.

    Attributes:
        new: path → content of files that are not there yet.
        edited: path → content of files that change.
    """

    service: Service
    new: Mapping[str, bytes]
    edited: Mapping[str, bytes] = field(default_factory=dict)

    def write(self, root: Path) -> None:
        """Put it into the tree below ``root``; the registry last, so that a half-written folder is never asked for."""
        for path, content in {**self.new, **self.edited}.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def service_of(name: str, style: Style, raw: bytes | None, wishes: Wishes) -> Service:
    """The service of a contract, or of the example where none is given.

    Raises:
        ScaffoldRefused
    """
    if not _NAME.fullmatch(name) or iskeyword(name) or name in _TAKEN:
        raise ScaffoldRefused(
            f"'{name}' không dùng làm tên được: chữ thường, số, gạch dưới; 2 đến 40 ký tự.",
            f"'{name}' cannot be a name: 2 to 40 small letters, digits and underscores.",
        )
    if raw is None:
        raw, wishes = _example(style, name, wishes)
    if style is Style.REST:
        return openapi.service_of(name, raw, wishes)
    return wsdl.service_of(name, raw, wishes)


def plan(service: Service, root: Path) -> Plan:
    """What is to be written below ``root``.

    Raises:
        ScaffoldRefused: something of that name is there.
    """
    new = generate.files(service)
    long = [path for path, text in new.items() if path.endswith(".py") and text.count(b"\n") > _LONGEST_FILE]
    if long:
        raise ScaffoldRefused(
            f"Hợp đồng quá lớn cho một thư mục ({', '.join(long)}): chọn thao tác bằng --only.",
            f"The contract is too large for one folder ({', '.join(long)}): choose operations with --only.",
        )
    there = [
        path
        for path in (f"connectors/{service.name}", f"tests/contract/{service.name}")
        if (root / path).exists()
    ]
    there += [path for path in new if path.startswith("docs/") and (root / path).exists()]
    if there:
        raise ScaffoldRefused(f"Đã có {', '.join(there)}.", f"{', '.join(there)} is there already.")
    edited = {
        path: change((root / path).read_text("utf-8"), service.name).encode()
        for path, change in ((edits.SECTIONS, edits.with_section), (edits.REGISTRY, edits.registered))
    }
    return Plan(service, new, edited)


def _example(style: Style, name: str, wishes: Wishes) -> tuple[bytes, Wishes]:
    from dataclasses import replace

    file = "example_openapi.json.txt" if style is Style.REST else "example_service.wsdl.txt"
    text = files("connectors.kit.scaffold.templates").joinpath(file).read_text("utf-8")
    title = wishes.title or name.replace("_", " ").capitalize()
    pairs = wishes.look_ups or (("register_request", "find_request"),)
    return text.encode(), replace(wishes, title=title, look_ups=pairs)
