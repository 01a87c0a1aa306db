"""What an exercise is for: objectives with a measure, a goal, and when it is rated how (HSEEP)."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import Nation, Statement, TitleText, unique
from schemas.header import Kind, Precedence

ObjectiveId = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{0,15}$")]


class Measure(StrEnum):
    """What an objective is measured by. Those of time are over copies, one for each recipient.

    Where exercise time runs, what people do (READ, ACKNOWLEDGED, ANSWERED) is measured in it, and what
    machines do (DELIVERED, RECOVERED) by the clock.
    """

    DELIVERED = "DELIVERED"
    """From acceptance until the recipient's gateway signs that it has the copy."""
    READ = "READ"
    """Until it signs that a person has read it; copies that nobody read count as missed."""
    ACKNOWLEDGED = "ACKNOWLEDGED"
    """Until a person there acknowledges; over the nations that were asked to."""
    ANSWERED = "ANSWERED"
    """From a request's acceptance until the asked nation's answer is accepted; over every nation asked."""
    RECOVERED = "RECOVERED"
    """From the end of a fault until the last copy that it held up is delivered; over the faults."""
    NOTHING_LOST = "NOTHING_LOST"
    """Copies that had to arrive, and did."""
    NOTHING_LEAKED = "NOTHING_LEAKED"
    """Attempts that reached nobody, and copies that nobody got who must not."""
    EXPECTATIONS = "EXPECTATIONS"
    """Everything that was expected of the injects."""


TIMED = (Measure.DELIVERED, Measure.READ, Measure.ACKNOWLEDGED, Measure.ANSWERED, Measure.RECOVERED)


class Rating(StrEnum):
    """How an objective was met (HSEEP)."""

    PERFORMED = "P"
    """Performed without challenges."""
    SOME_CHALLENGES = "S"
    MAJOR_CHALLENGES = "M"
    UNABLE = "U"
    NOT_OBSERVED = "-"
    """Nothing was played that it is measured over."""


class Thresholds(Statement):
    """The share, in percent, from which an objective is rated so; below ``M`` it is U."""

    P: Annotated[float, Field(gt=0, le=100)] = 100
    S: Annotated[float, Field(gt=0, le=100)] = 90
    M: Annotated[float, Field(gt=0, le=100)] = 50

    @model_validator(mode="after")
    def _falling(self) -> Self:
        if not self.P >= self.S >= self.M:
            raise PydanticCustomError("thresholds", "P is not below S, and S not below M")
        return self

    def rating(self, met: int, of: int) -> Rating:
        """The rating of ``met`` cases out of ``of``."""
        if of == 0:
            return Rating.NOT_OBSERVED
        share = 100 * met / of
        steps = (
            (self.P, Rating.PERFORMED),
            (self.S, Rating.SOME_CHALLENGES),
            (self.M, Rating.MAJOR_CHALLENGES),
        )
        return next((rating for least, rating in steps if share >= least), Rating.UNABLE)


class Objective(Statement):
    """One objective. The injects that name it are what it is measured over; all of them, where none does.

    ``goal_seconds``: for measures of time, how long it may take at most, in the time that its measure is in.
    ``kinds``, ``precedences``, ``nations`` (recipients) narrow what is measured.
    """

    id: ObjectiveId
    title: TitleText
    measure: Measure
    goal_seconds: Annotated[float, Field(gt=0, le=31_536_000)] | None = None
    kinds: Annotated[tuple[Kind, ...], Field(max_length=50), AfterValidator(unique)] = ()
    precedences: Annotated[tuple[Precedence, ...], Field(max_length=4), AfterValidator(unique)] = ()
    nations: Annotated[tuple[Nation, ...], Field(max_length=300), AfterValidator(unique)] = ()
    ratings: Thresholds = Thresholds()

    @model_validator(mode="after")
    def _goal(self) -> Self:
        if (self.measure in TIMED) != (self.goal_seconds is not None):
            raise PydanticCustomError("goal", "goal_seconds goes with measures of time, and with them always")
        return self
