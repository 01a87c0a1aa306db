"""Trust documents as the authority makes them, judged by the trust store that gateways use."""

from datetime import timedelta

import pytest

from bus.authority import AuthorityError, Realm, RealmKeys, authority_key, new_signing_key
from bus.nation_office import first_record, new_nation_keys, next_record
from bus.protocol.errors import TrustError
from bus.protocol.trust import TrustStore, key_status
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import DocumentType, KeyUse, NationStatus, SealSuite, SignSuite
from tests.realm_fixtures import NOW, AgreementPlan, make_realm


class Drawn:
    """Deterministic bytes, each draw different."""

    def __init__(self) -> None:
        self.draws = 0

    def __call__(self, length: int) -> bytes:
        self.draws += 1
        return bytes((self.draws + at) % 256 for at in range(length))


@pytest.mark.parametrize(
    ("suite", "seal_suite"),
    [
        pytest.param(SignSuite.STANDARD, SealSuite.SEAL_1, id="standard with seal-1"),
        pytest.param(SignSuite.HYBRID, SealSuite.SEAL_2, id="hybrid with seal-2"),
        pytest.param(SignSuite.CNSA2, SealSuite.SEAL_2, id="cnsa2 with seal-2"),
    ],
)
def test_a_founded_realm_opens_and_gives_every_nation_a_key_for_every_use_and_mode(
    suite: SignSuite, seal_suite: SealSuite
) -> None:
    realm = make_realm(suite=suite, seal_suite=seal_suite, communities={"NORDIC": ("XAA", "XBB")})
    trust = realm.trust
    assert trust.trust_version == 1
    assert trust.communities["NORDIC"].members_at(NOW) == {"XAA", "XBB"}
    for nation in ("XAA", "XBB", "XCC"):
        kids = set()
        for use in (KeyUse.MESSAGE, KeyUse.RECEIPT, KeyUse.SEAL):
            for mode in Mode:
                entry = trust.current_key(nation, use, mode, NOW)
                assert entry.suite is (seal_suite if use is KeyUse.SEAL else suite)
                assert entry.modes == (mode,), "a key of one mode proves nothing in another"
                kids.add(entry.kid)
                if use is KeyUse.SEAL:
                    assert realm.keyring(nation).private_key(bytes.fromhex(entry.kid)) is not None
                else:
                    assert realm.keys[nation].signer(use, mode, entry.kid).kid == entry.kid
        assert len(kids) == 9
        assert trust.nations[nation].record.broker_user == realm.keys[nation].broker.public


def test_the_same_clock_and_randomness_found_the_same_realm() -> None:
    def build() -> tuple[bytes, ...]:
        draw = Drawn()
        keys = RealmKeys.generate("standard", threshold=2, of=3, randomness=draw)
        root = new_signing_key("standard", draw)
        realm = Realm.found("Twice", {"XAA": authority_key(root)}, keys, now=NOW)
        nation = new_nation_keys("XAA", realm.id, randomness=draw)
        record = first_record(nation, root, display_name="Nation", now=NOW)
        return realm.with_record(record).snapshotted(keys.snapshot, now=NOW).envelopes

    assert build() == build()


def test_a_revoked_key_stays_listed_and_is_not_relied_on_any_more() -> None:
    realm = make_realm()
    kid = realm.signer("XAA").kid
    after = realm.revoke("XAA", kid, now=NOW + timedelta(hours=1))
    trust = realm.trust.updated(after.envelopes)
    assert trust.trust_version == 2
    assert key_status(trust.nations["XAA"].keys[kid], NOW) is ReasonCode.KEY_REVOKED
    with pytest.raises(TrustError, match="KEY_UNKNOWN"):
        trust.current_key("XAA", KeyUse.MESSAGE, Mode.OPERATION, NOW)


def test_after_a_rotation_the_new_key_is_current_and_the_old_one_still_opens_what_is_under_way() -> None:
    realm = make_realm()
    old = realm.trust.current_key("XAA", KeyUse.SEAL, Mode.EXERCISE, NOW).kid
    after = realm.rotate("XAA", (KeyUse.SEAL, KeyUse.MESSAGE), (Mode.EXERCISE,), now=NOW + timedelta(days=7))
    trust = realm.trust.updated(after.envelopes)
    at = NOW + timedelta(days=7)
    new = trust.current_key("XAA", KeyUse.SEAL, Mode.EXERCISE, at).kid
    assert new != old
    assert {bytes.fromhex(new), bytes.fromhex(old)} <= after.keyring("XAA").kids()
    signing = trust.current_key("XAA", KeyUse.MESSAGE, Mode.EXERCISE, at).kid
    assert after.signer("XAA", mode=Mode.EXERCISE).kid == signing
    unchanged = trust.current_key("XAA", KeyUse.MESSAGE, Mode.OPERATION, at).kid
    assert unchanged == realm.signer("XAA").kid


def test_keys_are_valid_only_within_their_window() -> None:
    entry = make_realm().trust.current_key("XAA", KeyUse.MESSAGE, Mode.OPERATION, NOW)
    assert key_status(entry, entry.not_before - timedelta(seconds=1)) is ReasonCode.KEY_NOT_YET_VALID
    assert key_status(entry, entry.not_before) is None
    assert key_status(entry, entry.not_after) is ReasonCode.KEY_EXPIRED
    assert entry.not_before < NOW < entry.not_after


