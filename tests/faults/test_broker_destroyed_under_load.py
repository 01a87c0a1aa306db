"""The broker's store destroyed under load: kill -9, JetStream directory deleted, provisioned anew."""

import json
import random
from pathlib import Path

import pytest

from tests.faults import crash_rounds
from tests.faults.load import Load, arrived_once_and_in_order
from tests.faults.processes import ProcessWorld

ROUNDS = crash_rounds(5)


async def test_a_broker_store_destroyed_again_and_again_under_load_loses_and_doubles_nothing(
    world: ProcessWorld,
) -> None:
    gateways = await world.start("XAA", "XBB", "XCC")
    chance = random.Random(7)
    load = Load()
    load.start(gateways["XAA"], ["XBB", "XCC"], ["XBB"], ["XCC"])
    load.start(gateways["XBB"], ["XAA"], ["XAA", "XCC"])
    server = world.broker.server
    for _ in range(ROUNDS):
        await load.more(chance.randint(20, 200))
        await server.kill()
        store = Path(server.config.store_dir) / "jetstream"
        assert any(store.rglob("*.blk")), "there was something to destroy"
        await server.wipe_store()
        assert not store.exists()
        await load.more(chance.randint(1, 100))
        await world.broker.start()
    await load.more(20)
    await load.stop()
    late = await arrived_once_and_in_order(load, tuple(gateways.values()))
    assert late == 0, "also what was sent again came in lane order"
    lost = json.loads((await gateways["XAA"].http.get("/v1/audit?event=broker.store-lost")).body)["items"]
    assert lost, "the gateway noticed, and says so in its audit log"


@pytest.mark.parametrize("stream", ["DELIVERY", "OUT_XAA"])
async def test_a_single_stream_of_the_broker_destroyed_under_load_loses_and_doubles_nothing(
    world: ProcessWorld, stream: str
) -> None:
    gateways = await world.start("XAA", "XBB")
    load = Load()
    load.start(gateways["XAA"], ["XBB"])
    await load.more(100)
    async with world.broker.client("HUB") as hub:
        answer = json.loads((await hub.request(f"$JS.API.STREAM.DELETE.{stream}", b"", timeout=10)).data)
        assert answer["success"], answer
    await load.more(50)
    await world.broker.provision()
    await load.more(50)
    await load.stop()
    await arrived_once_and_in_order(load, tuple(gateways.values()))
