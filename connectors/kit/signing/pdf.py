"""Signing a PDF in two steps: prepare and hand out a hash; when the value comes, be it in another process or tomorrow, finish.

Between the steps two things are kept: the prepared file and a :class:`PreparedDocument`. PAdES B-B to B-LTA.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import IO, Any

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner, PdfCMSSignedAttributes
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfTBSDocument
from pyhanko_certvalidator.registry import SimpleCertificateStore

from connectors.kit.signing.asn1 import cms
from connectors.kit.signing.asn1 import x509 as asn1
from connectors.kit.signing.certificates import Material, loaded, mechanism_of
from connectors.kit.signing.errors import NotFit, Unsignable, WrongSignature
from connectors.kit.signing.long_term import lengthened
from connectors.kit.signing.stamp import Stamp, style_of
from connectors.kit.signing.values import verified_value
from mappings.canonical.signing import DocumentKind, Level, Mechanism, PreparedDocument

DIGEST = "sha256"
_RESERVED = {Level.B: 16_384, Level.T: 32_768, Level.LT: 32_768, Level.LTA: 32_768}
"""Hexadecimal digits for the CMS; a time stamp brings the certificates of its authority along."""
_PIECE = 1_048_576
MOST_BYTES = 200_000_000


def prepare_pdf(
    source: IO[bytes],
    output: IO[bytes],
    *,
    document: str,
    name: str,
    certificate: bytes,
    chain: Sequence[bytes] = (),
    moment: datetime,
    level: Level = Level.B,
    field: str = "ChuKy1",
    reason: str = "",
    location: str = "",
    stamp: Stamp | None = None,
    signer_name: str = "",
    pss: bool = False,
) -> PreparedDocument:
    """Write ``source`` with a hole for the signature into ``output``, and tell what must be signed.

    Args:
        output: empty, readable and writable; memory does not grow with the file when both lie on disk.
        certificate, chain: DER; the chain is embedded.
        moment: the claimed time of signing.
        signer_name: shown in the stamp; empty: the certificate's.

    Raises:
        Unsignable: nothing of ``output`` may be used then.
    """
    mechanism = _mechanism(certificate, pss=pss)
    signer = _signer(certificate, chain, mechanism)
    source.seek(0, 2)
    if source.tell() > MOST_BYTES:
        raise Unsignable("unreadable", f"more than {MOST_BYTES} bytes")
    source.seek(0)
    try:
        writer = IncrementalPdfFileWriter(source, strict=True)
        if writer.prev.encrypted:
            raise Unsignable("encrypted", "what nobody can read is not signed")  # noqa: TRY301
        made = PdfSigner(
            PdfSignatureMetadata(
                field_name=field,
                md_algorithm=DIGEST,
                subfilter=SigSeedSubFilter.PADES,
                reason=reason or None,
                location=location or None,
            ),
            signer,
            stamp_style=style_of(stamp) if stamp is not None else None,
            new_field_spec=_place(writer, field, stamp),
        )
        lines = {"lines": stamp.lines(signer_name or signer.subject_name or "", moment)} if stamp else None
        digest, attributes = asyncio.run(_prepared(made, writer, output, moment, level, lines))
    except Unsignable:
        raise
    except SigningError as exc:
        raise Unsignable("field-taken" if "filled" in str(exc) else "locked", str(exc)) from exc
    except (PdfError, ValueError, TypeError, KeyError, AttributeError, RecursionError, IndexError) as exc:
        # The library lets bare errors of a broken file through; each means that it cannot be signed.
        raise Unsignable("unreadable", f"{type(exc).__name__}: it is no sound PDF") from exc
    to_sign = attributes.dump()
    return PreparedDocument(
        document=document,
        name=name,
        kind=DocumentKind.PDF,
        level=level,
        mechanism=mechanism,
        file_sha256=file_sha256(output),
        document_digest=digest.document_digest.hex(),
        to_sign=base64.b64encode(to_sign).decode("ascii"),
        to_sign_sha256=hashlib.sha256(to_sign).hexdigest(),
        hole_start=digest.reserved_region_start,
        hole_end=digest.reserved_region_end,
        field=field,
        certificate_sha256=hashlib.sha256(certificate).hexdigest(),
        prepared_at=moment,
    )


def finish_pdf(
    file: IO[bytes],
    prepared: PreparedDocument,
    value: str,
    *,
    certificate: bytes,
    chain: Sequence[bytes] = (),
    moment: datetime,
    stamper: Any = None,
    material: Material | None = None,
) -> None:
    """Put the signature value into the prepared ``file``, in place; time stamp and validation data as its level asks.

    Call it on a copy: after an error of the time stamp the copy is thrown away and the same value serves again.

    Args:
        value: as the provider gave it, base64.
        moment: now; validation data are judged for it.
        stamper: see ``connectors.kit.signing.timestamps``; needed above level B.
        material: needed for LT and LTA.

    Raises:
        WrongSignature: the value, the file or the certificate is not the one that was prepared; nothing was written. Or the
            validation data do not suffice (``validation``): ``file`` must not be used.
        Unavailable: the time stamping authority cannot be reached; ``file`` must not be used.
    """
    checked_file(file, prepared, certificate)
    _ready(prepared.level, stamper, material)
    to_sign = base64.b64decode(prepared.to_sign)
    raw = verified_value(value, signed=to_sign, certificate=certificate, mechanism=prepared.mechanism)
    signer = _signer(certificate, chain, prepared.mechanism, raw)
    asyncio.run(_finished(file, prepared, signer, to_sign, stamper, material, moment))


def checked_file(file: IO[bytes], prepared: PreparedDocument, certificate: bytes) -> None:
    """Refuse another file than the prepared one, or another certificate.

    Raises:
        WrongSignature
    """
    if file_sha256(file) != prepared.file_sha256:
        raise WrongSignature("other-file", "the kept file is not the one that was prepared")
    if hashlib.sha256(certificate).hexdigest() != prepared.certificate_sha256:
        raise WrongSignature("other-certificate", "prepared for another certificate")


def file_sha256(file: IO[bytes]) -> str:
    """Of the whole file; it stands at its beginning afterwards."""
    made = hashlib.sha256()
    file.seek(0)
    while piece := file.read(_PIECE):
        made.update(piece)
    file.seek(0)
    return made.hexdigest()


async def _prepared(
    made: PdfSigner, writer: Any, output: IO[bytes], moment: datetime, level: Level, lines: Any
) -> tuple[PreparedByteRangeDigest, cms.CMSAttributes]:
    session = made.init_signing_session(writer)
    session.system_time = moment  # the library would take the machine's
    document = session.prepare_tbs_document(None, _RESERVED[level], appearance_text_params=lines)
    digest, written = document.digest_tbs_document(output=output)
    if written is not output:
        raise ValueError("output must be readable and writable")
    attributes = await made.signer.signed_attrs(
        digest.document_digest, DIGEST, PdfCMSSignedAttributes(), use_pades=True
    )
    return digest, attributes


async def _finished(
    file: IO[bytes],
    prepared: PreparedDocument,
    signer: ExternalSigner,
    to_sign: bytes,
    stamper: Any,
    material: Material | None,
    moment: datetime,
) -> None:
    attributes = cms.CMSAttributes.load(to_sign)
    content = await signer.async_sign_prescribed_attributes(DIGEST, attributes, timestamper=stamper)
    if 2 * len(content.dump()) > prepared.hole_end - prepared.hole_start - 2:
        raise WrongSignature("too-large", "the signature is longer than the place kept for it")
    digest = PreparedByteRangeDigest(
        bytes.fromhex(prepared.document_digest), prepared.hole_start, prepared.hole_end
    )
    await PdfTBSDocument.async_finish_signing(file, digest, content)
    if material is not None and prepared.level in (Level.LT, Level.LTA):
        archive = stamper if prepared.level is Level.LTA else None
        await lengthened(file, prepared.field, material, moment, archive)


def _ready(level: Level, stamper: Any, material: Material | None) -> None:
    if level is not Level.B and stamper is None:
        raise WrongSignature("no-timestamp", f"{level.value} needs a time stamping authority")
    if level in (Level.LT, Level.LTA) and material is None:
        raise WrongSignature("validation", f"{level.value} needs roots and revocation data")


def _mechanism(certificate: bytes, *, pss: bool) -> Mechanism:
    try:
        return mechanism_of(certificate, pss=pss)
    except NotFit as exc:
        raise Unsignable("certificate", str(exc)) from exc


def _signer(
    certificate: bytes, chain: Sequence[bytes], mechanism: Mechanism, value: bytes | None = None
) -> ExternalSigner:
    store = SimpleCertificateStore()
    store.register_multiple([asn1.Certificate.load(one) for one in chain])
    return ExternalSigner(
        asn1.Certificate.load(certificate),
        store,
        signature_value=value if value is not None else _length(certificate),
        signature_mechanism=_algorithm(mechanism),
        prefer_pss=mechanism is Mechanism.RSA_PSS,
        embed_roots=False,
    )


def _algorithm(mechanism: Mechanism) -> cms.SignedDigestAlgorithm:
    if mechanism is Mechanism.RSA_PSS:
        parameters = {
            "hash_algorithm": {"algorithm": DIGEST},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": DIGEST}},
            "salt_length": 32,
        }
        return cms.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})
    names = {Mechanism.RSA: "sha256_rsa", Mechanism.ECDSA: "sha256_ecdsa"}
    return cms.SignedDigestAlgorithm({"algorithm": names[mechanism]})


def _length(certificate: bytes) -> int:
    key: Any = loaded(certificate).public_key()
    return int(key.key_size // 8 + 16)


def _place(writer: IncrementalPdfFileWriter, field: str, stamp: Stamp | None) -> SigFieldSpec | None:
    if stamp is None:
        return SigFieldSpec(field)
    pages = int(writer.root["/Pages"]["/Count"])
    number = stamp.page - 1 if stamp.page > 0 else pages + stamp.page
    if stamp.page == 0 or not 0 <= number < pages:
        raise Unsignable("no-such-page", f"page {stamp.page} of {pages}")
    page = writer.prev.find_page_for_modification(number)[0].get_object()
    while "/MediaBox" not in page:
        page = page["/Parent"]
    left, bottom, right, top = (float(edge) for edge in page["/MediaBox"])
    if not (left <= stamp.left and stamp.right <= right and bottom <= stamp.bottom and stamp.top <= top):
        raise Unsignable("stamp", "the box lies outside the page")
    return SigFieldSpec(field, on_page=number, box=(stamp.left, stamp.bottom, stamp.right, stamp.top))


__all__ = ["MOST_BYTES", "checked_file", "file_sha256", "finish_pdf", "prepare_pdf"]
