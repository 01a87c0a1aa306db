"""Reading a realm plan from a file, or out of a drill's scenario."""

from pathlib import Path

from entente.terminal import CommandFailed
from schemas.realm_plan import RealmPlan
from schemas.strict_yaml import parse_yaml


def read_plan(path: Path) -> RealmPlan:
    """The plan. CommandFailed when the file cannot be read, YamlRefused when it is not a plan."""
    try:
        return parse_yaml(RealmPlan, path.read_bytes())
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}") from error


def realm_of_scenario(name: str) -> RealmPlan:
    """The realm that a drill's scenario plays in. CommandFailed."""
    # Here and not above: most commands on realms have nothing to do with drills.
    from drills.scenario_file import ScenarioError, find_scenario, load_scenario

    try:
        return load_scenario(find_scenario(name)).realm
    except ScenarioError as error:
        raise CommandFailed(str(error)) from None
