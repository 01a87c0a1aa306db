"""Updates, corrections and cancellations of our own messages, across the real broker: who gets what."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bus.store import deliveries, inbox_changes, publications
from bus.store.errors import StoreUnavailable
from bus.store.inbox import InboxMessage
from bus.store.writer import Transaction
from gateways.agreements import own_acts
from gateways.changing import cancel as cancelling
from gateways.changing.cancel import WantedCancellation
from gateways.publishing.accepted import Accepted
from gateways.publishing.draft_refused import DraftRefused
from gateways.releasing.not_released import NotReleased
from gateways.releasing.second_person import take_word
from schemas.agreement import ActKind
from schemas.audit import AuditEvent
from schemas.cancellation import Cancellation, CancellationReason
from schemas.control import Control
from schemas.header import Mode
from schemas.reasons import ReasonCode as R
from schemas.trust import KeyUse
from schemas.wire import ContentType, Lane
from tests.flows.backfill_world import HOUR, confirmed, proposed
from tests.flows.backfill_world import joining as joining
from tests.flows.second_persons import anybody, word
from tests.flows.tear_line_worlds import drafted, version
from tests.flows.world import ALERT, Gateway, World, draft


async def cancel(gateway: Gateway, accepted: Accepted) -> None:
    wanted = WantedCancellation(
        accepted.publication_id, CancellationReason.UNSPECIFIED, "test", lambda _kind, _mode: True
    )
    await cancelling.cancel(gateway.exchange.context, wanted)


async def status(gateway: Gateway, accepted: Accepted) -> str:
    detail = await gateway.store.read(lambda tx: publications.get(tx, accepted.publication_id))
    assert detail is not None
    return detail.publication.standing.status.value


async def confirm(gateway: Gateway, accepted: Accepted) -> None:
    """A second person's word."""
    said = await gateway.store.read(lambda tx: word(accepted, tx))
    await take_word(gateway.exchange.context, said, anybody)


Standing = tuple[str, str | None, tuple[str, ...]]


def changing(of: Accepted, relation: str = "updates", version: int = 0) -> dict[str, Any]:
    """A header that changes one message of a publication."""
    message = of.messages[version]
    reference = {
        "message_id": message.message_id,
        "originator": "XAA",
        "digest": message.digest,
        "relation": relation,
    }
    return {"references": [reference]}


def update(of: Accepted, *nations: str, relation: str = "updates", **options: Any) -> bytes:
    action = {"cancels": "CANCEL"}.get(relation, "UPDATE")
    body = {**ALERT, "action": action}
    made = json.loads(draft(nations, header=changing(of, relation), body=body, **options))
    return json.dumps(made).encode()


def narrowing(raw: bytes) -> bytes:
    return json.dumps({**json.loads(raw), "confirm_narrowing": True}).encode()


def shares(accepted: Accepted) -> dict[str, str]:
    assert accepted.change is not None
    return {share.nation: share.gets.value for share in accepted.change.shares}


async def accept(gateway: Gateway, raw: bytes) -> Accepted:
    return await gateway.exchange.accept(raw, api_key_id="test")


def standing_of(tx: Transaction) -> dict[str, Standing]:
    """Status, current message and history of everything in an inbox, by message id."""
    found = {}
    for message_id, status, chain in tx.execute("SELECT message_id, status, chain FROM inbox").fetchall():
        alone = (None if status == "CANCELLED" else message_id), (message_id,)
        current, history = alone if chain is None else inbox_changes.chains(tx, [chain])[chain]
        found[message_id] = (status, current, history)
    return found


def heard(tx: Transaction) -> int:
    """How many cancellations came."""
    return int(tx.execute("SELECT count(*) FROM cancellation").fetchone()[0])


def references(message: InboxMessage) -> list[dict[str, Any]]:
    return list(json.loads(message.content)["header"]["references"])


