"""The tally of a load: nothing is lost, counted twice or counted early, in whatever order it is told."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drills.load.latencies import SMALLEST, Latencies
from drills.load.tally import Tally
from schemas.header import Precedence

NATIONS = ("XAA", "XAB", "XAC", "XAD")


def told(tally: Tally, what: tuple[str, int, str], at: float) -> None:
    """Tell the tally one thing about a message of XAA to the three others."""
    happened, number, nation = what
    if happened == "accepted":
        tally.accept(
            publication_id=f"p{number}",
            identity=("XAA", f"m{number}"),
            recipients=NATIONS[1:],
            precedence=Precedence.PRIORITY,
            due=0.0,
            at=at,
        )
    elif happened == "receipt":
        tally.receipt(f"p{number}", nation, at)
    else:
        tally.arrive(nation, ("XAA", f"m{number}"))


@given(st.integers(1, 6), st.randoms(use_true_random=False))
def test_in_whatever_order_it_is_told_all_is_counted_once(count: int, dice: random.Random) -> None:
    tally = Tally(NATIONS, 10.0)
    tally.offered = count
    everything = [("accepted", number, "") for number in range(count)]
    everything += [
        (happened, number, nation)
        for happened in ("receipt", "arrived")
        for number in range(count)
        for nation in NATIONS[1:]
    ]
    dice.shuffle(everything)
    for at, what in enumerate(everything):
        assert not tally.settled or tally.strays
        told(tally, what, float(at))
    assert tally.settled
    assert (tally.accepted, tally.copies, tally.delivered) == (count, 3 * count, 3 * count)
    assert (tally.lost, tally.backlog, tally.duplicates, tally.strays) == (0, 0, 0, 0)
    assert tally.by_precedence[Precedence.PRIORITY].delivery.count == 3 * count


def test_what_is_missing_twice_or_misdirected_shows() -> None:
    tally = Tally(NATIONS, 10.0)
    tally.offered = 2
    told(tally, ("arrived", 0, "XAB"), 0.5)
    told(tally, ("arrived", 0, "XAB"), 0.6)
    told(tally, ("accepted", 0, ""), 1.0)
    assert tally.duplicates == 1, "also when it came before the answer"
    told(tally, ("arrived", 0, "XAA"), 1.1)
    assert tally.duplicates == 2, "its own author has no copy of it"
    told(tally, ("receipt", 0, "XAB"), 1.5)
    told(tally, ("receipt", 0, "XAB"), 1.6)
    assert (tally.lost, tally.backlog, tally.under_way) == (2, 2, 1)
    told(tally, ("arrived", 9, "XAC"), 2.0)
    assert tally.strays == 1
    assert not tally.settled


def test_a_draft_that_waited_before_it_was_sent_counts_from_when_it_was_due() -> None:
    tally = Tally(NATIONS, 10.0)
    told(tally, ("accepted", 0, ""), 4.0)
    acceptance = tally.by_precedence[Precedence.PRIORITY].acceptance
    assert acceptance.percentile(0.5) == pytest.approx(4.0)


@given(st.lists(st.floats(SMALLEST, 1e4), min_size=1, max_size=300), st.floats(0.01, 1.0))
def test_a_percentile_is_within_two_per_cent_of_the_exact_one(values: list[float], part: float) -> None:
    latencies = Latencies()
    for value in values:
        latencies.add(value)
    exact = sorted(values)[max(1, math.ceil(part * len(values))) - 1]
    found = latencies.percentile(part)
    assert found is not None
    assert exact * 0.999 <= found <= exact * 1.021
    assert latencies.percentile(1.0) == pytest.approx(max(values))


def test_counting_together_is_counting_all() -> None:
    one, other, both = Latencies(), Latencies(), Latencies()
    for place, value in enumerate((0.5, 0.1, 3.0, 0.2, 0.7)):
        (one, other)[place % 2].add(value)
        both.add(value)
    one.merge(other)
    assert [one.percentile(part) for part in (0.2, 0.5, 0.99)] == [
        both.percentile(part) for part in (0.2, 0.5, 0.99)
    ]
    assert Latencies().percentile(0.5) is None
