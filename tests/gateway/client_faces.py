"""Both faces of the Python client behind one, so that each test is written once and runs with both."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from entente.client import AsyncClient, Client

PATIENCE = 60.0
FACES = ("blocking", "async")


class Taking:
    """The next ``count`` things of a stream, read in a thread; the stream is given up then."""

    def __init__(self, read: Callable[[Callable[[Any], bool]], None], count: int) -> None:
        self._count = count
        self._found: list[Any] = []
        self._news = threading.Condition()
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(read,), daemon=True)
        self._thread.start()

    def wait_for(self, count: int) -> list[Any]:
        """What came, once it is so many. AssertionError when they do not come, or what the client raised."""
        with self._news:
            came = self._news.wait_for(lambda: self._fault or len(self._found) >= count, PATIENCE)
        if self._fault is not None:
            raise self._fault
        assert came, f"{len(self._found)} of {count} came"
        return list(self._found)

    def all(self) -> list[Any]:
        """All of them, the stream having been closed."""
        found = self.wait_for(self._count)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return found

    def _run(self, read: Callable[[Callable[[Any], bool]], None]) -> None:
        try:
            read(self._enough)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            with self._news:
                self._fault = error
                self._news.notify_all()

    def _enough(self, one: Any) -> bool:
        with self._news:
            self._found.append(one)
            self._news.notify_all()
        return len(self._found) == self._count


class BlockingFace:
    """`Client`, as it is."""

    def __init__(self, url: str, **options: Any) -> None:
        self.client: Any = Client(url, **options)

    def do(self, request: Callable[[Any], Any]) -> Any:
        """The result of a request."""
        return request(self.client)

    def taking(self, follow: Callable[[Any], Any], count: int) -> Taking:
        """Begin to read a stream."""

        def read(enough: Callable[[Any], bool]) -> None:
            following = follow(self.client)
            for one in following:
                if enough(one):
                    break
            following.close()

        return Taking(read, count)

    def take(self, follow: Callable[[Any], Any], count: int) -> list[Any]:
        """The next things of a stream."""
        return self.taking(follow, count).all()

    def close(self) -> None:
        self.client.close()


class AsyncFace(BlockingFace):
    """`AsyncClient`, on a loop in a thread."""

    def __init__(self, url: str, **options: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.client = AsyncClient(url, **options)

    def do(self, request: Callable[[Any], Any]) -> Any:
        """The result of a request."""
        return asyncio.run_coroutine_threadsafe(request(self.client), self._loop).result(PATIENCE)

    def taking(self, follow: Callable[[Any], Any], count: int) -> Taking:
        """Begin to read a stream."""

        async def follow_on(enough: Callable[[Any], bool]) -> None:
            following = follow(self.client)
            async for one in following:
                if enough(one):
                    break
            await following.aclose()

        return Taking(
            lambda enough: asyncio.run_coroutine_threadsafe(follow_on(enough), self._loop).result(), count
        )

    def close(self) -> None:
        self.do(lambda client: client.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()


def new_face(name: str, url: str, **options: Any) -> BlockingFace:
    """One of FACES."""
    return AsyncFace(url, **options) if name == "async" else BlockingFace(url, **options)
