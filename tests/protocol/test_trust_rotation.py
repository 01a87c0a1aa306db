"""Keys in time: realm roots and snapshot keys that are replaced, snapshots that go stale, keys that end."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bus.authority import Issued, Realm, RealmKeys, authority_key, issue
from bus.protocol.errors import TrustError
from bus.protocol.signing import PrivateSigningKey
from bus.protocol.trust import TrustStore, key_status
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse, RealmRoot
from tests.protocol.forged_trust import other_key, relisted
from tests.realm_fixtures import NOW, TestRealm, make_realm

R = ReasonCode
REALM = make_realm(agreements=(), policies=())
OLD = REALM.authority
NEW = RealmKeys(tuple(other_key(number) for number in range(3)), 2, other_key(9))


def rotated_to(
    keys: RealmKeys, signers: tuple[PrivateSigningKey, ...], *, previous: str | None = None, version: int = 2
) -> Realm:
    """The realm whose next root names ``keys`` and is signed by ``signers``."""
    honest = REALM.realm.with_next_root(
        keys,
        OLD,
        nation_roots={nation: authority_key(key) for nation, key in REALM.roots.items()},
        now=NOW,
    )
    root = honest.root.model_copy(
        update={"version": version, "previous": previous or REALM.realm.roots[0].digest}
    )
    return replace(honest, roots=(REALM.realm.roots[0], issue(root, signers)))


def refused(realm: Realm, snapshot_key: PrivateSigningKey = NEW.snapshot) -> ReasonCode:
    with pytest.raises(TrustError) as error:
        REALM.trust.updated(realm.snapshotted(snapshot_key, now=NOW).envelopes)
    return error.value.code


def test_a_root_rotation_signed_by_old_and_new_thresholds_is_taken() -> None:
    after = rotated_to(NEW, (*OLD.root[:2], *NEW.root[:2]))
    trust = REALM.trust.updated(after.snapshotted(NEW.snapshot, now=NOW).envelopes)
    assert trust.root.version == 2
    assert trust.realm == REALM.id, "the realm keeps the name its first root gave it"
    assert TrustStore.open(REALM.id, trust.envelopes) == trust


@pytest.mark.parametrize(
    "signers",
    [
        pytest.param(NEW.root, id="not by the old keys"),
        pytest.param(OLD.root, id="not by the new keys"),
        pytest.param((*OLD.root[:1], *NEW.root), id="by fewer old keys than their threshold"),
        pytest.param((*OLD.root, *NEW.root[:1]), id="by fewer new keys than their threshold"),
        pytest.param((OLD.root[0], OLD.root[0], *NEW.root), id="by one old key twice"),
        pytest.param((OLD.snapshot, *NEW.root), id="by the old snapshot key in place of the root keys"),
    ],
)
def test_a_root_rotation_is_refused_when_it_is_signed(signers: tuple[PrivateSigningKey, ...]) -> None:
    assert refused(rotated_to(NEW, signers)) is R.TRUST_SIGNATURE


def test_a_root_that_lowers_its_threshold_still_needs_the_old_one() -> None:
    lowered = RealmKeys(OLD.root, 1, OLD.snapshot)
    assert refused(rotated_to(lowered, OLD.root[:1]), OLD.snapshot) is R.TRUST_SIGNATURE
    taken = rotated_to(lowered, OLD.root[:2]).snapshotted(OLD.snapshot, now=NOW)
    assert REALM.trust.updated(taken.envelopes).root.threshold == 1


def test_after_a_rotation_a_snapshot_by_the_old_snapshot_key_is_refused() -> None:
    after = rotated_to(NEW, (*OLD.root, *NEW.root))
    assert refused(after, OLD.snapshot) is R.TRUST_SIGNATURE


def test_after_a_rotation_the_old_snapshot_alone_is_not_enough() -> None:
    """The thief of a replaced snapshot key gains nothing by holding the new snapshot back."""
    after = rotated_to(NEW, (*OLD.root, *NEW.root))
    with pytest.raises(TrustError) as error:
        REALM.trust.updated([after.roots[1].envelope])
    assert error.value.code is R.TRUST_SIGNATURE


def test_a_root_that_does_not_follow_the_one_in_force_has_no_force() -> None:
    stranger = rotated_to(NEW, (*OLD.root, *NEW.root), previous="sha256:" + "0" * 64)
    assert refused(stranger) is R.TRUST_INCOMPLETE, "its snapshot rests on a root that is none"
    trust = REALM.trust
    assert trust.updated([stranger.roots[1].envelope]) is trust


def test_a_root_that_skips_a_version_has_no_force() -> None:
    skipping = rotated_to(NEW, (*OLD.root, *NEW.root), version=3)
    assert REALM.trust.updated([skipping.roots[1].envelope]).root.version == 1


def test_two_roots_of_one_version_both_well_signed_are_a_fork() -> None:
    one = rotated_to(NEW, (*OLD.root, *NEW.root))
    other = rotated_to(RealmKeys(NEW.root, 3, NEW.snapshot), (*OLD.root, *NEW.root))
    with pytest.raises(TrustError) as error:
        REALM.trust.updated((*one.snapshotted(NEW.snapshot, now=NOW).envelopes, other.roots[1].envelope))
    assert error.value.code is R.TRUST_FORK


def test_two_rotations_follow_each_other() -> None:
    third = RealmKeys(tuple(other_key(20 + number) for number in range(2)), 2, other_key(29))
    after = rotated_to(NEW, (*OLD.root, *NEW.root))
    seats = {nation: authority_key(key) for nation, key in REALM.roots.items()}
    again = after.with_next_root(third, NEW, nation_roots=seats, now=NOW)
    trust = REALM.trust.updated(again.snapshotted(third.snapshot, now=NOW).envelopes)
    assert trust.root.version == 3
    first: Issued[RealmRoot] = REALM.realm.roots[0]
    assert first.envelope in trust.envelopes, "the chain from the pinned root is kept"


def test_a_nation_that_loses_its_seat_is_no_nation_any_more_even_if_a_snapshot_lists_it() -> None:
    seats = {nation: authority_key(REALM.roots[nation]) for nation in ("XAA", "XBB")}
    after = REALM.realm.with_next_root(NEW, OLD, nation_roots=seats, now=NOW)
    kept = replace(after, records=REALM.realm.records, statuses=REALM.realm.statuses)
    assert refused(kept) is R.TRUST_SIGNATURE


# -- snapshots and keys in time ------------------------------------------------------------------------


def test_a_snapshot_goes_stale_at_its_end_or_after_a_stated_grace() -> None:
    trust = make_realm(snapshot_lifetime=timedelta(days=1), agreements=()).trust
    assert trust.expires_at == NOW + timedelta(days=1)
    assert not trust.stale(NOW + timedelta(days=1) - timedelta(microseconds=1))
    assert trust.stale(NOW + timedelta(days=1))
    assert not trust.stale(NOW + timedelta(days=1), grace=timedelta(hours=1))
    assert trust.stale(NOW + timedelta(days=1, hours=1), grace=timedelta(hours=1))


def key_of(realm: TestRealm, use: KeyUse = KeyUse.MESSAGE) -> str:
    return realm.trust.current_key("XAA", use, Mode.OPERATION, NOW).kid


def test_a_revocation_counts_whatever_its_date() -> None:
    realm = make_realm(agreements=())
    kid = key_of(realm)
    after = realm.revoke("XAA", kid, now=NOW + timedelta(days=9))
    entry = after.trust.nations["XAA"].keys[kid]
    assert key_status(entry, NOW) is R.KEY_REVOKED, "the date is the holder's claim"


@pytest.mark.parametrize("use", [KeyUse.MESSAGE, KeyUse.RECEIPT, KeyUse.SEAL])
def test_the_current_key_is_the_newest_in_force_for_its_use_and_mode(use: KeyUse) -> None:
    realm = make_realm(agreements=())
    later = NOW + timedelta(days=1)
    after = realm.rotate("XAA", (use,), (Mode.OPERATION,), now=later)
    trust = after.trust
    new = trust.current_key("XAA", use, Mode.OPERATION, later).kid
    assert new != key_of(realm, use)
    assert trust.current_key("XAA", use, Mode.OPERATION, NOW).kid == key_of(realm, use), "not before its time"
    assert trust.current_key("XAA", use, Mode.TEST, later).kid not in {new, key_of(realm, use)}
    assert trust.holder_of(new) == "XAA"
    assert trust.holder_of("0" * 32) is None


def test_without_a_key_in_force_there_is_no_current_key() -> None:
    trust = make_realm(agreements=()).trust
    for nation, at, code in (
        ("XAA", NOW + timedelta(days=500), R.KEY_UNKNOWN),
        ("XAA", NOW - timedelta(days=1), R.KEY_UNKNOWN),
        ("XZZ", NOW, R.NATION_UNKNOWN),
    ):
        with pytest.raises(TrustError) as error:
            trust.current_key(nation, KeyUse.MESSAGE, Mode.OPERATION, at)
        assert error.value.code is code
    with pytest.raises(TrustError):
        trust.current_key("XAA", KeyUse.CHECKPOINT, Mode.OPERATION, NOW)


def test_a_snapshot_number_may_skip() -> None:
    realm = make_realm(agreements=())
    assert realm.trust.updated(relisted(realm, {}, version_step=41)).trust_version == 42
