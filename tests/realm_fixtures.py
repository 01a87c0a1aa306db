"""Realms for everybody's tests: founded and signed as real ones are, with the secrets at hand.

`make_realm()` gives three fictional nations that agree on everything up to NATO SECRET. The clock of a test
realm stands at `NOW` unless told otherwise; validity windows are counted from it.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property

from bus.authority import Issued, Realm, RealmKeys, authority_key, new_signing_key
from bus.keystore import NationKeys
from bus.known.documents import equivalence_document, known_policy_document
from bus.known.reviewed import known_equivalence, known_policies
from bus.nation_office import MODE_SETS, countersigned, first_record, new_nation_keys, next_record, rotated
from bus.protocol.sealing import SealKeyring
from bus.protocol.signing import PrivateSigningKey, Signer
from bus.protocol.trust import TrustStore
from schemas.agreement import Agreement, Ceiling
from schemas.community import Community, Membership
from schemas.header import Kind, Mode
from schemas.trust import (
    DeliveryObjectives,
    DocumentType,
    KeyUse,
    NationRecord,
    NationStatus,
    SealSuite,
    SignSuite,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NATIONS = ("XAA", "XBB", "XCC")


@dataclass(frozen=True)
class AgreementPlan:
    """An agreement to be signed; by default every kind and mode up to NATO SECRET, from NOW for a year."""

    id: str = "everything"
    parties: tuple[str, ...] = NATIONS
    kinds: tuple[Kind, ...] = tuple(Kind)
    modes: tuple[Mode, ...] = tuple(Mode)
    highest: tuple[tuple[str, str], ...] = (("NATO", "NATO SECRET"),)
    categories: tuple[str, ...] = ()
    not_before: datetime | None = None
    not_after: datetime | None = None

    def document(self, realm: str, now: datetime, version: int = 1) -> Agreement:
        """The agreement's statement."""
        return Agreement(
            type="agreement",
            v=1,
            realm=realm,
            id=self.id,
            version=version,
            title=f"Agreement {self.id}",
            parties=self.parties,
            kinds=self.kinds,
            modes=self.modes,
            highest=tuple(Ceiling(policy=policy, classification=level) for policy, level in self.highest),
            categories=self.categories,
            not_before=self.not_before or now - timedelta(days=1),
            not_after=self.not_after or now + timedelta(days=365),
        )


@dataclass(frozen=True)
class TestRealm:
    """A realm in force with every secret. Acts return the realm after them; nothing changes in place."""

    __test__ = False

    realm: Realm
    authority: RealmKeys
    roots: Mapping[str, PrivateSigningKey]
    keys: Mapping[str, NationKeys]
    now: datetime

    @property
    def id(self) -> str:
        """The realm id, ``sha256:<hex>``."""
        return self.realm.id

    @property
    def envelopes(self) -> tuple[bytes, ...]:
        """The public bundle."""
        return self.realm.envelopes

    @cached_property
    def trust(self) -> TrustStore:
        """A trust store opened on the bundle."""
        return TrustStore.open(self.id, self.envelopes)

    def signer(self, nation: str, use: KeyUse = KeyUse.MESSAGE, mode: Mode = Mode.OPERATION) -> Signer:
        """A nation's newest signer."""
        return self.keys[nation].signer(use, mode)

    def keyring(self, nation: str) -> SealKeyring:
        """A nation's private seal keys."""
        return self.keys[nation].keyring

    def record(self, nation: str) -> Issued[NationRecord]:
        """A nation's record in force."""
        return self.realm.records[nation]

    def next(
        self, realm: Realm | None = None, *, now: datetime | None = None, **snapshot: timedelta
    ) -> "TestRealm":
        """The realm with what `realm` holds put in force by the next snapshot (`lifetime=` as an option)."""
        at = now or self.now
        after = (realm or self.realm).snapshotted(self.authority.snapshot, now=at, **snapshot)
        return replace(self, realm=after, now=at)

    def revoke(self, nation: str, *kids: str, now: datetime | None = None) -> "TestRealm":
        """The realm after a nation revoked keys by kid."""
        at = now or self.now
        record = next_record(self.record(nation), self.roots[nation], now=at, revoke=kids)
        return self.next(self.realm.with_record(record), now=at)

    def rotate(
        self,
        nation: str,
        uses: Iterable[KeyUse] = (KeyUse.MESSAGE,),
        modes: Iterable[Mode] = tuple(Mode),
        *,
        revoke_old: bool = False,
        now: datetime | None = None,
    ) -> "TestRealm":
        """The realm after a nation took new keys into use."""
        at = now or self.now
        keys, record = rotated(
            self.keys[nation],
            self.record(nation),
            self.roots[nation],
            uses=tuple(uses),
            modes=tuple(modes),
            now=at,
            randomness=os.urandom,
            revoke_old=revoke_old,
        )
        after = replace(self, keys={**self.keys, nation: keys})
        return after.next(self.realm.with_record(record), now=at)

    def with_objectives(self, **seconds: int) -> "TestRealm":
        """The realm after it laid down how long messages may take (`flash_seconds=` and so on)."""
        return self.next(self.realm.with_objectives(DeliveryObjectives(**seconds)))

    def suspend(self, nation: str, *, now: datetime | None = None) -> "TestRealm":
        """The realm after a nation was suspended."""
        return self.next(self.realm.with_status(nation, NationStatus.SUSPENDED), now=now)

    def agree(self, plan: AgreementPlan, *, now: datetime | None = None) -> "TestRealm":
        """The realm with one more agreement, or the next version of one of that id, countersigned by all."""
        held = self.realm.documents.get((DocumentType.AGREEMENT, plan.id))
        version = held.document.version + 1 if held else 1
        document = plan.document(self.id, now or self.now, version)
        realm = self.realm.with_document(document, self.authority)
        return self.next(countersigned(realm, self.keys, now=now or self.now), now=now)

    def end_agreement(self, agreement_id: str, *, now: datetime | None = None) -> "TestRealm":
        """The realm without that agreement."""
        return self.next(self.realm.without_document(DocumentType.AGREEMENT, agreement_id), now=now)


