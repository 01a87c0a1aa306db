"""Publishing as a relay does, with something that happens amid a window."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bus.ports import OutboundBundle, reconcile
from bus.transport import NatsTransport
from tests.broker_fixtures import WAIT


@dataclass
class StruckAt(Sequence[OutboundBundle]):
    """Bundles, and what happens when the sender comes to one of them, with others under way."""

    items: Sequence[OutboundBundle]
    place: int
    strike: Callable[[], None]

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: Any) -> Any:
        if index == self.place:
            self.strike()
        return self.items[index]


async def publish_all(
    sender: NatsTransport, items: Sequence[OutboundBundle], struck: StruckAt | None = None, done: int = 0
) -> int:
    """Publish bundles as a relay would, reconciling after every failure; how often it had to.

    `struck` are those that are tried first; so many are `done` already.
    """
    failures = 0
    async with asyncio.timeout(WAIT):
        while done < len(items):
            await sender.wait_connected()
            window, struck = items[done:] if struck is None else struck, None
            result = await sender.publisher.publish_window(window, done)
            done += result.stored
            if result.actual_last is not None:
                found = reconcile(done, len(items) - done, result.actual_last)
                assert not found.wiped
                assert not found.foreign
                done += found.stored_prefix
            failures += not result.complete
    return failures
