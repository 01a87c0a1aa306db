"""Positions and shapes in words: degrees and minutes as people at sea and in the air read them. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from console.rendering.values import Ring, Shape

MAX_POSITIONS = 60
"""Of one outline are shown; an outline may have ten thousand. The JSON has them all."""
_FORMS = frozenset({"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"})


def position(longitude: float, latitude: float) -> str:
    """A position as ``59°40.8′N 024°12.6′E``."""
    return f"{_degrees(latitude, 2, 'N', 'S')} {_degrees(longitude, 3, 'E', 'W')}"


def _degrees(value: float, width: int, positive: str, negative: str) -> str:
    tenths = round(abs(value) * 600)  # of a minute: rounding first, so that 59.99' never becomes 60.0'
    whole, rest = divmod(tenths, 600)
    side = negative if value < 0 and tenths else positive
    return f"{whole:0{width}d}°{rest // 10:02d}.{rest % 10}′{side}"


def is_position(value: Any) -> bool:
    """Whether this is a GeoJSON position: longitude, latitude, perhaps a height."""
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and 2 <= len(value) <= 3
        and all(is_number(part) for part in value)
        and abs(value[1]) <= 90
        and abs(value[0]) <= 540
    )


def is_number(value: Any) -> bool:
    """Whether this is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def shape_of(value: Any) -> Shape | None:
    """A GeoJSON geometry as a shape; None for what is none, or not one that can be told in positions."""
    if (
        not isinstance(value, Mapping)
        or value.get("type") not in _FORMS
        or set(value) > {"type", "coordinates"}
    ):
        return None
    found: list[Ring] = []
    complete = _rings(value.get("coordinates"), found, hole=False, inside=value["type"].endswith("Polygon"))
    return Shape(str(value["type"]), tuple(found)) if complete and found else None


def _rings(value: Any, found: list[Ring], *, hole: bool, inside: bool) -> bool:
    """Collect outlines from nested coordinates. False when something among them is no position."""
    if is_position(value):
        found.append(Ring((position(value[0], value[1]),), 1))
        return True
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return False
    if all(is_position(part) for part in value):
        shown = tuple(position(part[0], part[1]) for part in value[:MAX_POSITIONS])
        found.append(Ring(shown, len(value), hole))
        return True
    # Of a polygon the first ring is the outline, what follows are holes in it.
    rings = inside and all(
        isinstance(part, Sequence) and not isinstance(part, str) and part and is_position(part[0])
        for part in value
    )
    return all(
        _rings(part, found, hole=rings and index > 0, inside=inside) for index, part in enumerate(value)
    )
