"""Who a certificate is about: the name, and the number that the subject's UID carries (``CCCD:…``, ``CMND:…``, ``MST:…``)."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from connectors.signature_check.algorithms import key_bits
from mappings.canonical.signature import Algorithms, Signer, SignerNumber, Tree

_NUMBER = re.compile(r"([A-Za-zĐđ]{2,8})\s*[:=]\s*([0-9A-Za-z-]{5,20})")
_LONGEST = 200


def signer_of(certificate: Any, root: Any = None, tree: Tree | None = None) -> Signer:
    """The signer by an asn1crypto certificate, with the root that vouches for it when one does."""
    subject = certificate.subject
    return Signer(
        name=_first(subject, "common_name"),
        organisation=_first(subject, "organization_name"),
        numbers=numbers(_all(subject, "user_id")),
        issuer=_first(certificate.issuer, "common_name") or clean(certificate.issuer.human_friendly),
        serial=f"{certificate.serial_number:x}",
        sha256=certificate.sha256.hex(),
        valid_from=certificate.not_valid_before,
        valid_to=certificate.not_valid_after,
        root_sha256=root.sha256.hex() if root is not None else "",
        tree=tree,
    )


def numbers(uids: list[str]) -> tuple[SignerNumber, ...]:
    """The numbers in the UID values of a subject, kinds in capitals. Text without a kind is no number."""
    found = (_NUMBER.fullmatch(uid.strip()) for uid in uids)
    return tuple(SignerNumber(match[1].upper(), match[2]) for match in found if match)


def key_of(certificate: Any) -> str:
    """``rsa 2048``, ``ec secp256r1`` and the like."""
    key = certificate.public_key
    kind = str(key.algorithm)
    if kind == "ec":
        name, value = key.curve
        return f"ec {value if name == 'named' else 'own parameters'}"
    return f"{kind} {key_bits(key) or ''}".strip()


def algorithms_of(certificate: Any, digest: str, signature: str) -> Algorithms:
    """As used by one signature."""
    return Algorithms(digest, signature, key_of(certificate))


def clean(text: str) -> str:
    """Text out of a certificate, fit for a screen: NFC, no control or direction characters, not endless."""
    normal = unicodedata.normalize("NFC", text)
    return "".join(c for c in normal if unicodedata.category(c)[0] != "C")[:_LONGEST]


def _all(name: Any, kind: str) -> list[str]:
    return [
        clean(str(pair["value"].native))
        for part in name.chosen
        for pair in part
        if pair["type"].native == kind
    ]


def _first(name: Any, kind: str) -> str:
    return next(iter(_all(name, kind)), "")
