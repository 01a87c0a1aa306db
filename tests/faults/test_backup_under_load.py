"""A backup made under load by the real command, kill -9, and going back to it: nothing that partners sent is
missing afterwards, and no serial is used twice."""

import asyncio
import json
import stat
from pathlib import Path
from typing import Any

from tests.cli.test_commands import run
from tests.faults.load import Load, all_delivered, in_order, inbox_of, until
from tests.faults.processes import GatewayProcess, ProcessWorld
from tests.flows.world import draft


async def _publish(gateway: GatewayProcess, *subjects: str) -> list[str]:
    """Publish to XBB, and wait until it has filed them all."""
    for subject in subjects:
        answer = await gateway.http.post("/v1/messages", draft(["XBB"], subject=subject))
        assert answer.status == 201
    await all_delivered(gateway)
    return list(subjects)


async def _nothing_missing(gateway: GatewayProcess) -> Any:
    partners = (await gateway.http.get("/v1/partners")).json()["items"]
    return True if not any(each["missing"] for each in partners) else None


async def test_a_gateway_killed_under_load_goes_back_to_a_backup_and_gets_everything_again(
    world: ProcessWorld,
) -> None:
    gateways = await world.start("XAA", "XBB")
    alfa, bravo = gateways["XAA"], gateways["XBB"]
    place = ("--state-dir", str(alfa.state), "--keys-file", str(world.keys_file("XAA")))
    copy = world.directory / "backup"
    load = Load()
    load.start(bravo, ["XAA"])
    await load.more(20)
    sent = await _publish(alfa, "in the copy, one", "in the copy, two")
    making = asyncio.create_task(asyncio.to_thread(run, "gateway", "backup", str(copy), *place, "--json"))
    await load.more(10)
    manifest = json.loads(await making)
    await load.more(25)
    sent += await _publish(alfa, "forgotten, one", "forgotten, two", "forgotten, three")
    await alfa.kill()
    told = json.loads(
        await asyncio.to_thread(run, "gateway", "restore", str(copy), *place, "--replace", "--json")
    )
    await load.more(10)
    await alfa.start()
    sent += await _publish(alfa, "after, one", "after, two")
    await load.more(20)
    await load.stop()
    assert load.unforeseen == []
    await until(lambda: _nothing_missing(alfa), "XAA has what it had lost")
    await all_delivered(bravo)

    entries = await inbox_of(alfa)
    assert sorted(entry["message"]["header"]["subject"] for entry in entries) == sorted(load.accepted)
    assert in_order(entries) > 0, "what had come after the copy came again, late"
    at_bravo = await inbox_of(bravo)
    assert [entry["message"]["header"]["subject"] for entry in at_bravo] == sent
    places = [(entry["lane"], entry["lane_epoch"], entry["serial"]) for entry in at_bravo]
    assert len(set(places)) == len(places), "no serial was used twice"
    for gateway in (alfa, bravo):
        assert (await gateway.http.get("/v1/rejected")).json()["items"] == []
    assert at_bravo[-1]["lane_epoch"] >= told["lane_epoch"] > at_bravo[0]["lane_epoch"]
    assert "XBB" in told["partners"]
    assert {lane["partner"] for lane in manifest["lanes_in"]} == {"XBB"}
    _is_private(copy, Path(told["put_aside"]))


def _is_private(*directories: Path) -> None:
    for directory in directories:
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert stat.S_IMODE((directory / "gateway.sqlite3").stat().st_mode) == 0o600
