"""How fast pages that make many reads may make them: the operator's acts have room left at the gateway."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PER_SECOND = 20.0
"""The gateway lets an operator ask 50 times a second, for everything together."""
AT_ONCE = 80
LONGEST_WAIT = 20.0


class TooMany(Exception):
    """More is waiting than is worth waiting for."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many reads wait")
        self.seconds = seconds


class Pace:
    """So many at once, and then so many in a second."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._done_at = 0.0
        """When all that was let in would be done at that rate."""

    async def turn(self) -> None:
        """Return when it is time for one more. Raises TooMany."""
        now = self._clock()
        done_at = max(now, self._done_at) + 1 / PER_SECOND
        wait = done_at - AT_ONCE / PER_SECOND - now
        if wait > LONGEST_WAIT:
            raise TooMany(wait)
        self._done_at = done_at
        if wait > 0:
            await self._sleep(wait)
