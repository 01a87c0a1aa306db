"""One nation's own system under a load: hands in drafts, follows inbox and events, never gives up early."""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from drills.load.connection import CONNECT_SECONDS, Connection, Response, ServerSentEvent
from drills.load.tally import Tally
from drills.partner_system import GatewayAccess
from schemas.header import Kind

AT_ONCE = 32
"""Connections for drafts. What finds none free waits, and the wait counts: it was due."""
IDLE_SECONDS = 8.0
"""A connection that rested longer is not used again: the gateway may be closing it just now."""
ANSWER_SECONDS = 30.0
RETRY_SECONDS = 0.2
OCCASIONS = 2_000
RECEIPTED = frozenset({"delivered", "read", "acknowledged", "actioned"})
FAILED = frozenset({"refused", "withheld"})


class Desk:
    """Tells the tally what it sees; ``clock`` gives the seconds since the load began."""

    def __init__(
        self, access: GatewayAccess, exercise: str, tally: Tally, clock: Callable[[], float]
    ) -> None:
        self.nation = access.nation
        self._url = access.url
        self._headers = {"Authorization": f"Bearer {access.key}"}
        self._exercise = exercise
        self._tally = tally
        self._clock = clock
        self._room = asyncio.Semaphore(AT_ONCE)
        self._idle: list[tuple[float, Connection]] = []
        self._to_answer: dict[Kind, deque[Mapping[str, Any]]] = {
            Kind.ACKNOWLEDGEMENT: deque(maxlen=OCCASIONS),
            Kind.INFORMATION_RESPONSE: deque(maxlen=OCCASIONS),
        }
        self.followed: tuple[asyncio.Task[None], ...] = ()
        """What follows the streams; it ends only with this, or by a fault."""

    async def begin(self) -> None:
        """Follow inbox and events from now on; returns once both streams stand."""
        standing = [asyncio.Event(), asyncio.Event()]
        self.followed = (
            asyncio.create_task(self._follow("/v1/inbox/stream", self._filed, standing[0])),
            asyncio.create_task(
                self._follow("/v1/events/stream?type=delivery.changed", self._moved, standing[1])
            ),
        )
        async with asyncio.timeout(CONNECT_SECONDS):
            await asyncio.gather(*(event.wait() for event in standing))

    async def end(self) -> None:
        """Stop following, close every connection."""
        for task in self.followed:
            task.cancel()
        await asyncio.gather(*self.followed, return_exceptions=True)
        for _, connection in self._idle:
            connection.close()

    def occasion(self, kind: Kind) -> Mapping[str, Any] | None:
        """The inbox entry that has waited longest for such an answer; it is not given again."""
        waiting = self._to_answer[kind]
        return waiting.popleft() if waiting else None

    async def post(self, path: str, body: bytes, key: str) -> Response:
        """Post with this Idempotency-Key until there is an answer that is one; only cancelling ends it."""
        headers = {"Idempotency-Key": key}
        while True:
            with contextlib.suppress(OSError, TimeoutError):
                response = await self.ask("POST", path, body, headers)
                if response.status != 503:
                    return response
            self._tally.retries += 1
            await asyncio.sleep(RETRY_SECONDS)

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Response:
        """One request over a kept-open connection. OSError, TimeoutError."""
        async with self._room, self._connection() as connection:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await connection.ask(method, path, body, headers)

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        connection: Connection | None = None
        while connection is None and self._idle:
            since, kept = self._idle.pop()
            if kept.usable and self._clock() - since < IDLE_SECONDS:
                connection = kept
            else:
                kept.close()
        if connection is None:
            connection = await Connection.open(self._url, self._headers)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if connection.usable:
            self._idle.append((self._clock(), connection))
        else:
            connection.close()

    async def _follow(
        self, path: str, told: Callable[[ServerSentEvent], None], standing: asyncio.Event
    ) -> None:
        """Follow a stream from where it first stood, through every break."""
        last: int | None = None
        while True:
            with contextlib.suppress(OSError, TimeoutError):
                connection = await Connection.open(self._url, self._headers)
                try:
                    resume = {} if last is None else {"Last-Event-ID": str(last)}
                    async for event in connection.stream(path, resume):
                        last = event.last_id
                        standing.set()
                        if event.data:
                            told(event)
                finally:
                    connection.close()
            await asyncio.sleep(RETRY_SECONDS)

    def _filed(self, event: ServerSentEvent) -> None:
        entry = json.loads(event.data)
        header = entry["message"]["header"]
        if header.get("exercise_id") != self._exercise:
            return
        self._tally.arrive(self.nation, (entry["originator"], entry["message_id"]))
        if header["kind"] == Kind.INFORMATION_REQUEST:
            self._to_answer[Kind.INFORMATION_RESPONSE].append(entry)
        elif header.get("acknowledgement", {}).get("required"):
            self._to_answer[Kind.ACKNOWLEDGEMENT].append(entry)

    def _moved(self, event: ServerSentEvent) -> None:
        copy = json.loads(event.data)
        if copy.get("state") in RECEIPTED:
            self._tally.receipt(copy["publication_id"], copy["nation"], self._clock())
        elif copy.get("state") in FAILED:
            self._tally.fail(copy["publication_id"], str(copy.get("reason")))
