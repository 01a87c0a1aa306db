"""A malicious originator's gateway, end to end: a foreign process with a nation's real keys and credentials.

The victim is a real gateway process as well, and everything is seen through its HTTP API, its files and logs.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from schemas.header import Kind, Mode
from tests.faults.hostile_gateway import BULK, CANARY, JUNK
from tests.faults.load import inbox_of, until
from tests.faults.processes import GatewayProcess, ProcessWorld
from tests.flows.world import draft
from tests.realm_fixtures import AgreementPlan

MIB = 1024 * 1024
ROOT = Path(__file__).parents[2]
AGREEMENTS = (
    AgreementPlan(id="everything", parties=("XAA", "XBB")),
    AgreementPlan(
        id="alerts",
        parties=("XBB", "XCC"),
        kinds=(Kind.THREAT_ALERT,),
        modes=(Mode.OPERATION, Mode.EXERCISE),
        highest=(("NATO", "NATO RESTRICTED"),),
    ),
)
REJECTED = {
    "unsigned": "SIGNATURE_MISSING",
    "signed with its receipt key": "KEY_WRONG_USE",
    "signed under another nation's key id": "KEY_FOREIGN",
    "in another nation's name": "SUBJECT_MISMATCH",
    "for another realm": "WRONG_REALM",
    "stating another realm": "DELIVERY_MISMATCH",
    "meant for another recipient": "DELIVERY_MISMATCH",
    "of another mode": "DELIVERY_MISMATCH",
    "of another lane": "DELIVERY_MISMATCH",
    "another content than its digest": "DIGEST_MISMATCH",
    "a message of XAA passed off as its own delivery": "CONTENT_MISMATCH",
    "released to others only": "NOT_IN_RELEASE_SET",
    "a classification that no agreement covers": "CLASSIFICATION_TOO_HIGH",
    "a mode that no agreement covers": "MODE_NOT_COVERED",
    "on an agreement that it is no party to": "BASIS_MISMATCH",
    "display only": "HANDLING_MISMATCH",
    "with a restrictive category": "CATEGORY_NOT_COVERED",
    "a serial used before": "SERIAL_REUSED",
    "a message id used before": "EQUIVOCATION",
    "oversized": "OVERSIZED",
    "garbage": "MALFORMED_SEALED",
    "nothing at all": "MALFORMED_SEALED",
}
HELD = {
    "signed with a key of its own making": "KEY_UNKNOWN",
    "issued tomorrow": "ISSUED_IN_FUTURE",
    "under a trust version to come": "TRUST_VERSION_UNKNOWN",
    "sealed under an unknown key": "SEAL_KEY_UNKNOWN",
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ProcessWorld]:
    world = ProcessWorld(tmp_path, agreements=AGREEMENTS)
    yield world
    await world.stop()


async def carried_out(world: ProcessWorld, acts: Sequence[str]) -> dict[str, str]:
    """Let the hostile process carry these out; the digest of what it sent for each."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.faults.hostile_gateway", "XCC", str(world.keys_file("XCC")), str(world.trust_dir)),
        *(world.realm.id, world.broker.url, "XBB"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await asyncio.wait_for(process.communicate("\n".join(acts).encode()), 120)
    assert process.returncode == 0
    done = [json.loads(line) for line in output.splitlines()]
    assert [entry["act"] for entry in done] == list(acts)
    return {entry["act"]: entry["digest"] for entry in done}


async def refusals(victim: GatewayProcess) -> list[dict[str, Any]]:
    return [item async for page in victim.http.items_back("/v1/rejected") for item in page]


async def held(victim: GatewayProcess) -> list[dict[str, Any]]:
    return [item async for page in victim.http.items("/v1/held", limit=64) for item in page]


async def published(gateway: GatewayProcess, title: str) -> None:
    body = draft(["XBB"], subject=title, label={"classification": "NATO RESTRICTED"})
    assert (await gateway.http.post("/v1/messages", body)).status == 201


async def titles(victim: GatewayProcess, count: int) -> list[tuple[str, str]]:
    """Originator and title of what stands in the inbox, once there are so many."""

    async def look() -> Any:
        entries = await inbox_of(victim)
        return entries if len(entries) >= count else None

    entries = await until(look, f"{count} messages in the inbox")
    return [(entry["originator"], entry["message"]["header"]["subject"]) for entry in entries]


def no_canary(gateway: GatewayProcess) -> None:
    for file in (*gateway.state.iterdir(), gateway.log):
        assert CANARY.encode() not in file.read_bytes(), file.name


def octets_on_disk(gateway: GatewayProcess) -> int:
    return sum(file.stat().st_size for file in gateway.state.iterdir())


def octets_in_memory(gateway: GatewayProcess) -> int:
    """The most that the process ever had."""
    status = Path(f"/proc/{gateway.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


async def test_each_act_is_refused_with_its_own_code_and_honest_traffic_goes_on(world: ProcessWorld) -> None:
    gateways = await world.start("XAA", "XBB", "XCC")
    victim = gateways["XBB"]
    await published(gateways["XCC"], "honest before")
    assert await titles(victim, 1) == [("XCC", "honest before")]
    await gateways["XCC"].stop()

    acts = ["admitted", *REJECTED, *HELD, "a serial far ahead"]
    digests = await carried_out(world, acts)
    assert sorted(await titles(victim, 3)) == [
        ("XCC", "allowed"),
        ("XCC", "allowed"),
        ("XCC", "honest before"),
    ]
    found = {item["sealed_digest"]: item for item in await refusals(victim)}
    assert {act: found[digests[act]]["reason"] for act in REJECTED} == REJECTED
    assert len(found) == len(REJECTED), "nothing else was refused"
    waiting = await held(victim)
    assert sorted(item["reason"] for item in waiting) == sorted(HELD.values())
    assert {item["originator"] for item in (*found.values(), *waiting)} == {"XCC"}

    for event, codes in (("message.rejected", REJECTED), ("message.held", HELD)):
        recorded = {
            item["record"]["reason"]
            for item in (await victim.http.get(f"/v1/audit?event={event}&limit=500")).json()["items"]
        }
        assert recorded >= set(codes.values()) - {"SERIAL_REUSED", "EQUIVOCATION"}
    alarms = (await victim.http.get("/v1/audit?event=message.equivocation")).json()["items"]
    assert {item["record"]["reason"] for item in alarms} == {"SERIAL_REUSED", "EQUIVOCATION"}
    gaps = (await victim.http.get("/v1/audit?event=lane.gap")).json()["items"]
    assert any(item["record"]["count"] >= 5_000 for item in gaps), "the jump is an alarm"
    no_canary(victim)

    await published(gateways["XAA"], "from another nation")
    assert len(await titles(victim, 4)) == 4
    await gateways["XCC"].start()
    await published(gateways["XCC"], "honest after")
    assert (await titles(victim, 5))[3:] == [("XAA", "from another nation"), ("XCC", "honest after")]


async def test_ten_thousand_junk_bundles_fill_a_quota_and_not_the_victim(world: ProcessWorld) -> None:
    gateways = await world.start("XAA", "XBB")
    victim = gateways["XBB"]
    await carried_out(world, ["very large junk bundles", "very many junk bundles"])
    await published(gateways["XAA"], "through all that")
    assert await titles(victim, 1) == [("XAA", "through all that")]

    async def all_judged() -> Any:
        found = await refusals(victim)
        return found if len(found) >= BULK + JUNK - 10_000 else None

    found = await until(all_judged, "all junk is judged")
    assert {item["reason"] for item in found} == {"MALFORMED_SEALED", "HELD_QUOTA"}
    assert sum(item["size"] for item in found if item["kept"]) <= 32 * MIB
    assert len(await held(victim)) == 10_000
    assert octets_on_disk(victim) < 160 * MIB
    assert octets_in_memory(victim) < 400 * MIB
