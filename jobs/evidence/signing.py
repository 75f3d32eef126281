"""The Ed25519 key that signs packs of evidence."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs; tells its public key."""

    key: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """The 32 bytes of the public key in base64: what a reader must know from elsewhere."""
        return base64.b64encode(self.key.public_key().public_bytes_raw()).decode()

    def sign(self, content: bytes) -> bytes:
        """The signature in base64."""
        return base64.b64encode(self.key.sign(content))


def signer_of(settings: Settings) -> Signer | None:
    """The signer of the settings; ``None``: there is none.

    Raises:
        SettingsRefused: what is set is no Ed25519 private key.
    """
    text = settings.evidence.signing_key.get_secret_value()
    return Signer(_read(text)) if text else None


def _read(text: str) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from config.settings import fault

    try:
        if "-----BEGIN" not in text:
            return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))
        key = load_pem_private_key(text.encode(), None)
        if isinstance(key, Ed25519PrivateKey):
            return key
    except (ValueError, TypeError):
        pass
    raise fault(
        "LIENTHONG_EVIDENCE__SIGNING_KEY",
        "không phải khóa riêng Ed25519 (PEM hoặc 32 byte base64)",
        "is no Ed25519 private key (PEM, or 32 bytes in base64)",
    )
