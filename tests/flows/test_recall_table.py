"""A gateway does with a partner's message and its recall what the table says, in every state."""

from collections.abc import Iterable

import pytest

from bus.protocol.recalling import COPY_LIFE, CopyAct, CopyState
from gateways.publishing.accepted import Accepted
from schemas.header import Mode
from schemas.recall import Recall, RecallReason
from tests.flows.recall_world import RecallWorld
from tests.flows.recall_world import world as world

REACHED: dict[CopyState, tuple[CopyAct, ...]] = {
    CopyState.ABSENT: (),
    CopyState.FILED: (CopyAct.MESSAGE,),
    CopyState.BARRED: (CopyAct.RECALL,),
    CopyState.WITHDRAWN: (CopyAct.MESSAGE, CopyAct.RECALL),
}


def play(world: RecallWorld, acts: Iterable[CopyAct]) -> Accepted:
    """XAA's message and its recall come to XBB in this order, each as often as it is named."""
    accepted = world.publish("XBB")
    world.relay("XAA")
    (message,) = world.travelling["XBB"]
    world.travelling["XBB"].clear()
    for act in acts:
        if act is CopyAct.MESSAGE:
            world.travelling["XBB"].append(message)
            world.deliver("XBB")
        else:
            recall = Recall(
                type="recall",
                message_id=accepted.message_id,
                digest=accepted.digest,
                mode=Mode.OPERATION,
                reason=RecallReason.UNSPECIFIED,
                at=world.now,
            )
            world.hears("XBB", "XAA", recall)
    return accepted


def state(world: RecallWorld, accepted: Accepted) -> CopyState:
    """What XBB has of it."""
    copies = world.gateways["XBB"].inbox()
    recalled = world.received("XBB", accepted) is not None
    if not copies:
        return CopyState.BARRED if recalled else CopyState.ABSENT
    (copy,) = copies
    assert bool(copy.content) is not recalled
    return CopyState.WITHDRAWN if recalled else CopyState.FILED


def test_every_state_of_the_table_is_reached_by_what_the_table_says() -> None:
    for wanted, acts in REACHED.items():
        reached = CopyState.ABSENT
        for act in acts:
            reached = COPY_LIFE[reached, act]
        assert reached is wanted
    assert REACHED.keys() == set(CopyState)


@pytest.mark.parametrize("move", COPY_LIFE, ids=" then ".join)
def test_a_gateway_does_as_the_table_says(world: RecallWorld, move: tuple[CopyState, CopyAct]) -> None:
    before, act = move
    accepted = play(world, (*REACHED[before], act))
    assert state(world, accepted) is COPY_LIFE[move]
