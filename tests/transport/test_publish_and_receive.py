"""Publishing and receiving against a real server, while nothing goes wrong beyond what the broker refuses."""

import asyncio
from pathlib import Path

import pytest

from bus.nats_config import MAX_PAYLOAD
from bus.ports import IncomingBundle, OutboundBundle, PublishRefused, QuotaExceeded
from schemas.wire import Lane
from tests.broker_fixtures import WAIT, Broker, bundles, number_of
from tests.transport.receiving import first_seen, take, take_until


async def test_bundles_arrive_in_order_with_consumer_sequences_from_one(broker: Broker) -> None:
    async with broker.transport("XAA") as sender, broker.transport("XBB") as receiver:
        result = await sender.publisher.publish_window(bundles("XAA", "XBB", 300), 0)
        assert result.complete
        assert (result.stored, result.last_sequence) == (300, 300)
        mailbox = receiver.mailbox(Lane.NORMAL)
        seen = []
        async with asyncio.timeout(WAIT):
            async for bundle in mailbox.receive():
                assert bundle.subject == "out.XAA.op.normal.XBB"
                assert bundle.num_delivered == 1
                seen.append((bundle.consumer_seq, number_of(bundle.payload)))
                await bundle.ack()
                if len(seen) == 300:
                    break
        assert seen == [(i + 1, i) for i in range(300)]


async def test_each_recipient_and_lane_gets_its_own_bundles_only(broker: Broker) -> None:
    items = [
        OutboundBundle(
            f"out.XAA.{mode}.{lane.value}.{recipient}", f"{mode} {lane.value} {recipient}".encode()
        )
        for mode in ("op", "ex", "ts")
        for lane in Lane
        for recipient in ("XBB", "XCC")
    ]
    async with broker.transport("XAA") as sender, broker.transport("XBB") as b, broker.transport("XCC") as c:
        assert (await sender.publisher.publish_window(items, 0)).complete
        for nation, transport in (("XBB", b), ("XCC", c)):
            for lane in Lane:
                mailbox = transport.mailbox(lane)
                got: list[bytes] = []
                async with asyncio.timeout(WAIT):
                    while len(got) < 3:
                        got += [bundle.payload for bundle in await mailbox.fetch()]
                assert got == [f"{mode} {lane.value} {nation}".encode() for mode in ("op", "ex", "ts")]
                assert await mailbox.fetch(wait=0.05) == []


async def test_a_wrong_expected_sequence_tells_the_streams_real_end_and_stores_nothing(
    broker: Broker,
) -> None:
    async with broker.transport("XAA") as sender:
        items = bundles("XAA", "XBB", 10)
        await sender.publisher.publish_window(items, 0)
        # Ten bundles behind 3: the eighth expects exactly the real end, and must not be stored alone.
        again = await sender.publisher.publish_window(items, 3)
        assert (again.stored, again.actual_last, again.error) == (0, 10, None)
        assert not again.complete
        assert (await sender.publisher.publish_window(items, 10)).last_sequence == 20


async def test_a_fetch_returns_at_once_when_a_bundle_arrives_while_it_waits(broker: Broker) -> None:
    async with broker.transport("XAA") as sender, broker.transport("XBB") as receiver:
        mailbox = receiver.mailbox(Lane.URGENT)
        # It would wait far longer than the test does.
        waiting = asyncio.create_task(mailbox.fetch(wait=100 * WAIT))
        await sender.publisher.publish_window(bundles("XAA", "XBB", 1, lane="urgent"), 0)
        assert len(await asyncio.wait_for(waiting, WAIT)) == 1


async def test_a_bundle_that_could_not_be_stored_comes_again_with_all_behind_it_in_order(
    broker: Broker,
) -> None:
    async with broker.transport("XAA") as sender, broker.transport("XBB") as receiver:
        await sender.publisher.publish_window(bundles("XAA", "XBB", 20), 0)
        mailbox = receiver.mailbox(Lane.NORMAL)
        assert await take(mailbox, 5) == [0, 1, 2, 3, 4]
        batch: list[IncomingBundle] = []
        async with asyncio.timeout(WAIT):
            while len(batch) < 3:
                batch += await mailbox.fetch(3 - len(batch))
        await batch[0].ack()
        await batch[1].nak()
        await batch[2].ack()
        assert await take(mailbox, 14) == list(range(6, 20))


