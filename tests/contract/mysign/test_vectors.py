"""What leaves is what stands in the hand-written vector; the hash is of 'hello'."""

from __future__ import annotations

import json
from importlib import resources

from connectors.mysign import translate
from mappings.canonical.signing import DocumentKind, HashToSign
from tests.contract.mysign.conftest import request, settings

HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


def test_a_signing_request_as_written_by_hand():
    """Names, coding and nothing more."""
    text = resources.files("connectors.mysign").joinpath("contract/sign-request.json").read_text("utf-8")
    asked = request(documents=(HashToSign("TL-1", "Tờ khai", DocumentKind.PDF, HELLO),))
    assert translate.sign_body(asked, "VT-A", settings("https://a.example")) == json.loads(text)
