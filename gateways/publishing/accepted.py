"""What a partner system is told when its draft was accepted; kept as is for repeated requests."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field, JsonValue

from bus.protocol.release import PlanRow
from schemas.base import Digest, Nation, Statement, UtcTime, Uuid, Uuid7
from schemas.body import Finding
from schemas.reasons import ReasonCode

ADDRESSED: dict[str, JsonValue] = {"enum": ["action", "info", "none"]}


class AcceptedRow(Statement):
    """The release decision for one nation; ``addressed`` is action, info or none."""

    nation: Nation
    addressed: str = Field(json_schema_extra=ADDRESSED)
    permit: bool
    code: ReasonCode
    explanation: str
    version: int | None = Field(
        None, description="Of a draft with tear lines: which version it gets. The decision is for that one."
    )
    by_version: tuple[ReasonCode, ...] | None = Field(
        None, description="Of a draft with tear lines: the code of the decision for each version, from 0."
    )


class AcceptedMessage(Statement):
    """One message of a publication; the draft itself is version 0, its tear lines follow."""

    version: int
    message_id: Uuid7
    digest: Digest
    recipients: tuple[Nation, ...] = Field(description="Who gets this version.")


class AcceptedSecondPerson(Statement):
    """Why a second person must confirm the release before anything is sent, and until when."""

    why: str
    until: UtcTime


class AcceptedWarning(Statement):
    """Something doubtful in the draft that did not stop it; ``pointer`` is a JSON pointer into the draft."""

    code: str
    pointer: str
    explanation: str


class Accepted(Statement):
    """A draft that became a publication: committed, not yet delivered.

    ``message_id`` and ``digest`` are those of the fullest version that anybody gets.
    """

    publication_id: Uuid
    message_id: Uuid7
    digest: Digest
    accepted_at: UtcTime
    second_person: AcceptedSecondPerson | None = None
    recipients: tuple[Nation, ...] = Field(description="Who gets any version.")
    messages: tuple[AcceptedMessage, ...] = Field((), description="Every version, the fullest first.")
    decisions: tuple[AcceptedRow, ...]
    warnings: tuple[AcceptedWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a request is answered: ``body`` is an ``Accepted`` as JSON.

    ``replayed`` when an earlier request under its Idempotency-Key was done.
    """

    publication_id: str
    body: bytes
    replayed: bool

    @property
    def answer(self) -> Accepted:
        """The answer as a model."""
        return Accepted.model_validate_json(self.body)


def rows_of(plan: Sequence[PlanRow]) -> tuple[AcceptedRow, ...]:
    """The table as the author sees it."""
    return tuple(
        AcceptedRow.of_valid(
            nation=row.nation,
            addressed=row.addressed,
            permit=row.decision.permit,
            code=row.decision.code,
            explanation=row.decision.explanation,
            version=row.version,
            by_version=row.by_version or None,
        )
        for row in plan
    )


def warnings_of(findings: Sequence[Finding]) -> tuple[AcceptedWarning, ...]:
    """Findings as the author sees them."""
    return tuple(
        AcceptedWarning(code=finding.code.value, pointer=finding.pointer, explanation=finding.explanation)
        for finding in findings
    )
