"""A recalled update brings back what it had taken the place of: here, and wherever that was, in any order."""

import itertools
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bus.store import publications
from gateways.backfill.acts import confirm, propose
from gateways.changing.cancel import CancelRefused, WantedCancellation, cancel
from gateways.publishing.accepted import Accepted
from gateways.publishing.draft_refused import DraftRefused
from schemas.audit import AuditEvent
from schemas.cancellation import CancellationReason
from schemas.community import Membership
from schemas.event import EventType
from schemas.reasons import ReasonCode
from tests.faults.small_world import run
from tests.flows.backfill_world import HOUR, asked
from tests.flows.change_world import Standing, changing, standing_of
from tests.flows.recall_world import RecallWorld
from tests.flows.recall_world import world as world
from tests.flows.world import draft
from tests.realm_fixtures import NOW, AgreementPlan, make_realm

R = ReasonCode


def change(world: RecallWorld, of: Accepted, *to: str) -> Accepted:
    raw = draft(to, subject="a change", header=changing(of))
    return world.gateways["XAA"].publish(json.dumps(json.loads(raw) | {"confirm_narrowing": True}).encode())


def here(world: RecallWorld, accepted: Accepted) -> tuple[str, str | None]:
    found = publications.get(world.tx("XAA"), accepted.publication_id)
    assert found is not None
    return found.publication.standing.status.value, found.publication.standing.current


def there(world: RecallWorld, nation: str = "XBB") -> dict[str, Standing]:
    return standing_of(world.tx(nation))


def test_the_message_under_a_recalled_update_is_current_again_at_both_ends(world: RecallWorld) -> None:
    first = world.publish("XBB", "XCC")
    world.settle()
    second = change(world, first, "XBB", "XCC")
    world.settle()
    world.recall(second)
    world.settle()
    assert here(world, first) == ("CURRENT", first.publication_id)
    assert here(world, second) == ("RECALLED", None)
    for nation in ("XBB", "XCC"):
        assert there(world, nation) == {
            first.message_id: ("CURRENT", first.message_id, (first.message_id,)),
            second.message_id: ("RECALLED", None, (second.message_id,)),
        }
        told = [each.state for each in world.events(nation, EventType.MESSAGE_CHANGED)]
        assert told == ["UPDATED", "CURRENT"]
        assert len(world.records(nation, AuditEvent.MESSAGE_CHANGED)) == 2
    told = [each.state for each in world.events("XAA", EventType.MESSAGE_CHANGED)]
    assert told == ["UPDATED", "CURRENT"]


def test_what_is_current_again_is_changed_and_cancelled_like_any_other(world: RecallWorld) -> None:
    first = world.publish("XBB")
    world.settle()
    second = change(world, first, "XBB")
    world.settle()
    world.recall(second)
    world.settle()
    with pytest.raises(DraftRefused) as caught:
        change(world, second, "XBB")
    assert caught.value.code is R.RECALLED
    third = change(world, first, "XBB")
    world.settle()
    assert there(world)[first.message_id][:2] == ("UPDATED", third.message_id)
    assert here(world, first) == ("UPDATED", third.publication_id)
    world.recall(third)
    world.settle()
    wanted = WantedCancellation(
        first.publication_id, CancellationReason.UNSPECIFIED, "test", lambda _kind, _mode: True
    )
    run(cancel(world.gateways["XAA"].context, wanted))
    world.settle()
    assert there(world)[first.message_id][:2] == ("CANCELLED", None)
    assert here(world, first) == ("CANCELLED", None)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_in_whatever_order_message_update_and_recall_come_the_message_stands(
    world: RecallWorld, order: tuple[int, ...]
) -> None:
    first = world.publish("XBB")
    world.relay("XAA")
    second = change(world, first, "XBB")
    world.relay("XAA")
    world.recall(second)
    world.relay("XAA")
    bundles = list(world.travelling["XBB"])
    assert len(bundles) == 3
    world.travelling["XBB"].clear()
    world.travelling["XBB"].extend(bundles[place] for place in (*order, *order))
    world.settle()
    world.calm()
    found = there(world)
    assert found[first.message_id] == ("CURRENT", first.message_id, (first.message_id,))
    assert found.get(second.message_id, ("RECALLED", None))[:2] == ("RECALLED", None)


