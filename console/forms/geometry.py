"""GeoJSON (RFC 7946) as lines of positions, and back: here rings are closed and wound."""

from collections.abc import Sequence
from typing import Any

from console.forms.positions import Position, read_position, show_position
from schemas.geojson import ring_area

HOLE = "-"
"""A line that begins a hole in the polygon above."""

Ring = list[Position]


class NoGeometry(ValueError):
    """What was typed is no geometry of its shape; ``reason`` names the wording that says so."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_geometry(shape: str, text: str) -> dict[str, Any] | None:
    """A geometry out of one position a line; an empty line begins another polygon. None of nothing.

    Raises NoGeometry.
    """
    polygons = _rings(text)
    if not polygons:
        return None
    match shape:
        case "Point":
            if len(polygons) > 1 or len(polygons[0]) > 1 or len(polygons[0][0]) != 1:
                raise NoGeometry("one_position")
            return {"type": shape, "coordinates": list(polygons[0][0][0])}
        case "LineString":
            if len(polygons) > 1 or len(polygons[0]) > 1 or len(polygons[0][0]) < 2:
                raise NoGeometry("two_positions")
            return {"type": shape, "coordinates": [list(each) for each in polygons[0][0]]}
        case "Polygon":
            if len(polygons) > 1:
                raise NoGeometry("one_polygon")
            return {"type": shape, "coordinates": _polygon(polygons[0])}
        case "MultiPolygon":
            return {"type": shape, "coordinates": [_polygon(each) for each in polygons]}
    raise NoGeometry("shape_unknown")


def _rings(text: str) -> list[list[Ring]]:
    """Polygons of rings of positions, as far as the lines go."""
    polygons: list[list[Ring]] = []
    fresh = True
    for line in text.splitlines():
        typed = line.strip()
        if typed == HOLE and polygons:
            polygons[-1].append([])
            fresh = False
        elif not typed:
            fresh = True
        else:
            position = read_position(typed)
            if position is None:
                raise NoGeometry("not_a_position")
            if fresh:
                polygons.append([[]])
                fresh = False
            polygons[-1][-1].append(position)
    return polygons


def _polygon(rings: Sequence[Ring]) -> list[list[list[float]]]:
    return [_ring(ring, outer=place == 0) for place, ring in enumerate(rings)]


def _ring(ring: Ring, *, outer: bool) -> list[list[float]]:
    """Closed; the outer ring counterclockwise, holes clockwise (RFC 7946 section 3.1.6)."""
    closed = ring if len(ring) > 1 and ring[0] == ring[-1] else [*ring, *ring[:1]]
    if len(closed) < 4:
        raise NoGeometry("three_positions")
    if (ring_area(tuple(closed)) > 0) != outer:
        closed = closed[::-1]
    return [list(each) for each in closed]


def show_geometry(value: Any) -> tuple[str, str]:
    """Its shape and its lines; empty texts where it is none that can be shown so."""
    try:
        shape, coordinates = value["type"], value["coordinates"]
        match shape:
            case "Point":
                return shape, _line(coordinates)
            case "LineString":
                return shape, "\n".join(map(_line, coordinates))
            case "Polygon":
                return shape, _polygon_lines(coordinates)
            case "MultiPolygon":
                return shape, "\n\n".join(map(_polygon_lines, coordinates))
    except (KeyError, IndexError, TypeError, ValueError):
        pass
    return "", ""


def _polygon_lines(rings: Any) -> str:
    texts = []
    for ring in rings:
        open_ring = ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring
        texts.append("\n".join(map(_line, open_ring)))
    return f"\n{HOLE}\n".join(texts)


def _line(position: Any) -> str:
    return show_position((float(position[0]), float(position[1])))
