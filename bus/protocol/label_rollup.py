"""What may be done with content drawn from several messages: the roll-up of their labels (domain.md 1.1).

The highest classification, the intersection of those who may have it, the union of what restricts. A release
list that is missing releases to nobody: here it is a set, and an empty one stays empty.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bus.protocol.classification import classification_known, equivalent
from bus.protocol.errors import ReleaseRefused
from bus.protocol.trust import TrustStore
from schemas.label import ConfidentialityLabel, DraftLabel
from schemas.reasons import ReasonCode
from schemas.wire import Handling

_POLICY = "/label/policy"


@dataclass(frozen=True, slots=True)
class LabelBounds:
    """What one label, or several together, allow.

    ``released``: nations that may have the content, an originator among them; ``shown``: those that may at
    least look at it, which holds ``released``.
    """

    policy: str
    classification: str
    released: frozenset[str]
    shown: frozenset[str]
    restrictive: frozenset[str]
    originator_controlled: bool


NOBODY = LabelBounds("", "", frozenset(), frozenset(), frozenset(), originator_controlled=True)
"""What a label that is gone allows."""


def bounds_of(label: ConfidentialityLabel, originator: str) -> LabelBounds:
    """What one signed label allows with its originator's content."""
    released = frozenset((originator, *label.release_set))
    return LabelBounds(
        policy=label.policy,
        classification=label.classification,
        released=released,
        shown=released.union(label.display_set),
        restrictive=frozenset(label.restrictive),
        originator_controlled=label.originator_controlled,
    )


def roll_up(parts: Iterable[LabelBounds], policy: str, trust: TrustStore, now: datetime) -> LabelBounds:
    """What content drawn from all ``parts`` allows, its classification read in ``policy``.

    Levels of other policies are mapped by the equivalences in force, up and never down. The order and the
    grouping of parts change nothing, and the result is never wider than any of them.

    Raises ReleaseRefused CLASSIFICATION_UNKNOWN or CLASSIFICATION_UNMAPPED; ValueError for no parts: from
    nothing follows nothing.
    """
    given = tuple(parts)
    if not given:
        raise ValueError("a roll-up needs a label")
    levels = {_read_in(policy, part, trust, now) for part in given}
    return LabelBounds(
        policy=policy,
        classification=max(levels, key=trust.ranks[policy].__getitem__),
        released=frozenset.intersection(*(part.released for part in given)),
        shown=frozenset.intersection(*(part.shown for part in given)),
        restrictive=frozenset().union(*(part.restrictive for part in given)),
        originator_controlled=any(part.originator_controlled for part in given),
    )


def _read_in(policy: str, part: LabelBounds, trust: TrustStore, now: datetime) -> str:
    """The part's level in the policy. Raises ReleaseRefused."""
    if not classification_known(part.policy, part.classification, trust):
        raise _refused(ReasonCode.CLASSIFICATION_UNKNOWN, "a message referred to has an unknown level")
    if part.policy == policy:
        return part.classification
    found = equivalent(part.policy, part.classification, policy, trust, now)
    if found is None:
        raise _refused(
            ReasonCode.CLASSIFICATION_UNMAPPED,
            "no equivalence leads from the policy of a message referred to into this label's policy",
        )
    return found.classification


def _refused(code: ReasonCode, detail: str) -> ReleaseRefused:
    return ReleaseRefused(code, detail, "", _POLICY)


def check_within(copies: Mapping[str, Handling], bounds: LabelBounds, code: ReasonCode) -> None:
    """Every copy goes to a nation that may have as much of what the bounds are of.

    Raises ReleaseRefused with ``code``, naming the first nation (A to Z) that may not.
    """
    for nation, handling in sorted(copies.items()):
        allowed = bounds.released if handling is Handling.RELEASE else bounds.shown
        if nation not in allowed:
            raise ReleaseRefused(
                code,
                f"{nation} may not have what this refers to: {code.explanation}",
                nation,
                "/label/releasable_to",
            )


def shortfalls(label: DraftLabel, bounds: LabelBounds, trust: TrustStore) -> tuple[str, ...]:
    """JSON pointers to where a label of the bounds' policy is lower than they are; empty when it is not."""
    ranks = trust.ranks[bounds.policy]
    found = {
        "/label/classification": ranks[label.classification] < ranks[bounds.classification],
        "/label/restrictive": not bounds.restrictive.issubset(label.restrictive),
        "/label/originator_controlled": bounds.originator_controlled and not label.originator_controlled,
    }
    return tuple(pointer for pointer, short in found.items() if short)


def suggested(bounds: LabelBounds, author: str) -> DraftLabel:
    """The label that carries the bounds on: for the author of an answer to take, or to narrow further."""
    others = bounds.released - {author}
    return DraftLabel(
        policy=bounds.policy,
        classification=bounds.classification,
        releasable_to=tuple(sorted(others)),
        display_only_to=tuple(sorted(bounds.shown - others - {author})),
        restrictive=tuple(sorted(bounds.restrictive)),
        originator_controlled=bounds.originator_controlled,
    )
