"""What a drill tells people who watch it: which drills there are, what is planned, what was played so far.

Written by whoever runs the drill, one JSON object a line, read by consoles from a folder and shown to
exercise staff alone. Nothing of it travels on the bus: what is yet to come would tell players what to expect.
No content of messages either, and nothing of what a scenario expects: only whether it came so.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from schemas.base import Nation, ParagraphText, ShortText, Statement, TitleText, UtcTime
from schemas.drill_control import ControlAct, InjectSerial

CATALOGUE_FILE = "catalogue.json"
JOURNAL_SUFFIX = ".journal.jsonl"
LONGEST_MINUTES = 366 * 24 * 60
RunId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class CataloguedDrill(Statement):
    """A drill that can be played, or is."""

    name: RunId
    title: TitleText
    summary: ParagraphText
    nations: Annotated[tuple[Nation, ...], Field(max_length=100)]
    injects: Annotated[int, Field(ge=0)]
    endless: bool = Field(description="It goes on until it is stopped, and judges nothing.")


class DrillCatalogue(Statement):
    """Every drill that can be played here."""

    drills: Annotated[tuple[CataloguedDrill, ...], Field(max_length=200)]


class JournalStart(Statement):
    """The first line of a journal."""

    run: RunId
    drill: RunId
    title: TitleText
    started_at: UtcTime
    nations: Annotated[tuple[Nation, ...], Field(max_length=100)]


class Played(StrEnum):
    """What became of an inject at its own gateway. What became of it elsewhere the traffic shows."""

    DONE = "DONE"
    REFUSED = "REFUSED"
    UNREACHABLE = "UNREACHABLE"


class JournalLine(Statement):
    """One inject that was played."""

    at: UtcTime
    nation: Nation
    storyline: TitleText
    title: TitleText
    did: ShortText = Field(description="The kind of inject: publish, acknowledge, request, ...")
    became: Played
    code: ShortText | None = Field(None, description="The problem's code where it was refused.")
    publication_id: ShortText | None = None


class InjectStatus(StrEnum):
    """Where an inject of a main events list stands."""

    PLANNED = "PLANNED"
    READY = "READY"
    """It is the next one: its time, or what it waits for, has yet to come."""
    HELD = "HELD"
    """It would be the next one; exercise staff holds the drill."""
    RELEASED = "RELEASED"
    """It was played, or is being played, and is not judged yet."""
    SKIPPED = "SKIPPED"
    CANCELLED = "CANCELLED"
    """The drill was aborted before it."""
    CLOSED = "CLOSED"
    """It was judged."""


class WhyNot(StrEnum):
    """Why an inject was not played."""

    ASKED = "ASKED"
    """Exercise staff asked for it."""
    NEEDS = "NEEDS"
    """It needs another one that was not played."""
    FAILED = "FAILED"
    """It could not be played without what was skipped before."""


class NotTaken(StrEnum):
    """Why an act of exercise control was not taken."""

    UNREADABLE = "UNREADABLE"
    TOO_MANY = "TOO_MANY"
    UNKNOWN_INJECT = "UNKNOWN_INJECT"
    TOO_LATE = "TOO_LATE"
    """The inject was released already, or will not be any more."""
    BRINGS_BACK = "BRINGS_BACK"
    """The inject ends a fault: skip the one that begins it."""
    NOTHING_CHANGES = "NOTHING_CHANGES"
    """It is held already, or is not held."""


class DrillPhase(StrEnum):
    """What a drill is doing."""

    PLAYING = "PLAYING"
    HELD = "HELD"
    JUDGING = "JUDGING"


class DrillResult(StrEnum):
    """How a drill ended."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"
    BROKEN = "BROKEN"
    """It could not be played to its end."""


class PlannedInject(Statement):
    """One inject of the main events list, before anything is played. ``minutes``: exercise time."""

    line: Literal["inject"] = "inject"
    serial: InjectSerial
    minutes: Annotated[float, Field(ge=0, le=LONGEST_MINUTES, allow_inf_nan=False)]
    nation: Nation
    title: TitleText
    did: ShortText = Field(description="The kind of inject: publish, acknowledge, fault, ...")
    chapter: TitleText | None = None


class InjectMoved(Statement):
    """An inject stands otherwise from now on.

    ``by`` and ``why``: of one that was not played; ``needs``: the inject that it needs. ``met``: with CLOSED,
    whether everything came of it that had to.
    """

    line: Literal["status"] = "status"
    at: UtcTime
    serial: InjectSerial
    status: InjectStatus
    by: ShortText | None = None
    why: WhyNot | None = None
    needs: InjectSerial | None = None
    met: bool | None = None
    publication_id: ShortText | None = None


class PhaseBegan(Statement):
    """The drill does something else from now on."""

    line: Literal["phase"] = "phase"
    at: UtcTime
    phase: DrillPhase


class ActHeard(Statement):
    """What exercise staff asked for. ``refused``: why it was not taken."""

    line: Literal["act"] = "act"
    at: UtcTime
    by: ShortText
    act: ControlAct | None = Field(None, description="Absent where the line could not be read.")
    serial: InjectSerial | None = None
    refused: NotTaken | None = None


Count = Annotated[int, Field(ge=0)]


class Score(Statement):
    """How the drill stands: expectations judged so far, copies that arrived, attempts that were blocked."""

    line: Literal["score"] = "score"
    at: UtcTime
    met: Count
    not_met: Count
    copies: Count
    arrived: Count
    attempts: Count
    blocked: Count


class FaultSeen(Statement):
    """Something stands still, or runs again (``over``). ``nation``: whose; absent for the broker."""

    line: Literal["fault"] = "fault"
    at: UtcTime
    serial: InjectSerial
    what: ShortText
    nation: Nation | None = None
    over: bool = False


ListLine = Annotated[
    PlannedInject | InjectMoved | PhaseBegan | ActHeard | Score | FaultSeen, Field(discriminator="line")
]
"""A line on a drill that plays a main events list."""


class JournalEnd(Statement):
    """The last line of a journal whose drill was stopped in order.

    ``cancelled``: messages that still stood after an abort.
    """

    ended_at: UtcTime
    result: DrillResult | None = None
    skipped: Count = 0
    cancelled: Count = 0
