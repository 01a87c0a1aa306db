"""Starting a realm's programs: forked from a process that has read their modules, as if each had read them.

Reading them is most of what starting a gateway costs, and a realm has one for each nation. What is started is
`entente` with its arguments, in a session of its own: told, frozen and killed like any other process.
"""

import asyncio
import atexit
import contextlib
import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from entente.forking import LONGEST_ORDER

MODULES: Mapping[str, Sequence[str]] = {
    "gateway": ("entente.gateway", "gateways.http.server"),
    "console": ("entente.console", "console.app", "console.several", "console.server"),
}
"""What a program reads, by the first of its arguments."""
CODE_UNKNOWN = 255
"""The exit code of a process whose starter ended before it; asyncio says the same in such a case."""

_PATIENCE_LOAD = 120.0
_PATIENCE_ANSWER = 30.0


class StarterGoneError(OSError):
    """The process that forks has ended, or does not answer."""

    def __init__(self) -> None:
        super().__init__(None, "the process that starts others is gone")


class Started:
    """A process that was forked; as one of asyncio's."""

    def __init__(self, starter: "Starter", pid: int, stdin: int, life: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        """None while it lives; of a signal that ended it, its number below zero."""
        self._starter = starter
        self._stdin = stdin
        self._life = life
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(life, self._end)

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        await self._ended.wait()
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal; ProcessLookupError when it has ended."""
        if self.returncode is not None:
            raise ProcessLookupError
        # Until its exit code was asked for, its number goes to nobody else.
        os.kill(self.pid, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._life)
        os.close(self._life)
        os.close(self._stdin)
        try:
            self.returncode = self._starter.exit_code(self.pid)
        except StarterGoneError:
            self.returncode = CODE_UNKNOWN
        self._ended.set()


class Starter:
    """The process that forks; it ends with this one."""

    def __init__(self, modules: Sequence[str]) -> None:
        self._turn = threading.Lock()
        self._loaded = False
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # An order holds a whole environment; the system gives as much of this as it allows.
        self._orders.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST_ORDER)
        with theirs:
            # It reads what we would read, and nothing of the directory that somebody happens to be in (-P).
            places = os.pathsep.join(place for place in sys.path if os.path.isabs(place))  # noqa: PTH117 - texts
            # No terminal: a child writes its log as if it had never seen one.
            self._process = subprocess.Popen(  # noqa: S603 - ourselves, without arguments from outside
                [sys.executable, "-P", "-m", "entente.forking", str(theirs.fileno()), *modules],
                env={**os.environ, "PYTHONPATH": places},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    async def loaded(self) -> None:
        """Return once it has read its modules, which it says. StarterGoneError when it ended over that."""
        await asyncio.to_thread(self._wait_loaded)

    def start(
        self,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        stdout: int,
        stderr: int,
        kept: Sequence[int] = (),
    ) -> Started:
        """Start `entente` with these arguments and descriptors; its standard input ends when we do.

        ``kept`` are descriptors that it shall merely hold; ``name`` is what `ps` shows of it. OSError when it
        cannot be started.
        """
        order = {
            "name": name,
            "arguments": list(arguments),
            "environment": dict(environment),
            "directory": os.getcwd(),  # noqa: PTH109 - a text
        }
        inner, stdin = os.pipe()
        # The other end of this one is held by the child alone: it ends when the child does.
        life, held = os.pipe()
        try:
            answer = self._ask(order, (inner, stdout, stderr, held, *kept))
            if "refused" in answer:
                if "pid" in answer:
                    self.exit_code(answer["pid"])
                raise OSError(answer["refused"], os.strerror(answer["refused"]))  # noqa: TRY301
        except BaseException:
            os.close(stdin)
            os.close(life)
            raise
        finally:
            os.close(inner)
            os.close(held)
        return Started(self, answer["pid"], stdin, life)

    def exit_code(self, pid: int) -> int:
        """Of a child that has ended. StarterGoneError when nobody knows it any more."""
        return int(self._ask({"ended": pid})["code"])

    def stop(self) -> None:
        """End it. Its children live until their standard input ends."""
        with self._turn:
            self._orders.close()
        self._process.kill()
        self._process.wait()

    def _wait_loaded(self) -> None:
        with self._turn:
            if not self._loaded:
                self._orders.settimeout(_PATIENCE_LOAD)
                self._answer()
                self._orders.settimeout(_PATIENCE_ANSWER)
                self._loaded = True

    def _ask(self, order: Mapping[str, object], descriptors: Sequence[int] = ()) -> Any:
        """Give an order and wait for its answer, which comes at once."""
        with self._turn:
            try:
                socket.send_fds(self._orders, [json.dumps(order).encode()], descriptors)
            except OSError as error:
                if error.errno == errno.EMSGSIZE:
                    raise  # nothing was sent: the environment is too large for one order
                raise self._gone() from error
            try:
                return json.loads(self._answer())
            except BaseException:
                self._gone()  # we were interrupted, and its answer is still to come
                raise

    def _answer(self) -> bytes:
        try:
            answer = self._orders.recv(LONGEST_ORDER)
        except OSError as error:
            raise self._gone() from error
        if not answer:
            raise self._gone()
        return answer

    def _gone(self) -> StarterGoneError:
        """It is not asked again: a late answer might be taken for the next one's."""
        self._process.kill()
        self._process.wait()
        return StarterGoneError()


_starters: dict[str, Starter] = {}
_turn = threading.Lock()


async def starter_of(program: str) -> Starter:
    """This process's starter of a program, ready: begun when first asked for, or when the last one ended."""
    with _turn:
        starter = _starters.get(program)
        if starter is None or not starter.alive:
            if starter is not None:
                starter.stop()
            starter = _starters[program] = Starter(MODULES.get(program, ()))
    await starter.loaded()
    return starter


@atexit.register
def _stop_all() -> None:
    with _turn, contextlib.ExitStack() as stack:
        for starter in _starters.values():
            stack.callback(starter.stop)
