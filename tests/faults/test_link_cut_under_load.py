"""The link between gateways and broker cut, and left hanging, again and again while partners publish."""

import random

from entente.broker_link import BrokerLink
from tests.faults import crash_rounds
from tests.faults.load import Load, arrived_once_and_in_order
from tests.faults.processes import ProcessWorld

ROUNDS = crash_rounds(12)


async def test_links_cut_again_and_again_under_load_lose_and_double_nothing(world: ProcessWorld) -> None:
    await world.broker.start()
    port = world.broker.server.config.port
    async with BrokerLink(port) as first, BrokerLink(port) as second:
        alfa = world.gateway("XAA", nats_url=first.url)
        bravo = world.gateway("XBB", nats_url=second.url)
        await alfa.start()
        await bravo.start()
        chance = random.Random(11)
        load = Load()
        load.start(alfa, ["XBB"])
        load.start(bravo, ["XAA"])
        for number in range(ROUNDS):
            links = [first], [second], [first, second]
            for link in links[number % 3]:
                link.cut()
            await load.more(chance.randint(1, 60))
            for link in links[number % 3]:
                link.restore()
            await load.more(chance.randint(1, 60))
        first.freeze()
        await load.more(50)
        await load.stop()
        assert await arrived_once_and_in_order(load, (alfa, bravo)) == 0
        await alfa.kill()
        await bravo.kill()
