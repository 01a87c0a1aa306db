"""A documented route whose function reads the request itself."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute

from gateways.http.heeding import refuse_unheeded


class PlainRoute(APIRoute):
    """Calls its function with the request and nothing else: no parameters, no dependencies, no model."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The function itself, which takes the request and returns a response."""
        endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint

        async def heeding(request: Request) -> Response:
            await refuse_unheeded(request)
            return await endpoint(request)

        return heeding
