"""Files beside and inside envelopes: whole, once, within limits, or an error."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from connectors.errors import ContractBroken, OutcomeUnknown, Rejected
from connectors.kit.effects import EffectClass
from connectors.kit.reading import Unreadable
from connectors.kit.sandbox import Sandbox, SandboxAnswer, SandboxRequest, route, serve
from connectors.kit.soap.attachments import Attachment, Parts, copied, unpacked
from connectors.kit.soap.contract import Contract
from connectors.kit.soap.readers import Reader
from connectors.kit.soap.versions import Version
from tests.contract.soap import stub

WSDL = """<?xml version="1.0"?>
<w:definitions xmlns:w="http://schemas.xmlsoap.org/wsdl/" xmlns:s11="http://schemas.xmlsoap.org/wsdl/soap/"
 xmlns:s12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:x="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:tep" targetNamespace="urn:tep">
<w:types><x:schema targetNamespace="urn:tep" elementFormDefault="qualified">
<x:element name="Gui"><x:complexType><x:sequence>
 <x:element name="Ten" type="x:string"/><x:element name="Tep" type="x:base64Binary" maxOccurs="unbounded"/>
</x:sequence></x:complexType></x:element>
<x:element name="GuiResponse"><x:complexType><x:sequence>
 <x:element name="Tep" type="x:base64Binary" maxOccurs="unbounded"/>
</x:sequence></x:complexType></x:element>
</x:schema></w:types>
<w:message name="i"><w:part name="p" element="t:Gui"/></w:message><w:message name="o"><w:part name="p" element="t:GuiResponse"/></w:message>
<w:portType name="T"><w:operation name="Gui"><w:input message="t:i"/><w:output message="t:o"/></w:operation></w:portType>
<w:binding name="B11" type="t:T"><s11:binding transport="http://schemas.xmlsoap.org/soap/http"/><w:operation name="Gui">
 <s11:operation soapAction="urn:tep/Gui"/><w:input><s11:body use="literal"/></w:input><w:output><s11:body use="literal"/></w:output></w:operation></w:binding>
<w:binding name="B12" type="t:T"><s12:binding transport="http://schemas.xmlsoap.org/soap/http"/><w:operation name="Gui">
 <s12:operation soapAction="urn:tep/Gui"/><w:input><s12:body use="literal"/></w:input><w:output><s12:body use="literal"/></w:output></w:operation></w:binding>
</w:definitions>"""
BOTH = pytest.mark.parametrize("version", list(Version))
PDF = b"%PDF-1.7\r\n--part\r\n\r\n\x00\xff" * 50
XOP = "http://www.w3.org/2004/08/xop/include"


@dataclass(frozen=True)
class Files:
    Tep: tuple[bytes, ...]


READER = Reader(Files, "urn:tep")


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    (tmp_path / "tep.wsdl").write_text(WSDL)
    return Contract(tmp_path, "tep.wsdl")


def answer(
    inside: str, *parts: tuple[str, bytes], version: Version = Version.V11, **changes: Any
) -> SandboxAnswer:
    """A packed answer, written without the client's code."""
    boundary = changes.get("boundary", "ranh.gioi=1")
    soap = version.namespace
    xml = f'<s:Envelope xmlns:s="{soap}"><s:Body><GuiResponse xmlns="urn:tep">{inside}</GuiResponse></s:Body></s:Envelope>'
    pieces = [("<goc>", f'application/xop+xml; charset=UTF-8; type="{version.media}"', xml.encode())]
    pieces += [(cid, "application/pdf", content) for cid, content in parts]
    body = b"".join(
        f"--{boundary}\r\nContent-ID: {cid}\r\nContent-Type: {media}\r\nContent-Transfer-Encoding: binary\r\n\r\n".encode()
        + content
        + b"\r\n"
        for cid, media, content in pieces
    )
    kind = f'multipart/related; boundary="{boundary}"; type="application/xop+xml"; start="<goc>"; start-info="{version.media}"'
    return SandboxAnswer(200, {"Content-Type": kind}, body + f"--{boundary}--\r\n".encode())


def include(cid: str) -> str:
    return f'<Tep><i:Include xmlns:i="{XOP}" href="cid:{cid}"/></Tep>'


class Taking(Sandbox):
    """Keeps what comes, answers what it is given."""

    def __init__(self, answer: SandboxAnswer) -> None:
        super().__init__()
        self.answer = answer
        self.seen: list[SandboxRequest] = []

    @route("POST", "/service", "service")
    def service(self, request: SandboxRequest) -> SandboxAnswer:
        self.seen.append(request)
        return self.answer


def sent(
    contract: Contract, given: SandboxAnswer, files: list[Any], version: Version = Version.V11, **changes: Any
) -> tuple[Files, SandboxRequest]:
    served = Taking(given)
    with serve(served) as server:
        port = stub.port(server.url, contract, version, **changes)
        try:
            found = port.call(
                "send", "Gui", {"Ten": "đơn", "Tep": files}, READER, effect_class=EffectClass.EVIDENCE
            )
        finally:
            port.transport.close()
    return found, served.seen[0]


