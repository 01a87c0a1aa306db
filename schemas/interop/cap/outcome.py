"""What comes of reading: refusals that name the place, warnings, and nothing quoted from the document."""

from dataclasses import dataclass
from enum import StrEnum

from schemas.reasons import ReasonCode

MAX_WARNINGS = 100


@dataclass(frozen=True)
class CapRefused:
    """An alert, or a whole document, that is not taken. ``line`` counts from 1; 0 where there is none."""

    code: ReasonCode
    path: str
    line: int
    explanation: str


class CapRefusal(Exception):
    """Raised inside the reader; ``read_cap`` turns it into its ``refused``."""

    def __init__(self, code: ReasonCode, path: str, line: int, explanation: str) -> None:
        super().__init__(f"{code}: {explanation} ({path}, line {line})")
        self.refused = CapRefused(code, path, line, explanation)


class CapWarningCode(StrEnum):
    """What was read leniently, left out or is doubtful, and therefore reported."""

    ELEMENT_ORDER = "ELEMENT_ORDER"
    EXTENSION_IGNORED = "EXTENSION_IGNORED"
    PROCESSING_INSTRUCTION_IGNORED = "PROCESSING_INSTRUCTION_IGNORED"
    SIGNATURE_NOT_VERIFIED = "SIGNATURE_NOT_VERIFIED"
    SCOPE_NOT_PUBLIC = "SCOPE_NOT_PUBLIC"
    ADDRESSES_WITHOUT_PRIVATE = "ADDRESSES_WITHOUT_PRIVATE"
    REFERENCE_TO_ITSELF = "REFERENCE_TO_ITSELF"
    RESOURCE_CONTENT_DROPPED = "RESOURCE_CONTENT_DROPPED"
    ANTIMERIDIAN_CUT = "ANTIMERIDIAN_CUT"
    INFO_REPEATED = "INFO_REPEATED"
    ALERT_SPLIT = "ALERT_SPLIT"
    TEXT_CLEANED = "TEXT_CLEANED"
    SUBJECT_SHORTENED = "SUBJECT_SHORTENED"
    EXERCISE_ID_DIFFERS = "EXERCISE_ID_DIFFERS"
    REPLAYED = "REPLAYED"
    WRAPPER_LABEL_IGNORED = "WRAPPER_LABEL_IGNORED"
    CONTENT_IGNORED = "CONTENT_IGNORED"


@dataclass(frozen=True)
class CapWarning:
    """One warning, with the place it is about."""

    code: CapWarningCode
    path: str
    line: int
    explanation: str


class Warnings:
    """The warnings collected while one alert or document is read; at most ``MAX_WARNINGS`` are kept."""

    def __init__(self) -> None:
        self._found: list[CapWarning] = []

    def add(self, code: CapWarningCode, path: str, line: int, explanation: str) -> None:
        """Note a warning."""
        if len(self._found) < MAX_WARNINGS:
            self._found.append(CapWarning(code, path, line, explanation))

    def all(self) -> tuple[CapWarning, ...]:
        """Everything noted so far, in the order of the document."""
        return tuple(self._found)
