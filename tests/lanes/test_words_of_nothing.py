"""What a partner says of messages that never were costs it as much as us, and keeps nothing for ever."""

import json
from typing import Any

import pytest

from schemas.control import Control
from schemas.recall import Recall
from schemas.wire import Lane
from tests.faults.small_world import Sent
from tests.lanes.lane_world import LaneWorld
from tests.protocol.crafted_bundles import craft, part
from tests.protocol.messages import message_id

NOTHING = "sha256:" + "0" * 64
EPOCH = 500_000_000


def say(world: LaneWorld, contents: list[Control], *, first: int = 1) -> None:
    """XBB signs this to XAA, 60 contents in a bundle."""
    for start in range(0, len(contents), 60):
        parts = [
            part(
                world.realm,
                1,
                None,
                originator="XBB",
                recipient="XAA",
                content=content.encode(),
                lane="control",
                lane_epoch=EPOCH,
                serial=first + start + number,
                content_type="control.v1",
                message_id=None,
                basis=[],
            )
            for number, content in enumerate(contents[start : start + 60])
        ]
        made: Any = craft(
            world.realm, parts, originator="XBB", recipient="XAA", lane=Lane.CONTROL, depth=8, now=world.now
        )
        world.gateways["XAA"].receive(Sent(made.subject, made.sealed, world.trust))


def recall(number: int, digest: str = NOTHING, at: str | None = None) -> Recall:
    return Recall.model_validate_json(
        json.dumps(
            {
                "type": "recall",
                "mode": "OPERATION",
                "message_id": at or message_id(number),
                "digest": digest,
                "reason": "UNSPECIFIED",
                "at": "2026-05-04T12:00:00Z",
            }
        )
    )


def test_a_recall_of_nothing_does_not_have_the_log_cut_off_and_one_of_something_does(
    world: LaneWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.settle()
    world.publish("XBB", "XAA", subject="to be recalled")
    world.pump()
    (row,) = world.gateways["XAA"].inbox()
    store: Any = world.gateways["XAA"].store
    scrubbed: list[int] = []
    monkeypatch.setattr(store, "scrub", lambda: scrubbed.append(1))
    say(world, [Control(v=1, control=recall(number)) for number in range(1, 9)])
    assert world.gateways["XAA"].context.counters.messages_withdrawn == 8
    assert scrubbed == []
    say(world, [Control(v=1, control=recall(0, row.digest, row.message_id))], first=100)
    assert scrubbed == [1]
