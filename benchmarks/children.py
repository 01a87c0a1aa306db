"""Child processes that answer commands: one JSON object a line each way over their standard input and output.

A child ends when its standard input ends, so none outlives the benchmark.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

Answer = dict[str, Any]
ANSWER_SECONDS = 120.0
_LINE_BYTES = 64 * 1024 * 1024


class ChildFailed(Exception):
    """A child ended, reported an error or did not answer in time."""


class Child:
    """The parent's side of one child. Made by ``child``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    async def ask(self, command: str, **arguments: Any) -> Answer:
        """Send a command and wait for its answer. Raises ChildFailed."""
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"command": command, **arguments}).encode() + b"\n")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                line = await process.stdout.readline()
        except TimeoutError:
            raise ChildFailed(f"{command}: no answer within {ANSWER_SECONDS:.0f} s") from None
        if not line:
            raise ChildFailed(f"{command}: the child ended")
        answer: Answer = json.loads(line)
        if "error" in answer:
            raise ChildFailed(f"{command}: {answer['error']}")
        return answer


@contextlib.asynccontextmanager
async def child(module: str, **settings: Any) -> AsyncIterator[Child]:
    """Run ``python -m module`` with ``settings``; it is asked to end, and killed when it does not."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        json.dumps(settings),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_BYTES,
    )
    try:
        yield Child(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 15)
        except TimeoutError:
            process.kill()
            await process.wait()


def settings_given() -> Answer:
    """In a child: what ``child`` was called with."""
    settings: Answer = json.loads(sys.argv[1])
    return settings


async def answer_commands(commands: dict[str, Callable[..., Awaitable[Answer]]]) -> None:
    """In a child: answer commands until standard input ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(_LINE_BYTES, loop=loop)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader, loop=loop), sys.stdin)
    while line := await reader.readline():
        request = json.loads(line)
        try:
            answer = await commands[request.pop("command")](**request)
        except Exception as error:  # noqa: BLE001 - the parent reports it
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
