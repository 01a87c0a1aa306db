"""The proof that travels with each delivery: u32 index, then depth hashes, leaf upwards (design 4)."""

from dataclasses import dataclass
from struct import Struct

from bus.protocol.errors import ProofError
from bus.protocol.merkle import HASH_LENGTHS, HASHES, LEAF_PREFIX, verify_batch_path
from schemas.reasons import ReasonCode

_INDEX = Struct(">I")


@dataclass(frozen=True, slots=True)
class Proof:
    """Position of a delivery's leaf in its batch tree and the siblings that lead to the root."""

    index: int
    path: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Big-endian u32 index followed by the siblings."""
        return _INDEX.pack(self.index) + b"".join(self.path)

    @classmethod
    def decode(cls, data: bytes, depth: int, hash_name: str) -> "Proof":
        """Read exactly ``proof_length(depth, hash_name)`` bytes. Raises ProofError on another length."""
        if len(data) != proof_length(depth, hash_name):
            raise ProofError(ReasonCode.PROOF_INVALID, "the proof does not have the tree's depth")
        step = HASH_LENGTHS[hash_name]
        return cls(
            _INDEX.unpack_from(data)[0],
            tuple([data[at : at + step] for at in range(_INDEX.size, len(data), step)]),
        )

    def verify(self, statement: bytes, depth: int, hash_name: str, root: bytes) -> None:
        """Check that ``statement`` (exact bytes) is this proof's leaf under ``root``. Raises ProofError."""
        leaf = HASHES[hash_name](LEAF_PREFIX + statement).digest()
        verify_batch_path(hash_name, leaf, self.index, self.path, depth, root)


def proof_length(depth: int, hash_name: str) -> int:
    """Encoded length in bytes of a proof in a tree of 2**depth leaves."""
    return _INDEX.size + depth * HASH_LENGTHS[hash_name]
