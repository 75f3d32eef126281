"""The ASN.1 shapes that the libraries here share; they carry no types of their own."""

from __future__ import annotations

from asn1crypto import algos, cms, core, crl, keys, ocsp, x509

__all__ = ["algos", "cms", "core", "crl", "keys", "ocsp", "x509"]
