"""Waiting for what a gateway's feed of events tells, woken by the feed itself."""

import asyncio
from collections.abc import Callable
from typing import Any

from bus.store import events as feed
from bus.store.events import StoredEvent
from schemas.event import EventType
from tests.gateway.running import WAIT, Gateway


def wait_told(gateway: Gateway, meant: Callable[[StoredEvent], bool]) -> None:
    """Return once the feed has an event that is meant."""

    def told(tx: Any) -> bool:
        return any(meant(each) for each in feed.look(tx, limit=100_000).events)

    async def wait() -> None:
        context = gateway.runtime.context
        async with asyncio.timeout(WAIT):
            seen = context.events.latest
            while not await context.store.read(told):
                seen = await context.events.wait_beyond(seen)

    gateway._loop.call(wait())


def wait_event(gateway: Gateway, wanted: EventType, message_id: str, nation: str | None = None) -> None:
    """Return once the feed tells it."""
    wait_told(
        gateway,
        lambda each: (each.type, each.message_id) == (wanted, message_id) and nation in (None, each.nation),
    )
