"""A draft that passed every check, with everything the checks found out."""

from dataclasses import dataclass

from bus.protocol.release import ReleasePlan
from schemas.body import Finding
from schemas.message import AnyDraft


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be sent to whom, what its author should know, and which suite will sign it."""

    draft: AnyDraft
    plan: ReleasePlan
    findings: tuple[Finding, ...]
    suite: str
