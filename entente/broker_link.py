"""The way between one gateway and the broker, as drills and tests disturb it: a TCP proxy on loopback."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from entente.nats_frames import FrameOrder

_CHUNK = 65_536
_WAITING_OCTETS = 4 * 1024 * 1024
"""How much a slow link takes in before it lets the sender wait."""
NEIGHBOUR_SECONDS = 0.03
"""How long a message waits for the one that is to overtake it."""


class BrokerLink:
    """Forwards to the broker's port. It carries what comes at once, later, in another order, or never."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.StreamWriter] = set()
        self._made: list[asyncio.WriteTransport] = []
        self._cut = False
        self.frozen: set[asyncio.StreamWriter] = set()
        """Where nothing more is written."""
        self.swapping = False
        self.delay = 0.0

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
        # What was closed in order before may still wait for a peer that reads no more.
        for transport in self._made:
            transport.abort()
        await asyncio.sleep(0)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def cut(self) -> None:
        """Break what is open, whatever was under way on it, and refuse what comes."""
        self._cut = True
        for writer in self._open:
            # Not closed in order: that would wait for a peer that stands still to read what is left.
            writer.transport.abort()

    def freeze(self) -> None:
        """What is open now carries nothing any more, yet stays open; new connections work."""
        self.frozen |= self._open

    def slow_down(self, seconds: float) -> None:
        """Let everything arrive so many seconds later, in both directions, in its order."""
        self.delay = seconds

    def reorder(self) -> None:
        """Let neighbouring messages change places, in both directions; no frame is torn, nothing is lost."""
        self.swapping = True

    def restore(self) -> None:
        """Carry everything at once and in order again. What was frozen stays so until it is closed."""
        self._cut, self.swapping, self.delay = False, False, 0.0

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self._cut:
            writer.transport.abort()
            return
        # Cancelled by `stop` alone; Python 3.11's streams would report that as a fault of this callback.
        with self._kept(writer), contextlib.suppress(OSError, asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
            with self._kept(far_writer):
                if self._cut:
                    return
                async with asyncio.TaskGroup() as both:
                    both.create_task(_Direction(self, reader, far_writer).carry())
                    both.create_task(_Direction(self, far_reader, writer).carry())

    @contextlib.contextmanager
    def _kept(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        self._open.add(writer)
        self._made.append(writer.transport)
        try:
            yield
        finally:
            self._open.discard(writer)
            self.frozen.discard(writer)
            writer.close()


class _Direction:
    """One direction of a connection, until either side ends."""

    def __init__(self, link: BrokerLink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._link = link
        self._reader = reader
        self._writer = writer
        self._order = FrameOrder()
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._octets = 0
        self._changed = asyncio.Event()
        self._ended = False

    async def carry(self) -> None:
        """Each piece leaves when its delay is over."""
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._take_in())
                both.create_task(self._let_out())
        except* OSError:
            pass  # one side broke off: so does the other
        finally:
            self._writer.close()

    async def _take_in(self) -> None:
        while data := await self._next():
            if self._writer not in self._link.frozen:
                self._order.swapping = self._link.swapping
                self._put(self._order.take(data))
            while self._octets > _WAITING_OCTETS:
                await self._change()
        self._put(self._order.release())
        self._ended = True
        self._changed.set()

    async def _next(self) -> bytes:
        """What comes next; meanwhile no message waits long for one that does not come."""
        if not self._order.holding:
            return await self._reader.read(_CHUNK)
        coming = asyncio.ensure_future(self._reader.read(_CHUNK))
        try:
            await asyncio.wait((coming,), timeout=NEIGHBOUR_SECONDS)
            if not coming.done():
                self._put(self._order.release())
            return await coming
        finally:
            coming.cancel()

    def _put(self, data: bytes) -> None:
        if data and self._writer not in self._link.frozen:
            self._waiting.append((asyncio.get_running_loop().time() + self._link.delay, data))
            self._octets += len(data)
            self._changed.set()

    async def _let_out(self) -> None:
        while self._waiting or not self._ended:
            if not self._waiting:
                await self._change()
                continue
            due, data = self._waiting.popleft()
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            if self._writer not in self._link.frozen:
                self._writer.write(data)
                await self._writer.drain()
            self._octets -= len(data)
            self._changed.set()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
