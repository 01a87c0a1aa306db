"""Connections to the broker, one after the other.

nats-py's own reconnection keeps one client and sends what was published during an outage from a buffer
when the connection returns, behind the caller's back. Here every connection is a new client with nothing
to resend and no subscription to restore; whoever needs the broker asks for the current `Link` and starts
afresh when it changes.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError

from bus.ports import BrokerUnavailable, PublishRefused
from bus.transport.replies import ReplyInbox

_log = logging.getLogger(__name__)

PING_SECONDS = 5
CONNECT_SECONDS = 5
BACKOFF_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.6, 2.0)


class Link:
    """One live connection: its client, its reply inbox, and an event set when it is lost."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.lost = asyncio.Event()
        self.replies = ReplyInbox(client)
        self._watchers: set[asyncio.Event] = set()

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
        task = asyncio.current_task()
        before = task.cancelling() if task is not None else 0
        try:
            await self.client.publish(subject, payload, reply=reply, headers=headers)
        except MaxPayloadError:
            raise PublishRefused(f"{len(payload)} bytes are more than the broker takes") from None
        except (NatsError, OSError) as error:
            self.abandon()
            raise BrokerUnavailable(f"publishing failed: {type(error).__name__}") from error
        # nats-py swallows a cancellation while it waits for room.
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError

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
                await link.client.flush(timeout=1)
                await link.client.flush(timeout=1)
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
            link = Link(Client())
            try:
                async with asyncio.timeout(CONNECT_SECONDS * 2):
                    await self._dial(link)
                attempt = 0
                if not self._closing:
                    await self._set(link)
                    await link.lost.wait()
            except (NatsError, OSError, TimeoutError, ValueError) as error:
                # ValueError covers nats-py's protocol parsing: a broken server must not end the dialling.
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
            max_outstanding_pings=2,
            disconnected_cb=gone,
            closed_cb=gone,
            error_cb=reported,
        )
        await link.replies.listen()

    async def _set(self, link: Link) -> None:
        self._link = link
        await self._tell(connected=True)

    async def _drop(self, link: Link) -> None:
        link.abandon()
        was_up = self._link is link
        self._link = None
        with contextlib.suppress(NatsError, OSError, TimeoutError):
            await link.client.close()
        if was_up:
            await self._tell(connected=False)

    async def _tell(self, *, connected: bool) -> None:
        async with self._changed:
            self._changed.notify_all()
        if self._on_change is not None:
            self._on_change(connected)
