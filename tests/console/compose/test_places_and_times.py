"""Times, positions and geometries as people type them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.forms.geometry import NoGeometry, read_geometry, show_geometry
from console.forms.moments import read_moment, show_moment
from console.forms.positions import read_position, show_position
from schemas.base import rfc3339
from schemas.geojson import ring_area


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        *(
            (text, "2026-11-22T14:05:00Z")
            for text in ("2026-11-22 14:05Z", "2026-11-22T14:05", "221405ZNOV26")
        ),
        *((text, "2026-11-22T14:05:00Z") for text in ("22 1405Z NOV 2026", "2026-11-22 15:05+01:00")),
        *(
            (text, "2026-11-22T14:05:00Z")
            for text in ("2026-11-22 1405z", "٢٠٢٦-١١-٢٢ ١٤:٠٥Z", " 221405z nov26 ")
        ),
        ("2026-11-22T14:05:06.5Z", "2026-11-22T14:05:06.500000Z"),
        *((text, None) for text in ("", "soon", "2026-13-01 10:00Z", "2026-02-30 10:00Z", "321405ZNOV26")),
        *(
            (text, None)
            for text in ("22/11/2026", "2026-11-22", "14:05", "221405ZFOO26", "2026-11-22 24:00Z")
        ),
        *(
            (text, None)
            for text in ("0001-01-01 00:00+23:00", "2026-11-22 10:00+99:00", "2026-11-22 10:00 CET")
        ),
    ],
)
def test_a_time_is_read_in_zulu_or_not_at_all(text: str, moment: str | None) -> None:
    assert read_moment(text) == moment


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_time_that_is_shown_is_read_back(moment: datetime) -> None:
    assert read_moment(show_moment(rfc3339(moment))) == rfc3339(moment)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        *(
            (text, (24.21, 59.68))
            for text in ("59.68, 24.21", "59.68 24.21", "59.68N 24.21E", "N59.68 E24.21")
        ),
        *((text, (24.21, 59.68)) for text in ("24.21E, 59.68N", "59°40.8′N 24°12.6′E", "59 40.8N 024 12.6E")),
        *((text, (24.21, 59.68)) for text in ("59°40'48\"N, 24°12'36\"E", "E024 12.6 N59 40.8")),
        *(("-10.5 -20", (-20.0, -10.5)), ("10.5S; 20W", (-20.0, -10.5)), ("٥٩.٦٨, ٢٤.٢١", (24.21, 59.68))),
        *(
            (text, None)
            for text in ("", "59.68", "91, 10", "10, 181", "59.68N 24.21N", "north, east", "1,2,3")
        ),
        *((text, None) for text in ("59 61N 24 10E", "59.5 10N 24E", "--5, 7", "N59N E24")),
    ],
)
def test_a_position_is_read_latitude_first_unless_letters_say_otherwise(text: str, position: Any) -> None:
    assert read_position(text) == position


DEGREES = st.decimals(-90, 90, places=6).map(float)


@given(DEGREES, DEGREES)
def test_a_position_that_is_shown_is_read_back(longitude: float, latitude: float) -> None:
    assert read_position(show_position((longitude, latitude))) == (longitude, latitude)


SQUARE = "59, 24\n59, 25\n60, 25\n60, 24"


@pytest.mark.parametrize("lines", [SQUARE, "\n".join(reversed(SQUARE.split("\n"))), SQUARE + "\n59, 24"])
def test_rings_are_closed_and_wound_by_the_right_hand_rule(lines: str) -> None:
    hole = "59.2, 24.2\n59.2, 24.4\n59.4, 24.4"
    for text in (f"{lines}\n-\n{hole}", f"{lines}\n-\n" + "\n".join(reversed(hole.split("\n")))):
        geometry = read_geometry("Polygon", text)
        assert geometry is not None
        outer, inner = (tuple(map(tuple, ring)) for ring in geometry["coordinates"])
        assert outer[0] == outer[-1]
        assert ring_area(outer) > 0 > ring_area(inner)


@pytest.mark.parametrize(
    ("shape", "text", "reason"),
    [
        *(("Point", SQUARE, "one_position"), ("LineString", "1, 2", "two_positions")),
        *(("Polygon", "1, 2\n3, 4", "three_positions"), ("Polygon", f"{SQUARE}\n\n{SQUARE}", "one_polygon")),
        *(("Polygon", "1, 2\nhere", "not_a_position"), ("Blob", SQUARE, "shape_unknown")),
    ],
)
def test_what_is_no_geometry_says_why(shape: str, text: str, reason: str) -> None:
    with pytest.raises(NoGeometry) as refused:
        read_geometry(shape, text)
    assert refused.value.reason == reason


@pytest.mark.parametrize("shape", ["Point", "LineString", "Polygon", "MultiPolygon"])
def test_nothing_typed_is_no_geometry(shape: str) -> None:
    assert read_geometry(shape, " \n\n ") is None


def test_several_polygons_come_back() -> None:
    geometry = read_geometry("MultiPolygon", f"{SQUARE}\n\n1, 1\n1, 2\n2, 2\n-\n1.5, 1.6\n1.5, 1.7\n1.6, 1.7")
    assert geometry is not None
    assert [len(polygon) for polygon in geometry["coordinates"]] == [1, 2]
    assert read_geometry(*show_geometry(geometry)) == geometry


@pytest.mark.parametrize(
    "value", [None, 7, {}, {"type": "Point"}, {"type": "Polygon", "coordinates": [["x"]]}]
)
def test_what_is_no_geometry_is_shown_as_nothing(value: Any) -> None:
    assert show_geometry(value) == ("", "")
