"""Sealing: only the named key opens, and only what was sealed under exactly that header."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.protocol.errors import ProtocolError, SealError
from bus.protocol.seal_header import HEADER_LENGTH, SealHeader, split_sealed
from bus.protocol.sealing import (
    Sealer,
    SealKeyring,
    SealPrivateKey,
    SealPublicKey,
    Unsealer,
    open_sealed,
    seal,
)
from bus.protocol.suites import SEAL_SUITES, kid_of, seal_suite, seal_suite_named
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane

KEYS = {suite_id: SealPrivateKey.generate(suite_id) for suite_id in SEAL_SUITES}
OTHER_KEYS = {suite_id: SealPrivateKey.generate(suite_id) for suite_id in SEAL_SUITES}
FRAME = bytes(range(256)) * 16

by_suite = pytest.mark.parametrize("suite_id", sorted(SEAL_SUITES))


def header_for(key: SealPrivateKey) -> SealHeader:
    return SealHeader(
        suite=key.suite.suite_id,
        mode=Mode.EXERCISE,
        lane=Lane.NORMAL,
        realm=b"r" * 32,
        originator="AUT",
        recipient="XBA",
        seal_kid=key.kid,
        bundle_id=b"b" * 16,
    )


@by_suite
@given(frame=st.binary(min_size=0, max_size=64).map(lambda part: FRAME + part))
@settings(max_examples=15, deadline=None)
def test_opening_undoes_sealing(suite_id: int, frame: bytes) -> None:
    key = KEYS[suite_id]
    header = header_for(key).encode()
    sealer: Sealer = seal
    sealed = sealer(header, key.public_key(), frame)
    assert len(sealed) == HEADER_LENGTH + key.suite.overhead + len(frame)
    header_bytes, rest = split_sealed(sealed)
    assert header_bytes == header
    assert open_sealed(header_bytes, key, rest) == frame


@by_suite
def test_sealing_twice_gives_different_bytes(suite_id: int) -> None:
    key = KEYS[suite_id]
    header = header_for(key).encode()
    first, second = (seal(header, key.public_key(), FRAME)[HEADER_LENGTH:] for _ in range(2))
    assert first[:32] != second[:32]
    assert first[-32:] != second[-32:]


@by_suite
def test_another_nations_key_does_not_open(suite_id: int) -> None:
    header, rest = split_sealed(seal(header_for(KEYS[suite_id]).encode(), KEYS[suite_id].public_key(), FRAME))
    with pytest.raises(SealError) as refused:
        open_sealed(header, OTHER_KEYS[suite_id], rest)
    assert refused.value.code is ReasonCode.OPEN_FAILED


@by_suite
def test_no_header_bit_can_be_flipped(suite_id: int) -> None:
    key = KEYS[suite_id]
    header, rest = split_sealed(seal(header_for(key).encode(), key.public_key(), FRAME))
    for bit in range(HEADER_LENGTH * 8):
        flipped = bytearray(header)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealError) as refused:
            open_sealed(bytes(flipped), key, rest)
        assert refused.value.code in (ReasonCode.OPEN_FAILED, ReasonCode.SUITE_MISMATCH)


@by_suite
def test_no_bit_of_the_sealed_rest_can_be_flipped(suite_id: int) -> None:
    key = KEYS[suite_id]
    header, rest = split_sealed(seal(header_for(key).encode(), key.public_key(), FRAME))
    # One bit in every byte of the encapsulated key and of the tag, a sample of the ciphertext between them.
    enc, tag = key.suite.enc_length, len(rest) - 16
    for offset in [*range(enc), *range(enc, tag, 13), *range(tag, len(rest))]:
        flipped = bytearray(rest)
        flipped[offset] ^= 1 << offset % 8
        with pytest.raises(SealError) as refused:
            open_sealed(header, key, bytes(flipped))
        assert refused.value.code is ReasonCode.OPEN_FAILED


@by_suite
@pytest.mark.parametrize("change", ["recipient", "originator", "realm", "mode", "lane", "bundle_id"])
def test_a_bundle_does_not_open_under_another(suite_id: int, change: str) -> None:
    key = KEYS[suite_id]
    header = header_for(key)
    others = {
        "recipient": replace(header, recipient="XBB"),
        "originator": replace(header, originator="XBB"),
        "realm": replace(header, realm=b"s" * 32),
        "mode": replace(header, mode=Mode.OPERATION),
        "lane": replace(header, lane=Lane.URGENT),
        "bundle_id": replace(header, bundle_id=b"c" * 16),
    }
    _, rest = split_sealed(seal(header.encode(), key.public_key(), FRAME))
    with pytest.raises(SealError) as refused:
        open_sealed(others[change].encode(), key, rest)
    assert refused.value.code is ReasonCode.OPEN_FAILED


@by_suite
def test_cut_short_or_lengthened_bytes_do_not_open(suite_id: int) -> None:
    key = KEYS[suite_id]
    header, rest = split_sealed(seal(header_for(key).encode(), key.public_key(), FRAME))
    for damaged in (
        b"",
        rest[:1],
        rest[: key.suite.enc_length],
        rest[:-1],
        rest[1:],
        rest + b"\x00",
        rest + rest,
    ):
        with pytest.raises(SealError) as refused:
            open_sealed(header, key, damaged)
        assert refused.value.code is ReasonCode.OPEN_FAILED


def test_an_encapsulated_key_of_small_order_does_not_open() -> None:
    key = KEYS[1]
    header, rest = split_sealed(seal(header_for(key).encode(), key.public_key(), FRAME))
    for point in (bytes(32), b"\x01" + bytes(31)):
        damaged = rest[:1088] + point + rest[1120:]
        with pytest.raises(SealError) as refused:
            open_sealed(header, key, damaged)
        assert refused.value.code is ReasonCode.OPEN_FAILED


def test_a_header_cannot_claim_another_suite_than_the_keys() -> None:
    lying = replace(header_for(KEYS[1]), suite=2).encode()
    with pytest.raises(SealError) as refused:
        seal(lying, KEYS[1].public_key(), FRAME)
    assert refused.value.code is ReasonCode.SUITE_MISMATCH
    # The bytes a sender without that check would make.
    forged = KEYS[1].suite.hpke.encrypt(FRAME, KEYS[1].public_key().hpke_key, b"entente/seal/v1\x00" + lying)
    with pytest.raises(SealError) as refused:
        open_sealed(lying, KEYS[1], forged)
    assert refused.value.code is ReasonCode.SUITE_MISMATCH


@by_suite
def test_raw_bytes_bring_back_the_same_key(suite_id: int) -> None:
    key, suite = KEYS[suite_id], seal_suite(suite_id)
    again = SealPrivateKey.from_private_bytes(suite_id, key.private_bytes())
    assert (again.kid, again.public_bytes) == (key.kid, key.public_bytes)
    assert (len(key.private_bytes()), len(key.public_bytes)) == (suite.private_length, suite.public_length)
    assert key.kid == key.public_key().kid == kid_of(suite.name, key.public_bytes)
    public = SealPublicKey.from_public_bytes(suite_id, key.public_bytes)
    header, rest = split_sealed(seal(header_for(key).encode(), public, FRAME))
    assert open_sealed(header, again, rest) == FRAME
    assert key.private_bytes().hex() not in repr(key)
    assert repr(key) == f"SealPrivateKey(suite={suite.name!r}, kid={key.kid.hex()!r})"


@by_suite
def test_parsed_keys_are_kept(suite_id: int) -> None:
    raw = KEYS[suite_id].public_bytes
    assert SealPublicKey.from_public_bytes(suite_id, raw) is SealPublicKey.from_public_bytes(suite_id, raw)


def test_a_keyring_gives_what_it_holds_and_nothing_else() -> None:
    ring: Unsealer = SealKeyring(KEYS.values())
    assert ring.private_key(KEYS[2].kid) is KEYS[2]
    assert ring.private_key(OTHER_KEYS[2].kid) is None
    assert SealKeyring(KEYS.values()).kids() == {KEYS[1].kid, KEYS[2].kid}
    assert SealKeyring([]).private_key(KEYS[1].kid) is None


@by_suite
def test_malformed_keys_are_refused(suite_id: int) -> None:
    key, other = KEYS[suite_id], KEYS[3 - suite_id]
    bad_public = (b"", key.public_bytes[:-1], key.public_bytes + b"\x00", other.public_bytes, b"\xff" * 1216)
    for public in bad_public:
        with pytest.raises(ProtocolError) as refused:
            SealPublicKey.from_public_bytes(suite_id, public)
        assert refused.value.code is ReasonCode.KEY_MALFORMED
    for private in (b"", key.private_bytes()[:-1], other.private_bytes()):
        with pytest.raises(ProtocolError) as refused:
            SealPrivateKey.from_private_bytes(suite_id, private)
        assert refused.value.code is ReasonCode.KEY_MALFORMED


def test_a_key_that_agrees_with_everyone_is_refused() -> None:
    with pytest.raises(SealError) as refused:
        SealPublicKey.from_public_bytes(1, KEYS[1].public_bytes[:1184] + bytes(32))
    assert refused.value.code is ReasonCode.KEY_MALFORMED


@pytest.mark.parametrize("suite_id", [0, 3, 255])
def test_unknown_suites_are_refused(suite_id: int) -> None:
    for make in (SealPrivateKey.generate, seal_suite):
        with pytest.raises(SealError) as refused:
            make(suite_id)
        assert refused.value.code is ReasonCode.SUITE_UNKNOWN
    with pytest.raises(SealError):
        SealPublicKey.from_public_bytes(suite_id, b"")


def test_suites_are_found_by_the_name_trust_documents_use() -> None:
    assert [seal_suite_named(name).suite_id for name in ("seal-1", "seal-2")] == [1, 2]
    with pytest.raises(SealError):
        seal_suite_named("seal-3")
