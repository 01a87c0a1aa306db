"""Connections to the broker, one after the other.

nats-py's own reconnection keeps one client and sends what was published during an outage from a buffer
when the connection returns, behind the caller's back. Here every connection is a new client with nothing
to resend and no subscription to restore; whoever needs the broker asks for the current `Link` and starts
afresh when it changes.
"""

import asyncio
import contextlib
import logging
import math
from collections.abc import Callable, Sequence
from typing import Any

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError

from bus.ports import BrokerUnavailable, PublishRefused
from bus.transport.client import BrokerClient, heeding_cancellation
from bus.transport.replies import Question, ReplyInbox

_log = logging.getLogger(__name__)

PING_SECONDS = 5
CONNECT_SECONDS = 5
FLUSH_SECONDS = 1
SLOWEST = 64 * 1024
"""Octets a second, on the slowest link that is waited for."""
MOST_PATIENCE = 30
"""How many times as long an answer may take while other things still come."""
BACKOFF_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6, 2.0)


class Link:
    """One live connection: its client, its reply inbox, and an event set when it is lost."""

    def __init__(self, client: BrokerClient) -> None:
        self.client = client
        self.lost = asyncio.Event()
        self.replies = ReplyInbox(client)
        self.round_trip = 0.0
        """Seconds that the last ping took: what is asked later is answered no sooner."""
        self.leaving = 0
        """Octets of the bundle that is next to be answered: nothing may be heard until they are there."""
        self._watchers: set[asyncio.Event] = set()

    def patience(self, seconds: float) -> float:
        """How long to wait for what should take `seconds` at most at the broker."""
        return seconds + 2 * self.round_trip + self.leaving / SLOWEST

    async def answer(self, question: Question, seconds: float) -> Msg:
        """What comes to a question. Raises BrokerUnavailable when the connection is lost.

        TimeoutError: it did not come for so long, nor so long after the answer to a ping, which waits behind
        the same mail on a slow link. That other things come is no reason to wait on: they may come for ever.
        """
        if not await self._came(question, seconds):
            await self.measure(seconds)
            if not await self._came(question, seconds):
                raise TimeoutError
        return await question.answer

    async def _came(self, question: Question, seconds: float) -> bool:
        return bool((await asyncio.wait((question.answer,), timeout=self.patience(seconds)))[0])

    async def require_alive(self, seconds: float) -> None:
        """Abandon the connection when a ping stays unanswered for so long, and nothing else comes either."""
        try:
            await self.measure(seconds)
        except (NatsError, OSError, BrokerUnavailable):
            self.abandon()

    async def measure(self, seconds: float) -> None:
        """Take the time of a round trip. Raises NatsError, OSError, BrokerUnavailable."""
        began = asyncio.get_running_loop().time()
        ping = asyncio.create_task(self.client.flush(math.ceil(self.patience(seconds) * MOST_PATIENCE)))
        try:
            await self._unless_silent(ping, seconds)
            await ping
        finally:
            ping.cancel()
        self.round_trip = asyncio.get_running_loop().time() - began

    async def _unless_silent(self, wanted: asyncio.Future[Any], seconds: float) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        until = began + self.patience(seconds)
        lost = asyncio.create_task(self.lost.wait())
        try:
            while not wanted.done() and (left := until - loop.time()) > 0:
                await asyncio.wait((wanted, lost), timeout=left, return_when=asyncio.FIRST_COMPLETED)
                if lost.done() and not wanted.done():
                    raise BrokerUnavailable("the connection to the broker was lost")
                patience = self.patience(seconds)
                until = min(max(began, self.client.heard) + patience, began + patience * MOST_PATIENCE)
        finally:
            lost.cancel()
        if not wanted.done():
            raise TimeoutError

    def abandon(self) -> None:
        """The connection is lost, or is to be treated so since answers stay out; a new one will be made."""
        self.lost.set()
        self.replies.fail_all()
        for event in self._watchers:
            event.set()

    async def publish(
        self, subject: str, payload: bytes, reply: str = "", headers: dict[str, str] | None = None
    ) -> None:
        """Hand a message to the connection; waits while its buffer is full.

        Raises PublishRefused for a payload above the server's limit, else BrokerUnavailable; then the
        connection counts as lost at once, though nats-py may take a while to report it closed. Otherwise a
        caller that tries again at once would find it still standing, and never let it be replaced.
        """
        try:
            with heeding_cancellation():
                await self.client.publish(subject, payload, reply=reply, headers=headers)
        except MaxPayloadError:
            raise PublishRefused(f"{len(payload)} bytes are more than the broker takes") from None
        except (NatsError, OSError) as error:
            self.abandon()
            raise BrokerUnavailable(f"publishing failed: {type(error).__name__}") from error

    def watch(self, event: asyncio.Event) -> None:
        """Set `event` when the connection is lost, beside whatever else sets it."""
        self._watchers.add(event)
        if self.lost.is_set():
            event.set()

    def unwatch(self, event: asyncio.Event) -> None:
        """Leave `event` alone from now on."""
        self._watchers.discard(event)


