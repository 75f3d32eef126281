"""Signed XML: what is signed must be what is read. Facts: signature-validation, parts 3 to 5."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import timedelta

import pytest
from lxml import etree
from signxml import CanonicalizationMethod, DigestAlgorithm, SignatureMethod

from mappings.canonical.signature import Coverage, Reason, Verdict
from tests.contract.signature_check import xmls
from tests.contract.signature_check.conftest import changed
from tests.contract.signature_check.pki import NOW, SIGNED
from tests.contract.signature_check.xmls import DS

NS = {"ds": DS}


@pytest.fixture(scope="session")
def good(world):
    """XAdES of a citizen, over the whole document."""
    return xmls.enveloped(world.citizen, xades=True)


KINDS = {
    "plain": {},
    "xades": {"xades": True},
    "exclusive": {"c14n": CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0},
    "c14n11": {"c14n": CanonicalizationMethod.CANONICAL_XML_1_1},
    "sha512": {"digest": DigestAlgorithm.SHA512, "signature": SignatureMethod.RSA_SHA512},
    "pss": {"signature": SignatureMethod.SHA256_RSA_MGF1},
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_usual_kinds_are_read(kind, only, world):
    """Over the whole document."""
    one = only(xmls.enveloped(world.citizen, **KINDS[kind]), "tep.xml")

    assert (one.verdict, one.reasons, one.intact) == (Verdict.VALID, (), True)
    assert (one.coverage, one.signed_place) == (Coverage.DOCUMENT_ELEMENT, "/HDon")
    assert one.signer.name == "Nguyễn Văn Thử"
    assert one.form == ("xades" if kind == "xades" else "xmldsig")
    assert (one.claimed_at is not None) == (kind == "xades")


def test_elliptic_curves_are_read(only, world):
    """ECDSA with P-256."""
    assert only(xmls.enveloped(world.company), "tep.xml").verdict is Verdict.VALID


def test_the_whole_chain_beside_the_signer_is_read(only, world):
    """The signer is the one whose key made the value, wherever it stands."""
    one = only(xmls.enveloped(world.citizen, others=(world.ca,)), "tep.xml")

    assert (one.verdict, one.signer.name) == (Verdict.VALID, "Nguyễn Văn Thử")


def test_the_document_in_the_signature(only, world):
    """Enveloping: what is read is the one object of the signature."""
    one = only(xmls.enveloping(world.citizen), "tep.xml")

    assert (one.verdict, one.coverage) == (Verdict.VALID, Coverage.DOCUMENT_ELEMENT), one


def test_a_part_is_signed_beside_the_signature(only, world):
    """An invoice: valid for who reads that part, and only for them."""
    raw = xmls.beside(world.citizen)

    named = only(raw, "tep.xml", place="/HDon/DLHDon")
    assert (named.verdict, named.coverage, named.signed_place) == (
        Verdict.VALID,
        Coverage.NAMED_ELEMENT,
        "/HDon/DLHDon",
    )
    assert only(raw, "tep.xml", place="/HDon/DLHDon/TongTien").verdict is Verdict.VALID
    unsaid = only(raw, "tep.xml")
    assert (unsaid.verdict, unsaid.reasons) == (Verdict.INDETERMINATE, (Reason.PART_SIGNED,))
    for place in ("/HDon", "/HDon/DSCKS", "/Khac", "khong"):
        assert only(raw, "tep.xml", place=place).reasons == (Reason.OTHER_ELEMENT_SIGNED,), place


def test_data_in_another_file(only, world, tmp_path):
    """No address in a file is ever followed: the caller brings the data."""
    raw = xmls.apart(world.citizen, xmls.PAPER)
    path = tmp_path / "du-lieu.xml"
    path.write_bytes(xmls.PAPER)

    assert only(raw, "tep.xml").reasons == (Reason.CONTENT_MISSING,)
    one = only(raw, "tep.xml", contents=(("*", str(path)),))
    assert (one.verdict, one.coverage) == (Verdict.VALID, Coverage.SEPARATE_CONTENT), one
    path.write_bytes(xmls.PAPER.replace(b"100000", b"900000"))
    assert only(raw, "tep.xml", contents=(("*", str(path)),)).reasons == (Reason.CONTENT_CHANGED,)


def test_one_digit_changed(only, good):
    """The digest says so."""
    one = only(good.replace(b"100000", b"900000"), "tep.xml")

    assert (one.verdict, one.reasons, one.intact) == (Verdict.INVALID, (Reason.CONTENT_CHANGED,), False)


def test_a_value_of_another_key(only, world, good):
    """The signature value of somebody else."""
    other = xmls.enveloped(world.revoked, xmls.PAPER.replace(b"1", b"2"), xades=True)
    root, theirs = etree.fromstring(good), etree.fromstring(other)
    root.find(".//ds:SignatureValue", NS).text = theirs.find(".//ds:SignatureValue", NS).text

    assert only(etree.tostring(root), "tep.xml").reasons == (Reason.SIGNATURE_VALUE_WRONG,)


def test_a_certificate_of_another_person_with_the_same_key(only, world, good):
    """The signed properties name the certificate that was meant."""
    root = etree.fromstring(good)
    import base64

    root.find(".//ds:X509Certificate", NS).text = base64.b64encode(world.revoked.der).decode()
    one = only(etree.tostring(root), "tep.xml")

    assert one.verdict is Verdict.INVALID
    assert {Reason.CERTIFICATE_MISMATCH, Reason.CONTENT_CHANGED} & set(one.reasons)


def test_properties_that_nobody_signed(only, world):
    """Signed properties beside the signed data, without a reference to them."""
    root = etree.fromstring(xmls.enveloped(world.citizen))
    theirs = etree.fromstring(xmls.enveloped(world.citizen, xades=True))
    root.find("ds:Signature", NS).append(theirs.find(".//ds:Object", NS))

    assert Reason.CERTIFICATE_MISMATCH in only(etree.tostring(root), "tep.xml").reasons


def _wrapped(raw: bytes) -> bytes:
    """The signed document moved aside, another one in its place. Value and digests stay right."""
    root = etree.fromstring(raw)
    outer = etree.Element("HDon")
    part = etree.SubElement(outer, "DLHDon", Id="khac")
    etree.SubElement(part, "TongTien").text = "900000"
    aside = etree.SubElement(outer, "Kho")
    aside.append(root)
    return bytes(etree.tostring(outer))


@pytest.mark.parametrize("read", ["", "/HDon/DLHDon"])
def test_a_signed_element_moved_aside(read, only, world):
    """Wrapping: both libraries accept the value, rightly; the place is our business."""
    raw = _wrapped(xmls.beside(world.citizen))
    one = only(raw, "tep.xml", place=read)

    assert one.intact is True
    assert (one.verdict, one.reasons) == (Verdict.INVALID, (Reason.OTHER_ELEMENT_SIGNED,))


def test_a_whole_document_moved_aside(only, world):
    """With an id instead of the empty reference the old root can be carried anywhere."""
    raw = xmls.enveloped(
        world.citizen, xmls.PAPER.replace(b"<HDon>", b"<HDon Id='tat-ca'>"), reference="#tat-ca"
    )
    assert only(raw, "tep.xml").verdict is Verdict.VALID

    assert only(_wrapped(raw), "tep.xml").reasons == (Reason.OTHER_ELEMENT_SIGNED,)


def test_something_unsigned_beside_the_signed_part(only, world):
    """Words outside the signed part are nobody's."""
    raw = xmls.beside(world.citizen).replace(b"<DSCKS>", b"<GhiChu>duyet 900000</GhiChu><DSCKS>")

    assert only(raw, "tep.xml").reasons == (Reason.OTHER_ELEMENT_SIGNED,)
    assert only(raw, "tep.xml", place="/HDon/DLHDon").verdict is Verdict.VALID
    assert only(raw, "tep.xml", place="/HDon/GhiChu").verdict is Verdict.INVALID


