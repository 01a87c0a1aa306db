"""Telling whoever waits that a table has grown: one number that rises, and any number of waiters."""

import asyncio


class GrowthSignal:
    """``latest`` is the highest sequence number known to be committed. For one event loop."""

    def __init__(self, latest: int = 0) -> None:
        self._latest = latest
        self._grown = asyncio.Event()

    @property
    def latest(self) -> int:
        """The highest committed sequence number."""
        return self._latest

    def announce(self, latest: int) -> None:
        """The table now ends at ``latest``; a lower number than before is ignored."""
        if latest <= self._latest:
            return
        self._latest = latest
        # Each growth has an event of its own, so that no waiter can miss one or be woken by an old one.
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()

    async def wait_beyond(self, seen: int, within: float | None = None) -> int:
        """Return ``latest`` once it is above ``seen``, or as it stands after ``within`` seconds."""
        try:
            async with asyncio.timeout(within):
                while self._latest <= seen:
                    await self._grown.wait()
        except TimeoutError:
            pass
        return self._latest
