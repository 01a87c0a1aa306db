"""Reviewed and planned data as documents of a realm, to be signed by its root keys."""

from collections.abc import Sequence
from datetime import datetime

from schemas.classification import ClassificationPolicy, Equivalence, EquivalentLevel, Level
from schemas.community import Community
from schemas.known import KnownCommunity, KnownPolicy


def policy_document(
    realm: str, policy_id: str, levels: Sequence[Level], *, source: str, version: int = 1
) -> ClassificationPolicy:
    """A policy with these levels, written lowest first."""
    return ClassificationPolicy(
        type="classification_policy",
        v=1,
        realm=realm,
        id=policy_id,
        version=version,
        source=source,
        levels=tuple(sorted(levels, key=lambda level: level.rank)),
    )


def known_policy_document(
    realm: str, policy: KnownPolicy, *, unverified: bool = False, version: int = 1
) -> ClassificationPolicy:
    """A reviewed policy: its checked levels, or all of them."""
    return policy_document(
        realm, policy.id, policy.taken(unverified=unverified), source=policy.provenance, version=version
    )


def equivalence_document(
    realm: str,
    from_policy: str,
    to_policy: str,
    levels: Sequence[EquivalentLevel],
    *,
    rests_on: str,
    source: str,
    not_before: datetime,
    not_after: datetime,
    version: int = 1,
) -> Equivalence:
    """How levels of one policy are handled under another, and what that rests on."""
    return Equivalence(
        type="equivalence",
        v=1,
        realm=realm,
        id=f"{from_policy}-to-{to_policy}",
        version=version,
        rests_on=rests_on,
        source=source,
        from_policy=from_policy,
        to_policy=to_policy,
        levels=tuple(levels),
        not_before=not_before,
        not_after=not_after,
    )


def known_community_document(realm: str, community: KnownCommunity, version: int = 1) -> Community:
    """A reviewed community, whole: also members without a place in this realm, so that all can compare it."""
    return Community(
        type="community",
        v=1,
        realm=realm,
        id=community.id,
        version=version,
        title=community.title,
        source=community.provenance,
        unverified=not community.verified,
        members=tuple(member.membership() for member in community.members),
    )
