"""Which sealed bundles the broker may have, and which are decided anew because it never was offered them.

What was offered keeps its bytes until the broker says what became of it: that is how it is stored exactly
once. What never was offered may be taken back, and is when trust has changed, or much time has passed, since
its release was decided.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bus.protocol.trust import TrustStore
from bus.store import bundles, lease
from bus.store.bundles import StoredBundle
from bus.store.lease import Lease
from bus.store.writer import Transaction
from gateways.context import GatewayContext

DECIDED_FOR = timedelta(minutes=1)
"""How long a decision holds that has not been followed by an attempt to send: agreements end with time."""


class Decided(NamedTuple):
    """Under which trust store, and when, the release of bundles was decided."""

    trust: TrustStore
    at: datetime


class Offering:
    """Kept by the one sender; ``offered_to`` is the last ``bundle_seq`` that it may have offered."""

    def __init__(self, context: GatewayContext, offered_to: int, *, noted: bool) -> None:
        self._context = context
        self._offered_to = offered_to
        self._noted = noted
        self._decided: dict[int, Decided] = {}

    @classmethod
    def resume(cls, context: GatewayContext, tx: Transaction, held: Lease) -> "Offering":
        """Take up what the store says, and take back at once what never was offered: who knows since when."""
        lease.check(tx, held, context.now())
        noted = bundles.offered_to(tx)
        if noted is None:
            return cls(context, bundles.highest(tx), noted=False)
        bundles.take_back(tx, noted)
        return cls(context, noted, noted=True)

    def add(self, stored: Sequence[StoredBundle], decided: Decided) -> None:
        """More bundles, sealed under this decision."""
        for bundle in stored:
            self._decided[bundle.bundle_seq] = decided

    def outdated(self, window: Sequence[StoredBundle]) -> bool:
        """Whether a bundle of the window never was offered and rests on a decision that may not hold."""
        context, now = self._context, self._context.now()
        for bundle in window:
            if bundle.bundle_seq > self._offered_to:
                decided = self._decided.get(bundle.bundle_seq)
                if decided is None or decided.trust is not context.trust:
                    return True
                # Before zero the clock was set back, and how old the decision is nobody knows.
                if not timedelta(0) <= now - decided.at <= DECIDED_FOR:
                    return True
        return False

    def perhaps_there(self, pending: Iterable[StoredBundle]) -> int:
        """How many of these bundles were ever offered to the broker."""
        return sum(bundle.bundle_seq <= self._offered_to for bundle in pending)

    def forget(self, last: int) -> None:
        """Bundles up to ``last`` are not to be offered any more, or were."""
        self._decided = {seq: decided for seq, decided in self._decided.items() if seq > last}

    async def take_back(self, held: Lease | None) -> tuple[int, int]:
        """Let the relay decide anew, in order, on all that never was offered: what lies above the first of
        these two numbers, up to the second.

        Raises LeaseLost, StoreUnavailable.
        """

        def job(tx: Transaction) -> int:
            self._check(tx, held)
            return bundles.take_back(tx, self._offered_to)

        return self._offered_to, await self._context.store.write(job)

    async def may_offer(self, window: Sequence[StoredBundle], held: Lease | None) -> None:
        """The window is about to be offered. Written down only after the broker was away.

        Raises LeaseLost, StoreUnavailable: then it must not be offered.
        """
        if self._noted:
            await self._note(None, held)
        for bundle in window:
            self._decided.pop(bundle.bundle_seq, None)
            self._offered_to = max(self._offered_to, bundle.bundle_seq)

    async def note(self, held: Lease | None) -> None:
        """The broker is away: write down how far it was offered anything, for a restart meanwhile.

        Raises LeaseLost, StoreUnavailable.
        """
        if not self._noted:
            await self._note(self._offered_to, held)

    async def _note(self, offered_to: int | None, held: Lease | None) -> None:
        def job(tx: Transaction) -> None:
            self._check(tx, held)
            bundles.set_offered_to(tx, offered_to)

        await self._context.store.write(job)
        self._noted = offered_to is not None

    def _check(self, tx: Transaction, held: Lease | None) -> None:
        if held is not None:
            lease.check(tx, held, self._context.now())
