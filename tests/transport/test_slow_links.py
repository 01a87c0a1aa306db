"""Links on which every answer is late: nothing that waits for one may give up before it can have come."""

import asyncio
from typing import cast

import pytest

from bus.ports import BrokerUnavailable
from bus.transport import link as link_module
from bus.transport import mailbox as mailbox_module
from bus.transport.client import BrokerClient
from bus.transport.link import SLOWEST, Link
from bus.transport.publishing import WINDOW_OCTETS
from entente.broker_link import BrokerLink
from schemas.wire import Lane
from tests.broker_fixtures import WAIT, Broker, bundles
from tests.transport.receiving import first_seen, take, take_until
from tests.transport.stuck_link import StuckLink

DELAY = 0.08


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """As short beside the delay as the real one is beside more than a second."""
    monkeypatch.setattr(mailbox_module, "PULL_SECONDS", 0.2)
    monkeypatch.setattr(mailbox_module, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(mailbox_module, "PULL_PATIENCE_SECONDS", 0.25)
    for name in ("RESET_SECONDS", "PING_SECONDS", "SETTLE_SECONDS"):
        monkeypatch.setattr(mailbox_module, name, DELAY)


async def test_a_link_slower_than_any_patience_of_ours_brings_mail_and_stays(broker: Broker) -> None:
    changes: list[bool] = []
    async with BrokerLink(broker.server.config.port) as near, broker.transport("XAA") as sender:
        near.slow_down(DELAY)
        async with broker.transport("XBB", near.url, on_change=changes.append) as receiver:
            mailbox = receiver.mailbox(Lane.NORMAL)
            # Nothing comes for longer than a pull stays with the broker.
            assert await mailbox.fetch(wait=0.8) == []
            assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 5), 0)).complete
            assert await take(mailbox, 5) == [0, 1, 2, 3, 4]
            assert changes == [True]


async def test_a_link_that_becomes_slow_brings_mail_all_the_same(broker: Broker) -> None:
    async with BrokerLink(broker.server.config.port) as near, broker.transport("XAA") as sender:
        async with broker.transport("XBB", near.url) as receiver:
            mailbox = receiver.mailbox(Lane.NORMAL)
            assert await mailbox.fetch(wait=0.05) == []
            near.slow_down(DELAY)
            # Given up, since it once was faster; the next one is measured anew.
            assert await mailbox.fetch(wait=0.8) == []
            assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 5), 0)).complete
            assert first_seen(await take_until(mailbox, 4)) == [0, 1, 2, 3, 4]


async def test_a_window_of_large_bundles_leaves_room_for_what_else_is_on_the_link(broker: Broker) -> None:
    async with StuckLink(broker.server.config.port).running() as near:
        async with broker.transport("XAA", near.url) as sender:
            assert (await sender.publisher.publish_window(bundles("XAA", "XBB", 1), 0)).complete
            near.stick()
            link, size = sender._dialler.require(), 300_000
            before, patience = link.client.stats["out_bytes"], link.patience(1.0)
            items = bundles("XAA", "XBB", 10, size=size)
            sending = asyncio.create_task(sender.publisher.publish_window(items, 1))
            await asyncio.wait((sending,), timeout=0.2)
            assert WINDOW_OCTETS <= link.client.stats["out_bytes"] - before < WINDOW_OCTETS + size
            # And its answers may take as long as the next bundle does on the slowest of links.
            assert link.patience(1.0) == patience + size / SLOWEST
            link.abandon()
            assert isinstance((await sending).error, BrokerUnavailable)
            assert link.patience(1.0) == patience


class Talking:
    """The client of a broker that sends something all the time, and answers every ping."""

    @property
    def heard(self) -> float:
        return asyncio.get_running_loop().time()

    async def flush(self, timeout: float) -> None:  # noqa: ASYNC109 - nats-py's
        return


async def test_an_answer_that_stays_out_is_not_waited_for_as_long_as_other_things_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A rewind that the broker dropped while it came up would keep a lane from its mail meanwhile."""
    monkeypatch.setattr(link_module, "MOST_PATIENCE", 10_000)
    link = Link(cast(BrokerClient, Talking()))
    asking = asyncio.create_task(link.answer(link.replies.ask(), 0.05))
    await asyncio.wait((asking,), timeout=WAIT)
    assert isinstance(asking.exception(), TimeoutError)
