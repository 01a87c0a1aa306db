"""Keys that control a drill in its own terminal: h holds and resumes, s skips the next inject, a aborts."""

import asyncio
import contextlib
import os
import sys
import termios
import tty
from collections.abc import Callable, Iterator

from drills.exercise_control import ExerciseControl
from schemas.drill_control import ControlAct

HELP = "Keys: h holds and resumes, s skips the next inject, a aborts."
AT_A_TIME = 64


class Keys:
    """What keys do; ``note`` says it to the person at the terminal."""

    def __init__(self, control: ExerciseControl, by: str, note: Callable[[str], None]) -> None:
        self._control = control
        self._by = by
        self._note = note
        self._aborting = False

    def pressed(self, key: str) -> None:
        """One key. An abort is confirmed by a second one."""
        if self._aborting:
            self._aborting = False
            if key == "y":
                self._act(ControlAct.ABORT)
            else:
                self._note("not aborted")
        elif key == "h":
            held = self._control.course.held_by is not None
            self._act(ControlAct.RESUME if held else ControlAct.HOLD)
        elif key == "s":
            serial = self._control.course.next
            if serial is not None:
                self._act(ControlAct.SKIP, serial)
        elif key == "a":
            self._aborting = True
            self._note("Abort the drill? y aborts, any other key goes on.")

    def _act(self, act: ControlAct, serial: str | None = None) -> None:
        refused = self._control.act(act, self._by, serial)
        if refused is not None:
            self._note(f"not done: {refused.value.lower().replace('_', ' ')}")


def own_terminal() -> int:
    """The descriptor of standard input; -1 where there is none."""
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return -1


@contextlib.contextmanager
def keys_of(terminal: int, pressed: Callable[[str], None]) -> Iterator[bool]:
    """Hear single keys of a terminal meanwhile; yields whether it is one. It is left as it was."""
    if terminal < 0 or not os.isatty(terminal) or not _is_ours(terminal):
        yield False
        return
    loop, before = asyncio.get_running_loop(), termios.tcgetattr(terminal)

    def read() -> None:
        try:
            data = os.read(terminal, AT_A_TIME) if _is_ours(terminal) else b""
        except OSError:
            data = b""
        if not data:
            loop.remove_reader(terminal)
        for key in data.decode("ascii", "ignore"):
            pressed(key)

    tty.setcbreak(terminal)
    loop.add_reader(terminal, read)
    try:
        yield True
    finally:
        loop.remove_reader(terminal)
        if _is_ours(terminal):
            # It may hang up just now: what came of the drill is still to be told.
            with contextlib.suppress(termios.error):
                termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _is_ours(terminal: int) -> bool:
    """Whether this process is in the foreground: one in the background would be stopped by taking it."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
