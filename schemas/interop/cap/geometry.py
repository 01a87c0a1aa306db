"""CAP geometry to ours: ``lat,lon`` to GeoJSON's ``lon,lat``, kilometres and feet to metres.

(CAP 1.2 section 3.2.4; WGS 84 on both sides.)
"""

import re
from decimal import Decimal

from schemas.area import Circle
from schemas.geojson import MAX_POSITIONS, MIN_RING_AREA, Geometry, MultiPolygon, Polygon, ring_area
from schemas.interop.cap.antimeridian import Position, Ring, crosses, cut
from schemas.interop.cap.elements import Node, leaf_text
from schemas.interop.cap.outcome import CapRefusal, CapWarningCode, Warnings
from schemas.reasons import ReasonCode

METRES_PER_FOOT = Decimal("0.3048")
MAX_RADIUS_KM = Decimal(20_040)
"""Half of Earth's circumference."""

_DECIMAL = re.compile(r"[+-]?(\d{1,12}(\.\d{0,40})?|\.\d{1,40})\Z", re.ASCII)


def _refuse(node: Node, explanation: str) -> CapRefusal:
    return node.refuse(ReasonCode.CAP_GEOMETRY_INVALID, explanation)


def _decimal(node: Node, text: str) -> Decimal:
    if not _DECIMAL.match(text):
        raise _refuse(node, "a decimal number is expected")
    return Decimal(text)


def _position(node: Node, pair: str) -> Position:
    parts = pair.split(",")
    if len(parts) != 2:
        raise _refuse(node, "a latitude,longitude pair is expected")
    lat, lon = (_decimal(node, part) for part in parts)
    if abs(lat) > 90 or abs(lon) > 180:
        raise _refuse(node, "latitude within 90 and longitude within 180 degrees are expected")
    return float(lon) + 0.0, float(lat) + 0.0  # + 0.0 turns -0.0 into 0.0


def _oriented(ring: Ring) -> Ring:
    return ring if ring_area(ring) > 0 else ring[::-1]


def rings_of(node: Node, warnings: Warnings) -> tuple[Ring, ...]:
    """A ``polygon`` as closed counterclockwise rings: one, or several where the antimeridian cuts it.

    Raises CapRefusal (CAP_GEOMETRY_INVALID).
    """
    pairs = leaf_text(node).split()
    if not 4 <= len(pairs) <= MAX_POSITIONS:
        raise _refuse(node, f"a polygon has 4 to {MAX_POSITIONS} positions")
    ring = tuple(_position(node, pair) for pair in pairs)
    if ring[0] != ring[-1]:
        raise _refuse(node, "a polygon ends where it starts")
    if crosses(ring):
        parts = cut(ring)
        if not parts:
            raise _refuse(node, "the polygon runs round a pole or encloses nothing")
        warnings.add(
            CapWarningCode.ANTIMERIDIAN_CUT, node.path, node.line, "the polygon was cut at longitude 180"
        )
        return tuple(_oriented(part) for part in parts)
    if abs(ring_area(ring)) < MIN_RING_AREA:
        raise _refuse(node, "the polygon encloses nothing")
    return (_oriented(ring),)


def geometry_of(area: Node, polygons: list[Node], warnings: Warnings) -> Geometry | None:
    """All polygons of an area together.

    Raises CapRefusal (CAP_GEOMETRY_INVALID).
    """
    rings = tuple(ring for polygon in polygons for ring in rings_of(polygon, warnings))
    if len(rings) > 200 or sum(len(ring) for ring in rings) > MAX_POSITIONS:
        raise _refuse(area, f"an area has at most 200 polygons and {MAX_POSITIONS} positions")
    if not rings:
        return None
    if len(rings) == 1:
        return Polygon(type="Polygon", coordinates=(rings[0],))
    return MultiPolygon(type="MultiPolygon", coordinates=tuple((ring,) for ring in rings))


def circle_of(node: Node) -> Circle:
    """A ``circle``, ``lat,lon radius`` with the radius in kilometres.

    Raises CapRefusal (CAP_GEOMETRY_INVALID).
    """
    parts = leaf_text(node).split()
    if len(parts) != 2:
        raise _refuse(node, "a latitude,longitude pair and a radius are expected")
    lon, lat = _position(node, parts[0])
    radius = _decimal(node, parts[1])
    if not 0 <= radius <= MAX_RADIUS_KM:
        raise _refuse(node, f"a radius of 0 to {MAX_RADIUS_KM} kilometres is expected")
    return Circle(longitude=lon, latitude=lat, radius_m=float(radius * 1000) + 0.0)


def height_of(node: Node) -> float:
    """``altitude`` or ``ceiling``: feet above mean sea level, in metres.

    Raises CapRefusal (CAP_GEOMETRY_INVALID).
    """
    metres = _decimal(node, leaf_text(node)) * METRES_PER_FOOT
    if not -12_000 <= metres <= 100_000_000:
        raise _refuse(node, "the height is out of range")
    return float(metres) + 0.0


def heights_of(altitude: list[Node], ceiling: list[Node]) -> tuple[float | None, float | None]:
    """Both heights in metres; a ceiling goes only with an altitude and lies above it.

    Raises CapRefusal (CAP_GEOMETRY_INVALID).
    """
    low = height_of(altitude[0]) if altitude else None
    high = height_of(ceiling[0]) if ceiling else None
    if high is not None and (low is None or high < low):
        raise _refuse(ceiling[0], "a ceiling goes only with an altitude and lies above it")
    return low, high
