"""What this nation can do about an agreement, and what would go on passing without it.

The gateway decides what is allowed; this says which buttons make sense and what each would change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

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
    """A kind of message in a mode between us and a partner."""

    nation: str
    kind: str
    mode: str


@dataclass(frozen=True)
class Change:
    """What an act would do to release: what would pass no more at all, and what others still carry.

    By terms of agreements that are in force now; classification, categories and the label are not looked at.
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
    act: str, agreement: Mapping[str, Any], others: Iterable[Mapping[str, Any]], nation: str
) -> Change:
    """What ``act`` would change for messages between us and the other parties."""
    passages = _passages(agreement, nation)
    carried = {
        passage
        for each in others
        if each["state"] == "in_force" and each["digest"] != agreement["digest"]
        for passage in _passages(each, nation)
    }
    if act in STOPS:
        if agreement["state"] != "in_force":
            return Change((), ())
        return Change(
            tuple(passage for passage in passages if passage not in carried),
            tuple(passage for passage in passages if passage in carried),
        )
    waits_for_us_alone = set(_not_agreed(agreement)) <= {nation}
    opens = passages if waits_for_us_alone and agreement["state"] in ("proposed", "suspended") else ()
    return Change((), (), tuple(passage for passage in opens if passage not in carried))


def grouped(passages: Iterable[Passage]) -> list[tuple[list[str], list[tuple[list[str], list[str]]]]]:
    """For sentences: nations to which the same applies, with modes in which the same kinds pass."""
    kinds: dict[str, dict[str, list[str]]] = {}
    for passage in passages:
        kinds.setdefault(passage.nation, {}).setdefault(passage.mode, []).append(passage.kind)
    modes: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for nation, by_mode in kinds.items():
        for mode, names in by_mode.items():
            modes.setdefault(nation, {}).setdefault(tuple(names), []).append(mode)
    alike: dict[tuple[tuple[tuple[str, ...], tuple[str, ...]], ...], list[str]] = {}
    for nation, by_kinds in modes.items():
        key = tuple((tuple(where), names) for names, where in by_kinds.items())
        alike.setdefault(key, []).append(nation)
    return [
        (nations, [(list(where), list(names)) for where, names in terms]) for terms, nations in alike.items()
    ]


def _passages(agreement: Mapping[str, Any], nation: str) -> tuple[Passage, ...]:
    partners = [each["nation"] for each in agreement["parties"] if each["nation"] != nation]
    if len(partners) == len(agreement["parties"]):
        return ()
    return tuple(Passage(*each) for each in product(partners, agreement["kinds"], agreement["modes"]))


def _not_agreed(agreement: Mapping[str, Any]) -> list[str]:
    return [each["nation"] for each in agreement["parties"] if each["standing"] != AGREED]
