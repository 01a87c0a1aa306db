"""The proof that travels with each delivery: u32 index, then depth hashes, leaf upwards (design 4)."""

from dataclasses import dataclass
from struct import Struct

from bus.protocol.errors import ProofError
from bus.protocol.merkle import BATCH_DEPTHS, HASH_LENGTHS, HASHES, LEAF_PREFIX, verify_batch_path
from schemas.reasons import ReasonCode

_INDEX = Struct(">I")
_LAYOUTS = {
    (depth, name): Struct(">I" + f"{length}s" * depth)
    for depth in BATCH_DEPTHS
    for name, length in HASH_LENGTHS.items()
}


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
        return cls.read(data, 0, depth, hash_name)

    @classmethod
    def read(cls, data: bytes, offset: int, depth: int, hash_name: str) -> "Proof":
        """Read a proof that stands at ``offset`` in ``data``; the caller has checked that it fits."""
        index, *path = _LAYOUTS[depth, hash_name].unpack_from(data, offset)
        return cls(index, tuple(path))

    def verify(self, statement: bytes, depth: int, hash_name: str, root: bytes) -> None:
        """Check that ``statement`` (exact bytes) is this proof's leaf under ``root``. Raises ProofError."""
        leaf = HASHES[hash_name](LEAF_PREFIX + statement).digest()
        verify_batch_path(hash_name, leaf, self.index, self.path, depth, root)


def proof_length(depth: int, hash_name: str) -> int:
    """Encoded length in bytes of a proof; raises ValueError for another depth or hash than ours."""
    try:
        return _LAYOUTS[depth, hash_name].size
    except KeyError:
        raise ValueError("no batch tree has this depth and hash") from None
