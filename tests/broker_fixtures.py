"""A real, provisioned nats-server for tests, with every party's credentials.

Use in a conftest: `from tests.broker_fixtures import broker as broker`.
"""

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client

from bus.broker_keys import BrokerKey, broker_key
from bus.embedded import EmbeddedServer
from bus.nats_config import BrokerConfig, BrokerNation
from bus.ports import OutboundBundle
from bus.provisioning import provision
from bus.stream_plan import RealmStreams
from bus.transport import NatsTransport
from tests.free_ports import free_port

NATIONS = ("XAA", "XBB", "XCC")
WAIT = 60.0
"""Seconds after which something that should have happened counts as not happening.

A server that cannot read a source at first, while that is made or its own configuration is read anew, tries
again after ten seconds and then after twenty; nobody can hurry it.
"""


class Broker:
    """A server, its realm, and the keys of everybody who may connect."""

    def __init__(
        self,
        directory: Path,
        nations: Iterable[str] = NATIONS,
        quota_bytes: int = 256 * 1024**2,
        port: int | None = None,
    ) -> None:
        """With `port` -1 the server chooses one; else it is one that nobody takes while it is down."""
        self.nations = tuple(nations)
        self._store = directory / "store"
        self._port = free_port() if port is None else port
        self.keys: dict[str, BrokerKey] = {
            name: broker_key(os.urandom(32)) for name in (*self.nations, "HUB", "AUDITOR")
        }
        self.realm = RealmStreams(self.nations, quota_bytes=quota_bytes)
        self.server = EmbeddedServer(self.config(self.nations), directory)

    def config(self, nations: Iterable[str]) -> BrokerConfig:
        """A configuration in which `nations` may connect."""
        return BrokerConfig(
            store_dir=str(self._store),
            port=self._port,
            admin_public_nkey=self.keys["HUB"].public,
            auditor_public_nkey=self.keys["AUDITOR"].public,
            nations=tuple(BrokerNation(n, self.keys[n].public) for n in nations),
        )

    @property
    def url(self) -> str:
        return self.server.url

    async def start(self) -> None:
        await self.server.start()
        await self.provision()

    async def provision(self) -> None:
        await provision([self.url], self.keys["HUB"].seed, self.realm)

    @asynccontextmanager
    async def transport(
        self, nation: str, url: str | None = None, **options: Any
    ) -> AsyncIterator[NatsTransport]:
        """A connected transport of `nation`."""
        async with NatsTransport([url or self.url], nation, self.keys[nation].seed, **options) as transport:
            await transport.wait_connected(WAIT)
            yield transport

    @asynccontextmanager
    async def client(self, party: str, errors: list[Exception] | None = None) -> AsyncIterator[Client]:
        """A bare NATS client with the credentials of `party`; errors the server reports go to `errors`."""

        async def reported(error: Exception) -> None:
            if errors is not None:
                errors.append(error)

        client = Client()
        await client.connect(
            servers=[self.url],
            nkeys_seed_str=self.keys[party].seed,
            inbox_prefix=f"_INBOX_{party}",
            allow_reconnect=False,
            error_cb=reported,
        )
        try:
            yield client
        finally:
            await client.close()


def bundles(
    originator: str, recipient: str, count: int, *, lane: str = "normal", size: int = 64
) -> list[OutboundBundle]:
    """`count` numbered bundles; `number_of` reads the number back."""
    subject = f"out.{originator}.op.{lane}.{recipient}"
    return [OutboundBundle(subject, b"%08d" % i + bytes(size - 8)) for i in range(count)]


def number_of(payload: bytes) -> int:
    """The number that `bundles` put into a payload."""
    return int(payload[:8])


async def worked_off(client: Client) -> None:
    """Return when the server has processed everything `client` sent, and its complaints have arrived.

    nats-py's flush writes its ping ahead of what is still in its own buffer; by the answer to that ping the
    buffer is out, and the second ping comes behind it.
    """
    await client.flush()
    await client.flush()


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Broker]:
    """A fresh broker with three nations, empty and provisioned."""
    broker = Broker(tmp_path)
    await broker.start()
    yield broker
    await broker.server.kill()
