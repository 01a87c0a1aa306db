"""How long a release decision holds that was not followed by an attempt to send."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bus.store.bundles import StoredBundle
from gateways.relaying.offering import DECIDED_FOR, Decided, Offering
from tests.flows.world import Clock

MOMENT = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("clock_moves", "outdated"),
    [
        (timedelta(0), False),
        (DECIDED_FOR, False),
        (DECIDED_FOR + MOMENT, True),
        # The clock was ahead and is set right: how much time has passed since is not known.
        (-MOMENT, True),
        (timedelta(days=-1), True),
    ],
)
def test_a_decision_is_made_anew_after_a_minute_and_when_the_clock_was_set_back(
    clock_moves: timedelta, outdated: bool
) -> None:
    clock, trust = Clock(), object()
    context: Any = SimpleNamespace(now=clock, trust=trust)
    bundle: Any = SimpleNamespace(bundle_seq=8)
    window: list[StoredBundle] = [bundle]
    offering = Offering(context, 7, noted=False)
    decided: Any = Decided(context.trust, clock())
    offering.add(window, decided)
    clock.move(clock_moves)
    assert offering.outdated(window) is outdated
