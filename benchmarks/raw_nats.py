"""A child process that publishes to, or fetches and acknowledges from, a stream with nats-py alone."""

import asyncio
import os
import sys
import time
from collections import deque

import nats
import uvloop
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig

from benchmarks.children import Answer, answer_commands, settings_given

_DURABLE = "floor"


class RawNats:
    """Answers the benchmark's commands on one connection."""

    def __init__(self, js: JetStreamContext, stream: str, size: int) -> None:
        self._js = js
        self._stream = stream
        self._payload = os.urandom(size)
        self._fetcher: JetStreamContext.PullSubscription | None = None
        self._drained: asyncio.Task[None] | None = None
        self._fetched = 0
        self._last_at = 0.0
        self._more = asyncio.Event()

    async def create(self) -> Answer:
        """Make the stream and its durable consumer."""
        await self._js.add_stream(
            StreamConfig(name=self._stream, subjects=[f"floor.{self._stream}"], max_bytes=256 * 1024**2)
        )
        config = ConsumerConfig(durable_name=_DURABLE, ack_policy=AckPolicy.EXPLICIT, max_ack_pending=1000)
        await self._js.add_consumer(self._stream, config)
        return {}

    async def bind(self) -> Answer:
        """Begin to fetch and acknowledge, 64 at a time."""
        self._fetcher = await self._js.pull_subscribe_bind(durable=_DURABLE, stream=self._stream)
        self._drained = asyncio.create_task(self._drain(self._fetcher))
        return {}

    async def publish(self, count: int, window: int) -> Answer:
        """Publish ``count`` payloads with ``window`` unanswered; when the first was sent."""
        began = time.monotonic()
        waiting: deque[asyncio.Future[object]] = deque()
        for _ in range(count):
            if len(waiting) == window:
                await waiting.popleft()
            waiting.append(
                asyncio.ensure_future(self._js.publish(f"floor.{self._stream}", self._payload, timeout=30))
            )
        await asyncio.gather(*waiting)
        return {"began": began}

    async def fetch(self, count: int) -> Answer:
        """Wait until ``count`` more were fetched and acknowledged; when the last was."""
        while self._fetched < count:
            self._more.clear()
            await asyncio.wait_for(self._more.wait(), 60)
        self._fetched -= count
        return {"ended": self._last_at}

    async def arrived(self) -> Answer:
        """Wait for one message; when it was acknowledged."""
        return {"at": (await self.fetch(1))["ended"]}

    async def end(self) -> None:
        """Stop fetching."""
        if self._drained is not None:
            self._drained.cancel()
            await asyncio.gather(self._drained, return_exceptions=True)

    async def _drain(self, fetcher: JetStreamContext.PullSubscription) -> None:
        while True:
            try:
                messages = await fetcher.fetch(64, timeout=1)
            except nats.errors.TimeoutError:
                continue
            for message in messages:
                await message.ack()
            self._fetched += len(messages)
            self._last_at = time.monotonic()
            self._more.set()


async def _serve(given: Answer) -> None:
    client = await nats.connect(
        given["url"], nkeys_seed_str=given["seed"], inbox_prefix=b"_INBOX_HUB", allow_reconnect=False
    )
    raw = RawNats(client.jetstream(publish_async_max_pending=64), given["stream"], given["size"])
    commands = (raw.create, raw.bind, raw.publish, raw.fetch, raw.arrived)
    await answer_commands({command.__name__: command for command in commands})
    await raw.end()
    await client.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings_given()))
    sys.exit(0)
