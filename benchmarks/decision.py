"""The release decision in a large realm: 60 nations, 200 agreements."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median

from benchmarks.drafts import ORIGINATOR, draft
from benchmarks.world import founded
from bus.protocol.release import decide, plan_release
from drills.load.realm import nations
from schemas.message import parse_draft

NATIONS = 60
AGREEMENTS = 200


@dataclass(frozen=True)
class Decision:
    """Microseconds for one nation, and for the plan of a draft to every other nation."""

    nations: int
    agreements: int
    decide: float
    plan: float


def measure() -> Decision:
    """Found the realm, then decide about an alert to everybody; the agreement that permits comes last."""
    with founded(NATIONS, AGREEMENTS) as (state, _):
        trust = state.realm.trust()
    others = nations(NATIONS)[1:]
    parsed = parse_draft(draft(others))
    now = datetime.now(UTC)

    def plan() -> object:
        return plan_release(parsed.header, parsed.label, originator=ORIGINATOR, trust=trust, now=now)

    label = plan_release(parsed.header, parsed.label, originator=ORIGINATOR, trust=trust, now=now).label

    def one() -> object:
        return decide(
            originator=ORIGINATOR,
            kind=parsed.header.kind,
            mode=parsed.header.mode,
            label=label,
            nation=others[0],
            trust=trust,
            now=now,
        )

    return Decision(
        len(trust.nations), len(trust.agreements), _microseconds(one, 500), _microseconds(plan, 20)
    )


def _microseconds(operation: Callable[[], object], count: int) -> float:
    means = []
    for _ in range(7):
        began = time.process_time()
        for _ in range(count):
            operation()
        means.append(1e6 * (time.process_time() - began) / count)
    return median(means)
