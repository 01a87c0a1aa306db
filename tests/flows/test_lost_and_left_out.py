"""What was cancelled for a nation is not sent to it again, whatever of it was lost."""

from datetime import timedelta

from schemas.reasons import ReasonCode
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
