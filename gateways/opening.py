"""Opening a gateway: keys, store, trust, broker, flows; closed again in the opposite order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bus.keystore import NationKeys
from bus.store import idempotency
from bus.store.errors import StoreUnavailable
from bus.store.writer import Store
from bus.transport import NatsTransport
from bus.trust_bundle import read_bundle
from gateways.context import FlowLimits, GatewayContext
from gateways.exchange import Exchange
from gateways.randomness import BufferedRandomness
from gateways.settings import Settings
from gateways.store_file import STORE_FILE

PRUNE_SECONDS = 600.0

_log = structlog.get_logger("gateways.opening")


class WrongKeysError(Exception):
    """The key file is another nation's or another realm's."""


@dataclass(frozen=True)
class OpenGateway:
    """What the HTTP side needs of a running gateway."""

    context: GatewayContext
    broker_connected: Callable[[], bool]


@asynccontextmanager
async def open_gateway(settings: Settings) -> AsyncIterator[OpenGateway]:
    """Open everything that the settings name and start the flows; the broker need not be there.

    Raises KeyFileError, WrongKeysError, TrustBundleError, TrustError, StoreRefused or StoreUnavailable.
    """
    keys = NationKeys.load(settings.keys_file)
    if (keys.nation, keys.realm) != (settings.nation, settings.realm):
        raise WrongKeysError("the key file belongs to another nation or realm than the settings name")
    envelopes = read_bundle(settings.trust_dir)
    settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store.open(settings.state_dir / STORE_FILE, settings.nation, settings.realm)
    try:
        transport = NatsTransport([settings.nats_url], settings.nation, keys.nkey_seed)
        exchange = await Exchange.open(
            store=store,
            keys=keys,
            transport=transport,
            envelopes=envelopes,
            randomness=BufferedRandomness(),
            limits=FlowLimits(queue=settings.queue_limit),
        )
        async with transport:
            await exchange.start()
            pruning = asyncio.create_task(_prune(exchange.context, settings))
            try:
                yield OpenGateway(exchange.context, lambda: transport.connected)
            finally:
                pruning.cancel()
                with suppress(asyncio.CancelledError):
                    await pruning
                try:
                    await exchange.stop()
                except StoreUnavailable:
                    _log.warning("stop.store-unavailable")
    finally:
        await store.close()


async def _prune(context: GatewayContext, settings: Settings) -> None:
    """Forget old answers to Idempotency-Keys, now and from time to time."""
    while True:
        before = context.now() - timedelta(hours=settings.idempotency_hours)
        try:
            await context.store.write(lambda tx, before=before: idempotency.prune(tx, before))  # type: ignore[misc]
        except StoreUnavailable:
            _log.warning("prune.store-unavailable")
        await asyncio.sleep(PRUNE_SECONDS)
