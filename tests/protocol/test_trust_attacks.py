"""Attacks on the trust store: documents forged, replayed, rolled back, forked, incomplete (design 10).

Each attack starts from a good realm; what it offers is refused with a code of its own and the store in force
stays what it was.
"""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from bus.protocol.dsse import Envelope
from bus.protocol.errors import TrustError
from bus.protocol.suites import kid_of
from schemas.reasons import ReasonCode
from tests.protocol.forged_trust import (
    document_of,
    empty_snapshot,
    encoded_without_signatures,
    find,
    other_key,
    relisted,
    signed_again,
    swap,
    with_signatures,
)
from tests.realm_fixtures import TestRealm, make_realm

R = ReasonCode
REALM = make_realm(communities={"NORDIC": ("XAA", "XBB")})
STRANGERS = make_realm()
Bundle = tuple[bytes, ...]


def root_of(realm: TestRealm = REALM) -> bytes:
    return realm.realm.roots[0].envelope


def agreement(realm: TestRealm = REALM) -> bytes:
    return find(realm.envelopes, "agreement")


def record(nation: str = "XAA", realm: TestRealm = REALM) -> bytes:
    return realm.record(nation).envelope


def snapshot(realm: TestRealm = REALM) -> bytes:
    assert realm.realm.snapshot is not None
    return realm.realm.snapshot.envelope


def bumped(**members: Any) -> Callable[[dict[str, Any]], None]:
    """The next version with these members."""

    def bend(document: dict[str, Any]) -> None:
        document["version"] += 1
        document.update(members)

    return bend


def wider_agreement(*signers: Any) -> Bundle:
    """An agreement up to COSMIC TOP SECRET, signed by ``signers`` and listed by the snapshot key."""
    ceiling = [{"policy": "NATO", "classification": "COSMIC TOP SECRET"}]
    return relisted(REALM, {"everything": signed_again(agreement(), signers, bumped(highest=ceiling))})


def next_record(*signers: Any, **members: Any) -> Bundle:
    """XAA's next record with these members, signed by ``signers`` and listed by the snapshot key."""
    members = {"previous": REALM.record("XAA").digest, **members}
    return relisted(REALM, {"XAA": signed_again(record(), signers, bumped(**members))})


def thiefs_keys() -> list[dict[str, Any]]:
    """XBB's published keys, to be claimed by XAA's record."""
    keys: list[dict[str, Any]] = document_of(record("XBB"))["keys"]
    return keys


def wrong_kid() -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = document_of(record())["keys"]
    keys[0]["kid"] = "0" * 32
    return keys


def unusable_seal_key() -> list[dict[str, Any]]:
    """A seal key whose X25519 half is a point of small order, with the kid that belongs to it."""
    keys: list[dict[str, Any]] = document_of(record())["keys"]
    seal = next(key for key in keys if key["use"] == "seal")
    raw = base64.b64decode(seal["public_key"])[:1184] + bytes(32)
    seal |= {"public_key": base64.b64encode(raw).decode(), "kid": kid_of("seal-1", raw).hex()}
    return keys


ROOT_KEYS = REALM.authority.root
ONE_KEY_TWICE = tuple(
    Envelope.decode(signed_again(agreement(), (ROOT_KEYS[0],))).signatures * 2
)  # one signature, twice

