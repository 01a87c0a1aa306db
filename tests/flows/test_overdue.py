"""What is overdue is told once, with evidence; and which partner is silent, until it is heard of again."""

from datetime import timedelta

import pytest

from bus.store import contacts, events
from bus.store.events import StoredEvent
from bus.store.progress import list_newest
from bus.store.writer import Transaction
from gateways.receipts.watching import look
from schemas.audit import AuditEvent
from schemas.event import EventType
from schemas.wire import Lane
from tests.broker_fixtures import WAIT
from tests.flows.change_world import changing
from tests.flows.world import ALERT, Gateway, World, acknowledgement, draft
from tests.realm_fixtures import NOW

TOLD = frozenset({EventType.RECEIPT_OVERDUE, EventType.PARTNER_SILENT, EventType.PARTNER_HEARD})
FLASH = {"precedence": "FLASH", "mode": "TEST"}


def feed(tx: Transaction) -> list[StoredEvent]:
    return [event for event in events.look(tx, limit=500).events if event.type in TOLD]


async def told(gateway: Gateway) -> list[tuple[str, str | None, str | None]]:
    return [(event.type.value, event.nation, event.state) for event in await gateway.store.read(feed)]


async def passes(gateway: Gateway, minutes: int) -> None:
    """Time passes, and the keeper looks at the clock."""
    gateway.world.clock.move(timedelta(minutes=minutes))
    await look(gateway.exchange.context)


async def test_a_partner_that_is_away_is_overdue_and_silent_once_and_heard_of_when_it_is_back(
    world: World,
) -> None:
    alfa = await world.gateway("XAA")
    accepted = await alfa.publish("XBB", header=FLASH)
    await alfa.states(accepted, {"XBB": "sent"})
    await passes(alfa, 9)
    assert await told(alfa) == []
    await passes(alfa, 1)
    await passes(alfa, 60)
    assert await told(alfa) == [("receipt.overdue", "XBB", "delivery"), ("partner.silent", "XBB", None)]
    (record,) = await alfa.evidence(AuditEvent.RECEIPT_OVERDUE)
    assert (record.partner, record.state, record.publication_id) == (
        "XBB",
        "delivery",
        accepted.publication_id,
    )
    counters = alfa.exchange.counters
    assert counters.alarm_overdue == {("XBB", "delivery"): 1}
    assert (counters.deadlines_missed, counters.alarm_partners_silent) == ({"delivery": 1}, 1)
    await world.gateway("XBB")
    await alfa.states(accepted, {"XBB": "delivered"})
    assert (await told(alfa))[2:] == [("partner.heard", "XBB", None)]
    await look(alfa.exchange.context)
    assert (counters.alarm_overdue, counters.alarm_partners_silent) == ({}, 0)
    assert counters.deadlines_missed == {"delivery": 1}


async def test_an_acknowledgement_that_nobody_gives_is_overdue_and_its_partner_not_silent(
    world: World,
) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    header = {**FLASH, "acknowledgement": {"required": True}}
    accepted = await alfa.publish("XBB", header=header)
    await alfa.states(accepted, {"XBB": "delivered"})
    await passes(alfa, 10)
    assert await told(alfa) == [("receipt.overdue", "XBB", "acknowledgement")]
    (message,) = await bravo.mail(1)
    answer = acknowledgement(message).replace(b"OPERATION", b"TEST")
    await bravo.exchange.accept(answer, api_key_id="test")
    await alfa.states(accepted, {"XBB": "acknowledged"})
    await look(alfa.exchange.context)
    assert alfa.exchange.counters.alarm_overdue == {}
    await passes(alfa, 60)
    assert len(await told(alfa)) == 1


async def test_only_those_addressed_for_action_owe_an_acknowledgement(world: World) -> None:
    alfa, _, _ = await world.trio()
    header = {
        **FLASH,
        "acknowledgement": {"required": True},
        "action_addressees": ["XBB"],
        "info_addressees": ["XCC"],
    }
    accepted = await alfa.publish("XBB", "XCC", header=header)
    await alfa.states(accepted, {"XBB": "delivered", "XCC": "delivered"})
    await passes(alfa, 10)
    assert await told(alfa) == [("receipt.overdue", "XBB", "acknowledgement")]


