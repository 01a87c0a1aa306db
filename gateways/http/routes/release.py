"""The release decision explained: POST /v1/release-preview, before a draft is published."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from gateways.http.api_keys import Scope
from gateways.http.limits import read_json_body
from gateways.http.routes.answers import BODY, answers, json_body, statement_response
from gateways.http.routes.messages import DRAFT
from gateways.http.runtime import runtime
from gateways.publishing.author import check_allowed
from gateways.publishing.publish import read_draft
from gateways.publishing.release_table import ReleaseTable, release_table
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1", tags=["messages"])


@router.post(
    "/release-preview",
    summary="Show who would get a draft, why, and what would have to change.",
    responses=answers(
        200,
        ReleaseTable,
        "The release decision for every nation, explained. Also of a draft that would be refused: "
        "would_be_accepted is false then, and problem is what publishing would answer.",
        (*BODY, C.TIME_INVALID, C.NATION_UNKNOWN, C.ROLE_MISSING),
    ),
    openapi_extra=json_body(DRAFT),
)
async def preview_release(request: Request) -> Response:
    """Every check and decision of publishing; nothing is kept and nothing is sent.

    What is no well-formed draft is refused here as there.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.MESSAGES_WRITE)
    settings = gateway.settings
    raw = await read_json_body(
        request, max_bytes=settings.max_draft_bytes, within=settings.body_timeout_seconds
    )
    draft = read_draft(raw)
    check_allowed(draft.header, caller.kinds, caller.modes)
    return statement_response(await release_table(gateway.context, draft))
