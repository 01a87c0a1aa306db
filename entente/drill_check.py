"""`entente drill check`: whether a scenario can be played, and what it needs, without starting anything."""

from typing import Annotated

import typer

from bus.known.reviewed import known_policies
from drills.acting import acts
from drills.needs import needs_of
from drills.scenario_file import ScenarioError, find_scenario, load_scenario
from entente.terminal import OUT, CommandFailed, write_json


def check(
    scenario: Annotated[str, typer.Argument(help="A scenario's name (see `drill list`) or file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read a scenario, try its drafts, and say what it needs; or where it is wrong."""
    try:
        file = find_scenario(scenario)
        found = load_scenario(file, known_policies())
    except ScenarioError as error:
        raise CommandFailed(str(error)) from None
    needs, owed = needs_of(found), acts(found)
    nations = [planned.nation for planned in found.realm.nations]
    if as_json:
        write_json(
            {
                "file": str(file),
                "title": found.title,
                "nations": nations,
                "injects": len(found.injects),
                "actors": {act.serial: act.title for act in owed},
                "speed": found.speed,
                "needs": {need.name: list(serials) for need, serials in needs.items()},
            }
        )
        return
    lines = [f"{found.title} ({file}) can be played.", f"nations  {' '.join(nations)}"]
    fits = "every draft fits its schema and the realm's policies"
    lines.append(f"injects  {len(found.injects)}, all judged, {fits}")
    if owed:
        lines.append(f"actors   {len(found.actors)}, who react {len(owed)} times to what injects send")
    if found.speed is not None:
        last = found.injects[-1].moment - found.injects[0].moment
        least = last.total_seconds() / found.speed
        lines.append(f"speed    exercise time runs {found.speed:g} times as fast: {least:.0f} s at least")
    lines += [f"needs    {need}: inject {', '.join(serials)}" for need, serials in needs.items()]
    if not needs:
        lines.append("needs    gateways and API keys alone: it plays on any target")
    for line in lines:
        OUT.print(line, soft_wrap=True, highlight=False, markup=False)
