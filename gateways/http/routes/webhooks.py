"""Webhooks: registering, watching, replaying, removing them."""

from dataclasses import replace
from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bus.store import dead_letters, events, webhooks
from bus.store.webhooks import Course, Webhook
from bus.store.writer import Transaction
from gateways.http.api_keys import Scope
from gateways.http.caller import Caller
from gateways.http.limits import read_json_body
from gateways.http.own_webhooks import WebhookId, admitted, change, is_of, shown, the_one
from gateways.http.problems import ApiRefused, refused_json
from gateways.http.routes.answers import (
    BODY,
    answers,
    json_body,
    statement_response,
)
from gateways.http.runtime import Runtime
from gateways.http.webhook_views import (
    ReplayRequest,
    WebhookList,
    WebhookRequest,
    WebhookSecretView,
    WebhookView,
    webhook_view,
)
from gateways.webhooks import signing
from gateways.webhooks.policy import target_policy_of
from gateways.webhooks.target import TargetInvalid, read_target
from schemas.audit import AuditEvent
from schemas.reasons import ReasonCode as C
from schemas.strict_json import JsonRefused, ModelT, parse_model

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

MAX_BODY = 8 * 1024
PER_KEY = 8
IN_ALL = 64
OVERLAP = timedelta(hours=24)
"""So long posts are signed under the former secret, too."""


@router.post(
    "",
    status_code=201,
    summary="Register a webhook.",
    responses=answers(
        201,
        WebhookSecretView,
        "It is posted to from now on. Its secret is shown this once.",
        (*BODY, C.WEBHOOK_URL_REFUSED, C.WEBHOOK_KEY_UNSUITABLE, C.WEBHOOK_LIMIT),
    ),
    openapi_extra=json_body({"$ref": "#/components/schemas/WebhookRequest"}),
)
async def register_webhook(request: Request) -> Response:
    """Post to this address what happens from now on, as its API key may see it (see docs/webhooks.md)."""
    gateway, caller = await admitted(request)
    asked = await _body(gateway, request, WebhookRequest)
    _require_target(gateway, asked.url)
    key_id = await _key_for(gateway, caller, asked.key_id)
    context, now, secret = (
        gateway.context,
        gateway.context.now(),
        gateway.context.randomness(signing.SECRET_OCTETS),
    )
    evidence = context.evidence(caller.actor, now)
    new = Webhook(
        webhook_id=context.randomness(16).hex(),
        key_id=key_id,
        url=asked.url,
        types=asked.types,
        kinds=asked.kinds,
        modes=asked.modes,
        secret=secret,
        created_at=now,
        created_by=caller.actor,
        course=Course(0),
    )
    evidence.add(AuditEvent.WEBHOOK_ADDED, webhook=new.webhook_id, key_id=key_id)

    def job(tx: Transaction) -> Webhook:
        known = webhooks.list_all(tx)
        if len(known) >= IN_ALL or sum(each.key_id == key_id for each in known) >= PER_KEY:
            raise ApiRefused(C.WEBHOOK_LIMIT)
        stored = replace(new, course=Course(events.latest_seq(tx)))
        webhooks.add(tx, stored)
        evidence.write(tx)
        return stored

    stored = await context.store.write(job)
    gateway.webhooks.changed()
    return shown(stored, 0, signing.secret_text(secret), status=201)


@router.get("", summary="List webhooks.", responses=answers(200, WebhookList, "Those of the caller."))
async def list_webhooks(request: Request) -> Response:
    """The webhooks of the API key that asks; every one for security officers."""
    gateway, caller = await admitted(request)

    def look(tx: Transaction) -> tuple[WebhookView, ...]:
        dead = dead_letters.counts(tx)
        return tuple(
            webhook_view(each, dead.get(each.webhook_id, 0))
            for each in webhooks.list_all(tx)
            if is_of(caller, each)
        )

    return statement_response(WebhookList.model_construct(items=await gateway.context.store.read(look)))


@router.get(
    "/{webhook_id}",
    summary="Show a webhook.",
    responses=answers(200, WebhookView, "How it fares.", (C.NOT_FOUND,)),
)
async def show_webhook(request: Request, webhook_id: WebhookId) -> Response:
    """One webhook."""
    gateway, caller = await admitted(request)
    return shown(
        *await gateway.context.store.read(
            lambda tx: (the_one(tx, caller, webhook_id), dead_letters.counts(tx).get(webhook_id, 0))
        )
    )


@router.delete(
    "/{webhook_id}",
    summary="Remove a webhook.",
    responses=answers(
        200, WebhookView, "As it was. Nothing is posted any more, but for what was under way.", (C.NOT_FOUND,)
    ),
)
async def remove_webhook(request: Request, webhook_id: WebhookId) -> Response:
    """Remove it, with its secret and its dead letters."""
    gateway, caller = await admitted(request)

    def act(tx: Transaction, stored: Webhook) -> None:
        webhooks.remove(tx, webhook_id)

    return shown(*await change(gateway, caller, webhook_id, AuditEvent.WEBHOOK_REMOVED, act))


