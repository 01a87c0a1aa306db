"""How large sealed bundles really are, for the floors: made as a gateway makes them, and measured."""

import asyncio

from benchmarks.drafts import draft
from benchmarks.stages import Desk
from benchmarks.world import founded
from bus.protocol.frame import MAX_DELIVERIES
from drills.load.realm import nations
from gateways.publishing.publish import accept_draft


async def sealed_sizes() -> tuple[int, int]:
    """Octets of the bundle of one message, as it leaves when idle, and of a full bundle."""
    with founded(2) as (state, _):
        originator, recipient = nations(2)
        desk = Desk(state, originator)
        try:
            sizes = []
            for count in (1, MAX_DELIVERIES):
                drafts = [draft((recipient,), number) for number in range(count)]
                await asyncio.gather(*(accept_draft(desk.context, raw, api_key_id="sizes") for raw in drafts))
                (bundle,) = await desk.relay()
                sizes.append(len(bundle.sealed))
        finally:
            await desk.context.store.close()
    return sizes[0], sizes[1]
