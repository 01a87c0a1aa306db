"""Geometry (RFC 7946) and areas: what is a place on Earth, and every way not to be one."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.area import Area
from schemas.geojson import MAX_POSITIONS, Geometry, Polygon, ring_area

geometry: TypeAdapter[Geometry] = TypeAdapter(Geometry)

SQUARE = [[5.0, 60.0], [6.0, 60.0], [6.0, 61.0], [5.0, 61.0], [5.0, 60.0]]
HOLE = [[5.4, 60.4], [5.4, 60.6], [5.6, 60.6], [5.6, 60.4], [5.4, 60.4]]


@pytest.mark.parametrize(
    "value",
    [
        {"type": "Point", "coordinates": [5, -90]},
        {"type": "Polygon", "coordinates": [SQUARE]},
        {"type": "Polygon", "coordinates": [SQUARE[::-1]]},
        {"type": "Polygon", "coordinates": [SQUARE, HOLE]},
        {"type": "MultiPolygon", "coordinates": [[SQUARE], [[[-180, 0], [-170, 0], [-170, 9], [-180, 0]]]]},
    ],
    ids=["a point at the pole", "a square", "a clockwise square", "a square with a hole", "two polygons"],
)
def test_geometry_is_taken(value: dict[str, object]) -> None:
    found = geometry.validate_json(json.dumps(value))
    assert json.loads(found.encode()) == value


def polygon(*rings: object) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": list(rings)}


def circle_of_positions(count: int) -> list[list[float]]:
    ring = [[index / 100_000, (index % 7) / 100] for index in range(count - 1)]
    return [*ring, ring[0]]


BAD = {
    "a type that is not carried": {"type": "LineString", "coordinates": SQUARE},
    "no type": {"coordinates": [5, 60]},
    "no coordinates": {"type": "Point"},
    "a foreign member": {"type": "Point", "coordinates": [5, 60], "name": "here"},
    "a bounding box": {"type": "Point", "coordinates": [5, 60], "bbox": [5, 60, 5, 60]},
    "one number": {"type": "Point", "coordinates": [5]},
    "three numbers": {"type": "Point", "coordinates": [5, 60, 100]},
    "numbers as text": {"type": "Point", "coordinates": ["5", "60"]},
    "a truth value": {"type": "Point", "coordinates": [True, 60]},
    "null": {"type": "Point", "coordinates": None},
    "a longitude beyond 180": {"type": "Point", "coordinates": [180.1, 60]},
    "a latitude beyond 90": {"type": "Point", "coordinates": [5, -90.1]},
    "latitude and longitude swapped": {"type": "Point", "coordinates": [60.0, 147.1]},
    "an open ring": polygon(SQUARE[:-1]),
    "a ring of three": polygon([SQUARE[0], SQUARE[1], SQUARE[0]]),
    "a ring without area": polygon([SQUARE[0]] * 4),
    "a ring that is a line": polygon([[5, 60], [6, 61], [7, 62], [5, 60]]),
    "a hole without area": polygon(SQUARE, [HOLE[0]] * 4),
    "a polygon of no rings": polygon(),
    "a multipolygon of no polygons": {"type": "MultiPolygon", "coordinates": []},
    "a polygon where a multipolygon is named": {"type": "MultiPolygon", "coordinates": [SQUARE]},
    "more positions in a ring than are read": polygon(circle_of_positions(MAX_POSITIONS + 1)),
    "more positions in all rings than are read": polygon(*[circle_of_positions(MAX_POSITIONS // 2 + 1)] * 2),
}


@pytest.mark.parametrize("value", BAD.values(), ids=BAD.keys())
def test_geometry_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        geometry.validate_json(json.dumps(value))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_what_is_no_number_is_no_position(number: str) -> None:
    with pytest.raises(ValidationError):
        geometry.validate_json(f'{{"type": "Point", "coordinates": [{number}, 60]}}')


@given(st.floats(-180, 179), st.floats(-90, 89), st.floats(0.001, 1), st.floats(0.001, 1))
def test_any_box_is_a_polygon_of_its_area(west: float, south: float, width: float, height: float) -> None:
    east, north = west + width, south + height
    ring = ((west, south), (east, south), (east, north), (west, north), (west, south))
    taken = Polygon(type="Polygon", coordinates=(ring,))
    assert ring_area(taken.coordinates[0]) == pytest.approx((east - west) * (north - south))
    assert ring_area(ring[::-1]) == pytest.approx(-ring_area(ring))


def test_a_position_that_is_refused_is_not_quoted() -> None:
    with pytest.raises(ValidationError) as refusal:
        geometry.validate_json(
            '{"type": "Polygon", "coordinates": [[[5, 60], [6, 60], [6, 61], [5.123, 60]]]}'
        )
    faults = refusal.value.errors(include_input=False, include_url=False, include_context=False)
    assert faults[0]["type"] == "ring_open"
    assert "5.123" not in repr(faults)


@pytest.mark.parametrize(
    "more",
    [
        {"ceiling_m": 1000},
        {"altitude_m": 1000, "ceiling_m": 999},
        {"circles": [{"longitude": 5, "latitude": 60, "radius_m": -1}]},
        {"circles": [{"longitude": 5, "latitude": 60, "radius_m": 1}] * 2},
        {"geocodes": [{"name": "", "value": "1"}]},
        {"geocodes": [{"name": "X", "value": "a\u202eb"}]},
        {"language": "Norwegian, mostly"},
        {"translations": [{"language": "fr", "text": "a"}, {"language": "FR", "text": "b"}]},
        {"description": ""},
        {"description": "line\x07bell"},
    ],
    ids=[
        "a ceiling without altitude",
        "a ceiling below the altitude",
        "a negative radius",
        "the same circle twice",
        "a geocode without a name",
        "a direction override in a value",
        "a language that is none",
        "two translations into one language",
        "no description",
        "a control character",
    ],
)
def test_an_area_is_refused_with(more: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Area.model_validate_json(json.dumps({"description": "The coast", **more}))


def test_an_area_may_be_words_alone() -> None:
    assert Area.model_validate_json('{"description": "The coast"}').geometry is None
