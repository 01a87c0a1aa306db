"""Founding a realm from a plan: every key, every document, in force at version 1."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bus.authority import Issued, Randomness, Realm, RealmKeys, authority_key, new_signing_key
from bus.keystore import NationKeys
from bus.nation_office import countersigned, first_record, new_nation_keys
from bus.protocol.signing import PrivateSigningKey
from entente.planned_documents import planned_documents
from schemas.realm_plan import RealmPlan
from schemas.trust import NationRecord


@dataclass(frozen=True)
class FoundedRealm:
    """A realm in force and all its secrets, which go to their holders and are kept nowhere together."""

    realm: Realm
    authority: RealmKeys
    nation_roots: Mapping[str, PrivateSigningKey]
    nation_keys: Mapping[str, NationKeys]


def found_realm(plan: RealmPlan, *, now: datetime, randomness: Randomness) -> FoundedRealm:
    """Make keys and documents for a plan. PlanError when it asks for what does not come with Entente."""
    authority = RealmKeys.generate(
        "standard", threshold=plan.threshold, of=plan.root_keys, randomness=randomness
    )
    roots = {planned.nation: new_signing_key("standard", randomness) for planned in plan.nations}
    seats = {nation: authority_key(key) for nation, key in roots.items()}
    realm = Realm.found(plan.name, seats, authority, now=now)
    keys: dict[str, NationKeys] = {}
    for planned in plan.nations:
        keys[planned.nation] = new_nation_keys(
            planned.nation,
            realm.id,
            randomness=randomness,
            sign_suite=planned.sign_suite,
            seal_suite=planned.seal_suite,
        )
        record: Issued[NationRecord] = first_record(
            keys[planned.nation],
            roots[planned.nation],
            display_name=planned.display_name,
            policy=planned.policy,
            now=now,
        )
        realm = realm.with_record(record)
    for document in planned_documents(plan, realm.id, now):
        realm = realm.with_document(document, authority)
    realm = countersigned(realm, keys, now=now)
    realm = realm.with_objectives(plan.objectives)
    return FoundedRealm(realm.snapshotted(authority.snapshot, now=now), authority, roots, keys)
