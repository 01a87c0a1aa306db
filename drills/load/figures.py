"""The figures of a load, as they stand in its JSON and its table."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from drills.load.latencies import Latencies
from drills.load.processes import Used
from drills.load.tally import Tally
from schemas.header import Precedence


@dataclass(frozen=True)
class Times:
    """Seconds; None where nothing was measured."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float | None


@dataclass(frozen=True)
class LoadFigures:
    """What a load was and what came of it. ``seconds``: from its beginning to the last receipt."""

    nations: tuple[str, ...]
    exercise_id: str
    seed: int
    seconds: float
    ended_early: bool
    offered: int
    offered_per_second: float
    accepted: int
    accepted_per_second: float
    without_occasion: int
    copies: int
    delivered: int
    delivered_per_second: float
    lost: int
    without_receipt: int
    duplicates: int
    unanswered: int
    retries: int
    refused: Mapping[str, int]
    undelivered: Mapping[str, int]
    lateness: Times
    acceptance: Mapping[str, Times]
    """By precedence, and ``all``."""
    delivery: Mapping[str, Times]
    acceptance_by_third: tuple[Times, ...]
    delivery_by_third: tuple[Times, ...]
    processes: Mapping[str, Used] = field(default_factory=dict)
    octets_per_message: Mapping[str, float] = field(default_factory=dict)
    """What each place on disk grew by, shared by the messages accepted; measured when all has stopped."""

    @property
    def all_arrived(self) -> bool:
        """Whether everything offered was accepted and is, once, where it belongs. Of nothing, nothing did."""
        wrong = self.lost or self.without_receipt or self.duplicates or self.unanswered
        return bool(self.accepted) and not (wrong or self.refused or self.undelivered)

    def with_disk(self, before: Mapping[str, int], after: Mapping[str, int]) -> "LoadFigures":
        """The same with what each place holds beside what it held before."""
        each = {place: (after[place] - before[place]) / max(1, self.accepted) for place in before}
        return replace(self, octets_per_message=each)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "all_arrived": self.all_arrived}


def times(latencies: Latencies) -> Times:
    """The usual percentiles."""
    p50, p95, p99 = (latencies.percentile(part) for part in (0.5, 0.95, 0.99))
    return Times(latencies.count, p50, p95, p99, latencies.longest if latencies.count else None)


def by_precedence(tally: Tally) -> tuple[dict[str, Times], dict[str, Times]]:
    """Acceptance and delivery: each precedence that was there, and all together."""
    acceptance, delivery = Latencies(), Latencies()
    accepted, delivered = {}, {}
    for precedence in Precedence:
        if precedence in tally.by_precedence:
            kept = tally.by_precedence[precedence]
            accepted[precedence.value], delivered[precedence.value] = (
                times(kept.acceptance),
                times(kept.delivery),
            )
            acceptance.merge(kept.acceptance)
            delivery.merge(kept.delivery)
    return accepted | {"all": times(acceptance)}, delivered | {"all": times(delivery)}
