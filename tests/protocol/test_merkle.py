"""RFC 6962 trees: general form, fast form, and every way to present a wrong proof."""

from collections.abc import Callable
from hashlib import sha256, sha384

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.protocol.errors import ProofError
from bus.protocol.merkle import (
    BATCH_DEPTHS,
    HASH_LENGTHS,
    BatchTree,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    tree_root,
    verify_batch_path,
    verify_consistency,
    verify_inclusion,
)
from bus.protocol.proof import Proof, proof_length
from schemas.reasons import ReasonCode

hash_names = st.sampled_from(["sha256", "sha384"])


def leaves_of(count: int, hash_name: str = "sha256") -> list[bytes]:
    return [leaf_hash(hash_name, number.to_bytes(4, "big")) for number in range(count)]


def test_leaf_and_node_are_prefixed_apart() -> None:
    assert leaf_hash("sha256", b"x") == sha256(b"\x00x").digest()
    assert node_hash("sha256", b"l" * 32, b"r" * 32) == sha256(b"\x01" + b"l" * 32 + b"r" * 32).digest()
    assert leaf_hash("sha384", b"x") == sha384(b"\x00x").digest()
    assert tree_root("sha384", []) == sha384(b"").digest()


@given(hash_name=hash_names, size=st.integers(1, 70), data=st.data())
def test_every_leaf_proves_its_place_and_no_other(hash_name: str, size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size, hash_name)
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(
        st.integers(0, size - 1).filter(lambda value: value != index) if size > 1 else st.just(size)
    )
    root = tree_root(hash_name, leaves)
    path = inclusion_path(hash_name, leaves, index)
    verify_inclusion(hash_name, leaves[index], index, size, path, root)
    with pytest.raises(ProofError):
        verify_inclusion(hash_name, leaves[index], other, size, path, root)


@given(hash_name=hash_names, old=st.integers(0, 70), more=st.integers(0, 70))
def test_an_appended_tree_is_consistent_and_a_rewritten_one_is_not(
    hash_name: str, old: int, more: int
) -> None:
    leaves = leaves_of(old + more, hash_name)
    path = consistency_path(hash_name, leaves, old)
    old_root, new_root = tree_root(hash_name, leaves[:old]), tree_root(hash_name, leaves)
    verify_consistency(hash_name, old, old + more, path, old_root, new_root)
    if old:
        rewritten = [leaf_hash(hash_name, b"rewritten"), *leaves[1:old]]
        with pytest.raises(ProofError):
            verify_consistency(hash_name, old, old + more, path, tree_root(hash_name, rewritten), new_root)


CONSISTENCY_ATTACKS: dict[str, tuple[int, int, Callable[[tuple[bytes, ...]], tuple[bytes, ...]]]] = {
    "the old tree is larger than the new one": (12, 11, lambda path: path),
    "the path is empty": (5, 11, lambda path: ()),
    "the path is cut short": (5, 11, lambda path: path[:-1]),
    "the path is too long": (5, 11, lambda path: (*path, path[-1])),
    "a path hash is altered": (5, 11, lambda path: (path[0], bytes(32), *path[2:])),
    "a path hash has the wrong length": (5, 11, lambda path: (path[0][:-1], *path[1:])),
    "a path is given between equal sizes": (11, 11, lambda path: path),
    "a path is given from the empty tree": (0, 11, lambda path: path),
}


@pytest.mark.parametrize("attack", CONSISTENCY_ATTACKS.values(), ids=CONSISTENCY_ATTACKS.keys())
def test_consistency_fails(
    attack: tuple[int, int, Callable[[tuple[bytes, ...]], tuple[bytes, ...]]],
) -> None:
    old, new, damage = attack
    leaves = leaves_of(11)
    path = damage(consistency_path("sha256", leaves, 5))
    with pytest.raises(ProofError):
        verify_consistency(
            "sha256", old, new, path, tree_root("sha256", leaves[:old]), tree_root("sha256", leaves)
        )


def test_roots_that_contradict_equal_sizes_are_refused() -> None:
    first, second = tree_root("sha256", leaves_of(3)), tree_root("sha256", leaves_of(4))
    for sizes in ((4, 4), (0, 4), (0, 0)):
        with pytest.raises(ProofError):
            verify_consistency("sha256", *sizes, (), first, second)


@pytest.mark.parametrize("hash_name", ["sha256", "sha384"])
@pytest.mark.parametrize("depth", BATCH_DEPTHS)
def test_the_fast_tree_is_the_rfc_tree(hash_name: str, depth: int) -> None:
    leaves = leaves_of(1 << depth, hash_name)
    tree = BatchTree(hash_name, leaves)
    assert tree.depth == depth
    assert tree.root == tree_root(hash_name, leaves)
    for index in {0, 1, 2, 7, (1 << depth) // 2, (1 << depth) - 1}:
        path = tree.path(index)
        assert path == inclusion_path(hash_name, leaves, index)
        verify_batch_path(hash_name, leaves[index], index, path, depth, tree.root)
        verify_inclusion(hash_name, leaves[index], index, 1 << depth, path, tree.root)


@pytest.mark.parametrize("count", [0, 1, 2, 15, 17, 32, 255, 8192])
def test_a_batch_tree_of_another_size_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="16, 256 or 4096"):
        BatchTree("sha256", leaves_of(count))


