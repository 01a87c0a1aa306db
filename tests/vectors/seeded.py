"""What makes vectors repeatable: seeded bytes, and the two draws that libraries keep to themselves, replayed.

HPKE encapsulation and ML-DSA signing draw their own randomness. What they once gave stands in the stored
bundles and is given back for the same input; everything else follows from the seed.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping

from bus.protocol.dsse import Envelope
from bus.protocol.errors import ProtocolError
from bus.protocol.frame import read_root
from bus.protocol.seal_header import HEADER_LENGTH, SealHeader
from bus.protocol.sealing import SealPrivateKey, SealPublicKey, open_sealed, seal
from bus.protocol.signing import PrivateSigningKey


class SeededBytes:
    """Bytes wanted -> bytes: SHAKE256(seed || u64 count of draws so far)."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self._draws = 0

    def __call__(self, length: int) -> bytes:
        drawn = hashlib.shake_256(self._seed + self._draws.to_bytes(8, "big")).digest(length)
        self._draws += 1
        return drawn


class StoredDraws:
    """The sealed bytes and the signatures of stored bundles, found again by what they are of."""

    def __init__(self, sealed: Iterable[str], keys: Mapping[bytes, SealPrivateKey]) -> None:
        self.sealed: dict[tuple[bytes, bytes], bytes] = {}
        self.signatures: dict[tuple[str, bytes], list[tuple[bytes, ...]]] = {}
        for stored in map(base64.b64decode, sealed):
            try:
                header = SealHeader.decode(stored[:HEADER_LENGTH])
                frame = open_sealed(stored[:HEADER_LENGTH], keys[header.seal_kid], stored[HEADER_LENGTH:])
                envelope = Envelope.decode(read_root(frame)[0])
            except (ProtocolError, KeyError):
                continue  # one of those that are not to open
            self.sealed[stored[:HEADER_LENGTH], frame] = stored
            signed = envelope.keyids[0], envelope.signed_bytes
            found = tuple(signature.sig for signature in envelope.signatures)
            self.signatures.setdefault(signed, []).append(found)


class ReplayedSigner:
    """A signer that gives the stored signatures again where there are any that verify."""

    def __init__(self, key: PrivateSigningKey, draws: StoredDraws) -> None:
        self._key = key
        self._draws = draws

    @property
    def kid(self) -> str:
        """Key id, 32 hex digits."""
        return self._key.kid

    @property
    def suite(self) -> str:
        """Name of the key's sign suite."""
        return self._key.suite

    def sign(self, message: bytes) -> tuple[bytes, ...]:
        """One signature per component of the suite, in its order."""
        candidates = self._draws.signatures.setdefault((self.kid, message), [])
        for stored in candidates:
            try:
                self._key.verify_key().verify(message, stored)
            except ProtocolError:
                continue  # of a bundle whose signatures were bent
            return stored
        candidates.append(self._key.sign(message))
        return candidates[-1]


class ReplayedSealer:
    """A sealer that gives the stored sealed bytes again."""

    def __init__(self, draws: StoredDraws) -> None:
        self._draws = draws

    def __call__(self, header_bytes: bytes, public_key: SealPublicKey, frame: bytes) -> bytes:
        """Sealed bytes that begin with ``header_bytes``."""
        stored = self._draws.sealed.get((header_bytes, frame))
        return stored if stored is not None else seal(header_bytes, public_key, frame)