async def test_holders_get_the_reference_newcomers_a_first_message_and_the_dropped_a_neutral_word(
    world: World,
) -> None:
    alfa, bravo, charlie = await world.trio()
    first = await alfa.publish("XBB")
    await alfa.states(first, {"XBB": "delivered"})
    world.clock.move(timedelta(minutes=1))
    second = await accept(alfa, update(first, "XBB", "XCC"))
    assert shares(second) == {"XBB": "UPDATE", "XCC": "FRESH"}
    old, new = await bravo.mail(2)
    (fresh,) = await charlie.mail(1)
    assert references(new) == [changing(first)["references"][0]]
    assert json.loads(new.content)["body"]["action"] == "UPDATE"
    assert not references(fresh)
    assert json.loads(fresh.content)["body"]["action"] == "ALERT"
    assert fresh.message_id != new.message_id
    history = (old.message_id, new.message_id)
    assert await bravo.store.read(standing_of) == {
        old.message_id: ("UPDATED", new.message_id, history),
        new.message_id: ("CURRENT", new.message_id, history),
    }
    await alfa.states(second, {"XBB": "delivered", "XCC": "delivered"})
    with pytest.raises(DraftRefused) as caught:
        await accept(alfa, update(second, "XCC", relation="corrects"))
    assert (caught.value.code, caught.value.pointer) == (R.NARROWING_NOT_CONFIRMED, "/confirm_narrowing")
    assert "XBB" in caught.value.explanation
    third = await accept(alfa, narrowing(update(second, "XCC", relation="corrects")))
    assert shares(third) == {"XBB": "CANCELLATION", "XCC": "UPDATE"}
    await charlie.mail(2)
    found = await bravo.store.until(standing_of, lambda found: found[new.message_id][0] == "CANCELLED")
    assert found[old.message_id] == ("UPDATED", None, history)
    assert (await charlie.store.read(standing_of))[fresh.message_id][0] == "CORRECTED"
    (record,) = await bravo.evidence(AuditEvent.MESSAGE_CANCELLED)
    assert (record.partner, record.message_id) == ("XAA", new.message_id)


async def test_only_the_current_message_of_a_chain_is_changed_and_it_is_named(world: World) -> None:
    alfa = await world.gateway("XAA")
    first = await alfa.publish("XBB")
    second = await accept(alfa, update(first, "XBB"))
    with pytest.raises(DraftRefused) as caught:
        await accept(alfa, update(first, "XBB"))
    assert (caught.value.code, caught.value.pointer) == (R.CHANGE_NOT_CURRENT, "/header/references/0")
    assert caught.value.current == (second.publication_id, second.message_id, second.digest)
    both = json.loads(update(second, "XBB"))
    both["header"]["references"] += changing(first)["references"]
    both["body"]["action"] = "ALERT"
    third = await accept(alfa, json.dumps(both).encode())
    assert third.change is not None
    assert third.change.changes == (second.publication_id,)


async def test_a_copy_that_never_left_is_taken_back_and_counts_as_not_held(world: World) -> None:
    """The broker is not asked: nothing is relayed before the update is accepted."""
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    async with relay_resting(alfa):
        first = await alfa.publish("XBB")
        second = await accept(alfa, update(first, "XBB"))
        assert shares(second) == {"XBB": "FRESH"}
    (only,) = await bravo.mail(1)
    assert only.message_id == second.message_id
    await alfa.states(first, {"XBB": "withheld"})


def relay_resting(gateway: Gateway) -> Any:
    """While it is entered, this gateway's relay seals nothing."""
    return _Paused(gateway)


class _Paused:
    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    async def __aenter__(self) -> None:
        await self.gateway.exchange.relay.stop()

    async def __aexit__(self, *_: object) -> None:
        self.gateway.exchange.relay.start()


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


async def test_a_change_that_waits_for_a_second_person_changes_nothing_until_it_is_confirmed(
    world: World,
) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    first = await alfa.publish("XBB")
    await alfa.states(first, {"XBB": "delivered"})
    world.clock.move(timedelta(minutes=1))
    raw = json.loads(update(first, "XBB"))
    raw["header"]["precedence"] = "FLASH"
    waits = await accept(alfa, json.dumps(raw).encode())
    assert waits.second_person is not None
    assert (await status(alfa, first), await status(alfa, waits)) == ("CURRENT", "CURRENT")
    with pytest.raises(DraftRefused, match="CHANGE_OF_WAITING"):
        await accept(alfa, update(waits, "XBB"))
    await confirm(alfa, waits)
    old, new = await bravo.mail(2)
    assert (await bravo.store.read(standing_of))[old.message_id][:2] == ("UPDATED", new.message_id)
    assert (await status(alfa, first), await status(alfa, waits)) == ("UPDATED", "CURRENT")


