"""A message's whole way: accepted, sealed, sent, admitted, receipted, acknowledged."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from bus.store import publications
from gateways.http.publication_views import delivery_view
from gateways.publishing.draft_refused import DraftRefused
from schemas.audit import AuditEvent
from schemas.reasons import ReasonCode
from schemas.wire import Lane
from tests.broker_fixtures import WAIT
from tests.flows.world import World, acknowledgement, draft, subjects


async def test_a_message_reaches_both_partners_and_their_receipts_return(world: World) -> None:
    alfa, bravo, charlie = await world.trio()
    accepted = await alfa.publish("XBB", "XCC", subject="First")
    for partner in (bravo, charlie):
        (filed,) = await partner.mail(1)
        assert (filed.originator, filed.message_id, filed.digest) == (
            "XAA",
            accepted.message_id,
            accepted.digest,
        )
        assert (filed.serial, filed.late, filed.expired) == (1, False, False)
        assert await partner.exchange.inbox_changed.wait_beyond(0, WAIT) == filed.inbox_seq
    await alfa.states(accepted, {"XBB": "delivered", "XCC": "delivered"})
    permitted = await alfa.evidence(AuditEvent.RELEASE_PERMITTED, 2)
    assert [record.partner for record in permitted] == ["XBB", "XCC"]
    await alfa.evidence(AuditEvent.RECEIPT_RECORDED, 2)
    sent = await alfa.evidence(AuditEvent.DELIVERY_SENT, 2)
    assert {record.partner for record in sent} == {"XBB", "XCC"}
    await bravo.evidence(AuditEvent.MESSAGE_ADMITTED, 1)


async def test_what_is_shown_of_a_message_leads_to_the_record_of_its_sending(world: World) -> None:
    alfa = await world.gateway("XAA")
    shown = []
    for precedence in ("ROUTINE", "IMMEDIATE", "ROUTINE"):
        accepted = await alfa.publish("XBB", "XCC", header={"precedence": precedence})
        await alfa.states(accepted, {"XBB": "sent", "XCC": "sent"})
        world.clock.move(timedelta(seconds=7, microseconds=11))
        detail = await alfa.store.read(partial(publications.get, publication_id=accepted.publication_id))
        assert detail is not None
        shown.append([delivery_view(state) for state in detail.publication.deliveries])
    sent = await alfa.evidence(AuditEvent.DELIVERY_SENT, 6)
    # The gateway's own words to its partners leave besides, when their time has come.
    sendings = [(r.partner, r.lane, r.at) for r in sent if r.lane is not Lane.CONTROL]
    rows = [row for rows in shown for row in rows]
    assert sorted((row.nation, row.lane, row.sent_at) for row in rows) == sorted(sendings)
    assert len({(row.nation, row.sent_at) for row in rows}) == 6
    assert [(row.lane, row.serial) for row in rows if row.nation == "XBB"] == [
        (Lane.NORMAL, 1),
        (Lane.URGENT, 1),
        (Lane.NORMAL, 2),
    ]
    bravo = await world.gateway("XBB")
    await bravo.mail(3)
    receipts = await alfa.evidence(AuditEvent.RECEIPT_RECORDED, 3)
    assert {(r.lane, r.lane_epoch, r.serial) for r in receipts} == {
        (row.lane, row.lane_epoch, row.serial) for row in rows if row.nation == "XBB"
    }


async def test_a_message_released_to_one_reaches_nobody_else(world: World) -> None:
    alfa, bravo, charlie = await world.trio()
    only_bravo = await alfa.publish("XBB", subject="For XBB")
    both = await alfa.publish("XBB", "XCC", subject="For both")
    assert subjects(await bravo.mail(2)) == ["For XBB", "For both"]
    assert subjects(await charlie.mail(1)) == ["For both"]
    await alfa.states(only_bravo, {"XBB": "delivered"})
    await alfa.states(both, {"XBB": "delivered", "XCC": "delivered"})
    denied = await alfa.evidence(AuditEvent.RELEASE_DENIED, 1)
    assert [(record.partner, record.reason) for record in denied] == [("XCC", ReasonCode.NOT_IN_RELEASE_SET)]


async def test_many_messages_arrive_in_order_in_few_bundles(world: World) -> None:
    alfa, bravo, _ = await world.trio()
    await asyncio.gather(*(alfa.publish("XBB", subject=f"{number}") for number in range(300)))
    assert subjects(await bravo.mail(300)) == [f"{number}" for number in range(300)]
    assert [entry.serial for entry in await bravo.mail(300)] == list(range(1, 301))
    assert bravo.exchange.counters.bundles_received < 30


async def test_an_acknowledgement_shows_with_the_originator(world: World) -> None:
    alfa, bravo, _ = await world.trio()
    accepted = await alfa.publish("XBB", "XCC")
    (filed,) = await bravo.mail(1)
    await bravo.exchange.accept(acknowledgement(filed), api_key_id="test")
    await alfa.states(accepted, {"XBB": "acknowledged", "XCC": "delivered"})
    await alfa.evidence(AuditEvent.ACKNOWLEDGEMENT_RECORDED)
    (mine,) = await bravo.mail(1)
    assert mine.acknowledged_at == world.clock()


async def test_the_same_idempotency_key_is_answered_and_not_done_twice(world: World) -> None:
    alfa = await world.gateway("XAA")
    raw = draft(["XBB"])
    first = await alfa.exchange.accept(raw, api_key_id="one", idempotency_key="k")
    again = await alfa.exchange.accept(raw, api_key_id="one", idempotency_key="k")
    assert again == first
    with pytest.raises(DraftRefused) as refused:
        await alfa.exchange.accept(draft(["XBB"], subject="Other"), api_key_id="one", idempotency_key="k")
    assert refused.value.code is ReasonCode.IDEMPOTENCY_CONFLICT
    other = await alfa.exchange.accept(raw, api_key_id="two", idempotency_key="k")
    assert other.publication_id != first.publication_id
    listed = await alfa.store.read(lambda tx: publications.list_newest(tx))
    assert len(listed) == 2
