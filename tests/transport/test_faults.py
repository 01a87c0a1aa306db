"""Crashes, cuts and losses against a real server: nothing lost, nothing twice in the stream, order kept."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

from nats.aio.client import Client

from bus.ports import BrokerUnavailable, reconcile
from bus.transport import NatsTransport
from entente.broker_link import BrokerLink
from schemas.wire import Lane
from tests.broker_fixtures import WAIT, Broker, bundles, number_of, worked_off
from tests.transport.receiving import first_seen, take, take_until
from tests.transport.sending import StruckAt, publish_all


async def test_broker_killed_amid_a_window_stores_every_bundle_once_and_in_order(broker: Broker) -> None:
    items, first, killed = bundles("XAA", "XBB", 3000), 300, asyncio.Event()

    def strike() -> None:
        pid = broker.server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        killed.set()

    async with broker.transport("XAA") as sender, broker.transport("XBB") as receiver:
        mailbox = receiver.mailbox(Lane.NORMAL)
        assert await publish_all(sender, items[:first]) == 0
        numbers = await take(mailbox, 200)
        rest = StruckAt(items[first:], 1000, strike)
        sending = asyncio.create_task(publish_all(sender, items, rest, first))
        await asyncio.wait_for(killed.wait(), WAIT)
        await broker.server.kill()
        await broker.server.start()
        numbers += await take_until(mailbox, len(items) - 1)
        assert await sending > 0
        assert first_seen(numbers) == list(range(len(items)))
        end = await sender.publisher.publish_window(bundles("XAA", "XBB", 1), 0)
        assert end.actual_last == len(items)


async def test_wiped_store_is_recognised_and_sending_resumes_at_the_beginning(broker: Broker) -> None:
    async with broker.transport("XAA") as sender, broker.transport("XBB") as receiver:
        mailbox = receiver.mailbox(Lane.NORMAL)
        items = bundles("XAA", "XBB", 50)
        assert (await sender.publisher.publish_window(items, 0)).last_sequence == 50
        await take(mailbox, 20)
        await broker.server.kill()
        await sender.wait_disconnected(WAIT)
        await broker.server.wipe_store()
        await broker.server.start()
        await sender.wait_connected(WAIT)
        unprovisioned = await sender.publisher.publish_window(items, 50)
        assert isinstance(unprovisioned.error, BrokerUnavailable)
        assert await mailbox.fetch(wait=0.1) == []
        await broker.provision()
        refused = await sender.publisher.publish_window(items, 50)
        assert refused.actual_last == 0
        assert reconcile(50, 0, refused.actual_last).wiped
        assert (await sender.publisher.publish_window(items, 0)).complete
        assert await take(mailbox, 50) == list(range(50))


async def test_one_lost_outgoing_stream_goes_on_behind_what_was_already_delivered(broker: Broker) -> None:
    """Were it to begin at 1 again, DELIVERY would ignore everything up to the sequence it had reached."""
    async with broker.transport("XAA") as sender, broker.transport("XBB") as receiver:
        mailbox = receiver.mailbox(Lane.NORMAL)
        assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 30), 0)).complete
        await take(mailbox, 30)
        await broker.server.stop()
        lost = Path(broker.server.config.store_dir) / "jetstream" / "HUB" / "streams" / "OUT_XAA"
        await asyncio.to_thread(shutil.rmtree, lost)
        await broker.server.start()
        await broker.provision()
        await sender.wait_connected(WAIT)
        probe = await sender.publisher.publish_window(bundles("XAA", "XBB", 5), 0)
        assert probe.actual_last == 30
        assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 5), 30)).complete
        assert await take(mailbox, 5) == [0, 1, 2, 3, 4]


async def test_a_receiver_that_dies_with_unacknowledged_bundles_gets_them_again_in_order(
    broker: Broker,
) -> None:
    async with broker.transport("XAA") as sender:
        assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 100), 0)).complete
        async with broker.transport("XBB") as first:
            mailbox = first.mailbox(Lane.NORMAL)
            assert await take(mailbox, 10) == list(range(10))
            assert await take(mailbox, 40, ack=False) == list(range(10, 50))
        async with broker.transport("XBB") as second:
            assert await take(second.mailbox(Lane.NORMAL), 90) == list(range(10, 100))


async def test_bundles_taken_by_another_reader_show_as_a_gap_and_come_again_in_order(broker: Broker) -> None:
    async with broker.transport("XAA") as sender, broker.transport("XBB") as receiver:
        mailbox = receiver.mailbox(Lane.NORMAL)
        assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 10), 0)).complete
        assert await take(mailbox, 10) == list(range(10))
        async with broker.client("XBB") as thief:
            # The thief's request waits in front of the mailbox's next one and swallows what comes first.
            stolen = await thief.subscribe("_INBOX_XBB.thief")
            pull = b'{"batch": 3, "expires": 60000000000}'
            subject = "$JS.API.CONSUMER.MSG.NEXT.DELIVERY.XBB-normal"
            await thief.publish(subject, pull, reply="_INBOX_XBB.thief")
            await worked_off(thief)
            more = bundles("XAA", "XBB", 30)
            assert (await sender.publisher.publish_window(more, 10)).complete
            assert (await stolen.next_msg(WAIT)).data[:8] in {b"%08d" % i for i in range(30)}
        assert first_seen(await take_until(mailbox, 29)) == list(range(30))


async def test_a_stolen_last_bundle_is_noticed_by_the_heartbeat_long_before_the_ack_wait(
    broker: Broker,
) -> None:
    async with broker.transport("XAA") as sender, broker.transport("XBB") as receiver:
        async with broker.client("XBB") as thief:
            stolen = await thief.subscribe("_INBOX_XBB.thief")
            mailbox = receiver.mailbox(Lane.NORMAL)
            # The broker serves waiting requests in turn: the mailbox's first, then the thief's.
            assert await mailbox.fetch(wait=0.05) == []
            subject = "$JS.API.CONSUMER.MSG.NEXT.DELIVERY.XBB-normal"
            await thief.publish(subject, b'{"batch": 1, "expires": 60000000000}', reply="_INBOX_XBB.thief")
            await worked_off(thief)
            assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 2), 0)).complete
            await stolen.next_msg(WAIT)
        assert first_seen(await take_until(mailbox, 1)) == [0, 1]
        assert broker.realm.ack_wait_seconds > WAIT


async def test_cut_link_recovers_without_loss_on_both_sides(broker: Broker) -> None:
    items, first = bundles("XAA", "XBB", 3000), 300
    port = broker.server.config.port
    async with BrokerLink(port) as near_sender, BrokerLink(port) as near_receiver:
        async with (
            broker.transport("XAA", near_sender.url) as sender,
            broker.transport("XBB", near_receiver.url) as receiver,
        ):
            mailbox = receiver.mailbox(Lane.NORMAL)
            assert await publish_all(sender, items[:first]) == 0
            numbers = await take(mailbox, 200)
            rest = StruckAt(items[first:], 1000, near_sender.cut)
            sending = asyncio.create_task(publish_all(sender, items, rest, first))
            await sender.wait_disconnected(WAIT)
            refused = await sender.publisher.publish_window(bundles("XAA", "XBB", 1), 0)
            assert isinstance(refused.error, BrokerUnavailable)
            near_receiver.cut()
            await receiver.wait_disconnected(WAIT)
            assert await mailbox.fetch(wait=0.05) == []
            near_sender.restore()
            near_receiver.restore()
            numbers += await take_until(mailbox, len(items) - 1)
            assert await sending > 0
            assert first_seen(numbers) == list(range(len(items)))


async def test_a_lane_that_has_no_mail_still_listens_after_its_link_was_cut_many_times(
    broker: Broker,
) -> None:
    async with BrokerLink(broker.server.config.port) as near, broker.transport("XAA") as sender:
        async with broker.transport("XBB", near.url) as receiver:
            mailbox = receiver.mailbox(Lane.NORMAL)
            for _ in range(6):
                await receiver.wait_connected(WAIT)
                assert await mailbox.fetch(wait=0.3) == []
                near.cut()
                await receiver.wait_disconnected(WAIT)
                near.restore()
            assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 5), 0)).complete
            # Each fetch is shorter than the back-off has become.
            async with asyncio.timeout(WAIT):
                while not (found := await mailbox.fetch(wait=0.2)):
                    pass
            assert number_of(found[0].payload) == 0


async def test_a_link_slower_than_a_fetch_is_patient_delivers_all_the_same(broker: Broker) -> None:
    async with BrokerLink(broker.server.config.port) as near, broker.transport("XAA") as sender:
        assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 5), 0)).complete
        async with broker.transport("XBB", near.url) as receiver:
            await receiver.wait_connected(WAIT)
            near.slow_down(0.2)
            mailbox = receiver.mailbox(Lane.NORMAL)
            numbers: list[int] = []
            async with asyncio.timeout(WAIT):
                while len(numbers) < 5:
                    for bundle in await mailbox.fetch(wait=0.1):
                        numbers.append(number_of(bundle.payload))
                        await bundle.ack()
            assert numbers == list(range(5))


async def test_a_link_that_swaps_neighbours_loses_and_doubles_nothing_and_keeps_the_order(
    broker: Broker,
) -> None:
    items, port = bundles("XAA", "XBB", 20), broker.server.config.port
    async with BrokerLink(port) as near_sender, BrokerLink(port) as near_receiver:
        async with (
            broker.transport("XAA", near_sender.url) as sender,
            broker.transport("XBB", near_receiver.url) as receiver,
        ):
            near_sender.reorder()
            near_receiver.reorder()
            assert await publish_all(sender, items) > 0
            mailbox = receiver.mailbox(Lane.NORMAL)
            # What overtakes is not taken: the mailbox is rewound, and comes to nothing while this lasts.
            numbers = [number_of(bundle.payload) for bundle in await mailbox.fetch(wait=0.3)]
            near_receiver.restore()
            numbers += await take_until(mailbox, len(items) - 1)
            assert first_seen(numbers) == list(range(len(items)))


async def test_a_publish_during_an_outage_is_not_sent_later_behind_the_callers_back(broker: Broker) -> None:
    async with BrokerLink(broker.server.config.port) as proxy, broker.transport("XAA", proxy.url) as sender:
        proxy.cut()
        # Both before and after the loss is noticed.
        for _ in range(2):
            result = await sender.publisher.publish_window(bundles("XAA", "XBB", 5), 0)
            assert isinstance(result.error, BrokerUnavailable)
            await sender.wait_disconnected(WAIT)
        proxy.restore()
        await sender.wait_connected(WAIT)
        probe = await sender.publisher.publish_window(bundles("XAA", "XBB", 1), 7)
        assert probe.actual_last == 0


async def test_a_connection_that_closed_unreported_is_replaced_even_when_the_caller_never_pauses(
    broker: Broker,
) -> None:
    """nats-py is closed before it says so; a caller retrying without a pause must not keep it from that."""
    async with broker.transport("XAA") as sender:
        client = sender._dialler.require().client
        client._status = Client.CLOSED
        result = await sender.publisher.publish_window(bundles("XAA", "XBB", 1), 0)
        client._status = Client.CONNECTED
        assert isinstance(result.error, BrokerUnavailable)
        assert not sender.connected
        await sender.wait_connected(WAIT)
        assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 1), 0)).complete


async def test_a_link_that_hangs_without_closing_is_given_up_and_replaced(broker: Broker) -> None:
    items = bundles("XAA", "XBB", 9)
    async with BrokerLink(broker.server.config.port) as proxy:
        async with broker.transport("XAA", proxy.url, answer_seconds=0.3) as sender:
            # A busy broker may need longer for an answer than this sender waits: that is reconciled, too.
            await publish_all(sender, items[:3])
            await sender.wait_connected(WAIT)
            proxy.freeze()
            result = await sender.publisher.publish_window(items[3:6], 3)
            assert isinstance(result.error, BrokerUnavailable)
            await publish_all(sender, items, done=3)
    async with broker.transport("XBB") as receiver:
        assert await take(receiver.mailbox(Lane.NORMAL), len(items)) == list(range(len(items)))


async def test_a_receiver_whose_link_hangs_recovers_on_a_new_one(broker: Broker) -> None:
    async with BrokerLink(broker.server.config.port) as proxy:
        async with broker.transport("XAA") as sender, broker.transport("XBB", proxy.url) as receiver:
            mailbox = receiver.mailbox(Lane.NORMAL)
            assert await mailbox.fetch(wait=0.05) == []
            proxy.freeze()
            assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 50), 0)).complete
            assert first_seen(await take_until(mailbox, 49)) == list(range(50))


async def test_a_gateway_may_start_before_its_broker(broker: Broker) -> None:
    await broker.server.kill()
    changes: list[bool] = []
    transport = NatsTransport([broker.url], "XAA", broker.keys["XAA"].seed, on_change=changes.append)
    async with transport:
        assert not transport.connected
        mailbox = transport.mailbox(Lane.CONTROL)
        assert await mailbox.fetch(wait=0.05) == []
        await broker.server.start()
        await transport.wait_connected(WAIT)
        items = bundles("XAA", "XAA", 1, lane="control")
        assert (await transport.publisher.publish_window(items, 0)).complete
        assert await take(mailbox, 1) == [0]
        assert changes == [True]
        await broker.server.kill()
        await transport.wait_disconnected(WAIT)
    assert changes == [True, False]


async def test_acks_sent_before_a_clean_close_are_not_lost(broker: Broker) -> None:
    async with broker.transport("XAA") as sender:
        assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 64), 0)).complete
        async with broker.transport("XBB") as first:
            assert len(await take(first.mailbox(Lane.NORMAL), 64)) == 64
        assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 1), 64)).complete
        async with broker.transport("XBB") as second:
            (bundle,) = await second.mailbox(Lane.NORMAL).fetch(wait=WAIT)
            assert (bundle.stream_seq, number_of(bundle.payload)) == (65, 0)
