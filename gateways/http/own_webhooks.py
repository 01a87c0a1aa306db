"""What every route about webhooks does: let its caller in, find the caller's webhook, change it, show it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Path, Request
from fastapi.responses import Response

from bus.store import dead_letters, webhooks
from bus.store.webhooks import Webhook
from bus.store.writer import Transaction
from gateways.http.api_keys import Scope
from gateways.http.caller import Caller
from gateways.http.problems import ApiRefused
from gateways.http.routes.answers import json_response
from gateways.http.runtime import Runtime, runtime
from gateways.http.webhook_views import webhook_view
from schemas.audit import AuditEvent
from schemas.base import HexId
from schemas.reasons import ReasonCode as C

WebhookId = Annotated[HexId, Path(description="The webhook's id.")]
Act = Callable[[Transaction, Webhook], None]


async def admitted(request: Request) -> tuple[Runtime, Caller]:
    """The caller, if it may keep webhooks. Raises as ``Access.admit``."""
    gateway = runtime(request)
    return gateway, await gateway.access.admit(request, Scope.WEBHOOKS_WRITE)


async def change(
    gateway: Runtime, caller: Caller, webhook_id: str, event: AuditEvent | None, act: Act
) -> tuple[Webhook, int]:
    """Do something to one of the caller's webhooks, recorded; the webhook after it and its dead letters."""
    evidence = gateway.context.evidence(caller.actor, gateway.context.now())

    def job(tx: Transaction) -> tuple[Webhook, int]:
        stored = the_one(tx, caller, webhook_id)
        act(tx, stored)
        if event is not None:
            evidence.add(event, webhook=webhook_id, key_id=stored.key_id)
            evidence.write(tx)
        return webhooks.find(tx, webhook_id) or stored, dead_letters.counts(tx).get(webhook_id, 0)

    changed = await gateway.context.store.write(job)
    gateway.webhooks.changed()
    return changed


def shown(stored: Webhook, dead: int, secret: str | None = None, *, status: int = 200) -> Response:
    """A webhook as an answer."""
    return json_response(webhook_view(stored, dead, secret).encode(), status)


def is_of(caller: Caller, stored: Webhook) -> bool:
    """Whether the webhook is the caller's own; every one is an operator's who may keep them."""
    return caller.signed_in is not None or caller.key_id == stored.key_id


def the_one(tx: Transaction, caller: Caller, webhook_id: str) -> Webhook:
    """Raises ApiRefused NOT_FOUND, also for those of others."""
    stored = webhooks.find(tx, webhook_id)
    if stored is None or not is_of(caller, stored):
        raise ApiRefused(C.NOT_FOUND)
    return stored
