"""How fast all without a receipt is sent again when the broker says again and again that it must be."""

import math

BACKOFF_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0)
QUIET_SECONDS = 60.0
"""After so long the next time counts as the first."""


class Restraint:
    """Counts how often it was begun again. The first time, as after a loss or with an old backup, is free."""

    def __init__(self) -> None:
        self._times = 0
        self._last = -math.inf

    def pause(self, now: float) -> float:
        """It is begun again at ``now``, in seconds of a steady clock: seconds to wait after it."""
        self._times = self._times + 1 if now - self._last < QUIET_SECONDS else 0
        self._last = now
        return BACKOFF_SECONDS[min(self._times, len(BACKOFF_SECONDS)) - 1] if self._times else 0.0
