"""The process from which a realm's programs are forked: they are as if each had been started by itself."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from entente import starter as starters
from entente.child_process import ChildProcess
from entente.forking import LONGEST_ORDER
from entente.starter import CODE_UNKNOWN, Started, Starter, StarterGoneError
from tests.cli.up_process import children_of, wait_for_end

READS = (
    *("operator", "add", "anna", "--role", "watch_officer", "--password-file", "-"),
    *("--state-dir", "nowhere", "--keys-file", "nowhere"),
)
"""Arguments of a command that lives as long as its standard input does."""
SETTING = "ENTENTE_GATEWAY_NATION"


@pytest.fixture
async def starter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Starter]:
    """One that began while a gateway's nation stood in our environment, and ended children were ignored.

    In a directory, too, that somebody else's modules lie in.
    """
    for name in ("entente", "schemas", "json"):
        (tmp_path / "foreign" / name).mkdir(parents=True)
        (tmp_path / "foreign" / name / "__init__.py").write_text("raise SystemExit")
    monkeypatch.setenv(SETTING, "XAA")
    # In the child alone: uvloop's handler in this process, once replaced, would not come back.
    ignoring = partial(subprocess.Popen, preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    with monkeypatch.context() as patched:
        patched.setattr("entente.starter.subprocess.Popen", ignoring)
        patched.chdir(tmp_path / "foreign")
        made = Starter(())
    monkeypatch.delenv(SETTING)
    await made.loaded()
    yield made
    made.stop()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Any]:
    with (tmp_path / "log").open("wb") as file:
        yield file


def text_of(log: Any) -> str:
    return Path(log.name).read_text()


def fact(process: Started | Starter, name: str) -> Path:
    """What the system tells of a process."""
    return Path(f"/proc/{process.pid}/{name}")


def files_of(process: Started | Starter) -> list[str]:
    """The files that a process holds."""
    found: list[str] = []
    for each in fact(process, "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile: it reads modules
            found.append(str(each.readlink()))
    return sorted(found)


def run(starter: Starter, log: Any, *arguments: str, **options: Any) -> Started:
    return starter.start("a child", arguments, dict(os.environ), log.fileno(), log.fileno(), **options)


async def test_what_is_forked_is_entente_with_these_arguments_and_its_exit_code_is_told(
    starter: Starter, log: Any
) -> None:
    done, wrong = run(starter, log, "--version"), run(starter, log, "no-such-command")
    assert (await done.wait(), await wrong.wait()) == (0, 2)
    assert "entente 0.1.0" in (text := text_of(log))
    assert "No such command 'no-such-command'" in text
    with pytest.raises(ProcessLookupError):
        done.send_signal(signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_alone(starter: Starter, log: Any, number: signal.Signals) -> None:
    hit, other = run(starter, log, *READS), run(starter, log, *READS)
    assert os.getsid(hit.pid) == os.getpgid(hit.pid) == hit.pid, "a session of its own"
    hit.send_signal(number)
    # Nothing tells how far it has come: until it reads its input, Ctrl-C may end it in either way.
    assert await hit.wait() in {-number, 130, 1} - ({130, 1} if number is not signal.SIGINT else set())
    assert other.returncode is None
    other.kill()
    await other.wait()


async def test_it_has_the_environment_and_directory_of_its_start_and_nothing_of_the_starters(
    starter: Starter, log: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert await run(starter, log, "gateway", "run").wait() == 1
    assert f"{SETTING}: is missing" in text_of(log)
    child = run(starter, log, *READS)
    assert str(fact(child, "cwd").readlink()) == str(tmp_path)
    assert fact(child, "comm").read_text() == "a child\n"
    child.kill()
    await child.wait()


async def test_the_starter_holds_no_thread_and_no_file_of_those_it_started(
    starter: Starter, log: Any, tmp_path: Path
) -> None:
    with (tmp_path / "lock").open("wb") as lock:
        child = run(starter, log, *READS, kept=(lock.fileno(),))
    while any(name.startswith("socket") for name in files_of(child)):  # noqa: ASYNC110 - let go once answered
        await asyncio.sleep(0)
    held, given = files_of(child), [str(tmp_path / name) for name in ("lock", "log", "log")]
    ours = [name for name in held if name.startswith(str(tmp_path))]
    assert ours == given, "also when its parent has let go of it"
    assert [name.partition(":")[0] for name in files_of(starter)] == ["/dev/null"] * 3 + ["socket"]
    assert len([*fact(starter, "task").iterdir()]) == 1
    child.kill()
    await child.wait()


async def test_what_was_forked_outlives_its_starter_and_ends_when_its_standard_input_does(
    starter: Starter, log: Any
) -> None:
    child = run(starter, log, *READS)
    assert children_of(starter.pid) == [child.pid]
    starter.stop()
    with pytest.raises(StarterGoneError):
        run(starter, log, "--version")
    child.send_signal(0)
    os.close(child._stdin)
    child._stdin = os.open(os.devnull, os.O_RDONLY)
    assert await child.wait() == CODE_UNKNOWN


async def test_a_starter_that_died_is_replaced_and_one_that_cannot_read_its_modules_serves(
    log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(starters.MODULES, "--version", ("no.such.module",))
    first = await starters.starter_of("--version")
    assert await starters.starter_of("--version") is first
    assert await run(first, log, "--version").wait() == 0
    os.kill(first.pid, signal.SIGKILL)
    wait_for_end(first.pid)
    second = await starters.starter_of("--version")
    assert second is not first
    assert await run(second, log, "--version").wait() == 0


async def test_a_starter_that_does_not_come_up_is_an_error_of_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    child = ChildProcess("the child", ("neither",), {}, tmp_path / "log", lambda _: None)
    with pytest.raises(StarterGoneError, match="the process that starts others is gone"):
        await child.start()
    monkeypatch.undo()
    await child.start()
    await child.stop()


async def test_a_start_that_fails_is_an_error_and_the_next_one_is_begun(
    starter: Starter, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(os, "getcwd", lambda: "/no/such/directory")
        with pytest.raises(FileNotFoundError):
            run(starter, log, "--version")
    with pytest.raises(OSError, match="Message too long"):
        starter.start("a child", (), {"A": "a" * 2 * LONGEST_ORDER}, log.fileno(), log.fileno())
    with pytest.raises(OSError, match="Invalid argument"):
        starter.start("a child", (), {"A": "\0"}, log.fileno(), log.fileno())
    assert await run(starter, log, "--version").wait() == 0
    assert children_of(starter.pid) == []


async def test_an_answer_that_nobody_waited_for_is_not_taken_for_the_next_one(
    starter: Starter, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> bytes:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(starter, "_answer", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(starter, log, *READS)
    with pytest.raises(StarterGoneError):
        run(starter, log, "--version")
