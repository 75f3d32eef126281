"""What is asked of a worker: the moment, the tree, the place. Plain JSON on the way to it."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.signature_check.trust import Root, Trust
from mappings.canonical.signature import Tree


@dataclass(frozen=True, slots=True)
class Asked:
    """How one file is to be judged.

    Attributes:
        moment: the verdict is about this time; ``past``: it is not the present one.
        tree: the only tree that may vouch for the signers; ``None``: whichever does, the report tells.
        place: the element that the business reads (``/HDon/DLHDon``); empty: the document element.
        contents: (reference URI, path) of data that a detached XML signature points to.
        every_level: revocation must be known at every level; ``False``: only where a certificate names a list or a responder.
    """

    moment: datetime
    past: bool = False
    tree: Tree | None = None
    place: str = ""
    contents: tuple[tuple[str, str], ...] = ()
    every_level: bool = True


@dataclass(frozen=True, slots=True)
class Material:
    """Trust as it is handed to a worker, once. ``key`` names it."""

    key: str
    line: bytes


def packed(trust: Trust) -> Material:
    """``trust`` as one line of JSON."""
    data = {
        "roots": [
            {
                "der": _text(root.der),
                "name": root.name,
                "tree": root.tree.value if root.tree else None,
                "purposes": sorted(root.purposes),
                "since": root.since.isoformat() if root.since else None,
                "until": root.until.isoformat() if root.until else None,
            }
            for root in trust.roots
        ],
        "intermediates": [_text(der) for der in trust.intermediates],
        "crls": [_text(der) for der in trust.crls],
        "ocsps": [_text(der) for der in trust.ocsps],
    }
    line = json.dumps({"trust": data}).encode()
    return Material(hashlib.sha256(line).hexdigest(), line)


def unpacked(data: dict[str, Any]) -> Trust:
    """What :func:`packed` packed."""
    return Trust(
        tuple(
            Root(
                _bytes(root["der"]),
                root["name"],
                Tree(root["tree"]) if root["tree"] else None,
                frozenset(root["purposes"]),
                datetime.fromisoformat(root["since"]) if root["since"] else None,
                datetime.fromisoformat(root["until"]) if root["until"] else None,
            )
            for root in data["roots"]
        ),
        tuple(_bytes(text) for text in data["intermediates"]),
        tuple(_bytes(text) for text in data["crls"]),
        tuple(_bytes(text) for text in data["ocsps"]),
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
