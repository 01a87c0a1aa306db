"""A draft that passed every check, with everything the checks found out."""

from dataclasses import dataclass

from bus.protocol.release import ReleasePlan
from bus.protocol.tear_lines import VersionPlan
from gateways.changing.chains import Change
from schemas.body import Finding
from schemas.label import DraftLabel
from schemas.message import AnyDraft


@dataclass(frozen=True, slots=True)
class Planned:
    """What would be sent to whom, what its author should know, and which suite will sign it.

    ``plan`` covers every nation; ``versions`` has one plan for each version, a single one without tear lines.
    """

    draft: AnyDraft
    plan: ReleasePlan
    findings: tuple[Finding, ...]
    suite: str
    versions: tuple[VersionPlan, ...]
    suggested: DraftLabel | None = None
    """For an answer: the label that what it refers to calls for."""
    change: Change | None = None
    """Of a draft that changes messages of ours: which, and what each nation gets."""
