"""What webhooks' receivers never took: listed, posted once more, dropped."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from bus.store import dead_letters
from bus.store.webhooks import Webhook
from bus.store.writer import Transaction
from gateways.http.own_webhooks import WebhookId, admitted, change, shown, the_one
from gateways.http.problems import ApiRefused
from gateways.http.routes.answers import After, Limit, answers, statement_response
from gateways.http.webhook_views import DeadLetterPage, WebhookView, dead_letter_view
from schemas.audit import AuditEvent
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

EventSeq = Annotated[int, Path(ge=1, le=2**53, description="The event's number.")]


@router.get(
    "/{webhook_id}/dead-letters",
    summary="List what a webhook's receiver did not take.",
    responses=answers(200, DeadLetterPage, "A page of dead letters.", (C.NOT_FOUND,)),
)
async def list_dead_letters(
    request: Request, webhook_id: WebhookId, after: After = 0, limit: Limit = 100
) -> Response:
    """Events that were given up, in order. What each was: ``GET /v1/events?after=``."""
    gateway, caller = await admitted(request)

    def look(tx: Transaction) -> tuple[dead_letters.DeadLetter, ...]:
        the_one(tx, caller, webhook_id)
        return dead_letters.list_after(tx, webhook_id, after, limit=limit)

    found = await gateway.context.store.read(look)
    return statement_response(
        DeadLetterPage.model_construct(
            items=tuple(map(dead_letter_view, found)), next=found[-1].event_seq if found else after
        )
    )


@router.post(
    "/{webhook_id}/dead-letters/{event_seq}/retry",
    status_code=202,
    summary="Post a dead letter once more.",
    responses=answers(202, WebhookView, "It is posted next, once.", (C.NOT_FOUND,)),
)
async def retry_dead_letter(request: Request, webhook_id: WebhookId, event_seq: EventSeq) -> Response:
    """Before anything else, out of order; it leaves the list when the receiver takes it."""
    gateway, caller = await admitted(request)

    def act(tx: Transaction, stored: Webhook) -> None:
        if not dead_letters.ask_again(tx, webhook_id, event_seq):
            raise ApiRefused(C.NOT_FOUND)

    return shown(*await change(gateway, caller, webhook_id, AuditEvent.WEBHOOK_REPLAYED, act), status=202)


@router.delete(
    "/{webhook_id}/dead-letters/{event_seq}",
    summary="Drop a dead letter.",
    responses=answers(200, WebhookView, "It is gone from the list.", (C.NOT_FOUND,)),
)
async def drop_dead_letter(request: Request, webhook_id: WebhookId, event_seq: EventSeq) -> Response:
    """Forget it. The event itself stays in the feed."""
    gateway, caller = await admitted(request)

    def act(tx: Transaction, stored: Webhook) -> None:
        if not dead_letters.drop(tx, webhook_id, event_seq):
            raise ApiRefused(C.NOT_FOUND)

    return shown(*await change(gateway, caller, webhook_id, None, act))