async def test_a_change_that_waited_while_another_came_first_is_not_released(world: World) -> None:
    alfa = await world.gateway("XAA")
    first = await alfa.publish("XBB")
    raw = json.loads(update(first, "XBB"))
    raw["header"]["precedence"] = "FLASH"
    waits = await accept(alfa, json.dumps(raw).encode())
    await accept(alfa, update(first, "XBB", relation="corrects"))
    with pytest.raises(NotReleased, match="CHANGE_NOT_CURRENT"):
        await confirm(alfa, waits)


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


async def test_tear_lines_and_changes_combine(world: World) -> None:
    """Each is referred to its own version; who moves from one to the other is referred to what it holds."""
    alfa, bravo, charlie = await world.trio()
    full = version("Full", "XBB", classification="NATO SECRET")
    wide = version("Wide", "XBB", "XCC")
    first = await accept(alfa, drafted(full, wide))
    assert [each.recipients for each in first.messages] == [("XBB",), ("XCC",)]
    await alfa.states(first, {"XBB": "delivered", "XCC": "delivered"})
    world.clock.move(timedelta(minutes=1))
    second = await accept(alfa, drafted(full, wide, header=changing(first)))
    (_, to_bravo), (_, to_charlie) = await bravo.mail(2), await charlie.mail(2)
    assert [each["message_id"] for each in references(to_bravo)] == [first.messages[0].message_id]
    assert [each["message_id"] for each in references(to_charlie)] == [first.messages[1].message_id]
    assert first.messages[0].message_id.encode() not in to_charlie.content
    world.clock.move(timedelta(minutes=1))
    third = await accept(alfa, draft(["XBB", "XCC"], header=changing(second, "corrects", 1)))
    assert len(third.messages) == 2
    (*_, last) = await bravo.mail(3)
    assert [each["message_id"] for each in references(last)] == [second.messages[0].message_id]


async def test_nothing_of_a_change_half_done_survives_a_crash(world: World) -> None:
    alfa = await world.gateway("XAA")
    first = await alfa.publish("XBB")
    alfa.store.failing = True
    with pytest.raises(StoreUnavailable):
        await accept(alfa, update(first, "XBB"))
    alfa.store.failing = False
    assert await status(alfa, first) == "CURRENT"
    second = await accept(alfa, update(first, "XBB"))
    assert await status(alfa, first) == "UPDATED"
    assert await status(alfa, second) == "CURRENT"


async def test_what_a_backfill_sent_belongs_to_the_chain(joining: World) -> None:
    alfa, _, charlie = await joining.trio()
    missed = await alfa.publish("NORDIC", subject="missed")
    joining.clock.move(2 * HOUR)
    await confirmed(alfa, await proposed(alfa))
    (copy,) = await charlie.mail(1)
    joining.clock.move(HOUR)
    second = await accept(alfa, update(missed, "XBB", "XCC"))
    assert shares(second) == {"XBB": "UPDATE", "XCC": "UPDATE"}
    _, new = await charlie.mail(2)
    assert [each["message_id"] for each in references(new)] == [copy.message_id]


async def say(gateway: Gateway, nation: str, message: InboxMessage, **changes: Any) -> None:
    """A cancellation of this message, put together by hand and sent by the gateway's own relay."""
    context, now = gateway.exchange.context, gateway.world.clock()
    fields: dict[str, Any] = {
        "message_id": message.message_id,
        "digest": message.digest,
        "mode": message.mode,
        "at": now,
    }
    said = Cancellation(type="cancellation", **fields | changes)

    def job(tx: Transaction) -> None:
        content = Control(v=1, control=said).encode()
        digest = context.digest(content, KeyUse.RECEIPT, said.mode, now)
        content_id = deliveries.add_content(tx, ContentType.CONTROL, content, digest)
        deliveries.enqueue(tx, content_id, [nation], mode=said.mode, lane=Lane.CONTROL)

    await gateway.job(job)


async def test_nobody_elses_word_and_no_wrong_one_cancels_a_message(world: World) -> None:
    alfa, bravo, charlie = await world.trio()
    await alfa.publish("XBB")
    (entry,) = await bravo.mail(1)
    await say(charlie, "XBB", entry)
    await say(alfa, "XBB", entry, digest="sha256:" + "0" * 64)
    await say(alfa, "XBB", entry, mode=Mode.EXERCISE)
    ignored = await bravo.evidence(AuditEvent.CHANGE_IGNORED, 2)
    assert {record.partner for record in ignored} == {"XAA"}
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
