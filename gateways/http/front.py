"""The outermost layer: unforeseen faults become problems, every answer gets its headers and is counted.

Requests to the addresses in ``direct`` go straight to their functions: for these the framework's layers and
search for a route would cost as much as everything else at the edge. Their routes stand in the app as well,
for the API's description and for other methods.
"""

from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from uuid import uuid4

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateways.http.metrics import HttpMetrics
from gateways.http.problems import ApiRefused, foreseen
from gateways.logs import place_of
from schemas.reasons import ReasonCode

_log = structlog.get_logger("gateways.http.front")
_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]


Endpoint = Callable[[Request], Awaitable[Response]]


class Front:
    """ASGI middleware around everything; ``direct`` is by method and path."""

    def __init__(
        self, app: ASGIApp, metrics: HttpMetrics, direct: Mapping[tuple[str, str], Endpoint]
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._direct = direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and see to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), 0
        path = scope["path"]
        endpoint = self._direct.get((scope["method"], path))

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        try:
            if endpoint is not None:
                response = await _answer(endpoint, Request(scope, receive))
                await response(scope, receive, send_on)
            else:
                await self._app(scope, receive, send_on)
        except Exception as error:
            instance = f"urn:uuid:{uuid4()}"
            _log.error("request.fault", fault=type(error).__name__, place=place_of(error), instance=instance)
            if status:
                raise  # too late for a problem: the server breaks the connection off
            refused = ApiRefused(ReasonCode.INTERNAL_FAULT, instance=instance)
            await refused.response()(scope, receive, send_on)
        finally:
            if endpoint is None:
                path = getattr(scope.get("route"), "path", "none")
            self._metrics.observe(scope["method"], path, status, perf_counter() - began)


async def _answer(endpoint: Endpoint, request: Request) -> Response:
    """What the function answers, or the problem that it raises."""
    try:
        return await endpoint(request)
    except Exception as error:
        refused = foreseen(request, error)
        if refused is None:
            raise
        return refused.response()
