"""RFC 6962 section 2.1 Merkle trees with SHA-256 or SHA-384.

Two forms of one tree: the general functions take any number of leaves (RFC 6962 2.1, 2.1.1, 2.1.2;
verification as RFC 9162 2.1.3.2 and 2.1.4.2), ``BatchTree`` and ``verify_batch_path`` are the fast form for
the full trees of 2**depth leaves under which deliveries travel. Both give the same roots and paths.
Verification raises ProofError.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Protocol

from bus.protocol.errors import ProofError
from schemas.reasons import ReasonCode


class _Hash(Protocol):
    def digest(self) -> bytes: ...


HASHES: dict[str, Callable[[bytes], _Hash]] = {"sha256": hashlib.sha256, "sha384": hashlib.sha384}
HASH_LENGTHS = {"sha256": 32, "sha384": 48}
BATCH_DEPTHS = (4, 8, 12)
LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"


def leaf_hash(hash_name: str, leaf: bytes) -> bytes:
    """H(0x00 || leaf), RFC 6962 2.1."""
    return HASHES[hash_name](LEAF_PREFIX + leaf).digest()


def node_hash(hash_name: str, left: bytes, right: bytes) -> bytes:
    """H(0x01 || left || right), RFC 6962 2.1."""
    return HASHES[hash_name](NODE_PREFIX + left + right).digest()


def tree_root(hash_name: str, leaf_hashes: Sequence[bytes]) -> bytes:
    """Root over leaf hashes, any number of them; the root of no leaves is H("")."""
    size = len(leaf_hashes)
    if size == 0:
        return HASHES[hash_name](b"").digest()
    if size == 1:
        return leaf_hashes[0]
    split = _split(size)
    return node_hash(
        hash_name, tree_root(hash_name, leaf_hashes[:split]), tree_root(hash_name, leaf_hashes[split:])
    )


def inclusion_path(hash_name: str, leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """PATH(index, leaves), RFC 6962 2.1.1: siblings from the leaf upwards. Raises ValueError."""
    size = len(leaf_hashes)
    if not 0 <= index < size:
        raise ValueError("the index lies outside the tree")
    if size == 1:
        return ()
    split = _split(size)
    if index < split:
        below = inclusion_path(hash_name, leaf_hashes[:split], index)
        return (*below, tree_root(hash_name, leaf_hashes[split:]))
    below = inclusion_path(hash_name, leaf_hashes[split:], index - split)
    return (*below, tree_root(hash_name, leaf_hashes[:split]))


def verify_inclusion(
    hash_name: str, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf hash ``leaf`` is number ``index`` of ``size`` under ``root``.

    RFC 9162 2.1.3.2. Raises ProofError.
    """
    if not 0 <= index < size:
        raise _wrong("the index lies outside the tree")
    _check_lengths(hash_name, (leaf, root, *path))
    position, last, node = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise _wrong("the path is longer than the tree is high")
        if position & 1 or position == last:
            node = node_hash(hash_name, sibling, node)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            node = node_hash(hash_name, node, sibling)
        position >>= 1
        last >>= 1
    if last != 0:
        raise _wrong("the path is shorter than the tree is high")
    if node != root:
        raise _wrong("the path does not lead to the root")


