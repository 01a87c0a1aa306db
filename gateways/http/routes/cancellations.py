"""Cancelling a publication for everybody who holds it: POST /v1/messages/{publication_id}/cancel."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import Field

from bus.protocol.delivery_states import SHOWN
from bus.store import publications
from gateways.changing.cancel import CancelRefused, WantedCancellation, cancel
from gateways.http.api_keys import Scope
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused, refused_json
from gateways.http.routes.answers import BODY, answers, json_body, statement_response
from gateways.http.runtime import Runtime, runtime
from schemas.base import Nation, Statement, UtcTime, Uuid, Uuid7
from schemas.cancellation import CancellationReason
from schemas.reasons import ReasonCode as C
from schemas.strict_json import JsonRefused, parse_model

router = APIRouter(prefix="/v1/messages", tags=["messages"])

MAX_BODY = 1024


class CancelRequest(Statement):
    """What is said with a cancellation."""

    reason: CancellationReason = Field(
        CancellationReason.UNSPECIFIED, description="For this nation's own record: it is told to nobody."
    )


class CancelledNationView(Statement):
    """A nation that held a copy, and how far the word has come that cancels it."""

    nation: Nation
    message_id: Uuid7
    cancellation: str = Field(
        description="queued, sent or delivered.",
        json_schema_extra={"enum": [*sorted(set(SHOWN.values()))]},
    )


class CancellationView(Statement):
    """A cancelled publication. What became of each copy stands in GET /v1/messages/{publication_id}."""

    publication_id: Uuid
    cancelled_at: UtcTime
    cancelled_by: str | None = Field(None, description="api-key:<id> or operator:<name>.")
    reason: CancellationReason | None = Field(None, description="Told to nobody.")
    nations: tuple[CancelledNationView, ...]


_BODY = {
    "type": "object",
    "description": CancelRequest.__doc__,
    "additionalProperties": False,
    "properties": {
        "reason": {
            "type": "string",
            "enum": [reason.value for reason in CancellationReason],
            "default": CancellationReason.UNSPECIFIED.value,
            "description": CancelRequest.model_fields["reason"].description,
        }
    },
}


@router.post(
    "/{publication_id}/cancel",
    summary="Cancel a publication for everybody who holds it.",
    responses=answers(
        200,
        CancellationView,
        "Cancelled: what never left stays here, and whoever holds it is told so, and nothing else.",
        (*BODY, C.NOT_FOUND, C.CHANGE_NOT_CURRENT, C.CHAIN_ENDED, C.RECALLED),
    ),
    openapi_extra=json_body(_BODY, {"no longer valid": {"value": {"reason": "NO_LONGER_VALID"}}}),
)
async def cancel_message(
    request: Request,
    publication_id: Annotated[Uuid, Path(description="As POST /v1/messages answered.")],
) -> Response:
    """The current message of a chain; the text stays readable everywhere, marked. Doing it again changes
    nothing. To take content away, recall it.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.MESSAGES_WRITE)

    try:
        raw = await read_json_body(request, max_bytes=MAX_BODY, within=gateway.settings.body_timeout_seconds)
        given = parse_model(CancelRequest, raw, MAX_BODY)
        await cancel(
            gateway.context, WantedCancellation(publication_id, given.reason, caller.actor, caller.sees)
        )
    except JsonRefused as refused:
        raise refused_json(refused) from None
    except CancelRefused as refused:
        await gateway.access.record_refusal(request, refused.code)
        raise ApiRefused(refused.code, refused.detail, current=refused.current) from None
    return statement_response(await _view(gateway, publication_id))


async def _view(gateway: Runtime, publication_id: str) -> CancellationView:
    stored = await gateway.context.store.read(lambda tx: publications.get(tx, publication_id))
    assert stored is not None
    publication = stored.publication
    cancelled_at = publication.standing.cancelled_at
    assert cancelled_at is not None
    return CancellationView.model_construct(
        publication_id=publication_id,
        cancelled_at=cancelled_at,
        cancelled_by=publication.standing.cancelled_by,
        reason=publication.standing.cancel_reason,
        nations=tuple(
            CancelledNationView.model_construct(
                nation=each.nation,
                message_id=each.message_id,
                cancellation=SHOWN[each.cancellation],
            )
            for each in publication.deliveries
            if each.cancellation is not None
        ),
    )
