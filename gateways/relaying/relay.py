"""The relay: the one sender of a nation's deliveries, active while it holds the lease (design 8).

Woken when something was accepted, filed or confirmed, and by a slow tick that renews the lease and finds what
is overdue. It never waits for company: what is there is sealed and leaves. While the broker confirms one
window, the next is prepared. With the broker away, deliveries stay queued and nothing spins.
"""

import asyncio
import contextlib
import logging

from bus.protocol.trust import TrustStore
from bus.store import lease
from bus.store.errors import LeaseLost, StoreError
from bus.store.lease import Lease
from bus.store.waiting import Blocked
from gateways.context import GatewayContext, Transport
from gateways.relaying.relay_step import StepOptions, StepResult, run_step
from gateways.relaying.restraint import BACKOFF_SECONDS
from gateways.relaying.sending import Sender

_log = logging.getLogger(__name__)

COUNT_SECONDS = 1.0
"""What waits is counted afresh at most this often; in between the number is carried forward."""


class Relay:
    """Runs until ``stop``. ``holder`` names this process among those that may relay for the nation."""

    def __init__(self, context: GatewayContext, transport: Transport, holder: str) -> None:
        self._context = context
        self._transport = transport
        self._holder = holder
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._lease: Lease | None = None
        self._trust: TrustStore | None = None
        self._count_at = 0.0
        self._lapsed: dict[int, str] = {}
        self._lapsed_under: TrustStore | None = None
        self.active = asyncio.Event()
        """Set while this relay holds the lease."""

    def start(self) -> None:
        """Begin, in the background; again after ``stop``, too."""
        self._stopping.clear()
        self._task = asyncio.create_task(self._run(), name=f"relay {self._context.nation}")

    async def stop(self) -> None:
        """Finish the current step, give the lease back, end."""
        self._stopping.set()
        self._context.relay_wanted.set()
        if self._task is not None:
            await self._task
            self._task = None

    async def _run(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                if await self._relay_while_ours():
                    failures = 0
                continue
            except LeaseLost:
                _log.warning("the relay's lease was lost; standing by")
            except StoreError as error:
                _log.warning("the relay waits for the store: %s", type(error).__name__)
                self._context.counters.storage_faults += 1
            except Exception:  # noqa: BLE001 - logged with its trace
                # The relay must not end for good because of one step: it is logged, counted and tried again.
                _log.exception("the relay's step failed")
                self._context.counters.alarm_faults += 1
            finally:
                self._inactive()
            failures += 1
            await self._pause(BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1])

    async def _relay_while_ours(self) -> bool:
        """Stand by until the lease is ours, then relay until stopped or lost; whether it was ours."""
        context = self._context
        held = await context.store.write(
            lambda tx: lease.acquire(tx, self._holder, context.now(), context.limits.lease)
        )
        if held is None:
            await self._pause(context.limits.lease.total_seconds() / 2)
            return False
        self._lease = held
        sender = await Sender.load(context, self._transport, held)
        self.active.set()
        context.counters.relay_active = 1
        sending = asyncio.create_task(sender.run(), name=f"sender {context.nation}")
        try:
            await self._steps(sender, sending)
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, StoreError):
                await sending
        with contextlib.suppress(StoreError):
            last = self._lease
            await context.store.write(lambda tx: lease.release(tx, last))
        return True

    async def _steps(self, sender: Sender, sending: "asyncio.Task[None]") -> None:
        context = self._context
        blocked: frozenset[Blocked] = frozenset()
        tick = context.limits.lease.total_seconds() / 3
        while not self._stopping.is_set():
            context.relay_wanted.clear()
            if sending.done():
                await sending  # raises what ended it
            result = await self._step(sender, blocked)
            blocked = result.blocked
            if result.progressed and sender.has_room:
                continue
            woken = await self._woken(sending, tick)
            if not woken or context.trust is not self._trust:
                # Time, trust or keys may have brought what was missing.
                blocked = frozenset()
                self._trust = context.trust

    async def _step(self, sender: Sender, blocked: frozenset[Blocked]) -> StepResult:
        context, held = self._context, self._lease
        assert held is not None
        clock = asyncio.get_running_loop().time()
        trust = context.trust
        anew = trust is not self._lapsed_under
        options = StepOptions(
            wake=frozenset(self._lapsed if anew else ()),
            seal=sender.has_room,
            flowing=sender.flowing,
            # Receipts never wait for company, but while some are under way the next ones gather.
            receipts=not sender.control_under_way,
            count=clock >= self._count_at,
        )
        result = await context.store.write(lambda tx: run_step(context, tx, held, blocked, options))
        self._lease = sender.lease = result.lease
        sender.add(result.bundles, result.decided)
        if result.newer is not None:
            context.adopt(result.newer)  # and with that this is wanted again
        counters = context.counters
        if result.waiting is None:
            counters.waiting = max(0, counters.waiting - result.sealed - result.withheld)
        else:
            counters.waiting, counters.alarm_gaps = result.waiting, result.missing
            self._count_at = clock + COUNT_SECONDS
        counters.deliveries_sealed += result.sealed
        counters.deliveries_withheld += result.withheld
        counters.deliveries_resent += result.resent
        counters.receipts_queued += result.receipts
        self._lapsed = {**({} if anew else self._lapsed), **result.lapsed}
        self._lapsed_under = trust
        counters.alarm_release_stopped = len(result.blocked) + len(set(self._lapsed.values()))
        counters.alarm_trust_stale = int(context.trust.stale(context.now()))
        return result

    async def _woken(self, sending: "asyncio.Task[None]", tick: float) -> bool:
        """Wait until something is wanted or the sender ended; False when only time passed."""
        wanted = asyncio.ensure_future(self._context.relay_wanted.wait())
        try:
            done, _ = await asyncio.wait({wanted, sending}, timeout=tick, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wanted.cancel()
        return bool(done)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    def _inactive(self) -> None:
        self.active.clear()
        self._lease = None
        self._context.counters.relay_active = 0
