"""One door to asn1crypto, which carries no types: everything of it is ``Any`` here."""

from __future__ import annotations

from asn1crypto import algos, cms, crl, ocsp, tsp, x509

__all__ = ["algos", "cms", "crl", "ocsp", "tsp", "x509"]
