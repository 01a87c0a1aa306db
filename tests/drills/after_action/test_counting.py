"""What gateways counted in a drill: what they had counted before it does not belong to it."""

from drills.counting import since
from drills.course import NationFigures


def figures(nation: str, duplicates: int, missing: int = 0) -> NationFigures:
    return NationFigures(nation=nation, missing=missing, duplicates=duplicates, late=0, resent=0, rejected=0)


def test_what_was_counted_before_the_drill_is_taken_off() -> None:
    [found] = since({"XAA": figures("XAA", 5)}, {"XAA": figures("XAA", 7, missing=2)})
    assert (found.duplicates, found.missing) == (2, 2)


def test_a_gateway_that_was_started_anew_counts_from_its_start() -> None:
    [found] = since({"XAA": figures("XAA", 5)}, {"XAA": figures("XAA", 3)})
    assert found.duplicates == 3


def test_a_gateway_that_told_nothing_before_counts_whole() -> None:
    [found] = since({}, {"XAA": figures("XAA", 4)})
    assert found.duplicates == 4
