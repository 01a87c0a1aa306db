"""A backlog that waits, falls overdue and drains leaves nothing behind in memory: all flows are traced."""

import gc
import json
import random
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from pydantic_core import from_json

from bus.protocol.deadlines import Awaited
from bus.store import deadlines, events
from gateways.receipts.watching import look
from schemas.event import EventType
from tests.faults.small_world import Sent, SmallGateway, SmallWorld, run
from tests.flows.world import draft
from tests.realm_fixtures import make_realm

WARM_UP = 200
MESSAGES = 800
LEFT_BEHIND = 32
"""Bytes for each message: less than any object that could be kept of one."""


def relayed(gateway: SmallGateway) -> Sequence[Sent]:
    """Everything that waits, sealed."""
    sent: list[Sent] = []
    while step := gateway.relay():
        sent += step
    return sent


def away_and_back(world: SmallWorld, messages: int) -> None:
    """XBB is away while all of it is accepted, sent and falls overdue; then everything settles."""
    alfa, bravo = world.gateways["XAA"], world.gateways["XBB"]
    for number in range(messages):
        alfa.publish(draft(["XBB"], subject=f"{number}", header={"acknowledgement": {"required": True}}))
    travelling = relayed(alfa)
    world.pass_time(timedelta(hours=7))
    run(look(alfa.context))
    assert deadlines.count_overdue(alfa.store.connection)["XBB", Awaited.DELIVERY] == messages
    for sent in travelling:
        bravo.receive(sent)
    while answers := relayed(bravo):
        for sent in answers:
            alfa.receive(sent)
        for sent in relayed(alfa):
            bravo.receive(sent)
    run(look(alfa.context))


def fill_string_cache() -> None:
    """The JSON reader keeps thousands of strings: from now on a new one drives out an old one."""
    chance = random.Random(1)
    from_json(json.dumps([str(UUID(int=chance.getrandbits(128))) for _ in range(100_000)]))


def test_what_is_left_in_memory_does_not_grow_with_what_went_through(tmp_path: Path) -> None:
    world = SmallWorld(tmp_path, make_realm())
    tracemalloc.start()
    try:
        fill_string_cache()
        away_and_back(world, WARM_UP)
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        away_and_back(world, MESSAGES)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    alfa, bravo = world.gateways["XAA"], world.gateways["XBB"]
    inbox = [message.message_id for message in bravo.inbox()]
    assert len(inbox) == len(set(inbox)) == WARM_UP + MESSAGES
    states = Counter(alfa.store.connection.execute("SELECT state FROM delivery WHERE recipient = 'XBB'"))
    assert states["delivered",] == WARM_UP + MESSAGES
    told = Counter(event.type for event in events.look(alfa.store.connection, limit=10**6).events)
    assert told[EventType.RECEIPT_OVERDUE] == 2 * (WARM_UP + MESSAGES), "each deadline once"
    assert after - before < LEFT_BEHIND * MESSAGES
