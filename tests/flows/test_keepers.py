"""What a started gateway does by itself in the background, and that no fault ends it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bus.store import events, heads
from bus.store.errors import StoreError
from bus.store.writer import Transaction
from gateways import keeper as keeper_module
from gateways.keeper import Ending, Keeper
from gateways.recalling.recalling import WantedRecall, recall
from schemas.audit import AuditEvent
from schemas.event import EventType
from schemas.header import Mode
from schemas.recall import RecallReason
from schemas.request_acts import RequestState
from tests.broker_fixtures import WAIT
from tests.faults.small_world import SmallWorld
from tests.flows.request_world import LTIOV, question
from tests.flows.world import World
from tests.realm_fixtures import make_realm

NAMES = frozenset({"held", "acts", "releases", "lanes", "deadlines", "requests", "recalls", "words"})


async def test_a_request_expires_in_a_started_gateway(world: World) -> None:
    alfa = await world.gateway("XAA")
    header = {"kind": "information_request", "precedence": "PRIORITY"}
    asked = await alfa.publish("XBB", header=header, body=question())
    await alfa.states(asked, {"XBB": "sent"})
    world.clock.time = LTIOV + timedelta(seconds=1)
    alfa.exchange.keepers["requests"].wake()

    def told(tx: Transaction) -> list[str | None]:
        page = events.look(tx, limit=500)
        return [event.state for event in page.events if event.type is EventType.REQUEST_CHANGED]

    await alfa.store.until(told, lambda found: RequestState.EXPIRED in found)


async def test_a_recall_that_nobody_confirms_is_overdue_in_a_started_gateway(world: World) -> None:
    alfa = await world.gateway("XAA")
    accepted = await alfa.publish("XBB")
    await alfa.states(accepted, {"XBB": "sent"})
    wanted = WantedRecall(
        accepted.publication_id, RecallReason.ISSUED_IN_ERROR, False, "operator:anna", lambda *_: True
    )
    await recall(alfa.exchange.context, wanted)
    world.clock.move(timedelta(hours=7))
    alfa.exchange.keepers["recalls"].wake()
    (record,) = await alfa.evidence(AuditEvent.RECALL_OVERDUE)
    assert record.partner == "XBB"


async def test_a_lane_head_leaves_a_started_gateway(world: World) -> None:
    alfa = await world.gateway("XAA")
    await alfa.states(await alfa.publish("XBB"), {"XBB": "sent"})
    world.clock.move(timedelta(minutes=2))
    alfa.exchange.keepers["lanes"].wake()

    def normal(tx: Transaction) -> int:
        head = heads.sent(tx).get(("XBB", Mode.OPERATION))
        return 0 if head is None else head.serials[1]

    await alfa.store.until(normal, lambda serial: serial == 1)


async def test_every_keeper_of_a_gateway_looks_again_after_a_fault_and_ends_with_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "REST_AFTER_FAULT_SECONDS", 0.0)
    alfa = await world.gateway("XAA")
    keepers, counters = alfa.exchange.keepers, alfa.exchange.counters
    assert keepers.keys() == NAMES
    looked: list[asyncio.Event] = []
    for keeper in keepers.values():
        failing, again = asyncio.Event(), asyncio.Event()
        keeper.look = faulty_once(keeper.look, failing, again)
        keeper.wake()
        await asyncio.wait_for(failing.wait(), WAIT)
        keeper.wake()
        looked.append(again)
    await asyncio.wait_for(asyncio.gather(*(each.wait() for each in looked)), WAIT)
    assert counters.alarm_faults == len(NAMES)
    await alfa.stop()
    assert not [task for task in asyncio.all_tasks() if task.get_name().endswith(" XAA") and not task.done()]


def faulty_once(
    look: Callable[[Ending], Awaitable[float]], failing: asyncio.Event, again: asyncio.Event
) -> Callable[[Ending], Awaitable[float]]:
    async def faulty(ending: Ending) -> float:
        if not failing.is_set():
            failing.set()
            raise KeyError("a fault of ours")
        pause = await look(ending)
        again.set()
        return pause

    return faulty


class Looks:
    """Looks that the test lets through one by one; how many began, and how many came to their end."""

    def __init__(self, directory: Path, *, pause: float = WAIT, fault: Exception | None = None) -> None:
        self.context = SmallWorld(directory, make_realm()).gateways["XAA"].context
        self.pause, self.fault = pause, fault
        self.begun, self.ended = 0, 0
        self.at_work, self.go_on, self.done = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.told_to_end = False

    async def __call__(self, ending: Ending) -> float:
        self.begun += 1
        self.at_work.set()
        await self.go_on.wait()
        self.go_on.clear()
        self.told_to_end = ending()
        self.ended += 1
        self.done.set()
        if self.fault is not None:
            raise self.fault
        return self.pause

    async def one(self) -> None:
        """Wait until a look is in hand, and let it come to its end."""
        await asyncio.wait_for(self.at_work.wait(), WAIT)
        self.at_work.clear()
        self.done.clear()
        self.go_on.set()
        await asyncio.wait_for(self.done.wait(), WAIT)


async def test_a_keeper_that_is_stopped_brings_the_look_in_hand_to_its_end(tmp_path: Path) -> None:
    looks = Looks(tmp_path)
    keeper = Keeper(looks.context, "things", looks)
    keeper.start()
    await asyncio.wait_for(looks.at_work.wait(), WAIT)
    stopping = asyncio.create_task(keeper.stop())
    await asyncio.sleep(0)
    looks.go_on.set()
    await asyncio.wait_for(stopping, WAIT)
    assert (looks.begun, looks.ended, looks.told_to_end) == (1, 1, True)


async def test_a_keeper_that_waits_or_rests_ends_at_once_and_can_begin_again(tmp_path: Path) -> None:
    looks = Looks(tmp_path, fault=KeyError("a fault of ours"))
    keeper = Keeper(looks.context, "things", looks)
    for fault in (looks.fault, None):
        looks.fault = fault
        keeper.start()
        await looks.one()
        async with asyncio.timeout(WAIT):
            await keeper.stop()
    assert (looks.begun, looks.told_to_end) == (2, False)


async def test_what_wakes_a_keeper_during_a_look_has_it_look_again(tmp_path: Path) -> None:
    looks, wake = Looks(tmp_path), asyncio.Event()
    keeper = Keeper(looks.context, "things", looks, wake=wake)
    keeper.start()
    await asyncio.wait_for(looks.at_work.wait(), WAIT)
    wake.set()
    await looks.one()
    await looks.one()
    assert looks.ended == 2
    await keeper.stop()


async def test_a_keeper_looks_again_when_the_pause_of_its_look_is_over(tmp_path: Path) -> None:
    looks = Looks(tmp_path, pause=0.0)
    keeper = Keeper(looks.context, "things", looks)
    keeper.start()
    await looks.one()
    await looks.one()
    looks.go_on.set()
    await keeper.stop()
    assert looks.begun >= 2


@pytest.mark.parametrize("fault", [KeyError("ours"), StoreError("full")], ids=["of our code", "of the store"])
async def test_a_fault_of_a_look_is_counted_and_the_next_look_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    monkeypatch.setattr(keeper_module, "REST_AFTER_FAULT_SECONDS", 0.0)
    looks = Looks(tmp_path, fault=fault)
    keeper = Keeper(looks.context, "things", looks)
    keeper.start()
    await looks.one()
    looks.fault = None
    keeper.wake()
    await looks.one()
    await keeper.stop()
    of_store = isinstance(fault, StoreError)
    counters = looks.context.counters
    assert (counters.storage_faults, counters.alarm_faults) == (int(of_store), int(not of_store))