@router.post(
    "/{webhook_id}/secret",
    summary="Replace a webhook's secret.",
    responses=answers(200, WebhookSecretView, "The new secret, shown this once.", (C.NOT_FOUND,)),
)
async def replace_secret(request: Request, webhook_id: WebhookId) -> Response:
    """Sign under a new secret from now on, and for 24 hours under the one before as well."""
    gateway, caller = await admitted(request)
    context = gateway.context
    secret = context.randomness(signing.SECRET_OCTETS)

    def act(tx: Transaction, stored: Webhook) -> None:
        webhooks.replace_secret(tx, webhook_id, secret, context.now() + OVERLAP)

    changed = await change(gateway, caller, webhook_id, AuditEvent.WEBHOOK_SECRET_REPLACED, act)
    return shown(*changed, signing.secret_text(secret))


@router.post(
    "/{webhook_id}/enable",
    summary="Post to a disabled webhook again.",
    responses=answers(200, WebhookView, "It is posted to again, at once.", (C.NOT_FOUND,)),
)
async def enable_webhook(request: Request, webhook_id: WebhookId) -> Response:
    """Go on from where it stands; also ends the pause after failures."""
    gateway, caller = await admitted(request)

    def act(tx: Transaction, stored: Webhook) -> None:
        webhooks.enable(tx, webhook_id)

    return shown(*await change(gateway, caller, webhook_id, AuditEvent.WEBHOOK_ENABLED, act))


@router.post(
    "/{webhook_id}/replay",
    summary="Post events again from a cursor.",
    responses=answers(200, WebhookView, "It goes on after that event.", (*BODY, C.NOT_FOUND, C.CURSOR_GONE)),
    openapi_extra=json_body({"$ref": "#/components/schemas/ReplayRequest"}, {"all": {"value": {"after": 0}}}),
)
async def replay_webhook(request: Request, webhook_id: WebhookId) -> Response:
    """Post once more what follows this event, under the same ids; ``after=0``: everything that is kept."""
    gateway, caller = await admitted(request)
    after = (await _body(gateway, request, ReplayRequest)).after

    def act(tx: Transaction, stored: Webhook) -> None:
        page = events.look(tx, after, limit=0)
        if not page.known:
            raise ApiRefused(C.CURSOR_GONE, f"The oldest event that is kept has the number {page.first}.")
        webhooks.replay(tx, webhook_id, max(after, page.first - 1))

    return shown(*await change(gateway, caller, webhook_id, AuditEvent.WEBHOOK_REPLAYED, act))


def _require_target(gateway: Runtime, url: str) -> None:
    """Raises ApiRefused WEBHOOK_URL_REFUSED. A name is looked up when something is posted, each time anew."""
    try:
        target = read_target(url)
    except TargetInvalid as invalid:
        raise ApiRefused(C.WEBHOOK_URL_REFUSED, str(invalid), pointer="/url") from None
    policy = target_policy_of(gateway.settings)
    if not target.encrypted and not policy.plain_http:
        raise ApiRefused(C.WEBHOOK_URL_REFUSED, "Only https addresses are posted to.", pointer="/url")
    if target.literal is not None and not policy.permits(target.literal, encrypted=target.encrypted):
        raise ApiRefused(
            C.WEBHOOK_URL_REFUSED,
            "The address is neither public nor in a network that this nation's policy names.",
            pointer="/url",
        )


async def _key_for(gateway: Runtime, caller: Caller, asked: str | None) -> str:
    """The key that a new webhook belongs to. Raises ApiRefused WEBHOOK_KEY_UNSUITABLE."""
    if caller.key_id is not None and asked in (None, caller.key_id):
        key_id = caller.key_id
    elif caller.key_id is None and asked is not None:
        key_id = asked
    else:
        raise ApiRefused(
            C.WEBHOOK_KEY_UNSUITABLE,
            "An API key registers for itself; an operator names the key.",
            pointer="/key_id",
        )
    owner = await gateway.access.caller_of_key(key_id)
    if owner is None or Scope.EVENTS_READ.value not in owner.rights:
        raise ApiRefused(C.WEBHOOK_KEY_UNSUITABLE, pointer="/key_id")
    return key_id


async def _body(gateway: Runtime, request: Request, model: type[ModelT]) -> ModelT:
    raw = await read_json_body(request, max_bytes=MAX_BODY, within=gateway.settings.body_timeout_seconds)
    try:
        return parse_model(model, raw, MAX_BODY)
    except JsonRefused as refused:
        raise refused_json(refused) from None
