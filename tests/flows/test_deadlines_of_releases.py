"""What waits for a second person is due from that word on; what is released is told nation by nation."""

from datetime import timedelta
from pathlib import Path

import pytest

from bus.store import events
from bus.store.progress import list_newest
from gateways.receipts.watching import look
from gateways.releasing.lapsing import lapse
from schemas.event import EventType
from tests.faults.small_world import run
from tests.flows.second_persons import OTHERS, Small

MINUTE = timedelta(minutes=1)


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


def told(small: Small) -> list[tuple[str, str | None, str | None]]:
    happened = (each for each in events.look(small.tx).events if each.type is not EventType.MESSAGE_ACCEPTED)
    return [(each.type.value, each.nation, each.state) for each in happened]


def test_deadlines_begin_with_the_second_word(small: Small) -> None:
    flash = small.publish(acknowledgement={"required": True})
    small.world.now += 14 * MINUTE
    run(look(small.context))
    assert told(small) == []
    small.confirm(flash)
    released = small.world.now
    for row in list_newest(small.tx):
        assert (row.released_at, row.progress.deliver_by) == (released, released + 10 * MINUTE)
        assert row.progress.acknowledge_by == released + 10 * MINUTE
    assert told(small) == [("delivery.changed", nation, "queued") for nation in OTHERS]
    small.world.now += 10 * MINUTE
    run(look(small.context))
    overdue = [each for each in told(small) if each[0] == EventType.RECEIPT_OVERDUE]
    assert sorted(overdue) == [
        ("receipt.overdue", nation, awaited)
        for nation in OTHERS
        for awaited in ("acknowledgement", "delivery")
    ]


def test_what_nobody_confirms_is_told_as_withheld_and_is_never_overdue(small: Small) -> None:
    small.publish()
    small.world.now += 15 * MINUTE
    run(lapse(small.context))
    small.world.now += 60 * MINUTE
    run(look(small.context))
    assert told(small) == [("delivery.changed", nation, "withheld") for nation in OTHERS]
    assert [row.progress.deliver_by for row in list_newest(small.tx)] == [None, None]
