"""A whole realm on this machine: embedded broker, one process per gateway, from founding to a clean stop."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from bus.store import api_keys
from bus.store.writer import Store, Transaction
from entente.broker_link import BrokerLink
from entente.broker_process import BrokerProcess
from entente.drilled_gateway import set_clock
from entente.founding import found_realm
from entente.gateway_process import GatewayProcess
from entente.snapshot_keeper import SnapshotKeeper, freshen_snapshot
from entente.state_dir import StateDir
from entente.terminal import CommandFailed
from gateways.http.api_keys import Scope, new_api_key, split_api_key
from gateways.store_file import STORE_FILE
from schemas.realm_plan import RealmPlan

Report = Callable[[str], None]
CLOCK_FILE = "clock-ahead"


@dataclass(frozen=True)
class GatewayAddress:
    """Where one gateway is reached and the key that opens it."""

    nation: str
    url: str
    key: str
    key_file: Path

    @property
    def docs(self) -> str:
        """The interactive page of its HTTP API."""
        return f"{self.url}/docs"


@dataclass(frozen=True)
class RunningRealm:
    """A realm whose gateways are ready. The processes are watched and brought back until it is left."""

    state: StateDir
    broker: BrokerProcess
    processes: Mapping[str, GatewayProcess]
    gateways: Mapping[str, GatewayAddress]
    links: Mapping[str, BrokerLink]
    """Between each gateway and the broker, where they were asked for."""


def found_or_keep(state: StateDir, plan: RealmPlan) -> None:
    """Found the realm of `plan` in `state` unless one is there already; the plan then must fit it.

    CommandFailed when it does not.
    """
    if not state.realm.exists:
        state.realm.write_new(found_realm(plan, now=datetime.now(UTC), randomness=os.urandom))
        return
    held = set(state.realm.trust().nations)
    wanted = {planned.nation for planned in plan.nations}
    if held != wanted:
        raise CommandFailed(
            f"{state.path} holds a realm of {', '.join(sorted(held))}, not of {', '.join(sorted(wanted))}: "
            "give another --state, or move that one away"
        )


@contextlib.asynccontextmanager
async def running_realm(
    state: StateDir,
    lock: int,
    report: Report,
    settings: Mapping[str, str] | None = None,
    *,
    with_links: bool = False,
    with_clocks: bool = False,
) -> AsyncIterator[RunningRealm]:
    """Run the realm that lies in `state`, from start to a clean stop of every process.

    ``settings`` are further settings of every gateway. ``with_links``: each gateway reaches the broker over a
    link that can be cut and slowed down. ``with_clocks``: each gateway's clock can be set.

    Raises GatewayDiedError, EmbeddedServerError or ProvisioningError when something does not come up.
    """
    freshen_snapshot(state.realm, datetime.now(UTC))
    trust = state.realm.trust()
    nations = tuple(sorted(trust.nations))
    ports = state.ports(("broker", *nations))
    users = {nation: trust.nations[nation].record.broker_user for nation in nations}
    broker = BrokerProcess(state, users, ports["broker"], report)
    processes: dict[str, GatewayProcess] = {}
    links: dict[str, BrokerLink] = {}
    try:
        for nation in nations if with_links else ():
            links[nation] = BrokerLink(ports["broker"])
            await links[nation].start()
        addresses = {nation: await _address(state, nation, trust.realm, ports[nation]) for nation in nations}
        for nation in nations:
            given = {
                "nation": nation,
                "realm": trust.realm,
                "state_dir": str(state.gateway(nation)),
                "keys_file": str(state.realm.keys_file(nation)),
                "trust_dir": str(state.realm.trust_dir),
                "nats_url": links[nation].url if nation in links else f"nats://127.0.0.1:{ports['broker']}",
                "host": "127.0.0.1",
                "port": str(ports[nation]),
            }
            log = state.gateway(nation) / "gateway.log"
            clock = state.gateway(nation) / CLOCK_FILE if with_clocks else None
            if clock is not None:
                set_clock(clock, timedelta(0))
            processes[nation] = GatewayProcess(nation, given | dict(settings or {}), log, report, lock, clock)
        # Together: starting Python is most of it, and a gateway waits for its broker by itself.
        await asyncio.gather(broker.start(), *(process.start() for process in processes.values()))
        async with httpx.AsyncClient(trust_env=False) as client:
            await asyncio.gather(*(process.wait_ready(client) for process in processes.values()))
        places = {nation: (address.url, address.key) for nation, address in addresses.items()}
        keeping = asyncio.create_task(SnapshotKeeper(state.realm, places, report).run())
        try:
            yield RunningRealm(state, broker, processes, addresses, links)
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
    finally:
        await asyncio.gather(*(process.stop() for process in processes.values()))
        await broker.stop()
        await asyncio.gather(*(link.stop() for link in links.values()))


async def _address(state: StateDir, nation: str, realm: str, port: int) -> GatewayAddress:
    """The gateway's address, with a key that its store knows: kept from last time, or made now."""
    file = state.api_key_file(nation)
    store = Store.open(state.gateway(nation) / STORE_FILE, nation, realm)
    try:
        key = file.read_text(encoding="ascii").strip() if file.exists() else ""
        parts = split_api_key(key)
        known = await store.read(lambda tx: api_keys.find(tx, parts[0]) if parts else None)
        if known is None or known.revoked_at is not None:
            key = await _new_key(store, file)
    finally:
        await store.close()
    return GatewayAddress(nation, f"http://127.0.0.1:{port}", key, file)


async def _new_key(store: Store, file: Path) -> str:
    from bus.keystore import write_secret

    text, stored = new_api_key(
        "made by entente up",
        tuple(Scope),
        created_at=datetime.now(UTC),
        randomness=os.urandom,
        rate_per_second=10_000,
        burst=20_000,
    )

    def add(tx: Transaction) -> None:
        api_keys.add(tx, stored)

    write_secret(file, text.encode("ascii") + b"\n")
    await store.write(add)
    return text
