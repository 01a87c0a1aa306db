"""What came of a drill: plain data for the table, the report and the exit code."""

from typing import Annotated

from pydantic import Field

from drills.acted import ActorOutcome
from drills.alarms import AlarmOutcome
from drills.backfills import BackfillOutcome
from drills.course import (
    Began,
    CopyTimes,
    Count,
    InjectOutcome,
    Milliseconds,
    NationFigures,
    NotPlayed,
    Outage,
    Seconds,
)
from drills.exercise_clock import Speed
from drills.handling import Bounds, Handling
from drills.life_outcome import LifeOutcome, LifeStep, WebhookOutcome
from drills.objectives import Objective
from schemas.base import Statement, UtcTime
from schemas.drill_journal import ActHeard


class NationOutcome(Statement):
    """One nation and one message: the decision, how far it came, and whether that is as expected.

    ``latency_ms``: from handing the draft in until the nation's own system saw it on its inbox stream.
    ``reason``: why it was refused or withheld after it had been permitted. ``version``: which version of a
    draft with tear lines it gets, from 0; ``marking``: the banner that it sees. ``gets``: its share of what
    changes an earlier message. ``times``: absent where the nation gets no copy. ``must_have``: the scenario
    says that it gets one.
    """

    nation: str
    must_have: bool
    permit: bool
    code: str
    explanation: str
    state: str
    latency_ms: Milliseconds | None = None
    acknowledged: bool = False
    reason: str = ""
    version: Count | None = None
    marking: str = ""
    gets: str = ""
    times: CopyTimes | None = None
    as_expected: bool
    remark: str = ""


class MessageOutcome(Statement):
    """A message that was accepted, and every other nation's part in it.

    ``answers``: the inject whose request it answers. ``bounds``: what its label allows, as it was signed;
    absent in reports of earlier versions. ``taken_back_at``: when it was cancelled or recalled for all.
    """

    serial: str
    title: str
    originator: str
    kind: str
    precedence: str
    classification: str
    releasable_to: tuple[str, ...]
    message_id: str
    accepted_at: UtcTime | None = None
    taken_back_at: UtcTime | None = None
    answers: str = ""
    marking: str = ""
    bounds: Bounds | None = None
    nations: tuple[NationOutcome, ...]
    remark: str = ""

    @property
    def as_expected(self) -> bool:
        """Whether every nation's part is."""
        return not self.remark and all(nation.as_expected for nation in self.nations)


class AttemptOutcome(Statement):
    """Something that had to fail: what was tried, what stopped it, whether it reached anybody."""

    serial: str
    title: str
    nation: str
    attempted: str
    expected: str
    stopped_by: str
    reached: tuple[str, ...] = ()
    detail: str = ""
    as_expected: bool
    remark: str = ""


class PreviewRow(Statement):
    """What a preview says of one nation, and what would have to change for the other answer."""

    nation: str
    permit: bool
    code: str
    explanation: str
    change: tuple[str, ...] = ()


class PreviewOutcome(Statement):
    """A draft that was previewed, not published. ``refused``: the code publishing it would get, or ""."""

    serial: str
    title: str
    nation: str
    subject: str
    refused: str = ""
    detail: str = ""
    rows: tuple[PreviewRow, ...]
    as_expected: bool
    remark: str = ""


class AgreementOutcome(Statement):
    """One step in an agreement's life, and its state at each party's gateway once the step was known there.

    ``took_ms``: from the request until the last party's gateway showed the step; None when one never did.
    """

    serial: str
    title: str
    nation: str
    step: str
    id: str
    version: Count
    digest: str
    states: dict[str, str]
    took_ms: Milliseconds | None = None
    as_expected: bool
    remark: str = ""


class EventOutcome(Statement):
    """Something that happened to the realm or its machinery."""

    serial: str
    title: str
    nation: str
    what: str
    as_expected: bool = True
    remark: str = ""


Judged = (
    AttemptOutcome
    | PreviewOutcome
    | AgreementOutcome
    | BackfillOutcome
    | ActorOutcome
    | LifeStep
    | WebhookOutcome
    | EventOutcome
    | AlarmOutcome
)


