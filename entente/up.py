"""`entente up`: the realm left running until Ctrl-C."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from entente.default_plan import default_plan
from entente.gateway_process import GatewayDiedError
from entente.realm import RunningRealm, found_or_keep, running_realm
from entente.state_dir import StateDir
from entente.stop_signals import Stop, run_until_stopped
from entente.terminal import OUT, CommandFailed, say, write_json
from entente.watch_desk import Desk, desks, living, show_links
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
            run_until_stopped(lambda stop: _run(place, lock, _Wanted(consoles, drill, as_json), stop))
        except GatewayDiedError as error:
            raise CommandFailed(str(error)) from None


@dataclass(frozen=True)
class _Wanted:
    consoles: bool
    drill: bool
    as_json: bool


async def _run(place: StateDir, lock: int, wanted: _Wanted, stop: Stop) -> None:
    say(f"starting the realm in {place.path} ...")
    with contextlib.suppress(asyncio.CancelledError):
        await _serve(place, lock, wanted, stop)
    say("stopped")


async def _serve(place: StateDir, lock: int, wanted: _Wanted, stop: Stop) -> None:
    async with contextlib.AsyncExitStack() as stack:
        realm = await stack.enter_async_context(running_realm(place, lock, say))
        found: Mapping[str, Desk] = {}
        if wanted.consoles:
            found = await stack.enter_async_context(desks(realm, lock, say))
        plays = wanted.drill and await stack.enter_async_context(living(realm, say))
        _announce(realm, found, plays, wanted.as_json)
        await stop.awaited()
        say("stopping ...")


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
        show_links(found, OUT)
    if plays:
        OUT.print("A slow drill without end is being played; --no-drill leaves the realm quiet.")
    OUT.print("Ctrl-C stops it; its state stays.")
    OUT.file.flush()


def _read(plan: Path) -> RealmPlan:
    try:
        return parse_yaml(RealmPlan, plan.read_bytes())
    except OSError as error:
        raise CommandFailed(f"{plan} cannot be read: {error.strerror}") from error
