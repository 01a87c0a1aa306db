"""Areas of messages as figures on the plane of longitude and latitude.

RFC 7946 (section 3.1.1) joins neighbouring positions by straight lines in longitude and latitude, and the
messages' schema cuts everything at longitude 180. So the plane is where areas are compared. A circle on the
sphere becomes a ring of points around it, cut there too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import asin, atan2, cos, degrees, pi, radians, sin

from schemas.area import Area, Circle
from schemas.geojson import MultiPolygon, Point, Polygon

Position = tuple[float, float]
Ring = tuple[Position, ...]

EARTH_RADIUS_M = 6_371_008.8
"""The mean radius (IUGG)."""

STEPS = 96
"""Points in a circle's ring. They stand outside the circle so that their chords do not cut it."""

WORLD: Ring = ((-180.0, -90.0), (180.0, -90.0), (180.0, 90.0), (-180.0, 90.0), (-180.0, -90.0))


@dataclass(frozen=True)
class Figure:
    """Rings of which a place lies inside when an odd number of them surround it; or one point, without rings.

    ``lowest`` and ``highest`` are metres above mean sea level where the area states both.
    """

    rings: tuple[Ring, ...] = ()
    point: Position | None = None
    lowest: float | None = None
    highest: float | None = None

    @property
    def positions(self) -> int:
        """How many positions it has: what comparing it costs."""
        return sum(len(ring) for ring in self.rings) or 1

    @property
    def box(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        places = [place for ring in self.rings for place in ring] or [self.point or (0.0, 0.0)]
        longitudes, latitudes = [place[0] for place in places], [place[1] for place in places]
        return min(longitudes), min(latitudes), max(longitudes), max(latitudes)


def figures_of(areas: Iterable[Area]) -> tuple[Figure, ...]:
    """Every figure of the areas; an area in words alone has none."""
    found: list[Figure] = []
    for area in areas:
        range_known = area.altitude_m is not None and area.ceiling_m is not None
        lowest, highest = (area.altitude_m, area.ceiling_m) if range_known else (None, None)
        geometry = area.geometry
        if isinstance(geometry, Point):
            found.append(Figure((), geometry.coordinates, lowest, highest))
        elif isinstance(geometry, Polygon):
            found.append(Figure(geometry.coordinates, None, lowest, highest))
        elif isinstance(geometry, MultiPolygon):
            found += [Figure(rings, None, lowest, highest) for rings in geometry.coordinates]
        found += [_circle_figure(circle, lowest, highest) for circle in area.circles]
    return tuple(found)


def _circle_figure(circle: Circle, lowest: float | None, highest: float | None) -> Figure:
    if circle.radius_m == 0:
        return Figure((), (circle.longitude, circle.latitude), lowest, highest)
    return Figure(circle_rings(circle.longitude, circle.latitude, circle.radius_m), None, lowest, highest)


def circle_rings(longitude: float, latitude: float, radius_m: float) -> tuple[Ring, ...]:
    """The rings of a circle on the sphere, over a pole and longitude 180 too."""
    radius = radius_m / EARTH_RADIUS_M
    if radius >= pi:
        return (WORLD,)
    if radius > pi / 2:
        opposite = longitude - 180 if longitude > 0 else longitude + 180
        return (WORLD, *_small_circle(opposite, -latitude, pi - radius, outside=False))
    return _small_circle(longitude, latitude, radius, outside=True)


def _small_circle(longitude: float, latitude: float, radius: float, *, outside: bool) -> tuple[Ring, ...]:
    widened = min(radius / cos(pi / STEPS), pi / 2) if outside else radius
    around = [_towards(longitude, latitude, widened, 2 * pi * step / STEPS) for step in range(STEPS)]
    ring = [around[0]]
    for place in (*around[1:], around[0]):
        # As near as possible to the one before, so that the ring does not jump at longitude 180.
        turns = round((ring[-1][0] - place[0]) / 360)
        ring.append((place[0] + 360 * turns, place[1]))
    winds = round((ring[-1][0] - ring[0][0]) / 360)
    if winds:
        pole = 90.0 if latitude > 0 else -90.0
        ring += [(ring[-1][0], pole), (ring[0][0], pole), ring[0]]
    cut = (_within(tuple((x + turn, y) for x, y in ring)) for turn in (-720.0, -360.0, 0.0, 360.0, 720.0))
    return tuple(each for each in cut if len(each) >= 4)


def _towards(longitude: float, latitude: float, distance: float, bearing: float) -> Position:
    """Where one comes to from a place, in degrees; distance and bearing in radians."""
    start = radians(latitude)
    height = sin(start) * cos(distance) + cos(start) * sin(distance) * cos(bearing)
    arrived = asin(max(-1.0, min(1.0, height)))
    turned = atan2(sin(bearing) * sin(distance) * cos(start), cos(distance) - sin(start) * sin(arrived))
    return longitude + degrees(turned), degrees(arrived)


def _within(ring: Ring) -> Ring:
    """The part of a ring between longitudes -180 and 180 (Sutherland and Hodgman)."""
    kept: list[Position] = list(ring[:-1])
    for limit, sign in ((-180.0, 1.0), (180.0, -1.0)):
        clipped: list[Position] = []
        for before, place in zip([kept[-1], *kept[:-1]] if kept else [], kept, strict=True):
            inside, came_inside = sign * (place[0] - limit) >= 0, sign * (before[0] - limit) >= 0
            if inside != came_inside:
                share = (limit - before[0]) / (place[0] - before[0])
                clipped.append((limit, before[1] + share * (place[1] - before[1])))
            if inside:
                clipped.append(place)
        kept = clipped
    if not kept or max(x for x, _ in kept) == min(x for x, _ in kept):
        return ()
    return (*kept, kept[0])
