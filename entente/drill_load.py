"""`entente drill load`: traffic at a set rate, through a realm of its own or a target's gateways."""

import asyncio
import contextlib
import os
import random
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from drills.load.drafts import LARGEST
from drills.load.figures import LoadFigures
from drills.load.mix import USUAL_MIX, MixError, parse_mix
from drills.load.play import Elsewhere, LoadPlay
from drills.load.realm import load_realm, nations
from drills.load.sends import Load
from drills.partner_system import GatewayAccess
from drills.played import DrillError
from entente.drill_load_realm import RealmSurroundings
from entente.drill_load_target import accesses_of, fit_for_load
from entente.drill_load_view import LoadView, table
from entente.gateway_process import GatewayDiedError
from entente.realm import found_or_keep, running_realm
from entente.state_dir import StateDir
from entente.terminal import ERR, OUT, CommandFailed, write_json

FAILED = 2
"""Exit code when something was lost, came twice or was refused."""
SETTLE_SECONDS = 30.0


@dataclass(frozen=True)
class _Asked:
    """What does not depend on where the load is played."""

    rate: float
    mix: str
    seconds: float
    size: int
    seed: int
    to_some: bool
    settle: float

    def load(self, codes: tuple[str, ...]) -> Load:
        """CommandFailed when the mix cannot be read or there would be nothing to send."""
        try:
            mix = parse_mix(self.mix)
        except MixError as error:
            raise CommandFailed(f"--mix: {error}") from None
        load = Load(codes, self.rate, self.seconds, mix, self.size, self.seed, self.to_some)
        if not load.count:
            raise CommandFailed("that is no message at all: give a higher --rate or a longer --duration")
        return load


def load(
    nations_: Annotated[
        int | None, typer.Option("--nations", min=2, max=60, help="Nations of a realm of its own.")
    ] = None,
    rate: Annotated[
        float, typer.Option(min=0.01, max=10_000, help="Messages a second, of all nations.")
    ] = 10,
    mix: Annotated[
        str, typer.Option(help="KIND=WEIGHT or KIND:PRECEDENCE=WEIGHT, separated by commas.")
    ] = USUAL_MIX,
    duration: Annotated[float, typer.Option(min=0.1, max=7 * 86_400, help="Seconds.")] = 30,
    size: Annotated[int, typer.Option(min=1, max=LARGEST, help="About so many bytes a draft has.")] = 1024,
    to_some: Annotated[
        bool,
        typer.Option("--to-some/--to-all", help="Each message to a random part of the others, or to all."),
    ] = False,
    target: Annotated[
        Path | None, typer.Option(help="Play on the gateways that this YAML file names, none of them live.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="Keep the realm's state here; without it, it is gone afterwards.")
    ] = None,
    settle: Annotated[
        float, typer.Option(min=0.1, max=3600, help="Seconds in which nothing came until the rest is lost.")
    ] = SETTLE_SECONDS,
    seed: Annotated[int | None, typer.Option(help="The same seed sends the same; drawn if absent.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Send exercise traffic at a steady rate, count what came of it. Exit code 2 if anything was lost."""
    drawn = random.SystemRandom().randrange(2**32) if seed is None else seed
    asked = _Asked(rate, mix, duration, size, drawn, to_some, settle)
    if target is not None and (nations_ is not None or state is not None):
        raise CommandFailed("a target has its own nations and state: --nations and --state go without it")
    try:
        if target is not None:
            figures = asyncio.run(_on_target(target, asked))
        else:
            figures = _in_own_realm(asked.load(nations(nations_ or 3)), state, asked.settle)
    except (DrillError, GatewayDiedError) as error:
        raise CommandFailed(str(error)) from None
    if as_json:
        write_json(figures.as_json())
    else:
        OUT.print(table(figures))
    if not figures.all_arrived:
        raise typer.Exit(FAILED)


def _in_own_realm(load: Load, state: Path | None, settle: float) -> LoadFigures:
    with contextlib.ExitStack() as stack:
        if state is None:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="entente-load-"))
            state = Path(directory) / "state"
        place = StateDir(state)
        lock = stack.enter_context(place.locked())
        return asyncio.run(_own(load, place, lock, settle))


async def _own(load: Load, place: StateDir, lock: int, settle: float) -> LoadFigures:
    with LoadView(ERR, load) as view:
        view.note(f"founding a realm of {len(load.nations)} nations and starting it ...")
        await asyncio.to_thread(found_or_keep, place, load_realm(len(load.nations)))
        async with running_realm(place, lock, view.note) as realm:
            accesses = {
                nation: GatewayAccess(nation, address.url, address.key)
                for nation, address in realm.gateways.items()
            }
            # Also here: --state may name a realm that is used for other things.
            label = await fit_for_load(accesses, load.mix.kinds)
            surroundings = RealmSurroundings(realm)
            before = surroundings.kept()
            play = LoadPlay(load, accesses, label, new_exercise(), surroundings, view.show, settle)
            figures = await _played(play, view.note)
    return figures.with_disk(before, surroundings.kept())


async def _on_target(file: Path, asked: _Asked) -> LoadFigures:
    accesses = accesses_of(file)
    load = asked.load(tuple(sorted(accesses)))
    if len(accesses) < 2:
        raise CommandFailed("a load needs two gateways or more; the target names one")
    label = await fit_for_load(accesses, load.mix.kinds)
    with LoadView(ERR, load) as view:
        play = LoadPlay(load, accesses, label, new_exercise(), Elsewhere(), view.show, asked.settle)
        return await _played(play, view.note)


def new_exercise() -> str:
    """A name for one load's exercise, so that its messages are told from any others'."""
    return f"LOAD {os.urandom(4).hex().upper()}"


async def _played(play: LoadPlay, note: Callable[[str], None]) -> LoadFigures:
    with _first_interrupt(play, note):
        return await play.play()


@contextlib.contextmanager
def _first_interrupt(play: LoadPlay, note: Callable[[str], None]) -> Iterator[None]:
    """The first Ctrl-C ends the sending, and figures come of what was sent; the second is as ever."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        note("nothing more is sent; waiting for what is under way (Ctrl-C again: stop at once) ...")
        play.stop()

    loop.add_signal_handler(signal.SIGINT, stop)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