ATTACKS: list[tuple[str, Callable[[], Bundle], ReasonCode]] = [
    (
        "a record nobody signed",
        lambda: swap(REALM.envelopes, record(), encoded_without_signatures(record())),
        R.TRUST_MALFORMED,
    ),
    (
        "an agreement nobody signed",
        lambda: swap(REALM.envelopes, agreement(), encoded_without_signatures(agreement())),
        R.TRUST_MALFORMED,
    ),
    (
        "an agreement signed by fewer root keys than the threshold",
        lambda: wider_agreement(ROOT_KEYS[0]),
        R.TRUST_SIGNATURE,
    ),
    (
        "an agreement signed twice by the same root key",
        lambda: wider_agreement(ROOT_KEYS[0], ROOT_KEYS[0]),
        R.TRUST_SIGNATURE,
    ),
    (
        "the same root key's one signature written down twice",
        lambda: swap(REALM.envelopes, agreement(), with_signatures(agreement(), ONE_KEY_TWICE)),
        R.TRUST_SIGNATURE,
    ),
    (
        "an agreement signed by one root key and a stranger",
        lambda: wider_agreement(ROOT_KEYS[0], other_key()),
        R.TRUST_SIGNATURE,
    ),
    (
        "an agreement signed by the snapshot key",
        lambda: wider_agreement(REALM.authority.snapshot),
        R.TRUST_SIGNATURE,
    ),
    (
        "an agreement signed by the parties' root keys",
        lambda: wider_agreement(*REALM.roots.values()),
        R.TRUST_SIGNATURE,
    ),
    (
        "signatures of another agreement pasted on",
        lambda: relisted(
            REALM,
            {
                "everything": with_signatures(
                    signed_again(agreement(), ROOT_KEYS, bumped(title="Wider")),
                    Envelope.decode(agreement()).signatures,
                )
            },
        ),
        R.TRUST_SIGNATURE,
    ),
    (
        "a record signed by another nation's root key",
        lambda: next_record(REALM.roots["XBB"]),
        R.TRUST_SIGNATURE,
    ),
    ("a record signed by the realm's root keys", lambda: next_record(*ROOT_KEYS), R.TRUST_SIGNATURE),
    (
        "a record signed by its own root key and one more",
        lambda: next_record(REALM.roots["XAA"], REALM.roots["XBB"]),
        R.TRUST_SIGNATURE,
    ),
    (
        "a record signed by the nation's online key",
        lambda: next_record(REALM.signer("XAA")),
        R.TRUST_SIGNATURE,
    ),
    (
        "another nation's record under this nation's name",
        lambda: relisted(REALM, {"XAA": record("XBB")}),
        R.TRUST_MALFORMED,
    ),
    (
        "a record that lists a key under a kid not its own",
        lambda: next_record(REALM.roots["XAA"], keys=wrong_kid()),
        R.TRUST_MALFORMED,
    ),
    (
        "a record with a seal key no secret can be agreed with",
        lambda: next_record(REALM.roots["XAA"], keys=unusable_seal_key()),
        R.TRUST_MALFORMED,
    ),
    (
        "a record with an unknown field",
        lambda: next_record(REALM.roots["XAA"], note="trust me"),
        R.TRUST_MALFORMED,
    ),
    (
        "a record of another realm",
        lambda: next_record(REALM.roots["XAA"], realm=STRANGERS.id),
        R.TRUST_WRONG_REALM,
    ),
    (
        "an agreement of another realm",
        lambda: relisted(
            REALM, {"everything": signed_again(agreement(), ROOT_KEYS, bumped(realm=STRANGERS.id))}
        ),
        R.TRUST_WRONG_REALM,
    ),
    (
        "a record whose chain is broken",
        lambda: next_record(REALM.roots["XAA"], previous="sha256:" + "0" * 64),
        R.TRUST_FORK,
    ),
    (
        "a second record of the version in force",
        lambda: relisted(
            REALM,
            {"XAA": signed_again(record(), (REALM.roots["XAA"],), lambda d: d.update(display_name="Other"))},
        ),
        R.TRUST_FORK,
    ),
    (
        "a second agreement of the version in force",
        lambda: relisted(
            REALM, {"everything": signed_again(agreement(), ROOT_KEYS, lambda d: d.update(title="Other"))}
        ),
        R.TRUST_FORK,
    ),
    (
        "a second snapshot of the version in force",
        lambda: relisted(
            REALM, {}, version_step=0, bend=lambda d: d.update(expires_at="2036-01-01T00:00:00Z")
        ),
        R.TRUST_FORK,
    ),
    ("a snapshot signed by a stranger", lambda: relisted(REALM, {}, signer=other_key()), R.TRUST_SIGNATURE),
    (
        "a snapshot signed by a realm root key",
        lambda: relisted(REALM, {}, signer=ROOT_KEYS[0]),
        R.TRUST_SIGNATURE,
    ),
    (
        "an empty snapshot nobody of the realm signed",
        lambda: (empty_snapshot(REALM, 2, (other_key(),)),),
        R.TRUST_SIGNATURE,
    ),
    (
        "a snapshot of another realm",
        lambda: relisted(REALM, {}, bend=lambda d: d.update(realm=STRANGERS.id)),
        R.TRUST_WRONG_REALM,
    ),
    (
        "a snapshot that rests on a root not yet seen",
        lambda: relisted(REALM, {}, bend=lambda d: d.update(root_version=2)),
        R.TRUST_INCOMPLETE,
    ),
    (
        "a snapshot that lists a document nobody has",
        lambda: relisted(REALM, {}, bend=lambda d: d["documents"][0].update(digest="sha256:" + "0" * 64)),
        R.TRUST_INCOMPLETE,
    ),
    (
        "a snapshot that calls one document by another's name",
        lambda: relisted(REALM, {}, bend=lambda d: d["documents"][0].update(id="other")),
        R.TRUST_MALFORMED,
    ),
    (
        "a snapshot that gives a document another version",
        lambda: relisted(REALM, {}, bend=lambda d: d["documents"][0].update(version=7)),
        R.TRUST_MALFORMED,
    ),
    (
        "a snapshot that lists a nation without a seat",
        lambda: relisted(REALM, {}, bend=lambda d: d["nations"].append({**d["nations"][0], "nation": "XZZ"})),
        R.TRUST_SIGNATURE,
    ),
    (
        "a snapshot with an unknown status",
        lambda: relisted(REALM, {}, bend=lambda d: d["nations"][0].update(status="trusted")),
        R.TRUST_MALFORMED,
    ),
    ("the other realm's whole bundle", lambda: STRANGERS.envelopes, R.TRUST_WRONG_REALM),
    ("bytes that are no envelope", lambda: (b"{}",), R.TRUST_MALFORMED),
    (
        "an envelope of another payload type",
        lambda: (with_payload_type(agreement(), "application/vnd.entente.root.v1+json"),),
        R.TRUST_MALFORMED,
    ),
    (
        "an agreement under the payload type of a record",
        lambda: (with_payload_type(agreement(), "application/vnd.entente.nation-record.v1+json"),),
        R.TRUST_MALFORMED,
    ),
]


def with_payload_type(envelope: bytes, payload_type: str) -> bytes:
    read = Envelope.decode(envelope)
    return Envelope(read.payload, payload_type, read.signatures).encode()


@pytest.mark.parametrize(("offer", "code"), [pytest.param(*case[1:], id=case[0]) for case in ATTACKS])
def test_an_update_is_refused_when_it_holds(offer: Callable[[], Bundle], code: ReasonCode) -> None:
    trust = REALM.trust
    with pytest.raises(TrustError) as refused:
        trust.updated(offer())
    assert refused.value.code is code
    assert trust == REALM.trust
