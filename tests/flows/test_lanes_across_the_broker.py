"""Lost tails and restored backups across the real broker: heads show them, and everything comes again."""

import asyncio
from datetime import timedelta
from pathlib import Path

from bus.store import deliveries, heads
from bus.store.writer import Transaction
from gateways.lanes.policy import HeadPolicy
from schemas.audit import AuditEvent
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane
from tests.broker_fixtures import WAIT
from tests.flows.test_receipts_and_gaps import lossy
from tests.flows.world import Gateway, World, subjects

HEADS = HeadPolicy()


def put_back(path: Path, data: bytes) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.write_bytes(data)


async def head_from(originator: Gateway, recipient: Gateway) -> None:
    """A head of the originator, made now, is read by the recipient."""

    def newest(tx: Transaction) -> bool:
        head = heads.newest(tx, originator.nation, Mode.OPERATION)
        return head is not None and head.heard_at is not None and head.at >= made

    made = originator.world.clock()
    await originator.exchange.lanes.look()
    await recipient.store.until(newest, bool)


async def test_the_last_message_of_a_lane_that_the_hub_lost_comes_all_the_same(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    mailbox = await lossy(bravo, Lane.NORMAL)
    lost = await alfa.publish("XBB", subject="lost, and nothing after it")
    await alfa.states(lost, {"XBB": "sent"})
    await asyncio.wait_for(mailbox.lost.wait(), WAIT)
    mailbox.losing = False
    world.clock.move(timedelta(seconds=2))
    await head_from(alfa, bravo)
    await bravo.exchange.lanes.look()
    world.clock.move(HEADS.patience)
    await bravo.exchange.lanes.look()
    assert subjects(await bravo.mail(1)) == ["lost, and nothing after it"]
    await alfa.states(lost, {"XBB": "delivered"})
    (gap,) = await bravo.evidence(AuditEvent.LANE_GAP)
    assert (gap.lane, gap.serial, gap.count) == (Lane.NORMAL, 1, 1)


async def test_a_recipient_that_went_back_to_a_backup_gets_again_what_it_had_receipted(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    path = world.directory / "XBB.db"
    await alfa.states(await alfa.publish("XBB", subject="before the backup"), {"XBB": "delivered"})
    await bravo.stop()
    backup = path.read_bytes()
    await bravo.start()
    after = await alfa.publish("XBB", subject="after the backup")
    await alfa.states(after, {"XBB": "delivered"})
    await bravo.stop()
    put_back(path, backup)
    await bravo.start()
    assert subjects(await bravo.mail(1)) == ["before the backup"]
    world.clock.move(HEADS.heartbeat)
    await head_from(alfa, bravo)
    await bravo.exchange.lanes.look()
    world.clock.move(HEADS.patience)
    await bravo.exchange.lanes.look()
    assert subjects(await bravo.mail(2)) == ["before the backup", "after the backup"]
    await alfa.states(after, {"XBB": "delivered"})
    assert not await bravo.gaps()


async def test_a_backup_and_a_broker_that_lost_everything_too_deliver_again(world: World) -> None:
    """Nothing at home shows that the store is a copy: only the partners remember."""
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    path = world.directory / "XAA.db"
    await alfa.stop()
    backup = path.read_bytes()
    await alfa.start()
    await alfa.states(await alfa.publish("XBB", subject="after the backup"), {"XBB": "delivered"})
    await alfa.stop()
    put_back(path, backup)
    await world.broker.server.kill()
    await world.broker.server.wipe_store()
    await world.broker.start()
    world.clock.move(timedelta(seconds=2))
    await alfa.start()

    def epoch(tx: Transaction) -> int:
        return deliveries.lane_position(tx, "XBB", Mode.OPERATION, Lane.NORMAL)[0]

    before = await alfa.store.read(epoch)
    accepted = await alfa.publish("XBB", subject="after the restore")
    await alfa.states(accepted, {"XBB": "delivered"})
    assert await alfa.store.read(epoch) > before
    assert subjects(await bravo.mail(2)) == ["after the backup", "after the restore"]
    alarms = await bravo.evidence(AuditEvent.LANE_ALARM)
    assert {record.reason for record in alarms} == {ReasonCode.LANE_REWOUND}
    begun = await alfa.evidence(AuditEvent.LANE_EPOCH_BEGUN)
    assert [record.partner for record in begun] == ["XBB"]
