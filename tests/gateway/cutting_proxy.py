"""A TCP proxy in front of a gateway that cuts connections at given places, and counts them."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.gateway.running import Gateway, LoopThread

NEVER = 2**62


@dataclass(frozen=True)
class Cut:
    """Where one connection breaks: after so many bytes to the gateway, so many back from it, or these.

    With ``shut`` the proxy takes no other connections from then on, until it is opened again.
    """

    sent: int = NEVER
    answered: int = NEVER
    answered_with: bytes = b""
    shut: bool = False


class CuttingProxy:
    """Each connection follows the next of ``cuts``; when none is left, connections are whole."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.StreamWriter] = set()
        self.cuts: list[Cut] = []
        self.connections = 0
        self.shut = threading.Event()
        self.url = ""

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        if self.shut.is_set():
            writer.close()
            return
        self.connections += 1
        cut = self.cuts.pop(0) if self.cuts else Cut()
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._open |= {writer, far_writer}
        there = asyncio.create_task(_pump(reader, far_writer, cut.sent))
        back = asyncio.create_task(_pump(far_reader, writer, cut.answered, cut.answered_with))
        try:
            await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in (there, back):
                pump.cancel()
            if cut.shut:
                self.shut.set()
            self._open -= {writer, far_writer}
            for end in (writer, far_writer):
                end.close()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int, until: bytes = b""
) -> None:
    """Pass on ``count`` bytes, or all up to ``until``; return when there is more, or when no more come."""
    passed = b""
    try:
        while data := await reader.read(65536):
            writer.write(data[:count])
            await writer.drain()
            passed = (passed + data)[-1000:] if until else b""
            if len(data) > count or (until and until in passed):
                return
            count -= len(data)
    except OSError:
        return


@contextmanager
def cutting_proxy(loop: LoopThread, gateway: Gateway) -> Iterator[CuttingProxy]:
    """A running proxy in front of this gateway."""
    proxy = CuttingProxy(int(gateway.url.rsplit(":", 1)[1]))
    loop.call(proxy.start())
    try:
        yield proxy
    finally:
        loop.call(proxy.stop())
