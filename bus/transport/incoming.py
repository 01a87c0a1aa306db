"""A bundle taken from a mailbox, with the position that its ack subject tells."""

from dataclasses import dataclass
from typing import Protocol

from nats.aio.msg import Msg

from bus.ports import BrokerUnavailable

_ACK = b"+ACK"
_TERM = b"+TERM"
# $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>
_ACK_TOKENS = 9


@dataclass(frozen=True)
class Position:
    """Where a delivery stands."""

    num_delivered: int
    stream_seq: int
    consumer_seq: int


def read_position(ack_subject: str) -> Position | None:
    """The position in an ack subject, or None when it is not one."""
    tokens = ack_subject.split(".")
    if len(tokens) != _ACK_TOKENS or tokens[:2] != ["$JS", "ACK"]:
        return None
    numbers = tokens[4:7]
    if not all(n.isascii() and n.isdigit() for n in numbers):
        return None
    delivered, stream_seq, consumer_seq = (int(n) for n in numbers)
    return Position(delivered, stream_seq, consumer_seq)


class _Link(Protocol):
    async def publish(self, subject: str, payload: bytes) -> None: ...


class AckScope(Protocol):
    """The session a bundle was received in: only while it is usable may the bundle be acknowledged."""

    @property
    def link(self) -> _Link: ...

    @property
    def usable(self) -> bool: ...

    def rewind_after(self, delay: float) -> None: ...

    def acked(self, reply: str) -> None: ...


class NatsIncoming:
    """The IncomingBundle port. Acknowledging after a rewind does nothing: the bundle comes again."""

    def __init__(self, scope: AckScope, message: Msg, position: Position) -> None:
        self._scope = scope
        self._message = message
        self._position = position

    @property
    def subject(self) -> str:
        return self._message.subject

    @property
    def payload(self) -> bytes:
        return self._message.data

    @property
    def consumer_seq(self) -> int:
        return self._position.consumer_seq

    @property
    def stream_seq(self) -> int:
        return self._position.stream_seq

    @property
    def num_delivered(self) -> int:
        return self._position.num_delivered

    @property
    def current(self) -> bool:
        """Whether the mailbox has not been rewound since; if it has, this bundle comes again."""
        return self._scope.usable

    async def ack(self) -> None:
        """Tell the broker, without waiting: a lost ack costs one redelivery."""
        await self._answer(_ACK)

    async def term(self) -> None:
        """Tell the broker never to deliver it again."""
        await self._answer(_TERM)

    async def nak(self, delay: float = 0.0) -> None:
        """Rewind the mailbox: this bundle and all after it come again in order, after `delay` seconds.

        The broker's own nak would bring this one alone, behind those already sent.
        """
        self._scope.rewind_after(delay)

    async def _answer(self, verdict: bytes) -> None:
        if not self._scope.usable:
            return
        try:
            await self._scope.link.publish(self._message.reply, verdict)
            self._scope.acked(self._message.reply)
        except BrokerUnavailable:
            # The connection is going; the next session delivers this bundle again.
            return
