"""One nation's way to the broker: publisher and mailboxes over one self-restoring connection."""

import asyncio
from collections.abc import Callable, Sequence

from bus.nats_config import inbox_prefix, require_nation
from bus.ports import BrokerUnavailable
from bus.transport.link import Dialler
from bus.transport.mailbox import BATCH, NatsMailbox
from bus.transport.publishing import ANSWER_SECONDS, WINDOW, NatsPublisher
from schemas.wire import Lane


class NatsTransport:
    """Connection of one nation's gateway to the hub.

    `urls` are tried in turn, for ever; `nkey_seed` is the nation's broker credential and nothing else.
    `on_change` is called with True and False as connections come and go. Use as an async context manager,
    or call `connect` and `close`.
    """

    def __init__(
        self,
        urls: Sequence[str],
        nation: str,
        nkey_seed: str,
        *,
        window: int = WINDOW,
        answer_seconds: float = ANSWER_SECONDS,
        on_change: Callable[[bool], None] | None = None,
    ) -> None:
        self._nation = require_nation(nation)
        self._dialler = Dialler(
            urls, name=nation, nkey_seed=nkey_seed, inbox_prefix=inbox_prefix(nation), on_change=on_change
        )
        self._publisher = NatsPublisher(self._dialler, nation, window=window, answer_seconds=answer_seconds)
        self._mailboxes: list[NatsMailbox] = []

    async def __aenter__(self) -> "NatsTransport":
        await self.connect()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def connect(self) -> None:
        """Begin connecting and return at once: a gateway starts whether or not the broker is there."""
        self._dialler.start()

    async def close(self) -> None:
        """Stop receiving, flush acks and close the connection."""
        for mailbox in self._mailboxes:
            await mailbox.close()
        await self._dialler.close()

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._dialler.link is not None

    async def wait_connected(self, within: float | None = None) -> None:
        """Return once connected (BrokerUnavailable after `within` seconds)."""
        await self._wait(True, within)

    async def wait_disconnected(self, within: float | None = None) -> None:
        """Return once not connected (BrokerUnavailable after `within` seconds of being connected)."""
        await self._wait(False, within)

    async def _wait(self, connected: bool, within: float | None) -> None:
        try:
            async with asyncio.timeout(within):
                await self._dialler.wait_for(connected)
        except TimeoutError:
            state = "connected to" if connected else "disconnected from"
            raise BrokerUnavailable(f"not {state} the broker after {within} s") from None

    @property
    def publisher(self) -> NatsPublisher:
        """The one publisher of this nation."""
        return self._publisher

    def mailbox(self, lane: Lane, *, batch: int = BATCH) -> NatsMailbox:
        """A reader of one lane; one at a time per lane."""
        mailbox = NatsMailbox(self._dialler, self._nation, lane, batch=batch)
        self._mailboxes.append(mailbox)
        return mailbox