@BOTH
def test_files_leave_as_parts_and_a_foreign_parser_finds_them(contract, version):
    """Python's own mail parser reads the same bytes by its own code; the bytes hold everything that could confuse."""
    files = [Attachment(PDF, "application/pdf"), Attachment(b"")]
    given = answer("<Tep>YQ==</Tep>", version=version)
    _, request = sent(contract, given, files, version, mtom=True)
    raw = b"Content-Type: " + request.headers["content-type"].encode() + b"\r\n\r\n" + request.body
    mail = BytesParser(policy=policy.HTTP).parsebytes(raw)
    root, *parts = mail.iter_parts()  # type: ignore[attr-defined]

    assert mail.get_content_type() == "multipart/related"
    assert root.get_content_type() == "application/xop+xml"
    assert [part.get_payload(decode=True) for part in parts] == [PDF, b""]
    envelope = etree.fromstring(root.get_payload(decode=True))
    hrefs = [node.get("href") for node in envelope.iter(f"{{{XOP}}}Include")]
    assert [f"<{href[4:]}>" for href in hrefs] == [part["Content-ID"] for part in parts]
    assert parts[0].get_content_type() == "application/pdf"
    if version is Version.V11:
        assert request.headers["soapaction"] == '"urn:tep/Gui"'


@BOTH
def test_files_leave_inside_where_parts_are_not_agreed(contract, version):
    """Base64 in the element; the same call, another setting."""
    _, request = sent(contract, answer("<Tep>YQ==</Tep>", version=version), [Attachment(PDF), b"x"], version)
    texts = [node.text for node in etree.fromstring(request.body).iter("{urn:tep}Tep")]

    assert [base64.b64decode(text or "") for text in texts] == [PDF, b"x"]


@BOTH
def test_parts_and_base64_come_back_as_bytes(contract, version):
    """Both ways in one answer; ids are escaped in addresses."""
    given = answer(include("a%40b") + "<Tep>YWJj</Tep>", ("<a@b>", PDF), version=version)
    found, _ = sent(contract, given, [b"x"], version)

    assert found.Tep == (PDF, b"abc")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (answer(include("a"), ("<b>", PDF)), "did not come"),
        (answer(include("a") + include("a"), ("<a>", PDF)), "another element"),
        (answer("<Tep>YQ==</Tep>", ("<a>", PDF)), "no element asked"),
        (answer(include("a"), ("<a>", PDF), ("<a>", PDF)), "twice"),
        (answer(include("a").replace("cid:a", "http://127.0.0.1/a"), ("<a>", PDF)), "did not come"),
        (answer(include("a").replace("</Tep>", "more</Tep>"), ("<a>", PDF)), "text or one part"),
        (answer(include("a").replace(XOP, "urn:x"), ("<a>", PDF)), "text or one part"),
        (answer("<Tep>YQ=</Tep>"), "base64"),
        (answer("<Tep>Y Q = =</Tep><Tep>!</Tep>"), "base64"),
        (answer(include("a"), ("a", PDF)), "Content-ID"),
        (answer(include("a"), *[(f"<{n}>", b"") for n in range(120)]), "100 parts"),
    ],
)
def test_a_packed_answer_that_is_not_whole_is_none(contract, given, why):
    """Each part stands for exactly one element."""
    with pytest.raises(ContractBroken, match=why):
        sent(contract, given, [b"x"])


def test_a_packed_answer_cut_at_every_byte_is_none(contract):
    """Also where a boundary was cut off whole; only its last line end may be missing."""
    good = answer(include("a"), ("<a>", b"%PDF"))
    served = Taking(good)
    with serve(served) as server:
        port = stub.port(server.url, contract)
        values = {"Ten": "x", "Tep": [b"x"]}

        def call() -> Files:
            return port.call("send", "Gui", values, READER, effect_class=EffectClass.EVIDENCE)

        for at in range(len(good.body) - 2):
            served.answer = SandboxAnswer(200, good.headers, good.body[:at])
            with pytest.raises(OutcomeUnknown):
                call()
        served.answer = good
        assert call().Tep == (b"%PDF",)
        port.transport.close()


@pytest.mark.parametrize(
    "kind", ['multipart/related; boundary=""', "multipart/related", 'multipart/related; boundary="a b "']
)
def test_a_boundary_must_be_one(contract, kind):
    """Without it nobody can say where a part ends."""
    good = answer(include("a"), ("<a>", PDF))
    with pytest.raises(ContractBroken):
        sent(contract, SandboxAnswer(200, {"Content-Type": kind}, good.body), [b"x"])


@pytest.mark.parametrize("mtom", [True, False])
def test_files_that_are_too_large_do_not_leave(contract, mtom):
    """The limit is for all files of a request together."""
    files = [Attachment(b"x" * 600), Attachment(b"y" * 600)]
    with pytest.raises(Rejected, match="1000 bytes") as raised:
        sent(contract, answer("<Tep/>"), files, mtom=mtom, largest_request_bytes=1000)
    assert raised.value.code == "not-sent"


def test_a_large_file_is_written_piece_by_piece():
    """Nobody holds the text, the bytes and a copy of both."""
    content = bytes(range(256)) * 4096
    node = etree.Element("Tep")
    node.text = "\n".join(base64.encodebytes(content).decode().split())
    out = io.BytesIO()
    assert copied(node, out, Parts(), "Tep", most_bytes=2_000_000) == len(content)
    assert out.getvalue() == content
    with pytest.raises(Unreadable, match="larger"):
        copied(node, io.BytesIO(), Parts(), "Tep", most_bytes=500_000)
    for wrong in (node.text[:-1], node.text + "!", "YQ==" + node.text):
        node.text = wrong
        with pytest.raises(Unreadable, match="base64"):
            copied(node, io.BytesIO(), Parts(), "Tep", most_bytes=2_000_000)


def test_packing_and_unpacking_agree_on_bytes_that_look_like_boundaries():
    """The end of a part is its boundary on a line of its own, and nothing shorter."""
    content = b"--ranh\r\n\r\nranh.gioi=1\r\n--ranh.gioi"
    given = answer(include("a"), ("<a>", content))
    _, media, parts = unpacked(given.body, given.headers["Content-Type"])
    assert media.startswith("application/xop+xml")
    assert bytes(parts.take("cid:a", "x")) == content
