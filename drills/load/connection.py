"""A kept-open HTTP/1.1 connection that costs little: a load's own work stays small beside the gateways'."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from httptools import HttpResponseParser

CONNECT_SECONDS = 10.0


@dataclass(frozen=True)
class Response:
    """What was answered."""

    status: int
    body: bytes


@dataclass(frozen=True)
class ServerSentEvent:
    """One event of a stream; ``data`` is empty where it only says where the stream stands."""

    last_id: int
    type: str
    data: bytes


class Connection(asyncio.Protocol):
    """One connection to a gateway, for one request at a time. ConnectionError when it breaks."""

    def __init__(self, host: str, headers: Mapping[str, str]) -> None:
        self._head = f"Host: {host}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._transport: asyncio.Transport | None = None
        self._parser = HttpResponseParser(self)
        self._body: list[bytes] = []
        self._answered: asyncio.Future[Response] | None = None
        self._came = asyncio.Event()
        self.usable = False

    @classmethod
    async def open(cls, url: str, headers: Mapping[str, str]) -> "Connection":
        """Connect to the gateway at this address. OSError."""
        parts = urlsplit(url)
        secure = ssl.create_default_context() if parts.scheme == "https" else None
        port = parts.port or (443 if secure else 80)
        async with asyncio.timeout(CONNECT_SECONDS):
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: cls(parts.netloc, headers), parts.hostname or "", port, ssl=secure
            )
        return connection

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send a request and read the whole answer."""
        self._send(method, path, body, headers or {})
        self._answered = asyncio.get_running_loop().create_future()
        return await self._answered

    async def stream(self, path: str, headers: Mapping[str, str]) -> AsyncIterator[ServerSentEvent]:
        """Follow server-sent events. ConnectionError when the stream ends or was refused."""
        self._send("GET", path, b"", headers)
        pending, last_id = b"", 0
        while True:
            await self._came.wait()
            self._came.clear()
            *events, pending = (pending + b"".join(self._body)).split(b"\n\n")
            self._body.clear()
            for text in events:
                event = _parsed(text, last_id)
                if event is not None:
                    last_id = event.last_id
                    yield event
            if not self.usable:
                raise ConnectionError("the stream ended")

    def close(self) -> None:
        """Close it."""
        self.usable = False
        if self._transport is not None:
            self._transport.close()

    def _send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        if self._transport is None or not self.usable:
            raise ConnectionError("the connection is closed")
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        if body:
            more += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self._transport.write(f"{method} {path} HTTP/1.1\r\n{self._head}{more}\r\n".encode() + body)

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self.usable = transport, True

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.usable = False
        self._came.set()
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(ConnectionError("the connection was closed"))

    # What httptools calls.

    def on_body(self, body: bytes) -> None:
        self._body.append(body)
        self._came.set()

    def on_message_complete(self) -> None:
        response = Response(self._parser.get_status_code(), b"".join(self._body))
        if not self._parser.should_keep_alive():
            self.usable = False
        if self._answered is not None and not self._answered.done():
            self._body = []
            self._answered.set_result(response)
        elif self._answered is None:
            self.usable = False  # a stream that was ended in order, or refused
            self._came.set()


def _parsed(text: bytes, last_id: int) -> ServerSentEvent | None:
    """One event; None for a comment."""
    name, data, found = "message", b"", False
    for line in text.split(b"\n"):
        field, _, value = line.partition(b": ")
        if field == b"id":
            last_id, found = int(value), True
        elif field == b"event":
            name, found = value.decode(), True
        elif field == b"data":
            data, found = data + value, True
    return ServerSentEvent(last_id, name, data) if found else None
