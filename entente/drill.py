"""`entente drill run|list|check|compare|load`: play in a realm of its own or on a target, and report."""

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from drills.cap_play import CapTerms, cap_drill
from drills.hostile import Loot
from drills.judging import SETTLE_SECONDS
from drills.needs import Need, needs_of
from drills.outcome import DrillOutcome
from drills.partner_system import GatewayAccess
from drills.played import DrillError
from drills.report import write_report
from drills.run import run_drill
from drills.scenario import Scenario
from drills.scenario_file import ScenarioError, find_scenario, list_scenarios, load_scenario
from drills.table import show
from entente.drill_check import check
from entente.drill_compare import compare_
from entente.drill_control import FOLDER_VARIABLE, abort, hold, resume, skip
from entente.drill_load import load
from entente.drill_pace import SeedOption, SpeedOption, paced
from entente.drill_progress import DrillProgress
from entente.drill_realm import KeyHolders, RealmMachinery
from entente.drill_stage import Shown, consoles_beside, stage
from entente.drill_target import play_on, read_target, require_fit
from entente.gateway_process import GatewayDiedError
from entente.label_flags import label_of_flags
from entente.realm import found_or_keep, running_realm
from entente.state_dir import StateDir
from entente.stop_signals import Stop, run_until_stopped
from entente.terminal import ERR, OUT, CommandFailed, say, write_json
from gateways.store_file import STORE_FILE

app = typer.Typer(help="Simulated drills.", no_args_is_help=True)
app.command("check")(check)
app.command("compare")(compare_)
app.command("load")(load)
for _command in (hold, resume, skip, abort):
    app.command(_command.__name__)(_command)

FAILED = 2
"""Exit code when the drill ran and an expectation was not met."""
ABORTED = 3
"""Exit code when exercise staff ended the drill before its time, whatever had come of it."""
STOPPED = 130
"""Exit code when Ctrl-C or a signal stopped it: nothing was judged."""
CAP_REALM = "baltic-guard"
HOOKS = {"webhook_networks": "127.0.0.0/8", "webhook_plain_http": "true"}
"""Partner systems of a drill take webhooks on this machine."""


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the scenarios that come with Entente."""
    try:
        found = list_scenarios()
    except ScenarioError as error:
        raise CommandFailed(str(error)) from None
    if as_json:
        write_json(
            [
                {"name": each.name, "title": each.scenario.title, "injects": len(each.scenario.injects)}
                for each in found
            ]
        )
        return
    table = Table("Name", "Title", "Nations", "Injects", "What happens")
    for each in found:
        nations = " ".join(planned.nation for planned in each.scenario.realm.nations)
        table.add_row(
            each.name, each.scenario.title, nations, str(len(each.scenario.injects)), each.scenario.summary
        )
    OUT.print(table)


@app.command("run")
def run(
    scenario: Annotated[
        str | None, typer.Argument(help="A scenario's name (see `drill list`) or file.")
    ] = None,
    cap: Annotated[
        Path | None,
        typer.Option(
            help="Play every CAP 1.2 file under this directory as exercise threat alerts, not the injects."
        ),
    ] = None,
    as_exercise: Annotated[
        str | None,
        typer.Option(help="With --cap: the exercise that Actual alerts enter, in no other way."),
    ] = None,
    policy: Annotated[str | None, typer.Option(help="With --cap: the label's policy.")] = None,
    classification: Annotated[
        str | None, typer.Option(help="With --cap: the label's classification, in the policy's own words.")
    ] = None,
    releasable_to: Annotated[
        list[str] | None, typer.Option(help="With --cap: a nation or community that may have them; repeat.")
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option(help="Play against the gateways that this YAML file names, not in a realm of its own."),
    ] = None,
    reports: Annotated[Path, typer.Option(help="Directory for the report files.")] = Path("reports"),
    state: Annotated[
        Path | None, typer.Option(help="Keep the realm's state here; without it, it is gone afterwards.")
    ] = None,
    settle: Annotated[
        float, typer.Option(min=0.1, max=3600, help="Seconds to wait, after the play, for what must come.")
    ] = SETTLE_SECONDS,
    folder: Annotated[
        Path | None,
        typer.Option(
            envvar=FOLDER_VARIABLE,
            help="Directory of the drill's journal, for consoles and control (default .entente/drills).",
        ),
    ] = None,
    consoles: Annotated[
        bool, typer.Option("--consoles", help="Run a console for every nation; print sign-in links.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave the realm running with its consoles until Ctrl-C.")
    ] = False,
    speed: SpeedOption = None,
    seed: SeedOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Found a realm, play in it (or on a target), judge, report.

    Exit code 2 when an expectation failed, 3 when the drill was aborted.
    """
    # Hostile acts make the broker's answers unpleasant; the outcome says what came of them.
    logging.getLogger("bus.transport").setLevel(logging.ERROR)
    if scenario is None and cap is None:
        raise CommandFailed("give a scenario, or --cap DIR, or both: then the alerts play in its realm")
    play = None
    if cap is not None:
        play = _CapWanted(cap, _terms(as_exercise, policy, classification, releasable_to))
        if not cap.is_dir():
            raise CommandFailed(f"{cap} is no directory")
    elif as_exercise or policy or classification or releasable_to:
        raise CommandFailed("a scenario has its own exercise and labels; those flags go with --cap")
    ending = _Ending(reports, as_json)
    try:
        file = find_scenario(scenario or CAP_REALM)
        loaded = paced(load_scenario(file), speed, seed)
        shown = Shown(file.stem, folder, consoles or keep, keep)
        if target is not None:
            _run_on(target, state, loaded, play, settle, shown, ending)
        else:
            with _state(state) as place, place.locked() as lock:
                run_until_stopped(lambda stop: _run(place, lock, loaded, play, settle, shown, ending, stop))
    except (ScenarioError, DrillError, GatewayDiedError) as error:
        raise CommandFailed(str(error)) from None
    if ending.code:
        raise typer.Exit(ending.code)