class CodeCount(Statement):
    """How often release was decided under one code, and in which injects."""

    code: str
    permit: bool
    explanation: str
    count: Count
    injects: tuple[str, ...]


class ChapterOutcome(Statement):
    """A chapter of the scenario: the first number of its injects' serials, and its title."""

    event: str
    title: str


class FileOutcome(Statement):
    """A file of CAP alerts that was played: what was taken, what refused and why."""

    file: str
    taken: Count
    refused: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


class DrillOutcome(Statement):
    """Everything that came of one run.

    ``speed``: how many times as fast as the clock exercise time ran; absent where causes alone ordered the
    play. ``seed``: what the dice fell by. ``fingerprint``: the same for two runs of which the same came.
    ``skipped``: injects that exercise control passed over; ``cancelled``: those that an abort left unplayed;
    ``excused_answers``: requests, by inject, and nations that were not let answer; ``acts``: what exercise
    staff asked for, and what was not taken of it. ``levels``: the realm's classifications by policy, lowest
    first; ``drafts``: the labels of what was previewed or refused; ``handling``: what the whole allows.
    ``unexpected``: sentences on what stands in an inbox and must not; ``unjudged``: on what was to be played,
    could not be, and so was not judged.
    """

    title: str
    summary: str
    exercise_id: str
    started_at: Began
    seconds: Seconds
    speed: Speed | None = None
    seed: Count | None = None
    fingerprint: str = ""
    nations: tuple[str, ...]
    objectives: tuple[Objective, ...] = ()
    injects: tuple[InjectOutcome, ...] = ()
    skipped: tuple[NotPlayed, ...] = ()
    cancelled: tuple[NotPlayed, ...] = ()
    aborted_by: str | None = None
    acts: tuple[ActHeard, ...] = ()
    excused_answers: tuple[tuple[str, str], ...] = ()
    outages: tuple[Outage, ...] = ()
    figures: tuple[NationFigures, ...] = ()
    chapters: tuple[ChapterOutcome, ...] = ()
    messages: tuple[MessageOutcome, ...]
    previews: tuple[PreviewOutcome, ...] = ()
    agreements: tuple[AgreementOutcome, ...] = ()
    backfills: tuple[BackfillOutcome, ...] = ()
    actors: tuple[ActorOutcome, ...] = ()
    lives: tuple[LifeOutcome, ...] = ()
    webhooks: tuple[WebhookOutcome, ...] = ()
    events: tuple[EventOutcome, ...] = ()
    attempts: tuple[AttemptOutcome, ...] = ()
    alarms: tuple[AlarmOutcome, ...] = ()
    decisions_by_code: tuple[CodeCount, ...] = ()
    levels: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    drafts: tuple[Bounds, ...] = ()
    handling: Handling | None = None
    files: tuple[FileOutcome, ...] = ()
    unexpected: Annotated[tuple[str, ...], Field(max_length=10_000)] = ()
    unjudged: Annotated[tuple[str, ...], Field(max_length=10_000)] = ()

    @property
    def failures(self) -> tuple[str, ...]:
        """Every expectation that failed, one sentence each."""
        found = [
            f"{message.serial} at {nation.nation}: {nation.remark}"
            for message in self.messages
            for nation in message.nations
            if not nation.as_expected
        ]
        found += [f"{message.serial}: {message.remark}" for message in self.messages if message.remark]
        found += [f"{each.serial}: {each.remark}" for each in self.singly_judged if not each.as_expected]
        return (*found, *self.unexpected, *self.unjudged)

    @property
    def singly_judged(self) -> tuple["Judged", ...]:
        """Everything that is judged as one, beside the messages nation by nation."""
        judged: list[Judged] = [*self.previews, *self.agreements, *self.backfills, *self.actors]
        judged += [step for life in self.lives for step in life.steps]
        judged += [*self.webhooks, *self.events, *self.attempts, *self.alarms]
        return tuple(judged)
