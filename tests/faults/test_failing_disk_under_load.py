"""A gateway process whose disk takes no more bytes, under load: it says so, accepts nothing, and recovers."""

import json
import os
import resource
from typing import Any

from tests.faults.load import Load, arrived_once_and_in_order, until
from tests.faults.processes import GatewayProcess, ProcessWorld
from tests.flows.world import draft

UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def fill_disk(gateway: GatewayProcess, room: int) -> None:
    """No file of the process may grow more than `room` bytes beyond the write-ahead log as it is now."""
    log = gateway.database.with_name(gateway.database.name + "-wal")
    resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, (log.stat().st_size + room, resource.RLIM_INFINITY))


def free_disk(gateway: GatewayProcess) -> None:
    resource.prlimit(gateway.pid, resource.RLIMIT_FSIZE, UNLIMITED)


async def test_an_originator_whose_disk_is_full_accepts_nothing_and_loses_nothing(
    world: ProcessWorld,
) -> None:
    gateways = await world.start("XAA", "XBB")
    alfa = gateways["XAA"]
    load = Load()
    load.start(alfa, ["XBB"])
    for room in (0, 10_000, 50_000):
        await load.more(40)
        fill_disk(alfa, room)
        await load.more_unavailable(3)
        answer = await alfa.http.post("/v1/messages", draft(["XBB"], subject=f"never {room}"))
        if answer.status == 201:
            # A little room was left, for one small commit more: then it counts like any other.
            load.accepted[f"never {room}"] = ("XAA", ("XBB",), answer.json()["message_id"])
        else:
            assert (answer.status, answer.json()["code"]) == (503, "STORE_UNAVAILABLE")
        assert (await alfa.http.get("/healthz")).status == 200
        free_disk(alfa)
    await load.more(40)
    await load.stop()
    assert await arrived_once_and_in_order(load, tuple(gateways.values())) == 0


async def test_a_recipient_whose_disk_is_full_receipts_nothing_and_gets_everything_later(
    world: ProcessWorld,
) -> None:
    gateways = await world.start("XAA", "XBB")
    alfa, bravo = gateways["XAA"], gateways["XBB"]
    load = Load()
    load.start(alfa, ["XBB"])

    async def faults_noticed() -> Any:
        metrics = (await bravo.http.get("/metrics")).body.decode()
        lines = [line.split() for line in metrics.splitlines() if "storage_faults" in line and line[0] != "#"]
        return True if any(float(line[-1]) > before for line in lines) else None

    for number, room in enumerate((0, 20_000, 60_000)):
        await load.more(40)
        before = number
        fill_disk(bravo, room)
        await until(faults_noticed, "the recipient notices")
        await load.more(20)
        free_disk(bravo)
    await load.more(20)
    await load.stop()
    assert await arrived_once_and_in_order(load, tuple(gateways.values())) == 0
    # A file-size limit must not have killed it: it is the same process that recovered.
    assert json.loads((await bravo.http.get("/readyz")).body)["ready"]
    os.kill(bravo.pid, 0)
