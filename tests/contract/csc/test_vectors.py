"""What leaves is what stands in the hand-written vectors; the hash in them is of the text 'hello', known everywhere."""

from __future__ import annotations

import json
from importlib import resources

from pydantic import SecretStr

from connectors.csc import translate, wire
from connectors.kit.signing.unlock import Unlock
from mappings.canonical.signing import DocumentKind, HashToSign, Mechanism
from tests.contract.csc.conftest import request, settings

HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
ASKED = request(documents=(HashToSign("TL-1", "a", DocumentKind.PDF, HELLO),))
HELD = wire.Credential("CRED-A", "enabled", "valid", (), wire.IMPLICIT, 10)


def vector(name: str) -> object:
    return json.loads(resources.files("connectors.csc").joinpath(f"contract/{name}.json").read_text("utf-8"))


def test_version_1_as_written_by_hand():
    """Names and coding of the first version."""
    made = settings("https://a.example")
    assert translate.authorise_body(ASKED, HELD, made, Unlock()) == vector("authorize-v1")
    assert translate.sign_body(ASKED, "CRED-A", "the-sad", made) == vector("sign-v1")


def test_version_2_as_written_by_hand():
    """Other names, ways to unlock, asynchronous, and a curve."""
    made = settings("https://a.example", "v2", asynchronous=True)
    assert translate.authorise_body(ASKED, HELD, made, Unlock(pin=SecretStr("1234"))) == vector(
        "authorize-v2"
    )
    curve = request(documents=ASKED.documents, mechanism=Mechanism.ECDSA)
    assert translate.sign_body(curve, "CRED-A", "the-sad", made) == vector("sign-v2")


def test_mixed_dialects_are_a_setting():
    """A v1 service with the names of v2."""
    made = settings("https://a.example", hashes_field="hashes", digest_field="hashAlgorithmOID")
    assert "hashes" in translate.sign_body(ASKED, "CRED-A", "the-sad", made)
    assert "hash" not in translate.authorise_body(ASKED, HELD, made, Unlock())