def test_a_recalled_message_in_the_middle_stays_a_link_until_the_rest_is_recalled(world: RecallWorld) -> None:
    first = world.publish("XBB")
    world.settle()
    second = change(world, first, "XBB")
    world.settle()
    third = change(world, second, "XBB")
    world.settle()
    world.recall(second)
    world.settle()
    assert here(world, first) == ("UPDATED", third.publication_id)
    assert there(world)[first.message_id][:2] == ("UPDATED", third.message_id)
    world.recall(third)
    world.settle()
    assert here(world, first) == ("CURRENT", first.publication_id)
    assert there(world)[first.message_id][:2] == ("CURRENT", first.message_id)


def test_under_a_link_that_never_came_and_never_will_nothing_stays_current(world: RecallWorld) -> None:
    first = world.publish("XBB", "XCC")
    world.settle()
    second = change(world, first, "XBB", "XCC")
    world.relay("XAA")
    world.deliver("XCC")
    world.relay("XCC")
    while world.travelling["XAA"]:
        world.deliver("XAA")
    world.travelling["XBB"].clear()
    third = change(world, second, "XBB", "XCC")
    world.recall(second)
    world.settle()
    world.calm()
    assert there(world)[first.message_id][0] == "CANCELLED"
    assert there(world, "XCC")[first.message_id][:2] == ("UPDATED", third.message_id)
    for nation in ("XBB", "XCC"):
        assert there(world, nation)[third.message_id][:2] == ("CURRENT", third.message_id)
    assert [each.partner for each in world.records("XAA", AuditEvent.CANCELLATION_QUEUED)] == ["XBB"]


def test_a_recall_with_history_lets_nothing_stand_in_between(world: RecallWorld) -> None:
    first = world.publish("XBB")
    world.settle()
    second = change(world, first, "XBB")
    world.settle()
    world.recall(second, history=True)
    world.settle()
    assert {status for status, _, _ in there(world).values()} == {"RECALLED"}
    for nation in ("XAA", "XBB"):
        told = [each.state for each in world.events(nation, EventType.MESSAGE_CHANGED)]
        assert told == ["UPDATED"]
    assert here(world, first) == ("RECALLED", None)


def test_a_recall_with_a_long_history_reads_the_backfills_once(world: RecallWorld) -> None:
    last = world.publish("XBB")
    for _ in range(9):
        last = change(world, last, "XBB")
    ran: list[str] = []
    world.tx("XAA").set_trace_callback(ran.append)
    assert world.recall(last, history=True) == 10
    world.tx("XAA").set_trace_callback(None)
    assert len([sql for sql in ran if "json_each(b.published)" in sql]) == 1


def test_the_history_is_found_after_a_recall_without_it(world: RecallWorld) -> None:
    first = world.publish("XBB")
    world.settle()
    second = change(world, first, "XCC")  # XCC gets no reference
    world.settle()
    assert world.recall(second) == 1
    assert world.recall(second, history=True) == 1
    assert here(world, first) == ("RECALLED", None)


def test_a_copy_that_was_taken_back_for_the_update_goes_out_after_all(world: RecallWorld) -> None:
    first = world.publish("XBB")
    second = change(world, first, "XBB")
    assert world.states(first) == {"XBB": ("withheld", R.SUPERSEDED)}
    world.recall(second)
    world.settle()
    assert world.states(first)["XBB"][0] == "delivered"
    assert there(world) == {first.message_id: ("CURRENT", first.message_id, (first.message_id,))}


