"""What a mailbox received since one rewind: in order, or not at all."""

import asyncio
from collections import deque

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from bus.transport.incoming import NatsIncoming, read_position
from bus.transport.link import Link

_ENDS_PULL = {"404", "408"}
_ORDINARY_409 = ("message size exceeds maxbytes", "batch completed")


class Session:
    """What was received since one rewind, on one connection."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.subscription: Subscription | None = None
        self.arrived = asyncio.Event()
        self.buffer: deque[NatsIncoming] = deque()
        self.last_consumer_seq = 0
        self.last_stream_seq = 0
        self.outstanding = 0
        self.pull_deadline = 0.0
        self.broken = False
        self.answered = False
        """Whether the broker said here that there is no mail, or no more: the next need not wait."""
        self.not_before = 0.0
        self.last_acked = ""
        self.liveness: asyncio.Task[None] | None = None
        link.watch(self.arrived)

    @property
    def usable(self) -> bool:
        """Whether what it holds is still known to be in order and may be acknowledged."""
        return not self.broken and not self.link.lost.is_set()

    def break_off(self) -> None:
        """Nothing from here on counts; the next fetch rewinds."""
        self.broken = True
        self.buffer.clear()
        self.arrived.set()

    def rewind_after(self, delay: float) -> None:
        """Break off, and let the next session wait for `delay` seconds."""
        self.not_before = asyncio.get_running_loop().time() + delay
        self.break_off()

    def acked(self, reply: str) -> None:
        """Remember the last bundle that was answered, see `NatsMailbox._settle_acks`."""
        self.last_acked = reply

    async def take(self, message: Msg) -> None:
        """Sort one message from the broker: status, or a bundle that must be the next."""
        status = message.headers.get("Status") if message.headers else None
        if status is not None and not message.reply:
            self._status(status, message.headers or {})
            return
        position = read_position(message.reply)
        if (
            position is None
            or position.consumer_seq != self.last_consumer_seq + 1
            or position.stream_seq <= self.last_stream_seq
            # Nobody asked for it: the broker shall not decide how much is gathered here.
            or self.outstanding <= 0
        ):
            self.break_off()
            return
        self.last_consumer_seq, self.last_stream_seq = position.consumer_seq, position.stream_seq
        self.outstanding -= 1
        if not self.broken:
            self.buffer.append(NatsIncoming(self, message, position))
        self.arrived.set()

    def _status(self, status: str, headers: dict[str, str]) -> None:
        description = headers.get("Description", "").lower()
        if status == "100":
            delivered = headers.get("Nats-Last-Consumer", "")
            if delivered.isdigit() and int(delivered) > self.last_consumer_seq:
                self.break_off()
            return
        self.outstanding = 0
        if status in _ENDS_PULL or (status == "409" and description.startswith(_ORDINARY_409)):
            self.answered = True
        else:
            self.break_off()
        self.arrived.set()
