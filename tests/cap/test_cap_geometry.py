"""CAP geometry to GeoJSON: exact, turned round, metric, cut at the antimeridian, and strict."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.area import Area
from schemas.geojson import MultiPolygon, Polygon, ring_area
from schemas.interop.cap import CapWarningCode
from schemas.reasons import ReasonCode
from tests.cap.alert_xml import alert_xml, area_xml, draft, info_xml, refused, taken

R = ReasonCode


def with_area(changes: dict[str, str | None], more: str = "") -> str:
    return alert_xml(None, info_xml(inner=area_xml(changes).replace("</area>", f"{more}</area>")))


def area_of(changes: dict[str, str | None], more: str = "") -> Area:
    (area,) = draft(with_area(changes, more)).body.areas
    return area


def degrees(limit: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(-limit, limit, places=6, allow_nan=False, allow_infinity=False)


positions = st.tuples(degrees(90), degrees(180))
metres = st.decimals(0, 20_040, places=6, allow_nan=False, allow_infinity=False)


@given(st.lists(positions, min_size=3, max_size=12))
def test_a_polygon_comes_back_from_geojson_as_it_was(corners: list[tuple[Decimal, Decimal]]) -> None:
    closed = [*corners, corners[0]]
    assume(all(abs(a[1] - b[1]) <= 180 for a, b in pairwise(closed)))
    assume(abs(ring_area(tuple((float(lon), float(lat)) for lat, lon in closed))) > 1e-9)
    geometry = area_of({"polygon": " ".join(f"{lat},{lon}" for lat, lon in closed)}).geometry
    assert isinstance(geometry, Polygon)
    (ring,) = geometry.coordinates
    back = [(Decimal(repr(lat)), Decimal(repr(lon))) for lon, lat in ring]
    assert back in (closed, closed[::-1])
    assert ring_area(ring) > 0


@given(positions, metres)
def test_a_circle_comes_back_from_metres_as_it_was(centre: tuple[Decimal, Decimal], km: Decimal) -> None:
    (circle,) = area_of({"polygon": None, "circle": f"{centre[0]},{centre[1]} {km}"}).circles
    assert (Decimal(repr(circle.latitude)), Decimal(repr(circle.longitude))) == centre
    assert Decimal(repr(circle.radius_m)) / 1000 == km


@given(
    st.decimals(0, 40_000, places=2, allow_nan=False, allow_infinity=False),
    st.decimals(0, 40_000, places=2, allow_nan=False, allow_infinity=False),
)
def test_heights_come_back_from_metres_as_they_were(one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    area = area_of({"altitude": str(low), "ceiling": str(high)})
    for feet, height in ((low, area.altitude_m), (high, area.ceiling_m)):
        assert height is not None
        assert Decimal(repr(height)) / Decimal("0.3048") == feet


@given(
    st.integers(-80, 70),
    st.integers(1, 10),
    st.integers(1, 80),
    st.integers(1, 80),
)
def test_what_crosses_the_antimeridian_is_cut_and_loses_no_area(
    south: int, height: int, west: int, east: int
) -> None:
    corners = [
        (south, 180 - west),
        (south, -180 + east),
        (south + height, -180 + east),
        (south + height, 180 - west),
        (south, 180 - west),
    ]
    alert = taken(with_area({"polygon": " ".join(f"{lat},{lon}" for lat, lon in corners)}))
    assert [warning.code for warning in alert.warnings] == [CapWarningCode.ANTIMERIDIAN_CUT]
    geometry = alert.drafts[0].body.areas[0].geometry
    assert isinstance(geometry, MultiPolygon)
    parts = sorted(ring_area(polygon[0]) for polygon in geometry.coordinates)
    assert parts == pytest.approx(sorted((west * height, east * height)))


def test_a_box_round_the_world_is_not_cut() -> None:
    geometry = area_of({"polygon": "-60,-180 -60,180 60,180 60,-180 -60,-180"}).geometry
    assert isinstance(geometry, Polygon)
    assert ring_area(geometry.coordinates[0]) == 360 * 120


def test_several_polygons_are_one_area() -> None:
    more = "<polygon>10,10 10,11 11,11 10,10</polygon>"
    assert isinstance(area_of({}, more).geometry, MultiPolygon)


def test_polygon_circle_and_geocode_stand_together() -> None:
    geocode = "<geocode><valueName>XNO-KOMMUNE</valueName><value>1145</value></geocode>"
    area = area_of({"circle": "62.5,5.5 10"}, geocode + geocode)
    assert isinstance(area.geometry, Polygon)
    assert area.circles[0].radius_m == 10_000
    assert [(code.name, code.value) for code in area.geocodes] == [("XNO-KOMMUNE", "1145")]


BAD_POLYGONS = {
    "that is empty": "",
    "of three positions": "62,5 62,6 62,5",
    "that does not close": "62,5 62,6 63,6 63,5",
    "beyond the pole": "91,5 62,6 63,6 91,5",
    "beyond longitude 180": "62,181 62,6 63,6 62,181",
    "with a comma too many": "62,5, 62,6 63,6 62,5,",
    "with a height": "62,5,10 62,6,10 63,6,10 62,5,10",
    "with spaces inside the pairs": "62, 5 62, 6 63, 6 62, 5",
    "of words": "north,east north,west south,west north,east",
    "with not a number": "nan,5 62,6 63,6 nan,5",
    "with an infinity": "inf,5 62,6 63,6 inf,5",
    "with an exponent": "6.2e1,5 62,6 63,6 6.2e1,5",
    "with other digits": "٦٢,5 62,6 63,6 ٦٢,5",
    "that is one point four times": "62,5 62,5 62,5 62,5",
    "that is a line": "62,5 63,6 64,7 62,5",
    "round the pole": "80,0 80,120 80,-120 80,0",
    "of more positions than are read": "62,5 " + "62,6 63,6 " * 5000 + "62,5",
}


@pytest.mark.parametrize("polygon", BAD_POLYGONS.values(), ids=BAD_POLYGONS.keys())
def test_a_polygon_is_refused(polygon: str) -> None:
    place = refused(with_area({"polygon": polygon}))
    assert (place.code, place.path) == (R.CAP_GEOMETRY_INVALID, "/alert/info[1]/area[1]/polygon[1]")


BAD_CIRCLES = {
    "without radius": "62,5",
    "with a negative radius": "62,5 -1",
    "wider than the Earth": "62,5 20041",
    "with its centre off the Earth": "95,5 1",
    "with two radii": "62,5 1 2",
    "that is empty": "",
}


@pytest.mark.parametrize("circle", BAD_CIRCLES.values(), ids=BAD_CIRCLES.keys())
def test_a_circle_is_refused(circle: str) -> None:
    place = refused(with_area({"circle": circle}))
    assert (place.code, place.path) == (R.CAP_GEOMETRY_INVALID, "/alert/info[1]/area[1]/circle[1]")


BAD_HEIGHTS: dict[str, dict[str, str | None]] = {
    "a ceiling without altitude": {"ceiling": "1000"},
    "a ceiling below the altitude": {"altitude": "2000", "ceiling": "1000"},
    "an altitude in words": {"altitude": "high"},
    "an altitude below the sea floor": {"altitude": "-50000"},
    "an empty altitude": {"altitude": ""},
}


@pytest.mark.parametrize("heights", BAD_HEIGHTS.values(), ids=BAD_HEIGHTS.keys())
def test_heights_are_refused(heights: dict[str, str | None]) -> None:
    assert refused(with_area(heights)).code is R.CAP_GEOMETRY_INVALID


def test_an_area_needs_a_description() -> None:
    assert refused(with_area({"areaDesc": None})).code is R.CAP_ELEMENT_MISSING
