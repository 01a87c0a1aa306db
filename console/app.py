"""The app of one nation's console: its rooms, states for what goes wrong, and headers on every answer."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from console import problems
from console.console import Console
from console.own_files import own_files
from console.rooms import (
    agreements,
    audit,
    compose,
    drills,
    exercises,
    held,
    map,  # noqa: A004 (a room's name)
    message,
    nations,
    oidc,
    releases,
    requests,
    settings,
    sign_in,
    sign_in_link,
    supplies,
    traffic,
    wall,
)
from console.security import Guard
from console.settings import ConsoleSettings

ROOMS = (
    *(sign_in, oidc, sign_in_link, supplies, settings, wall, traffic, message, compose, map),
    *(exercises, requests, agreements, nations, audit, held, releases, drills),
)


def create_app(given: ConsoleSettings) -> FastAPI:
    """One nation's console. Nothing is opened before its first request."""
    console = Console.of(given)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with running(console):
            yield

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False)
    app.state.console = console
    app.state.consoles = [console]
    problems.install(app)
    app.mount("/static", own_files(), name="static")  # first: a page asks for dozens of them
    for room in ROOMS:
        app.include_router(room.router)
    app.add_middleware(
        Guard,
        max_body_bytes=given.max_body_bytes,
        body_seconds=given.body_timeout_seconds,
        over_tls=given.tls_certificate_file is not None or given.behind_tls_proxy,
        fault=problems.fault,
    )
    return app


@asynccontextmanager
async def running(console: Console) -> AsyncIterator[None]:
    """Watch over a console's sessions; at the end close what it opened."""
    watching = asyncio.create_task(console.watch_sessions())
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        await console.close()
