"""Power lost on a running gateway: database and log as they lie, the log cut anywhere behind the last answer.

A stopped process (SIGSTOP) is the moment of the loss: its files are copied as they are, it is killed, and a
gateway is started from the copy, whose write-ahead log was cut. What was committed when the last answer was
given is on the disk (`synchronous=FULL`); everything behind that may be missing, whole or in part.
"""

import asyncio
import json
import random
import shutil
from pathlib import Path
from typing import Any

from nats.aio.client import Client

from bus.store import publications
from bus.store.writer import Store
from tests.faults import crash_rounds
from tests.faults.load import Load, all_delivered, arrived_once_and_in_order, inbox_of, until
from tests.faults.processes import GatewayProcess, ProcessWorld
from tests.flows.world import draft
from tests.store.test_crash import valid_length

ROUNDS = crash_rounds(2)
CUTS_OPENED = 6


def log_of(database: Path) -> Path:
    return database.with_name(database.name + "-wal")


def frozen_length(gateway: GatewayProcess) -> tuple[bytes, int]:
    """The log's present run, and how far it reaches, of a process that is stopped."""
    log = log_of(gateway.database).read_bytes()
    return log[:32], valid_length(log)


def power_lost(gateway: GatewayProcess, durable: tuple[bytes, int], chance: random.Random) -> list[bytes]:
    """The log of a stopped gateway cut at some places behind what is `durable`."""
    log = log_of(gateway.database).read_bytes()
    run, at = durable
    # In a log begun anew nothing that was answered stands: by then it is in the database.
    start = at if log[:32] == run else 0
    end = valid_length(log)
    assert end > start, "there is something to lose"
    cuts = [start, *(chance.randint(start, end) for _ in range(CUTS_OPENED - 1))]
    return [log[:cut] + chance.choice((b"", bytes(end - cut), chance.randbytes(end - cut))) for cut in cuts]


def leave(place: Path, database: bytes, log: bytes) -> Path:
    """The files of a gateway as the power loss left them."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    path = place / "gateway.sqlite3"
    path.write_bytes(database)
    log_of(path).write_bytes(log)
    return path


async def posted_and_never_answered(
    gateway: GatewayProcess, drafts: dict[str, bytes]
) -> list[asyncio.StreamWriter]:
    """Send drafts whose answers nobody reads, each on a connection to be closed later."""
    writers = []
    for key, body in drafts.items():
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.http.port)
        head = (
            f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gateway.http.key}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        await writer.drain()
        writers.append(writer)
    return writers


async def log_grows(gateway: GatewayProcess, durable: tuple[bytes, int], by: int) -> None:
    """Wait until there is something to lose: the file's size tells nothing once the log was begun anew."""
    before, at = durable

    async def look() -> Any:
        run, reached = frozen_length(gateway)
        return True if reached > (at + by if run == before else by) else None

    await until(look, "the log grows")


async def test_an_originator_that_loses_power_under_load_keeps_every_answer(world: ProcessWorld) -> None:
    gateways = await world.start("XAA", "XBB")
    alfa, bravo = gateways["XAA"], gateways["XBB"]
    chance = random.Random(3)
    load = Load(workers=4)
    for number in range(ROUNDS):
        load.start(alfa, ["XBB"])
        await load.more(chance.randint(50, 150))
        await load.stop()
        # From here on nothing leaves the gateway that a later cut could take back.
        await world.broker.server.kill()
        alfa.pause()
        durable = frozen_length(alfa)
        alfa.resume()
        unanswered = {f"late-{number}-{i}": draft(["XBB"], subject=f"late-{number}-{i} 0") for i in range(40)}
        writers = await posted_and_never_answered(alfa, unanswered)
        await log_grows(alfa, durable, 100_000)
        alfa.pause()
        database = alfa.database.read_bytes()
        logs = power_lost(alfa, durable, chance)
        await alfa.kill()
        for writer in writers:
            writer.close()
        for log in logs:
            path = leave(world.directory / "opened", database, log)
            store = Store.open(path, "XAA", world.realm.id)
            found = await store.read(lambda tx: publications.list_newest(tx, limit=10**6))
            await store.close()
            kept = {entry.message_id for entry in found}
            assert {message_id for _, _, message_id in load.accepted.values()} <= kept
        leave(alfa.state, database, chance.choice(logs))
        await world.broker.server.start()
        await alfa.start()
        for key, body in unanswered.items():
            answer = await alfa.http.post("/v1/messages", body, {"Idempotency-Key": key})
            assert answer.status == 201
            load.accepted[f"{key} 0"] = ("XAA", ("XBB",), answer.json()["message_id"])
    assert await arrived_once_and_in_order(load, (alfa, bravo)) == 0


async def take_no_more(hub: Client, stream: str, *, limit: bool) -> None:
    """Let the broker refuse whatever else is published into a stream, or take it again."""
    info = json.loads((await hub.request(f"$JS.API.STREAM.INFO.{stream}", b"", timeout=10)).data)
    config = info["config"] | {"max_msgs": max(1, info["state"]["messages"]) if limit else -1}
    answer = await hub.request(f"$JS.API.STREAM.UPDATE.{stream}", json.dumps(config).encode(), timeout=10)
    assert "error" not in json.loads(answer.data)


async def test_a_recipient_that_loses_power_under_load_keeps_everything_it_receipted(
    world: ProcessWorld,
) -> None:
    gateways = await world.start("XAA", "XBB")
    alfa, bravo = gateways["XAA"], gateways["XBB"]
    chance = random.Random(5)
    load = Load()
    load.start(alfa, ["XBB"])
    async with world.broker.client("HUB") as hub:
        for _ in range(ROUNDS):
            await load.more(chance.randint(50, 100))
            bravo.pause()
            durable = frozen_length(bravo)
            # From here on no receipt leaves the gateway that a later cut could take back.
            await take_no_more(hub, "OUT_XBB", limit=True)
            bravo.resume()
            await load.more(20)
            await log_grows(bravo, durable, 50_000)
            bravo.pause()
            database = bravo.database.read_bytes()
            log = chance.choice(power_lost(bravo, durable, chance))
            await bravo.kill()
            leave(bravo.state, database, log)
            await take_no_more(hub, "OUT_XBB", limit=False)
            await bravo.start()
        await load.more(50)
    await load.stop()
    await arrived_once_and_in_order(load, (alfa, bravo))
    delivered = await all_delivered(alfa)
    assert delivered == len(await inbox_of(bravo)) == len(load.accepted)
