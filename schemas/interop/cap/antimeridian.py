"""Cutting rings at longitude 180 (RFC 7946 section 3.1.9).

Between two neighbouring positions more than 180 degrees of longitude apart the shorter way is meant, which
crosses the antimeridian; GeoJSON readers would draw the longer one. Exactly 360 degrees is a world-wide edge
and stays.
"""

from itertools import pairwise

from schemas.geojson import MIN_RING_AREA, ring_area

Position = tuple[float, float]
Ring = tuple[Position, ...]


def _unwrapped(ring: Ring) -> list[Position]:
    turns = 0
    run = [ring[0]]
    for (before, _), (lon, lat) in pairwise(ring):
        step = lon - before
        if 180 < abs(step) < 360:
            turns -= 1 if step > 0 else -1
        run.append((lon + 360 * turns, lat))
    return run


def crosses(ring: Ring) -> bool:
    """Whether any edge of the ring crosses the antimeridian."""
    return any(180 < abs(b[0] - a[0]) < 360 for a, b in pairwise(ring))


def _clip(run: list[Position], edge: float, keep_east: bool) -> list[Position]:
    """Sutherland and Hodgman's clip of a ring (its end not repeated) by the meridian ``edge``."""

    def inside(position: Position) -> bool:
        return position[0] >= edge if keep_east else position[0] <= edge

    out: list[Position] = []
    for a, b in zip(run, [*run[1:], run[0]], strict=True):
        if inside(a):
            out.append(a)
        if inside(a) != inside(b):
            share = (edge - a[0]) / (b[0] - a[0])
            out.append((edge, a[1] + share * (b[1] - a[1])))
    return out


def cut(ring: Ring) -> tuple[Ring, ...]:
    """The ring's parts, each within -180..180, west to east by turn; empty where it runs round a pole."""
    run = _unwrapped(ring)
    if run[0] != run[-1]:
        return ()
    parts: list[Ring] = []
    for turn in (-1, 0, 1):
        west, east = -180 + 360 * turn, 180 + 360 * turn
        piece = _clip(run[:-1], west, keep_east=True)
        piece = _clip(piece, east, keep_east=False) if piece else []
        closed = tuple((min(180.0, max(-180.0, lon - 360 * turn)), lat) for lon, lat in (*piece, *piece[:1]))
        if len(closed) >= 4 and abs(ring_area(closed)) >= MIN_RING_AREA:
            parts.append(closed)
    return tuple(parts)
