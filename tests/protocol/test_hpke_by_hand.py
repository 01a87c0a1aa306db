"""Opens our sealed bundles with HPKE written out here from its standards, independent of the library's HPKE.

For seal suite 1 no external vector exists (see test_external_vectors.py). This stands in for one: RFC 9180
section 5.1 key schedule in base mode, the KEM of draft-ietf-hpke-pq (MLKEM768-X25519 is X-Wing,
draft-connolly-cfrg-xwing-kem: SHA3-256 over both secrets, X25519 ciphertext and public key, and a label), one
AES-256-GCM call. It also states in thirty lines what another nation's gateway has to do.
"""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM1024PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bus.protocol.sealing import SealPrivateKey, open_sealed, seal

XWING_LABEL = bytes.fromhex("5c2e2f2f5e5c")
AES_256_GCM = 2


def extract(hash_name: str, suite_id: bytes, salt: bytes, label: bytes, key: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + suite_id + label + key, hash_name)


def expand(hash_name: str, suite_id: bytes, secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite_id + label + info
    block, output, counter = b"", b"", 0
    while len(output) < length:
        counter += 1
        block = hmac.digest(secret, block + labelled + bytes((counter,)), hash_name)
        output += block
    return output[:length]


def open_by_hand(
    shared_secret: bytes, kem_id: int, kdf_id: int, hash_name: str, info: bytes, sealed: bytes
) -> bytes:
    suite_id = b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (kem_id, kdf_id, AES_256_GCM))
    context = b"\x00" + extract(hash_name, suite_id, b"", b"psk_id_hash", b"")
    context += extract(hash_name, suite_id, b"", b"info_hash", info)
    secret = extract(hash_name, suite_id, shared_secret, b"secret", b"")
    key = expand(hash_name, suite_id, secret, b"key", context, 32)
    nonce = expand(hash_name, suite_id, secret, b"base_nonce", context, 12)
    return AESGCM(key).decrypt(nonce, sealed, b"")


def decapsulate_xwing(private: bytes, enc: bytes) -> bytes:
    mlkem_secret = MLKEM768PrivateKey.from_seed_bytes(private[:64]).decapsulate(enc[:1088])
    x25519 = X25519PrivateKey.from_private_bytes(private[64:])
    x25519_secret = x25519.exchange(X25519PublicKey.from_public_bytes(enc[1088:]))
    x25519_public = x25519.public_key().public_bytes_raw()
    return hashlib.sha3_256(mlkem_secret + x25519_secret + enc[1088:] + x25519_public + XWING_LABEL).digest()


@pytest.mark.parametrize("suite_id", [1, 2])
def test_a_gateway_written_from_the_standards_opens_what_we_seal(suite_id: int) -> None:
    key = SealPrivateKey.generate(suite_id)
    header = b"ENT1\x00\x73" + bytes((suite_id,)) + bytes(108)
    frame = bytes(range(256)) * 16
    rest = seal(header, key.public_key(), frame)[len(header) :]
    enc, ciphertext = rest[: key.suite.enc_length], rest[key.suite.enc_length :]
    info = b"entente/seal/v1\x00" + header
    if suite_id == 1:
        secret = decapsulate_xwing(key.private_bytes(), enc)
        opened = open_by_hand(secret, 0x647A, 1, "sha256", info, ciphertext)
    else:
        secret = MLKEM1024PrivateKey.from_seed_bytes(key.private_bytes()).decapsulate(enc)
        opened = open_by_hand(secret, 0x0042, 2, "sha384", info, ciphertext)
    assert opened == frame == open_sealed(header, key, rest)
