"""Sign keys of the three suites, and signing and verifying DSSE envelopes with them.

Raw key forms (concatenated in the suite's fixed component order): ``standard`` private Ed25519 seed 32,
public 32; ``hybrid`` private Ed25519 seed 32 || ML-DSA-65 seed 32, public 32 || 1952; ``cnsa2`` private
ML-DSA-87 seed 32, public 2592. Every component signs the same message (for ML-DSA with an empty context:
the payload type inside the DSSE encoding separates domains). ML-DSA signing is hedged, so two signatures
over one message differ. Verification raises, it never returns a verdict.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
    MLDSA87PrivateKey,
    MLDSA87PublicKey,
)

from bus.protocol.dsse import Envelope, EnvelopeSignature, pae
from bus.protocol.errors import SignatureError
from bus.protocol.suites import Component, SignSuite, kid_of, sign_suite
from schemas.reasons import ReasonCode

_PrivatePart = Ed25519PrivateKey | MLDSA65PrivateKey | MLDSA87PrivateKey
_PublicPart = Ed25519PublicKey | MLDSA65PublicKey | MLDSA87PublicKey

PARSED_KEYS_KEPT = 1024


class Signer(Protocol):
    """Port: something that signs under one key, in this process or in a hardware module."""

    @property
    def kid(self) -> str:
        """Key id, 32 hex digits."""

    @property
    def suite(self) -> str:
        """Name of the key's sign suite."""

    def sign(self, message: bytes) -> tuple[bytes, ...]:
        """One signature per component of the suite, in its order."""


class PublicVerifyKey:
    """A public sign key. ``from_public_bytes`` keeps parsed keys, since parsing ML-DSA is slow."""

    __slots__ = ("_parts", "kid", "public_bytes", "suite")

    def __init__(self, suite: SignSuite, public_bytes: bytes) -> None:
        self.suite = suite.name
        self.public_bytes = public_bytes
        self.kid = kid_of(suite.name, public_bytes).hex()
        parts: list[tuple[Component, _PublicPart]] = []
        at = 0
        for component in suite.components:
            raw = public_bytes[at : at + component.public_length]
            parts.append((component, _public_part(component, raw)))
            at += component.public_length
        self._parts = tuple(parts)

    @staticmethod
    def from_public_bytes(suite_name: str, public_bytes: bytes) -> "PublicVerifyKey":
        """The key of these raw bytes. Raises SignatureError SUITE_UNKNOWN or KEY_MALFORMED."""
        return _parsed_key(suite_name, public_bytes)

    def verify(self, message: bytes, signatures: Sequence[bytes]) -> None:
        """Check that there is exactly one signature per component, in order, and that each one verifies.

        Raises SignatureError SIGNATURE_MISSING when there are fewer, else SIGNATURE_INVALID.
        """
        if len(signatures) < len(self._parts):
            raise SignatureError(ReasonCode.SIGNATURE_MISSING, "fewer signatures than the suite requires")
        if len(signatures) > len(self._parts):
            raise _invalid("more signatures than the suite has")
        for (component, _), signature in zip(self._parts, signatures, strict=True):
            if len(signature) != component.signature_length:
                raise _invalid(f"the {component.algorithm} signature does not have its length")
        for (component, part), signature in zip(self._parts, signatures, strict=True):
            try:
                part.verify(signature, message)
            except InvalidSignature:
                raise _invalid(f"the {component.algorithm} signature does not verify") from None

    def __repr__(self) -> str:
        return f"PublicVerifyKey(suite={self.suite!r}, kid={self.kid!r})"


