"""nats-py's client, with what a link to a broker that may be stuck, or may be anybody, needs beyond it.

`close` of nats-py waits until the broker has taken what was published: for ever when it reads no more. What
the broker sends is gathered without a bound until a whole message is there. And where nats-py waits for room
it swallows a cancellation.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from nats.aio.client import Client
from nats.errors import ProtocolError
from nats.protocol.parser import Parser

MOST_UNREAD = 8 * 1024 * 1024
"""Octets of one message from the broker at most: several times what any server of ours takes from anybody."""


class BrokerClient(Client):
    """A client that can be ended at once, and knows when it last heard anything."""

    def __init__(self) -> None:
        super().__init__()
        self._ps = _Parser(self)
        self.heard = 0.0
        """When octets last came, on the loop's clock; be it only a part of a message."""

    async def end(self) -> None:
        """Close without waiting for the broker: what it has not taken yet is dropped."""
        self._pending, self._pending_data_size = [], 0
        writer = getattr(self._transport, "_io_writer", None)
        if writer is not None:
            writer.transport.abort()
        try:
            await self.close()
        finally:
            # nats-py leaves who waits for room to wait for ever.
            while self._flush_queue is not None and not self._flush_queue.empty():
                waiting = self._flush_queue.get_nowait()
                if not waiting.done():
                    waiting.set_result(None)


class _Parser(Parser):
    async def parse(self, data: bytes = b"") -> None:
        self.nc.heard = asyncio.get_running_loop().time()
        if len(self.buf) + len(data) > MOST_UNREAD:
            raise ProtocolError
        await super().parse(data)


@contextmanager
def heeding_cancellation() -> Iterator[None]:
    """Let a cancellation that nats-py swallows within be one all the same."""
    task = asyncio.current_task()
    before = task.cancelling() if task is not None else 0
    yield
    if task is not None and task.cancelling() > before:
        raise asyncio.CancelledError
