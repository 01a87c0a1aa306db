"""Every answer's headers, and the bounds on what is read: the outermost layer of the console."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS: Sequence[tuple[bytes, bytes]] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
)
_STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class TooLarge(Exception):
    """A form is larger than the console reads."""


class TooSlow(Exception):
    """A form did not arrive in time."""


class Broken(Exception):
    """An answer broke off after its beginning was sent. It says nothing of why."""


Fault = Callable[[Request, Exception], Awaitable[Response]]
"""Makes a note of an unforeseen fault, and the answer to it."""


class Guard:
    """ASGI middleware around everything."""

    def __init__(
        self, app: ASGIApp, *, max_body_bytes: int, body_seconds: float, over_tls: bool, fault: Fault
    ) -> None:
        self._app = app
        self._fault = fault
        self._max_body_bytes = max_body_bytes
        self._body_seconds = body_seconds
        self._headers = [*HEADERS, *([_STRICT_TRANSPORT] if over_tls else [])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, bounded, and see to its answer's headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        begun = False

        async def send_on(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                given = list(message.get("headers", ()))
                named = {name.lower() for name, _ in given}
                given += [header for header in self._headers if header[0] not in named]
                if b"cache-control" not in named:
                    given.append((b"cache-control", b"no-store"))
                message["headers"] = given
            await send(message)

        bounded = self._bounded(receive) if scope["method"] in UNSAFE else receive
        try:
            await self._app(scope, bounded, send_on)
        except ClientDisconnect:
            return  # Whoever asked has left: no fault, and nobody to answer.
        except Broken:
            raise  # The server breaks the connection off: no fault of ours, and too late to answer.
        except Exception as error:  # noqa: BLE001 (the outermost layer)
            # What nobody foresaw ends here: what stands in it may be content, so no trace of it is written.
            answer = await self._fault(Request(scope), error)
            if begun:
                raise Broken from None
            await answer(scope, receive, send_on)

    def _bounded(self, receive: Receive) -> Receive:
        read, until = 0, asyncio.get_running_loop().time() + self._body_seconds
        whole = False

        async def receive_on() -> Message:
            nonlocal read, whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise TooSlow from None
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                whole = not message.get("more_body", False)
                if read > self._max_body_bytes:
                    raise TooLarge
            return message

        return receive_on