@pytest.mark.parametrize("name", ["Id", "ID", "id", "xml:id"])
def test_two_elements_with_the_signed_id(name, only, world):
    """Which of them is signed would depend on the reader."""
    raw = xmls.beside(world.citizen).replace(b"<DSCKS>", b"<Khac %s='data'/><DSCKS>" % name.encode())

    assert only(raw, "tep.xml", place="/HDon/DLHDon").reasons == (Reason.AMBIGUOUS_REFERENCE,)


@pytest.mark.parametrize("spelling", ["Id", "ID", "id"])
def test_an_id_in_a_namespace_and_a_plain_one(spelling, only, world):
    """A library finds the one, a reader the other: the signed part would be carried along and another one be read."""
    root = etree.fromstring(
        xmls.beside(world.citizen).replace(b"<DLHDon Id=", b"<DLHDon xmlns:w='urn:w' w:Id=")
    )
    forged = etree.SubElement(root, "DLHDon2")
    forged.set(spelling, "data")

    one = only(etree.tostring(root), "tep.xml", place="/HDon/DLHDon2")
    assert one.reasons == (Reason.AMBIGUOUS_REFERENCE,)


@pytest.mark.parametrize(
    "what",
    [
        b'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/>',
        b'<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>',
        b'<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/>',
    ],
)
def test_transforms_that_hide_something(what, only, world):
    """What is signed is then not what stands there."""
    raw = xmls.enveloped(world.citizen)
    assert b"<ds:Transforms>" in raw

    assert only(raw.replace(b"<ds:Transforms>", b"<ds:Transforms>" + what), "tep.xml").reasons == (
        Reason.UNSUPPORTED,
    )


