"""What was cancelled for a nation is not sent to it again, whatever of it was lost."""

from datetime import timedelta

from gateways.agreements import own_acts
from schemas.agreement import ActKind
from schemas.reasons import ReasonCode
from tests.faults.small_world import run
from tests.flows.recall_world import RecallWorld
from tests.flows.recall_world import world as world
from tests.flows.test_recall_of_changes import change, there


def test_a_lost_copy_that_is_cancelled_since_is_withheld_when_it_would_be_sent_again(
    world: RecallWorld,
) -> None:
    first = world.publish("XBB", "XCC")
    world.relay("XAA")
    world.lose("XBB", 0)
    change(world, first, "XCC")
    world.settle()
    assert there(world) == {}
    world.pass_time(timedelta(hours=7))
    world.settle()
    assert world.states(first)["XBB"] == ("withheld", ReasonCode.CANCELLED)
    assert there(world) == {}


def test_under_a_change_that_was_refused_once_another_had_followed_nothing_stays_current(
    world: RecallWorld,
) -> None:
    first = world.publish("XBB")
    world.settle()
    second = change(world, first, "XBB")
    world.relay("XAA")
    third = change(world, second, "XBB")
    context = world.gateways["XBB"].context
    (agreement,) = (name for name, each in context.trust.book.by_digest.items() if "XBB" in each.parties)
    run(own_acts.act(context, agreement, ActKind.SUSPEND, actor="test"))
    world.deliver("XBB")
    run(own_acts.act(context, agreement, ActKind.RESUME, actor="test"))
    world.settle()
    world.calm()
    assert world.states(second)["XBB"] == ("refused", ReasonCode.AGREEMENT_SUSPENDED)
    assert there(world)[first.message_id][0] == "CANCELLED"
    assert there(world)[third.message_id][:2] == ("CURRENT", third.message_id)
