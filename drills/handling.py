"""How a report is to be handled: what the labels of all that it shows allow together. Pure.

The highest classification of each policy (policies' levels are not compared with one another), the
intersection of those who may have it, the union of what restricts. From nothing follows nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from schemas.base import Statement

Levels = Mapping[str, Sequence[str]]
"""The classifications of each policy, lowest first, as the realm has them."""
NATION_LETTERS = 3
"""A community's name has more."""


class Bounds(Statement):
    """What the label of one message or draft allows. ``released``: its originator, and who else may have it.

    ``classification`` is empty for a draft's that its policy does not have: that marks nothing.
    """

    policy: str
    classification: str
    released: tuple[str, ...] = ()
    restrictive: tuple[str, ...] = ()
    originator_controlled: bool = False


class Highest(Statement):
    """The highest of one policy."""

    policy: str
    classification: str


class Handling(Statement):
    """What a whole report allows. ``nations``: those that may have all of it; none: exercise control only."""

    highest: tuple[Highest, ...] = ()
    restrictive: tuple[str, ...] = ()
    originator_controlled: bool = False
    nations: tuple[str, ...] = ()


def marking(policy: str, classification: str) -> str:
    """A classification as people read it: the policy before the native words, unless these name it first."""
    if classification == policy or classification.startswith(f"{policy} "):
        return classification
    return f"{policy} {classification}".strip()


def bounds(label: Mapping[str, Any], originator: str, released: Iterable[str]) -> Bounds:
    """The bounds of a label as messages and drafts carry it; ``released``: nations, never communities."""
    return Bounds(
        policy=label.get("policy", ""),
        classification=label.get("classification", ""),
        released=tuple(sorted({originator, *released})),
        restrictive=tuple(sorted(label.get("restrictive", ()))),
        originator_controlled=label.get("originator_controlled", False),
    )


def signed_bounds(message: Mapping[str, Any] | None, originator: str) -> Bounds | None:
    """The bounds of a message as its gateway shows it; None where it does not show it."""
    if message is None:
        return None
    label = message["label"]
    return bounds(label, originator, label["release_set"])


def draft_bounds(label: Mapping[str, Any], originator: str, levels: Levels) -> Bounds:
    """The bounds of a draft that nobody signed: a community that it names is taken for nobody."""
    named = [each for each in label.get("releasable_to", ()) if len(each) == NATION_LETTERS]
    found = bounds(label, originator, named)
    known = found.classification in levels.get(found.policy, ())
    return found if known else found.model_copy(update={"classification": ""})


def together(parts: Iterable[Bounds], levels: Levels) -> Handling:
    """What content drawn from all of them allows; a classification that its policy lacks counts highest."""
    given = tuple(parts)
    marked: dict[str, set[str]] = {}
    for part in given:
        if part.classification:
            marked.setdefault(part.policy, set()).add(part.classification)
    return Handling(
        highest=tuple(
            Highest(policy=policy, classification=each)
            for policy in sorted(marked)
            for each in _highest(marked[policy], levels.get(policy, ()))
        ),
        restrictive=tuple(sorted({name for part in given for name in part.restrictive})),
        originator_controlled=any(part.originator_controlled for part in given),
        nations=tuple(sorted(frozenset.intersection(*(frozenset(part.released) for part in given))))
        if given
        else (),
    )


def side_by_side(first: Handling, second: Handling, levels: Levels) -> Handling:
    """What a page that shows both allows."""
    return together([*_parts(first), *_parts(second)], levels)


def _parts(whole: Handling) -> list[Bounds]:
    """Bounds that allow together just as much."""
    common: dict[str, Any] = {
        "released": whole.nations,
        "restrictive": whole.restrictive,
        "originator_controlled": whole.originator_controlled,
    }
    highest = whole.highest or (Highest(policy="", classification=""),)
    return [Bounds(policy=e.policy, classification=e.classification, **common) for e in highest]


def _highest(classifications: set[str], levels: Sequence[str]) -> list[str]:
    unknown = sorted(classifications.difference(levels))
    known = sorted(classifications.intersection(levels), key=levels.index)
    return unknown + known[-1:]