class PrivateSigningKey:
    """A private sign key in memory; implements ``Signer``. Its repr shows the kid only."""

    __slots__ = ("_parts", "_raw", "kid", "public_bytes", "suite")

    def __init__(self, suite: SignSuite, private_bytes: bytes) -> None:
        if len(private_bytes) != suite.private_length:
            raise SignatureError(ReasonCode.KEY_MALFORMED, "the private key does not have its suite's length")
        parts: list[_PrivatePart] = []
        at = 0
        for component in suite.components:
            parts.append(_private_part(component, private_bytes[at : at + component.private_length]))
            at += component.private_length
        self._raw = private_bytes
        self._parts = tuple(parts)
        self.suite = suite.name
        self.public_bytes = b"".join([part.public_key().public_bytes_raw() for part in parts])
        self.kid = kid_of(suite.name, self.public_bytes).hex()

    @classmethod
    def from_private_bytes(cls, suite_name: str, private_bytes: bytes) -> "PrivateSigningKey":
        """The key of these raw seed bytes. Raises SignatureError SUITE_UNKNOWN or KEY_MALFORMED."""
        return cls(sign_suite(suite_name), private_bytes)

    @classmethod
    def generate(cls, suite_name: str) -> "PrivateSigningKey":
        """A new key from the library's own randomness. Raises SignatureError SUITE_UNKNOWN."""
        suite = sign_suite(suite_name)
        return cls(suite, b"".join([_generate(component) for component in suite.components]))

    def private_bytes(self) -> bytes:
        """The raw seed bytes, to be stored by the key's owner."""
        return self._raw

    def verify_key(self) -> PublicVerifyKey:
        """The public half."""
        return PublicVerifyKey.from_public_bytes(self.suite, self.public_bytes)

    def sign(self, message: bytes) -> tuple[bytes, ...]:
        """One signature per component of the suite, in its order."""
        return tuple([part.sign(message) for part in self._parts])

    def __repr__(self) -> str:
        return f"PrivateSigningKey(suite={self.suite!r}, kid={self.kid!r})"


def sign_envelope(payload_type: str, payload: bytes, signers: Sequence[Signer]) -> Envelope:
    """An envelope signed by every signer in turn, one DSSE signature per component of its suite."""
    message = pae(payload_type, payload)
    signatures = [EnvelopeSignature(signer.kid, sig) for signer in signers for sig in signer.sign(message)]
    return Envelope(payload, payload_type, tuple(signatures))


def verify_sole_signer(envelope: Envelope, key: PublicVerifyKey) -> None:
    """Check that ``key`` and nobody else signed ``envelope``, with every signature its suite requires.

    Raises SignatureError SIGNATURE_MISSING or SIGNATURE_INVALID.
    """
    if any(signature.keyid != key.kid for signature in envelope.signatures):
        raise _invalid("a signature names another key")
    key.verify(envelope.signed_bytes, [signature.sig for signature in envelope.signatures])


def verify_cosigner(envelope: Envelope, key: PublicVerifyKey) -> None:
    """Check ``key``'s part in an envelope that several keys sign (k-of-n), ignoring the other signatures.

    Raises SignatureError SIGNATURE_MISSING or SIGNATURE_INVALID.
    """
    key.verify(envelope.signed_bytes, envelope.signatures_by(key.kid))


@lru_cache(maxsize=PARSED_KEYS_KEPT)
def _parsed_key(suite_name: str, public_bytes: bytes) -> PublicVerifyKey:
    return PublicVerifyKey(sign_suite(suite_name), public_bytes)


def _public_part(component: Component, raw: bytes) -> _PublicPart:
    try:
        match component.algorithm:
            case "Ed25519":
                return Ed25519PublicKey.from_public_bytes(raw)
            case "ML-DSA-65":
                return MLDSA65PublicKey.from_public_bytes(raw)
            case "ML-DSA-87":
                return MLDSA87PublicKey.from_public_bytes(raw)
    except ValueError as error:
        detail = f"the bytes are not an {component.algorithm} public key"
        raise SignatureError(ReasonCode.KEY_MALFORMED, detail) from error


def _private_part(component: Component, seed: bytes) -> _PrivatePart:
    match component.algorithm:
        case "Ed25519":
            return Ed25519PrivateKey.from_private_bytes(seed)
        case "ML-DSA-65":
            return MLDSA65PrivateKey.from_seed_bytes(seed)
        case "ML-DSA-87":
            return MLDSA87PrivateKey.from_seed_bytes(seed)


def _generate(component: Component) -> bytes:
    match component.algorithm:
        case "Ed25519":
            return Ed25519PrivateKey.generate().private_bytes_raw()
        case "ML-DSA-65":
            return MLDSA65PrivateKey.generate().private_bytes_raw()
        case "ML-DSA-87":
            return MLDSA87PrivateKey.generate().private_bytes_raw()


def _invalid(detail: str) -> SignatureError:
    return SignatureError(ReasonCode.SIGNATURE_INVALID, detail)
