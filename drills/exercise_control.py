"""Exercise control over a play: acts taken as they come, and the player let on accordingly."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from drills.control import Answer, Course
from drills.dependence import brings_back, needs
from drills.inject import Inject
from drills.partner_system import PartnerSystem
from drills.played import Played
from drills.scenario import Scenario
from schemas.drill_control import ControlAct, ControlLine
from schemas.drill_journal import ActHeard, NotTaken

SOMEBODY = "somebody"
"""Who wrote what cannot be read."""


class Holdable(Protocol):
    """Port: what stands still while the play is held."""

    def hold(self) -> None:
        """It stands still from now on."""

    def go_on(self) -> None:
        """It runs again."""


class ExerciseControl:
    """Implements `drills.gate.Gate`. ``changed`` is called whenever an inject or the hold has changed."""

    def __init__(self, scenario: Scenario, changed: Callable[[], None] = lambda: None) -> None:
        self.course = Course(
            tuple(inject.serial for inject in scenario.injects),
            needs(scenario),
            frozenset(inject.serial for inject in scenario.injects if brings_back(inject)),
        )
        self.so_far = Played()
        self.partners: Mapping[str, PartnerSystem] = {}
        self.acts: list[ActHeard] = []
        self.is_judging = False
        """Everything was played."""
        self.withdrawn = 0
        """Messages that were cancelled after an abort."""
        self.changed = changed
        self._clock: Holdable | None = None
        self._stirred = asyncio.Event()

    def act(self, act: ControlAct, by: str, serial: str | None = None) -> NotTaken | None:
        """Take an act; or why it is not taken. It holds for the next inject, never within one."""
        was_held = self.course.held_by is not None
        refused = self.course.act(act, by, serial)
        if refused is None:
            self._let_clock_follow(was_held)
            self._stirred.set()
        self._note(ActHeard(at=datetime.now(UTC), by=by, act=act, serial=serial, refused=refused))
        return refused

    def hear(self, line: ControlLine | None) -> None:
        """A line of the control file; None for one that is no act."""
        if line is None:
            self._note_unheard(NotTaken.UNREADABLE)
        else:
            self.act(line.act, line.by, line.serial)

    def flooded(self) -> None:
        """There are more lines in the control file than are heeded."""
        self._note_unheard(NotTaken.TOO_MANY)

    def _note_unheard(self, why: NotTaken) -> None:
        self._note(ActHeard(at=datetime.now(UTC), by=SOMEBODY, refused=why))

    def _note(self, heard: ActHeard) -> None:
        self.acts.append(heard)
        self.changed()

    def _let_clock_follow(self, was_held: bool) -> None:
        held = self.course.held_by is not None
        if self._clock is not None and held != was_held:
            (self._clock.hold if held else self._clock.go_on)()

    def paces(self, clock: Holdable) -> None:
        """This clock stands still while the play is held."""
        self._clock = clock

    def sees(self, so_far: Played, partners: Mapping[str, PartnerSystem]) -> None:
        """What is played is entered there as it goes on."""
        self.so_far, self.partners = so_far, partners

    async def admits(self, inject: Inject, due: Coroutine[Any, Any, None]) -> bool:
        """Whether the inject is played, once its time has come and nobody holds the play."""
        coming = asyncio.create_task(due)
        try:
            while True:
                self._stirred.clear()
                answer = self.course.comes_to(inject.serial, due=coming.done())
                self.changed()
                if answer is Answer.PASS:
                    return False
                if answer is Answer.PLAY:
                    await coming
                    return True
                if self.course.held_by is not None and self._clock is not None:
                    # Also where it was held before the clock was started.
                    self._clock.hold()
                await self._stirred_or(coming)
        finally:
            coming.cancel()

    async def unless_aborted(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this to its end, or until the play is aborted."""
        running = asyncio.create_task(work)
        try:
            while not running.done() and not self.aborted:
                self._stirred.clear()
                await self._stirred_or(running)
            if not self.aborted:
                await running
        finally:
            running.cancel()

    def everything_is_played(self) -> None:
        """Injects and actors are done: from now on it is judged."""
        was_held = self.course.held_by is not None
        self.course.end()
        self._let_clock_follow(was_held)
        self.is_judging = True
        self.changed()

    async def _stirred_or(self, coming: asyncio.Task[None]) -> None:
        """Wait for an act, or until nothing more is waited for but one."""
        stirred = asyncio.create_task(self._stirred.wait())
        try:
            awaited = {stirred} if coming.done() else {stirred, coming}
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stirred.cancel()

    def broke(self, inject: Inject, why: str) -> bool:
        """What cannot be played ends the drill, unless something before it was skipped."""
        goes_on = self.course.broke(inject.serial, why)
        self.changed()
        return goes_on

    def played(self, inject: Inject) -> None:
        """The score may have changed."""
        self.changed()

    @property
    def aborted(self) -> bool:
        """Whether the play was ended before its time."""
        return self.course.aborted_by is not None
