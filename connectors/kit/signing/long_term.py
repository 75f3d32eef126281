"""Validation data into a signed PDF (B-LT), and a document time stamp over them (B-LTA). Nothing is fetched."""

from __future__ import annotations

from datetime import datetime
from typing import IO, Any

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.validation.dss import async_add_validation_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko_certvalidator.errors import PathError, ValidationError

from connectors.kit.signing.certificates import Material
from connectors.kit.signing.errors import WrongSignature

_RESERVED = 32_768
"""Hexadecimal digits for a document time stamp; told, or the library would ask for one more time stamp to measure it."""


async def lengthened(
    file: IO[bytes], field: str, material: Material, moment: datetime, stamper: Any | None
) -> None:
    """Add the chain, the revocation data and, with ``stamper``, a document time stamp, in place.

    Raises:
        WrongSignature: ``validation``: the data do not suffice to call the signature and its time stamp valid now.
    """
    signatures = PdfFileReader(file, strict=True).embedded_signatures
    signature = next((one for one in signatures if one.field_name == field), None)
    if signature is None:
        raise WrongSignature("validation", "the signature is not found again")
    try:
        await async_add_validation_info(signature, material.context(moment), in_place=True)
    except (SignatureValidationError, ValidationError, PathError) as exc:
        raise WrongSignature("validation", "revocation data or a path are missing") from exc
    if stamper is not None:
        await PdfTimeStamper(stamper).async_timestamp_pdf(
            IncrementalPdfFileWriter(file),
            "sha256",
            bytes_reserved=_RESERVED,
            timestamper=stamper,
            in_place=True,
        )
    file.seek(0)


__all__ = ["lengthened"]
