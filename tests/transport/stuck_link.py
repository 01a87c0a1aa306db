"""A way to the broker on which, from one moment on, nobody reads any more and nobody hangs up."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class StuckLink:
    """Forwards to the broker's port until `stick`; connections made later work again."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.Task[None]] = set()
        self._stuck: set[asyncio.StreamWriter] = set()
        self.url = ""

    def stick(self) -> None:
        """Leave what is open as it is, unread."""
        for task in self._open:
            task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._stuck.add(writer)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        ways = [
            asyncio.create_task(_carry(reader, far_writer)),
            asyncio.create_task(_carry(far_reader, writer)),
        ]
        self._open.update(ways)
        self._stuck.add(far_writer)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            if not any(way.cancelled() for way in ways):
                writer.close()
                far_writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["StuckLink"]:
        """Listen on a port of its own."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            self.stick()
            for writer in self._stuck:
                writer.transport.abort()
            await asyncio.gather(*self._open, return_exceptions=True)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
