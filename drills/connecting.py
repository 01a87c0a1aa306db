"""Partner systems of a drill, one per nation, while each follows its gateway's inbox stream."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx

from drills.partner_system import GatewayAccess, PartnerSystem
from drills.played import DrillError

PATIENCE = 30.0


@contextlib.asynccontextmanager
async def partner_systems(accesses: Mapping[str, GatewayAccess]) -> AsyncIterator[dict[str, PartnerSystem]]:
    """A partner system per nation, each following its inbox; yields once all are connected."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE, limits=limits) as client:
        partners = {nation: PartnerSystem(access, client) for nation, access in accesses.items()}
        await asyncio.gather(*(partner.begin() for partner in partners.values()))
        connected = {nation: asyncio.Event() for nation in partners}
        tasks = [asyncio.create_task(partner.follow(connected[name])) for name, partner in partners.items()]
        try:
            await _first_of(tasks, [event.wait() for event in connected.values()])
            yield partners
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _first_of(tasks: list[asyncio.Task[None]], waits: list[Any]) -> None:
    """Wait for all `waits`, or raise what ended a task first."""

    async def all_waits() -> None:
        await asyncio.gather(*waits)

    waiting = asyncio.create_task(all_waits())
    done, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
    if waiting not in done:
        waiting.cancel()
        for task in done:
            task.result()
        raise DrillError("the gateways' inbox streams did not open")
