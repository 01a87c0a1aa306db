"""Control deliveries that XBB signs under serials of its own choosing."""

from collections.abc import Sequence

from schemas.control import Control
from schemas.wire import Lane
from tests.faults.small_world import Sent
from tests.lanes.lane_world import LaneWorld
from tests.protocol.crafted_bundles import craft, part

AT_ONCE = 60


def sign_words(world: LaneWorld, words: Sequence[tuple[int, int, Control]]) -> None:
    """XAA gets each as (lane epoch, serial, what it says), 60 in a bundle."""
    for start in range(0, len(words), AT_ONCE):
        parts = [
            part(
                world.realm,
                1,
                None,
                originator="XBB",
                recipient="XAA",
                content=said.encode(),
                lane="control",
                lane_epoch=epoch,
                serial=serial,
                content_type="control.v1",
                message_id=None,
                basis=[],
            )
            for epoch, serial, said in words[start : start + AT_ONCE]
        ]
        made = craft(
            world.realm, parts, originator="XBB", recipient="XAA", lane=Lane.CONTROL, depth=8, now=world.now
        )
        world.gateways["XAA"].receive(Sent(made.subject, made.sealed, world.trust))
