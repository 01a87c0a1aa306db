"""What the machines of this directory found, as plain stories."""

from datetime import timedelta
from pathlib import Path

from gateways.changing.cancel import cancel
from gateways.publishing.accepted import Accepted
from tests.faults.small_world import SmallWorld, run
from tests.flows.world import draft
from tests.lifecycle.life_world import Version
from tests.lifecycle.lives import change_of, wanted_cancellation
from tests.lifecycle.looks import alerts, status
from tests.lifecycle.network import REALMS


def version(accepted: Accepted, world: SmallWorld) -> Version:
    ids = (accepted.publication_id, accepted.message_id, accepted.digest, ())
    return Version("", "XAA", frozenset({"XBB"}), *ids, world.now)


def standing(world: SmallWorld) -> list[str]:
    tx = world.gateways["XBB"].store.connection
    return [status(tx, entry) for entry in alerts(tx)]


def test_a_change_that_was_lost_and_then_cancelled_leaves_nothing_current(tmp_path: Path) -> None:
    world = SmallWorld(tmp_path, REALMS[2])
    alfa = world.gateways["XAA"]
    first = version(alfa.publish(draft(["XBB"])), world)
    world.relay("XAA")
    world.deliver("XBB")
    world.relay("XBB")
    world.deliver("XAA")
    changed = version(alfa.publish(change_of(first, ["XBB"], "changed")), world)
    world.relay("XAA")
    world.travelling["XBB"].clear()
    run(cancel(alfa.context, wanted_cancellation(changed)))
    world.calm()
    assert standing(world) == ["CANCELLED"]


def test_a_lost_change_between_two_that_came_leaves_nothing_current_either(tmp_path: Path) -> None:
    world = SmallWorld(tmp_path, REALMS[2])
    alfa = world.gateways["XAA"]
    first = version(alfa.publish(draft(["XBB"])), world)
    world.relay("XAA")
    world.deliver("XBB")
    second = version(alfa.publish(change_of(first, ["XBB"], "second")), world)
    world.relay("XAA")
    world.travelling["XBB"].clear()
    third = version(alfa.publish(change_of(second, ["XBB"], "third")), world)
    world.relay("XAA")
    world.deliver("XBB")
    world.relay("XBB")
    world.pass_time(timedelta(seconds=1))
    while world.travelling["XAA"]:
        world.deliver("XAA")
    run(cancel(alfa.context, wanted_cancellation(third)))
    world.calm()
    assert "CURRENT" not in standing(world)
