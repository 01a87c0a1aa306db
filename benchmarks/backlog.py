"""A partner is away for long: everything accepted waits, falls overdue, and drains once it is back.

Real processes and a real broker, each gateway with its feed, its deadlines and every keeper. What matters is
what grows with the backlog: memory must not, and nobody may wait long for a commit meanwhile.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from benchmarks.children import Answer, Child
from benchmarks.world import Broker, founded, running_broker, running_nation
from drills.load.processes import cpu_seconds, directory_bytes, resident_bytes
from drills.load.realm import nations
from entente.state_dir import StateDir

AT_ONCE = 256
WARM_UP = 1000
CHUNK = 2000
OBJECTIVE = 30
"""Seconds until a message is overdue for delivery: the shortest that a realm may set."""
_LOOK_SECONDS = 0.5


@dataclass
class Phase:
    """One part of the course; memory in bytes, by process: when it began, its highest, when it ended."""

    name: str
    seconds: float = 0.0
    done: int = 0
    longest_commit: float = 0.0
    """Seconds that the originator's next commit took at worst; asked every half second."""
    resident: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    """Processor time that each process used."""


@dataclass(frozen=True)
class Backlog:
    """``peaks`` (memory) and ``disk`` in bytes: of each gateway and of the broker."""

    messages: int
    phases: tuple[Phase, ...]
    peaks: dict[str, int]
    disk: dict[str, int]
    events: int


class _Course:
    """The phases of one run, and the processes that are there."""

    def __init__(self, state: StateDir, broker: Broker, ours: Child) -> None:
        self.phases: list[Phase] = []
        self.ours = ours
        self.pids = {"originator": ours.pid, "broker": broker.pid}
        self._places = {
            "originator": state.gateway(nations(2)[0]),
            "partner": state.gateway(nations(2)[1]),
            "broker": state.broker,
        }

    @contextlib.asynccontextmanager
    async def phase(self, name: str, done: int) -> AsyncIterator[Phase]:
        """Time what happens inside, and watch memory."""
        phase = Phase(name, done=done)
        self.phases.append(phase)
        watching = asyncio.create_task(self._watch(phase))
        before = {name: cpu_seconds(pid) for name, pid in self.pids.items()}
        began = time.monotonic()
        try:
            yield phase
            phase.seconds = time.monotonic() - began
            phase.cpu_seconds = {name: cpu_seconds(pid) - before[name] for name, pid in self.pids.items()}
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        self._note(phase)

    async def until(self, phase: Phase, reached: Callable[[Answer], Awaitable[bool]]) -> Answer:
        """Ask the originator how it stands until ``reached`` says so."""
        while True:
            standing = await self.ours.ask("standing")
            phase.longest_commit = max(phase.longest_commit, standing["commit_seconds"])
            if await reached(standing):
                return standing
            await asyncio.sleep(_LOOK_SECONDS)

    def peaks(self) -> dict[str, int]:
        """The most that each process ever held."""
        return {name: resident_bytes(pid, peak=True) for name, pid in self.pids.items()}

    def disk(self) -> dict[str, int]:
        """What each one's files hold now."""
        return {name: directory_bytes(path) for name, path in self._places.items()}

    async def _watch(self, phase: Phase) -> None:
        while True:
            self._note(phase)
            await asyncio.sleep(_LOOK_SECONDS)

    def _note(self, phase: Phase) -> None:
        for name, pid in self.pids.items():
            now = resident_bytes(pid)
            first, most, _ = phase.resident.get(name, (now, now, now))
            phase.resident[name] = (first, max(most, now), now)


async def measure(messages: int) -> Backlog:
    """Accept ``messages`` for a partner that is away, let all fall overdue, let it come back.

    Raises RuntimeError when one was lost or came twice.
    """
    name = nations(2)[1]
    with founded(2, objective=OBJECTIVE) as (state, _):
        async with running_broker(state) as broker, running_nation(state, broker, nations(2)[0]) as ours:
            await ours.ask("ready")
            async with running_nation(state, broker, name) as partner:
                await partner.ask("ready")
                warm = await ours.ask("load", recipients=[name], count=WARM_UP, at_once=AT_ONCE)
            course = _Course(state, broker, ours)
            expected = messages * warm["accept_seconds"] / WARM_UP
            due = datetime.now(UTC) + timedelta(seconds=1.2 * expected + OBJECTIVE)
            await _accept(course, name, messages, due)
            await _fall_overdue(course, messages)
            disk = course.disk()
            async with running_nation(state, broker, name) as partner:
                await partner.ask("ready")
                course.pids["partner"] = partner.pid
                await _drain(course, partner, messages)
                inbox = (await partner.ask("usage"))["inbox"]
                peaks = course.peaks()
            if inbox != messages + WARM_UP:
                raise RuntimeError(f"{messages + WARM_UP} messages were sent, the inbox holds {inbox}")
            events = (await ours.ask("standing"))["events"]
            last = course.disk()
    waiting = {f"{place}, all waiting": size for place, size in disk.items()}
    ended = {f"{place}, at the end": size for place, size in last.items()}
    return Backlog(messages, tuple(course.phases), peaks, waiting | ended, events)


async def _accept(course: _Course, name: str, messages: int, due: datetime) -> None:
    async with course.phase("accept and send, partner away", messages) as phase:
        for first in range(0, messages, CHUNK):
            by = max(due, datetime.now(UTC) + timedelta(seconds=10)).isoformat().replace("+00:00", "Z")
            numbers = [first, min(first + CHUNK, messages)]
            await course.ours.ask("accept", recipients=[name], numbers=numbers, at_once=AT_ONCE, due=by)
            standing = await course.ours.ask("standing")
            phase.longest_commit = max(phase.longest_commit, standing["commit_seconds"])

        async def sent(standing: Answer) -> bool:
            return not standing["queued"]

        await course.until(phase, sent)
    # Every acknowledgement falls due in one moment.
    await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))


async def _fall_overdue(course: _Course, messages: int) -> None:
    async with course.phase("note that all are overdue", messages) as phase:

        async def noted(standing: Answer) -> bool:
            overdue = standing["overdue"]
            return all(overdue.get(each, 0) >= messages for each in ("delivery", "acknowledgement"))

        await course.until(phase, noted)


async def _drain(course: _Course, partner: Child, messages: int) -> None:
    async with course.phase("deliver and receipt, partner back", messages) as phase:

        async def settled(standing: Answer) -> bool:
            return not standing["queued"] and not standing["unreceipted"]

        await course.until(phase, settled)
