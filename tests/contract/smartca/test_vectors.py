"""What leaves is what stands in the hand-written vectors, as a plain recorder on a real port sees it; the hash is of 'hello'."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from connectors.kit.sandbox import SandboxRequest
from connectors.smartca.sandbox import SmartcaSandbox
from mappings.canonical.signing import DocumentKind, HashToSign
from tests.contract.smartca.conftest import request, serving
from tests.support.clock import VirtualClock

HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
ASKED = request(documents=(HashToSign("TL-1", "a", DocumentKind.PDF, HELLO),))


class Keeping(SmartcaSandbox):
    """Keeps the last request of every address."""

    def handle(self, request: SandboxRequest):
        self.__dict__.setdefault("kept", {})[request.path] = request
        return super().handle(request)


@pytest.mark.parametrize(
    ("service", "path", "name"),
    [
        ("sp769", "/sca/sp769/v1/signatures/sign", "sign-request"),
        ("csc", "/csc/signature/signhash", "older-sign-request"),
    ],
)
def test_a_signing_request_as_written_by_hand(service, path, name):
    """Names, coding and nothing more."""
    text = resources.files("connectors.smartca").joinpath(f"contract/{name}.json").read_text("utf-8")
    sandbox = Keeping(clock=VirtualClock())
    with serving(sandbox, service=service) as world:
        world.client.sign_hashes(ASKED)
        sent = sandbox.kept[path]
    assert json.loads(sent.body) == json.loads(text)
    assert ("authorization" in sent.headers) == (service == "csc")
