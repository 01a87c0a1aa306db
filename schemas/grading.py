"""Grading of information: how far the source is trusted, how far the content (A-F, 1-6; AJP-2.1)."""

from enum import StrEnum

from schemas.base import Statement


class SourceReliability(StrEnum):
    """A completely reliable, B usually, C fairly, D not usually, E unreliable, F cannot be judged."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class InformationCredibility(StrEnum):
    """1 confirmed, 2 probably true, 3 possibly true, 4 doubtful, 5 improbable, 6 cannot be judged."""

    CONFIRMED = "1"
    PROBABLY_TRUE = "2"
    POSSIBLY_TRUE = "3"
    DOUBTFUL = "4"
    IMPROBABLE = "5"
    CANNOT_BE_JUDGED = "6"


class SourceGrading(Statement):
    """Both grades; "B2" is reliability B, credibility 2."""

    reliability: SourceReliability
    credibility: InformationCredibility
