"""The cryptographic suites (design 4): names, component algorithms in fixed order, sizes in bytes.

A suite belongs to a key in the trust store, never to a message. Component keys are never shared between
suites, which ``kid_of`` makes visible: the same raw key under another suite has another kid.
"""

import hashlib
from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from bus.protocol.errors import SealError, SignatureError
from schemas.reasons import ReasonCode

HashName = Literal["sha256", "sha384"]
KID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Component:
    """One signature algorithm of a sign suite; the private key is always its 32-byte seed."""

    algorithm: Literal["Ed25519", "ML-DSA-65", "ML-DSA-87"]
    public_length: int
    signature_length: int
    private_length: int = 32


ED25519 = Component("Ed25519", 32, 64)
"""RFC 8032."""
ML_DSA_65 = Component("ML-DSA-65", 1952, 3309)
"""FIPS 204, category 3, empty context."""
ML_DSA_87 = Component("ML-DSA-87", 2592, 4627)
"""FIPS 204, category 5, empty context."""


@dataclass(frozen=True, slots=True)
class SignSuite:
    """How a key signs: every component signs the same bytes, in this order, and every signature must verify.

    ``hash_name`` is the hash of the batch tree and of digests made under a key of this suite.
    """

    name: str
    hash_name: HashName
    components: tuple[Component, ...]

    @property
    def public_length(self) -> int:
        """Length of the raw public key: the components' keys one after the other."""
        return sum(component.public_length for component in self.components)

    @property
    def private_length(self) -> int:
        """Length of the raw private key: the components' seeds one after the other."""
        return sum(component.private_length for component in self.components)


@dataclass(frozen=True, slots=True)
class SealSuite:
    """How a bundle is sealed: HPKE (RFC 9180) base mode with this KEM, KDF and AEAD.

    ``enc_length`` is the length of HPKE's encapsulated key, ``overhead`` what sealing adds to a frame.
    """

    suite_id: int
    name: str
    enc_length: int
    public_length: int
    private_length: int
    hpke: Suite

    @property
    def overhead(self) -> int:
        """Bytes that sealing adds: the encapsulated key and the 16-byte AEAD tag."""
        return self.enc_length + 16


STANDARD = SignSuite("standard", "sha256", (ED25519,))
HYBRID = SignSuite("hybrid", "sha256", (ED25519, ML_DSA_65))
CNSA2 = SignSuite("cnsa2", "sha384", (ML_DSA_87,))
SIGN_SUITES = {suite.name: suite for suite in (STANDARD, HYBRID, CNSA2)}

SEAL_1 = SealSuite(1, "seal-1", 1120, 1216, 96, Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM))
"""MLKEM768-X25519 (draft-ietf-hpke-pq, KEM id 0x647a, known as X-Wing)."""
SEAL_2 = SealSuite(2, "seal-2", 1568, 1568, 64, Suite(KEM.MLKEM1024, KDF.HKDF_SHA384, AEAD.AES_256_GCM))
"""ML-KEM-1024 (FIPS 203; draft-ietf-hpke-pq, KEM id 0x0042); private is the 64-byte seed d || z."""
SEAL_SUITES = {suite.suite_id: suite for suite in (SEAL_1, SEAL_2)}

_PUBLIC_LENGTHS = {suite.name: suite.public_length for suite in SIGN_SUITES.values()} | {
    suite.name: suite.public_length for suite in SEAL_SUITES.values()
}


def sign_suite(name: str) -> SignSuite:
    """The sign suite of this name. Raises SignatureError SUITE_UNKNOWN."""
    try:
        return SIGN_SUITES[name]
    except KeyError:
        raise SignatureError(ReasonCode.SUITE_UNKNOWN, "no sign suite has this name") from None


def seal_suite(suite_id: int) -> SealSuite:
    """The seal suite of this number. Raises SealError SUITE_UNKNOWN."""
    try:
        return SEAL_SUITES[suite_id]
    except KeyError:
        raise SealError(ReasonCode.SUITE_UNKNOWN, "no seal suite has this number") from None


def seal_suite_named(name: str) -> SealSuite:
    """The seal suite of this name, as trust documents give it. Raises SealError SUITE_UNKNOWN."""
    for suite in SEAL_SUITES.values():
        if suite.name == name:
            return suite
    raise SealError(ReasonCode.SUITE_UNKNOWN, "no seal suite has this name")


def kid_of(suite_name: str, public_key: bytes) -> bytes:
    """Key id of a sign or seal key: first 16 bytes of SHA-256(ASCII suite name || raw public key).

    Raises SignatureError SUITE_UNKNOWN for another suite name, KEY_MALFORMED for another key length.
    """
    if suite_name not in _PUBLIC_LENGTHS:
        raise SignatureError(ReasonCode.SUITE_UNKNOWN, "no suite has this name")
    if len(public_key) != _PUBLIC_LENGTHS[suite_name]:
        raise SignatureError(ReasonCode.KEY_MALFORMED, "the public key does not have its suite's length")
    return hashlib.sha256(suite_name.encode("ascii") + public_key).digest()[:KID_LENGTH]
