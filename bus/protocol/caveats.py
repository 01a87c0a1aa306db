"""Caveats: what a label says beyond its release set, and what that makes of a nation's copy (design 5).

- *National only*: the label names no nation but its own. Nothing leaves.
- *Display only*: a nation of ``display_set`` gets a copy that people look at and no system is given. One that
  is in the release set too gets a full copy.
- *Restrictive categories*: the agreement that a copy rests on must name every one of them.
- *Originator controlled*: nobody carries it beyond its originator and its release set (``label_rollup``).

No caveat ever adds a nation to those that may have the content.
"""

from collections.abc import Collection

from schemas.label import ConfidentialityLabel, DraftLabel
from schemas.wire import Handling


def handling_for(label: ConfidentialityLabel, nation: str) -> Handling | None:
    """How the nation may handle a copy by what the label says; None when it may have none."""
    if nation in label.release_set:
        return Handling.RELEASE
    return Handling.DISPLAY_ONLY if nation in label.display_set else None


def national_only(label: DraftLabel, originator: str) -> bool:
    """Whether the label keeps its content within its own nation: it names no other, and no community."""
    return {originator}.issuperset((*label.releasable_to, *label.display_only_to))


def categories_covered(label: DraftLabel, categories: Collection[str]) -> bool:
    """Whether an agreement that names these categories names every one of the label's, letter by letter."""
    return set(categories).issuperset(label.restrictive)
