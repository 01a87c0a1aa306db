"""The outermost layer: unforeseen faults become problems, every answer gets its headers and is counted."""

from time import perf_counter
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateways.http.metrics import HttpMetrics
from gateways.http.problems import ApiRefused
from gateways.logs import place_of
from schemas.reasons import ReasonCode

_log = structlog.get_logger("gateways.http.front")
_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]


class Front:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, metrics: HttpMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and see to its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *_HEADERS]
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except Exception as error:
            instance = f"urn:uuid:{uuid4()}"
            _log.error("request.fault", fault=type(error).__name__, place=place_of(error), instance=instance)
            if status:
                raise  # too late for a problem: the server breaks the connection off
            refused = ApiRefused(ReasonCode.INTERNAL_FAULT, instance=instance)
            await refused.response()(scope, receive, send_on)
        finally:
            route = scope.get("route")
            path = getattr(route, "path", "none")
            self._metrics.observe(scope["method"], path, status, perf_counter() - began)