def test_a_signature_by_a_shared_secret(only, world):
    """HMAC proves nothing to anybody else."""
    raw = xmls.enveloped(world.citizen).replace(
        SignatureMethod.RSA_SHA256.value.encode(), SignatureMethod.HMAC_SHA256.value.encode()
    )

    assert only(raw, "tep.xml").verdict is Verdict.INVALID


def test_sha_1_is_refused(only, world):
    """Whatever else is right."""
    raw = xmls.enveloped(world.citizen).replace(
        DigestAlgorithm.SHA256.value.encode(), DigestAlgorithm.SHA1.value.encode()
    )

    assert only(raw, "tep.xml").reasons == (Reason.WEAK_ALGORITHM,)


def test_a_short_key(only, world):
    """RSA 1024."""
    one = only(xmls.enveloped(world.short), "tep.xml")

    assert (one.verdict, Reason.WEAK_ALGORITHM in one.reasons) == (Verdict.INVALID, True)


def test_without_a_certificate(only, world):
    """A bare key is nobody."""
    root = etree.fromstring(xmls.enveloped(world.citizen))
    info = root.find(".//ds:KeyInfo", NS)
    info.remove(info.find("ds:X509Data", NS))
    etree.SubElement(info, f"{{{DS}}}KeyName").text = "x"

    assert only(etree.tostring(root), "tep.xml").reasons == (Reason.NO_CERTIFICATE,)


def test_a_key_value_that_differs_from_the_certificate(only, world):
    """Two keys for one value: some reader would use the other."""
    own, other = (
        etree.fromstring(xmls.enveloped(world.citizen)),
        etree.fromstring(xmls.enveloped(world.same_name)),
    )
    made = etree.SubElement(own.find(".//ds:KeyInfo", NS), f"{{{DS}}}KeyValue")
    numbers = world.same_name.key.public_key().public_numbers()
    import base64

    rsa = etree.SubElement(made, f"{{{DS}}}RSAKeyValue")
    etree.SubElement(rsa, f"{{{DS}}}Modulus").text = base64.b64encode(numbers.n.to_bytes(256, "big")).decode()
    etree.SubElement(rsa, f"{{{DS}}}Exponent").text = "AQAB"

    assert only(etree.tostring(own), "tep.xml").reasons == (Reason.CERTIFICATE_MISMATCH,)
    assert other is not own


def test_revoked(only, world):
    """Signxml does not ask."""
    one = only(xmls.enveloped(world.revoked), "tep.xml")

    assert (one.verdict, one.reasons) == (Verdict.INVALID, (Reason.REVOKED,))


def test_without_revocation_data_nothing_is_valid(only, trust, good):
    """No network means unknown."""
    one = only(good, "tep.xml", trust=changed(trust, crls=()))

    assert (one.verdict, one.reasons) == (Verdict.INDETERMINATE, (Reason.NO_REVOCATION_DATA,))
    assert one.lists == ("http://crl.example/ca.crl",)


def test_an_unknown_root(only, trust, good):
    """The certificates of the operating system are never asked."""
    assert only(good, "tep.xml", trust=changed(trust, roots=trust.roots[1:])).reasons == (
        Reason.UNKNOWN_ROOT,
    )


def test_expired_without_and_with_a_stamp(only, world, trust):
    """XAdES-T proves the time."""
    raw = xmls.enveloped(world.expired, xades=True)
    lists = changed(trust, crls=(*trust.crls, world.ca.crl(since=SIGNED - timedelta(days=1))))

    assert only(raw, "tep.xml", trust=lists).reasons == (Reason.EXPIRED_NO_PROOF,)
    one = only(xmls.with_stamp(raw, world.stamper), "tep.xml", trust=lists)
    assert (one.verdict, one.proven_at) == (Verdict.VALID, SIGNED), one


def test_stamped_then_revoked_and_the_other_way_round(only, world):
    """What was signed before the key was lost stays signed."""
    raw = xmls.enveloped(world.revoked, xades=True)

    assert only(xmls.with_stamp(raw, world.stamper), "tep.xml").verdict is Verdict.VALID
    for moment in (
        NOW - timedelta(hours=1),
        NOW - timedelta(days=2),
    ):  # the second is the very moment of the revocation
        late = xmls.with_stamp(raw, world.stamper, moment)
        assert only(late, "tep.xml").reasons == (Reason.REVOKED,)


