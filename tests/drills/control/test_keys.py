"""Keys in a drill's own terminal: what they ask for, and that the terminal is left as it was."""

import asyncio
import os
import termios
from collections.abc import Iterator

import pytest

from drills.exercise_control import ExerciseControl
from drills.scenario_file import load_scenario
from entente.drill_keys import Keys, keys_of
from tests.drills.drill_process import SMALL


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Whoever types, and the terminal itself."""
    typing, itself = os.openpty()
    yield typing, itself
    os.close(typing)
    os.close(itself)


def pressed(text: str) -> tuple[ExerciseControl, list[str]]:
    """The control after these keys, and what was said."""
    said: list[str] = []
    control = ExerciseControl(load_scenario(SMALL))
    keys = Keys(control, "terminal ed", said.append)
    for key in text:
        keys.pressed(key)
    return control, said


def test_h_holds_and_resumes_and_s_skips_the_next_inject() -> None:
    control, _ = pressed("hhs")
    assert [(act.by, act.act, act.serial) for act in control.acts] == [
        ("terminal ed", "HOLD", None),
        ("terminal ed", "RESUME", None),
        ("terminal ed", "SKIP", "1.1"),
    ]
    assert control.course.held_by is None


@pytest.mark.parametrize(
    ("keys", "aborted"),
    [
        pytest.param("ay", True, id="confirmed"),
        pytest.param("an", False, id="not confirmed"),
        pytest.param("ahy", False, id="another key takes it back"),
        pytest.param("y", False, id="a confirmation of nothing"),
        pytest.param("xQ\x1b[A", False, id="keys that mean nothing"),
    ],
)
def test_an_abort_is_confirmed_by_a_second_key(keys: str, aborted: bool) -> None:
    control, said = pressed(keys)
    assert control.aborted is aborted
    assert bool(said) == ("a" in keys)


def test_what_cannot_be_done_is_said() -> None:
    _, said = pressed("ayh")
    assert said[-1] == "not done: too late"


async def test_single_keys_are_heard_and_the_terminal_is_left_as_it_was(
    terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    typing, itself = terminal
    before, heard, all_heard = termios.tcgetattr(itself), list[str](), asyncio.Event()

    def hear(key: str) -> None:
        heard.append(key)
        if len(heard) == 2:
            all_heard.set()

    # It is not the terminal that this process is in the foreground of, unless somebody says so.
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp())
    with keys_of(itself, hear) as is_one:
        assert is_one
        os.write(typing, b"hs")
        await asyncio.wait_for(all_heard.wait(), 60)
    assert heard == ["h", "s"]
    assert termios.tcgetattr(itself) == before


async def test_what_is_no_terminal_or_somebody_elses_is_left_alone(
    terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp() + 1)
    for descriptor in (-1, terminal[1]):
        with keys_of(descriptor, lambda _: None) as is_one:
            assert not is_one


async def test_a_terminal_that_was_given_away_meanwhile_or_has_hung_up_is_left_alone(
    terminal: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    typing, itself = terminal
    heard: list[str] = []
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp())
    with keys_of(itself, heard.append):
        # Ctrl-Z and bg: whatever is typed is the shell's, and so is how the terminal is set.
        monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp() + 1)
        os.write(typing, b"h")
        taken = termios.tcgetattr(itself)
        for _ in range(3):
            await asyncio.sleep(0)
    assert heard == []
    assert termios.tcgetattr(itself) == taken

    def gone(_: int) -> int:
        raise OSError

    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp())
    with keys_of(itself, heard.append):
        monkeypatch.setattr(os, "tcgetpgrp", gone)
