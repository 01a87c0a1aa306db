"""Whether two figures share ground: tables of places, and properties."""

from math import cos, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.calendar.figures import Figure, Ring, circle_rings, figures_of
from console.calendar.overlap import TooMuchWork, Work, overlap
from schemas.area import Area, Circle
from schemas.geojson import ring_area
from tests.console.exercises.notices import comb


def square(west: float, south: float, side: float = 2.0) -> Ring:
    east, north = west + side, south + side
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


def figure(*rings: Ring) -> Figure:
    return Figure(rings)


def meet(first: Figure, second: Figure) -> bool:
    one, other = overlap(first, second, Work(10**6)), overlap(second, first, Work(10**6))
    assert one is other
    return one


RING_WITH_HOLE = figure(square(0, 0, 10), square(2, 2, 6))
DIAMOND: Ring = ((1, -1), (3, 1), (1, 3), (-1, 1), (1, -1))

PLACES = [
    ("borders that cross", figure(square(0, 0)), figure(square(1, 1)), True),
    ("one within the other", figure(square(0, 0, 10)), figure(square(4, 4)), True),
    ("the same square twice", figure(square(0, 0)), figure(square(0, 0)), True),
    ("the same square drawn the other way round", figure(square(0, 0)), figure(square(0, 0)[::-1]), True),
    ("far apart", figure(square(0, 0)), figure(square(50, 50)), False),
    (
        "boxes that meet, figures that do not",
        figure(((0, 0), (4, 0), (0, 4), (0, 0))),
        figure(square(3, 3)),
        False,
    ),
    ("a shared border", figure(square(0, 0)), figure(square(2, 0)), False),
    ("a shared corner", figure(square(0, 0)), figure(square(2, 2)), False),
    ("a border shared in part", figure(square(0, 0)), figure(square(2, 1)), False),
    ("a border drawn a millimetre over", figure(square(0, 0)), figure(square(2 - 1e-8, 0)), False),
    ("a border drawn a hundred metres over", figure(square(0, 0)), figure(square(2 - 1e-3, 0)), True),
    ("one in the other's hole", RING_WITH_HOLE, figure(square(4, 4)), False),
    ("one that fills the hole exactly", RING_WITH_HOLE, figure(square(2, 2, 6)), False),
    ("one that reaches out of the hole", RING_WITH_HOLE, figure(square(4, 4, 5)), True),
    ("corners exactly on borders", figure(square(0, 0)), figure(DIAMOND), True),
    ("a point inside", figure(square(0, 0)), Figure(point=(1, 1)), True),
    ("a point outside", figure(square(0, 0)), Figure(point=(5, 1)), False),
    ("a point in the hole", RING_WITH_HOLE, Figure(point=(5, 5)), False),
    ("two points at one place", Figure(point=(1, 1)), Figure(point=(1, 1)), True),
    ("two points apart", Figure(point=(1, 1)), Figure(point=(1, 2)), False),
    (
        "a bow tie and a square in its lobe",
        figure(((0, 0), (4, 4), (4, 0), (0, 4), (0, 0))),
        figure(square(3, 1.8, 0.4)),
        True,
    ),
]


@pytest.mark.parametrize(("first", "second", "expected"), [p[1:] for p in PLACES], ids=[p[0] for p in PLACES])
def test_figures_meet_where_they_share_ground(first: Figure, second: Figure, expected: bool) -> None:
    assert meet(first, second) is expected


def test_areas_at_different_heights_do_not_meet() -> None:
    low, high = Figure((square(0, 0),), None, 0, 1000), Figure((square(1, 1),), None, 1000, 3000)
    unsaid = Figure((square(1, 1),))
    assert not meet(low, high)
    assert meet(low, unsaid)
    assert meet(Figure((square(0, 0),), None, 0, 1001), high)


