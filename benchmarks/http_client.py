"""A child process that is a partner system: POSTs over kept-open connections, follows an inbox stream.

Raw sockets, so that the client's own cost stays small beside the gateway's.
"""

import asyncio
import json
import sys
import time

import uvloop

from benchmarks.children import Answer, answer_commands, settings_given
from benchmarks.drafts import draft

_HEAD_END = b"\r\n\r\n"


class Connection:
    """One connection to a gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str) -> None:
        self._reader = reader
        self._writer = writer
        self._key = key

    @classmethod
    async def open(cls, port: int, key: str) -> "Connection":
        """Connect to a gateway on loopback."""
        return cls(*await asyncio.open_connection("127.0.0.1", port), key)

    async def post(self, body: bytes) -> Answer:
        """POST a draft and read the answer, which has to be 201."""
        self._writer.write(
            b"POST /v1/messages HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer %b\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (self._key.encode(), len(body), body)
        )
        head = await self._reader.readuntil(_HEAD_END)
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        answer = await self._reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 201"):
            raise RuntimeError(f"POST was answered {head[9:12].decode()}")
        parsed: Answer = json.loads(answer)
        return parsed

    async def follow(self) -> None:
        """Ask for the inbox stream from now on and wait until it has begun."""
        self._writer.write(
            b"GET /v1/inbox/stream HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer %b\r\n\r\n"
            % self._key.encode()
        )
        head = await self._reader.readuntil(_HEAD_END)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the stream was answered {head[9:12].decode()}")
        await self._reader.readuntil(b": connected")

    async def event(self) -> bytes:
        """Wait for the next event that is a message; its data."""
        while True:
            line = await self._reader.readuntil(b"\n")
            if line.startswith(b"data: "):
                return line

    def close(self) -> None:
        """Close it."""
        self._writer.close()


class Client:
    """Answers the benchmark's commands."""

    def __init__(self, port: int, key: str, partner_port: int, partner_key: str) -> None:
        self._port, self._key = port, key
        self._partner_port, self._partner_key = partner_port, partner_key

    async def accept(self, recipients: list[str], count: int, connections: int) -> Answer:
        """POST ``count`` drafts over so many connections: seconds from the first to the last answer."""
        waiting = iter([draft(tuple(recipients), number) for number in range(count)])
        opened = [await Connection.open(self._port, self._key) for _ in range(connections)]

        async def worker(connection: Connection) -> None:
            for body in waiting:
                await connection.post(body)

        began = time.monotonic()
        await asyncio.gather(*map(worker, opened))
        seconds = time.monotonic() - began
        for connection in opened:
            connection.close()
        return {"seconds": seconds, "cpu_seconds": time.process_time()}

    async def idle(self, recipients: list[str], count: int, pause: float, seconds: float) -> Answer:
        """POST one draft at a time: seconds from before the POST to its event on the partner's stream."""
        sender = await Connection.open(self._port, self._key)
        stream = await Connection.open(self._partner_port, self._partner_key)
        await stream.follow()
        times = []
        ends = time.monotonic() + seconds
        for number in range(count):
            if time.monotonic() > ends:
                break
            body = draft(tuple(recipients), number)
            began = time.monotonic()
            answering = asyncio.ensure_future(sender.post(body))
            event = await stream.event()
            times.append(time.monotonic() - began)
            if (await answering)["message_id"].encode() not in event:
                raise RuntimeError("another message came than the one sent")
            await asyncio.sleep(pause)
        sender.close()
        stream.close()
        return {"times": times}


async def _serve(given: Answer) -> None:
    client = Client(**given)
    await answer_commands({"accept": client.accept, "idle": client.idle})


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings_given()))
    sys.exit(0)
