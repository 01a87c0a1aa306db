"""A realm whose gateways are real processes, started by production's command, and killed by tests."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bus.embedded import EmbeddedServer
from bus.store import api_keys
from bus.store.writer import Store
from bus.trust_bundle import write_bundle
from entente.starter import Started, starter_of
from gateways.http.api_keys import Scope, new_api_key
from gateways.store_file import STORE_FILE
from tests.broker_fixtures import Broker
from tests.faults.http_client import HttpClient
from tests.free_ports import free_port
from tests.realm_fixtures import AgreementPlan, TestRealm, make_realm

PATIENCE = 60.0
"""Seconds after which something that should have happened counts as not happening."""
NATIONS = ("XAA", "XBB", "XCC")


class GatewayProcess:
    """One nation's gateway: `entente gateway run` on a state directory and a port of its own."""

    def __init__(self, world: "ProcessWorld", nation: str, state: Path, **settings: str) -> None:
        self.nation = nation
        self.state = state
        self.log = world.directory / f"{state.name}.log"
        self._settings = {
            "nation": nation,
            "realm": world.realm.id,
            "state_dir": str(state),
            "keys_file": str(world.keys_file(nation)),
            "trust_dir": str(world.trust_dir),
            "nats_url": world.broker.url,
            "port": str(free_port()),
            **settings,
        }
        self.http = HttpClient(int(self._settings["port"]))
        self.up = asyncio.Event()
        """Set while the process listens."""
        self._process: Started | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def database(self) -> Path:
        return self.state / STORE_FILE

    async def start(self) -> None:
        """Start the process; it listens when this returns."""
        await self.launch()
        await self.listening()

    async def launch(self) -> None:
        """Start the process and leave it to itself."""
        assert self._process is None
        if not self.state.exists():
            await self._first_key()
        environment = {f"ENTENTE_GATEWAY_{name.upper()}": text for name, text in self._settings.items()}
        starter = await starter_of("gateway")
        reading, written = os.pipe()
        try:
            self._process = starter.start(
                f"gateway of {self.nation}",
                ("gateway", "run", "--until-stdin-ends"),
                {**os.environ, **environment},
                stdout=written,
                stderr=written,
            )
        finally:
            os.close(written)
        lines = asyncio.StreamReader()
        pipe = os.fdopen(reading, "rb", buffering=0)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), pipe)
        self._reading = asyncio.create_task(self._read(self._process, lines))

    async def listening(self) -> None:
        """Return once it listens."""
        assert self._process is not None
        ended = asyncio.create_task(self._process.wait())
        up = asyncio.create_task(self.up.wait())
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.wait((ended, up), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
            up.cancel()
        assert self.up.is_set(), f"{self.nation} did not come up: {self.log.read_text()[-2000:]}"

    async def ended(self) -> int:
        """Wait until it ends by itself; its exit code."""
        process, self._process = self._process, None
        assert process is not None
        assert self._reading is not None
        code = await asyncio.wait_for(process.wait(), PATIENCE)
        await self._reading
        return code

    async def kill(self) -> None:
        """kill -9."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, as an operator does."""
        await self._end(signal.SIGTERM)

    def pause(self) -> None:
        """SIGSTOP: the process is there and does nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    async def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        await asyncio.wait_for(process.wait(), PATIENCE)
        assert self._reading is not None
        await self._reading
        await self.http.close()

    async def _read(self, process: Started, lines: asyncio.StreamReader) -> None:
        """Keep what it writes, and notice when it listens and when it is gone."""
        mark = f"gateway of {self.nation} at ".encode()
        with self.log.open("ab") as log:
            while line := await lines.readline():
                log.write(line)
                log.flush()
                if line.startswith(mark):
                    self.up.set()
        await process.wait()
        self.up.clear()

    async def _first_key(self) -> None:
        self.state.mkdir(mode=0o700)
        text, stored = new_api_key(
            "partner system",
            tuple(Scope),
            created_at=datetime.now(UTC),
            randomness=os.urandom,
            rate_per_second=1e6,
            burst=10**6,
        )
        store = Store.open(self.database, self.nation, self._settings["realm"])
        await store.write(lambda tx: api_keys.add(tx, stored))
        await store.close()
        self.http.key = text


class ProcessWorld:
    """Broker, realm and gateways, each in its own process."""

    def __init__(
        self,
        directory: Path,
        nations: Sequence[str] = NATIONS,
        agreements: Sequence[AgreementPlan] | None = None,
    ) -> None:
        self.directory = directory
        self.realm: TestRealm = make_realm(nations, agreements=agreements, now=datetime.now(UTC))
        self.trust_dir = directory / "trust"
        write_bundle(self.trust_dir, self.realm.envelopes)
        self.broker = Broker(directory / "broker", nations)
        for nation, keys in self.realm.keys.items():
            self.broker.keys[nation] = keys.broker
            keys.save(self.keys_file(nation))
        self.broker.server = EmbeddedServer(self.broker.config(nations), directory / "broker")
        self.gateways: dict[str, GatewayProcess] = {}

    def keys_file(self, nation: str) -> Path:
        return self.directory / f"{nation}.keys"

    def gateway(self, nation: str, **settings: str) -> GatewayProcess:
        """A gateway, not started yet. The broker must have been started once."""
        gateway = GatewayProcess(self, nation, self.directory / f"state-{nation}", **settings)
        self.gateways[nation] = gateway
        return gateway

    async def start(self, *nations: str) -> Mapping[str, GatewayProcess]:
        """Start the broker and these nations' gateways."""
        await self.broker.start()
        await asyncio.gather(*(self.gateway(nation).start() for nation in nations))
        return self.gateways

    async def stop(self) -> None:
        for gateway in self.gateways.values():
            await gateway.kill()
        await self.broker.server.kill()
