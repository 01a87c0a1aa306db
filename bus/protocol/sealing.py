"""Sealing a frame for one nation with HPKE (RFC 9180, base mode), and opening it.

``Sealed = SealHeader || enc || ciphertext``, HPKE info = ``"entente/seal/v1" 0x00 || SealHeader``, empty
aad: one message per HPKE context. Raw key forms, private then public: suite 1 ML-KEM-768 seed 64 || X25519
32, and ML-KEM-768 1184 || X25519 32; suite 2 ML-KEM-1024 seed 64, and 1568.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import (
    MLKEM768PrivateKey,
    MLKEM768PublicKey,
    MLKEM1024PrivateKey,
    MLKEM1024PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey

from bus.protocol.errors import SealError
from bus.protocol.frame import MIN_FRAME_BYTES
from bus.protocol.seal_header import SUITE_OFFSET
from bus.protocol.suites import SEAL_1, SEAL_2, SealSuite, kid_of, seal_suite
from schemas.reasons import ReasonCode

INFO_PREFIX = b"entente/seal/v1\x00"
PARSED_KEYS_KEPT = 1024

_MLKEM768_PUBLIC = 1184
_MLKEM_SEED = 64
_ANY_SCALAR = X25519PrivateKey.from_private_bytes(b"\x01" * 32)


class SealPublicKey:
    """A nation's public seal key. Make it with ``from_public_bytes``, which keeps parsed keys."""

    __slots__ = ("hpke_key", "kid", "public_bytes", "suite")

    def __init__(self, suite: SealSuite, public_bytes: bytes) -> None:
        self.kid = kid_of(suite.name, public_bytes)
        self.suite = suite
        self.public_bytes = public_bytes
        self.hpke_key = _parse_public(suite, public_bytes)

    @staticmethod
    def from_public_bytes(suite_id: int, public_bytes: bytes) -> "SealPublicKey":
        """The key of these raw bytes. Raises SealError SUITE_UNKNOWN, ProtocolError KEY_MALFORMED."""
        return _parsed_key(suite_id, public_bytes)

    def __repr__(self) -> str:
        return f"SealPublicKey(suite={self.suite.name!r}, kid={self.kid.hex()!r})"


class SealPrivateKey:
    """A nation's private seal key in memory. Its repr shows the kid only."""

    __slots__ = ("_raw", "hpke_key", "kid", "public_bytes", "suite")

    def __init__(self, suite: SealSuite, private_bytes: bytes) -> None:
        if len(private_bytes) != suite.private_length:
            raise SealError(ReasonCode.KEY_MALFORMED, "the private key does not have its suite's length")
        self._raw = private_bytes
        self.suite = suite
        self.hpke_key, self.public_bytes = _parse_private(suite, private_bytes)
        self.kid = kid_of(suite.name, self.public_bytes)

    @classmethod
    def from_private_bytes(cls, suite_id: int, private_bytes: bytes) -> "SealPrivateKey":
        """The key of these raw bytes. Raises SealError SUITE_UNKNOWN or KEY_MALFORMED."""
        return cls(seal_suite(suite_id), private_bytes)

    @classmethod
    def generate(cls, suite_id: int) -> "SealPrivateKey":
        """A new key from the library's own randomness. Raises SealError SUITE_UNKNOWN."""
        suite = seal_suite(suite_id)
        if suite is SEAL_1:
            raw = (
                MLKEM768PrivateKey.generate().private_bytes_raw()
                + X25519PrivateKey.generate().private_bytes_raw()
            )
        else:
            raw = MLKEM1024PrivateKey.generate().private_bytes_raw()
        return cls(suite, raw)

    def private_bytes(self) -> bytes:
        """The raw private bytes, to be stored by the key's owner."""
        return self._raw

    def public_key(self) -> SealPublicKey:
        """The public half."""
        return SealPublicKey.from_public_bytes(self.suite.suite_id, self.public_bytes)

    def __repr__(self) -> str:
        return f"SealPrivateKey(suite={self.suite.name!r}, kid={self.kid.hex()!r})"


class Sealer(Protocol):
    """Port: seals a frame; ``seal`` is the one real implementation, vectors replay stored bytes."""

    def __call__(self, header_bytes: bytes, public_key: SealPublicKey, frame: bytes) -> bytes:
        """Sealed bytes that begin with ``header_bytes``."""


