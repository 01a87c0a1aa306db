"""From stored bundles to the broker: in order, exactly once, whatever was lost in between (design 7, 8).

Bundles go out with the sequence at which our stream must end. When it ends elsewhere, the broker's answer
says where, and ``bus.ports.reconcile`` what that means: some were stored before a crash, or the broker lost
its store, or somebody else wrote there.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence

from bus.ports import (
    BrokerUnavailable,
    OutboundBundle,
    PublishRefused,
    PublishResult,
    QuotaExceeded,
    reconcile,
)
from bus.protocol.subjects import Subject
from bus.store import bundles, deliveries, epochs, lease, resending
from bus.store.bundles import StoredBundle
from bus.store.lease import Lease
from bus.store.writer import Transaction
from gateways.context import GatewayContext, Transport
from gateways.relaying.offering import Decided, Offering
from gateways.relaying.restraint import BACKOFF_SECONDS, Restraint
from schemas.audit import AuditEvent, AuditOutcome
from schemas.header import Mode
from schemas.wire import Lane

_log = logging.getLogger(__name__)

WINDOW = 64
ACTOR = "relay"
NEVER_A_SEQUENCE = 2**53
"""No stream ends here: expecting it makes the broker say where ours does end, and store nothing."""
AHEAD_AWAY = 4
"""Sealed bundles that may wait while the broker takes none: what is sealed leaves before any later FLASH."""
AHEAD_OCTETS = 4 * 1024 * 1024
"""Sealed bytes that may wait while the broker takes them: one step under way, one more behind it."""
TRIES_BEFORE_DROPPING = 3


class Sender:
    """Publishes what the relay sealed, for as long as the relay holds its lease. Made by ``load``."""

    def __init__(
        self,
        context: GatewayContext,
        transport: Transport,
        waiting: Sequence[StoredBundle],
        base: int,
        offering: Offering,
    ) -> None:
        self._context = context
        self._transport = transport
        self._pending = deque(waiting)
        self._base = base
        self._offering = offering
        self._wanted = asyncio.Event()
        self._ask_position = True
        self._confirming: asyncio.Task[None] | None = None
        self._failures = 0
        self._restraint = Restraint()
        self._refused = (0, 0)
        self._given_up = 0
        self.lease: Lease | None = None
        self._count()

    @classmethod
    async def load(cls, context: GatewayContext, transport: Transport, held: Lease) -> "Sender":
        """Take up what the store says was sealed and not confirmed."""

        def job(tx: Transaction) -> tuple[tuple[StoredBundle, ...], int, Offering]:
            offering = Offering.resume(context, tx, held)
            total = bundles.count_unconfirmed(tx)
            return bundles.unconfirmed(tx, max(total, 1)), bundles.broker_position(tx), offering

        sender = cls(context, transport, *await context.store.write(job))
        sender.lease = held
        return sender

    @property
    def has_room(self) -> bool:
        """Whether the relay may seal more: with the broker away deliveries stay queued, not sealed."""
        ahead = self._context.limits.relay_ahead
        if not self.flowing:
            return len(self._pending) < min(ahead, AHEAD_AWAY)
        return (
            len(self._pending) < ahead and sum(len(bundle.sealed) for bundle in self._pending) < AHEAD_OCTETS
        )

    @property
    def flowing(self) -> bool:
        """Whether the broker took what was sent last, on the connection that there is now."""
        return self._transport.connected and not self._ask_position and self._failures == 0

    @property
    def control_under_way(self) -> bool:
        """Whether control content of ours still waits for the broker's confirmation."""
        return any(Subject.parse(bundle.subject).lane is Lane.CONTROL for bundle in self._pending)

    def add(self, stored: Sequence[StoredBundle], decided: Decided) -> None:
        """More bundles, already committed, in send order, and what their release was decided by."""
        # One that was sealed just before everything was begun again is not in the store any more.
        current = [bundle for bundle in stored if bundle.bundle_seq > self._given_up]
        if current:
            self._pending.extend(current)
            self._offering.add(current, decided)
            self._count()
            self._wanted.set()

    async def run(self) -> None:
        """Publish until cancelled. Raises LeaseLost or StoreError when confirmations cannot be recorded."""
        watch = asyncio.create_task(self._watch_connection())
        try:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                while self._pending or self._ask_position:
                    await self._publish_some()
                await self._confirmed()
        finally:
            watch.cancel()
            if self._confirming is not None:
                # What the broker confirmed is recorded even while stopping; else it is reconciled later.
                await asyncio.gather(self._confirming, return_exceptions=True)

    async def _watch_connection(self) -> None:
        """After each connection, ask where our stream ends: the broker may have lost it meanwhile."""
        while True:
            await self._transport.wait_connected()
            self._ask_position = True
            self._wanted.set()
            await self._transport.wait_disconnected()

    async def _publish_some(self) -> None:
        if not self._transport.connected:
            await self._recover(PublishResult(0, self._base, error=BrokerUnavailable("not connected")))
            return
        # One alone until the broker answers: what it never was offered can still be decided anew.
        most = WINDOW if self.flowing else 1
        window = [self._pending[number] for number in range(min(most, len(self._pending)))]
        asking, there = self._ask_position, self._offering.perhaps_there(self._pending)
        if asking and not there:
            # Where our stream ends is asked before anything is offered that cannot be in it: else bundles of
            # a life that this store has forgotten would be taken for these.
            window = []
        if self._offering.outdated(window):
            self._give_up(*await self._offering.take_back(self.lease))
            return
        if window:
            await self._offering.may_offer(window, self.lease)
            items = [OutboundBundle(bundle.subject, bundle.sealed) for bundle in window]
            result = await self._transport.publisher.publish_window(items, self._base)
        else:
            result = await self._transport.publisher.publish_window([self._probe()], NEVER_A_SEQUENCE)
        if result.stored and window:
            await self._stored(window[: result.stored], result.last_sequence)
        if result.complete:
            self._flows()
        elif window and result.actual_last == self._base:
            await self._contradicted()
        elif result.actual_last is not None:
            self._flows()
            # What was offered in this window only was answered: it is stored, or it is not there.
            await self._reconcile(result.actual_last, max(0, there - result.stored))
        else:
            await self._recover(result)

    def _flows(self) -> None:
        """The broker answers: the relay may seal more ahead than while it did not."""
        if not self.flowing:
            self._context.relay_wanted.set()
        self._failures = 0
        self._ask_position = False

    def _probe(self) -> OutboundBundle:
        me = self._context.nation
        return OutboundBundle(Subject(me, Mode.TEST, Lane.CONTROL, me).format(), b"")

    async def _stored(self, sent: Sequence[StoredBundle], last_sequence: int) -> None:
        """Record confirmations while the next window is already under way."""
        for _ in sent:
            self._pending.popleft()
        self._base = last_sequence
        self._count()
        self._context.relay_wanted.set()
        await self._confirmed()
        self._confirming = asyncio.create_task(self._confirm(tuple(sent), last_sequence))

    async def _confirmed(self) -> None:
        if self._confirming is not None:
            confirming, self._confirming = self._confirming, None
            await confirming

    async def _confirm(self, sent: Sequence[StoredBundle], last_sequence: int) -> None:
        context = self._context
        now = context.now()
        evidence = context.evidence(ACTOR, now)
        for bundle in sent:
            subject = Subject.parse(bundle.subject)
            evidence.add(
                AuditEvent.DELIVERY_SENT,
                partner=subject.recipient,
                mode=subject.mode,
                lane=subject.lane,
                bundle_id=bundle.bundle_id,
            )
        seqs = [bundle.bundle_seq for bundle in sent]

        def job(tx: Transaction) -> int:
            self._check_lease(tx)
            marked = deliveries.mark_sent(tx, seqs, now, context.limits.resend)
            bundles.confirm(tx, seqs, last_sequence)
            evidence.write(tx)
            return marked

        marked = await context.store.write(job)
        context.counters.deliveries_sent += marked
        context.counters.bundles_sent += len(sent)

    async def _reconcile(self, actual_last: int, in_flight: int) -> None:
        """``in_flight``: how many of the pending bundles, from the first, the broker may have."""
        await self._confirmed()
        found = reconcile(self._base, in_flight, actual_last)
        if found.wiped:
            await self._begin_again(actual_last, foreign=False)
        elif found.foreign:
            await self._begin_again(actual_last, foreign=True)
        elif found.stored_prefix:
            prefix = [self._pending[number] for number in range(found.stored_prefix)]
            await self._stored(prefix, found.last_sequence)

    async def _begin_again(self, actual_last: int, *, foreign: bool) -> None:
        """Send again whatever has no receipt, behind where the broker's stream really ends.

        A store that was lost: same serials, in their order. A stream longer than ours: we are an old backup
        or not alone, serials may have been used since, so every lane begins a new epoch.
        """
        context = self._context
        now = context.now()
        evidence = context.evidence(ACTOR, now)
        event = AuditEvent.LANE_EPOCH_BEGUN if foreign else AuditEvent.BROKER_STORE_LOST
        evidence.add(event, AuditOutcome.SUCCESS, count=len(self._pending))

        def job(tx: Transaction) -> int:
            self._check_lease(tx)
            # What the relay seals meanwhile, behind this job, is not given up: it stays pending.
            highest = bundles.drop_all(tx)
            if foreign:
                epochs.begin_epoch(tx, now)
            else:
                resending.requeue_unreceipted(tx)
            bundles.set_broker_position(tx, actual_last)
            evidence.write(tx)
            return highest

        given_up = await context.store.write(job)
        if foreign:
            context.counters.alarm_broker_foreign += 1
            _log.error("the broker holds more of ours than was ever sent; every lane begins a new epoch")
        else:
            context.counters.alarm_broker_store_lost += 1
            _log.warning("the broker lost its store; everything without a receipt is sent again")
        self._base = actual_last
        self._give_up(0, given_up)
        await asyncio.sleep(self._restraint.pause(asyncio.get_running_loop().time()))

    def _give_up(self, after: int, last: int) -> None:
        """Bundles above ``after``, to ``last``, are not in the store any more: the relay seals anew."""
        self._given_up = last
        self._pending = deque(each for each in self._pending if not after < each.bundle_seq <= last)
        self._offering.forget(last)
        self._count()
        self._context.relay_wanted.set()

    async def _contradicted(self) -> None:
        """Refused because our stream ends just where it was expected to: as by bundles that overtook each
        other on their way. Once that is ordinary."""
        self._context.counters.alarm_publish_refused += self._failures > 0
        error = BrokerUnavailable("the broker contradicts itself")
        await self._recover(PublishResult(0, self._base, error=error))

    async def _recover(self, result: PublishResult) -> None:
        """Wait for what went wrong to pass; nothing is lost, for the bundles stay stored."""
        counters = self._context.counters
        self._failures += 1
        if isinstance(result.error, QuotaExceeded):
            counters.alarm_broker_quota += 1
        elif isinstance(result.error, PublishRefused):
            counters.alarm_publish_refused += 1
            if self._pending and self._refusals(self._pending[0]) >= TRIES_BEFORE_DROPPING:
                await self._set_aside(self._pending[0])
                return
        if not self._transport.connected:
            await self._offering.note(self.lease)
            await self._transport.wait_connected()
            return
        await asyncio.sleep(BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS)) - 1])

    def _refusals(self, bundle: StoredBundle) -> int:
        """How often the broker has now refused this bundle in particular."""
        before = self._refused[1] if self._refused[0] == bundle.bundle_seq else 0
        self._refused = (bundle.bundle_seq, before + 1)
        return before + 1

    async def _set_aside(self, bundle: StoredBundle) -> None:
        """A bundle that the broker will not take must not hold up the others: its deliveries wait, queued,
        until they are sealed anew."""
        context, now = self._context, self._context.now()
        await self._confirmed()
        subject = Subject.parse(bundle.subject)

        def job(tx: Transaction) -> None:
            self._check_lease(tx)
            evidence = context.evidence(ACTOR, now)
            evidence.add(
                AuditEvent.DELIVERY_SET_ASIDE,
                partner=subject.recipient,
                mode=subject.mode,
                lane=subject.lane,
                bundle_id=bundle.bundle_id,
                count=deliveries.set_aside(tx, bundle.bundle_seq, now, context.limits.resend),
            )
            bundles.drop(tx, bundle.bundle_seq)
            evidence.write(tx)

        await context.store.write(job)
        self._pending.popleft()
        self._failures = 0
        self._count()
        context.counters.alarm_set_aside += 1
        context.relay_wanted.set()
        _log.error("bundle %s was refused by the broker: set aside, to be sealed anew", bundle.bundle_id)

    def _check_lease(self, tx: Transaction) -> None:
        if self.lease is not None:
            lease.check(tx, self.lease, self._context.now())

    def _count(self) -> None:
        self._context.counters.unconfirmed = len(self._pending)
