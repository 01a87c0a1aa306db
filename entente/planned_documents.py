"""What a plan asks for as documents of the realm: policies, equivalences, communities, agreements."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bus.authority import RealmDocument
from bus.known.documents import (
    equivalence_document,
    known_community_document,
    known_policy_document,
    policy_document,
)
from bus.known.reviewed import known_communities, known_equivalence, known_policies
from schemas.agreement import Agreement
from schemas.base import MAX_CLOCK_SKEW
from schemas.classification import ClassificationPolicy, Equivalence
from schemas.community import Community
from schemas.realm_plan import PlannedAgreement, PlannedEquivalence, RealmPlan

REALMS_OWN = "This realm's own table"
"""What an equivalence of the plan's own rests on when the plan does not say."""


class PlanError(Exception):
    """A plan that is well-formed but cannot be carried out, with the reason."""


def planned_documents(plan: RealmPlan, realm: str, now: datetime) -> list[RealmDocument]:
    """Every document of the plan at version 1, valid from a little before ``now`` (partners' clocks).

    Raises PlanError.
    """
    policies = {policy.id: policy for policy in _policies(plan, realm)}
    communities = {community.id: community for community in planned_communities(plan, realm)}
    return [
        *policies.values(),
        *(_equivalence(each, policies, realm, now) for each in plan.equivalences),
        *communities.values(),
        *(_agreement(each, plan, policies, communities, realm, now) for each in plan.agreements),
    ]


def _policies(plan: RealmPlan, realm: str) -> list[ClassificationPolicy]:
    known = known_policies()
    _check_known((*plan.known_policies, *plan.unverified_policies), known, "policy")
    documents = []
    for name in plan.known_policies:
        if not known[name].taken(unverified=False):
            raise PlanError(f"policy {name} was not checked: name it under unverified_policies to use it")
        documents.append(known_policy_document(realm, known[name]))
    documents += [
        known_policy_document(realm, known[name], unverified=True) for name in plan.unverified_policies
    ]
    documents += [policy_document(realm, own.id, own.levels, source=own.source) for own in plan.policies]
    return documents


def planned_communities(plan: RealmPlan, realm: str) -> list[Community]:
    """Every community of the plan at version 1. Raises PlanError."""
    known = known_communities()
    _check_known((*plan.known_communities, *plan.unverified_communities), known, "community")
    for name in plan.known_communities:
        if not known[name].verified:
            raise PlanError(
                f"community {name} was not checked: name it under unverified_communities to use it"
            )
    documents = [
        known_community_document(realm, known[name])
        for name in (*plan.known_communities, *plan.unverified_communities)
    ]
    documents += [
        Community(
            type="community",
            v=1,
            realm=realm,
            id=own.id,
            version=1,
            title=own.title,
            source=own.source,
            members=tuple(member.membership() for member in own.members),
        )
        for own in plan.communities
    ]
    return documents


def _check_known(names: tuple[str, ...], known: Mapping[str, object], what: str) -> None:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise PlanError(
            f"no {what} {', '.join(unknown)} comes with Entente; known: {', '.join(sorted(known))}"
        )


def _equivalence(
    each: PlannedEquivalence, policies: Mapping[str, ClassificationPolicy], realm: str, now: datetime
) -> Equivalence:
    one, other = each.from_policy, each.to_policy
    levels, rests_on, source = each.levels, each.rests_on or REALMS_OWN, each.source
    if source is None:
        shipped = known_equivalence(one, other, unverified=each.unverified)
        if shipped is None:
            raise PlanError(f"equivalence {one} to {other}: {_why_none(each)}")
        texts = {name: {level.classification for level in policies[name].levels} for name in (one, other)}
        levels = tuple(
            level
            for level in shipped.levels
            if level.classification in texts[one] and level.equivalent in texts[other]
        )
        rests_on, source = shipped.rests_on, shipped.source
    for level in levels:
        for name, text in ((one, level.classification), (other, level.equivalent)):
            if text not in {known.classification for known in policies[name].levels}:
                raise PlanError(f"equivalence {one} to {other}: policy {name} has no level {text}")
    if not levels:
        raise PlanError(f"equivalence {one} to {other}: no level of it is in force; see unverified_policies")
    return equivalence_document(
        realm,
        one,
        other,
        levels,
        rests_on=rests_on,
        source=source,
        not_before=now - MAX_CLOCK_SKEW,
        not_after=now + timedelta(days=each.valid_days),
    )


def _why_none(each: PlannedEquivalence) -> str:
    doubtful = known_equivalence(each.from_policy, each.to_policy, unverified=True)
    if doubtful is None:
        return "give its levels"
    return "what comes with Entente was not checked; say unverified: true to use it, or give its levels"


def _agreement(
    agreed: PlannedAgreement,
    plan: RealmPlan,
    policies: Mapping[str, ClassificationPolicy],
    communities: Mapping[str, Community],
    realm: str,
    now: datetime,
) -> Agreement:
    for ceiling in agreed.highest:
        if ceiling.classification not in {level.classification for level in policies[ceiling.policy].levels}:
            raise PlanError(
                f"agreement {agreed.id}: policy {ceiling.policy} has no level {ceiling.classification}"
            )
    # A community as a party means its members of this day that have a place in the realm: they sign.
    seats = {planned.nation for planned in plan.nations}
    named = {party for party in agreed.parties if party in seats}
    members = {
        n for party in agreed.parties if party in communities for n in communities[party].members_at(now)
    }
    parties = tuple(sorted(named | (members & seats)))
    if len(parties) < 2:
        raise PlanError(f"agreement {agreed.id}: an agreement needs two nations or more")
    return Agreement(
        type="agreement",
        v=1,
        realm=realm,
        id=agreed.id,
        version=1,
        title=agreed.title,
        parties=parties,
        kinds=agreed.kinds,
        modes=agreed.modes,
        highest=agreed.highest,
        categories=agreed.categories,
        not_before=now - MAX_CLOCK_SKEW,
        not_after=now + timedelta(days=agreed.valid_days),
    )
