"""Forces in an exercise, nation by nation, as the Vienna Document asks (VD11 paras 43-46, blocks B and C).

Only the troop figures 9,000 and 13,000 were checked against a public source; the other thresholds are
professional knowledge of FSC.DOC/1/11 and stand here in one place to be corrected in.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from schemas.area import Area
from schemas.base import Nation, ParagraphText, ShortText, Statement, TitleText, UtcTime, unique

Count = Annotated[int, Field(ge=0, le=5_000_000)]


@dataclass(frozen=True)
class Thresholds:
    """Figures from which on an activity counts; any single one suffices."""

    troops: int
    battle_tanks: int
    armoured_combat_vehicles: int
    artillery_100mm: int
    landing_troops: int


NOTIFICATION = Thresholds(9_000, 250, 500, 250, 3_000)
"""VD11 paras 40.1.1, 40.2.1: prior notification."""
OBSERVATION = Thresholds(13_000, 300, 500, 250, 3_500)
"""VD11 paras 47.4: observers are invited."""
VERY_LARGE = Thresholds(40_001, 901, 5_000_001, 5_000_001, 5_000_001)
"""Constraining provisions: communicated about two years ahead."""


class HelicopterCategory(StrEnum):
    """Helicopters by task."""

    ATTACK = "ATTACK"
    COMBAT_SUPPORT = "COMBAT_SUPPORT"
    TRANSPORT = "TRANSPORT"


class HelicopterCount(Statement):
    """Helicopters of one category."""

    category: HelicopterCategory
    count: Count


class TroopStrength(Statement):
    """Troops by the way they fight; their sum is what thresholds are measured by."""

    ground: Count = 0
    amphibious: Count = 0
    airmobile: Count = 0
    airborne: Count = 0

    @property
    def total(self) -> int:
        """All troops together."""
        return self.ground + self.amphibious + self.airmobile + self.airborne


class Formation(Statement):
    """A formation or unit down to brigade or regiment."""

    designation: TitleText
    level: ShortText
    subordinate_to: TitleText | None = None


class AirParticipation(Statement):
    """Air forces: sorties without helicopters, what they are for and who commands them."""

    sorties: Count
    missions: ParagraphText
    aircraft_categories: Annotated[tuple[ShortText, ...], Field(max_length=20), AfterValidator(unique)] = ()
    level_of_command: TitleText | None = None


class NavalParticipation(Statement):
    """Naval forces in support: ship-to-shore gunfire and the rest."""

    ships: Count
    ship_to_shore_gunfire: bool = False
    other_support: ParagraphText | None = None
    level_of_command: TitleText | None = None


Points = Annotated[tuple[TitleText, ...], Field(max_length=30), AfterValidator(unique)]


class NationForces(Statement):
    """What one nation brings (VD11 notification, block B)."""

    nation: Nation
    troops: TroopStrength
    formations: Annotated[tuple[Formation, ...], Field(max_length=100), AfterValidator(unique)] = ()
    battle_tanks: Count = 0
    armoured_combat_vehicles: Count = 0
    anti_tank_launchers_on_vehicles: Count = 0
    artillery_100mm: Count = 0
    helicopters: Annotated[tuple[HelicopterCount, ...], Field(max_length=3)] = ()
    air: AirParticipation | None = None
    naval: NavalParticipation | None = None
    points_of_embarkation: Points = ()
    points_of_arrival: Points = ()
    points_of_departure: Points = ()


class SpecialActivityType(StrEnum):
    """Activities with thresholds of their own (VD11 para 40.2)."""

    AMPHIBIOUS_LANDING = "AMPHIBIOUS_LANDING"
    HELIBORNE_LANDING = "HELIBORNE_LANDING"
    PARACHUTE_ASSAULT = "PARACHUTE_ASSAULT"


class SpecialActivity(Statement):
    """A landing or a parachute assault within the exercise."""

    type: SpecialActivityType
    troops: Count
    start: UtcTime | None = None
    area: Area | None = None
    description: ParagraphText | None = None


def crosses(
    forces: tuple[NationForces, ...], special: tuple[SpecialActivity, ...], thresholds: Thresholds
) -> bool:
    """Whether all nations' forces together, or one special activity, reach any one of the thresholds."""
    return (
        sum(each.troops.total for each in forces) >= thresholds.troops
        or sum(each.battle_tanks for each in forces) >= thresholds.battle_tanks
        or sum(each.armoured_combat_vehicles for each in forces) >= thresholds.armoured_combat_vehicles
        or sum(each.artillery_100mm for each in forces) >= thresholds.artillery_100mm
        or any(each.troops >= thresholds.landing_troops for each in special)
    )
