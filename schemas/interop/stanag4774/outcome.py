"""What comes of reading and writing: refusals that name the place, warnings, nothing quoted from the text."""

from dataclasses import dataclass
from enum import StrEnum

from schemas.reasons import ReasonCode


class LabelXmlRefused(Exception):
    """A document is not taken as a label. ``line`` counts from 1; 0 where there is none."""

    def __init__(self, code: ReasonCode, path: str, line: int, explanation: str) -> None:
        super().__init__(f"{code}: {explanation} ({path}, line {line})")
        self.code = code
        self.path = path
        self.line = line
        self.explanation = explanation


class LabelNotExpressible(Exception):
    """STANAG 4774 can't say this label, or could say it only wider. ``pointer`` leads into the label."""

    def __init__(self, code: ReasonCode, pointer: str, explanation: str) -> None:
        super().__init__(f"{code}: {explanation} ({pointer})")
        self.code = code
        self.pointer = pointer
        self.explanation = explanation


class LabelWarningCode(StrEnum):
    """What was left out or narrowed in reading, and therefore reported. None of it widens the label."""

    PRIVACY_MARK_IGNORED = "PRIVACY_MARK_IGNORED"
    INFORMATIVE_IGNORED = "INFORMATIVE_IGNORED"
    RELEASE_LIST_ABSENT = "RELEASE_LIST_ABSENT"
    GROUP_NARROWED = "GROUP_NARROWED"
    URI_NOT_CHECKED = "URI_NOT_CHECKED"
    SCHEMA_LOCATION_IGNORED = "SCHEMA_LOCATION_IGNORED"


@dataclass(frozen=True)
class LabelWarning:
    """One warning, with the place it is about."""

    code: LabelWarningCode
    path: str
    line: int
    explanation: str
