"""What is not answered at LTIOV expires: a keeper that wakes when the first one comes, and tells it."""

from bus.store import requests
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.keeper import LOOK_SECONDS, Ending, Keeper, never
from gateways.requests.standing import refresh

PAGE = 100


def request_keeper(context: GatewayContext) -> Keeper:
    """Lets requests expire. LTIOV holds without it: it only tells that it has passed."""
    return Keeper(context, "requests that expire", lambda ending: expire(context, ending))


async def expire(context: GatewayContext, ending: Ending = never) -> float:
    """Tell of every request whose LTIOV has passed; seconds until the next look."""

    def job(tx: Transaction) -> None:
        now = context.now()
        for party in requests.expiring(tx, now, PAGE):
            refresh(tx, party, now)

    following = await context.store.read(requests.next_expiry)
    while following is not None and following < context.now() and not ending():
        await context.store.write(job)
        following = await context.store.read(requests.next_expiry)
    if following is None:
        return LOOK_SECONDS
    return min(LOOK_SECONDS, max(0.1, (following - context.now()).total_seconds()))
