"""Turns of searches: one reader at a time, operators in turn, however many searches each has waiting."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """Whose search reads now. Of each operator one search stands in the line of all; the others behind it."""

    def __init__(self) -> None:
        self._all = asyncio.Lock()
        self._own: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def turn(self, author: str) -> AsyncIterator[None]:
        """A turn of this operator's."""
        lock, waiting = self._own.get(author, (asyncio.Lock(), 0))
        self._own[author] = lock, waiting + 1
        try:
            async with lock, self._all:
                yield
        finally:
            _, waiting = self._own.pop(author)
            if waiting > 1:
                self._own[author] = lock, waiting - 1
