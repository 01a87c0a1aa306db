"""What the routes of one running gateway share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from fastapi import FastAPI, Request

from gateways.access import Access
from gateways.context import GatewayContext
from gateways.metrics import HttpMetrics
from gateways.settings import Settings


@dataclass
class Runtime:
    """Put into the app's state by its lifespan; ``closing`` is set when the server begins to stop."""

    settings: Settings
    context: GatewayContext
    access: Access
    metrics: HttpMetrics
    closing: asyncio.Event
    broker_connected: Callable[[], bool]
    same_key: dict[tuple[str, str], asyncio.Lock] = field(default_factory=dict)
    """Requests under way with the same Idempotency-Key wait for each other."""


def runtime_of(app: FastAPI) -> Runtime:
    """The app's runtime; there is one between start-up and shutdown."""
    return cast(Runtime, app.state.runtime)


def runtime(request: Request) -> Runtime:
    """The runtime behind a request."""
    return cast(Runtime, request.app.state.runtime)
