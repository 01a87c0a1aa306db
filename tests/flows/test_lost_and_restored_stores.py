"""A store that was lost, or set back to a copy: however often, what is accepted afterwards arrives."""

from datetime import timedelta
from pathlib import Path

from bus.store import audit
from bus.store.epochs import store_epoch
from bus.store.writer import Transaction
from schemas.audit import AuditEvent, AuditRecord
from tests.flows.world import Gateway, World, subjects


def _files(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]


async def _begun_again(gateway: Gateway) -> int:
    """The epoch after the gateway noticed that the broker holds more of its own than it knows."""

    def every_lane(tx: Transaction) -> bool:
        found = audit.list_after(tx, limit=1000, event=AuditEvent.LANE_EPOCH_BEGUN)
        return any(AuditRecord.model_validate_json(entry.record).partner is None for entry in found)

    await gateway.store.until(every_lane, bool)
    return await gateway.store.read(store_epoch)


async def test_a_store_lost_again_and_again_keeps_being_able_to_deliver(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    subject, epochs = "life 0", [await alfa.store.read(store_epoch)]
    await alfa.states(await alfa.publish("XBB", subject=subject), {"XBB": "delivered"})
    for life in range(1, 4):
        await alfa.stop()
        for file in _files(world.directory / "XAA.db"):
            file.unlink(missing_ok=True)
        world.clock.move(timedelta(seconds=2))
        await alfa.start()
        epochs.append(await _begun_again(alfa))
        accepted = await alfa.publish("XBB", subject=f"life {life}")
        await alfa.states(accepted, {"XBB": "delivered"})
    mail = await bravo.mail(4)
    assert subjects(mail) == [f"life {life}" for life in range(4)]
    assert [(entry.epoch, entry.serial, entry.late) for entry in mail] == [(e, 1, False) for e in epochs]
    assert sorted(set(epochs)) == epochs
    assert bravo.exchange.counters.alarm_equivocation == 0
    assert not await bravo.gaps()


async def test_what_a_new_store_sends_before_it_notices_is_not_refused_either(world: World) -> None:
    """The broker lost its store as well: nothing tells the new store that it had a predecessor."""
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    await alfa.states(await alfa.publish("XBB", subject="before"), {"XBB": "delivered"})
    await alfa.stop()
    for file in _files(world.directory / "XAA.db"):
        file.unlink(missing_ok=True)
    await world.broker.server.kill()
    await world.broker.server.wipe_store()
    await world.broker.start()
    world.clock.move(timedelta(seconds=2))
    await alfa.start()
    await alfa.states(await alfa.publish("XBB", subject="after"), {"XBB": "delivered"})
    assert subjects(await bravo.mail(2)) == ["before", "after"]
    assert bravo.exchange.counters.alarm_equivocation == 0


async def test_a_backup_restored_twice_keeps_being_able_to_deliver(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    path = world.directory / "XAA.db"
    await alfa.states(await alfa.publish("XBB", subject="one"), {"XBB": "delivered"})
    await alfa.stop()
    backup = path.read_bytes()
    await alfa.start()
    await alfa.states(await alfa.publish("XBB", subject="after the backup"), {"XBB": "delivered"})
    epochs = [await alfa.store.read(store_epoch)]
    for time in ("first", "second"):
        await alfa.stop()
        for file in _files(path):
            file.unlink(missing_ok=True)
        path.write_bytes(backup)
        world.clock.move(timedelta(seconds=2))
        await alfa.start()
        epochs.append(await _begun_again(alfa))
        accepted = await alfa.publish("XBB", subject=f"after the {time} restore")
        await alfa.states(accepted, {"XBB": "delivered"})
    mail = await bravo.mail(4)
    wanted = ["one", "after the backup", "after the first restore", "after the second restore"]
    assert subjects(mail) == wanted
    assert sorted(set(epochs)) == epochs
    assert [(entry.epoch, entry.serial) for entry in mail[2:]] == [(epoch, 1) for epoch in epochs[1:]]
    assert bravo.exchange.counters.alarm_equivocation == 0
    assert not await bravo.gaps()
