"""What every body has in common: it is a statement, and it can be read critically against the clock."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from schemas.base import Statement
from schemas.header import Reference, Relation


class FindingLevel(StrEnum):
    """An ERROR stops publication; a WARNING is reported to the author and stops nothing."""

    ERROR = "ERROR"
    WARNING = "WARNING"


class FindingCode(StrEnum):
    """Stable codes of findings. Those of level ERROR are at the same time codes in ``schemas.reasons``."""

    NOTICE_TOO_LATE = "NOTICE_TOO_LATE"
    TIME_INVALID = "TIME_INVALID"
    REFERENCE_UNKNOWN = "REFERENCE_UNKNOWN"
    REDIRECT_INVALID = "REDIRECT_INVALID"
    OBSERVERS_NOT_INVITED = "OBSERVERS_NOT_INVITED"
    THRESHOLD_CROSSED = "THRESHOLD_CROSSED"
    VERY_LARGE_ACTIVITY = "VERY_LARGE_ACTIVITY"
    ONSET_AFTER_EXPIRY = "ONSET_AFTER_EXPIRY"
    TEAR_LINE_REACHES_NOBODY = "TEAR_LINE_REACHES_NOBODY"
    TEAR_LINE_NARROWER = "TEAR_LINE_NARROWER"
    LABEL_BELOW_ANSWERED = "LABEL_BELOW_ANSWERED"


@dataclass(frozen=True)
class Finding:
    """One thing to say about a well-formed body, with an RFC 6901 pointer into the message."""

    level: FindingLevel
    code: FindingCode
    pointer: str
    explanation: str


class Body(Statement):
    """Base of the bodies of every kind."""

    def findings(self, issued_at: datetime, references: tuple[Reference, ...] = ()) -> tuple[Finding, ...]:
        """What is wrong or doubtful given the time of issue and the header's references; pure."""
        return ()

    def as_first(self) -> Self:
        """The body for who gets the message without the reference to what it changes: it says of itself
        nothing that tells of an earlier one, as far as it can without."""
        return self


def error(code: FindingCode, pointer: str, explanation: str) -> Finding:
    """A finding that stops publication."""
    return Finding(FindingLevel.ERROR, code, pointer, explanation)


def warning(code: FindingCode, pointer: str, explanation: str) -> Finding:
    """A finding for the author only."""
    return Finding(FindingLevel.WARNING, code, pointer, explanation)


def needs_reference(
    references: tuple[Reference, ...], relations: tuple[Relation, ...], explanation: str
) -> tuple[Finding, ...]:
    """One error unless exactly one reference has one of these relations."""
    if sum(reference.relation in relations for reference in references) == 1:
        return ()
    return (error(FindingCode.REFERENCE_UNKNOWN, "/header/references", explanation),)