class Dialler:
    """Keeps one connection up from `start` to `close`, with a short back-off between attempts."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        name: str,
        nkey_seed: str,
        inbox_prefix: str,
        on_change: Callable[[bool], None] | None = None,
    ) -> None:
        self._urls = list(urls)
        self._name = name
        self._nkey_seed = nkey_seed
        self._inbox_prefix = inbox_prefix
        self._on_change = on_change
        self._link: Link | None = None
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    @property
    def link(self) -> Link | None:
        """The connection as it stands, or None while there is none."""
        link = self._link
        return None if link is None or link.lost.is_set() else link

    def require(self) -> Link:
        """The connection (BrokerUnavailable when there is none)."""
        link = self.link
        if link is None:
            raise BrokerUnavailable("not connected to the broker")
        return link

    def start(self) -> None:
        """Begin connecting, in the background and for as long as it takes."""
        if self._task is not None:
            raise RuntimeError("the transport was already started")
        self._task = asyncio.create_task(self._keep_connected(), name=f"broker link {self._name}")

    async def wait_for(self, connected: bool) -> None:
        """Return once there is (or, with False, is not) a connection."""
        async with self._changed:
            await self._changed.wait_for(lambda: (self.link is not None) == connected)

    async def close(self) -> None:
        """Flush what was published, close the connection and stop dialling."""
        if self._task is None:
            return
        if (link := self.link) is not None:
            # Twice: nats-py writes the ping of a flush ahead of what is still in its own buffer.
            with contextlib.suppress(NatsError, OSError, TimeoutError):
                await link.client.flush(math.ceil(link.patience(FLUSH_SECONDS)))
                await link.client.flush(math.ceil(link.patience(FLUSH_SECONDS)))
        # The flag as well, since nats-py may swallow a cancellation (it uses wait_for, and Python 3.11's
        # drops one that comes together with the result).
        self._closing = True
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    async def _keep_connected(self) -> None:
        attempt = 0
        while not self._closing:
            link = Link(BrokerClient())
            try:
                async with asyncio.timeout(CONNECT_SECONDS * 4):
                    await self._dial(link)
                attempt = 0
                if not self._closing:
                    await self._set(link)
                    await link.lost.wait()
            except Exception as error:  # noqa: BLE001 - whatever a broken server makes of nats-py
                # must not end the dialling: without it the gateway is cut off until it is started again.
                _log.debug("broker not reached: %s", type(error).__name__)
            finally:
                await self._drop(link)
            await asyncio.sleep(BACKOFF_SECONDS[min(attempt, len(BACKOFF_SECONDS) - 1)])
            attempt += 1

    async def _dial(self, link: Link) -> None:
        async def gone() -> None:
            link.abandon()

        async def reported(error: Exception) -> None:
            # Permission violations arrive here; the text would name a subject, so only its kind is logged.
            _log.warning("broker connection of %s: %s", self._name, type(error).__name__)

        await link.client.connect(
            servers=self._urls,
            name=self._name,
            nkeys_seed_str=self._nkey_seed,
            inbox_prefix=self._inbox_prefix,
            allow_reconnect=False,
            # With 0 nats-py tries for ever inside connect(); one more try and then an error.
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            connect_timeout=CONNECT_SECONDS,
            ping_interval=PING_SECONDS,
            # Who waits for something finds out sooner that the link is dead; a slow one may long be busy.
            max_outstanding_pings=8,
            disconnected_cb=gone,
            closed_cb=gone,
            error_cb=reported,
        )
        if not link.client.is_connected:
            # nats-py goes on when something else answers its first ping, and then never sends anything.
            raise BrokerUnavailable("the broker did not answer the first ping")
        await link.replies.listen()
        await link.measure(CONNECT_SECONDS)

    async def _set(self, link: Link) -> None:
        self._link = link
        await self._tell(connected=True)

    async def _drop(self, link: Link) -> None:
        link.abandon()
        was_up = self._link is link
        self._link = None
        with contextlib.suppress(Exception):  # the same
            await link.client.end()
        if was_up:
            await self._tell(connected=False)

    async def _tell(self, *, connected: bool) -> None:
        async with self._changed:
            self._changed.notify_all()
        if self._on_change is not None:
            self._on_change(connected)
