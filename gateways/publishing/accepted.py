"""What a partner system is told when its draft was accepted; kept as is for repeated requests."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field, JsonValue

from bus.protocol.succession import Gets, Share
from gateways.changing.chains import Change
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


class ShareView(Statement):
    """What one nation gets of a change."""

    nation: Nation
    gets: Gets = Field(
        description="UPDATE: the message, referring to what it holds; FRESH: the same without a reference; "
        "CANCELLATION: only that what it holds is cancelled; NOTHING."
    )
    holds: Uuid7 | None = Field(None, description="The latest message that it holds of what is changed.")


class ChangeView(Statement):
    """What a draft changes of this nation's own, and what each nation gets of that."""

    changes: tuple[Uuid, ...] = Field(description="The publications that it changes.")
    shares: tuple[ShareView, ...]


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
    change: ChangeView | None = Field(None, description="Of a draft that changes an earlier message.")


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


def change_view(change: Change) -> ChangeView:
    """A change as the author sees it."""
    return ChangeView(
        changes=tuple(chain.head.publication_id for chain in change.chains),
        shares=tuple(share_view(nation, share) for nation, share in sorted(change.shares.items())),
    )


def share_view(nation: str, share: Share) -> ShareView:
    """One nation's share as the author sees it."""
    return ShareView(
        nation=nation,
        gets=share.gets,
        holds=next((held.message_id for held in share.held if held is not None), None),
    )


def warnings_of(findings: Sequence[Finding]) -> tuple[AcceptedWarning, ...]:
    """Findings as the author sees them."""
    return tuple(
        AcceptedWarning(code=finding.code.value, pointer=finding.pointer, explanation=finding.explanation)
        for finding in findings
    )
