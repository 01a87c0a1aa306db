"""What is sent again keeps its lane's order, also when it is more than one step of the relay takes."""

from pathlib import Path

import pytest

from gateways.context import FlowLimits
from tests.faults.small_world import SmallWorld
from tests.flows.world import draft
from tests.realm_fixtures import make_realm


@pytest.mark.parametrize("pair", [("FLASH", "IMMEDIATE"), ("PRIORITY", "ROUTINE")], ids=["urgent", "normal"])
@pytest.mark.parametrize("at_once", [1, 3], ids=["relayed one by one", "relayed by threes"])
def test_after_the_broker_lost_its_store_a_lane_comes_in_order(
    tmp_path: Path, pair: tuple[str, str], at_once: int
) -> None:
    world = SmallWorld(tmp_path, make_realm())
    alfa = world.gateways["XAA"]
    alfa.context.limits = FlowLimits(relay_batch=4)
    for number in range(24):
        alfa.publish(draft(["XBB"], header={"precedence": pair[(number + 1) % 2], "mode": "TEST"}))
        if number % at_once == at_once - 1:
            world.relay("XAA")
    world.travelling["XBB"].clear()
    alfa.lose_broker()
    alfa.publish(draft(["XBB"], header={"precedence": pair[0], "mode": "TEST"}))
    for _ in range(12):
        world.relay("XAA")
    while world.travelling["XBB"]:
        world.deliver("XBB")
    inbox = world.gateways["XBB"].inbox()
    assert [entry.serial for entry in inbox] == list(range(1, 26))
    assert not any(entry.late for entry in inbox)
