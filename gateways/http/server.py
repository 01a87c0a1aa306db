"""Running a gateway: one process, one event loop, a clean and fast end (design 9)."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator

import structlog
import uvicorn
import uvloop
from fastapi import FastAPI

from gateways import logs
from gateways.collector import collect_seldom
from gateways.http.app import Opener, create_app
from gateways.http.http_protocol import limited_by
from gateways.opening import open_gateway
from gateways.settings import Settings

BACKLOG = 512

_log = structlog.get_logger("gateways.http.server")


class GatewayServer(uvicorn.Server):
    """uvicorn, which tells the app that it stops before it waits for requests: open streams end at once."""

    def __init__(self, app: FastAPI, settings: Settings, ready: Callable[[str], None] | None = None) -> None:
        super().__init__(_config(app, settings))
        self._app = app
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
            _log.info("gateway.listening", url=self.url)
            if self._ready is not None:
                self._ready(self.url)

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """End streams, finish requests, close."""
        self._app.state.closing.set()
        await super().shutdown(sockets)  # type: ignore[arg-type]

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn, but a signal that was obeyed is not raised again: a clean stop ends with status 0."""
        with super().capture_signals():
            yield
            self._captured_signals.clear()


def serve(
    settings: Settings,
    *,
    ready: Callable[[str], None] | None = None,
    until: Callable[[], Awaitable[None]] | None = None,
    opener: Opener = open_gateway,
) -> None:
    """Run the gateway until SIGINT or SIGTERM, or until ``until()`` returns.

    ``ready`` is called with the address once it listens; ``opener`` is as for `create_app`. Raises SystemExit
    when it cannot start.
    """
    logs.configure(settings.log_level, settings.nation)
    server = GatewayServer(create_app(settings, opener), settings, ready)
    collect_seldom()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(server, until))
    if not server.started:
        raise SystemExit(3)


async def _run(server: GatewayServer, until: Callable[[], Awaitable[None]] | None) -> None:
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


def _config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=limited_by(settings),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=max(1, round(settings.keep_alive_seconds)),
        timeout_graceful_shutdown=settings.shutdown_seconds,
        ssl_certfile=settings.tls_certificate_file,
        ssl_keyfile=settings.tls_key_file,
    )
