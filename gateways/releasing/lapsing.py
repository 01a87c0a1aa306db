"""What nobody confirmed in time is withheld: a keeper that wakes when the first deadline comes."""

from bus.store import pending
from bus.store.pending import Outcome
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.keeper import LOOK_SECONDS, Ending, Keeper, never
from gateways.releasing.second_person import end_unreleased

ACTOR = "gateway"
PAGE = 100


def release_keeper(context: GatewayContext) -> Keeper:
    """Lets releases lapse. A deadline holds without it: after it a confirmation is refused."""
    return Keeper(
        context, "releases that wait", lambda ending: lapse(context, ending), wake=context.releases_changed
    )


async def lapse(context: GatewayContext, ending: Ending = never) -> float:
    """Withhold what nobody confirmed in time, and count what waits; seconds until the next look."""

    def job(tx: Transaction) -> int:
        now, withheld = context.now(), 0
        for found in pending.overdue(tx, now, PAGE):
            withheld += end_unreleased(context, tx, found, Outcome.LAPSED, ACTOR, now).withheld
        return withheld

    count, first = await context.store.read(pending.outlook)
    while first is not None and first <= context.now() and not ending():
        context.counters.deliveries_withheld += await context.store.write(job)
        count, first = await context.store.read(pending.outlook)
    context.counters.releases_waiting = count
    if first is None:
        return LOOK_SECONDS
    return min(LOOK_SECONDS, max(0.0, (first - context.now()).total_seconds()))
