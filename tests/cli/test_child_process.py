"""The processes of a realm: started again whatever comes between, stopped without losing a cancellation."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from entente import child_process
from entente.child_process import ChildProcess
from entente.ending_tasks import ended


@contextlib.asynccontextmanager
async def stubborn() -> AsyncIterator[tuple["asyncio.Task[None]", asyncio.Event]]:
    """A task that takes its time to end, until the event is set."""
    begun, go = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await go.wait()

    task = asyncio.create_task(run())
    await begun.wait()
    yield task, go
    go.set()
    await asyncio.wait((task,))


async def test_who_is_cancelled_while_a_task_is_being_ended_hears_of_it() -> None:
    async with stubborn() as (task, go):
        ending = asyncio.create_task(ended(task, "it", lambda _: None))
        while not task.cancelling():  # noqa: ASYNC110 - until it waits for the task
            await asyncio.sleep(0)
        ending.cancel()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await ending


async def test_a_task_that_had_failed_is_told_of_and_one_that_is_cancelled_is_not() -> None:
    told: list[str] = []

    async def fail() -> None:
        raise OSError("no text of it is told")

    task = asyncio.create_task(fail())
    await asyncio.wait((task,))
    await ended(task, "the watch", told.append)
    await ended(asyncio.create_task(asyncio.sleep(60)), "the other", told.append)
    assert told == ["the watch had failed: OSError"]


async def test_what_cannot_be_started_again_is_told_of_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_process, "FIRST_PAUSE", 0.05)
    told: asyncio.Queue[str] = asyncio.Queue()
    folder = tmp_path / "logs"
    folder.mkdir()
    child = ChildProcess("the child", ("no-such-command",), {}, folder / "child.log", told.put_nowait)
    await child.start()
    try:
        (folder / "child.log").unlink()
        folder.rmdir()
        assert "ended (exit code" in await told.get()
        assert await told.get() == "the child cannot be started (No such file or directory); trying in 0.1 s"
        folder.mkdir()
        assert "ended (exit code" in await told.get()
    finally:
        await child.stop()
