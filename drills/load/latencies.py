"""Times counted into a histogram: memory does not grow with their number."""

import math
from collections import Counter

GROWTH = 1.02
"""Each bucket reaches so much further than the one before: what is told is within two per cent."""
SMALLEST = 1e-5
_LOG = math.log(GROWTH)


class Latencies:
    """Seconds, each counted once."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0
        self.longest = 0.0

    def add(self, seconds: float) -> None:
        """Count one; less than ten microseconds counts as that."""
        self._buckets[math.ceil(math.log(max(seconds, SMALLEST) / SMALLEST) / _LOG - 1e-9)] += 1
        self.count += 1
        self.longest = max(self.longest, seconds)

    def merge(self, other: "Latencies") -> None:
        """Count all of another's, too."""
        self._buckets.update(other._buckets)
        self.count += other.count
        self.longest = max(self.longest, other.longest)

    def percentile(self, part: float) -> float | None:
        """The time within which ``part`` of them lie (nearest rank, within two per cent); None of none."""
        rank = max(1, math.ceil(part * self.count))
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= rank:
                return min(max(self.longest, SMALLEST), SMALLEST * GROWTH**bucket)
        return None
