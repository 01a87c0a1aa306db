"""The last minutes of traffic with every partner, counted minute by minute and kept."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from bus.store.partner_figures import Minutes, by_minute, minute_of
from bus.store.writer import Transaction

MINUTES = 20
_OPEN = 2
"""Minutes that may still grow: what was accepted at the end of one is committed in the next."""


class Exchanged(NamedTuple):
    """Messages with one nation, the oldest minute first."""

    sent: tuple[int, ...]
    received: tuple[int, ...]


@dataclass
class RecentMinutes:
    """What is over was counted once: a copy that is withheld or recalled later stays counted."""

    _counted: dict[int, Minutes] = field(default_factory=dict)

    def look(self, tx: Transaction, now: datetime) -> tuple[datetime, Mapping[str, Exchanged]]:
        """When the first minute began, and what was exchanged; who is absent exchanged nothing."""
        last = minute_of(now)
        first = last - MINUTES + 1
        known = {
            minute: counts for minute, counts in self._counted.items() if first <= minute <= last - _OPEN
        }
        since = min(set(range(first, last + 1)) - known.keys())
        fresh = by_minute(tx, since)
        for minute in range(since, last + 1):
            known[minute] = Minutes(_of(fresh.sent, minute), _of(fresh.received, minute))
        self._counted = known
        minutes = [known[minute] for minute in range(first, last + 1)]
        nations = {nation for each in minutes for nation, _ in (*each.sent, *each.received)}
        begins_at = now.replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)
        return begins_at, {nation: _exchanged(minutes, nation) for nation in nations}


def _of(counts: Mapping[tuple[str, int], int], minute: int) -> Counter[tuple[str, int]]:
    return Counter({place: count for place, count in counts.items() if place[1] == minute})


def _exchanged(minutes: list[Minutes], nation: str) -> Exchanged:
    return Exchanged(
        tuple(sum(count for place, count in each.sent.items() if place[0] == nation) for each in minutes),
        tuple(sum(count for place, count in each.received.items() if place[0] == nation) for each in minutes),
    )
