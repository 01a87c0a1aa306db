"""What came of injects on the life of messages, and of what was posted of it: plain data."""

from drills.course import Count
from schemas.base import Statement


class LifeStep(Statement):
    """One inject in the life of a message, and what each nation's own gateway showed afterwards.

    ``about``: the inject whose message it is about; ``shown``: a few lines for each nation that has any.
    """

    serial: str
    title: str
    nation: str
    about: str
    shown: dict[str, tuple[str, ...]]
    as_expected: bool
    remark: str = ""


class LifeOutcome(Statement):
    """The life of one message, or of a chain of messages that change each other, from its first inject on."""

    begins: str
    title: str
    originator: str
    steps: tuple[LifeStep, ...]


class WebhookOutcome(Statement):
    """What was posted to a nation's own system, against what its gateway's feed tells of the same types."""

    serial: str
    title: str
    nation: str
    posts: tuple[str, ...]
    told: Count
    as_expected: bool
    remark: str = ""
