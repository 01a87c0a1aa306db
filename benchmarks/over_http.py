"""Ours through HTTP: the gateways that `entente up` runs, asked as partner systems ask them."""

import asyncio
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

import httpx

from benchmarks.children import child
from benchmarks.library import IDLE_PAUSE, IDLE_SECONDS, WARM_UP, bounded, percentile
from benchmarks.world import founded
from drills.load.processes import cpu_seconds, resident_bytes
from entente.realm import GatewayAddress, RunningRealm, running_realm

CONNECTIONS = 16
_SETTLE_SECONDS = 60.0


@dataclass(frozen=True)
class OverHttp:
    """Medians of the rounds; times in seconds, memory in bytes."""

    recipients: int
    accepts_per_second: float
    """While this gateway relays and every recipient's admits on the same processors."""
    alone_per_second: float
    """While the broker is away: drafts are accepted and stay queued."""
    alone_cpu: float
    """Microseconds of the gateway's process per draft accepted alone."""
    idle_samples: int
    idle_p50: float
    idle_p99: float
    resident_idle: int
    resident_originator: int
    resident_recipient: int


async def measure(recipients: int, *, messages: int, rounds: int, idle: int) -> OverHttp:
    """A running realm of ``recipients`` + 1 gateways."""
    with founded(recipients + 1) as (state, lock):
        async with running_realm(state, lock, lambda _: None) as realm:
            return await _measure(realm, messages, rounds, idle)


async def _measure(realm: RunningRealm, messages: int, rounds: int, idle: int) -> OverHttp:
    ours, *theirs = realm.gateways.values()
    names = [each.nation for each in theirs]
    pids = {nation: process.pid or 0 for nation, process in realm.processes.items()}
    resident_idle = max(resident_bytes(pid) for pid in pids.values())
    async with child(
        "benchmarks.http_client",
        port=urlsplit(ours.url).port,
        key=ours.key,
        partner_port=urlsplit(theirs[0].url).port,
        partner_key=theirs[0].key,
    ) as client:
        warm = await client.ask("accept", recipients=names, count=WARM_UP, connections=CONNECTIONS)
        messages = bounded(messages, WARM_UP, warm["seconds"])
        await _settled(ours)
        one_each = {"recipients": names[:1], "count": idle, "pause": IDLE_PAUSE, "seconds": IDLE_SECONDS}
        times = (await client.ask("idle", **one_each))["times"]
        rates = []
        for _ in range(rounds):
            result = await client.ask("accept", recipients=names, count=messages, connections=CONNECTIONS)
            rates.append(messages / result["seconds"])
            await _settled(ours)
        resident = {nation: resident_bytes(pid) for nation, pid in pids.items()}
        await realm.broker.stop()
        alone, costs = [], []
        for _ in range(rounds):
            before = cpu_seconds(pids[ours.nation])
            result = await client.ask("accept", recipients=names, count=messages, connections=CONNECTIONS)
            alone.append(messages / result["seconds"])
            costs.append(1e6 * (cpu_seconds(pids[ours.nation]) - before) / messages)
    return OverHttp(
        len(names),
        median(rates),
        median(alone),
        median(costs),
        len(times),
        percentile(times, 0.5),
        percentile(times, 0.99),
        resident_idle,
        resident[ours.nation],
        max(resident[name] for name in names),
    )


async def _settled(gateway: GatewayAddress) -> None:
    """Wait until everything that was accepted has a receipt, as the list of partners tells."""
    headers = {"Authorization": f"Bearer {gateway.key}"}
    async with (
        asyncio.timeout(_SETTLE_SECONDS),
        httpx.AsyncClient(trust_env=False, base_url=gateway.url, headers=headers) as client,
    ):
        while True:
            partners = (await client.get("/v1/partners")).raise_for_status().json()["items"]
            if not any(each["queued"] or each["sealed"] or each["unreceipted"] for each in partners):
                return
            await asyncio.sleep(0.05)
