"""Founding a realm from a plan: every key, every document, in force at version 1."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bus.authority import Issued, Randomness, Realm, RealmDocument, RealmKeys, authority_key, new_signing_key
from bus.keystore import NationKeys
from bus.nation_office import first_record, new_nation_keys
from bus.protocol.signing import PrivateSigningKey
from bus.realm_policies import (
    KNOWN_POLICIES,
    RANK_EQUIVALENCE_SOURCE,
    PolicyRow,
    checked_levels,
    equivalence_document,
    policy_document,
)
from schemas.agreement import Agreement
from schemas.base import MAX_CLOCK_SKEW
from schemas.community import Community, Membership
from schemas.realm_plan import PlannedEquivalence, RealmPlan
from schemas.trust import NationRecord


class PlanError(Exception):
    """A plan that is well-formed but cannot be carried out, with the reason."""


@dataclass(frozen=True)
class FoundedRealm:
    """A realm in force and all its secrets, which go to their holders and are kept nowhere together."""

    realm: Realm
    authority: RealmKeys
    nation_roots: Mapping[str, PrivateSigningKey]
    nation_keys: Mapping[str, NationKeys]


def found_realm(plan: RealmPlan, *, now: datetime, randomness: Randomness) -> FoundedRealm:
    """Make keys and documents for a plan. PlanError when it names a policy that is not known."""
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
            keys[planned.nation], roots[planned.nation], display_name=planned.display_name, now=now
        )
        realm = realm.with_record(record)
    for document in _documents(plan, realm.id, now):
        realm = realm.with_document(document, authority)
    return FoundedRealm(realm.snapshotted(authority.snapshot, now=now), authority, roots, keys)


def _documents(plan: RealmPlan, realm: str, now: datetime) -> list[RealmDocument]:
    rows = _policy_rows(plan)
    start = now - MAX_CLOCK_SKEW
    documents: list[RealmDocument] = [policy_document(row, realm) for row in rows.values()]
    documents += [_equivalence(each, rows, realm, now) for each in plan.equivalences]
    documents += [
        Community(
            type="community",
            v=1,
            realm=realm,
            id=planned.id,
            version=1,
            title=planned.title,
            source="Laid down by this realm.",
            members=tuple(Membership(nation=nation) for nation in planned.members),
        )
        for planned in plan.communities
    ]
    for agreed in plan.agreements:
        for ceiling in agreed.highest:
            if ceiling.classification not in {text for text, _ in rows[ceiling.policy].levels}:
                raise PlanError(
                    f"agreement {agreed.id}: policy {ceiling.policy} has no level {ceiling.classification}"
                )
        documents.append(
            Agreement(
                type="agreement",
                v=1,
                realm=realm,
                id=agreed.id,
                version=1,
                title=agreed.title,
                parties=plan.parties_of(agreed),
                kinds=agreed.kinds,
                modes=agreed.modes,
                highest=agreed.highest,
                not_before=start,
                not_after=now + timedelta(days=agreed.valid_days),
            )
        )
    return documents


def _policy_rows(plan: RealmPlan) -> dict[str, PolicyRow]:
    unknown = [name for name in plan.known_policies if name not in KNOWN_POLICIES]
    if unknown:
        raise PlanError(
            f"no policy {', '.join(unknown)} comes with Entente; known: {', '.join(KNOWN_POLICIES)}"
        )
    rows = {name: KNOWN_POLICIES[name] for name in plan.known_policies}
    for planned in plan.policies:
        levels = tuple((level.classification, level.rank) for level in planned.levels)
        rows[planned.id] = PolicyRow(planned.id, levels, planned.source)
    return rows


def _equivalence(
    each: PlannedEquivalence, rows: Mapping[str, PolicyRow], realm: str, now: datetime
) -> RealmDocument:
    levels = tuple((level.classification, level.equivalent) for level in each.levels)
    if not levels:
        if not {each.from_policy, each.to_policy} <= set(KNOWN_POLICIES):
            raise PlanError(f"equivalence {each.from_policy} to {each.to_policy}: give its levels")
        levels = checked_levels(rows[each.from_policy], rows[each.to_policy])
    return equivalence_document(
        realm,
        each.from_policy,
        each.to_policy,
        levels,
        source=each.source or RANK_EQUIVALENCE_SOURCE,
        not_before=now - MAX_CLOCK_SKEW,
        not_after=now + timedelta(days=each.valid_days),
    )
