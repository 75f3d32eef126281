"""Encrypts bodies with the key of their dossier, and that key with a master key. Pure: no database, no clock.

AES-256-GCM with a fresh 96-bit nonce in front of each ciphertext. A body is bound to its exchange and its side, a key to
its dossier, so that nothing can be moved to another place unseen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.kit.seams import salt

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from config.settings import Settings

KEY_BYTES = 32
_NONCE_BYTES = 12


class Unreadable(ValueError):
    """Encrypted with a master key that is not in the settings, or changed since."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """The key of one dossier, open; only in memory, only as long as one act."""

    dossier_code: str
    cipher: AESGCM

    def seal(self, exchange_id: int, side: str, plain: bytes) -> bytes | None:
        """``side``: ``request`` or ``response``. An empty body is kept as nothing."""
        return _sealed(self.cipher, plain, _body(self.dossier_code, exchange_id, side)) if plain else None

    def open(self, exchange_id: int, side: str, kept: bytes | None) -> bytes:
        """The body as it was.

        Raises:
            Unreadable: changed, or of another exchange.
        """
        return _opened(self.cipher, kept, _body(self.dossier_code, exchange_id, side)) if kept else b""


class Keeper:
    """The master keys of one process. The first one encrypts; the others only read what was encrypted before."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Raises:
        ValueError: no key, or one of another length than 32 bytes.
        """
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError("a master key has 32 bytes")
        self._ciphers: Mapping[str, AESGCM] = {key_id(key): _cipher(key) for key in keys}
        self.current = key_id(keys[0])

    def new_key(self, dossier_code: str) -> tuple[bytes, DataKey]:
        """A fresh data key: encrypted for the table, and open."""
        raw = bytes.fromhex(salt() + salt())
        return self._wrapped(dossier_code, raw), DataKey(dossier_code, _cipher(raw))

    def unwrapped(self, dossier_code: str, master_key: str, wrapped: bytes) -> DataKey:
        """The data key of a dossier.

        Raises:
            Unreadable
        """
        return DataKey(dossier_code, _cipher(self._raw(dossier_code, master_key, wrapped)))

    def rewrapped(self, dossier_code: str, master_key: str, wrapped: bytes) -> bytes:
        """The same data key under the current master key.

        Raises:
            Unreadable
        """
        return self._wrapped(dossier_code, self._raw(dossier_code, master_key, wrapped))

    def _wrapped(self, dossier_code: str, raw: bytes) -> bytes:
        return _sealed(self._ciphers[self.current], raw, _owner(dossier_code))

    def _raw(self, dossier_code: str, master_key: str, wrapped: bytes) -> bytes:
        cipher = self._ciphers.get(master_key)
        if cipher is None:
            raise Unreadable(f"master key {master_key} is not in the settings")
        return _opened(cipher, wrapped, _owner(dossier_code))


def keeper_of(settings: Settings) -> Keeper | None:
    """The keeper of the settings; ``None``: bodies are not kept."""
    keys = settings.evidence.master_keys
    return Keeper(keys) if keys else None


def key_id(key: bytes) -> str:
    """Tells master keys apart without telling anything of them."""
    return hashlib.sha256(b"lienthong evidence master key" + key).hexdigest()[:16]


def _cipher(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)


def _sealed(cipher: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    nonce = bytes.fromhex(salt())[:_NONCE_BYTES]
    return nonce + cipher.encrypt(nonce, plain, bound_to)


def _opened(cipher: AESGCM, kept: bytes, bound_to: bytes) -> bytes:
    from cryptography.exceptions import InvalidTag

    try:
        return cipher.decrypt(bytes(kept[:_NONCE_BYTES]), bytes(kept[_NONCE_BYTES:]), bound_to)
    except (InvalidTag, ValueError):
        raise Unreadable("changed since it was encrypted, or encrypted with another key") from None


def _body(dossier_code: str, exchange_id: int, side: str) -> bytes:
    return f"body\n{side}\n{exchange_id}\n{dossier_code}".encode()


def _owner(dossier_code: str) -> bytes:
    return f"key\n{dossier_code}".encode()
