"""What this nation can do about an agreement, and what would go on passing without it.

The gateway decides what is allowed; this says which buttons make sense and what each would change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from console.agreements.reach import Levels, Reach

AGREED, SUSPENDED, LEFT = "agreed", "suspended", "left"
ENDED = frozenset({"left", "expired", "superseded"})
_BY_STANDING = {
    "missing": ("countersign",),
    "lapsed": ("countersign", "leave"),
    AGREED: ("suspend", "leave"),
    SUSPENDED: ("resume", "leave"),
    LEFT: (),
}
STOPS = frozenset({"suspend", "leave"})


@dataclass(frozen=True)
class Passage:
    """A kind of message in a mode between us and a partner, and how high it may be classified."""

    nation: str
    kind: str
    mode: str
    reaches: tuple[Reach, ...] = ()


@dataclass(frozen=True)
class Change:
    """What an act would do to release: what would pass no more at all, and what others still carry.

    By terms of agreements that are in force now; categories and the label are not looked at.
    """

    stops: tuple[Passage, ...]
    remains: tuple[Passage, ...]
    opens: tuple[Passage, ...] = ()


def standing_of(agreement: Mapping[str, Any], nation: str) -> str:
    """Where a nation stands on an agreement."""
    return next(
        (str(each["standing"]) for each in agreement["parties"] if each["nation"] == nation), "missing"
    )


def acts_of(agreement: Mapping[str, Any], nation: str) -> tuple[str, ...]:
    """What may be tried now."""
    if agreement["state"] in ENDED:
        return ()
    return _BY_STANDING.get(standing_of(agreement, nation), ())


def needs_us(agreement: Mapping[str, Any], nation: str) -> bool:
    """Whether it waits for this nation's countersignature."""
    return agreement["state"] == "proposed" and standing_of(agreement, nation) in ("missing", "lapsed")


def missing_from(agreement: Mapping[str, Any]) -> list[str]:
    """Whose countersignature is missing."""
    return [each["nation"] for each in agreement["parties"] if each["standing"] in ("missing", "lapsed")]


def change_by(
    act: str,
    agreement: Mapping[str, Any],
    others: Iterable[Mapping[str, Any]],
    nation: str,
    levels: Levels,
) -> Change:
    """What ``act`` would change for messages between us and the other parties."""
    in_force = [
        each for each in others if each["state"] == "in_force" and each["digest"] != agreement["digest"]
    ]
    if act in STOPS:
        if agreement["state"] != "in_force":
            return Change((), ())
        return Change(*_split(agreement, in_force, nation, levels))
    waits_for_us_alone = set(_not_agreed(agreement)) <= {nation}
    if not waits_for_us_alone or agreement["state"] not in ("proposed", "suspended"):
        return Change((), ())
    return Change((), (), _split(agreement, in_force, nation, levels)[0])


Terms = tuple[tuple[str, ...], tuple[str, ...], tuple[Reach, ...]]
"""Modes in which the same kinds pass up to the same levels."""


def grouped(passages: Iterable[Passage]) -> list[tuple[list[str], list[Terms]]]:
    """For sentences: nations to which the same applies, with modes in which the same kinds pass."""
    kinds: dict[str, dict[tuple[str, tuple[Reach, ...]], list[str]]] = {}
    for passage in passages:
        kinds.setdefault(passage.nation, {}).setdefault((passage.mode, passage.reaches), []).append(
            passage.kind
        )
    alike: dict[tuple[Terms, ...], list[str]] = {}
    for nation, by_mode in kinds.items():
        modes: dict[tuple[tuple[str, ...], tuple[Reach, ...]], list[str]] = {}
        for (mode, reaches), names in by_mode.items():
            modes.setdefault((tuple(names), reaches), []).append(mode)
        key = tuple((tuple(where), names, reaches) for (names, reaches), where in modes.items())
        alike.setdefault(key, []).append(nation)
    return [(nations, list(terms)) for terms, nations in alike.items()]


def _split(
    agreement: Mapping[str, Any], others: Iterable[Mapping[str, Any]], nation: str, levels: Levels
) -> tuple[tuple[Passage, ...], tuple[Passage, ...]]:
    """What passes under the agreement alone, and what others may carry as well."""
    alone, shared = list[Passage](), list[Passage]()
    named = [(each, _named(each, nation)) for each in others]
    for passage in _named(agreement, nation):
        parts = levels.split(agreement, [each for each, passages in named if passage in passages])
        for found, reaches in zip((alone, shared), parts, strict=True):
            if reaches:
                found.append(Passage(*passage, reaches))
    return tuple(alone), tuple(shared)


def _named(agreement: Mapping[str, Any], nation: str) -> tuple[tuple[str, str, str], ...]:
    """Partners, kinds and modes that it names."""
    partners = [each["nation"] for each in agreement["parties"] if each["nation"] != nation]
    if len(partners) == len(agreement["parties"]):
        return ()
    return tuple(product(partners, agreement["kinds"], agreement["modes"]))


def _not_agreed(agreement: Mapping[str, Any]) -> list[str]:
    return [each["nation"] for each in agreement["parties"] if each["standing"] != AGREED]
