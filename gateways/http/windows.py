"""Looking through long tables for what no index finds: window by window, each a read of its own."""

from collections.abc import Callable
from time import monotonic
from typing import Protocol, TypeVar

from bus.store.writer import Transaction
from gateways.http.caller import Caller
from gateways.http.runtime import Runtime

SECONDS = 1.0
"""For one request, which then says how far it came."""


class Looked(Protocol):
    """What one window has."""

    @property
    def messages(self) -> tuple[object, ...]:
        """What was found in it."""

    @property
    def position(self) -> int:
        """Where the next window begins."""

    @property
    def more(self) -> bool:
        """Whether there is one."""


LookedT = TypeVar("LookedT", bound=Looked)


async def looked_through(
    gateway: Runtime, caller: Caller, position: int, look: Callable[[Transaction, int], LookedT]
) -> LookedT:
    """The first window from ``position`` on that has something, or as far as the time goes.

    All but the first take turns with searches, so that readers stay free for others. Raises StoreUnavailable.
    """
    store, until = gateway.context.store, monotonic() + SECONDS
    looked = await store.read(lambda tx: look(tx, position))
    while looked.more and not looked.messages and monotonic() < until:
        at = looked.position
        async with gateway.searches.turn(caller.author):
            looked = await store.read(lambda tx: look(tx, at))  # noqa: B023 - awaited at once
    return looked