def consistency_path(hash_name: str, leaf_hashes: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """PROOF(old_size, leaves), RFC 6962 2.1.2; empty for an empty or equally large old tree.

    Raises ValueError when the old tree would be larger than this one.
    """
    size = len(leaf_hashes)
    if not 0 <= old_size <= size:
        raise ValueError("the old tree is larger than the new one")
    if old_size in (0, size):
        return ()
    return _subproof(hash_name, leaf_hashes, old_size, whole=True)


def _subproof(
    hash_name: str, leaf_hashes: Sequence[bytes], old_size: int, *, whole: bool
) -> tuple[bytes, ...]:
    size = len(leaf_hashes)
    if old_size == size:
        return () if whole else (tree_root(hash_name, leaf_hashes),)
    split = _split(size)
    if old_size <= split:
        below = _subproof(hash_name, leaf_hashes[:split], old_size, whole=whole)
        return (*below, tree_root(hash_name, leaf_hashes[split:]))
    below = _subproof(hash_name, leaf_hashes[split:], old_size - split, whole=False)
    return (*below, tree_root(hash_name, leaf_hashes[:split]))


def verify_consistency(
    hash_name: str, old_size: int, new_size: int, path: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Check that the new tree only appends to the old one.

    RFC 9162 2.1.4.2; an empty old tree is consistent with every tree but must have the empty root.
    Raises ProofError.
    """
    if not 0 <= old_size <= new_size:
        raise _wrong("the old tree is larger than the new one")
    _check_lengths(hash_name, (old_root, new_root, *path))
    if old_size in (0, new_size):
        if path:
            raise _wrong("no path is needed between these sizes")
        expected = new_root if old_size == new_size else tree_root(hash_name, ())
        if old_root != expected or (new_size == 0 and new_root != tree_root(hash_name, ())):
            raise _wrong("the roots contradict the sizes")
        return
    if not path:
        raise _wrong("the path is empty")
    nodes = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old_node = new_node = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            raise _wrong("the path is longer than the tree is high")
        if position & 1 or position == last:
            old_node = node_hash(hash_name, sibling, old_node)
            new_node = node_hash(hash_name, sibling, new_node)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            new_node = node_hash(hash_name, new_node, sibling)
        position >>= 1
        last >>= 1
    if last != 0:
        raise _wrong("the path is shorter than the tree is high")
    if old_node != old_root or new_node != new_root:
        raise _wrong("the path does not lead to both roots")


class BatchTree:
    """The full tree over exactly 2**depth leaf hashes, depth 4, 8 or 12.

    ``root`` is its root hash; ``path(index)`` the ``depth`` siblings from the leaf upwards.
    Raises ValueError for another number of leaves or a leaf hash of the wrong length.
    """

    __slots__ = ("_levels", "depth", "hash_name", "root")

    def __init__(self, hash_name: str, leaf_hashes: Sequence[bytes]) -> None:
        depth = len(leaf_hashes).bit_length() - 1
        if depth not in BATCH_DEPTHS or len(leaf_hashes) != 1 << depth:
            raise ValueError("a batch tree has 16, 256 or 4096 leaves")
        if set(map(len, leaf_hashes)) != {HASH_LENGTHS[hash_name]}:
            raise ValueError("a leaf hash has the wrong length")
        make, prefix = HASHES[hash_name], NODE_PREFIX
        level = list(leaf_hashes)
        levels = [level]
        for _ in range(depth):
            nodes = iter(level)
            level = [make(prefix + left + right).digest() for left, right in zip(nodes, nodes, strict=True)]
            levels.append(level)
        self.hash_name = hash_name
        self.depth = depth
        self.root = level[0]
        self._levels = levels

    def path(self, index: int) -> tuple[bytes, ...]:
        """Siblings of leaf ``index`` from the leaf upwards. Raises ValueError outside the tree."""
        if not 0 <= index < 1 << self.depth:
            raise ValueError("the index lies outside the tree")
        return tuple([self._levels[height][(index >> height) ^ 1] for height in range(self.depth)])


def verify_batch_path(
    hash_name: str, leaf: bytes, index: int, path: Sequence[bytes], depth: int, root: bytes
) -> None:
    """Check that the leaf hash ``leaf`` is number ``index`` of 2**depth under ``root``. Raises ProofError."""
    if depth not in BATCH_DEPTHS or len(path) != depth:
        raise _wrong("the path does not have the tree's depth, 4, 8 or 12")
    _check_lengths(hash_name, (leaf, *path))
    make, prefix, node, position = HASHES[hash_name], NODE_PREFIX, leaf, index
    for sibling in path:
        node = make(prefix + sibling + node if position & 1 else prefix + node + sibling).digest()
        position >>= 1
    if position:
        raise _wrong("the index lies outside the tree")
    if node != root:
        raise _wrong("the path does not lead to the root")


def _split(size: int) -> int:
    """The largest power of two smaller than ``size`` (size >= 2)."""
    return 1 << ((size - 1).bit_length() - 1)


def _check_lengths(hash_name: str, hashes: Sequence[bytes]) -> None:
    # Concatenation hides where one hash ends: a short leaf could otherwise borrow bytes from its sibling.
    if set(map(len, hashes)) != {HASH_LENGTHS[hash_name]}:
        raise _wrong("a hash has the wrong length")


def _wrong(detail: str) -> ProofError:
    return ProofError(ReasonCode.PROOF_INVALID, detail)
