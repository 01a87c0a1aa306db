"""Ending what runs in the background, without losing what is to be heard of."""

import asyncio
from collections.abc import Callable

Report = Callable[[str], None]


async def ended(task: "asyncio.Task[None]", what: str, report: Report) -> None:
    """Cancel a task and wait until it is over; had it failed, that is reported.

    Whoever waits may be cancelled meanwhile, and hears of it: the task's own cancellation is told apart.
    """
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled() and (fault := task.exception()) is not None:
        report(f"{what} had failed: {type(fault).__name__}")
