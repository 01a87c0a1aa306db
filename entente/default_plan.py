"""The realm that `entente up` founds when none is there and no plan is given."""

from drills.scenario_file import SCENARIOS, load_scenario
from schemas.realm_plan import RealmPlan

NAME = "baltic-guard"


def default_plan() -> RealmPlan:
    """The realm of the main scenario: five nations, communities and agreements."""
    return load_scenario(SCENARIOS / f"{NAME}.yaml").realm
