"""Keeps the index of the traffic's words: brings it up to date behind the writes, cleans it after a recall.

Every step is a small transaction, and the keeper rests between two of them, so that filing and accepting
hardly notice it. Cleaning merges the whole index, which costs more the more traffic there is: after one the
next waits `REST_AFTER_CLEANING` times as long as that took, whatever is recalled meanwhile. What was recalled
is found by nobody from the recall on; only its traces in the file wait.
"""

import asyncio

from bus.store import traffic_words
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.keeper import Ending, Keeper

REST = 20
"""After a step nothing wakes the keeper for so many times as long as that took."""
REST_AFTER_CLEANING = 10
LONGEST_REST_AFTER_CLEANING = 3600.0


class WordsKeeper:
    """The steps, and when the index may be cleaned next."""

    def __init__(self, context: GatewayContext) -> None:
        self._context = context
        self._clean_from = 0.0
        self._begun: float | None = None

    def keeper(self) -> Keeper:
        """The keeper that takes them; woken by everything that is filed or accepted."""
        return Keeper(
            self._context, "the words of the traffic", self.look, wake=self._context.words_wanted, rest=REST
        )

    async def look(self, ending: Ending) -> float:
        """One step, if there is one to take; seconds until the next look. Raises StoreError."""
        store, clock = self._context.store, asyncio.get_running_loop().time

        def behind(tx: Transaction) -> tuple[bool, bool]:
            indexed = traffic_words.position(tx)
            return indexed.through < indexed.latest or traffic_words.outdated(tx), traffic_words.erasing(tx)

        index, clean = await store.read(behind)
        if index:
            position = await store.write(traffic_words.index_step)
            self._context.counters.words_behind = position.latest - position.through
            if position.through < position.latest:
                return 0.0
        if not clean or ending():
            return 60.0
        if clock() < self._clean_from:
            return self._clean_from - clock()
        if self._begun is None:
            self._begun = clock()
        if await store.write(traffic_words.erase_step):
            return 0.0
        took, self._begun = clock() - self._begun, None
        self._clean_from = clock() + min(LONGEST_REST_AFTER_CLEANING, REST_AFTER_CLEANING * took)
        store.scrub()
        return 0.0
