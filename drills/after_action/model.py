"""The after-action review as plain data (HSEEP: objectives, observations, ratings, improvement plan)."""

from enum import StrEnum

from pydantic import Field

from drills.handling import Handling
from drills.objectives import Measure, Rating
from schemas.base import Statement, UtcTime


class Figure(Statement):
    """One of the five figures at the top. ``good``: as it should be; None where that is not the question."""

    value: str
    label: str
    beside: str = ""
    good: bool | None = None


class Evidence(Statement):
    """A case that an objective was measured by. ``seconds``: how long it took; None when it never came."""

    serial: str
    nation: str = ""
    seconds: float | None = None
    met: bool
    what: str = ""
    by_script: bool = Field(default=False, description="The scenario has the nation silent on it.")


class ObjectiveResult(Statement):
    """An objective, over how many cases it was measured, how many met it, and its rating."""

    id: str
    title: str
    measure: Measure
    goal_seconds: float | None = None
    exercise_time: bool = Field(description="Whether its goal and times are in exercise time.")
    cases: int
    met: int
    median_seconds: float | None = None
    worst_seconds: float | None = None
    rating: Rating
    missed: tuple[Evidence, ...] = Field(description="Every case that did not meet it, the worst first.")
    measured_over: tuple[str, ...] = Field(description="The injects of all its cases, each once, in order.")


class Timing(Statement):
    """How fast one nation was with what came at one precedence. Percentiles are over those that came.

    ``awaited``: copies for which this was awaited; ``came``: for which it came; ``on_time``: before the
    deadline that the gateways go by, of those whose deadline was met or had passed by the end (``due``).
    """

    nation: str
    precedence: str
    what: Measure
    awaited: int
    came: int
    due: int
    on_time: int
    median_seconds: float | None = None
    p95_seconds: float | None = None
    worst_seconds: float | None = None


class Recovery(Statement):
    """A fault and what it held up. ``recovered_seconds``: from its end until the last copy that it had held
    up was delivered; 0 when it held up none; None while it lasts, or something never came."""

    serial: str
    title: str
    what: str
    nation: str = ""
    lasted_seconds: float | None = None
    held_up: int
    still_missing: int
    recovered_seconds: float | None = None


class Cooperation(Statement):
    """What a nation gave to the others and got from them.

    ``owed``: acknowledgements and answers asked of it; ``given``; ``on_time``; ``overdue``: not given when
    the deadline had passed. ``asked``: what it asked of others; ``received``. ``silent``: something is
    overdue, and it gave nothing at all. ``by_script``: what it did not give, being silent by script.
    """

    nation: str
    owed: int
    given: int
    on_time: int
    overdue: int
    asked: int
    received: int
    silent: bool
    by_script: int = 0

    @property
    def silent_by_script(self) -> bool:
        """Whether the scenario alone made it silent: everything that is overdue is so by script."""
        return self.silent and self.by_script >= self.overdue


class Reciprocity(Statement):
    """Answers and acknowledgements between two nations: given of owed, in both directions."""

    nations: tuple[str, str]
    first_gave: int
    first_owed: int
    second_gave: int
    second_owed: int


class Improvement(Statement):
    """An item of the improvement plan (observation, discussion, conclusion, recommendation).

    Owner and date are for people to fill in.
    """

    about: str
    observation: str
    discussion: str
    conclusion: str
    recommendation: str
    owner: str = ""
    due: str = ""


class Tick(Statement):
    """A message on a nation's lane: sent by it, or delivered to it."""

    at: UtcTime
    serial: str
    precedence: str
    sent: bool


class Met(StrEnum):
    """How a deadline was met by the end of the drill."""

    IN_TIME = "IN_TIME"
    LATE = "LATE"
    NEVER = "NEVER"
    """It passed, and nothing came."""
    OPEN = "OPEN"
    """Nothing came, and it had not passed."""


class Bar(Statement):
    """From a message's acceptance until the nation acknowledged it; ``until`` None: it did not."""

    serial: str
    precedence: str
    began: UtcTime
    until: UtcTime | None
    met: Met


class Band(Statement):
    """A time in which nothing could reach the nation."""

    began: UtcTime
    until: UtcTime
    what: str
    held_up: int


class TimelineLane(Statement):
    """One nation's line of the timeline."""

    nation: str
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]
    bands: tuple[Band, ...]


class Mark(Statement):
    """An inject that is named above the lanes: a fault, or the first of a chapter."""

    at: UtcTime
    serial: str
    title: str
    fault: bool


class Timeline(Statement):
    """Everything over time."""

    began: UtcTime
    ended: UtcTime
    marks: tuple[Mark, ...]
    lanes: tuple[TimelineLane, ...]


class AfterAction(Statement):
    """The whole review."""

    title: str
    exercise_id: str
    handling: Handling
    levels: dict[str, tuple[str, ...]]
    started_at: UtcTime
    seconds: float
    speed: float | None = Field(description="How many times as fast as the clock exercise time ran.")
    fingerprint: str = ""
    nations: tuple[str, ...]
    figures: tuple[Figure, ...]
    objectives: tuple[ObjectiveResult, ...]
    timings: tuple[Timing, ...]
    recoveries: tuple[Recovery, ...]
    cooperation: tuple[Cooperation, ...]
    reciprocity: tuple[Reciprocity, ...]
    taken_back: int = Field(description="Answers that were owed until their request was taken back.")
    attempts: int = Field(description="Attempts that had to fail.")
    blocked: int = Field(description="Those that were stopped and reached nobody.")
    lost: int = Field(description="Copies that had to arrive and did not.")
    leaked: int = Field(description="Copies that somebody got who must not have them.")
    gaps: int
    duplicates: int
    late: int
    improvements: tuple[Improvement, ...]
    timeline: Timeline
