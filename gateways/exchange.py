"""One nation's exchange: every flow composed, started and stopped; usable as a library, without HTTP."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bus.protocol.errors import TrustError
from bus.protocol.trust import TrustStore
from bus.store import backlog, events, inbox, lanes, pending
from bus.store import trust as trust_table
from bus.store.errors import StoreError
from bus.store.writer import Store, Transaction
from gateways import trust_changes
from gateways.agreements.signing_anew import act_keeper
from gateways.context import FlowLimits, GatewayContext, Keys, Transport
from gateways.counters import Counters
from gateways.growth_signal import GrowthSignal
from gateways.keeper import Keeper
from gateways.lanes.keeper import LaneKeeper
from gateways.publishing.accepted import Accepted
from gateways.publishing.publish import accept_draft
from gateways.recalling.keeper import recall_keeper
from gateways.receipts.watching import deadline_keeper
from gateways.receiving.held import held_keeper, retry_held
from gateways.receiving.receive import Receiver
from gateways.receiving.refusals import close_windows
from gateways.relaying.relay import Relay
from gateways.releasing.lapsing import release_keeper
from gateways.releasing.policy import ReleasePolicy
from gateways.requests.expiring import request_keeper
from gateways.requests.history import follow_history
from gateways.stored_trust import stored_documents
from gateways.traffic.words_keeper import WordsKeeper
from schemas.audit import AuditEvent
from schemas.header import Kind
from schemas.wire import Lane

ACTOR = "gateway"
_log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


class Exchange:
    """Publishes, relays, receives for one nation, between ``start`` and ``stop``.

    The store and the transport are opened and closed by whoever made them; ``stop`` comes before both.
    """

    def __init__(self, context: GatewayContext, transport: Transport, holder: str) -> None:
        self.context = context
        self.relay = Relay(context, transport, holder)
        self._transport = transport
        self.receivers: dict[Lane, Receiver] = {}
        self.lanes = LaneKeeper(context, lambda: transport.connected)
        self.keepers: Mapping[str, Keeper] = {
            "held": held_keeper(context),
            "acts": act_keeper(context),
            "releases": release_keeper(context),
            "lanes": self.lanes.keeper(),
            "deadlines": deadline_keeper(context),
            "requests": request_keeper(context),
            "recalls": recall_keeper(context),
            "words": WordsKeeper(context).keeper(),
        }

    @classmethod
    async def open(
        cls,
        *,
        store: Store,
        keys: Keys,
        transport: Transport,
        envelopes: Sequence[bytes],
        now: Callable[[], datetime] = utc_now,
        randomness: Callable[[int], bytes] = os.urandom,
        limits: FlowLimits | None = None,
        release_policy: ReleasePolicy | None = None,
        read_receipts: bool = True,
        holder: str | None = None,
    ) -> "Exchange":
        """Compose an exchange on an open store.

        ``envelopes``: trust documents at hand; those stored before count too, and what is newest wins.
        ``holder`` names this instance for the relay's lease: one that comes back under the same name, as
        after a crash, need not wait for its own old lease. By default the host and the store's path: right
        where one process works on a store at a time (``gateways.sole_process``).

        Raises TrustError, StoreError.
        """
        trust = await _open_trust(store, envelopes, now())
        trust = replace(trust, generation=await store.read(trust_table.generation))
        context = GatewayContext(
            nation=store.nation,
            realm=store.realm,
            store=store,
            trust=trust,
            keys=keys,
            now=now,
            randomness=randomness,
            limits=limits or FlowLimits(),
            release_policy=release_policy or ReleasePolicy(),
            read_receipts=read_receipts,
        )
        store.events_grown = context.events_grown
        context.events.announce(await store.read(events.latest_seq))
        return cls(context, transport, holder or f"{socket.gethostname()}:{store.path.resolve()}")

    @property
    def counters(self) -> Counters:
        """What the flows count, for metrics."""
        return self.context.counters

    @property
    def inbox_changed(self) -> GrowthSignal:
        """Rises with every message filed."""
        return self.context.inbox

    @property
    def trust(self) -> TrustStore:
        """The trust store in force."""
        return self.context.trust

    async def start(self) -> None:
        """Start every flow. The broker need not be there."""
        context, counters = self.context, self.counters

        def look(tx: Transaction) -> tuple[int, int, int, int]:
            missing = sum(lanes.count_missing(tx).values())
            return inbox.latest_seq(tx), backlog.queued(tx), missing, pending.outlook(tx)[0]

        latest, counters.waiting, counters.alarm_gaps, counters.releases_waiting = await context.store.read(
            look
        )
        await follow_history(context)
        context.inbox.announce(latest)
        await self._note(AuditEvent.GATEWAY_STARTED)
        context.held_behind = True
        self.relay.start()
        for lane in Lane:
            receiver = Receiver(context, self._transport.mailbox(lane), lane)
            receiver.start()
            self.receivers[lane] = receiver
        for keeper in self.keepers.values():
            keeper.start()

    async def stop(self) -> None:
        """Finish what is in hand, give the relay's lease back, stop every flow; also when the store fails."""
        await asyncio.gather(*(keeper.stop() for keeper in self.keepers.values()))
        await asyncio.gather(*(receiver.stop() for receiver in self.receivers.values()))
        await self.relay.stop()
        try:
            await close_windows(self.context, everything=True)
            await self._note(AuditEvent.GATEWAY_STOPPED)
        except StoreError as error:
            _log.error("the end of this gateway could not be recorded: %s", type(error).__name__)
            self.context.counters.storage_faults += 1

    async def accept(
        self,
        raw: bytes,
        *,
        api_key_id: str,
        idempotency_key: str | None = None,
        allowed_kinds: Collection[Kind] | None = None,
        source_id: str | None = None,
    ) -> Accepted:
        """Accept one draft; see ``gateways.publishing.publish.accept_draft``."""
        acceptance = await accept_draft(
            self.context,
            raw,
            api_key_id=api_key_id,
            idempotency_key=idempotency_key,
            allowed_kinds=allowed_kinds,
            source_id=source_id,
        )
        return acceptance.answer

    async def bring_trust(self, envelopes: Sequence[bytes], *, actor: str) -> TrustStore | None:
        """Take up trust documents; see ``gateways.trust_changes.bring_trust``."""
        return await trust_changes.bring_trust(self.context, envelopes, actor=actor)

    async def retry_held(self) -> int:
        """Try every held bundle again now; how many are held no longer."""
        return await retry_held(self.context, everything=True)

    async def _note(self, event: AuditEvent) -> None:
        evidence = self.context.evidence(ACTOR, self.context.now())
        evidence.add(event)
        await self.context.store.write(evidence.write)


async def _open_trust(store: Store, envelopes: Sequence[bytes], now: datetime) -> TrustStore:
    """The newest trust store that the stored and the given documents make."""
    stored = await store.read(trust_table.envelopes)
    if not stored:
        trust = TrustStore.open(store.realm, envelopes)
    else:
        trust = known = TrustStore.open(store.realm, stored)
        if envelopes:
            try:
                trust = known.updated(envelopes)
            except TrustError:
                # Files may be older than what came over the wire since: what is stored stays in force.
                return known
        if trust is known:
            return known
    documents = stored_documents(trust, now)
    await store.write(lambda tx: trust_table.replace(tx, documents))
    return trust
