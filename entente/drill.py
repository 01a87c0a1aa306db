"""`entente drill run|list|check|compare|load`: play in a realm of its own or on a target, and report."""

import contextlib
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bus.known.reviewed import known_policies
from drills.cap_play import CapTerms
from drills.judging import SETTLE_SECONDS
from drills.outcome import DrillOutcome
from drills.played import DrillError
from drills.report import write_report
from drills.scenario import Scenario
from drills.scenario_file import ScenarioError, find_scenario, list_scenarios, load_scenario
from drills.table import show
from entente.drill_check import check
from entente.drill_compare import compare_
from entente.drill_compose import passed_on, play_in_containers
from entente.drill_control import FOLDER_VARIABLE, abort, hold, resume, skip
from entente.drill_load import load
from entente.drill_own_realm import play_in_own_realm
from entente.drill_pace import SeedOption, SpeedOption, paced
from entente.drill_progress import DrillProgress
from entente.drill_reports import reports_written, require_reports
from entente.drill_stage import Shown
from entente.drill_target import play_on, read_target, require_fit
from entente.gateway_process import GatewayDiedError
from entente.label_flags import label_of_flags
from entente.state_dir import StateDir
from entente.stop_signals import Stop, run_until_stopped
from entente.terminal import ERR, OUT, CommandFailed, say, write_json

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
EMBEDDED, COMPOSE = "embedded", "compose"
CAP_REALM = "baltic-guard"


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
        str | None,
        typer.Option(
            help="Where it is played: embedded (a realm of its own; the default), compose (the realm of"
            " docker-compose.yml here), or a YAML file that names gateways."
        ),
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
    """Found a realm, play in it (or on another target), judge, report.

    Exit code 2 when an expectation failed, 3 when the drill was aborted.
    """
    # Hostile acts make the broker's answers unpleasant; the outcome says what came of them.
    logging.getLogger("bus.transport").setLevel(logging.ERROR)
    if target == COMPOSE:
        if cap or state or consoles or keep or as_exercise or policy or classification or releasable_to:
            raise CommandFailed(
                "--cap and its flags, --state, --consoles and --keep go without --target compose"
            )
        raise typer.Exit(play_in_containers(scenario, passed_on(settle, speed, seed, as_json), reports))
    if scenario is None and cap is None:
        raise CommandFailed("give a scenario, or --cap DIR, or both: then the alerts play in its realm")
    play = None
    if cap is not None:
        play = cap, _terms(as_exercise, policy, classification, releasable_to)
        if not cap.is_dir():
            raise CommandFailed(f"{cap} is no directory")
    elif as_exercise or policy or classification or releasable_to:
        raise CommandFailed("a scenario has its own exercise and labels; those flags go with --cap")
    ending = _Ending(reports, as_json)
    try:
        file = find_scenario(scenario or CAP_REALM)
        loaded = paced(load_scenario(file, known_policies()), speed, seed)
        shown = Shown(file.stem, folder, consoles or keep, keep)
        require_reports(reports)
        if target not in (None, EMBEDDED):
            _run_on(Path(target), state, loaded, play, settle, shown, ending)
        else:
            with _state(state) as place, place.locked() as lock:
                run_until_stopped(
                    lambda stop: play_in_own_realm(place, lock, loaded, play, settle, shown, ending, stop)
                )
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
        if self.as_json:
            write_json({**outcome.model_dump(mode="json"), "failures": list(outcome.failures)})
        else:
            show(outcome, OUT)
        with reports_written(self.reports):
            html, json_file = write_report(outcome, self.reports)
        say(f"report: {html} and {json_file.name}")
        self.code = FAILED if outcome.failures else 0
        if outcome.aborted_by is not None:
            self.code = ABORTED


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
    cap: tuple[Path, CapTerms] | None,
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

    async def work(stop: Stop) -> None:
        with DrillProgress(ERR, scenario, cap[0] if cap is not None else None) as progress:
            outcome = await play_on(file, target, scenario, cap, progress, settle, shown)
        ending(outcome)

    run_until_stopped(work)
