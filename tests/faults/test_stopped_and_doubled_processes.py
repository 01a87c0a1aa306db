"""A gateway process that is frozen for a while, and a second one started on the same state directory."""

from tests.faults.load import Load, arrived_once_and_in_order
from tests.faults.processes import GatewayProcess, ProcessWorld


async def test_a_second_process_on_one_state_directory_is_refused_and_harms_nothing(
    world: ProcessWorld,
) -> None:
    gateways = await world.start("XAA", "XBB")
    alfa = gateways["XAA"]
    load = Load()
    load.start(alfa, ["XBB"])
    await load.more(20)
    second = GatewayProcess(world, "XAA", alfa.state)
    second.log = world.directory / "second.log"
    await second.launch()
    assert await second.ended() != 0
    assert "StateInUseError" in second.log.read_text()
    await load.more(20)
    await load.stop()
    assert await arrived_once_and_in_order(load, tuple(gateways.values())) == 0
    # The first one's end, kill -9 included, lets the next one in.
    await alfa.kill()
    await second.start()
    await second.kill()


async def test_frozen_processes_lose_and_double_nothing_when_they_go_on(world: ProcessWorld) -> None:
    gateways = await world.start("XAA", "XBB")
    alfa, bravo = gateways["XAA"], gateways["XBB"]
    load = Load()
    load.start(alfa, ["XBB"])
    await load.more(50)
    bravo.pause()
    await load.more(300)
    bravo.resume()
    await load.more(20)
    await load.stop()
    load.start(bravo, ["XAA"])
    alfa.pause()
    await load.more(200)
    alfa.resume()
    await load.stop()
    assert await arrived_once_and_in_order(load, (alfa, bravo)) == 0
