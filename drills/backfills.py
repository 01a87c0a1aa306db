"""A new member of a community is given what it missed: the inject, and what its list has to say. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from schemas.base import CommunityName, Nation, Statement, unique
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode


class Backfill(Statement):
    """What the inject's nation wrote to a community is listed for its new member, read, and sent.

    It is about everything that was written since the play began, of these ``kinds`` unless all are meant.
    """

    community: CommunityName
    nation: Nation
    mode: Mode = Mode.EXERCISE
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1), AfterValidator(unique)] | None = None


class Fate(StrEnum):
    """What a list says of a message that release permits; of others it gives the code."""

    SENDS = "sends"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    NOT_OURS_TO_WIDEN = "not_ours_to_widen"
    ALREADY_SENT = "already_sent"
    FULLER_VERSION = "fuller_version"


WHY = {
    Fate.EXPIRED: "It has expired.",
    Fate.WITHDRAWN: "It was changed, cancelled or recalled since.",
    Fate.NOT_OURS_TO_WIDEN: "It refers to another nation's message, which is not its author's to pass on.",
    Fate.ALREADY_SENT: "An earlier backfill sent it.",
    Fate.FULLER_VERSION: "The nation gets a fuller version.",
}
"""Why something stays out that release permits."""

Fates = Annotated[tuple[Fate | ReasonCode, ...], Field(min_length=1, max_length=9)]
"""One for each version of a message, the fullest first."""


class BackfillRow(Statement):
    """One version of a message on the list. ``inject`` is empty for a message that no inject wrote."""

    inject: str
    subject: str = ""
    marking: str = ""
    fate: str
    explanation: str = ""


class BackfillOutcome(Statement):
    """A list as it was read before it was sent."""

    serial: str
    title: str
    nation: str
    community: str
    to: str
    rows: tuple[BackfillRow, ...]
    as_expected: bool
    remark: str = ""


def different_list(wanted: Mapping[str, Iterable[str]], rows: Iterable[BackfillRow]) -> list[str]:
    """Sentences on messages of which the list says something else than it must; of those unnamed, nothing."""
    listed: dict[str, list[str]] = {}
    for row in rows:
        listed.setdefault(row.inject, []).append(row.fate)
    must = {serial: ", ".join(fates) for serial, fates in wanted.items()}
    says = {serial: ", ".join(fates) for serial, fates in listed.items()}
    return [
        f"of {serial or 'a message of no inject'} the list must say {must.get(serial, 'nothing')}, "
        f"but says {says.get(serial, 'nothing')}"
        for serial in {**must, **says}
        if must.get(serial) != says.get(serial)
    ]
