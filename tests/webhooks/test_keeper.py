"""Every webhook has one sender: as soon as it is there, until it is gone, whatever becomes of another's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import pytest

from bus.store import webhooks
from bus.store.webhooks import Course, Disabled, Webhook
from gateways.webhooks.keeper import WebhookKeeper
from gateways.webhooks.patience import Patience
from gateways.webhooks.target import Target
from tests.webhooks.desk import KEY, START, WEBHOOK, Desk

SECOND = "0" * 31 + "2"


class Told:
    """Remembers who was posted to, and can be waited for; ``hanging`` never answers."""

    def __init__(self) -> None:
        self.paths: asyncio.Queue[str] = asyncio.Queue()
        self.hanging: set[str] = set()
        self.broken: set[str] = set()
        self.made = 0

    def make(self) -> "Told":
        self.made += 1
        return self

    async def post(self, target: Target, headers: Mapping[str, str], body: bytes) -> None:
        self.paths.put_nowait(target.path)
        if target.path in self.hanging:
            await asyncio.Event().wait()
        if target.path in self.broken:
            raise RuntimeError("nobody foresaw this")

    async def next(self) -> str:
        async with asyncio.timeout(20):
            return await self.paths.get()


@pytest.fixture
async def world() -> AsyncIterator[tuple[Desk, Told, WebhookKeeper]]:
    desk, told = Desk(), Told()
    keeper = WebhookKeeper(desk.context, told.make, Patience(), desk._caller_of)
    yield desk, told, keeper
    await keeper.stop()
    desk.close()


def second(desk: Desk) -> None:
    webhooks.add(
        desk.tx,
        Webhook(SECOND, KEY, "https://8.8.8.8/two", None, None, None, bytes(32), START, "test", Course(0)),
    )


def happen(desk: Desk) -> None:
    desk.happen()
    desk.context.events.announce(desk.context.events.latest + 1)


World = tuple[Desk, Told, WebhookKeeper]


async def test_an_event_is_posted_as_soon_as_it_is_announced(world: World) -> None:
    desk, told, keeper = world
    keeper.start()
    happen(desk)
    assert await told.next() == "/in"
    happen(desk)
    assert await told.next() == "/in"


async def test_a_webhook_that_is_added_or_enabled_is_served_at_once(world: World) -> None:
    desk, told, keeper = world
    webhooks.disable(desk.tx, WEBHOOK, 0, Disabled.GONE, START)
    keeper.start()
    happen(desk)
    second(desk)
    keeper.changed()
    assert await told.next() == "/two"
    webhooks.enable(desk.tx, WEBHOOK)
    keeper.changed()
    assert await told.next() == "/in"


async def test_a_webhook_enabled_just_when_its_sender_saw_that_it_was_not_is_served(world: World) -> None:
    desk, told, keeper = world
    saw, goes_on, looked = asyncio.Event(), asyncio.Event(), asyncio.Event()
    read: Callable[..., Awaitable[object]] = desk.store.read

    async def observed(job: Callable[..., object]) -> object:
        found = await read(job)
        if isinstance(found, Webhook) and found.course.disabled:
            saw.set()
            await goes_on.wait()
        if isinstance(found, tuple):
            looked.set()
        return found

    desk.store.read = observed  # type: ignore[method-assign,assignment]
    keeper.start()
    happen(desk)
    await told.next()
    webhooks.disable(desk.tx, WEBHOOK, desk.course.turn, Disabled.GONE, START)
    async with asyncio.timeout(20):
        keeper.changed()
        await saw.wait()
        webhooks.enable(desk.tx, WEBHOOK)
        looked.clear()
        keeper.changed()
        await looked.wait()
        goes_on.set()
    happen(desk)
    assert await told.next() == "/in"


async def test_a_receiver_that_hangs_holds_up_no_other_nor_the_end(world: World) -> None:
    desk, told, keeper = world
    told.hanging.add("/in")
    second(desk)
    happen(desk)
    keeper.start()
    assert {await told.next(), await told.next()} == {"/in", "/two"}
    happen(desk)
    assert await told.next() == "/two"
    async with asyncio.timeout(20):
        await keeper.stop()
    assert desk.course.position == 0, "what hung is posted again after the next start"


async def test_what_nobody_foresaw_stops_no_other_webhook(world: World) -> None:
    desk, told, keeper = world
    told.broken.add("/in")
    second(desk)
    happen(desk)
    keeper.start()
    assert {await told.next(), await told.next()} == {"/in", "/two"}
    happen(desk)
    assert "/two" in (await told.next(), "/two")
    assert desk.context.counters.alarm_faults >= 1


async def test_a_gateway_without_webhooks_makes_nothing_to_post_with(world: World) -> None:
    desk, told, keeper = world
    webhooks.remove(desk.tx, WEBHOOK)
    looked = asyncio.Event()
    read: Callable[..., object] = desk.store.read

    async def observed(job: Callable[..., object]) -> object:
        looked.set()
        return await read(job)  # type: ignore[misc]

    desk.store.read = observed  # type: ignore[method-assign,assignment]
    keeper.start()
    async with asyncio.timeout(20):
        await looked.wait()
    await keeper.stop()
    assert told.made == 0


async def test_a_removed_webhooks_sender_ends(world: World) -> None:
    desk, told, keeper = world
    keeper.start()
    happen(desk)
    await told.next()
    webhooks.remove(desk.tx, WEBHOOK)
    second(desk)
    keeper.changed()
    happen(desk)
    assert await told.next() == "/two"
    assert await told.next() == "/two"
    assert told.paths.empty()
