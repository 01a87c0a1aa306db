"""Two reviews side by side: what became better, worse, or is in one of them only. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from math import inf
from typing import NamedTuple

from drills.after_action.model import AfterAction
from drills.after_action.wording import MEASURES, span
from drills.handling import Handling, Levels, side_by_side
from drills.objectives import Rating
from schemas.base import Statement, UtcTime

NOTICED = 1.5
"""By what factor a time must differ to be called another: a machine's noise is no news."""
_BADNESS = {
    Rating.PERFORMED: 0.0,
    Rating.SOME_CHALLENGES: 1.0,
    Rating.MAJOR_CHALLENGES: 2.0,
    Rating.UNABLE: 3.0,
}
COUNTS = {
    "lost": "Copies lost",
    "leaked": "Copies leaked",
    "gaps": "Serials that never came",
    "duplicates": "Recognised duplicates",
    "late": "Came late, filling a gap",
}


class Change(StrEnum):
    """How the second drill differs from the first; in the order in which they are listed."""

    WORSE = "worse"
    GONE = "no longer observed"
    FOUND = "observed now"
    BETTER = "better"
    ONLY_FIRST = "first only"
    ONLY_SECOND = "second only"
    SAME = "same"


class Pair(Statement):
    """One thing in both drills, as each of them says it; empty where it says nothing."""

    about: str
    first: str
    second: str
    change: Change


class Played(Statement):
    """Which drill a side is of."""

    title: str
    exercise_id: str
    started_at: UtcTime
    seconds: float
    fingerprint: str = ""


class Table(Statement):
    """Pairs of one sort; what became worse stands first, what is the same last."""

    title: str
    pairs: tuple[Pair, ...]


class Comparison(Statement):
    """Everything that two drills can be compared by."""

    first: Played
    second: Played
    handling: Handling
    tables: tuple[Table, ...]

    @property
    def exercises(self) -> tuple[str, ...]:
        """The exercises that it is about, each once."""
        return tuple(dict.fromkeys((self.first.exercise_id, self.second.exercise_id)))

    @property
    def same_scenario(self) -> bool:
        """Whether both bear the same title; comparing different exercises says little."""
        return self.first.title == self.second.title

    @property
    def same_outcome(self) -> bool | None:
        """Whether the same came of both, whatever time it took; None where a report does not tell."""
        if not (self.first.fingerprint and self.second.fingerprint):
            return None
        return self.first.fingerprint == self.second.fingerprint


class _Side(NamedTuple):
    """What one drill says of a thing, and how bad that is: more is worse; None where it was not observed."""

    about: str
    says: str
    badness: float | None


def compare(first: AfterAction, second: AfterAction) -> Comparison:
    """The second drill against the first."""
    return Comparison(
        first=_played(first),
        second=_played(second),
        handling=side_by_side(first.handling, second.handling, _same(first.levels, second.levels)),
        tables=(
            _table("Counts", _counts(first), _counts(second)),
            _table("Objectives", _objectives(first), _objectives(second)),
            _table("Recovery from faults", _recoveries(first), _recoveries(second), noise=NOTICED),
            _table("Cooperation", _cooperation(first), _cooperation(second)),
            _table("Median times", _timings(first), _timings(second), noise=NOTICED),
        ),
    )


def _same(first: Levels, second: Levels) -> Levels:
    """Policies of either, but for one that two realms order otherwise: then the highest of both is named."""
    return {
        policy: levels
        for policy, levels in {**first, **second}.items()
        if first.get(policy, levels) == second.get(policy, levels)
    }


def _played(review: AfterAction) -> Played:
    return Played(
        title=review.title,
        exercise_id=review.exercise_id,
        started_at=review.started_at,
        seconds=review.seconds,
        fingerprint=review.fingerprint,
    )


def _counts(review: AfterAction) -> dict[str, _Side]:
    return {
        name: _Side(words, str(getattr(review, name)), float(getattr(review, name)))
        for name, words in COUNTS.items()
    }


def _objectives(review: AfterAction) -> dict[str, _Side]:
    return {
        each.id: _Side(
            f"{each.id} {each.title}",
            f"{each.rating}: {each.met} of {each.cases}" if each.cases else "not observed",
            # Within a rating the share that met it tells them apart.
            None if each.rating not in _BADNESS else _BADNESS[each.rating] - 0.5 * each.met / each.cases,
        )
        for each in review.objectives
    }


def _recoveries(review: AfterAction) -> dict[str, _Side]:
    return {
        each.serial: _Side(
            f"{each.serial} {each.title}",
            span(each.recovered_seconds),
            inf if each.recovered_seconds is None else each.recovered_seconds,
        )
        for each in review.recoveries
    }


def _cooperation(review: AfterAction) -> dict[str, _Side]:
    return {
        each.nation: _Side(
            each.nation,
            f"{each.given} of {each.owed} given, {each.on_time} in time",
            -each.on_time / each.owed,
        )
        for each in review.cooperation
        if each.owed
    }


def _timings(review: AfterAction) -> dict[str, _Side]:
    found = {}
    for each in review.timings:
        about = f"{each.nation} {each.precedence}: {MEASURES[each.what].lower()}"
        missing = f", {each.awaited - each.came} never" if each.came < each.awaited else ""
        badness = inf if each.median_seconds is None else each.median_seconds
        found[about] = _Side(about, f"{span(each.median_seconds)}{missing}", badness)
    return found


def _table(
    title: str, first: Mapping[str, _Side], second: Mapping[str, _Side], *, noise: float = 1.0
) -> Table:
    pairs = []
    for key in dict.fromkeys((*first, *second)):
        one, other = first.get(key), second.get(key)
        known = one or other
        assert known is not None  # the keys are those of both
        pairs.append(
            Pair(
                about=known.about,
                first=one.says if one else "",
                second=other.says if other else "",
                change=_change(one, other, noise),
            )
        )
    order = list(Change)
    return Table(title=title, pairs=tuple(sorted(pairs, key=lambda pair: order.index(pair.change))))


def _change(one: _Side | None, other: _Side | None, noise: float) -> Change:
    if one is None:
        return Change.ONLY_SECOND
    if other is None:
        return Change.ONLY_FIRST
    if one.badness == other.badness:
        return Change.SAME
    if other.badness is None:
        return Change.GONE
    if one.badness is None:
        return Change.FOUND
    if other.badness > one.badness:
        return Change.WORSE if other.badness > noise * one.badness or one.badness < 0 else Change.SAME
    return Change.BETTER if one.badness > noise * other.badness or other.badness < 0 else Change.SAME
