"""Held bundles tried again: each for itself, and only what had not been settled before."""

from datetime import timedelta

import pytest

from bus.store import audit, rejected
from bus.store import held as held_table
from bus.store.held import Held
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.receiving import filing, held
from gateways.receiving.mail import Filed, OpenedMail
from schemas.audit import AuditEvent
from schemas.reasons import ReasonCode
from schemas.wire import Lane
from tests.flows.world import World, subjects


async def test_a_held_bundle_that_our_own_code_cannot_judge_does_not_stop_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held, "LOOK_SECONDS", 0.01)
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    await bravo.exchange.receivers[Lane.CONTROL].stop()
    rotated = world.realm.rotate("XAA", now=world.clock() + timedelta(seconds=1))
    world.clock.move(timedelta(seconds=2))
    alfa.exchange.context.keys = rotated.keys["XAA"]
    await alfa.exchange.bring_trust(rotated.envelopes, actor="test")
    for number, subject in enumerate(("poison", "good"), start=1):
        await alfa.publish("XBB", subject=subject)
        await bravo.evidence(AuditEvent.MESSAGE_HELD, number)
    poison, _ = await bravo.store.read(held_table.to_retry)
    tries = 0

    def faulty(context: GatewayContext, tx: Transaction, mail: OpenedMail, again: Held) -> Filed:
        nonlocal tries
        if again.held_seq == poison.held_seq:
            tries += 1
            raise KeyError("a fault of ours")
        return filing.file_mail(context, tx, mail, again)

    monkeypatch.setattr(held, "file_mail", faulty)
    await bravo.exchange.bring_trust(rotated.envelopes, actor="test")
    assert subjects(await bravo.mail(1)) == ["good"]
    (record,) = await bravo.evidence(AuditEvent.MESSAGE_REJECTED)
    assert (record.partner, record.reason) == ("XAA", ReasonCode.INTERNAL_FAULT)
    (listed,) = await bravo.store.read(lambda tx: rejected.list_newest(tx))
    assert (listed.reason, listed.kept) == (ReasonCode.INTERNAL_FAULT, True)
    assert tries == held.TRIES == bravo.exchange.counters.alarm_faults
    assert await bravo.store.read(held_table.count_by_originator) == {}


async def test_trying_again_leaves_the_admitted_neighbours_of_a_held_delivery_alone(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    for gateway in (alfa, bravo):
        # What gateways tell each other of their lanes, when its time has come, would be counted, too.
        await gateway.exchange.keepers["lanes"].stop()
    context = alfa.exchange.context
    await alfa.exchange.relay.stop()
    first = await alfa.publish("XBB", subject="first")
    ahead = world.clock() + timedelta(minutes=30)
    context.now = lambda: ahead
    early = await alfa.publish("XBB", subject="issued ahead")
    context.now = world.clock
    last = await alfa.publish("XBB", subject="last")
    alfa.exchange.relay.start()
    await alfa.states(first, {"XBB": "delivered"})
    await alfa.states(last, {"XBB": "delivered"})
    await alfa.states(early, {"XBB": "sent"})
    assert bravo.exchange.counters.bundles_received == 1  # all three in one
    # No copy sent again may confuse the count.
    await alfa.exchange.relay.stop()
    world.clock.move(timedelta(minutes=30))
    bravo.exchange.context.held_wanted.set()
    mail = await bravo.mail(3)
    assert subjects(mail) == ["first", "last", "issued ahead"]
    assert [entry.late for entry in mail] == [False, False, True], "later serials were filed before it"
    await alfa.states(early, {"XBB": "delivered"})
    assert len(await bravo.evidence(AuditEvent.MESSAGE_ADMITTED, 3)) == 3
    again = await bravo.store.read(lambda tx: audit.list_after(tx, event=AuditEvent.MESSAGE_DUPLICATE))
    assert again == ()
    assert bravo.exchange.counters.duplicates == 0
    assert bravo.exchange.counters.late == 1
    assert bravo.exchange.counters.receipts_queued == 3
