"""Running a console: one process, one event loop, streams that end at once when it stops."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator

import structlog
import uvicorn
from fastapi import FastAPI

from console.console import Console
from console.settings import ConsoleSettings

MOST_CONNECTIONS = 2000
LARGEST_HEAD = 64 * 1024

_log = structlog.get_logger("console.server")


class ConsoleServer(uvicorn.Server):
    """uvicorn, which tells consoles that it stops before it waits for requests: open streams end at once."""

    def __init__(
        self, app: FastAPI, settings: ConsoleSettings, ready: Callable[[str], None] | None = None
    ) -> None:
        super().__init__(_config(app, settings))
        self._consoles: list[Console] = app.state.consoles
        self._settings = settings
        self._ready = ready
        self.url = ""
        """Where it listens; known once it started."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Listen, then say where."""
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started and self.servers:
            port = self.servers[0].sockets[0].getsockname()[1]
            scheme = "https" if self.config.is_ssl else "http"
            host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
            self.url = f"{scheme}://{host}:{port}"
            _log.info("console.listening", url=self.url)
            if self._ready is not None:
                self._ready(self.url)

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """End streams, finish requests, close."""
        for console in self._consoles:
            console.closing.set()
        await super().shutdown(sockets)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn, but a signal that was obeyed is not raised again: a clean stop ends with status 0."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def run(
    app: FastAPI,
    settings: ConsoleSettings,
    *,
    ready: Callable[[str], None] | None = None,
    until: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, or until ``until()`` returns. SystemExit when it cannot start."""
    server = ConsoleServer(app, settings, ready)
    asyncio.run(_run(server, until))
    if not server.started:
        raise SystemExit(3)


async def _run(server: ConsoleServer, until: Callable[[], Awaitable[None]] | None) -> None:
    async def stop_after() -> None:
        assert until is not None
        await until()
        server.should_exit = True

    watching = asyncio.create_task(stop_after()) if until is not None else None
    try:
        await server.serve()
    finally:
        if watching is not None:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


def _config(app: FastAPI, settings: ConsoleSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        h11_max_incomplete_event_size=LARGEST_HEAD,
        ssl_certfile=settings.tls_certificate_file,
        ssl_keyfile=settings.tls_key_file,
    )
