"""Ports of the transport: what the publish and receive flows need of a broker, and its errors.

    Exception
    └── TransportError
        ├── BrokerUnavailable    no connection, no answer in time, or nothing provisioned there yet: try again
        ├── QuotaExceeded        the broker has no room for more of this nation's bundles: try again later
        └── PublishRefused       the broker will not take this bundle; trying again changes nothing

Error texts carry states and numbers only, never subjects or payloads.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol


class TransportError(Exception):
    """Something between us and the broker failed."""


class BrokerUnavailable(TransportError):
    """No connection, no answer in time, or streams not provisioned: whether bundles arrived is not known."""


class QuotaExceeded(TransportError):
    """The originator's stream on the broker is full; nothing was stored."""


class PublishRefused(TransportError):
    """The broker refused the bundle itself, for instance because it is too large; nothing was stored."""


@dataclass(frozen=True)
class OutboundBundle:
    """One sealed bundle for one recipient and the subject it goes to."""

    subject: str
    payload: bytes


@dataclass(frozen=True)
class PublishResult:
    """What became of a window of bundles.

    `stored`: how many are known to be stored, always the first ones. `last_sequence`: the sequence of the
    last stored one (`expected_last` when none). `actual_last`: when the broker's stream did not end at the
    expected sequence, where it does end; feed it to `reconcile`. `error`: why sending stopped otherwise;
    after BrokerUnavailable any of the rest may be stored all the same.
    """

    stored: int
    last_sequence: int
    actual_last: int | None = None
    error: TransportError | None = None

    @property
    def complete(self) -> bool:
        """Whether every bundle of the window is stored."""
        return self.actual_last is None and self.error is None


class Publisher(Protocol):
    """Sends one nation's bundles.

    Order and exactly-once rest on two things the caller keeps: one active publisher per nation, and after
    a result that is not `complete` the rest is offered again first, the same bytes in the same order; what
    was in flight may still be stored while a new connection is already in use.
    """

    async def publish_window(self, items: Sequence[OutboundBundle], expected_last: int) -> PublishResult:
        """Send `items` in order behind sequence `expected_last`. Raises no TransportError: see `error`."""


class IncomingBundle(Protocol):
    """A bundle taken from a mailbox, not yet acknowledged."""

    @property
    def subject(self) -> str:
        """The subject its originator sent it on; the hub made sure of the originator token."""

    @property
    def payload(self) -> bytes:
        """The sealed bytes."""

    @property
    def consumer_seq(self) -> int:
        """Position since the mailbox was last rewound: 1, 2, 3, ..."""

    @property
    def stream_seq(self) -> int:
        """Position in the hub's delivery stream; grows, with holes."""

    @property
    def num_delivered(self) -> int:
        """How often the broker has handed it out since the last rewind."""

    async def ack(self) -> None:
        """It is safe in the inbox or refused for good. Lost acks cost a redelivery, nothing more."""

    async def nak(self, delay: float = 0.0) -> None:
        """It could not be stored: it and all that followed come again, in order, after `delay` seconds."""

    async def term(self) -> None:
        """It will never be admitted: do not deliver it again."""


class Mailbox(Protocol):
    """One lane of a nation's mail, in order per originator. One active reader per mailbox."""

    async def fetch(self, limit: int = 64, wait: float = 1.0) -> Sequence[IncomingBundle]:
        """Up to `limit` bundles, as soon as there is one; empty after `wait` seconds or while cut off."""

    def receive(self) -> AsyncIterator[IncomingBundle]:
        """Bundle after bundle, for ever."""

    async def close(self) -> None:
        """Stop listening; what was fetched and not acknowledged comes again later."""


@dataclass(frozen=True)
class Reconciled:
    """How a stream's real end compares with what a publisher had recorded.

    `stored_prefix`: how many of the bundles in flight are stored (the first ones). `wiped`: the broker
    lost its store or the end of it; everything without a receipt must be sent again. `foreign`: the stream
    holds more than we ever sent: another writer, or we run on an old backup. `last_sequence`: the end to
    go on from.
    """

    stored_prefix: int
    wiped: bool
    foreign: bool
    last_sequence: int


def reconcile(base: int, in_flight: int, actual_last: int) -> Reconciled:
    """Compare the recorded end `base`, plus `in_flight` bundles of unknown fate, with the broker's end.

    ValueError when a number is negative.
    """
    if min(base, in_flight, actual_last) < 0:
        raise ValueError("sequences and counts are not negative")
    if actual_last < base:
        return Reconciled(stored_prefix=0, wiped=True, foreign=False, last_sequence=actual_last)
    if actual_last <= base + in_flight:
        return Reconciled(actual_last - base, wiped=False, foreign=False, last_sequence=actual_last)
    return Reconciled(stored_prefix=0, wiped=False, foreign=True, last_sequence=actual_last)
