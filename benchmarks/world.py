"""A realm to measure in: founded in a temporary directory, a real broker, a process per nation."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.children import Child, child
from benchmarks.drafts import realm_plan
from drills.load.realm import nations
from entente.broker_process import BrokerProcess
from entente.realm import found_or_keep
from entente.state_dir import StateDir


@dataclass(frozen=True)
class Broker:
    """A running broker, its pid, and its admin's credential."""

    url: str
    pid: int
    admin_seed: str


@contextlib.contextmanager
def founded(count: int, agreements: int = 1, objective: int | None = None) -> Iterator[tuple[StateDir, int]]:
    """A new realm of ``count`` nations, gone afterwards; its directory and the lock that is held on it."""
    with tempfile.TemporaryDirectory(prefix="entente-bench-") as directory:
        state = StateDir(Path(directory) / "state")
        with state.locked() as lock:
            found_or_keep(state, realm_plan(count, agreements, objective))
            yield state, lock


@contextlib.asynccontextmanager
async def running_broker(state: StateDir) -> AsyncIterator[Broker]:
    """The realm's broker as `entente up` runs it, with sync always."""
    trust = state.realm.trust()
    users = {nation: known.record.broker_user for nation, known in trust.nations.items()}
    broker = BrokerProcess(state, users, state.ports(("broker",))["broker"], lambda _: None)
    await broker.start()
    try:
        assert broker.pid is not None
        yield Broker(broker.url, broker.pid, state.broker_user("admin").seed)
    finally:
        await broker.stop()


@contextlib.asynccontextmanager
async def running_nations(
    state: StateDir, broker: Broker, count: int
) -> AsyncIterator[tuple[Child, tuple[Child, ...]]]:
    """The originator and the other nations, each the whole exchange without HTTP in its own process."""
    async with contextlib.AsyncExitStack() as stack:
        children = [
            await stack.enter_async_context(running_nation(state, broker, nation))
            for nation in nations(count)
        ]
        for each in children:
            await each.ask("ready")
        yield children[0], tuple(children[1:])


def running_nation(state: StateDir, broker: Broker, nation: str) -> AbstractAsyncContextManager[Child]:
    """One nation, as ``running_nations`` has them; ask it for ``ready``."""
    return child(
        "benchmarks.nation",
        nation=nation,
        realm=state.realm.trust().realm,
        state_dir=str(state.gateway(nation)),
        keys_file=str(state.realm.keys_file(nation)),
        trust_dir=str(state.realm.trust_dir),
        nats_url=broker.url,
    )
