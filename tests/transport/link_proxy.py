"""A TCP proxy on loopback that can cut its links, or let them hang."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class LinkProxy:
    """Forwards to `port`; `cut` closes everything and refuses, `freeze` swallows, `heal` forwards again."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._refusing = False
        self._frozen: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.url = ""

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"nats://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Every link breaks, and new ones are refused."""
        self._refusing = True
        for writer in self._open:
            writer.close()

    def freeze(self) -> None:
        """The links that are open now carry nothing any more, yet stay open; new ones work."""
        self._frozen |= self._open

    def heal(self) -> None:
        self._refusing = False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        if self._refusing:
            writer.close()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._open |= {writer, far_writer}
        try:
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        finally:
            self._open -= {writer, far_writer}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if writer not in self._frozen:
                    writer.write(data)
                    await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def link_proxy(port: int) -> AsyncIterator[LinkProxy]:
    proxy = LinkProxy(port)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