def test_a_stamp_over_something_else(only, world, good):
    """A spoiled stamp is worse than none: somebody wanted it to prove something."""
    one = only(xmls.with_stamp(good, world.stamper, spoiled=True), "tep.xml")

    assert (one.verdict, one.reasons) == (Verdict.INVALID, (Reason.TIMESTAMP_BROKEN,))
    assert one.proven_at is None


def test_two_people_sign_two_parts(check, world):
    """Each signature is judged by its own place."""
    source = b"<HDon><Mua Id='a'><X>1</X></Mua><Ban Id='b'><Y>2</Y></Ban></HDon>"
    raw = xmls.beside(world.company, xmls.beside(world.citizen, source, "a"), "b")
    report = check(raw, "tep.xml", place="/HDon/Mua")

    assert [one.verdict for one in report.signatures] == [Verdict.VALID, Verdict.INVALID]
    assert report.verdict is Verdict.INVALID
    assert [one.signed_place for one in report.signatures] == ["/HDon/Mua", "/HDon/Ban"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", Reason.DOCTYPE),
        (b"<!DOCTYPE a SYSTEM 'http://evil.example/x'><a/>", Reason.DOCTYPE),
        (b"<?xml-stylesheet href='x'?><a/>", Reason.PROCESSING_INSTRUCTION),
        (b"<a/><?x y?>", Reason.PROCESSING_INSTRUCTION),
        (b"<a><?x y?></a>", Reason.PROCESSING_INSTRUCTION),
        (b"<a><b></a>", Reason.UNREADABLE),
        (b"<" * 5_000, Reason.UNREADABLE),
        (b"<a>" * 5_000 + b"</a>" * 5_000, Reason.UNREADABLE),
        (b"\xff\xfe<\0a\0", Reason.UNREADABLE),
    ],
)
def test_what_no_reader_here_opens(raw, reason, check):
    """One strict parser for all."""
    report = check(raw, "tep.xml")

    assert (report.verdict, report.reasons) == (Verdict.MALFORMED, (reason,))


def test_a_document_without_signature(check):
    """Told as what it is."""
    assert check(xmls.PAPER, "tep.xml").reasons == (Reason.NO_SIGNATURE,)


def test_an_empty_signature(only):
    """Somebody wrote the element and nothing in it."""
    raw = b"<a><Signature xmlns='%s'/></a>" % DS.encode()

    assert only(raw, "tep.xml").reasons == (Reason.SIGNATURE_MALFORMED,)


@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="xmlsec1 is not installed")
def test_another_program_agrees(world, tmp_path, good):
    """xmlsec1 with the same root: value, digests and chain."""
    for name, raw, fine in (
        ("plain", xmls.enveloped(world.citizen, others=(world.ca,)), True),
        ("xades", xmls.enveloped(world.citizen, xades=True, others=(world.ca,)), True),
        ("changed", xmls.enveloped(world.citizen, others=(world.ca,)).replace(b"100000", b"900000"), False),
    ):
        path, root = tmp_path / f"{name}.xml", tmp_path / "root.pem"
        path.write_bytes(raw)
        root.write_bytes(world.root.pem)
        done = subprocess.run(
            ["xmlsec1", "--verify", "--trusted-pem", str(root), "--verification-time", "2026-11-24 03:00:00",
             "--id-attr:Id", "SignedProperties", "--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
             "--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:KeyInfo", str(path)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) == fine, (name, done.stdout, done.stderr)


_TEMPLATE = """<HDon><TongTien>100000</TongTien><Signature xmlns="{ds}"><SignedInfo>
<CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>
<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
<Reference URI=""><Transforms><Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>
<Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></Transforms>
<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference></SignedInfo>
<SignatureValue/><KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo></Signature></HDon>"""


@pytest.mark.skipif(shutil.which("xmlsec1") is None, reason="xmlsec1 is not installed")
def test_a_file_that_another_program_signed(only, world, tmp_path):
    """Two libraries of one family can agree on one mistake."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key, certificate, template = tmp_path / "key.pem", tmp_path / "certificate.pem", tmp_path / "template.xml"
    key.write_bytes(world.citizen.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate.write_bytes(world.citizen.pem)
    template.write_text(_TEMPLATE.format(ds=DS))
    signed = subprocess.run(
        ["xmlsec1", "--sign", "--privkey-pem", f"{key},{certificate}", str(template)],
        capture_output=True,
        check=True,
    ).stdout

    assert only(signed, "tep.xml").verdict is Verdict.VALID
    assert only(signed.replace(b"100000", b"900000"), "tep.xml").reasons == (Reason.CONTENT_CHANGED,)


def test_tools_are_there_in_ci():
    """Skipping at home is fine; in CI it would hide that nobody checks us."""
    assert not os.environ.get("CI") or (shutil.which("pdfsig") and shutil.which("xmlsec1"))
