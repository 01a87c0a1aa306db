"""Whether a classification lies within a ceiling, across policies (design 5; domain.md section 2).

Ranks are computed per policy from realm data; native text is never replaced. A level that an equivalence
does not name maps up to the next higher one it does name, never down; else it is unmapped and refused.
"""

from datetime import datetime

from bus.protocol.trust import TrustStore
from schemas.agreement import Ceiling
from schemas.classification import Equivalence
from schemas.reasons import ReasonCode


def classification_known(policy: str, classification: str, trust: TrustStore) -> bool:
    """Whether the realm has this policy with this very classification text."""
    return classification in trust.ranks.get(policy, {})


def within(
    policy: str, classification: str, ceilings: tuple[Ceiling, ...], trust: TrustStore, now: datetime
) -> ReasonCode | None:
    """Why the classification is not within the ceilings, or None when it is.

    A ceiling in the label's own policy decides alone; otherwise every ceiling reachable by an equivalence in
    force must allow it. Returns CLASSIFICATION_UNKNOWN, CLASSIFICATION_TOO_HIGH or CLASSIFICATION_UNMAPPED.
    """
    rank = trust.ranks.get(policy, {}).get(classification)
    if rank is None:
        return ReasonCode.CLASSIFICATION_UNKNOWN
    own = [ceiling for ceiling in ceilings if ceiling.policy == policy]
    if own:
        return None if all(_allows(ceiling, rank, trust) for ceiling in own) else _TOO_HIGH
    mapped = [
        (ceiling, _equivalent_rank(equivalence, rank, trust))
        for ceiling in ceilings
        for equivalence in trust.equivalences
        if (equivalence.from_policy, equivalence.to_policy) == (policy, ceiling.policy)
        and equivalence.not_before <= now < equivalence.not_after
    ]
    # One that ends below this level refuses it: else a higher level could pass where a lower one may not.
    if not mapped or any(equal is None for _, equal in mapped):
        return ReasonCode.CLASSIFICATION_UNMAPPED
    allowed = all(equal is not None and _allows(ceiling, equal, trust) for ceiling, equal in mapped)
    return None if allowed else _TOO_HIGH


_TOO_HIGH = ReasonCode.CLASSIFICATION_TOO_HIGH


def _allows(ceiling: Ceiling, rank: int, trust: TrustStore) -> bool:
    highest = trust.ranks.get(ceiling.policy, {}).get(ceiling.classification)
    return highest is not None and rank <= highest


def _equivalent_rank(equivalence: Equivalence, rank: int, trust: TrustStore) -> int | None:
    """Rank in the other policy of the lowest named level at or above ``rank``; the highest if several."""
    source = trust.ranks.get(equivalence.from_policy, {})
    target = trust.ranks.get(equivalence.to_policy, {})
    named = [
        (source[level.classification], target[level.equivalent])
        for level in equivalence.levels
        if level.classification in source and level.equivalent in target
    ]
    at_or_above = [(own, other) for own, other in named if own >= rank]
    if not at_or_above:
        return None
    nearest = min(own for own, _ in at_or_above)
    # Levels below must not map above this one: take the highest target of everything at or below the nearest.
    return max(other for own, other in named if own <= nearest)