@pytest.mark.parametrize(
    ("circle", "inside", "outside"),
    [
        pytest.param((20, 57, 10_000), [(20, 57.08)], [(20, 57.1), (20.2, 57)], id="a small circle"),
        pytest.param((179.9, 10, 50_000), [(-179.9, 10), (179.6, 10)], [(-179, 10)], id="over longitude 180"),
        pytest.param((-180, 10, 50_000), [(179.9, 10), (-179.9, 10)], [(0, 10)], id="centred on 180"),
        pytest.param((40, 85, 1_000_000), [(-140, 89.9), (-140, 86.5)], [(-140, 80)], id="over a pole"),
        pytest.param((40, -85, 1_000_000), [(-140, -89.9)], [(40, 85)], id="over the other pole"),
        pytest.param((0, 0, 15_000_000), [(100, 0), (0, 80)], [(179, 0)], id="over half the world"),
        pytest.param((0, 0, 20_040_000), [(180, 0), (-90, 90), (5, 5)], [], id="all of the world"),
    ],
)  # fmt: skip
def test_a_circle_holds_what_lies_within_its_radius(
    circle: tuple[float, float, float], inside: list[tuple[float, float]], outside: list[tuple[float, float]]
) -> None:
    area = Area(
        description="x", circles=(Circle(longitude=circle[0], latitude=circle[1], radius_m=circle[2]),)
    )
    (drawn,) = figures_of([area])
    for place in inside:
        near = figure(square(min(place[0], 179.99), min(place[1], 89.99), 0.01))
        assert meet(drawn, near), place
    for place in outside:
        assert not meet(drawn, figure(square(place[0], place[1], 0.0001))), place


degrees_ = st.integers(-40, 40).map(lambda n: n / 4)
triangles = st.tuples(*[st.tuples(degrees_, degrees_)] * 3).filter(
    lambda t: abs(ring_area((*t, t[0]))) > 0.01
)


def _apart(a: tuple[tuple[float, float], ...], b: tuple[tuple[float, float], ...]) -> bool:
    """Whether a line along an edge of one parts two triangles (exact for quarters of degrees)."""
    for one, other in ((a, b), (b, a)):
        for i in range(3):
            (x0, y0), (x1, y1) = one[i], one[(i + 1) % 3]
            third = one[(i + 2) % 3]
            side = (x1 - x0) * (third[1] - y0) - (y1 - y0) * (third[0] - x0)
            others = [(x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) for x, y in other]
            if all(each * side <= 0 for each in others):
                return True
    return False


@given(triangles, triangles)
def test_triangles_meet_unless_a_line_parts_them(
    a: tuple[tuple[float, float], ...], b: tuple[tuple[float, float], ...]
) -> None:
    assert meet(figure((*a, a[0])), figure((*b, b[0]))) is not _apart(a, b)


@given(st.floats(-180, 180), st.floats(-89, 89), st.floats(1, 20_000_000))
def test_rings_of_circles_lie_in_the_world_and_close(
    longitude: float, latitude: float, radius: float
) -> None:
    rings = circle_rings(longitude, latitude, radius)
    assert rings
    for ring in rings:
        assert ring[0] == ring[-1]
        assert all(-180 <= x <= 180 and -90 <= y <= 90 for x, y in ring)


@given(st.floats(-179, 179), st.floats(-70, 70), st.floats(100, 500_000))
def test_a_circle_meets_its_own_middle_and_nothing_two_radii_away(
    longitude: float, latitude: float, radius: float
) -> None:
    drawn = figure(*circle_rings(longitude, latitude, radius))
    size = radius / 111_000 / 10
    assert meet(drawn, figure(square(longitude, latitude, size)))
    away = 2 * radius / 111_000 / cos(radians(latitude))
    if longitude + away < 179:
        assert not meet(drawn, figure(square(longitude + away, latitude, size / 10)))


def test_an_outline_made_to_be_costly_ends_the_comparison() -> None:
    with pytest.raises(TooMuchWork):
        overlap(figure(comb(1500)), figure(comb(1500, from_east=True)), Work(50_000))
    assert not meet(figure(comb(20)), figure(comb(20, from_east=True)))
