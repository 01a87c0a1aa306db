"""Whether a classification lies within a ceiling, and how it reads elsewhere (design 5; domain.md section 2).

Ranks are computed per policy from realm data; native text is never replaced. A level that an equivalence
does not name maps up to the next higher one it does name, never down; else it is unmapped and refused.
An equivalence is data that the realm's members signed, with what it rests on; it is no legal advice.
"""

from dataclasses import dataclass
from datetime import datetime

from bus.protocol.trust import TrustStore
from schemas.agreement import Ceiling
from schemas.classification import Equivalence
from schemas.reasons import ReasonCode


def classification_known(policy: str, classification: str, trust: TrustStore) -> bool:
    """Whether the realm has this policy with this very classification text."""
    return classification in trust.ranks.get(policy, {})


@dataclass(frozen=True, slots=True)
class Equivalent:
    """How a level reads in another policy, and what that rests on: for showing beside the native text."""

    policy: str
    classification: str
    rests_on: str


def equivalent(
    policy: str, classification: str, into: str, trust: TrustStore, now: datetime
) -> Equivalent | None:
    """The level of policy ``into`` that a classification is handled as at ``now``, or None.

    None when it is ``into``'s own, is unknown, or an equivalence in force between the two does not reach it.
    Of several the highest counts. ``rests_on`` says when the level was mapped up or was not checked.
    """
    rank = trust.ranks.get(policy, {}).get(classification)
    if rank is None or policy == into:
        return None
    mapped = [
        (_equivalent_rank(equivalence, rank, trust), equivalence)
        for equivalence in trust.equivalences
        if (equivalence.from_policy, equivalence.to_policy) == (policy, into)
        and equivalence.not_before <= now < equivalence.not_after
    ]
    reached = [(equal, equivalence) for equal, equivalence in mapped if equal is not None]
    if not reached or len(reached) < len(mapped):
        return None
    highest, decisive = max(reached, key=lambda pair: pair[0])
    text = next(text for text, other in trust.ranks[into].items() if other == highest)
    return Equivalent(into, text, _resting(decisive, classification, text))


def _resting(equivalence: Equivalence, classification: str, text: str) -> str:
    pairs = [level for level in equivalence.levels if level.classification == classification]
    named = next((level for level in pairs if level.equivalent == text), None)
    if named is None:
        return f"{equivalence.rests_on}; mapped up, it names no equal level"
    return (
        f"{equivalence.rests_on}; not checked against its source"
        if named.unverified
        else equivalence.rests_on
    )


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