async def test_a_terminated_bundle_does_not_come_again(broker: Broker) -> None:
    async with broker.transport("XAA") as sender, broker.transport("XBB") as receiver:
        await sender.publisher.publish_window(bundles("XAA", "XBB", 3), 0)
        mailbox = receiver.mailbox(Lane.NORMAL)
        (first,) = await mailbox.fetch(1, wait=WAIT)
        await first.term()
        await mailbox.close()
        assert await take(receiver.mailbox(Lane.NORMAL), 2) == [1, 2]


async def test_bundles_of_the_largest_size_pass(broker: Broker) -> None:
    async with broker.transport("XAA") as sender, broker.transport("XBB") as receiver:
        # Headers count against the server's limit too.
        items = bundles("XAA", "XBB", 12, size=MAX_PAYLOAD - 1024)
        assert (await sender.publisher.publish_window(items, 0)).complete
        assert await take(receiver.mailbox(Lane.NORMAL), 12) == list(range(12))


async def test_a_bundle_above_the_brokers_limit_is_refused_and_those_before_it_are_stored(
    broker: Broker,
) -> None:
    async with broker.transport("XAA") as sender:
        items = bundles("XAA", "XBB", 4)
        items.insert(2, OutboundBundle("out.XAA.op.normal.XBB", bytes(MAX_PAYLOAD + 1)))
        result = await sender.publisher.publish_window(items, 0)
        assert (result.stored, result.last_sequence) == (2, 2)
        assert isinstance(result.error, PublishRefused)
        assert (await sender.publisher.publish_window(items[3:], 2)).complete


async def test_a_full_quota_is_reported_and_other_nations_still_publish(tmp_path: Path) -> None:
    broker = Broker(tmp_path, quota_bytes=MAX_PAYLOAD)
    await broker.start()
    try:
        async with broker.transport("XAA") as sender, broker.transport("XBB") as other:
            items = bundles("XAA", "XBB", 80, size=32 * 1024)
            result = await sender.publisher.publish_window(items, 0)
            assert isinstance(result.error, QuotaExceeded)
            assert 0 < result.stored < 80
            again = await sender.publisher.publish_window(items[result.stored :], result.last_sequence)
            assert isinstance(again.error, QuotaExceeded)
            assert again.stored == 0
            assert (await other.publisher.publish_window(bundles("XBB", "XAA", 5), 0)).complete
            assert await take(sender.mailbox(Lane.NORMAL), 5) == [0, 1, 2, 3, 4]
            assert await take(other.mailbox(Lane.NORMAL), result.stored) == list(range(result.stored))
    finally:
        await broker.server.kill()


@pytest.mark.parametrize("count", [0, 1, 64, 65, 200])
async def test_a_window_of_any_length_is_sent_whole(broker: Broker, count: int) -> None:
    async with broker.transport("XAA") as sender:
        result = await sender.publisher.publish_window(bundles("XAA", "XBB", count), 0)
        assert result.complete
        assert result.stored == result.last_sequence == count


async def test_more_bundles_than_may_be_unacknowledged_at_once_flow_on_as_acks_go_out(broker: Broker) -> None:
    async with broker.transport("XAA") as sender, broker.transport("XBB") as receiver:
        assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 1500), 0)).complete
        mailbox = receiver.mailbox(Lane.NORMAL)
        held: list[IncomingBundle] = []
        async with asyncio.timeout(WAIT):
            while len(held) < 1000:
                held += await mailbox.fetch()
        assert await mailbox.fetch(wait=0.05) == []
        for bundle in held:
            await bundle.ack()
        assert first_seen(await take_until(mailbox, 1499)) == list(range(1000, 1500))
