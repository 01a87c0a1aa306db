"""What exercise staff asks of a drill that is being played: lines of a file beside its journal.

The runner makes the file and holds a lock on it while it plays; consoles and the command line append lines,
which it reads between injects. Whoever can write into that folder controls the drill, and says who they are.
"""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.base import ShortText, Statement, UtcTime

CONTROL_SUFFIX = ".control.jsonl"
LARGEST_ACT = 1024
"""Octets of a line. A whole line is written at once, and read only with its end."""
MOST_ACTS = 500
"""Lines that a run heeds; whatever comes after them is not read."""
InjectSerial = Annotated[str, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3}){0,2}$")]


class ControlAct(StrEnum):
    """What can be asked for."""

    HOLD = "HOLD"
    RESUME = "RESUME"
    SKIP = "SKIP"
    ABORT = "ABORT"


class ControlLine(Statement):
    """One act. ``by``: the nation and operator at a console, or the user of a command line."""

    at: UtcTime
    by: ShortText
    act: ControlAct
    serial: InjectSerial | None = Field(None, description="With SKIP: which inject.")

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if (self.serial is not None) != (self.act is ControlAct.SKIP):
            raise PydanticCustomError("control_act", "SKIP names an inject, and nothing else does")
        return self