def test_a_batch_tree_refuses_leaf_hashes_of_another_length() -> None:
    with pytest.raises(ValueError, match="wrong length"):
        BatchTree("sha384", leaves_of(16, "sha256"))
    with pytest.raises(ValueError, match="wrong length"):
        BatchTree("sha256", [*leaves_of(15), b"short"])


def test_a_path_outside_the_tree_is_refused() -> None:
    tree = BatchTree("sha256", leaves_of(16))
    for index in (-1, 16):
        with pytest.raises(ValueError, match="outside"):
            tree.path(index)
        with pytest.raises(ValueError, match="outside"):
            inclusion_path("sha256", leaves_of(16), index)
    with pytest.raises(ValueError, match="larger"):
        consistency_path("sha256", leaves_of(3), 4)


STATEMENTS = [b"statement %d" % number for number in range(16)]
TREE = BatchTree("sha256", [leaf_hash("sha256", statement) for statement in STATEMENTS])
PROOF = Proof(5, TREE.path(5))


def test_a_statement_is_proved_by_its_own_proof() -> None:
    for index, statement in enumerate(STATEMENTS):
        Proof(index, TREE.path(index)).verify(statement, 4, "sha256", TREE.root)


def test_a_hash_does_not_borrow_bytes_from_its_sibling() -> None:
    leaf, path = leaf_hash("sha256", STATEMENTS[5]), TREE.path(5)
    longer, shorter = path[0] + leaf[:1], leaf[1:]
    with pytest.raises(ProofError):
        verify_batch_path("sha256", shorter, 5, (longer, *path[1:]), 4, TREE.root)
    with pytest.raises(ProofError):
        verify_inclusion("sha256", shorter, 5, 16, (longer, *path[1:]), TREE.root)


PROOF_ATTACKS: dict[str, tuple[bytes, Proof, int, bytes]] = {
    "the statement is altered": (b"statement 6", PROOF, 4, TREE.root),
    "the statement of another leaf": (STATEMENTS[4], PROOF, 4, TREE.root),
    "the index is another": (STATEMENTS[5], Proof(4, PROOF.path), 4, TREE.root),
    "the index lies outside the tree": (STATEMENTS[5], Proof(5 + 16, PROOF.path), 4, TREE.root),
    "the path is another leaf's": (STATEMENTS[5], Proof(5, TREE.path(6)), 4, TREE.root),
    "the path is cut short": (STATEMENTS[5], Proof(5, PROOF.path[:-1]), 4, TREE.root),
    "the path is too long": (STATEMENTS[5], Proof(5, (*PROOF.path, PROOF.path[0])), 4, TREE.root),
    "the root claims another depth": (STATEMENTS[5], PROOF, 8, TREE.root),
    "the root is another": (STATEMENTS[5], PROOF, 4, bytes(32)),
    "a hash is a byte longer than hashes are": (
        STATEMENTS[5],
        Proof(5, (PROOF.path[0] + b"\x00", *PROOF.path[1:])),
        4,
        TREE.root,
    ),
    "no path at all, the leaf hash is the root": (b"x", Proof(0, ()), 0, leaf_hash("sha256", b"x")),
}


@pytest.mark.parametrize("attack", PROOF_ATTACKS.values(), ids=PROOF_ATTACKS.keys())
def test_proof_fails(attack: tuple[bytes, Proof, int, bytes]) -> None:
    statement, proof, depth, root = attack
    with pytest.raises(ProofError) as refused:
        proof.verify(statement, depth, "sha256", root)
    assert refused.value.code is ReasonCode.PROOF_INVALID


def test_an_inner_node_does_not_pass_for_a_leaf() -> None:
    leaves = leaves_of(4)
    root = tree_root("sha256", leaves)
    forged_leaf = leaf_hash("sha256", leaves[0] + leaves[1])
    right = node_hash("sha256", leaves[2], leaves[3])
    with pytest.raises(ProofError):
        verify_inclusion("sha256", forged_leaf, 0, 2, [right], root)
    # Without the prefixes the forged leaf would be this node, which does lead to the root.
    verify_inclusion("sha256", node_hash("sha256", leaves[0], leaves[1]), 0, 2, [right], root)


def test_every_bit_flip_in_a_proof_fails() -> None:
    encoded = PROOF.encode()
    for bit in range(len(encoded) * 8):
        flipped = bytearray(encoded)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ProofError):
            Proof.decode(bytes(flipped), 4, "sha256").verify(STATEMENTS[5], 4, "sha256", TREE.root)


@given(hash_name=hash_names, depth=st.sampled_from(BATCH_DEPTHS), data=st.data())
@settings(max_examples=30)
def test_proof_encoding_is_exact(hash_name: str, depth: int, data: st.DataObject) -> None:
    length = HASH_LENGTHS[hash_name]
    path = tuple(data.draw(st.binary(min_size=length, max_size=length)) for _ in range(depth))
    proof = Proof(data.draw(st.integers(0, 2**32 - 1)), path)
    encoded = proof.encode()
    assert len(encoded) == proof_length(depth, hash_name)
    assert Proof.decode(encoded, depth, hash_name) == proof
    for wrong in (encoded[:-1], encoded + b"\x00"):
        with pytest.raises(ProofError):
            Proof.decode(wrong, depth, hash_name)


@pytest.mark.parametrize(("depth", "hash_name"), [(5, "sha256"), (4, "sha512"), (0, "sha256")])
def test_no_proof_is_encoded_for_other_trees_than_ours(depth: int, hash_name: str) -> None:
    with pytest.raises(ValueError, match="no batch tree"):
        proof_length(depth, hash_name)
