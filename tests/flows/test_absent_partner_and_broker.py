"""A partner or the broker away: what was accepted waits, and arrives once and in order."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bus.store import publications
from bus.store.errors import StoreUnavailable
from gateways.context import FlowLimits
from gateways.relaying.relay import Relay
from gateways.relaying.sending import AHEAD_AWAY
from schemas.audit import AuditEvent
from schemas.wire import Lane
from tests.broker_fixtures import WAIT
from tests.flows.world import World, subjects

NUMBERS = [f"{number}" for number in range(20)]


async def test_a_partner_that_was_away_gets_everything_in_order(world: World) -> None:
    alfa = await world.gateway("XAA")
    accepted = [await alfa.publish("XBB", subject=number) for number in NUMBERS]
    await alfa.states(accepted[-1], {"XBB": "sent"})
    bravo = await world.gateway("XBB")
    assert subjects(await bravo.mail(20)) == NUMBERS
    for one in accepted:
        await alfa.states(one, {"XBB": "delivered"})


async def test_what_is_accepted_without_a_broker_arrives_in_order_on_its_return(world: World) -> None:
    alfa, bravo, _ = await world.trio()
    first = await alfa.publish("XBB", subject="before")
    await alfa.states(first, {"XBB": "delivered"})
    await world.broker.server.kill()
    await alfa.transport.wait_disconnected(WAIT)
    accepted = [await alfa.publish("XBB", subject=number) for number in NUMBERS]
    detail = await alfa.store.read(lambda tx: publications.get(tx, accepted[-1].publication_id))
    assert detail is not None
    assert detail.publication.deliveries[0].state in ("queued", "sealed")
    await world.broker.server.start()
    assert subjects(await bravo.mail(21)) == ["before", *NUMBERS]
    assert not any(entry.late for entry in await bravo.mail(21))
    for one in accepted:
        await alfa.states(one, {"XBB": "delivered"})


async def test_with_the_broker_away_what_is_too_much_stays_queued_and_unsealed(world: World) -> None:
    world.limits = FlowLimits(relay_ahead=1)
    alfa = await world.gateway("XAA")
    await world.broker.server.kill()
    await alfa.transport.wait_disconnected(WAIT)
    sealed = await alfa.publish("XBB")
    await alfa.states(sealed, {"XBB": "sealed"})
    waits = await alfa.publish("XCC")
    await alfa.states(waits, {"XCC": "queued"})
    await world.broker.server.start()
    await alfa.states(waits, {"XCC": "sent"})


async def test_a_broker_that_lost_its_store_is_given_everything_unreceipted_again(world: World) -> None:
    alfa, charlie = await world.gateway("XAA"), await world.gateway("XCC")
    settled = await alfa.publish("XCC", subject="settled")
    await alfa.states(settled, {"XCC": "delivered"})
    await alfa.evidence(AuditEvent.RECEIPT_RECORDED)
    accepted = [await alfa.publish("XBB", subject=number) for number in NUMBERS]
    await alfa.states(accepted[-1], {"XBB": "sent"})
    await world.broker.server.kill()
    await world.broker.server.wipe_store()
    await world.broker.start()
    await alfa.evidence(AuditEvent.BROKER_STORE_LOST)
    bravo = await world.gateway("XBB")
    mail = await bravo.mail(20)
    assert subjects(mail) == NUMBERS
    assert not any(entry.late for entry in mail)
    for one in accepted:
        await alfa.states(one, {"XBB": "delivered"})
    assert len(await charlie.mail(1)) == 1
    assert alfa.exchange.counters.alarm_broker_store_lost == 1


async def test_sealed_bundles_survive_a_restart_of_the_gateway(world: World) -> None:
    alfa = await world.gateway("XAA")
    await world.broker.server.kill()
    await alfa.transport.wait_disconnected(WAIT)
    accepted = await alfa.publish("XBB", subject="kept")
    await alfa.states(accepted, {"XBB": "sealed"})
    await alfa.stop()
    await world.broker.server.start()
    await alfa.start()
    await alfa.states(accepted, {"XBB": "sent"})
    bravo = await world.gateway("XBB")
    assert subjects(await bravo.mail(1)) == ["kept"]


async def test_a_second_relay_stands_by_until_the_first_gives_up_the_lease(world: World) -> None:
    world.limits = replace(world.limits, lease=timedelta(seconds=2))
    alfa = await world.gateway("XAA")
    await alfa.exchange.relay.active.wait()
    second = Relay(alfa.exchange.context, alfa.transport, "second")
    second.start()
    first = await alfa.publish("XBB")
    await alfa.states(first, {"XBB": "sent"})
    assert alfa.exchange.relay.active.is_set()
    assert not second.active.is_set()
    await alfa.exchange.relay.stop()
    await second.active.wait()
    other = await alfa.publish("XBB")
    await alfa.states(other, {"XBB": "sent"})
    await second.stop()


async def test_a_store_that_fails_while_filing_loses_nothing(world: World) -> None:
    alfa, bravo, _ = await world.trio()
    first = await alfa.publish("XBB", subject="before")
    await alfa.states(first, {"XBB": "delivered"})
    bravo.store.failing = True
    accepted = [await alfa.publish("XBB", subject=number) for number in NUMBERS]
    await bravo.store.failed.wait()
    bravo.store.failing = False
    mail = await bravo.mail(21)
    assert subjects(mail) == ["before", *NUMBERS]
    assert not any(entry.late for entry in mail)
    await alfa.states(accepted[-1], {"XBB": "delivered"})
    assert bravo.exchange.counters.storage_faults > 0


async def test_a_store_that_fails_while_accepting_accepts_nothing(world: World) -> None:
    alfa = await world.gateway("XAA")
    await alfa.exchange.relay.active.wait()
    alfa.store.failing = True
    with pytest.raises(StoreUnavailable):
        await alfa.publish("XBB", subject="never")
    alfa.store.failing = False
    accepted = await alfa.publish("XBB", subject="kept")
    await alfa.states(accepted, {"XBB": "sent"})
    bravo = await world.gateway("XBB")
    assert subjects(await bravo.mail(1)) == ["kept"]


async def test_a_flash_accepted_without_a_broker_overtakes_all_but_a_handful(world: World) -> None:
    alfa = await world.gateway("XAA")
    before = await alfa.publish("XCC")
    await alfa.states(before, {"XCC": "sent"})
    await world.broker.server.kill()
    await alfa.transport.wait_disconnected(WAIT)
    await alfa.states(await alfa.publish("XBB", header={"mode": "TEST"}), {"XBB": "sealed"})
    for number in range(100):
        accepted = await alfa.publish("XBB", subject=f"{number}", header={"mode": "TEST"})
    flash = await alfa.publish("XBB", header={"precedence": "FLASH", "mode": "TEST"})
    await world.broker.server.start()
    await alfa.states(accepted, {"XBB": "sent"})
    await alfa.states(flash, {"XBB": "sent"})
    lanes = [record.lane for record in await alfa.evidence(AuditEvent.DELIVERY_SENT)]
    assert lanes.index(Lane.URGENT) <= 1 + AHEAD_AWAY


async def test_a_gateway_whose_disk_is_full_stops_all_the_same(world: World) -> None:
    alfa = await world.gateway("XAA")
    await alfa.exchange.relay.active.wait()
    alfa.store.failing = True
    await alfa.exchange.stop()
    assert alfa.exchange.counters.storage_faults > 0
    alfa.store.failing = False
