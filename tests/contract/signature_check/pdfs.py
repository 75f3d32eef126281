"""Signed PDFs of every kind, made by pyHanko where it can and by hand where it cannot; and the same, spoiled."""

from __future__ import annotations

import hashlib
from datetime import datetime
from io import BytesIO
from typing import Any

from asn1crypto import cms, core
from cryptography.hazmat.primitives import hashes
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.contract.signature_check.pki import PKCS1, SIGNED, Holder, World


def blank(text: str = "Le phi 100000 dong", pad: int = 0) -> bytes:
    """A one-page document. ``pad``: bytes of a stream that nothing refers to."""
    content = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    if pad:
        objects.append(b"<</Length %d>>\nstream\n%s\nendstream" % (pad, b"\x81" * pad))
    return assembled(objects)


def assembled(objects: list[bytes], trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A document of these objects with its table."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(out)


def signer_of(holder: Holder, *others: Holder, pss: bool = False) -> signers.SimpleSigner:
    """A signer that embeds its certificate and those of ``others``."""
    registry = SimpleCertificateStore()
    registry.register_multiple([one.asn1 for one in others])
    return signers.SimpleSigner(holder.asn1, holder.asn1_key, registry, prefer_pss=pss)


def stamper_of(holder: Holder, moment: datetime = SIGNED) -> DummyTimeStamper:
    """A time-stamping authority whose clock stands still."""
    return DummyTimeStamper(holder.asn1, holder.asn1_key, fixed_dt=moment)


def signed(
    source: bytes,
    holder: Holder,
    *others: Holder,
    field: str = "Chuky1",
    form: SigSeedSubFilter = SigSeedSubFilter.PADES,
    stamper: Any = None,
    pss: bool = False,
    digest: str = "sha256",
    **more: Any,
) -> bytes:
    """``source`` with one more signature."""
    writer = IncrementalPdfFileWriter(BytesIO(source))
    facts = signers.PdfSignatureMetadata(field_name=field, subfilter=form, md_algorithm=digest, **more)
    out = signers.sign_pdf(writer, facts, signer_of(holder, *others, pss=pss), timestamper=stamper)
    return bytes(out.getvalue())


def context(world: World, lists: list[bytes], moment: datetime) -> ValidationContext:
    """What pyHanko needs to embed validation data; at the moment of the time stamp."""
    return ValidationContext(
        trust_roots=[world.root.asn1, world.stamp_root.asn1, world.vgca_root.asn1],
        other_certs=[world.ca.asn1],
        crls=lists,
        moment=moment,
        allow_fetching=False,
        revocation_mode="hard-fail",
        retroactive_revinfo=True,
    )


def long_term(
    world: World, holder: Holder, lists: list[bytes], moment: datetime, *, archive: bool, stamper: Any
) -> bytes:
    """PAdES B-LT, or B-LTA with ``archive``."""
    return signed(
        blank(), holder, world.ca, stamper=stamper, embed_validation_info=True, use_pades_lta=archive,
        validation_context=context(world, lists, moment),
    )  # fmt: skip


def stamped(source: bytes, stamper: Any) -> bytes:
    """``source`` with a document time stamp."""
    out = signers.PdfTimeStamper(stamper).timestamp_pdf(
        IncrementalPdfFileWriter(BytesIO(source)), "sha256", validation_context=None
    )
    return bytes(out.getvalue())


def with_field(source: bytes, name: str = "Trong") -> bytes:
    """``source`` with an empty signature field."""
    writer = IncrementalPdfFileWriter(BytesIO(source))
    append_signature_field(writer, SigFieldSpec(name))
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def appended(source: bytes, old: bytes, new: bytes) -> bytes:
    """A later revision that replaces the page's content: what an attacker appends to a signed file."""
    reader = PdfFileReader(BytesIO(source))
    start = source.rindex(b"startxref") + len(b"startxref")
    previous = int(source[start:].split()[0])
    content = reader.root["/Pages"]["/Kids"][0]["/Contents"].data.replace(old, new)
    offset = len(source)
    body = b"4 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n" % (len(content), content)
    table = b"xref\n4 1\n%010d 00000 n \ntrailer\n<</Size %d/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        offset, int(reader.trailer["/Size"]), reader.root_ref.idnum, previous, offset + len(body),
    )  # fmt: skip
    return source + body + table


def by_hand(
    form: bytes, contents: Any, extra: bytes = b"", *, byte_range: bytes = b"", gap: bytes = b""
) -> bytes:
    """A signature that pyHanko would not make.

    Args:
        contents: the signed bytes → the value of ``/Contents``.
        byte_range: instead of a true one.
        gap: stands behind the value and is left out of the signed bytes.
    """
    room = 12_000
    slot = b"<" + b"0" * room + b">"
    marker = b"[0 0000000000 0000000000 0000000000]"
    value = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/%s/ByteRange %s%s/Contents %s%s>>" % (
        form, byte_range or marker, extra, slot, gap,
    )  # fmt: skip
    raw = assembled(
        [
            b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/SigFlags 3>>>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Annots[4 0 R]>>",
            b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Chuky1)/Rect[0 0 0 0]/F 132/P 3 0 R/V 5 0 R>>",
            value,
        ]
    )
    begin = raw.index(slot)
    end = begin + len(slot) + len(gap)
    true = b"[0 %010d %010d %010d]" % (begin, end, len(raw) - end)
    raw = raw.replace(marker, true)
    found = contents(raw[:begin] + raw[end:]).hex().encode()
    return raw[: begin + 1] + found + b"0" * (room - len(found)) + raw[begin + len(slot) - 1 :]


def bare_rsa(holder: Holder) -> bytes:
    """``adbe.x509.rsa_sha1``."""
    return by_hand(
        b"adbe.x509.rsa_sha1",
        lambda data: core.OctetString(holder.key.sign(data, PKCS1, hashes.SHA1())).dump(),
        b"/Cert <" + holder.der.hex().encode() + b">",
    )


def digest_inside(holder: Holder) -> bytes:
    """``adbe.pkcs7.sha1``: a CMS value around the SHA-1 digest."""
    return by_hand(b"adbe.pkcs7.sha1", lambda data: _cms(holder, hashlib.sha1(data).digest()))


def with_gap(holder: Holder) -> bytes:
    """A true signature whose byte range leaves more out than its own value: room for what nobody signed."""
    return by_hand(
        b"adbe.pkcs7.detached", lambda data: _cms(holder, data, detached=True), gap=b"/Reason(khong ai ky)"
    )


def _cms(holder: Holder, content: bytes, *, detached: bool = False) -> bytes:
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(content).digest()]}),
        ]
    )
    value = holder.key.sign(attributes.untag().dump(force=True), PKCS1, hashes.SHA256())
    certificate = holder.asn1
    info = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": {
                        "issuer": certificate.issuer,
                        "serial_number": certificate.serial_number,
                    }
                }
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_rsa"},
            "signature": value,
        }
    )
    data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "data", **({} if detached else {"content": content})},
            "certificates": [certificate],
            "signer_infos": [info],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()