@dataclass
class _Ending:
    """What is done with an outcome. ``code``: the exit code, which without an outcome says: stopped."""

    reports: Path
    as_json: bool
    code: int = STOPPED

    def __call__(self, outcome: DrillOutcome) -> None:
        html, json_file = write_report(outcome, self.reports)
        if self.as_json:
            write_json({**outcome.model_dump(mode="json"), "failures": list(outcome.failures)})
        else:
            show(outcome, OUT)
        say(f"report: {html} and {json_file.name}")
        self.code = FAILED if outcome.failures else 0
        if outcome.aborted_by is not None:
            self.code = ABORTED


@dataclass(frozen=True)
class _CapWanted:
    directory: Path
    terms: CapTerms


def _terms(
    as_exercise: str | None,
    policy: str | None,
    classification: str | None,
    releasable_to: list[str] | None,
) -> CapTerms:
    if not as_exercise:
        raise CommandFailed("alerts enter a drill only with --as-exercise EXERCISE")
    return CapTerms(as_exercise, label_of_flags(policy, classification, releasable_to))


@contextlib.contextmanager
def _state(given: Path | None) -> Iterator[StateDir]:
    if given is not None:
        yield StateDir(given)
        return
    with tempfile.TemporaryDirectory(prefix="entente-drill-") as directory:
        yield StateDir(Path(directory) / "state")


def _run_on(
    file: Path,
    state: Path | None,
    scenario: Scenario,
    cap: _CapWanted | None,
    settle: float,
    shown: Shown,
    ending: _Ending,
) -> None:
    if state is not None:
        raise CommandFailed("a target keeps its own state: --state goes without --target")
    if shown.consoles:
        raise CommandFailed("a target has its own consoles: --consoles and --keep go without --target")
    target = read_target(file)
    require_fit(scenario, target, injects=cap is None)
    terms = None if cap is None else (cap.directory, cap.terms)

    async def work(stop: Stop) -> None:
        with DrillProgress(ERR, scenario, cap.directory if cap is not None else None) as progress:
            outcome = await play_on(file, target, scenario, terms, progress, settle, shown)
        ending(outcome)

    run_until_stopped(work)


async def _run(
    place: StateDir,
    lock: int,
    scenario: Scenario,
    cap: _CapWanted | None,
    settle: float,
    shown: Shown,
    ending: _Ending,
    stop: Stop,
) -> None:
    with DrillProgress(ERR, scenario, cap.directory if cap is not None else None) as progress:
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
                outcome = await cap_drill(cap.directory, cap.terms, accesses, progress, settle)
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
