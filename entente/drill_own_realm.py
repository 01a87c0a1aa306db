"""A drill in a realm of its own: founded, started with its broker and gateways, played in, stopped."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from drills.cap_play import CapTerms, cap_drill
from drills.hostile import Loot
from drills.needs import Need, needs_of
from drills.outcome import DrillOutcome
from drills.partner_system import GatewayAccess
from drills.run import run_drill
from drills.scenario import Scenario
from entente.drill_progress import DrillProgress
from entente.drill_realm import KeyHolders, RealmMachinery
from entente.drill_stage import Shown, consoles_beside, stage
from entente.realm import found_or_keep, running_realm
from entente.state_dir import StateDir
from entente.stop_signals import Stop
from entente.terminal import ERR, say
from gateways.store_file import STORE_FILE

HOOKS = {"webhook_networks": "127.0.0.0/8", "webhook_plain_http": "true"}
"""Partner systems of a drill take webhooks on this machine."""


async def play_in_own_realm(
    place: StateDir,
    lock: int,
    scenario: Scenario,
    cap: tuple[Path, CapTerms] | None,
    settle: float,
    shown: Shown,
    ending: Callable[[DrillOutcome], None],
    stop: Stop,
) -> None:
    """Play the scenario, or with ``cap`` alerts in its realm, and tell ``ending`` what came of it.

    ScenarioError, DrillError or GatewayDiedError when it could not be played.
    """
    with DrillProgress(ERR, scenario, cap[0] if cap is not None else None) as progress:
        progress.phase("founding the realm")
        await asyncio.to_thread(found_or_keep, place, scenario.realm)
        progress.phase(f"starting the broker and {len(scenario.realm.nations)} gateways")
        wanted = needs_of(scenario)
        async with (
            running_realm(
                place,
                lock,
                progress.note,
                HOOKS,
                with_links=Need.LINKS in wanted,
                with_clocks=Need.CLOCKS in wanted,
            ) as realm,
            consoles_beside(realm, lock, scenario, shown, progress),
        ):
            accesses = {
                nation: GatewayAccess(nation, address.url, address.key)
                for nation, address in realm.gateways.items()
            }
            if cap is not None:
                outcome = await cap_drill(*cap, accesses, progress, settle)
            else:
                loot = Loot(
                    realm.broker.url,
                    place.realm.realm_id(),
                    place.realm.trust_dir,
                    {nation: place.realm.keys_file(nation) for nation in accesses},
                    {nation: place.gateway(nation) / STORE_FILE for nation in accesses},
                    hub_seed=place.broker_user("admin").seed,
                )
                async with stage(scenario, shown, progress) as live:
                    outcome = await run_drill(
                        scenario,
                        accesses,
                        RealmMachinery(realm),
                        KeyHolders(place.realm),
                        loot,
                        live,
                        settle_seconds=settle,
                        control=live.control,
                    )
                    live.ended(outcome)
            if shown.keep:
                progress.leave()
                ending(outcome)
                say("The realm and its consoles go on; Ctrl-C stops them.")
                await stop.awaited()
            progress.phase("stopping")
    if not shown.keep:
        ending(outcome)