class Unsealer(Protocol):
    """Port: the private seal keys at hand, by kid."""

    def private_key(self, kid: bytes) -> SealPrivateKey | None:
        """The private key with this kid, or None when there is none (the bundle is then HELD)."""


class SealKeyring:
    """Private seal keys in memory; implements ``Unsealer``."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Iterable[SealPrivateKey]) -> None:
        self._keys = {key.kid: key for key in keys}

    def private_key(self, kid: bytes) -> SealPrivateKey | None:
        """The private key with this kid, or None."""
        return self._keys.get(kid)

    def kids(self) -> frozenset[bytes]:
        """Key ids of every key held."""
        return frozenset(self._keys)


def seal(header_bytes: bytes, public_key: SealPublicKey, frame: bytes) -> bytes:
    """``header_bytes || enc || ciphertext``; draws HPKE's own randomness.

    Raises SealError SUITE_MISMATCH when the header names another suite than the key's, KEY_MALFORMED when
    the key is one that no secret can be agreed with.
    """
    _check_suite(header_bytes, public_key.suite)
    try:
        return header_bytes + public_key.suite.hpke.encrypt(
            frame, public_key.hpke_key, INFO_PREFIX + header_bytes
        )
    except ValueError as error:
        raise SealError(ReasonCode.KEY_MALFORMED, "no secret can be agreed with the public key") from error


def open_sealed(header_bytes: bytes, private_key: SealPrivateKey, sealed_rest: bytes) -> bytes:
    """The frame in ``sealed_rest`` (all that followed the header).

    Raises SealError SUITE_MISMATCH when the header names another suite than the key's, OPEN_FAILED for
    anything that does not open: altered header, enc or ciphertext, or sealed for another key.
    """
    _check_suite(header_bytes, private_key.suite)
    if len(sealed_rest) < private_key.suite.overhead + MIN_FRAME_BYTES:
        raise SealError(ReasonCode.OPEN_FAILED, "the sealed bytes are shorter than any bundle")
    try:
        return private_key.suite.hpke.decrypt(sealed_rest, private_key.hpke_key, INFO_PREFIX + header_bytes)
    except (InvalidTag, ValueError):  # ValueError: what the library may say of keys and lengths it dislikes
        raise SealError(ReasonCode.OPEN_FAILED, "the sealed bytes do not open under the key") from None


def _check_suite(header_bytes: bytes, suite: SealSuite) -> None:
    # Without this the header could claim a stronger suite than the key that really opens the bundle.
    if header_bytes[SUITE_OFFSET : SUITE_OFFSET + 1] != bytes((suite.suite_id,)):
        raise SealError(ReasonCode.SUITE_MISMATCH, "the header names another suite than the key's")


@lru_cache(maxsize=PARSED_KEYS_KEPT)
def _parsed_key(suite_id: int, public_bytes: bytes) -> SealPublicKey:
    return SealPublicKey(seal_suite(suite_id), public_bytes)


def _parse_public(suite: SealSuite, raw: bytes) -> MLKEM768X25519PublicKey | MLKEM1024PublicKey:
    try:
        if suite is SEAL_2:
            return MLKEM1024PublicKey.from_public_bytes(raw)
        x25519 = X25519PublicKey.from_public_bytes(raw[_MLKEM768_PUBLIC:])
        # A point of small order agrees on zero with everyone: found now, not when a batch is to be sealed.
        _ANY_SCALAR.exchange(x25519)
        return MLKEM768X25519PublicKey(MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM768_PUBLIC]), x25519)
    except ValueError as error:
        raise SealError(ReasonCode.KEY_MALFORMED, f"the bytes are not a {suite.name} public key") from error


def _parse_private(
    suite: SealSuite, raw: bytes
) -> tuple[MLKEM768X25519PrivateKey | MLKEM1024PrivateKey, bytes]:
    if suite is SEAL_2:
        single = MLKEM1024PrivateKey.from_seed_bytes(raw)
        return single, single.public_key().public_bytes_raw()
    mlkem = MLKEM768PrivateKey.from_seed_bytes(raw[:_MLKEM_SEED])
    x25519 = X25519PrivateKey.from_private_bytes(raw[_MLKEM_SEED:])
    public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
    return MLKEM768X25519PrivateKey(mlkem, x25519), public
