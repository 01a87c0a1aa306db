"""A recipient that colludes with the hub, end to end: it may do with every bundle whatever the hub can."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from tests.faults.load import all_delivered, inbox_of, until
from tests.faults.processes import GatewayProcess, ProcessWorld
from tests.flows.world import draft

ROOT = Path(__file__).parents[2]
SECRET = "FOR-XBB-ALONE"
REFUSED = {
    "re-sealed for a third nation": "DELIVERY_MISMATCH",
    "re-sealed, its recipient rewritten": "PROOF_INVALID",
    "re-sealed, its serial rewritten": "PROOF_INVALID",
    "another nation's copy as it is": "SUBJECT_MISMATCH",
    "its own copy on another lane": "SUBJECT_MISMATCH",
    "its own copy on the control lane": "SUBJECT_MISMATCH",
    "its own copy in another mode": "SUBJECT_MISMATCH",
    "its own copy from another originator": "SUBJECT_MISMATCH",
}


async def carried_out(world: ProcessWorld, *acts: str) -> dict[str, list[str]]:
    """Let the colluding process carry these out; digests of what it handled for each."""
    seed = world.directory / "hub.seed"
    seed.write_text(world.broker.keys["HUB"].seed)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.faults.hostile_hub", str(world.keys_file("XBB")), str(world.trust_dir)),
        *(world.realm.id, world.broker.url, str(seed), str(world.directory / "stolen")),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await asyncio.wait_for(process.communicate("\n".join(acts).encode()), 60)
    assert process.returncode == 0
    return {entry["act"]: entry["digests"] for entry in map(json.loads, output.splitlines())}


async def published(gateway: GatewayProcess, title: str, *nations: str) -> None:
    assert (await gateway.http.post("/v1/messages", draft(nations, subject=title))).status == 201


async def refusals(gateway: GatewayProcess) -> list[tuple[str, str]]:
    """Digest of the sealed bytes and reason; one bundle may be refused several times."""
    items = [item async for page in gateway.http.items_back("/v1/rejected") for item in page]
    return sorted((item["sealed_digest"], item["reason"]) for item in items)


async def titles(gateway: GatewayProcess) -> list[str]:
    return [entry["message"]["header"]["subject"] for entry in await inbox_of(gateway)]


async def test_nothing_that_the_hub_does_with_bundles_reaches_a_third_nation(world: ProcessWorld) -> None:
    gateways = await world.start("XAA", "XBB", "XCC")
    alfa, third = gateways["XAA"], gateways["XCC"]
    await published(alfa, SECRET, "XBB")
    await published(alfa, "for XCC", "XCC")
    assert await all_delivered(alfa) == 2
    unknown_key = "another nation's copy under a new header"
    again = "its own copy once more"
    digests = await carried_out(world, "steal", *REFUSED, unknown_key, again)
    await published(alfa, "for XCC, later", "XCC")

    async def later_came() -> Any:
        found = await titles(third)
        return found if len(found) > 1 else None

    # The lane keeps its order: what was injected has been judged before what came later.
    assert await until(later_came, "the later message") == ["for XCC", "for XCC, later"]

    async def all_refused() -> Any:
        found = await refusals(third)
        return found if len(found) >= len(REFUSED) else None

    found = await until(all_refused, "every replay refused")
    assert found == sorted((digests[act][0], code) for act, code in REFUSED.items())
    held = [item async for page in third.http.items("/v1/held", limit=64) for item in page]
    assert [item["reason"] for item in held] == ["SEAL_KEY_UNKNOWN"]
    assert digests[unknown_key]
    twice = (await third.http.get("/v1/audit?event=message.duplicate")).json()["items"]
    assert len(twice) == 1, "its own copy once more is a duplicate, and filed once"
    assert await all_delivered(alfa) == 3
    for file in (*third.state.iterdir(), third.log):
        assert SECRET.encode() not in file.read_bytes(), file.name


async def test_a_hub_that_wipes_replays_reorders_and_withholds_loses_and_doubles_nothing(
    world: ProcessWorld,
) -> None:
    gateways = await world.start("XAA")
    alfa, third = gateways["XAA"], world.gateway("XCC")
    for number in range(8):
        await published(alfa, f"{number}", "XCC")
        assert await all_delivered(alfa, "sent") == number + 1, "one bundle each"
    await carried_out(world, "steal")
    await alfa.kill()
    await world.broker.server.kill()
    await world.broker.server.wipe_store()
    await world.broker.start()
    await carried_out(world, "old bundles in reverse, the third one withheld")
    await third.start()

    async def all_but_one() -> Any:
        found = await titles(third)
        return found if len(found) == 7 else None

    assert await until(all_but_one, "what was not withheld") == ["7", "6", "5", "4", "3", "1", "0"]
    late = [entry["late"] for entry in await inbox_of(third)]
    assert late == [False] + [True] * 6, "out of order is filed and flagged"
    await alfa.start()
    assert await all_delivered(alfa) == 8
    assert sorted(await titles(third)) == [f"{number}" for number in range(8)]
    assert await refusals(third) == []
