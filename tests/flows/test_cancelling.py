"""Cancelled for everybody, for who is left out, and by whom it does not count: across the real broker."""

import json

import pytest

from bus.store.writer import Transaction
from gateways.agreements import own_acts
from gateways.publishing.draft_refused import DraftRefused
from schemas.agreement import ActKind
from schemas.audit import AuditEvent
from schemas.header import Mode
from tests.flows.backfill_world import joining as joining
from tests.flows.change_world import (
    accept,
    cancel,
    confirm,
    references,
    relay_resting,
    say,
    shares,
    standing_of,
    update,
)
from tests.flows.world import World


async def test_cancelling_takes_back_what_waits_and_tells_who_holds_it_nothing_else(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    first = await alfa.publish("XBB", "XCC")
    await alfa.states(first, {"XBB": "delivered", "XCC": "sent"})
    await cancel(alfa, first)
    (entry,) = await bravo.mail(1)
    found = await bravo.store.until(standing_of, lambda found: found[entry.message_id][0] == "CANCELLED")
    assert found[entry.message_id] == ("CANCELLED", None, (entry.message_id,))
    records = await alfa.evidence(AuditEvent.CANCELLATION_QUEUED, 2)
    assert {record.partner for record in records} == {"XBB", "XCC"}
    charlie = await world.gateway("XCC")
    (late,) = await charlie.mail(1)
    there = await charlie.store.until(standing_of, lambda found: found[late.message_id][0] == "CANCELLED")
    assert there[late.message_id][1] is None
    with pytest.raises(DraftRefused, match="CANCELLED"):
        await accept(alfa, update(first, "XBB", "XCC"))


async def test_what_was_cancelled_before_it_left_never_leaves_and_nobody_hears_of_it(world: World) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    async with relay_resting(alfa):
        first = await alfa.publish("XBB")
        await cancel(alfa, first)
    after = await alfa.publish("XBB")
    (only,) = await bravo.mail(1)
    assert only.message_id == after.message_id
    assert await bravo.store.read(lambda tx: tx.execute("SELECT count(*) FROM cancellation").fetchone()) == (
        0,
    )


async def test_who_came_to_hold_it_while_the_change_waited_is_told_that_it_is_cancelled(world: World) -> None:
    """Planned as a first message, since the earlier copy had not left; that left meanwhile."""
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    async with relay_resting(alfa):
        first = await alfa.publish("XBB")
        raw = json.loads(update(first, "XBB"))
        raw["header"]["precedence"] = "FLASH"
        waits = await accept(alfa, json.dumps(raw).encode())
        assert shares(waits) == {"XBB": "FRESH"}
    await alfa.states(first, {"XBB": "delivered"})
    await confirm(alfa, waits)
    old, new = await bravo.mail(2)
    found = await bravo.store.until(standing_of, lambda found: found[old.message_id][0] == "CANCELLED")
    assert found[new.message_id][0] == "CURRENT"
    assert not references(new)


async def test_a_copy_withheld_at_the_last_moment_does_not_leave_the_old_one_for_current(
    world: World,
) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    first = await alfa.publish("XBB")
    await alfa.states(first, {"XBB": "delivered"})
    async with relay_resting(alfa):
        second = await accept(alfa, update(first, "XBB"))
        (agreement,) = alfa.exchange.context.trust.book.by_digest
        await own_acts.act(alfa.exchange.context, agreement, ActKind.SUSPEND, actor="test")
    (old,) = await bravo.mail(1)
    await bravo.store.until(standing_of, lambda found: found[old.message_id][0] == "CANCELLED")
    await alfa.states(second, {"XBB": "withheld"})


async def test_nobody_elses_word_and_no_wrong_one_cancels_a_message(world: World) -> None:
    alfa, bravo, charlie = await world.trio()
    await alfa.publish("XBB")
    (entry,) = await bravo.mail(1)
    await say(charlie, "XBB", entry)
    await say(alfa, "XBB", entry, digest="sha256:" + "0" * 64)
    await say(alfa, "XBB", entry, mode=Mode.EXERCISE)
    ignored = await bravo.evidence(AuditEvent.CHANGE_IGNORED, 2)
    assert {record.partner for record in ignored} == {"XAA"}
    (kept,) = await bravo.evidence(AuditEvent.CANCELLATION_KEPT, 1)
    assert (kept.partner, kept.message_id) == ("XCC", entry.message_id)
    await bravo.store.until(
        lambda tx: tx.execute("SELECT count(*) FROM cancellation").fetchone()[0], lambda n: n == 3
    )
    assert (await bravo.store.read(standing_of))[entry.message_id][0] == "CURRENT"
    await say(alfa, "XBB", entry)
    await bravo.store.until(standing_of, lambda found: found[entry.message_id][0] == "CANCELLED")


async def test_messages_of_one_change_and_the_words_that_cancel_them_share_no_tree(world: World) -> None:
    """Trees are told apart by how many wider messages there are; ids of all but the last say another time."""
    alfa = await world.gateway("XAA")
    first = await alfa.publish("XBB")
    await alfa.states(first, {"XBB": "sent"})
    second = await accept(alfa, update(first, "XBB", "XCC"))
    assert [each.recipients for each in second.messages] == [("XBB",), ("XCC",)]
    await alfa.states(second, {"XBB": "sent", "XCC": "sent"})
    await cancel(alfa, second)

    def width(tx: Transaction) -> list[tuple[str, int]]:
        return tx.execute(
            "SELECT d.recipient, c.wider FROM delivery d JOIN content c USING (content_id)"
            " WHERE c.content_type = 'message.v1' AND d.publication_seq = 2 OR d.delivery_seq IN"
            " (SELECT cancelled_in FROM delivery WHERE publication_seq = 2) ORDER BY d.delivery_seq"
        ).fetchall()

    assert await alfa.store.read(width) == [("XBB", 1), ("XCC", 0), ("XBB", 1), ("XCC", 0)]
    referring, fresh = (int(each.message_id.replace("-", "")[:12], 16) for each in second.messages)
    assert referring < fresh
