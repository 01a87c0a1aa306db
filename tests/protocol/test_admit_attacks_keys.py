"""Attacks on who signed: unsigned, stripped, swapped, downgraded, foreign and worn-out keys."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bus.protocol.dsse import Envelope, EnvelopeSignature
from bus.protocol.errors import BundleRefused
from bus.protocol.signing import PrivateSigningKey, Signer
from bus.protocol.trust_documents import digest_of
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse, SignSuite
from tests.protocol.crafted_bundles import Bundle, craft, part, prepared, sent
from tests.protocol.forged_trust import other_key
from tests.protocol.messages import encoded, message, outgoing
from tests.realm_fixtures import NOW, TestRealm, make_realm

R = ReasonCode
STANDARD = make_realm()
HYBRID = make_realm(suite=SignSuite.HYBRID)
CNSA2 = make_realm(suite=SignSuite.CNSA2)
Bend = Callable[[Envelope], Envelope | bytes]


def refusal(bundle: Bundle, realm: TestRealm = STANDARD, **options: Any) -> tuple[bool, ReasonCode]:
    """(held, code) of a bundle that must be refused as a whole."""
    with pytest.raises(BundleRefused) as refused:
        bundle.admitted_by(realm, **options)
    assert refused.value.header is not None
    return refused.value.held, refused.value.code


def bent(bend: Bend, realm: TestRealm = STANDARD, **options: Any) -> Bundle:
    return craft(realm, [part(realm)], bend_envelope=bend, **options)


def unsigned(envelope: Envelope) -> bytes:
    payload = base64.b64encode(envelope.payload).decode()
    return json.dumps({"payload": payload, "payloadType": envelope.payload_type, "signatures": []}).encode()


def signatures(*wanted: Callable[[Envelope], EnvelopeSignature]) -> Bend:
    return lambda envelope: replace(envelope, signatures=tuple(choose(envelope) for choose in wanted))


def number(index: int) -> Callable[[Envelope], EnvelopeSignature]:
    return lambda envelope: envelope.signatures[index]


def by(key: Signer, index: int = 0, kid: str | None = None) -> Callable[[Envelope], EnvelopeSignature]:
    return lambda envelope: EnvelopeSignature(kid or key.kid, key.sign(envelope.signed_bytes)[index])


def flipped(index: int) -> Callable[[Envelope], EnvelopeSignature]:
    def flip(envelope: Envelope) -> EnvelopeSignature:
        signature = envelope.signatures[index]
        return replace(signature, sig=bytes([signature.sig[0] ^ 1]) + signature.sig[1:])

    return flip


def under_kid(kid: str) -> Bend:
    return lambda envelope: replace(
        envelope, signatures=tuple(replace(signature, keyid=kid) for signature in envelope.signatures)
    )


THIEF = other_key()
MY_KID = STANDARD.signer("XAA").kid
MISSING, INVALID = (False, R.SIGNATURE_MISSING), (False, R.SIGNATURE_INVALID)

ENVELOPES: list[tuple[str, Bend, tuple[bool, ReasonCode]]] = [
    ("is not signed", unsigned, MISSING),
    ("bears a changed signature", signatures(flipped(0)), INVALID),
    (
        "bears a stranger's signature under the originator's key id",
        signatures(by(THIEF, kid=MY_KID)),
        INVALID,
    ),
    ("is signed by a key nobody knows", signatures(by(THIEF)), (True, R.KEY_UNKNOWN)),
    ("is signed by another nation's key", signatures(by(STANDARD.signer("XCC"))), (False, R.KEY_FOREIGN)),
    ("claims another nation's key id", under_kid(STANDARD.signer("XCC").kid), (False, R.KEY_FOREIGN)),
    ("claims the recipient's own key id", under_kid(STANDARD.signer("XBB").kid), (False, R.KEY_FOREIGN)),
    (
        "is signed by the originator's receipt key",
        signatures(by(STANDARD.signer("XAA", KeyUse.RECEIPT))),
        (False, R.KEY_WRONG_USE),
    ),
    (
        "is signed by the originator's exercise key",
        signatures(by(STANDARD.signer("XAA", mode=Mode.EXERCISE))),
        (False, R.KEY_WRONG_USE),
    ),
    (
        "is signed by the originator's offline root key",
        signatures(by(STANDARD.roots["XAA"])),
        (True, R.KEY_UNKNOWN),
    ),
    ("is signed twice by the right key", signatures(number(0), number(0)), INVALID),
    ("is signed by the right key and one more", signatures(number(0), by(THIEF)), INVALID),
    (
        "has a payload other than the signed one",
        lambda e: replace(e, payload=e.payload.replace(b'"depth":4', b'"depth":8')),
        INVALID,
    ),
    ("has one space more than the signed payload", lambda e: replace(e, payload=e.payload + b" "), INVALID),
    (
        "has another payload type than the signed one",
        lambda e: replace(e, payload_type="text/plain"),
        INVALID,
    ),
    ("is no JSON", lambda e: b"signed, honestly", (False, R.ENVELOPE_MALFORMED)),
    ("holds a key twice", lambda e: e.encode()[:-1] + b',"payload":""}', (False, R.ENVELOPE_MALFORMED)),
    (
        "holds a member no envelope has",
        lambda e: e.encode()[:-1] + b',"note":""}',
        (False, R.ENVELOPE_MALFORMED),
    ),
]


@pytest.mark.parametrize(("bend", "expected"), [pytest.param(*case[1:], id=case[0]) for case in ENVELOPES])
def test_a_bundle_is_not_admitted_when_its_root(bend: Bend, expected: tuple[bool, ReasonCode]) -> None:
    assert refusal(bent(bend)) == expected


def test_the_receipt_lane_wants_the_receipt_key() -> None:
    (made,) = prepared(STANDARD, [outgoing(STANDARD, content=b'{"v":1}', content_type="receipts.v1")])
    assert sent(made).admitted_by(STANDARD), "it opens, whatever becomes of its content"
    lane = made.lane
    assert refusal(craft(STANDARD, [part(STANDARD)], lane=lane, signer=STANDARD.signer("XAA"))) == (
        False,
        R.KEY_WRONG_USE,
    )


# -- suites --------------------------------------------------------------------------------------------

HYBRID_KID = HYBRID.signer("XAA").kid
ED25519_HALF = PrivateSigningKey.from_private_bytes(
    "standard",
    next(p for p in HYBRID.keys["XAA"].signing if p.key.kid == HYBRID_KID).key.private_bytes()[:32],
)
FULL = next(p for p in HYBRID.keys["XAA"].signing if p.key.kid == HYBRID_KID).key

HYBRIDS: list[tuple[str, Bend, tuple[bool, ReasonCode]]] = [
    ("lost its post-quantum signature", signatures(number(0)), MISSING),
    ("lost its classical signature", signatures(number(1)), MISSING),
    ("has its two signatures in the other order", signatures(number(1), number(0)), INVALID),
    ("has the classical signature twice", signatures(number(0), number(0)), INVALID),
    ("has a third signature", signatures(number(0), number(1), number(1)), INVALID),
    ("has a changed classical signature", signatures(flipped(0), number(1)), INVALID),
    ("has a changed post-quantum signature", signatures(number(0), flipped(1)), INVALID),
    (
        "is signed by its Ed25519 half alone as a standard key",
        signatures(by(ED25519_HALF)),
        (True, R.KEY_UNKNOWN),
    ),
    (
        "is signed by its Ed25519 half under the hybrid key id",
        signatures(by(ED25519_HALF, kid=HYBRID_KID)),
        MISSING,
    ),
]


@pytest.mark.parametrize(("bend", "expected"), [pytest.param(*case[1:], id=case[0]) for case in HYBRIDS])
def test_a_hybrid_root_is_not_admitted_when_it(bend: Bend, expected: tuple[bool, ReasonCode]) -> None:
    assert refusal(bent(bend, HYBRID), HYBRID) == expected


@pytest.mark.parametrize(
    ("realm", "stated", "code"),
    [
        pytest.param(HYBRID, {"suite": "standard"}, R.SUITE_MISMATCH, id="standard under a hybrid key"),
        pytest.param(STANDARD, {"suite": "hybrid"}, R.SUITE_MISMATCH, id="hybrid under a standard key"),
        pytest.param(CNSA2, {"suite": "standard"}, R.SUITE_MISMATCH, id="standard under a cnsa2 key"),
        pytest.param(CNSA2, {"hash": "sha256"}, R.SUITE_MISMATCH, id="SHA-256 under a cnsa2 key"),
        pytest.param(STANDARD, {"hash": "sha384"}, R.SUITE_MISMATCH, id="SHA-384 under a standard key"),
        pytest.param(STANDARD, {"suite": "rot13"}, R.ROOT_MALFORMED, id="a suite that does not exist"),
        pytest.param(STANDARD, {"hash": "md5"}, R.ROOT_MALFORMED, id="a hash that does not exist"),
        pytest.param(STANDARD, {"root": "00" * 48}, R.ROOT_MALFORMED, id="a root hash of another length"),
        pytest.param(STANDARD, {"depth": 5}, R.ROOT_MALFORMED, id="a depth that does not exist"),
        pytest.param(STANDARD, {"depth": 8}, R.FRAME_MALFORMED, id="a depth other than its proofs have"),
        pytest.param(STANDARD, {"originator": "XCC"}, R.ROOT_MALFORMED, id="another originator"),
        pytest.param(STANDARD, {"realm": "sha256:" + "0" * 64}, R.ROOT_MALFORMED, id="another realm"),
        pytest.param(STANDARD, {"v": 0}, R.ROOT_MALFORMED, id="a version before the first"),
        pytest.param(STANDARD, {"v": True}, R.ROOT_MALFORMED, id="a version that is no number"),
        pytest.param(STANDARD, {"priority": 1}, R.ROOT_MALFORMED, id="an unknown field"),
        pytest.param(STANDARD, {"signed_at": "yesterday"}, R.ROOT_MALFORMED, id="a time that is none"),
        pytest.param(STANDARD, {"note": "x" * 4096}, R.ROOT_MALFORMED, id="more than 4 KiB"),
    ],
)
def test_a_well_signed_root_is_refused_that_states(
    realm: TestRealm, stated: dict[str, Any], code: ReasonCode
) -> None:
    assert refusal(craft(realm, [part(realm)], stated_root=stated), realm) == (False, code)


def test_a_root_of_a_newer_version_is_held_whatever_else_it_says() -> None:
    newer = craft(STANDARD, [part(STANDARD)], stated_root={"v": 2, "shape": "triangular"})
    assert refusal(newer) == (True, R.VERSION_UNKNOWN)


def test_a_well_signed_envelope_of_another_type_is_no_root() -> None:
    """What the originator signed for another purpose never passes for a root."""
    bundle = craft(STANDARD, [part(STANDARD)], payload_type="application/vnd.entente.agreement.v1+json")
    assert refusal(bundle) == (False, R.ROOT_MALFORMED)


def test_a_cnsa2_originator_may_not_digest_contents_with_less_than_its_own_hash() -> None:
    weak = part(CNSA2, 1, content_digest=digest_of(encoded(message(1)), "sha256"))
    (verdict,) = craft(CNSA2, [weak]).admitted_by(CNSA2)
    assert (verdict.reason, verdict.verified) == (R.SUITE_MISMATCH, True)


# -- keys in time --------------------------------------------------------------------------------------


def honest(realm: TestRealm) -> Bundle:
    (made,) = prepared(realm, [outgoing(realm)])
    return sent(made)


def test_what_a_revoked_key_signed_is_held_whatever_its_date() -> None:
    bundle = honest(STANDARD)
    after = STANDARD.revoke("XAA", MY_KID, now=NOW + timedelta(days=1))
    assert refusal(bundle, trust=after.trust) == (True, R.KEY_REVOKED)


def test_a_revoked_key_still_tells_a_forged_lane_or_use() -> None:
    """Held is only what may yet turn out well."""
    after = STANDARD.revoke("XAA", STANDARD.signer("XAA", mode=Mode.TEST).kid)
    bundle = bent(under_kid(STANDARD.signer("XAA", mode=Mode.TEST).kid))
    assert refusal(bundle, trust=after.trust) == (False, R.KEY_WRONG_USE)


def test_what_a_key_signed_outside_its_validity_is_held() -> None:
    bundle, entry = honest(STANDARD), STANDARD.trust.nations["XAA"].keys[MY_KID]
    trust = make_long_lived(STANDARD)
    assert refusal(bundle, trust=trust, now=entry.not_before - timedelta(seconds=1)) == (
        True,
        R.KEY_NOT_YET_VALID,
    )
    assert refusal(bundle, trust=trust, now=entry.not_after) == (True, R.KEY_EXPIRED)


def make_long_lived(realm: TestRealm) -> Any:
    """Its trust with a snapshot that outlives the keys."""
    return realm.next(lifetime=timedelta(days=4000)).trust


def test_a_key_not_yet_in_our_trust_store_is_held_and_admitted_once_it_is() -> None:
    rotated = STANDARD.rotate("XAA")
    bundle = craft(rotated, [part(STANDARD)], signer=rotated.signer("XAA"))
    assert refusal(bundle) == (True, R.KEY_UNKNOWN)
    (verdict,) = bundle.admitted_by(rotated)
    assert verdict.reason is None


def test_an_originator_the_realm_does_not_know_is_held() -> None:
    realm = make_realm(("XAA", "XBB", "XCC", "XDD"))
    four = craft(realm, [part(realm, originator="XDD")], originator="XDD")
    kept = replace(
        realm.trust, nations={name: held for name, held in realm.trust.nations.items() if name != "XDD"}
    )
    assert refusal(four, realm, trust=kept) == (True, R.ORIGINATOR_UNKNOWN)


def test_a_suspended_originator_is_held() -> None:
    assert refusal(honest(STANDARD), trust=STANDARD.suspend("XAA").trust) == (True, R.ORIGINATOR_SUSPENDED)
