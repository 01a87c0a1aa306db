"""Gateways made up for a load's tests: one server speaks for all nations, told apart by their keys.

It answers no draft before `gathers` of them have come: a sender that waits for an answer before it sends the
next would wait for ever.
"""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

from drills.partner_system import GatewayAccess

NATIONS = ("XAA", "XAB", "XAC")
_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


class MadeUpGateways:
    """What goes wrong is switched on by name, each once."""

    def __init__(self, gathers: int, *wrong: str) -> None:
        self._gathers = gathers
        self._wrong = set(wrong)
        self._enough = asyncio.Event()
        self._answers: dict[str, bytes] = {}
        self._streams: dict[tuple[str, str], list[asyncio.StreamWriter]] = defaultdict(list)
        self._seq = 0
        self.came: list[str] = []
        """Idempotency keys of drafts, in order."""
        self.url = ""

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[dict[str, GatewayAccess]]:
        """Serve; yields where each nation's gateway is."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield {nation: GatewayAccess(nation, self.url, nation) for nation in NATIONS}
        finally:
            server.close()

    def _goes_wrong(self, what: str) -> bool:
        if what not in self._wrong:
            return False
        self._wrong.remove(what)
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                path = head[0].split(" ")[1].partition("?")[0]
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
                nation = headers["authorization"].removeprefix("bearer ").upper()
                if path.endswith("/stream"):
                    await self._open_stream(nation, path, writer)
                    continue
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.came.append(headers["idempotency-key"])
                if self._goes_wrong("connection"):
                    break
                if len(self.came) >= self._gathers:
                    self._enough.set()
                await self._enough.wait()
                status, answer = self._take(nation, headers["idempotency-key"], body)
                length = b"Content-Length: %d" % len(answer)
                writer.write(b"HTTP/1.1 %d X\r\n%b\r\n\r\n%b" % (status, length, answer))
        writer.close()

    async def _open_stream(self, nation: str, path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(_STREAM)
        self._tell(writer, b"retry: 1000\nid: 0\n: connected\n\n")
        self._streams[path, nation].append(writer)

    def _take(self, nation: str, key: str, body: bytes) -> tuple[int, bytes]:
        """The first answer again for a key that came before; else accept, or refuse, and deliver."""
        if key in self._answers:
            return 201, self._answers[key]
        if self._goes_wrong("refusal"):
            return 422, json.dumps({"code": "NOT_RELEASABLE"}).encode()
        if self._goes_wrong("busy"):
            return 503, json.dumps({"code": "GATEWAY_BUSY"}).encode()
        draft = json.loads(body)
        recipients = draft["label"]["releasable_to"]
        answer = {"publication_id": f"p-{key}", "message_id": f"m-{key}", "recipients": recipients}
        self._answers[key] = json.dumps(answer).encode()
        for recipient in recipients:
            entry = {"originator": nation, "message_id": f"m-{key}", "digest": "d", "message": draft}
            times = 0 if self._goes_wrong("loss") else 2 if self._goes_wrong("copy") else 1
            if self._goes_wrong("nonsense"):
                entry = {"originator": nation}
            for _ in range(times):
                self._event("/v1/inbox/stream", recipient, entry)
            if not self._goes_wrong("receipt"):
                moved = {"publication_id": f"p-{key}", "nation": recipient, "state": "delivered"}
                # Before the answer: a receipt may be quicker.
                self._event("/v1/events/stream", nation, moved)
        return 201, self._answers[key]

    def _event(self, path: str, nation: str, value: dict[str, Any]) -> None:
        self._seq += 1
        text = b"id: %d\nevent: x\ndata: %b\n\n" % (self._seq, json.dumps(value).encode())
        for writer in self._streams[path, nation]:
            self._tell(writer, text)

    @staticmethod
    def _tell(writer: asyncio.StreamWriter, text: bytes) -> None:
        # In two chunks: events need not come whole.
        for part in (text[:7], text[7:]):
            writer.write(b"%x\r\n%b\r\n" % (len(part), part))
