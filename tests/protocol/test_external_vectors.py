"""Vectors that others published, against our primitives.

What each chosen suite is covered by:

- Ed25519 (``standard``, ``hybrid``): RFC 8032 7.1 and the ed25519.cr.yp.to set, signing and verifying;
  Wycheproof, verifying.
- ML-DSA-65 (``hybrid``): Wycheproof, verifying; key pairs from its seeds. The library hedges signing, so the
  published deterministic signatures are verified, not reproduced.
- ML-DSA-87 (``cnsa2``): no vector in the shared data. The optional package ``cryptography-vectors`` has NIST
  known answers (key pair from seed, verifying).
- Seal 1 (MLKEM768-X25519, HKDF-SHA256, AES-256-GCM): NO external vector exists for this triple, neither in
  the shared data nor in ``cryptography-vectors``. The latter has one for the same KEM and KDF with
  ChaCha20-Poly1305. Beyond that, ``test_hpke_by_hand.py`` opens what we seal with RFC 9180 and the X-Wing
  combiner written out.
- Seal 2 (ML-KEM-1024, HKDF-SHA384, AES-256-GCM): no vector in the shared data, an exact one
  (draft-ietf-hpke-pq) in ``cryptography-vectors``.
- In the shared data: HPKE base mode of RFC 9180 with X25519, and draft-ietf-hpke-pq with ML-KEM-768 (KEM id
  0x41), both with AEADs other than ours: they check the HPKE implementation our suites stand on.

HPKE vectors carry an aad, which the library's public one-shot interface does not take; those tests go through
the private entry point it is built on, which is the only way to feed them.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.bindings._rust import openssl as rust_openssl
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.mldsa import (
    MLDSA65PrivateKey,
    MLDSA65PublicKey,
    MLDSA87PrivateKey,
    MLDSA87PublicKey,
)
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from bus.protocol.dsse import Envelope, pae
from bus.protocol.errors import EnvelopeError, ProofError, ProtocolError
from bus.protocol.merkle import leaf_hash, tree_root, verify_consistency, verify_inclusion
from bus.protocol.sealing import SealPrivateKey
from bus.protocol.signing import PrivateSigningKey, PublicVerifyKey
from bus.protocol.suites import SEAL_2
from tests.shared_data import absent_reason, find_shared_data, shared_data


def cases(path: Path) -> Any:
    return json.loads(path.read_text())


def shared_params(*parts: str) -> list[Any]:
    """One parameter per named vector of a shared JSON object, or a single skipped one where it is absent."""
    path = find_shared_data(*parts)
    if path is None:
        return [pytest.param(None, id="absent", marks=pytest.mark.skip(reason=absent_reason(*parts)))]
    return [pytest.param(vector, id=name) for name, vector in cases(path).items()]


def wycheproof(*parts: str) -> list[Any]:
    """(public key, test) of every Wycheproof test in a shared file, or a single skipped one."""
    path = find_shared_data(*parts)
    if path is None:
        return [pytest.param(None, None, id="absent", marks=pytest.mark.skip(reason=absent_reason(*parts)))]
    return [
        pytest.param(group["publicKey"], test, id=f"{test['tcId']} {test['result']} {test['comment']}")
        for group in cases(path)["testGroups"]
        for test in group["tests"]
    ]


def packaged_vectors(*parts: str) -> Path:
    """A file of the optional ``cryptography-vectors`` package; skips where it is not installed."""
    package = pytest.importorskip("cryptography_vectors", reason="cryptography-vectors is not installed")
    return Path(package.__file__).parent.joinpath(*parts)


# -- RFC 6962 -----------------------------------------------------------------------------------------


def test_rfc6962_roots_of_every_size() -> None:
    vector = cases(shared_data("tlog", "rfc6962-roots.json"))
    leaves = [leaf_hash("sha256", bytes.fromhex(data)) for data in vector["leaf_inputs_hex"]]
    expected = [bytes.fromhex(root) for root in vector["root_hash_by_size_hex"]]
    assert [tree_root("sha256", leaves[:size]) for size in range(len(leaves) + 1)] == expected
    assert len(expected) == 9


def hashes(encoded: list[str] | None) -> list[bytes]:
    return [base64.b64decode(value or "") for value in encoded or []]


@pytest.mark.parametrize("vector", shared_params("tlog", "rfc6962-inclusion.json"))
def test_rfc6962_inclusion(vector: dict[str, Any]) -> None:
    root, leaf = hashes([vector["root"], vector["leafHash"]])
    arguments = ("sha256", leaf, vector["leafIdx"], vector["treeSize"], hashes(vector["proof"]), root)
    if vector["wantErr"]:
        with pytest.raises(ProofError):
            verify_inclusion(*arguments)
    else:
        verify_inclusion(*arguments)


@pytest.mark.parametrize("vector", shared_params("tlog", "rfc6962-consistency.json"))
def test_rfc6962_consistency(vector: dict[str, Any]) -> None:
    old_root, new_root = hashes([vector["root1"], vector["root2"]])
    arguments = ("sha256", vector["size1"], vector["size2"], hashes(vector["proof"]), old_root, new_root)
    if vector["wantErr"]:
        with pytest.raises(ProofError):
            verify_consistency(*arguments)
    else:
        verify_consistency(*arguments)


# -- DSSE ---------------------------------------------------------------------------------------------


def test_dsse_protocol_vector() -> None:
    vector = cases(shared_data("dsse", "dsse-protocol-vector.json"))
    payload = base64.b64decode(vector["envelope"]["payload"])
    signed = pae(vector["envelope"]["payloadType"], payload)
    assert signed == vector["pae"].encode()
    raw = base64.b64decode(vector["envelope"]["signatures"][0]["sig"])
    signature = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    numbers = ec.EllipticCurvePublicNumbers(int(vector["key"]["X"]), int(vector["key"]["Y"]), ec.SECP256R1())
    numbers.public_key().verify(signature, signed, ec.ECDSA(SHA256()))
    # The vector's envelope has no keyid, which the standard allows and we do not.
    with pytest.raises(EnvelopeError):
        Envelope.decode(json.dumps(vector["envelope"]).encode())


# -- Ed25519 ------------------------------------------------------------------------------------------


def ed25519_lines() -> Iterator[tuple[bytes, bytes, bytes, bytes]]:
    for line in shared_data("crypto", "ed25519-sign.input").read_text().splitlines():
        secret, public, message, signed = (bytes.fromhex(field) for field in line.split(":")[:4])
        yield secret[:32], public, message, signed[:64]


def test_ed25519_reference_signatures_are_reproduced() -> None:
    lines = list(ed25519_lines())
    assert len(lines) == 40
    for seed, public, message, signature in lines:
        key = PrivateSigningKey.from_private_bytes("standard", seed)
        assert key.public_bytes == public
        assert key.sign(message) == (signature,)
        key.verify_key().verify(message, [signature])


@pytest.mark.parametrize(("public", "test"), wycheproof("crypto", "ed25519-wycheproof.json"))
def test_ed25519_wycheproof(public: dict[str, str], test: dict[str, Any]) -> None:
    key = PublicVerifyKey.from_public_bytes("standard", bytes.fromhex(public["pk"]))
    message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
    if test["result"] == "valid":
        key.verify(message, [signature])
    else:
        with pytest.raises(ProtocolError):
            key.verify(message, [signature])


# -- ML-DSA -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("public", "test"), wycheproof("crypto", "mldsa65-verify-wycheproof.json"))
def test_mldsa65_wycheproof_through_the_library(public: str, test: dict[str, Any]) -> None:
    arguments = (bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"]), bytes.fromhex(test.get("ctx", "")))
    if test["result"] == "valid":
        MLDSA65PublicKey.from_public_bytes(bytes.fromhex(public)).verify(*arguments)
    else:
        with pytest.raises((InvalidSignature, ValueError)):
            MLDSA65PublicKey.from_public_bytes(bytes.fromhex(public)).verify(*arguments)


@pytest.mark.parametrize(("public", "test"), wycheproof("crypto", "mldsa65-verify-wycheproof.json"))
def test_mldsa65_wycheproof_as_the_second_half_of_a_hybrid_key(public: str, test: dict[str, Any]) -> None:
    message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
    first = PrivateSigningKey.from_private_bytes("standard", b"\x07" * 32)
    signatures = [*first.sign(message), signature]
    # Our suites use the empty context only, so a signature valid under another context is none of ours.
    if test["result"] == "valid" and "ctx" not in test:
        PublicVerifyKey.from_public_bytes("hybrid", first.public_bytes + bytes.fromhex(public)).verify(
            message, signatures
        )
    else:
        with pytest.raises(ProtocolError):
            PublicVerifyKey.from_public_bytes("hybrid", first.public_bytes + bytes.fromhex(public)).verify(
                message, signatures
            )


def test_mldsa65_seeds_give_the_published_keys_and_signatures_verify() -> None:
    groups = cases(shared_data("crypto", "mldsa65-sign-seed-wycheproof.json"))["testGroups"]
    assert sum(len(group["tests"]) for group in groups) == 6
    for group in groups:
        seed, public = bytes.fromhex(group["privateSeed"]), bytes.fromhex(group["publicKey"])
        key = PrivateSigningKey.from_private_bytes("hybrid", b"\x07" * 32 + seed)
        assert (
            key.public_bytes[32:]
            == public
            == MLDSA65PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()
        )
        for test in group["tests"]:
            message = bytes.fromhex(test["msg"])
            classical, post_quantum = key.sign(message)
            key.verify_key().verify(message, [classical, post_quantum])
            key.verify_key().verify(message, [classical, bytes.fromhex(test["sig"])])


def nist_answers(path: Path) -> Iterator[dict[str, bytes]]:
    fields: dict[str, bytes] = {}
    for line in path.read_text().splitlines():
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or line.startswith(("#", "[")):
            continue
        if name == "count":
            if fields:
                yield fields
            fields = {}
        else:
            fields[name] = b"" if name in ("mlen", "smlen") else bytes.fromhex(value)
    if fields:
        yield fields


def test_mldsa87_known_answers() -> None:
    answers = list(nist_answers(packaged_vectors("asymmetric", "MLDSA", "kat_MLDSA_87_det_pure.rsp")))
    assert len(answers) >= 10
    for answer in answers:
        signature = answer["sm"][:4627]
        library_key = MLDSA87PublicKey.from_public_bytes(answer["pk"])
        library_key.verify(signature, answer["msg"], answer.get("ctx"))
        with pytest.raises(InvalidSignature):
            library_key.verify(signature, answer["msg"] + b"\x00", answer.get("ctx"))
        seed = answer["xi"]
        ours = PrivateSigningKey.from_private_bytes("cnsa2", seed)
        assert (
            ours.public_bytes
            == answer["pk"]
            == MLDSA87PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()
        )


# -- HPKE ---------------------------------------------------------------------------------------------


def hpke_suite(vector: dict[str, Any]) -> Suite:
    """The library's suite for a vector's ids; KeyError for ids it does not have."""
    kem = {0x20: KEM.X25519, 0x41: KEM.MLKEM768, 0x42: KEM.MLKEM1024, 0x647A: KEM.MLKEM768_X25519}
    kdf = {1: KDF.HKDF_SHA256, 2: KDF.HKDF_SHA384, 3: KDF.HKDF_SHA512}
    aead = {1: AEAD.AES_128_GCM, 2: AEAD.AES_256_GCM, 3: AEAD.CHACHA20_POLY1305}
    return Suite(kem[vector["kem_id"]], kdf[vector["kdf_id"]], aead[vector["aead_id"]])


def check_first_encryption(vector: dict[str, Any], private_key: Any) -> None:
    """One-shot HPKE is sequence number 0, so the first encryption of a vector is the one to open."""
    first = vector["encryptions"][0]
    sealed, info, aad = (
        bytes.fromhex(part) for part in (vector["enc"] + first["ct"], vector["info"], first["aad"])
    )
    open_with_aad = rust_openssl.hpke._decrypt_with_aad
    opened = open_with_aad(hpke_suite(vector), sealed, private_key, info, aad)
    assert opened == bytes.fromhex(first["pt"])
    with pytest.raises(InvalidTag):
        open_with_aad(hpke_suite(vector), sealed, private_key, info + b"\x00", aad)


def test_hpke_rfc9180_base_mode() -> None:
    vectors = [vector for vector in cases(shared_data("crypto", "hpke-rfc9180.json")) if vector["mode"] == 0]
    assert [(vector["kem_id"], vector["kdf_id"], vector["aead_id"]) for vector in vectors] == [
        (32, 1, 1),
        (32, 1, 3),
    ]
    for vector in vectors:
        check_first_encryption(vector, X25519PrivateKey.from_private_bytes(bytes.fromhex(vector["skRm"])))


def test_hpke_with_mlkem768() -> None:
    (vector,) = cases(shared_data("crypto", "hpke-pq.json"))
    assert (vector["kem_id"], vector["kdf_id"], vector["aead_id"]) == (0x41, 1, 1)
    private_key = MLKEM768PrivateKey.from_seed_bytes(bytes.fromhex(vector["skRm"]))
    assert private_key.public_key().public_bytes_raw().hex() == vector["pkRm"]
    check_first_encryption(vector, private_key)


def packaged_hpke_vector(kem_id: int, kdf_id: int, aead_id: int) -> dict[str, Any]:
    (vector,) = (
        vector
        for vector in cases(packaged_vectors("HPKE", "hpke-pq-test-vectors.json"))
        if (vector["kem_id"], vector["kdf_id"], vector["aead_id"]) == (kem_id, kdf_id, aead_id)
    )
    assert isinstance(vector, dict)
    return vector


def test_seal_2_against_its_exact_draft_vector() -> None:
    vector = packaged_hpke_vector(0x42, 2, 2)
    key = SealPrivateKey.from_private_bytes(2, bytes.fromhex(vector["skRm"]))
    assert key.public_bytes.hex() == vector["pkRm"]
    assert len(vector["enc"]) // 2 == SEAL_2.enc_length
    check_first_encryption(vector, key.hpke_key)


def test_seal_1_kem_and_kdf_against_a_draft_vector_with_another_aead() -> None:
    vector = packaged_hpke_vector(0x647A, 1, 3)
    # The draft's private key is one seed; ours are the two component keys that SHAKE256 expands it to.
    key = SealPrivateKey.from_private_bytes(1, expand_xwing_seed(bytes.fromhex(vector["skRm"])))
    assert key.public_bytes.hex() == vector["pkRm"]
    check_first_encryption(vector, key.hpke_key)


def expand_xwing_seed(seed: bytes) -> bytes:
    """ML-KEM-768 seed 64 || X25519 private 32, from the 32-byte decapsulation key of X-Wing."""
    return hashlib.shake_256(seed).digest(96)
