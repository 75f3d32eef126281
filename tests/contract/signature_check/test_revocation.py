"""Lists are fetched by us, from hosts that we chose; a signer's certificate chooses nothing."""

from __future__ import annotations

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from connectors.signature_check.checker import Checker, checker_of
from connectors.signature_check.revocation import Revocation
from connectors.signature_check.settings import Limits, Settings
from connectors.signature_check.trust import TrustRefused
from mappings.canonical.signature import Reason, Verdict
from tests.contract.signature_check import pdfs
from tests.contract.signature_check.conftest import changed
from tests.contract.signature_check.pki import NOW
from tests.support.clock import VirtualClock

ADDRESS = "http://crl.example/ca.crl"


class Issuer(httpx.BaseTransport):
    """The other side: counts calls, answers as told."""

    def __init__(self, content: bytes) -> None:
        self.content, self.status, self.calls = content, 200, []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(str(request.url))
        return httpx.Response(self.status, stream=httpx.ByteStream(self.content))


@pytest.fixture
def clock():
    """Stands at the moment of the checks."""
    return VirtualClock(NOW)


def _revocation(issuer, clock, **more):
    return Revocation(Settings(list_hosts=("crl.example",), **more), clock=clock, http=issuer)


@pytest.mark.parametrize(
    "address",
    [
        "http://crl.example.evil/ca.crl",
        "http://evil.example/ca.crl",
        "http://crl.example@evil.example/x",
        "http://crl.example:8080/ca.crl",
        "http://127.0.0.1/ca.crl",
        "ldap://crl.example/ca.crl",
        "file:///etc/passwd",
        "http://crl.example",
        "http://crl.example/a b",
        "http://crl.example/a\r\nHost: x",
        "http://crl.example/a#b",
        "http://[::1",
        "",
    ],
)
def test_no_other_host_is_ever_called(address, clock, world):
    """An address in an untrusted certificate is a way into our network."""
    issuer = Issuer(world.ca.crl())

    assert _revocation(issuer, clock).lists([address]) == ()
    assert issuer.calls == []


def test_a_list_is_fetched_once_and_kept(clock, world):
    """DER or PEM; until it is due."""
    from cryptography import x509

    der = world.ca.crl()
    issuer = Issuer(x509.load_der_x509_crl(der).public_bytes(Encoding.PEM))
    fetching = _revocation(issuer, clock)

    assert fetching.lists([ADDRESS, ADDRESS]) == (der,)
    assert fetching.lists([ADDRESS]) == (der,)
    assert issuer.calls == [ADDRESS]


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x30\x82"])
def test_what_is_no_list_is_not_used(content, clock):
    """A login page instead of a list, and the next try comes later."""
    issuer = Issuer(content)
    fetching = _revocation(issuer, clock)

    assert fetching.lists([ADDRESS]) == fetching.lists([ADDRESS]) == ()
    assert len(issuer.calls) == 1


def test_too_large_a_list_is_not_taken(clock, world):
    """A limit on what comes back."""
    assert _revocation(Issuer(world.ca.crl()), clock, largest_list_bytes=100).lists([ADDRESS]) == ()


@pytest.mark.parametrize("status", [302, 404, 500, 503])
def test_an_issuer_that_does_not_answer(status, clock, world):
    """Unknown stays unknown; redirects are not followed."""
    issuer = Issuer(world.ca.crl())
    issuer.status = status

    assert _revocation(issuer, clock).lists([ADDRESS]) == ()


def test_missing_data_are_fetched_and_the_file_judged_again(clock, world, trust, tmp_path):
    """From INDETERMINATE to VALID, or to revoked, by the issuer's own list."""
    path = tmp_path / "tep.pdf"
    path.write_bytes(pdfs.signed(pdfs.blank(), world.citizen, world.ca))
    without = changed(trust, crls=(world.root.crl(),))
    issuer = Issuer(world.ca.crl())
    checker = Checker(without, clock=clock, limits=Limits(workers=1), revocation=_revocation(issuer, clock))
    try:
        assert checker.check(path).verdict is Verdict.VALID
        assert checker.check(path, signer="001099000002").signatures[0].reasons == (Reason.OTHER_SIGNER,)
        assert checker.check_bytes(path.read_bytes(), "ten.pdf").name == "ten.pdf"
        assert issuer.calls == [ADDRESS]
    finally:
        checker.close()


def test_an_installation_without_roots_is_refused(clock, place):
    """Nothing is trusted by default."""
    with pytest.raises(TrustRefused):
        checker_of(Settings(), clock=clock)
    made = checker_of(
        Settings(
            trust_directory=str(place / "roots"),
            intermediates_directory=str(place / "between"),
            crls_directory=str(place / "lists"),
        ),
        clock=clock,
    )
    made.close()
