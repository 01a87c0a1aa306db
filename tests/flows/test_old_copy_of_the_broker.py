"""The broker's store set back to an old copy: what it forgot is sent again, what it repeats is known."""

import shutil
from pathlib import Path

from schemas.audit import AuditEvent
from tests.flows.world import World, subjects


async def test_an_old_copy_of_the_brokers_store_put_back_loses_and_doubles_nothing(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    server = world.broker.server
    store = Path(server.config.store_dir)
    await alfa.states(await alfa.publish("XBB", subject="arrived, in the copy"), {"XBB": "delivered"})
    await alfa.states(await alfa.publish("XCC", subject="waits, in the copy"), {"XCC": "sent"})
    await server.stop()
    shutil.copytree(store, world.directory / "old copy")
    await world.broker.start()
    for number in range(5):
        arrived = await alfa.publish("XBB", subject=f"arrived since, {number}")
        await alfa.states(arrived, {"XBB": "delivered"})
    await bravo.states(await bravo.publish("XAA", subject="from XBB since"), {"XAA": "delivered"})
    await alfa.states(await alfa.publish("XCC", subject="waits since"), {"XCC": "sent"})
    await server.kill()
    shutil.rmtree(store)
    (world.directory / "old copy").rename(store)
    await world.broker.start()
    for gateway in (alfa, bravo):
        await gateway.evidence(AuditEvent.BROKER_STORE_LOST)
    charlie = await world.gateway("XCC")
    assert subjects(await charlie.mail(2)) == ["waits, in the copy", "waits since"]
    await alfa.states(await alfa.publish("XBB", subject="afterwards"), {"XBB": "delivered"})
    await bravo.states(await bravo.publish("XAA", subject="from XBB afterwards"), {"XAA": "delivered"})
    since = [f"arrived since, {number}" for number in range(5)]
    assert subjects(await bravo.mail(7)) == ["arrived, in the copy", *since, "afterwards"]
    assert subjects(await alfa.mail(2)) == ["from XBB since", "from XBB afterwards"]
    for gateway in (alfa, bravo, charlie):
        assert not await gateway.gaps()
        assert gateway.exchange.counters.alarm_equivocation == 0
        assert not gateway.exchange.counters.rejected
