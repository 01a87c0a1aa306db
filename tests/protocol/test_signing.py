"""Sign keys of the three suites: all components must sign, in order, exactly."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.protocol.dsse import Envelope, EnvelopeSignature
from bus.protocol.errors import ProtocolError, SignatureError
from bus.protocol.signing import (
    PrivateSigningKey,
    PublicVerifyKey,
    Signer,
    sign_envelope,
    verify_cosigner,
    verify_sole_signer,
)
from bus.protocol.suites import SIGN_SUITES, kid_of, sign_suite
from schemas.reasons import ReasonCode

SUITES = sorted(SIGN_SUITES)
KEYS = {name: PrivateSigningKey.generate(name) for name in SUITES}
OTHER_KEYS = {name: PrivateSigningKey.generate(name) for name in SUITES}
TYPE = "application/vnd.entente.root.v1+json"
MESSAGE = b"the bytes that are signed"

by_suite = pytest.mark.parametrize("suite", SUITES)


@by_suite
@given(message=st.binary(max_size=300))
@settings(max_examples=15, deadline=None)
def test_what_a_key_signs_its_public_half_verifies(suite: str, message: bytes) -> None:
    key = KEYS[suite]
    signatures = key.sign(message)
    lengths = [component.signature_length for component in sign_suite(suite).components]
    assert [len(signature) for signature in signatures] == lengths
    key.verify_key().verify(message, signatures)
    with pytest.raises(SignatureError) as refused:
        key.verify_key().verify(message + b"\x00", signatures)
    assert refused.value.code is ReasonCode.SIGNATURE_INVALID
    with pytest.raises(SignatureError):
        OTHER_KEYS[suite].verify_key().verify(message, signatures)


@by_suite
def test_raw_bytes_bring_back_the_same_key(suite: str) -> None:
    signer: Signer = KEYS[suite]
    key = PrivateSigningKey.from_private_bytes(suite, KEYS[suite].private_bytes())
    assert (key.kid, key.suite, key.public_bytes) == (signer.kid, suite, KEYS[suite].public_bytes)
    assert len(key.private_bytes()) == sign_suite(suite).private_length
    assert len(key.public_bytes) == sign_suite(suite).public_length
    assert key.kid == kid_of(suite, key.public_bytes).hex()
    key.verify_key().verify(MESSAGE, signer.sign(MESSAGE))


@by_suite
def test_parsed_keys_are_kept(suite: str) -> None:
    public = KEYS[suite].public_bytes
    assert PublicVerifyKey.from_public_bytes(suite, public) is PublicVerifyKey.from_public_bytes(
        suite, public
    )


@by_suite
def test_a_private_key_does_not_show_itself(suite: str) -> None:
    key = KEYS[suite]
    assert repr(key) == f"PrivateSigningKey(suite={suite!r}, kid={key.kid!r})"
    assert key.private_bytes().hex() not in repr(key)


def test_key_ids_bind_the_suite_name() -> None:
    for suite, key in KEYS.items():
        assert key.kid == sha256(suite.encode() + key.public_bytes).hexdigest()[:32]


def test_suites_are_what_the_design_says() -> None:
    described = {
        suite.name: (suite.hash_name, *(component.algorithm for component in suite.components))
        for suite in SIGN_SUITES.values()
    }
    assert described == {
        "standard": ("sha256", "Ed25519"),
        "hybrid": ("sha256", "Ed25519", "ML-DSA-65"),
        "cnsa2": ("sha384", "ML-DSA-87"),
    }


def test_a_signature_of_another_length_is_refused_for_its_length() -> None:
    classical, post_quantum = KEYS["hybrid"].sign(MESSAGE)
    for signatures in (
        [classical[:-1], post_quantum],
        [classical, post_quantum[:-1]],
        [post_quantum, classical],
    ):
        with pytest.raises(SignatureError, match="does not have its length"):
            KEYS["hybrid"].verify_key().verify(MESSAGE, signatures)


def test_the_same_raw_key_under_another_suite_is_another_key() -> None:
    hybrid = KEYS["hybrid"]
    standard = PrivateSigningKey.from_private_bytes("standard", hybrid.private_bytes()[:32])
    assert hybrid.public_bytes.startswith(standard.public_bytes)
    assert standard.kid != hybrid.kid
    with pytest.raises(SignatureError) as refused:
        kid_of("standard", hybrid.public_bytes)
    assert refused.value.code is ReasonCode.KEY_MALFORMED


Damage = Callable[[list[bytes]], list[bytes]]
HYBRID_ATTACKS: dict[str, tuple[Damage, ReasonCode]] = {
    "no signature": (lambda s: [], ReasonCode.SIGNATURE_MISSING),
    "the ML-DSA signature stripped": (lambda s: s[:1], ReasonCode.SIGNATURE_MISSING),
    "the Ed25519 signature stripped": (lambda s: s[1:], ReasonCode.SIGNATURE_MISSING),
    "the signatures swapped": (lambda s: s[::-1], ReasonCode.SIGNATURE_INVALID),
    "the Ed25519 signature twice": (lambda s: [s[0], s[0]], ReasonCode.SIGNATURE_INVALID),
    "the ML-DSA signature twice": (lambda s: [s[1], s[1]], ReasonCode.SIGNATURE_INVALID),
    "a third signature": (lambda s: [*s, s[0]], ReasonCode.SIGNATURE_INVALID),
    "the ML-DSA signature empty": (lambda s: [s[0], b""], ReasonCode.SIGNATURE_INVALID),
    "the ML-DSA signature another key's": (
        lambda s: [s[0], OTHER_KEYS["hybrid"].sign(MESSAGE)[1]],
        ReasonCode.SIGNATURE_INVALID,
    ),
    "the Ed25519 signature another key's": (
        lambda s: [OTHER_KEYS["hybrid"].sign(MESSAGE)[0], s[1]],
        ReasonCode.SIGNATURE_INVALID,
    ),
    "the Ed25519 signature cut short": (lambda s: [s[0][:-1], s[1]], ReasonCode.SIGNATURE_INVALID),
    "the ML-DSA signature with a byte more": (lambda s: [s[0], s[1] + b"\x00"], ReasonCode.SIGNATURE_INVALID),
    "the ML-DSA signature with its last bit flipped": (
        lambda s: [s[0], s[1][:-1] + bytes((s[1][-1] ^ 1,))],
        ReasonCode.SIGNATURE_INVALID,
    ),
}


@pytest.mark.parametrize(("damage", "code"), HYBRID_ATTACKS.values(), ids=HYBRID_ATTACKS.keys())
def test_hybrid_verification_fails(damage: Damage, code: ReasonCode) -> None:
    signatures = damage(list(KEYS["hybrid"].sign(MESSAGE)))
    with pytest.raises(SignatureError) as refused:
        KEYS["hybrid"].verify_key().verify(MESSAGE, signatures)
    assert refused.value.code is code


@by_suite
def test_a_bit_flipped_anywhere_in_a_signature_fails(suite: str) -> None:
    key, signatures = KEYS[suite].verify_key(), KEYS[suite].sign(MESSAGE)
    for number, signature in enumerate(signatures):
        step = 1 if len(signature) == 64 else 997
        for bit in range(0, len(signature) * 8, step):
            flipped = bytearray(signature)
            flipped[bit // 8] ^= 1 << bit % 8
            damaged = [*signatures[:number], bytes(flipped), *signatures[number + 1 :]]
            with pytest.raises(SignatureError):
                key.verify(MESSAGE, damaged)


BAD_KEYS: dict[str, tuple[Callable[[], object], ReasonCode]] = {
    "a suite that does not exist": (
        lambda: PublicVerifyKey.from_public_bytes("none", bytes(32)),
        ReasonCode.SUITE_UNKNOWN,
    ),
    "a private key for a suite that does not exist": (
        lambda: PrivateSigningKey.generate("none"),
        ReasonCode.SUITE_UNKNOWN,
    ),
    "a public key too short": (
        lambda: PublicVerifyKey.from_public_bytes("standard", bytes(31)),
        ReasonCode.KEY_MALFORMED,
    ),
    "a hybrid key without its ML-DSA half": (
        lambda: PublicVerifyKey.from_public_bytes("hybrid", KEYS["hybrid"].public_bytes[:32]),
        ReasonCode.KEY_MALFORMED,
    ),
    "a private key too long": (
        lambda: PrivateSigningKey.from_private_bytes("standard", bytes(33)),
        ReasonCode.KEY_MALFORMED,
    ),
    "a hybrid private key without its ML-DSA half": (
        lambda: PrivateSigningKey.from_private_bytes("hybrid", bytes(32)),
        ReasonCode.KEY_MALFORMED,
    ),
    "a key id for a suite that does not exist": (lambda: kid_of("none", b""), ReasonCode.SUITE_UNKNOWN),
}


@pytest.mark.parametrize(("make", "code"), BAD_KEYS.values(), ids=BAD_KEYS.keys())
def test_key_is_refused(make: Callable[[], object], code: ReasonCode) -> None:
    with pytest.raises(ProtocolError) as refused:
        make()
    assert refused.value.code is code


@by_suite
def test_an_envelope_signed_is_verified_after_its_journey(suite: str) -> None:
    envelope = Envelope.decode(sign_envelope(TYPE, b'{"v":1}', [KEYS[suite]]).encode())
    assert envelope.keyids == (KEYS[suite].kid,)
    verify_sole_signer(envelope, KEYS[suite].verify_key())
    verify_cosigner(envelope, KEYS[suite].verify_key())


def test_several_keys_sign_one_envelope_and_each_is_checked_alone() -> None:
    envelope = sign_envelope(TYPE, b"p", [KEYS["hybrid"], KEYS["standard"]])
    for suite in ("hybrid", "standard"):
        verify_cosigner(envelope, KEYS[suite].verify_key())
        with pytest.raises(SignatureError):
            verify_sole_signer(envelope, KEYS[suite].verify_key())
    with pytest.raises(SignatureError) as refused:
        verify_cosigner(envelope, KEYS["cnsa2"].verify_key())
    assert refused.value.code is ReasonCode.SIGNATURE_MISSING


def rewritten(envelope: Envelope, **changes: object) -> Envelope:
    fields: dict[str, object] = {
        "payload": envelope.payload,
        "payload_type": envelope.payload_type,
        "signatures": envelope.signatures,
    }
    return Envelope(**{**fields, **changes})  # type: ignore[arg-type]


SIGNED = sign_envelope(TYPE, b"p", [KEYS["hybrid"]])
RENAMED = tuple(EnvelopeSignature(KEYS["standard"].kid, s.sig) for s in SIGNED.signatures)
ENVELOPE_ATTACKS: dict[str, tuple[Envelope, ReasonCode]] = {
    "the payload is altered": (rewritten(SIGNED, payload=b"q"), ReasonCode.SIGNATURE_INVALID),
    "the payload type is altered": (
        rewritten(SIGNED, payload_type="text/plain"),
        ReasonCode.SIGNATURE_INVALID,
    ),
    "one of two signatures is stripped": (
        rewritten(SIGNED, signatures=SIGNED.signatures[:1]),
        ReasonCode.SIGNATURE_MISSING,
    ),
    "every signature is stripped": (rewritten(SIGNED, signatures=()), ReasonCode.SIGNATURE_MISSING),
    "a keyid names another key": (rewritten(SIGNED, signatures=RENAMED), ReasonCode.SIGNATURE_INVALID),
    "a stranger's signature is added": (
        rewritten(SIGNED, signatures=(*SIGNED.signatures, EnvelopeSignature("0" * 32, b"s"))),
        ReasonCode.SIGNATURE_INVALID,
    ),
}


@pytest.mark.parametrize(("envelope", "code"), ENVELOPE_ATTACKS.values(), ids=ENVELOPE_ATTACKS.keys())
def test_envelope_verification_fails(envelope: Envelope, code: ReasonCode) -> None:
    with pytest.raises(SignatureError) as refused:
        verify_sole_signer(envelope, KEYS["hybrid"].verify_key())
    assert refused.value.code is code
