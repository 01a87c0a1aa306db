"""Whether two figures have ground in common. Sharing a border or a corner is not enough.

Partners draw the figures, ten thousand positions each if they like, so the work is counted and ends: what is
not decided by then raises ``TooMuchWork``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from console.calendar.figures import Figure, Position

TOLERANCE = 1e-7
"""Degrees, about a centimetre: what lies nearer is a shared border drawn by two hands."""


class TooMuchWork(Exception):
    """Comparing the figures takes more steps than there are."""


@dataclass
class Work:
    """Steps that may still be taken."""

    left: int

    def spend(self, steps: int) -> None:
        """Raises TooMuchWork."""
        self.left -= steps
        if self.left < 0:
            raise TooMuchWork


@dataclass(frozen=True)
class _Edge:
    start: Position
    end: Position

    @property
    def low(self) -> float:
        return min(self.start[1], self.end[1])

    @property
    def high(self) -> float:
        return max(self.start[1], self.end[1])

    @property
    def west(self) -> float:
        return min(self.start[0], self.end[0])

    @property
    def east(self) -> float:
        return max(self.start[0], self.end[0])

    def longitude_at(self, latitude: float) -> float:
        share = (latitude - self.start[1]) / (self.end[1] - self.start[1])
        return self.start[0] + share * (self.end[0] - self.start[0])


def overlap(first: Figure, second: Figure, work: Work) -> bool:
    """Whether they have ground in common, at one height where both say between which. Raises TooMuchWork."""
    work.spend(1)
    if not (_heights_meet(first, second) and _boxes_meet(first, second)):
        return False
    if first.point is not None and second.point is not None:
        return True
    if first.point is not None:
        return _holds(second, first.point, work)
    if second.point is not None:
        return _holds(first, second.point, work)
    a, b = list(_edges(first)), list(_edges(second))
    work.spend(len(a) + len(b))
    return _borders_cross(a, b, work) or _ground_in_common(a, b, work)


def _heights_meet(first: Figure, second: Figure) -> bool:
    if first.lowest is None or first.highest is None or second.lowest is None or second.highest is None:
        return True
    return first.lowest < second.highest and second.lowest < first.highest


def _boxes_meet(first: Figure, second: Figure) -> bool:
    a, b = first.box, second.box
    points = first.point is not None or second.point is not None
    slack = -TOLERANCE if points else TOLERANCE
    across = min(a[2], b[2]) - max(a[0], b[0])
    return across >= slack and min(a[3], b[3]) - max(a[1], b[1]) >= slack


def _edges(figure: Figure) -> Iterator[_Edge]:
    for ring in figure.rings:
        yield from (_Edge(start, end) for start, end in pairwise(ring) if start != end)


def _holds(figure: Figure, place: Position, work: Work) -> bool:
    edges = [edge for edge in _edges(figure) if edge.low <= place[1] < edge.high]
    work.spend(figure.positions)
    return sum(edge.longitude_at(place[1]) > place[0] for edge in edges) % 2 == 1


def _side(edge: _Edge, place: Position) -> int:
    """1 left of the edge, -1 right of it, 0 on its line, within the tolerance."""
    (x0, y0), (x1, y1) = edge.start, edge.end
    turn = (x1 - x0) * (place[1] - y0) - (y1 - y0) * (place[0] - x0)
    length = max(abs(x1 - x0), abs(y1 - y0))
    return 0 if abs(turn) <= TOLERANCE * length else (1 if turn > 0 else -1)


def _cross(a: _Edge, b: _Edge) -> bool:
    return (
        a.low < b.high
        and b.low < a.high
        and _side(a, b.start) * _side(a, b.end) == -1
        and _side(b, a.start) * _side(b, a.end) == -1
    )


def _borders_cross(a: list[_Edge], b: list[_Edge], work: Work) -> bool:
    """A sweep from west to east: each edge meets those of the other figure that have not ended yet."""
    coming = sorted([(edge.west, 0, edge) for edge in a] + [(edge.west, 1, edge) for edge in b], key=_west)
    open_edges: tuple[list[_Edge], list[_Edge]] = ([], [])
    for west, owner, edge in coming:
        others = [other for other in open_edges[1 - owner] if other.east >= west]
        work.spend(1 + len(open_edges[1 - owner]))
        open_edges[1 - owner][:] = others
        if any(_cross(edge, other) for other in others):
            return True
        open_edges[owner].append(edge)
    return False


def _west(entry: tuple[float, int, _Edge]) -> tuple[float, int]:
    return entry[0], entry[1]


def _ground_in_common(a: list[_Edge], b: list[_Edge], work: Work) -> bool:
    """Where no borders cross, the order of the edges between two neighbouring latitudes of corners does not
    change: one look inside decides for all of that strip. Two looks, because a border may cross itself."""
    latitudes = sorted({edge.low for edge in (*a, *b)} | {edge.high for edge in (*a, *b)})
    waiting = sorted([(edge.low, 0, edge) for edge in a] + [(edge.low, 1, edge) for edge in b], key=_west)
    waiting.reverse()
    open_edges: tuple[list[_Edge], list[_Edge]] = ([], [])
    for south, north in pairwise(latitudes):
        while waiting and waiting[-1][0] <= south:
            _, owner, edge = waiting.pop()
            open_edges[owner].append(edge)
        for edges in open_edges:
            work.spend(1 + len(edges))
            edges[:] = [edge for edge in edges if edge.high > south]
        looks = (south + (north - south) * share for share in (0.38, 0.71))
        if north - south > TOLERANCE and any(_spans_meet(latitude, *open_edges) for latitude in looks):
            return True
    return False


def _spans_meet(latitude: float, a: list[_Edge], b: list[_Edge]) -> bool:
    def spans(edges: list[_Edge]) -> list[tuple[float, float]]:
        at = sorted(edge.longitude_at(latitude) for edge in edges if edge.low < latitude < edge.high)
        return list(zip(at[0::2], at[1::2], strict=False))

    first, second = spans(a), spans(b)
    i = j = 0
    while i < len(first) and j < len(second):
        if min(first[i][1], second[j][1]) - max(first[i][0], second[j][0]) > TOLERANCE:
            return True
        if first[i][1] < second[j][1]:
            i += 1
        else:
            j += 1
    return False
