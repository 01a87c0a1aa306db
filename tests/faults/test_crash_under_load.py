"""kill -9 of gateways and broker at random moments, under continuous load through the HTTP APIs."""

import asyncio
import random

from tests.faults import crash_rounds
from tests.faults.load import Load, arrived_once_and_in_order
from tests.faults.processes import ProcessWorld

ROUNDS = crash_rounds(20)
VICTIMS = (("XAA",), ("XBB",), ("XCC",), ("broker",), ("XAA", "broker"), ("XBB", "XCC"), ("XAA", "XBB"))


async def _crash(world: ProcessWorld, victim: str) -> None:
    if victim == "broker":
        await world.broker.server.kill()
        await world.broker.server.start()
    else:
        await world.gateways[victim].kill()
        await world.gateways[victim].start()


async def test_kill_9_of_anything_under_load_loses_doubles_and_misdelivers_nothing(
    world: ProcessWorld,
) -> None:
    gateways = await world.start("XAA", "XBB", "XCC")
    chance = random.Random(20261122)
    load = Load()
    load.start(gateways["XAA"], ["XBB", "XCC"], ["XBB"], ["XCC"])
    load.start(gateways["XBB"], ["XAA"], ["XAA", "XCC"])
    for number in range(ROUNDS):
        await load.more(chance.randint(1, 80))
        victims = VICTIMS[number] if number < len(VICTIMS) else chance.choice(VICTIMS)
        await asyncio.gather(*(_crash(world, victim) for victim in victims))
    await load.more(20)
    await load.stop()
    await arrived_once_and_in_order(load, tuple(gateways.values()))
    assert len(load.accepted) > 10 * ROUNDS
