"""A partner system's HTTP client, small and fast, so that the load is the server's.

An answer that did not come is AnswerLost: the client cannot know whether its request was carried out.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any


class AnswerLost(Exception):
    """The gateway is not there, or went away before it answered."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class HttpClient:
    """Requests to one gateway with one API key."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.key = ""
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def get(self, path: str) -> Answer:
        return await self.request("GET", path)

    async def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        return await self.request("POST", path, body, {"Content-Type": "application/json", **(headers or {})})

    async def items(self, path: str, *, limit: int = 500) -> AsyncIterator[list[Any]]:
        """Every page of a list that is read with `after`."""
        after = 0
        while True:
            page = (await self.get(f"{path}?after={after}&limit={limit}")).json()
            if not page["items"]:
                return
            yield page["items"]
            after = page["next"]

    async def items_back(self, path: str, *, limit: int = 500) -> AsyncIterator[list[Any]]:
        """Every page of a list that is read backwards with `before`."""
        before: int | None = 2**53
        while before is not None:
            page = (await self.get(f"{path}?before={before}&limit={limit}")).json()
            yield page["items"]
            before = page.get("next")

    async def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request. Raises AnswerLost."""
        given = {"Host": "gateway", "Authorization": f"Bearer {self.key}", "Content-Length": str(len(body))}
        head = "".join(f"{name}: {text}\r\n" for name, text in (given | dict(headers or {})).items())
        if method == "GET":
            # A kept connection may have been closed meanwhile, and asking twice does no harm.
            await self.close()
        try:
            reader, writer = self._idle.pop() if self._idle else await self._connect()
            try:
                writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
                await writer.drain()
                answer, keep = await _read(reader)
            except BaseException:
                writer.close()
                raise
        except (OSError, EOFError) as error:
            raise AnswerLost(type(error).__name__) from None
        if keep:
            self._idle.append((reader, writer))
        else:
            writer.close()
        return answer

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)

    async def close(self) -> None:
        """Give kept connections up, as when their server is gone."""
        idle, self._idle = self._idle, []
        for _, writer in idle:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> tuple[Answer, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    fields = {
        name.strip().lower(): text.strip() for name, _, text in (line.partition(b":") for line in head[1:])
    }
    if b"content-length" not in fields:
        raise EOFError("an answer without a length")
    body = await reader.readexactly(int(fields[b"content-length"]))
    return Answer(int(head[0].split()[1]), body), fields.get(b"connection", b"") != b"close"
