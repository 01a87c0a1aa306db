"""Production's command, begun in a process that has read production's modules already.

Reading them is most of what a start costs, and tests under load start gateways again and again. One process
reads them once and forks another for each start: from there on it is what `entente` with those arguments is,
with its own id, variables and pipes, and killed, frozen or limited like any other. Starts from nothing are
tested in tests/cli, tests/drills and tests/gateway/test_stopping.py.
"""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence

LONGEST_ORDER = 2**20


class Started:
    """A process that was forked: as one of asyncio's, with pipes for standard input and error."""

    def __init__(self, starter: "Starter", pid: int, stdin: int, stderr: asyncio.StreamReader) -> None:
        self.pid = pid
        self.stderr = stderr
        self._starter = starter
        self._stdin = stdin
        self._code: int | None = None
        self._watched = os.pidfd_open(pid)
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._watched, self._end)

    def send_signal(self, number: int) -> None:
        """ProcessLookupError when it has ended."""
        if self._code is not None:
            raise ProcessLookupError
        os.kill(self.pid, number)

    async def wait(self) -> int:
        """Its exit code once it has ended; of a signal, its number below zero."""
        await self._ended.wait()
        assert self._code is not None
        return self._code

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._watched)
        os.close(self._watched)
        os.close(self._stdin)
        self._code = self._starter.ask({"ended": self.pid})
        self._ended.set()


class Starter:
    """The process that forks; it ends with this one."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.starter", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def ask(self, order: Mapping[str, object], descriptors: Sequence[int] = ()) -> int:
        """Give an order and wait for its answer, which comes at once."""
        socket.send_fds(self._socket, [json.dumps(order).encode()], descriptors)
        answer = self._socket.recv(LONGEST_ORDER)
        assert answer, f"the starter ended: {self._process.wait()}"
        return int(answer)

    async def start(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Started:
        """Start `entente` with these arguments; what it says on standard output is lost."""
        inner, stdin = os.pipe()
        reading, outer = os.pipe()
        nothing = os.open(os.devnull, os.O_WRONLY)
        try:
            order = {"arguments": list(arguments), "environment": dict(environment)}
            pid = self.ask(order, (inner, nothing, outer))
        finally:
            for descriptor in (inner, nothing, outer):
                os.close(descriptor)
        stderr = asyncio.StreamReader()
        pipe = os.fdopen(reading, "rb", buffering=0)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(stderr), pipe)
        return Started(self, pid, stdin, stderr)

    def stop(self) -> None:
        """End the process that forks; what it forked ends by itself when its standard input does."""
        self._socket.close()
        self._process.wait()


def serve(orders: socket.socket) -> None:
    """Fork for each order, until nobody is left who could give one."""
    while True:
        text, descriptors, _, _ = socket.recv_fds(orders, LONGEST_ORDER, 3)
        if not text:
            return
        order = json.loads(text)
        if "ended" in order:
            _, status = os.waitpid(order["ended"], 0)
            answer = os.waitstatus_to_exitcode(status)
        elif answer := os.fork():
            for descriptor in descriptors:
                os.close(descriptor)
        else:
            orders.close()
            become(order["arguments"], order["environment"], descriptors)
        orders.send(str(answer).encode())


def become(arguments: Sequence[str], environment: Mapping[str, str], descriptors: Sequence[int]) -> None:
    """Be `entente` with these arguments, in a process that was just forked; does not return."""
    from entente.cli import main

    code: object = 1
    try:
        for place, descriptor in enumerate(descriptors):
            os.dup2(descriptor, place)
            os.close(descriptor)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["entente", *arguments]
        main()
        code = 0
    except SystemExit as end:
        code = end.code
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    import gateways.http.server  # noqa: F401

    with socket.socket(fileno=int(sys.argv[1])) as given:
        serve(given)
