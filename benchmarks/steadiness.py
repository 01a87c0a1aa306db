"""Whether what was watched for a while stayed as it was: robust slopes, and the bounds of a soak. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from drills.load.figures import LoadFigures, Times
from drills.load.processes import MIB, Sample

MOST_POINTS = 300
MEMORY_MIB = 8.0
MEMORY_MIB_PER_HOUR = 8.0
"""A process may grow by so much at once, while its caches fill, and by so much in an hour besides."""
BROKER = "broker"
BROKER_MIB = 64.0
"""Of the broker at once: it keeps the block that each stream writes in memory, and collects when it likes."""
DESCRIPTORS = 8.0
THREADS = 4.0
DISK_MIB = 16.0
DISK_KIB_PER_COPY = 32.0
"""A place on disk may grow by so much at once, which its logs take, and by so much for each of its messages
and copies."""
HALVES = 1.5
MESSAGES_FOR_HALVES = 2_000
"""From so many messages on, disk per message of the second half may be so many times that of the first."""
THIRDS = 2.0
"""The median time of the last third may be so many times that of the second: the first has the restarts."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Finding:
    """One thing that was judged: what was measured, the most that it may be."""

    what: str
    measured: float
    bound: float
    unit: str

    @property
    def kept(self) -> bool:
        """Whether it stayed within its bound."""
        return self.measured <= self.bound


def slope(points: Sequence[Point]) -> float:
    """Theil and Sen's: the median of the slopes between all pairs, which single outliers do not move."""
    step = max(1, -(-len(points) // MOST_POINTS))
    chosen = points[::step]
    slopes = [
        (later[1] - earlier[1]) / (later[0] - earlier[0])
        for place, earlier in enumerate(chosen)
        for later in chosen[place + 1 :]
        if later[0] > earlier[0]
    ]
    return median(slopes) if slopes else 0.0


def growth(points: Sequence[Point]) -> float:
    """What the slope makes of the time from the first point to the last."""
    return slope(points) * (points[-1][0] - points[0][0]) if points else 0.0


def nothing_lost(figures: LoadFigures, read_twice: int, unread: int) -> list[Finding]:
    """Everything arrived once, and whoever reads inboxes by a cursor read each message once."""
    counts = {
        "lost": figures.lost,
        "without receipt": figures.without_receipt,
        "came twice": figures.duplicates,
        "unanswered": figures.unanswered,
        "refused": sum(figures.refused.values()) + sum(figures.undelivered.values()),
        "read twice by cursor": read_twice,
        "not read by cursor": unread,
    }
    return [Finding(what, count, 0, "") for what, count in counts.items()]


def processes_flat(samples: Mapping[str, Sequence[Sample]], since: float) -> list[Finding]:
    """Memory, descriptors and threads of each process that lives at the end, from ``since`` on.

    From then on nobody stops a process: one in another's place says that the other died, perhaps of growth.
    """
    found: list[Finding] = []
    for name, every in samples.items():
        lived = {each.pid for each in every if each.at >= since}
        found.append(Finding(f"{name}: times it was started anew", max(0, len(lived) - 1), 0, ""))
        own = [each for each in every if each.at >= since and each.pid == every[-1].pid]
        hours = (own[-1].at - own[0].at) / 3600 if own else 0.0
        for what, unit, bound, points in (
            (
                "memory",
                "MB",
                (BROKER_MIB if name == BROKER else MEMORY_MIB) + MEMORY_MIB_PER_HOUR * hours,
                [(each.at, each.resident / MIB) for each in own],
            ),
            ("descriptors", "", DESCRIPTORS, [(each.at, float(each.descriptors)) for each in own]),
            ("threads", "", THREADS, [(each.at, float(each.threads)) for each in own]),
        ):
            found.append(Finding(f"{name}: {what} grew by", growth(points), bound, unit))
    return found


def disk_flat(places: Mapping[str, Sequence[Point]], messages: int) -> list[Finding]:
    """Each place's points are of copies so far and bytes: it grows with them and with nothing else."""
    found: list[Finding] = []
    for name, points in places.items():
        if len(points) < 2:
            continue
        (first_at, first), (last_at, last) = points[0], points[-1]
        bound = DISK_MIB + DISK_KIB_PER_COPY * (last_at - first_at) / 1024
        found.append(Finding(f"{name}: disk grew by", (last - first) / MIB, bound, "MB"))
        if messages >= MESSAGES_FOR_HALVES:
            middle = points[len(points) // 2]
            before = _per_copy(points[0], middle)
            share = _per_copy(middle, points[-1]) / before if before > 0 else 0.0
            found.append(Finding(f"{name}: disk per copy, second half to first", share, HALVES, "times"))
    return found


def latency_steady(figures: LoadFigures) -> list[Finding]:
    """The medians of the last third beside those of the second."""
    return [
        Finding(f"median {what}, last third to second", _ratio(thirds[1], thirds[2]), THIRDS, "times")
        for what, thirds in (
            ("acceptance", figures.acceptance_by_third),
            ("delivery", figures.delivery_by_third),
        )
    ]


def _ratio(before: Times, after: Times) -> float:
    return after.p50 / before.p50 if before.p50 and after.p50 else 0.0


def _per_copy(begin: Point, end: Point) -> float:
    return (end[1] - begin[1]) / (end[0] - begin[0]) if end[0] > begin[0] else 0.0
