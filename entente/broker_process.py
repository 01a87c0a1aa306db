"""The realm's embedded broker: started, provisioned, watched, brought back with its streams when it died."""

import asyncio
from collections.abc import Callable, Mapping

from bus.embedded import EmbeddedServer, EmbeddedServerError
from bus.nats_config import BrokerConfig, BrokerNation
from bus.provisioning import ProvisioningError, provision, use_up_room
from bus.stream_plan import RealmStreams
from entente.ending_tasks import ended
from entente.state_dir import StateDir

QUOTA_BYTES = 1024**3
_LOOK_EVERY = 0.1
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 10.0


class BrokerProcess:
    """The broker for the nations given, each with the public nkey of its record."""

    def __init__(
        self, state: StateDir, users: Mapping[str, str], port: int, report: Callable[[str], None]
    ) -> None:
        self._admin = state.broker_user("admin")
        self._streams = RealmStreams(tuple(sorted(users)), quota_bytes=QUOTA_BYTES)
        config = BrokerConfig(
            store_dir=str(state.broker / "store"),
            admin_public_nkey=self._admin.public,
            auditor_public_nkey=state.broker_user("auditor").public,
            nations=tuple(BrokerNation(nation, users[nation]) for nation in sorted(users)),
            port=port,
            max_file_bytes=self._streams.reserved_bytes + QUOTA_BYTES,
        )
        self._server = EmbeddedServer(config, state.broker)
        self._report = report
        self._watch: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """`nats://127.0.0.1:<port>`."""
        return self._server.url

    @property
    def pid(self) -> int | None:
        """Process id while the broker runs."""
        return self._server.pid

    async def start(self) -> None:
        """Start and provision. EmbeddedServerError or ProvisioningError when that fails the first time."""
        await self._server.start()
        await provision([self.url], self._admin.seed, self._streams)
        self._watch = asyncio.create_task(self._keep_alive())

    async def stop(self) -> None:
        """Stop the broker for good."""
        if self._watch is not None:
            await ended(self._watch, "the watch over the broker", self._report)
        await self._server.stop()

    async def wipe(self) -> None:
        """Destroy all that it kept. EmbeddedServerError while it runs."""
        await self._server.wipe_store()

    async def fill(self) -> None:
        """Use up every nation's room: nothing more is stored. ProvisioningError."""
        await use_up_room([self.url], self._admin.seed, self._streams)

    async def make_room(self) -> None:
        """Give every nation its room again. ProvisioningError."""
        await provision([self.url], self._admin.seed, self._streams)

    async def kill(self) -> None:
        """SIGKILL: the crash of the broker. The watch brings it back."""
        await self._server.kill()

    async def _keep_alive(self) -> None:
        pause = _FIRST_PAUSE
        provisioned = True
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            if self._server.running and provisioned:
                pause = _FIRST_PAUSE
                continue
            try:
                if not self._server.running:
                    provisioned = False
                    self._report("the broker ended; starting it again")
                    await self._server.start()
                # Always: it may have come back without its store.
                await provision([self.url], self._admin.seed, self._streams)
                provisioned = True
                self._report("the broker is back")
            except (EmbeddedServerError, ProvisioningError) as error:
                self._report(f"the broker is not back yet: {error}")
                await asyncio.sleep(pause)
                pause = min(_LONGEST_PAUSE, 2 * pause)
