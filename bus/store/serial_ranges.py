"""Arithmetic on ranges of serials, both ends included."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import islice

Range = tuple[int, int]


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same serials as sorted ranges that neither overlap nor touch."""
    runs: list[Range] = []
    for first, last in sorted(ranges):
        if runs and first <= runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], max(runs[-1][1], last))
        else:
            runs.append((first, last))
    return runs


def without(whole: Range, runs: Sequence[Range]) -> list[Range]:
    """What is left of a range once `runs` (as `merged` gives them) are taken out."""
    first, last = whole
    left: list[Range] = []
    for run_first, run_last in islice(runs, bisect_left(runs, first, key=_end), None):
        if run_first > last:
            break
        if run_first > first:
            left.append((first, run_first - 1))
        first = run_last + 1
    if first <= last:
        left.append((first, last))
    return left


def _end(run: Range) -> int:
    return run[1]


def holes(highest: int, runs: Sequence[Range]) -> tuple[int, list[Range]]:
    """The new highest serial once `runs` came in, and the ranges above the old one that did not."""
    found: list[Range] = []
    for first, last in runs:
        if first > highest + 1:
            found.append((highest + 1, first - 1))
        highest = max(highest, last)
    return highest, found
