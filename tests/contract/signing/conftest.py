"""Certificates, a checker with explicit roots, and keys that sign what we prepared as a provider would."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from connectors.kit.signing.certificates import Material
from connectors.kit.signing.pdf import finish_pdf, prepare_pdf
from connectors.signature_check.checker import Checker
from connectors.signature_check.trust import Root, Trust
from mappings.canonical.signature import Tree
from mappings.canonical.signing import Level, Mechanism, PreparedDocument
from tests.contract.signature_check.pki import NOW, Holder, World
from tests.contract.signature_check.pki import world as the_world
from tests.support.clock import VirtualClock


@pytest.fixture(scope="session")
def world() -> World:
    return the_world()


@pytest.fixture(scope="session")
def trust(world: World) -> Trust:
    return trust_of(world)


def trust_of(world: World) -> Trust:
    return Trust(
        roots=(
            Root(world.root.der, "neac", Tree.NEAC),
            Root(world.vgca_root.der, "vgca", Tree.VGCA),
            Root(world.stamp_root.der, "stamp", Tree.NEAC, frozenset({"timestamp"})),
        ),
        intermediates=(world.ca.der, world.vgca.der),
        crls=tuple(world.lists()),
    )


@pytest.fixture(scope="session")
def judge(trust: Trust) -> Iterator[Checker]:
    """The signature check of the product; it shares no code with the signer."""
    made = Checker(trust, clock=VirtualClock(NOW))
    yield made
    made.close()


@pytest.fixture(scope="session")
def material(world: World) -> Material:
    return Material(
        roots=(world.root.der, world.stamp_root.der, world.vgca_root.der),
        intermediates=(world.ca.der, world.vgca.der),
        crls=tuple(world.lists()),
    )


def key_signs(key: Any, sha256: str, mechanism: Mechanism = Mechanism.RSA) -> str:
    """A provider's key over a hash, as base64."""
    raw = bytes.fromhex(sha256)
    already = Prehashed(hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return base64.b64encode(key.sign(raw, ec.ECDSA(already))).decode()
    assert isinstance(key, rsa.RSAPrivateKey)
    pad: Any = padding.PKCS1v15()
    if mechanism is Mechanism.RSA_PSS:
        pad = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)
    return base64.b64encode(key.sign(raw, pad, already)).decode()


def prepared(holder: Holder, source: bytes, **how: Any) -> tuple[bytes, PreparedDocument]:
    facts: dict[str, Any] = {"document": "TL-1", "name": "Đơn đề nghị", "moment": NOW}
    out = BytesIO()
    made = prepare_pdf(BytesIO(source), out, certificate=holder.der, **{**facts, **how})
    return out.getvalue(), made


def finished(kept: bytes, made: PreparedDocument, holder: Holder, value: str = "", **how: Any) -> bytes:
    file = BytesIO(kept)
    signature = value or key_signs(holder.key, made.to_sign_sha256, made.mechanism)
    finish_pdf(file, made, signature, certificate=holder.der, **{"moment": NOW, **how})
    return file.getvalue()


def sha(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


__all__ = ["Level", "finished", "key_signs", "prepared", "sha", "trust_of"]
