"""What a soak judges: growth shows through noise, restarts and single outliers do not look like growth."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.steadiness import (
    MEMORY_MIB,
    Finding,
    disk_flat,
    growth,
    latency_steady,
    processes_flat,
    slope,
)
from drills.load.figures import LoadFigures, Times
from drills.load.processes import MIB, Sample


@settings(max_examples=25)
@given(st.floats(-5, 5), st.integers(0, 1000), st.randoms(use_true_random=False))
def test_a_slope_is_found_though_a_fifth_of_the_points_lie_anywhere(
    true: float, level: int, dice: random.Random
) -> None:
    points = [(float(at), level + true * at) for at in range(50)]
    for place in dice.sample(range(50), 10):
        points[place] = (points[place][0], dice.uniform(-1e4, 1e4))
    assert slope(points) == pytest.approx(true, abs=0.25 * (abs(true) + 1))


def test_long_series_are_thinned_and_short_ones_have_no_slope() -> None:
    assert growth([(float(at), 3.0 * at) for at in range(5000)]) == pytest.approx(3.0 * 4999)
    assert growth([]) == growth([(1.0, 7.0)]) == slope([(1.0, 7.0), (1.0, 9.0)]) == 0.0


def samples(*, leak: float, descriptors: float = 0.0, restarted_at: float = 50.0) -> list[Sample]:
    """Of 3,600 seconds, with noise of a megabyte and a restart; ``leak`` in MB each hour."""
    dice = random.Random(1)
    return [
        Sample(
            at=float(at),
            pid=1 if at < restarted_at else 2,
            resident=int(MIB * (100 + (at >= restarted_at) * 40 + leak * at / 3600 + dice.random())),
            descriptors=30 + int(descriptors * at / 3600) + dice.randint(0, 2),
            threads=12,
        )
        for at in range(0, 3600, 10)
    ]


def failed(findings: list[Finding]) -> list[str]:
    return [each.what for each in findings if not each.kept]


@pytest.mark.parametrize(
    ("made", "fails"),
    [
        (samples(leak=0), []),
        (samples(leak=MEMORY_MIB), []),
        (samples(leak=40), ["XAA: memory grew by"]),
        (samples(leak=0, restarted_at=2000), ["XAA: times it was started anew"]),
        (samples(leak=0, descriptors=40), ["XAA: descriptors grew by"]),
    ],
    ids=["flat", "caches fill", "a leak", "another process in its place", "descriptors left open"],
)
def test_a_process_that_grows_is_told_from_one_that_does_not(made: list[Sample], fails: list[str]) -> None:
    assert failed(processes_flat({"XAA": made}, 1000)) == fails


def test_only_the_process_that_lives_at_the_end_is_judged() -> None:
    leaking = [each for each in samples(leak=100, restarted_at=3000) if each.at < 3000]
    flat = [each for each in samples(leak=0, restarted_at=3000) if each.at >= 3000]
    assert failed(processes_flat({"XAA": [*leaking, *flat]}, 3000)) == []
    assert failed(processes_flat({"XAA": leaking}, 1000)) == ["XAA: memory grew by"]


def test_the_broker_has_more_room_and_a_bound_as_well() -> None:
    grows = samples(leak=40)
    assert failed(processes_flat({"broker": grows}, 1000)) == []
    assert failed(processes_flat({"broker": samples(leak=200)}, 1000)) == ["broker: memory grew by"]


def test_a_place_on_disk_may_grow_by_messages_only() -> None:
    by_message = [(float(copies), 5e6 + 20_000 * copies) for copies in range(0, 5000, 100)]
    assert failed(disk_flat({"XAA": by_message}, 5000)) == []
    anyway = [(copies / 100, octets) for copies, octets in by_message]
    assert failed(disk_flat({"XAA": anyway}, 50)) == ["XAA: disk grew by"]
    faster = [(copies, 5e6 + 4 * copies**2) for copies, _ in by_message]
    assert failed(disk_flat({"XAA": faster}, 5000)) == ["XAA: disk per copy, second half to first"]
    assert failed(disk_flat({"XAA": faster}, 500)) == [], "too few to tell from logs that are written anew"


def test_latencies_are_judged_by_the_last_third_beside_the_one_before() -> None:
    thirds = tuple(Times(100, p50, p50, p50, p50) for p50 in (0.9, 0.1, 0.25))
    none = Times(0, None, None, None, None)
    figures = LoadFigures.__new__(LoadFigures)
    object.__setattr__(figures, "acceptance_by_third", thirds)
    object.__setattr__(figures, "delivery_by_third", (none, none, none))
    assert failed(latency_steady(figures)) == ["median acceptance, last third to second"]
