"""Updates and corrections of our own messages, across the real broker: who gets what."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from bus.store.errors import StoreUnavailable
from gateways.publishing import planning
from gateways.publishing.accepted import Accepted
from gateways.publishing.draft_refused import DraftRefused
from gateways.releasing.not_released import NotReleased
from schemas.audit import AuditEvent
from schemas.reasons import ReasonCode as R
from tests.flows.backfill_world import HOUR, confirmed, proposed
from tests.flows.backfill_world import joining as joining
from tests.flows.change_world import (
    accept,
    changing,
    confirm,
    narrowing,
    references,
    relay_resting,
    shares,
    standing_of,
    status,
    update,
)
from tests.flows.tear_line_worlds import drafted, version
from tests.flows.world import World, draft


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


async def test_of_two_changes_of_one_message_at_once_one_is_accepted(world: World) -> None:
    alfa = await world.gateway("XAA")
    first = await alfa.publish("XBB")
    tries = [accept(alfa, update(first, "XBB", subject=str(number))) for number in range(4)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    refused = [each for each in results if isinstance(each, DraftRefused)]
    (accepted,) = [each for each in results if isinstance(each, Accepted)]
    assert [each.code for each in refused] == [R.CHANGE_NOT_CURRENT] * 3
    assert {each.current and each.current.message_id for each in refused} == {accepted.message_id}
    assert await status(alfa, first) == "UPDATED"


async def test_what_left_while_the_change_was_planned_counts_as_held(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alfa, bravo = await world.gateway("XAA"), await world.gateway("XBB")
    await alfa.exchange.relay.stop()
    first = await alfa.publish("XBB")
    read, seen = planning.read_chains, list[int]()

    async def then_it_leaves(*given: Any) -> Any:
        chains = await read(*given)
        seen.append(len(chains[0].held))
        if len(seen) == 1:
            alfa.exchange.relay.start()
            await alfa.states(first, {"XBB": "delivered"})
        return chains

    monkeypatch.setattr(planning, "read_chains", then_it_leaves)
    second = await accept(alfa, update(first, "XBB"))
    assert seen == [0, 1], "planned again, with what is held by now"
    assert shares(second) == {"XBB": "UPDATE"}
    _, new = await bravo.mail(2)
    assert [each["message_id"] for each in references(new)] == [first.message_id]


async def test_nothing_refers_one_nation_to_the_message_that_another_got_of_a_change(world: World) -> None:
    alfa = await world.gateway("XAA")
    first = await alfa.publish("XBB")
    await alfa.states(first, {"XBB": "sent"})
    second = await accept(alfa, update(first, "XBB", "XCC"))
    assert [each.recipients for each in second.messages] == [("XBB",), ("XCC",)]
    for number, other in enumerate(("XCC", "XBB")):
        with pytest.raises(DraftRefused, match="REFERENCE_BEYOND_RELEASE"):
            await accept(alfa, draft([other], header=changing(second, "relates", number)))
    await accept(alfa, draft(["XBB"], header=changing(second, "relates", 0)))
