"""GeoJSON geometries (RFC 7946 section 3.1): Point, Polygon and MultiPolygon, WGS 84, longitude first.

A profile, stricter than the RFC: two numbers per position (heights stand in ``Area``), no foreign members, no
``bbox``, rings that enclose something. Section 3.1.6 asks for the right-hand rule and tells parsers not to
refuse what breaks it: so do we. Section 3.1.9 asks for geometries to be cut at the antimeridian; two
neighbouring positions are joined the way the numbers run, never across longitude 180. Self-crossing rings are
not looked for.
"""

from itertools import pairwise
from math import fsum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from schemas.base import Statement

MAX_POSITIONS = 10_000
"""Positions in one geometry, over all its rings."""

MIN_RING_AREA = 1e-12
"""Square degrees, about 0.01 square metres at the equator: a smaller ring encloses nothing."""

Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]

Position = tuple[Longitude, Latitude]
"""Longitude, then latitude, in degrees (RFC 7946 section 3.1.1)."""


def ring_area(ring: tuple[tuple[float, float], ...]) -> float:
    """The signed area of a closed ring in square degrees; positive when it runs counterclockwise."""
    lon0, lat0 = ring[0]
    return 0.5 * fsum(
        (a[0] - lon0) * (b[1] - lat0) - (b[0] - lon0) * (a[1] - lat0) for a, b in pairwise(ring)
    )


def _check_ring(ring: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    if ring[0] != ring[-1]:
        raise PydanticCustomError("ring_open", "a ring ends with the position it starts with")
    if abs(ring_area(ring)) < MIN_RING_AREA:
        raise PydanticCustomError("ring_degenerate", "the ring encloses no area")
    return ring


LinearRing = Annotated[
    tuple[Position, ...], Field(min_length=4, max_length=MAX_POSITIONS), AfterValidator(_check_ring)
]
"""Closed, four positions or more (RFC 7946 section 3.1.6)."""

PolygonRings = Annotated[tuple[LinearRing, ...], Field(min_length=1, max_length=100)]
"""The outer ring, then any holes."""


def _check_total(polygons: tuple[PolygonRings, ...]) -> tuple[PolygonRings, ...]:
    if sum(len(ring) for polygon in polygons for ring in polygon) > MAX_POSITIONS:
        raise PydanticCustomError("geometry_too_large", "the geometry has more than 10000 positions")
    return polygons


def _check_polygon_total(rings: PolygonRings) -> PolygonRings:
    _check_total((rings,))
    return rings


class Point(Statement):
    """One position."""

    type: Literal["Point"]
    coordinates: Position


class Polygon(Statement):
    """One outer ring and any holes in it."""

    type: Literal["Polygon"]
    coordinates: Annotated[PolygonRings, AfterValidator(_check_polygon_total)]


class MultiPolygon(Statement):
    """Several polygons that together are one area."""

    type: Literal["MultiPolygon"]
    coordinates: Annotated[
        tuple[PolygonRings, ...], Field(min_length=1, max_length=200), AfterValidator(_check_total)
    ]


Geometry = Annotated[Point | Polygon | MultiPolygon, Field(discriminator="type")]
