"""The realm that `entente up` founds when none is there and no plan is given."""

from drills.scenario_file import SCENARIOS, load_scenario
from schemas.header import Mode
from schemas.realm_plan import RealmPlan

NAME = "baltic-guard"


def default_plan() -> RealmPlan:
    """The realm of the main scenario: its nations, communities and agreements, but none on mode OPERATION.

    What one console shows of several nations must not be live.
    """
    plan = load_scenario(SCENARIOS / f"{NAME}.yaml").realm
    agreements = tuple(each for each in plan.agreements if Mode.OPERATION not in each.modes)
    return plan.model_copy(update={"agreements": agreements})
