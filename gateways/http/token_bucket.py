"""A token bucket: a rate with room for bursts. The clock is passed in."""


class TokenBucket:
    """Fills at ``rate`` tokens per second up to ``burst``; full at the start."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, at: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = at

    def take(self, at: float) -> float:
        """Take one token at monotonic time ``at``: 0.0 when there was one, else seconds until there is."""
        self._tokens = min(self._burst, self._tokens + max(0.0, at - self._at) * self._rate)
        self._at = at
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate
