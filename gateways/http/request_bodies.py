"""What is sent to the routes about information requests."""

from pydantic import Field

from schemas.base import Nation, ParagraphText, Statement, TitleText, UtcTime
from schemas.cancellation import CancellationReason
from schemas.information_response import DeclineCode
from schemas.operator import OperatorName
from schemas.request_acts import CloseOutcome


class RequestAssignment(Statement):
    """Who works on a request, and until when. What is left out is emptied."""

    assignee: OperatorName | None = Field(None, description="An operator who may write to requests.")
    due_at: UtcTime | None = None


class RequestNote(Statement):
    """A note for this nation's own people. It is never sent."""

    text: ParagraphText


class RequestAccept(Statement):
    """The request is accepted: an answer is being worked on."""

    further_answer_by: UtcTime | None = Field(None, description="When an answer can be expected.")
    responding_office: TitleText | None = None


class RequestDecline(Statement):
    """Nothing will be answered. No reason is given beyond the code."""

    decline_code: DeclineCode
    responding_office: TitleText | None = None


class RequestRedirect(Statement):
    """Another nation may know. Its asker decides whether to ask it."""

    redirect_to: Nation
    responding_office: TitleText | None = None


class RequestClose(Statement):
    """No (further) answer is wanted."""

    outcome: CloseOutcome
    nation: Nation | None = Field(None, description="Close it towards this nation only.")


class RequestCancel(Statement):
    """The question is taken back."""

    reason: CancellationReason = Field(
        CancellationReason.UNSPECIFIED, description="For this nation's own record: it is told to nobody."
    )
