"""What became of an actor's act, for the report."""

from drills.course import Seconds
from schemas.base import Statement, UtcTime


class ActorOutcome(Statement):
    """One actor's act on one message, ``on``. ``does``: acknowledge, answer, silent, ...

    ``at``, and ``exercise_seconds`` since the play began: when it was done; absent when it never was.
    ``waited_seconds``: exercise time that the dice put between the message and the act. ``code``: with which
    its nation's gateway refused it, as it has to where the actor misbehaves.
    """

    serial: str
    title: str
    nation: str
    on: str
    does: str
    at: UtcTime | None = None
    exercise_seconds: Seconds | None = None
    waited_seconds: Seconds
    code: str = ""
    as_expected: bool
    remark: str = ""
