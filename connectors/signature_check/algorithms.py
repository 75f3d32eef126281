"""Which algorithms and key lengths count (Circular 15/2025/TT-BKHCN: RSA from 2048 bit, ECDSA from 256 bit); SHA-1 never."""

from __future__ import annotations

from datetime import datetime

from pyhanko.sign.validation.utils import CMSAlgorithmUsagePolicy
from pyhanko_certvalidator.policy_decl import AlgorithmUsageConstraint

from connectors.signature_check.asn1 import algos, keys

DIGESTS = frozenset(
    {"sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512", "shake256", "shake256_len"}
)
SIGNATURES = frozenset({"rsassa_pkcs1v15", "rsassa_pss", "ecdsa", "ed25519", "ed448"})
LEAST_RSA_BITS, LEAST_EC_BITS = 2048, 256

_YES = AlgorithmUsageConstraint(allowed=True)


class AlgorithmPolicy(CMSAlgorithmUsagePolicy):
    """Only what is listed is allowed, at any time; for signatures, certificates, revocation lists and time stamps alike."""

    def digest_algorithm_allowed(
        self,
        algo: algos.DigestAlgorithm,
        moment: datetime | None,  # noqa: ARG002 - the library's signature
    ) -> AlgorithmUsageConstraint:
        """See the class."""
        name = algo["algorithm"].native
        return _YES if name in DIGESTS else _no(f"digest {name}")

    def signature_algorithm_allowed(
        self,
        algo: algos.SignedDigestAlgorithm,
        moment: datetime | None,
        public_key: keys.PublicKeyInfo | None,
    ) -> AlgorithmUsageConstraint:
        """See the class. A key without its parameters is judged by the algorithm alone."""
        try:
            name = algo.signature_algo
        except ValueError:
            name = algo["algorithm"].native
        if name not in SIGNATURES:
            return _no(f"signature {name}")
        if public_key is not None and (short := short_key(public_key)):
            return _no(short)
        try:
            digest = algo.hash_algo
        except ValueError:
            return _YES
        return self.digest_algorithm_allowed(algos.DigestAlgorithm({"algorithm": digest}), moment)


def key_bits(key: keys.PublicKeyInfo) -> int:
    """The length of a key in bits, counted exactly; 0 for kinds that have no length to choose."""
    kind = key.algorithm
    if kind in ("rsa", "rsassa_pss"):
        return int(key["public_key"].parsed["modulus"].native.bit_length())
    if kind == "ec":
        point = key["public_key"].native
        whole = point[:1] == b"\x04"  # otherwise one coordinate and a sign
        return (len(point) - 1) * 8 // (2 if whole else 1)
    return 0


def short_key(key: keys.PublicKeyInfo) -> str:
    """What is wrong with the length of a key; empty when nothing is."""
    kind = key.algorithm
    if kind in ("rsa", "rsassa_pss") and key_bits(key) < LEAST_RSA_BITS:
        return f"RSA {key_bits(key)}"
    if kind == "ec":
        form, curve = key.curve
        # A curve with parameters of its own may be made for one forged key.
        if form != "named" or key_bits(key) < LEAST_EC_BITS:
            return f"EC {curve if form == 'named' else 'with parameters of its own'}"
    return ""


def _no(why: str) -> AlgorithmUsageConstraint:
    return AlgorithmUsageConstraint(allowed=False, failure_reason=f"{why} is not allowed")


POLICY = AlgorithmPolicy()