def test_suspending_a_nation_and_ending_an_agreement_take_effect_with_the_next_snapshot() -> None:
    realm = make_realm()
    after = realm.suspend("XCC").end_agreement("everything")
    trust = realm.trust.updated(after.envelopes)
    assert trust.trust_version == 3
    assert trust.nations["XCC"].status is NationStatus.SUSPENDED
    assert not trust.agreements


def test_an_agreement_is_replaced_by_its_next_version() -> None:
    realm = make_realm()
    after = realm.agree(AgreementPlan(highest=(("NATO", "NATO RESTRICTED"),)))
    held = after.trust.agreements["everything"].agreement
    assert (held.version, held.highest[0].classification) == (2, "NATO RESTRICTED")


def test_the_state_read_back_from_a_verified_bundle_is_the_state_that_was_written() -> None:
    realm = make_realm(communities={"NORDIC": ("XAA", "XBB")}).rotate("XAA").suspend("XBB")
    assert Realm.read(realm.trust) == realm.realm


def test_a_next_root_with_other_keys_and_one_seat_less_is_believed_by_who_knew_the_first() -> None:
    realm = make_realm()
    keys = RealmKeys.generate("cnsa2", threshold=1, of=1, randomness=Drawn())
    seats = {nation: authority_key(realm.roots[nation]) for nation in ("XAA", "XBB")}
    after = realm.realm.with_next_root(keys, realm.authority, nation_roots=seats, now=NOW)
    signed = tuple(
        after.with_document(held.document.model_copy(update={"version": 2}), keys)
        for held in after.documents.values()
        if held.document.type == "community"
    )
    assert not signed
    # Documents signed by the old root keys alone do not count under the new ones.
    with pytest.raises(TrustError, match="TRUST_SIGNATURE"):
        realm.trust.updated(after.snapshotted(keys.snapshot, now=NOW).envelopes)
    for slot, held in list(after.documents.items()):
        again = held.document.model_copy(update={"version": held.document.version + 1})
        after = after.with_document(again, keys)
        assert slot in after.documents
    trust = realm.trust.updated(after.snapshotted(keys.snapshot, now=NOW).envelopes)
    assert sorted(trust.nations) == ["XAA", "XBB"]


def test_documents_signed_by_fewer_root_keys_than_the_threshold_are_refused() -> None:
    realm = make_realm()
    alone = RealmKeys(realm.authority.root[:1], 2, realm.authority.snapshot)
    document = AgreementPlan(id="lonely").document(realm.id, NOW)
    after = realm.next(realm.realm.with_document(document, alone))
    with pytest.raises(TrustError, match="TRUST_SIGNATURE"):
        realm.trust.updated(after.envelopes)


def test_another_realms_documents_are_refused() -> None:
    with pytest.raises(TrustError, match="TRUST_WRONG_REALM"):
        TrustStore.open(make_realm().id, make_realm().envelopes)


def test_a_record_that_does_not_follow_the_one_in_force_is_not_taken_in() -> None:
    realm = make_realm()
    second = next_record(realm.record("XAA"), realm.roots["XAA"], now=NOW)
    third = next_record(second, realm.roots["XAA"], now=NOW)
    with pytest.raises(AuthorityError, match="does not follow"):
        realm.realm.with_record(third)
    with pytest.raises(AuthorityError, match="does not follow"):
        realm.realm.with_record(realm.record("XAA"))


def test_a_document_must_carry_the_next_version_and_this_realm() -> None:
    realm = make_realm()
    with pytest.raises(AuthorityError, match="next version"):
        realm.realm.with_document(AgreementPlan().document(realm.id, NOW, version=3), realm.authority)
    foreign = AgreementPlan(id="foreign").document(make_realm().id, NOW)
    with pytest.raises(AuthorityError, match="another realm"):
        realm.realm.with_document(foreign, realm.authority)


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda r: r.revoke("XAA", "0" * 32), id="revoking a key the record does not list"),
        pytest.param(lambda r: r.suspend("XZZ"), id="suspending a nation the realm does not know"),
        pytest.param(lambda r: r.end_agreement("none"), id="ending an agreement that is not there"),
        pytest.param(
            lambda r: r.rotate("XAA", (KeyUse.CHECKPOINT,)), id="rotating keys the nation has not got"
        ),
    ],
)
def test_an_act_on_what_is_not_there_is_refused(act: object) -> None:
    assert callable(act)
    with pytest.raises(AuthorityError):
        act(make_realm())


def test_a_threshold_outside_one_to_n_is_refused() -> None:
    for threshold in (0, 4):
        with pytest.raises(AuthorityError, match="threshold"):
            RealmKeys.generate("standard", threshold=threshold, of=3, randomness=Drawn())


def test_the_snapshot_lists_documents_by_type_and_id() -> None:
    realm = make_realm()
    assert (DocumentType.AGREEMENT, "everything") in realm.realm.documents
