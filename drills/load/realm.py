"""A realm for a load: invented nations of which each may write everything to each, in mode EXERCISE only."""

from schemas.agreement import Ceiling
from schemas.header import Kind, Mode
from schemas.realm_plan import PlannedAgreement, PlannedNation, RealmPlan

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LABEL = Ceiling(policy="REALM", classification="LIMITED")


def nations(count: int) -> tuple[str, ...]:
    """The first ``count`` codes for invented nations, beginning with XAA."""
    return tuple(f"X{one}{two}" for one in LETTERS for two in LETTERS)[:count]


def load_realm(count: int) -> RealmPlan:
    """A plan of ``count`` nations, two or more."""
    codes = nations(count)
    return RealmPlan(
        name="Load",
        nations=tuple(PlannedNation(nation=code, display_name=f"Nation {code}") for code in codes),
        known_policies=("REALM",),
        agreements=(
            PlannedAgreement(
                id="load",
                title="Exercise traffic of all nations",
                parties=codes,
                kinds=tuple(Kind),
                modes=(Mode.EXERCISE,),
                highest=(LABEL,),
            ),
        ),
    )
