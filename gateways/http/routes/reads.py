"""That a person read a message: noted where an operator opens it, or reported by a system for its users."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field

from gateways.http.api_keys import Scope
from gateways.http.problems import ApiRefused
from gateways.http.read_record import record_read
from gateways.http.routes.answers import answers, statement_response
from gateways.http.routes.inbox import MessageId, Originator, the_one
from gateways.http.runtime import runtime
from schemas.base import Digest, Nation, Statement, UtcTime, Uuid7
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1/inbox", tags=["inbox"])


class ReadView(Statement):
    """That a message was read. Who read it, no other nation is told."""

    originator: Nation
    message_id: Uuid7
    digest: Digest
    read_at: UtcTime = Field(description="When a person of this nation first opened it.")
    told: bool = Field(description="Whether this nation tells originators that their messages were read.")


@router.post(
    "/{message_id}/read",
    summary="Report that a person has read a message.",
    responses=answers(
        200, ReadView, "It is noted.", (C.NOT_FOUND, C.MESSAGE_ID_AMBIGUOUS, C.RECALLED, C.ROLE_MISSING)
    ),
)
async def report_read(request: Request, message_id: MessageId, originator: Originator = None) -> Response:
    """For a system that shows messages to its own users: a person opened this one. The first time counts.

    Where an operator opens a message at this gateway it is noted by itself. An auditor, who is shown no
    content, reads nothing.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.INBOX_READ)
    stored = await the_one(gateway, caller, message_id, originator)
    if not caller.sees_content:
        raise ApiRefused(C.ROLE_MISSING)
    if await record_read(gateway, caller, stored):
        stored = await the_one(gateway, caller, message_id, originator)
    if stored.read_at is None:
        raise ApiRefused(C.RECALLED)
    return statement_response(
        ReadView.model_construct(
            originator=stored.originator,
            message_id=stored.message_id,
            digest=stored.digest,
            read_at=stored.read_at,
            told=gateway.context.read_receipts,
        )
    )
