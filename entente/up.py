"""`entente up`: the realm left running until Ctrl-C."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from entente.default_plan import default_plan
from entente.gateway_process import GatewayDiedError
from entente.realm import RunningRealm, found_or_keep, running_realm
from entente.state_dir import StateDir
from entente.terminal import OUT, CommandFailed, say, write_json
from entente.watch_desk import Desk, desks, living
from schemas.realm_plan import RealmPlan
from schemas.strict_yaml import parse_yaml


def up(
    state: Annotated[
        Path, typer.Option(help="Where the realm's state lies; kept from one start to the next.")
    ] = Path(".entente"),
    plan: Annotated[Path | None, typer.Option(help="A YAML plan for the realm, at the first start.")] = None,
    consoles: Annotated[
        bool, typer.Option("--console/--no-console", help="Run a console for every nation, too.")
    ] = True,
    drill: Annotated[
        bool, typer.Option("--drill/--no-drill", help="Play a slow drill without end in the founded realm.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the addresses as JSON.")] = False,
) -> None:
    """Run a whole realm on this machine: broker, one gateway per nation, a console, until Ctrl-C."""
    place = StateDir(state)
    with place.locked() as lock:
        if plan is not None or not place.realm.exists:
            found_or_keep(place, _read(plan) if plan else default_plan())
        try:
            asyncio.run(_run(place, lock, _Wanted(consoles, drill, as_json)))
        except GatewayDiedError as error:
            raise CommandFailed(str(error)) from None


@dataclass(frozen=True)
class _Wanted:
    consoles: bool
    drill: bool
    as_json: bool


async def _run(place: StateDir, lock: int, wanted: _Wanted) -> None:
    say(f"starting the realm in {place.path} ...")
    serving = asyncio.Event()
    with _stop_signals() as stopped:
        realm = asyncio.create_task(_serve(place, lock, wanted, serving, stopped))
        stop = asyncio.create_task(stopped.wait())
        await asyncio.wait((realm, stop), return_when=asyncio.FIRST_COMPLETED)
        if not serving.is_set():
            # Stopped in the middle of the start: what runs already is stopped in order.
            realm.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await realm
        stop.cancel()
    say("stopped")


async def _serve(
    place: StateDir, lock: int, wanted: _Wanted, serving: asyncio.Event, stopped: asyncio.Event
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        realm = await stack.enter_async_context(running_realm(place, lock, say))
        found: Mapping[str, Desk] = {}
        if wanted.consoles:
            found = await stack.enter_async_context(desks(realm, lock, say))
        plays = wanted.drill and await stack.enter_async_context(living(realm, say))
        serving.set()
        _announce(realm, found, plays, wanted.as_json)
        await stopped.wait()
        say("stopping ...")


@contextlib.contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """An event that Ctrl-C, SIGTERM or the end of the terminal sets."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in wanted:
        loop.add_signal_handler(number, stopped.set)
    try:
        yield stopped
    finally:
        for number in wanted:
            loop.remove_signal_handler(number)


def _announce(realm: RunningRealm, found: Mapping[str, Desk], plays: bool, as_json: bool) -> None:
    if as_json:
        write_json(
            {
                "state": str(realm.state.path),
                "broker": realm.broker.url,
                "gateways": {
                    nation: {"url": place.url, "docs": place.docs, "key_file": str(place.key_file)}
                    for nation, place in realm.gateways.items()
                },
                "consoles": {
                    nation: {
                        "url": desk.url,
                        "sign_in_link": desk.link,
                        "operator": desk.operator,
                        "password_file": str(desk.password_file),
                    }
                    for nation, desk in found.items()
                },
            }
        )
        return
    table = Table("Nation", "Gateway", "Reference", "API key file", title="The realm is up")
    for nation, place in realm.gateways.items():
        table.add_row(nation, place.url, place.docs, str(place.key_file))
    OUT.print(table)
    if found:
        _announce_consoles(found)
    if plays:
        OUT.print("A slow drill without end is being played; --no-drill leaves the realm quiet.")
    OUT.print("Ctrl-C stops it; its state stays.")
    OUT.file.flush()


def _announce_consoles(found: Mapping[str, Desk]) -> None:
    """Links on lines of their own: a table would break them."""
    OUT.print("\nConsoles. Each link signs in once, within a day:")
    for nation, desk in found.items():
        OUT.print(f"  {nation}  {desk.link}", soft_wrap=True, highlight=False, markup=False)
    desk = next(iter(found.values()))
    OUT.print(
        f"Later, and for acts that ask for a password: operator {desk.operator}, password in "
        f"{desk.password_file.parent}\n",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )


def _read(plan: Path) -> RealmPlan:
    try:
        return parse_yaml(RealmPlan, plan.read_bytes())
    except OSError as error:
        raise CommandFailed(f"{plan} cannot be read: {error.strerror}") from error
