"""What a drill tells people who watch it: which drills there are, and what was played so far.

Written by whoever runs the drill, one JSON object a line, read by consoles from a folder. Nothing of it
travels on the bus: what is yet to come would tell players what to expect. No content of messages either.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import Nation, ParagraphText, ShortText, Statement, TitleText, UtcTime

CATALOGUE_FILE = "catalogue.json"
JOURNAL_SUFFIX = ".journal.jsonl"
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


class JournalEnd(Statement):
    """The last line of a journal whose drill was stopped in order."""

    ended_at: UtcTime