async def test_so_does_the_copy_that_a_backfill_made_for_a_new_member(tmp_path: Path) -> None:
    members = ("XAA", "XBB", Membership(nation="XCC", since=NOW + HOUR))
    pairs = tuple(AgreementPlan(id=other.lower(), parties=("XAA", other)) for other in ("XBB", "XCC"))
    world = RecallWorld(tmp_path, make_realm(communities={"NORDIC": members}, agreements=pairs))
    first = world.publish("NORDIC")
    world.settle()
    world.pass_time(2 * HOUR)
    context = world.gateways["XAA"].context
    made = await propose(context, asked(), author="key-1")
    await confirm(context, made.backfill_id, made.digest, author="operator:anna")
    second = change(world, first, "XBB")
    world.recall(second)
    world.settle()
    assert [status for status, _, _ in there(world, "XCC").values()] == ["CURRENT"]


def test_what_was_cancelled_before_stays_so(world: RecallWorld) -> None:
    first = world.publish("XBB")
    world.settle()
    second = change(world, first, "XBB")
    world.settle()
    wanted = WantedCancellation(
        second.publication_id, CancellationReason.UNSPECIFIED, "test", lambda _kind, _mode: True
    )
    run(cancel(world.gateways["XAA"].context, wanted))
    world.recall(second)
    world.settle()
    assert here(world, first) == ("UPDATED", None)
    assert there(world)[first.message_id][:2] == ("UPDATED", None)


def test_nothing_of_a_chain_that_has_ended_is_cancelled(world: RecallWorld) -> None:
    first = world.publish("XBB")
    second = change(world, first, "XBB")
    wanted = WantedCancellation(
        second.publication_id, CancellationReason.UNSPECIFIED, "test", lambda _kind, _mode: True
    )
    context = world.gateways["XAA"].context
    run(cancel(context, wanted))
    with pytest.raises(CancelRefused) as caught:
        run(cancel(context, replace(wanted, publication_id=first.publication_id)))
    assert (caught.value.code, caught.value.current) == (R.CHAIN_ENDED, None)


def test_deadlines_of_what_stands_again_are_watched_again(world: RecallWorld) -> None:
    first = world.publish("XBB")
    world.relay("XAA")
    query = "SELECT watch_at, deliver_by FROM publication WHERE publication_id = ?"
    second = change(world, first, "XBB")
    watch_at, deliver_by = world.tx("XAA").execute(query, (first.publication_id,)).fetchone()
    assert watch_at is None
    world.pass_time(timedelta(minutes=1))
    world.recall(second)
    assert world.tx("XAA").execute(query, (first.publication_id,)).fetchone() == (deliver_by, deliver_by)


def test_a_deadline_that_passed_while_a_message_was_replaced_is_not_told(world: RecallWorld) -> None:
    first = world.publish("XBB")
    world.relay("XAA")
    second = change(world, first, "XBB")
    world.pass_time(timedelta(hours=9))
    world.recall(second)
    query = "SELECT watch_at FROM publication WHERE publication_id = ?"
    assert world.tx("XAA").execute(query, (first.publication_id,)).fetchone() == (None,)


def test_two_chains_that_only_the_recalled_message_joined_are_two_again(world: RecallWorld) -> None:
    one, other = world.publish("XBB", subject="one"), world.publish("XBB", subject="other")
    world.settle()
    references = [*changing(one)["references"], *changing(other)["references"]]
    both = world.gateways["XAA"].publish(draft(["XBB"], subject="both", header={"references": references}))
    world.settle()
    assert here(world, one) == here(world, other) == ("UPDATED", both.publication_id)
    world.recall(both)
    world.settle()
    for each in (one, other):
        assert here(world, each) == ("CURRENT", each.publication_id)
        assert there(world)[each.message_id] == ("CURRENT", each.message_id, (each.message_id,))
    wanted = WantedCancellation(
        one.publication_id, CancellationReason.UNSPECIFIED, "test", lambda _kind, _mode: True
    )
    run(cancel(world.gateways["XAA"].context, wanted))
    world.settle()
    assert here(world, other) == ("CURRENT", other.publication_id)
    assert there(world)[other.message_id][0] == "CURRENT"
