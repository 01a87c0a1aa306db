"""Opening a gateway: keys, store, trust, broker, flows; closed again in the opposite order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from bus.store import dead_letters, events, idempotency
from bus.store.errors import StoreUnavailable
from bus.store.writer import Store, Transaction
from bus.transport import NatsTransport
from bus.trust_bundle import read_bundle
from gateways.context import FlowLimits, GatewayContext
from gateways.exchange import Exchange, utc_now
from gateways.key_file import KeyFile, follow_key_file, take_renewed
from gateways.lanes.policy import HeadPolicy
from gateways.randomness import BufferedRandomness
from gateways.releasing.policy import ReleasePolicy, read_release_policy
from gateways.settings import Settings
from gateways.store_file import STORE_FILE
from gateways.webhooks.policy import check_authorities

PRUNE_SECONDS = 600.0

_log = structlog.get_logger("gateways.opening")


@dataclass(frozen=True)
class OpenGateway:
    """What the HTTP side needs of a running gateway."""

    context: GatewayContext
    broker_connected: Callable[[], bool]


@asynccontextmanager
async def open_gateway(
    settings: Settings, now: Callable[[], datetime] = utc_now
) -> AsyncIterator[OpenGateway]:
    """Open everything that the settings name and start the flows; the broker need not be there.

    ``now``: the clock that everything goes by which is said, signed or judged of times.

    Raises KeyFileError, WrongKeysError, TrustBundleError, TrustError, ReleasePolicyError, StoreRefused,
    StoreUnavailable, or OSError when a file that a setting names cannot be read.
    """
    check_authorities(settings)
    file = settings.release_policy_file
    release_policy = ReleasePolicy() if file is None else read_release_policy(file)
    key_file = KeyFile(settings.keys_file, settings.nation, settings.realm)
    keys = key_file.keys
    envelopes = read_bundle(settings.trust_dir)
    settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store.open(settings.state_dir / STORE_FILE, settings.nation, settings.realm, now=now)
    try:
        transport = NatsTransport([settings.nats_url], settings.nation, keys.nkey_seed)
        exchange = await Exchange.open(
            store=store,
            keys=keys,
            transport=transport,
            envelopes=envelopes,
            now=now,
            randomness=BufferedRandomness(),
            limits=FlowLimits(
                queue=settings.queue_limit,
                release_flash=timedelta(minutes=settings.release_flash_minutes),
                release=timedelta(hours=settings.release_hours),
                heads=HeadPolicy(
                    cadence=timedelta(seconds=settings.lane_head_seconds),
                    heartbeat=timedelta(seconds=settings.lane_heartbeat_seconds),
                ),
            ),
            release_policy=release_policy,
            read_receipts=settings.read_receipts,
        )
        exchange.context.look_for_keys = partial(take_renewed, key_file, exchange.context)
        async with transport:
            await exchange.start()
            chores = [
                asyncio.create_task(_prune(exchange.context, settings)),
                asyncio.create_task(follow_key_file(key_file, exchange.context)),
            ]
            try:
                yield OpenGateway(exchange.context, lambda: transport.connected)
            finally:
                for chore in chores:
                    chore.cancel()
                await asyncio.gather(*chores, return_exceptions=True)
                try:
                    await exchange.stop()
                except StoreUnavailable:
                    _log.warning("stop.store-unavailable")
    finally:
        await store.close()


async def _prune(context: GatewayContext, settings: Settings) -> None:
    """Forget old answers to Idempotency-Keys, and old events, now and from time to time."""
    while True:
        now = context.now()
        before = now - timedelta(hours=settings.idempotency_hours)
        try:
            await context.store.write(lambda tx, before=before: idempotency.prune(tx, before))  # type: ignore[misc]
            while await forget_events(context, now - timedelta(days=settings.event_days)):
                pass
        except StoreUnavailable:
            _log.warning("prune.store-unavailable")
        await asyncio.sleep(PRUNE_SECONDS)


async def forget_events(context: GatewayContext, before: datetime) -> int:
    """Forget some of the events older than ``before``, with what never reached a webhook; how many."""

    def job(tx: Transaction) -> int:
        forgotten = events.prune(tx, before)
        dead_letters.forget_before(tx, events.look(tx, limit=0).first)
        return forgotten

    return await context.store.write(job)