async def test_a_gateway_that_starts_again_tells_nothing_twice_and_forgets_nothing(world: World) -> None:
    alfa = await world.gateway("XAA")
    await alfa.states(await alfa.publish("XBB", header=FLASH), {"XBB": "sent"})
    await alfa.states(await alfa.publish("XCC"), {"XCC": "sent"})
    await passes(alfa, 10)
    before = await told(alfa)
    await alfa.stop()
    world.clock.move(timedelta(hours=6))
    await alfa.start()
    await alfa.evidence(AuditEvent.RECEIPT_OVERDUE, 2)
    assert (await told(alfa))[: len(before)] == before
    assert (await told(alfa))[len(before) :] == [
        ("receipt.overdue", "XCC", "delivery"),
        ("partner.silent", "XCC", None),
    ]
    await look(alfa.exchange.context)
    assert alfa.exchange.counters.alarm_overdue.keys() == {("XBB", "delivery"), ("XCC", "delivery")}


async def test_while_the_broker_is_away_what_waits_is_overdue_and_nobody_silent(world: World) -> None:
    alfa = await world.gateway("XAA")
    await world.broker.server.kill()
    await alfa.transport.wait_disconnected(WAIT)
    await alfa.publish("XBB", header=FLASH)
    await passes(alfa, 10)
    assert await told(alfa) == [("receipt.overdue", "XBB", "delivery")]
    assert alfa.exchange.counters.alarm_partners_silent == 0


async def test_a_partner_that_speaks_but_gives_no_receipt_is_overdue_and_not_silent(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    await bravo.exchange.receivers[Lane.URGENT].stop()
    accepted = await alfa.publish("XBB", header=FLASH)
    await alfa.states(accepted, {"XBB": "sent"})
    world.clock.move(timedelta(minutes=1))
    await bravo.publish("XAA", header={"mode": "TEST"})
    await alfa.mail(1)
    await passes(alfa, 9)
    assert await told(alfa) == [("receipt.overdue", "XBB", "delivery")]
    heard = (await alfa.store.read(contacts.of_all))["XBB"]
    assert (heard.heard_at, heard.silent_since) == (NOW + timedelta(minutes=1), None)


async def test_what_a_realm_lays_down_counts_for_what_is_released_from_then_on(world: World) -> None:
    alfa = await world.gateway("XAA")
    before = await alfa.publish("XBB", header=FLASH)
    await alfa.exchange.bring_trust(world.realm.with_objectives(flash_seconds=60).envelopes, actor="test")
    after = await alfa.publish("XBB", header=FLASH)
    rows = {each.publication_id: each.progress.deliver_by for each in await alfa.store.read(list_newest)}
    assert rows[before.publication_id] == NOW + timedelta(minutes=10)
    assert rows[after.publication_id] == NOW + timedelta(minutes=1)


@pytest.mark.parametrize("relation", ["updates", "cancels"])
async def test_nothing_is_awaited_of_what_is_no_longer_current(world: World, relation: str) -> None:
    alfa = await world.gateway("XAA")
    asked = {**FLASH, "acknowledgement": {"required": True}}
    noticed = await alfa.publish("XBB", header=asked)
    unnoticed = await alfa.publish("XCC", header=asked)
    await alfa.states(noticed, {"XBB": "sent"})
    await alfa.states(unnoticed, {"XCC": "sent"})
    await alfa.job(lambda tx: tx.execute("UPDATE publication SET watch_at = NULL WHERE publication_seq = 2"))
    await passes(alfa, 10)
    await alfa.job(lambda tx: tx.execute("UPDATE publication SET watch_at = 0 WHERE publication_seq = 2"))
    for old, nation in ((noticed, "XBB"), (unnoticed, "XCC")):
        changed = {**changing(old, relation), **FLASH}
        body = {**ALERT, "action": "CANCEL" if relation == "cancels" else "UPDATE"}
        await alfa.exchange.accept(draft([nation], header=changed, body=body), api_key_id="test")
    before = await told(alfa)
    await look(alfa.exchange.context)
    assert await told(alfa) == before
    assert alfa.exchange.counters.alarm_overdue == {}
