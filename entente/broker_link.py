"""The way between one gateway and the broker, as a drill disturbs it: a TCP proxy on loopback."""

import asyncio
import contextlib

_CHUNK = 65_536
_WAITING_CHUNKS = 64
"""How much a slow link takes in before it lets the sender wait."""


class BrokerLink:
    """Forwards to the broker's port. It carries what comes at once, later, or nothing."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.StreamWriter] = set()
        self._cut = False
        self._delay = 0.0

    @property
    def url(self) -> str:
        """Where the gateway finds the broker. Only after `start`."""
        assert self._server is not None
        return f"nats://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def start(self) -> None:
        """Listen on a port of its own."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Break everything and listen no more."""
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Break what is open and refuse what comes."""
        self._cut = True
        for writer in self._open:
            writer.close()

    def slow_down(self, seconds: float) -> None:
        """Let everything arrive so many seconds later, in both directions, in its order."""
        self._delay = seconds

    def restore(self) -> None:
        """Carry everything at once again."""
        self._cut, self._delay = False, 0.0

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._open.add(writer)
        try:
            if not self._cut:
                await self._carry(reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
            self._open.add(far_writer)
            try:
                async with asyncio.TaskGroup() as pumps:
                    pumps.create_task(self._pump(reader, far_writer))
                    pumps.create_task(self._pump(far_reader, writer))
            finally:
                self._open.discard(far_writer)
                far_writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one direction until either side ends; each piece leaves when its delay is over."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_WAITING_CHUNKS)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._take_in(reader, waiting))
                both.create_task(_let_out(waiting, writer))
        except* OSError:
            pass  # one side broke off: so does the other
        finally:
            writer.close()

    async def _take_in(
        self, reader: asyncio.StreamReader, waiting: "asyncio.Queue[tuple[float, bytes]]"
    ) -> None:
        while data := await reader.read(_CHUNK):
            await waiting.put((asyncio.get_running_loop().time() + self._delay, data))
        await waiting.put((0.0, b""))


async def _let_out(waiting: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
    while True:
        due, data = await waiting.get()
        if not data:
            return
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        writer.write(data)
        await writer.drain()
