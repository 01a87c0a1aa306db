"""Ten thousand messages wait for a broker and for a partner that are away: processes, HTTP."""

import asyncio
import json
from typing import Any

from tests.faults.load import all_delivered, in_order, inbox_of, until
from tests.faults.processes import GatewayProcess, ProcessWorld
from tests.flows.world import draft

MESSAGES = 10_000
WRITERS = 16


async def publish_all(gateway: GatewayProcess) -> None:
    """Each writer publishes its share in order, to a partner that is there and to one that is not."""

    async def write(writer: int) -> None:
        for number in range(MESSAGES // WRITERS):
            body = draft(["XBB", "XCC"], subject=f"{writer} {number:05d}")
            answer = await gateway.http.post("/v1/messages", body)
            assert answer.status == 201, answer.body

    await asyncio.gather(*map(write, range(WRITERS)))


async def states(gateway: GatewayProcess) -> dict[str, set[str]]:
    """Every state in which copies for each nation are."""
    found: dict[str, set[str]] = {"XBB": set(), "XCC": set()}
    async for page in gateway.http.items_back("/v1/messages"):
        for item in page:
            for copy in item["deliveries"]:
                found[copy["nation"]].add(copy["state"])
    return found


async def waiting(gateway: GatewayProcess) -> dict[str, int]:
    """How many copies for each nation were sent and have no receipt yet, once none waits to be sent."""
    partners = json.loads((await gateway.http.get("/v1/partners")).body)["items"]
    if any(partner["queued"] or partner["sealed"] for partner in partners):
        return {}
    return {partner["nation"]: partner["unreceipted"] for partner in partners}


async def holds_all(gateway: GatewayProcess) -> None:
    """Wait for the whole inbox, each once, in order, none late; patience is for each thousand."""
    for goal in range(1000, MESSAGES + 1, 1000):

        async def look(goal: int = goal) -> Any:
            page = (await gateway.http.get(f"/v1/inbox?after={goal - 1}&limit=1")).json()
            return page["items"] or None

        await until(look, f"{goal} messages in the inbox of {gateway.nation}")
    entries = await inbox_of(gateway)
    assert len({entry["message_id"] for entry in entries}) == len(entries) == MESSAGES
    assert in_order(entries) == 0


async def test_ten_thousand_wait_for_the_broker_and_then_for_a_partner(world: ProcessWorld) -> None:
    gateways = await world.start("XAA", "XBB")
    alfa, bravo = gateways["XAA"], gateways["XBB"]
    await world.broker.server.kill()
    await publish_all(alfa)
    assert await states(alfa) == {"XBB": {"queued"}, "XCC": {"queued"}}
    await world.broker.server.start()
    await holds_all(bravo)

    async def one_waits() -> Any:
        return True if await waiting(alfa) == {"XBB": 0, "XCC": MESSAGES} else None

    await until(one_waits, "XBB has everything, XCC is away")
    assert await states(alfa) == {"XBB": {"delivered"}, "XCC": {"sent"}}
    charlie = world.gateway("XCC")
    await charlie.start()
    await holds_all(charlie)
    assert await all_delivered(alfa) == MESSAGES
