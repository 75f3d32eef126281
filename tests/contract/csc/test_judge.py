"""Against an independent CSC server and an independent time stamping authority, on real sockets: what we send must please them.

The server is certomancer's test server (MIT); it knows neither our client nor our sandbox. Its limits: docs/systems/csc.md.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig, ServiceLabel
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature

from connectors.csc.connect import connected
from connectors.csc.settings import Settings
from connectors.errors import Rejected
from connectors.kit.seams import MachineClock
from connectors.kit.signing.certificates import Material, fit_to_sign
from connectors.kit.signing.pdf import finish_pdf, prepare_pdf
from connectors.kit.signing.release import released
from connectors.kit.signing.timestamps import TsaSettings, stamper_of
from connectors.kit.signing.xml import finish_xml, prepare_xml
from connectors.signature_check.checker import Checker
from connectors.signature_check.trust import Root, Trust
from mappings.canonical.signing import DocumentKind, Level, SigningRequest, SigningState
from tests.contract.signature_check.pdfs import blank
from tests.support.waiting import eventually

HERE = Path(__file__).parent


@dataclass
class Judges:
    """Addresses, and what a checker must believe."""

    csc: str
    tsa: str
    roots: tuple[bytes, ...]
    between: tuple[bytes, ...]
    crls: tuple[bytes, ...]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as found:
        return found.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judges]:
    folder = tmp_path_factory.mktemp("csc")
    (folder / "keys").mkdir()
    shutil.copy(HERE / "judge.yml", folder / "certomancer.yml")
    for name in ("root", "ca", "signer", "tsa", "curve"):
        key: Any = (
            ec.generate_private_key(ec.SECP256R1())
            if name == "curve"
            else rsa.generate_private_key(65537, 2048)
        )
        raw = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "keys" / f"{name}.pem").write_bytes(raw)
    csc, tsa = free_port(), free_port()
    file = folder / "certomancer.yml"
    commands = (
        [str(Path(sys.executable).with_name("certomancer-csc")), str(file), str(csc), "2"],
        [str(Path(sys.executable).with_name("certomancer")), "--config", str(file), "animate", "--port", str(tsa), "--no-web-ui"],
    )  # fmt: skip
    running = [
        subprocess.Popen(one, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for one in commands
    ]
    try:
        eventually(lambda: listens(csc) and listens(tsa), within=60)
        pki = CertomancerConfig.from_file(str(file)).get_pki_arch(ArchLabel("thu"))
        now = datetime.now(UTC)
        yield Judges(
            f"http://localhost:{csc}/csc/v1",
            f"http://localhost:{tsa}",
            (pki.get_cert(CertLabel("root")).dump(),),
            (pki.get_cert(CertLabel("ca")).dump(),),
            tuple(pki.service_registry.get_crl(ServiceLabel(one), now).dump() for one in ("root", "ca")),
        )
    finally:
        for one in running:
            one.terminate()
            one.wait(10)


@pytest.fixture
def client(judges: Judges) -> Iterator[Any]:
    connection = connected(Settings(base_url=judges.csc, user_in_list=False), clock=MachineClock())
    yield connection.client
    for transport in connection.transports:
        transport.close()


def signed_at(client: Any, credential: str, made: Any) -> str:
    """One confirmation over the wire; the value."""
    request = SigningRequest("KY-JUDGE-0001", "nobody", credential, "Ký thử", (made.asked(),), made.mechanism)
    session = client.sign_hashes(request)
    assert session.state is SigningState.SIGNED
    return session.values[0].value


@pytest.mark.parametrize(("who", "level"), [("signer", Level.B), ("signer", Level.LTA), ("curve", Level.B)])
def test_a_pdf_signed_there_is_valid_for_every_judge(judges, client, who, level):
    """From the certificate to the last door, with nothing of ours on the other side."""
    clock = MachineClock()
    held = next(one for one in client.get_certificates("") if one.credential == f"thu/{who}")
    material = Material(judges.roots, judges.between, judges.crls)
    fit_to_sign(held, moment=clock.now(), material=material)
    certificate = _der(held.certificate)
    out = BytesIO()
    made = prepare_pdf(
        BytesIO(blank()), out, document="TL-1", name="a.pdf", certificate=certificate,
        chain=[_der(one) for one in held.chain], moment=clock.now(), level=level,
    )  # fmt: skip
    tsa = TsaSettings(base_url=judges.tsa, path="/thu/tsa/tsa", deadline_seconds=20)
    stamper = stamper_of(tsa, clock=clock)
    finish_pdf(
        out, made, signed_at(client, held.credential, made), certificate=certificate,
        chain=[_der(one) for one in held.chain], moment=clock.now(), stamper=stamper if level is not Level.B else None,
        material=replace(material) if level is not Level.B else None,
    )  # fmt: skip
    stamper._transport.close()
    raw = out.getvalue()

    signature = PdfFileReader(BytesIO(raw)).embedded_signatures[0]
    status = validate_pdf_signature(
        signature, material.context(clock.now()), ts_validation_context=material.context(clock.now())
    )
    assert status.bottom_line, status.pretty_print_details()
    checker = Checker(
        Trust(tuple(Root(one, "thu") for one in judges.roots), judges.between, judges.crls), clock=clock
    )
    try:
        told = released(
            raw, document="TL-1", name="a.pdf", kind=DocumentKind.PDF, level=level, judge=checker,
            signer_sha256=held.sha256,
        )  # fmt: skip
    finally:
        checker.close()
    assert (told.proven_at is not None) == (level is Level.LTA)


def test_an_xml_signed_there_is_valid(judges, client):
    """The same key, another form."""
    clock = MachineClock()
    held = next(one for one in client.get_certificates("") if one.credential == "thu/signer")
    certificate = _der(held.certificate)
    kept, made = prepare_xml(
        b"<ToKhai><HoTen>A</HoTen></ToKhai>", document="TK-1", name="tk.xml", certificate=certificate,
        chain=[_der(one) for one in held.chain], moment=clock.now(),
    )  # fmt: skip
    raw = finish_xml(kept, made, signed_at(client, held.credential, made), certificate=certificate)
    checker = Checker(
        Trust(tuple(Root(one, "thu") for one in judges.roots), judges.between, judges.crls), clock=clock
    )
    try:
        released(
            raw, document="TK-1", name="tk.xml", kind=DocumentKind.XML, level=Level.B, judge=checker,
            signer_sha256=held.sha256,
        )  # fmt: skip
    finally:
        checker.close()


def test_a_batch_is_one_authorisation_and_keeps_its_order(judges, client):
    """At level 2 the server refuses every hash that was not agreed to."""
    held = next(one for one in client.get_certificates("") if one.credential == "thu/signer")
    certificate = _der(held.certificate)
    files, made = [], []
    for number in range(5):
        out = BytesIO()
        made.append(
            prepare_pdf(
                BytesIO(blank(f"Trang {number}".encode().decode("ascii"))), out, document=f"TL-{number}", name="a.pdf",
                certificate=certificate, moment=datetime.now(UTC),
            )
        )  # fmt: skip
        files.append(out)
    request = SigningRequest(
        "KY-JUDGE-0002", "nobody", held.credential, "Ký thử", tuple(one.asked() for one in made)
    )

    session = client.sign_hashes(request)

    assert [one.document for one in session.values] == [f"TL-{number}" for number in range(5)]
    for file, one, value in zip(files, made, session.values, strict=True):
        finish_pdf(file, one, value.value, certificate=certificate, moment=datetime.now(UTC))


def test_its_refusals_are_refusals(client):
    """It answers in plain text: the status is all there is."""
    from tests.contract.csc.conftest import request

    with pytest.raises(Rejected):
        client.sign_hashes(request(credential="thu/none"))


def test_it_names_its_methods(client):
    """Everything but 'info' is optional."""
    assert "signatures/signHash" in client.methods()


def _der(text: str) -> bytes:
    import base64

    return base64.b64decode(text)
