"""HTTP/1.1 connections with the deadlines and limits that uvicorn's own protocol lacks.

A request's head must come within a deadline and a size, a client must read what it is sent, and there is a
limit on connections; what breaks these ends in a problem where an answer is still possible.
"""

import asyncio
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateways.http.problem_codes import status_of
from gateways.http.problems import MEDIA_TYPE, ApiRefused
from gateways.settings import Settings
from schemas.reasons import ReasonCode

MAX_HEAD_BYTES = 32 * 1024


class LimitedProtocol(HttpToolsProtocol):
    """Base of the protocol of one server; ``limited_by`` makes one for given settings."""

    head_timeout: ClassVar[float]
    write_timeout: ClassVar[float]
    max_connections: ClassVar[int]

    _head_deadline: asyncio.TimerHandle | None = None
    _write_deadline: asyncio.TimerHandle | None = None
    _end_deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True
    _request_open = False
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected: the time for its first request starts."""
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            busy = ApiRefused(ReasonCode.GATEWAY_BUSY, "Too many connections.", headers={"Retry-After": "1"})
            self._refuse(busy, linger=False)
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, and its timers with it."""
        self._end_head()
        self._end_write_deadline()
        self._end_end_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came; a head that outgrows its limit is refused whatever it holds."""
        if self._refused or self.transport.is_closing():
            return
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse(ApiRefused(ReasonCode.BODY_TOO_LARGE, f"The head is over {MAX_HEAD_BYTES} bytes."))

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._await_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there."""
        self._end_head()
        self._request_open = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is there; what follows is the head of the next."""
        super().on_message_complete()
        self._request_open = False
        self._end_end_deadline()
        self._in_head = True
        self._head_bytes = 0

    def on_response_complete(self) -> None:
        """Answered. What is left of a body that nobody reads may still come, but not for ever."""
        super().on_response_complete()
        if self._request_open and self.cycle.response_complete:
            self._close_later()

    def pause_writing(self) -> None:
        """The client does not read: it has so long to start again."""
        super().pause_writing()
        self._end_write_deadline()
        self._write_deadline = self.loop.call_later(self.write_timeout, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        self._end_write_deadline()

    def send_400_response(self, msg: str) -> None:
        """Bytes that are no HTTP request."""
        self._refuse(ApiRefused(ReasonCode.HTTP_MALFORMED, "This is not an HTTP/1.1 request."))

    def _await_head(self) -> None:
        if self._head_deadline is None:
            self._head_deadline = self.loop.call_later(self.head_timeout, self._head_too_slow)

    def _end_head(self) -> None:
        self._in_head = False
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _end_write_deadline(self) -> None:
        if self._write_deadline is not None:
            self._write_deadline.cancel()
            self._write_deadline = None

    def _close_later(self) -> None:
        # Closing at once, with bytes unread, would reset the connection and lose the client its answer.
        self._end_end_deadline()
        self._end_deadline = self.loop.call_later(self.head_timeout, self.transport.close)

    def _end_end_deadline(self) -> None:
        if self._end_deadline is not None:
            self._end_deadline.cancel()
            self._end_deadline = None

    def _head_too_slow(self) -> None:
        self._head_deadline = None
        if self.cycle is not None and not self.cycle.response_complete:
            return  # pipelined behind a request still being answered: that one's own limits hold
        self._refuse(ApiRefused(ReasonCode.BODY_TOO_SLOW, "The request's head did not arrive in time."))

    def _refuse(self, refused: ApiRefused, *, linger: bool = True) -> None:
        body = refused.body
        lines = [f"content-type: {MEDIA_TYPE}", f"content-length: {len(body)}", "connection: close"]
        lines += [f"{name.lower()}: {value}" for name, value in refused.headers.items()]
        head = STATUS_LINE[status_of(refused.code).value] + "\r\n".join(lines).encode() + b"\r\n\r\n"
        self._refused = True
        self._end_head()
        self.transport.write(head + body)
        if linger and self.transport.can_write_eof():
            self.transport.write_eof()
            self._close_later()
        else:
            self.transport.close()


def limited_by(settings: Settings) -> type[LimitedProtocol]:
    """The protocol class for one server."""

    class Limited(LimitedProtocol):
        head_timeout = settings.head_timeout_seconds
        write_timeout = settings.write_timeout_seconds
        max_connections = settings.max_connections

    return Limited
