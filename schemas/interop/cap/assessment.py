"""What CAP says in its words, said in ours: precedence, threat type, mode. Pure tables."""

from schemas.header import ExerciseId, Mode, Precedence
from schemas.threat_alert import Category, Severity, ThreatType, Urgency

_RANKS: dict[Urgency, dict[Severity, Precedence]] = {
    Urgency.IMMEDIATE: {
        Severity.EXTREME: Precedence.FLASH,
        Severity.SEVERE: Precedence.IMMEDIATE,
        Severity.MODERATE: Precedence.PRIORITY,
        Severity.MINOR: Precedence.ROUTINE,
        Severity.UNKNOWN: Precedence.IMMEDIATE,
    },
    Urgency.EXPECTED: {
        Severity.EXTREME: Precedence.IMMEDIATE,
        Severity.SEVERE: Precedence.PRIORITY,
        Severity.MODERATE: Precedence.ROUTINE,
        Severity.MINOR: Precedence.ROUTINE,
        Severity.UNKNOWN: Precedence.PRIORITY,
    },
    Urgency.FUTURE: {
        Severity.EXTREME: Precedence.PRIORITY,
        Severity.SEVERE: Precedence.PRIORITY,
        Severity.MODERATE: Precedence.ROUTINE,
        Severity.MINOR: Precedence.ROUTINE,
        Severity.UNKNOWN: Precedence.ROUTINE,
    },
    Urgency.PAST: dict.fromkeys(Severity, Precedence.ROUTINE),
}
_RANKS[Urgency.UNKNOWN] = _RANKS[Urgency.EXPECTED]

CANCEL_PRECEDENCE = Precedence.PRIORITY
"""Of a Cancel that says nothing else."""

_THREATS = {
    Category.CBRNE: ThreatType.CBRN,
    Category.SECURITY: ThreatType.SECURITY,
    Category.HEALTH: ThreatType.HEALTH,
    Category.FIRE: ThreatType.FIRE,
    Category.GEO: ThreatType.NATURAL_HAZARD,
    Category.MET: ThreatType.NATURAL_HAZARD,
    Category.ENV: ThreatType.ENVIRONMENT,
    Category.INFRA: ThreatType.INFRASTRUCTURE,
    Category.TRANSPORT: ThreatType.INFRASTRUCTURE,
    Category.RESCUE: ThreatType.PUBLIC_SAFETY,
    Category.SAFETY: ThreatType.PUBLIC_SAFETY,
    Category.OTHER: ThreatType.OTHER,
}


def precedence_of(urgency: Urgency, severity: Severity) -> Precedence:
    """How urgently an alert is handled; certainty plays no part.

    Urgency Immediate: FLASH when Extreme, IMMEDIATE when Severe, PRIORITY when Moderate. Expected: one step
    less. Future: PRIORITY when Extreme or Severe. Past, and everything else: ROUTINE. An unknown urgency
    counts as Expected; an unknown severity counts as Severe, but as Moderate when the urgency is Future.
    """
    return _RANKS[urgency][severity]


def threat_type_of(categories: tuple[Category, ...]) -> ThreatType:
    """The threat type of the first category given. CAP's words never name a military threat."""
    return _THREATS[categories[0]]


def mode_of(status: str, note: str | None, as_exercise: ExerciseId | None) -> tuple[Mode, str | None] | None:
    """Mode and exercise id for a CAP ``status``, or None for an exercise without a name.

    Actual is OPERATION, Test is TEST; both are part of an exercise only when the caller says so. Exercise is
    EXERCISE, in the one the caller names or else the one in ``note``. Nothing becomes OPERATION but Actual.
    """
    if as_exercise is not None:
        return Mode.EXERCISE, as_exercise
    if status == "Actual":
        return Mode.OPERATION, None
    if status == "Test":
        return Mode.TEST, None
    return (Mode.EXERCISE, note) if status == "Exercise" and note is not None else None
