"""Something of the provider's that is fetched when it is needed, kept for a while, and never hammered at."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from gateways.oidc.errors import ProviderFailed

T = TypeVar("T")

KEPT_FOR = 3600.0
"""Seconds until it is fetched anew. What the provider withdrew is forgotten by then."""
AFTER_FAILURE = 5.0
"""Seconds for which a failure stands: who asks meanwhile fails in the same way, and nobody is asked."""
AGAIN_AFTER = 30.0
"""Seconds between two fetches for something that was missing: anybody can name keys that are not there."""


class Kept(Generic[T]):
    """A value with its age; times in seconds of a clock that is passed in."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], clock: Callable[[], float]) -> None:
        self._fetch = fetch
        self._clock = clock
        self._value: T | None = None
        self._fetched_at = 0.0
        self._failed: ProviderFailed | None = None
        self._failed_at = 0.0
        self._fetching = asyncio.Lock()

    async def get(self, *, missed: bool = False) -> T:
        """The value; with ``missed`` a newer one than was looked through in vain, if it is time for that.

        Raises ProviderFailed.
        """
        good_for = AGAIN_AFTER if missed else KEPT_FOR
        async with self._fetching:  # whoever comes meanwhile waits, and finds it
            at = self._clock()
            if self._value is not None and at - self._fetched_at < good_for:
                return self._value
            if self._failed is not None and at - self._failed_at < AFTER_FAILURE:
                raise ProviderFailed(self._failed.fault)
            try:
                value = await self._fetch()
            except ProviderFailed as failed:
                self._failed, self._failed_at = failed, self._clock()
                raise
            self._value, self._fetched_at, self._failed = value, self._clock(), None
            return value