def community_document(
    realm: str, name: str, members: Iterable[str | Membership], version: int = 1
) -> Community:
    """A community; members given by their code alone have always been members."""
    return Community(
        type="community",
        v=1,
        realm=realm,
        id=name,
        version=version,
        title=name,
        source="test",
        members=tuple(Membership(nation=member) if isinstance(member, str) else member for member in members),
    )


def make_realm(
    nations: Sequence[str] = NATIONS,
    *,
    suite: SignSuite = SignSuite.STANDARD,
    seal_suite: SealSuite = SealSuite.SEAL_1,
    suites: Mapping[str, SignSuite] | None = None,
    agreements: Sequence[AgreementPlan] | None = None,
    communities: Mapping[str, Sequence[str | Membership]] | None = None,
    policies: Sequence[str] = ("NATO", "SWE", "REALM"),
    own_policies: Mapping[str, str] | None = None,
    mode_sets: Sequence[tuple[Mode, ...]] = MODE_SETS,
    threshold: int = 2,
    root_keys: int = 3,
    now: datetime = NOW,
    snapshot_lifetime: timedelta = timedelta(days=30),
) -> TestRealm:
    """A founded realm: records, agreements (one over everything when None), communities, policies, snapshot.

    `suites` gives single nations another sign suite than `suite`, `own_policies` a policy in their records.
    """
    authority = RealmKeys.generate("standard", threshold=threshold, of=root_keys, randomness=os.urandom)
    roots = {nation: new_signing_key("standard", os.urandom) for nation in nations}
    realm = Realm.found(
        "Test realm", {nation: authority_key(key) for nation, key in roots.items()}, authority, now=now
    )
    keys = {
        nation: new_nation_keys(
            nation,
            realm.id,
            randomness=os.urandom,
            sign_suite=(suites or {}).get(nation, suite),
            seal_suite=seal_suite,
            mode_sets=mode_sets,
        )
        for nation in nations
    }
    for nation in nations:
        realm = realm.with_record(
            first_record(
                keys[nation],
                roots[nation],
                display_name=f"Nation {nation}",
                policy=(own_policies or {}).get(nation),
                now=now,
            )
        )
    for name in policies:
        realm = realm.with_document(known_policy_document(realm.id, known_policies()[name]), authority)
    if {"NATO", "SWE"} <= set(policies):
        for one, other in (("NATO", "SWE"), ("SWE", "NATO")):
            shipped = known_equivalence(one, other)
            assert shipped is not None
            realm = realm.with_document(
                equivalence_document(
                    realm.id,
                    one,
                    other,
                    shipped.levels,
                    rests_on="A table for tests",
                    source="test",
                    not_before=now - timedelta(days=1),
                    not_after=now + timedelta(days=365),
                ),
                authority,
            )
    for name, members in (communities or {}).items():
        realm = realm.with_document(community_document(realm.id, name, members), authority)
    if agreements is None:
        agreements = (AgreementPlan(parties=tuple(nations)),) if len(nations) > 1 else ()
    for plan in agreements:
        realm = realm.with_document(plan.document(realm.id, now), authority)
    realm = countersigned(realm, keys, now=now)
    realm = realm.snapshotted(authority.snapshot, now=now, lifetime=snapshot_lifetime)
    return TestRealm(realm, authority, roots, keys, now)
