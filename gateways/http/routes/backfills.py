"""Backfills: what a new member of a community missed, proposed, shown and sent (design 5)."""

from datetime import timedelta
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import Field

from bus.store import backfills
from bus.store.backfills import BackfillHead, StoredBackfill
from gateways.backfill.acts import confirm, listing_of, propose
from gateways.backfill.listing import BackfillItem, BackfillList, BackfillRequest
from gateways.backfill.refused import BackfillRefused
from gateways.http.api_keys import Scope
from gateways.http.caller import Caller, require_fresh
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused, refused_json
from gateways.http.routes.answers import BODY, Limit, answers, json_body, json_response, statement_response
from gateways.http.runtime import Runtime, runtime
from schemas.base import CommunityName, Digest, Nation, Statement, UtcTime, Uuid, Uuid7
from schemas.header import Mode
from schemas.reasons import ReasonCode as C
from schemas.strict_json import JsonRefused, parse_model

router = APIRouter(prefix="/v1", tags=["backfills"])

Body = TypeVar("Body", bound=Statement)

MAX_BODY = 4096
EXAMPLE = {
    "community": "NORDIC",
    "nation": "XCC",
    "mode": "OPERATION",
    "since": "2026-02-01T00:00:00Z",
    "kinds": ["threat_alert"],
}
_CONFIRMATION = {
    "type": "object",
    "properties": {"digest": {"type": "string", "description": "Of the list, as it was shown with it."}},
    "required": ["digest"],
    "additionalProperties": False,
}
REFUSALS = (
    *(C.COMMUNITY_UNKNOWN, C.NATION_UNKNOWN, C.NOT_IN_RELEASE_SET, C.TRUST_STALE, C.BACKFILL_TOO_LARGE),
    *(C.ROLE_MISSING, C.SIGN_IN_NOT_FRESH),
)
BackfillId = Annotated[Uuid, Path(description="As POST /v1/backfills answered.")]


class Confirmation(Statement):
    """That exactly this list is to be sent."""

    digest: Digest = Field(description="The digest of the list, as it was shown with it.")


class SentMessage(Statement):
    """A message of the list, and the publication that it was sent anew as."""

    message_id: Uuid7
    publication_id: Uuid


class BackfillSummary(Statement):
    """A backfill as listed."""

    backfill_id: Uuid
    digest: Digest = Field(description="Of the list. Whoever confirms gives it.")
    community: CommunityName
    nation: Nation
    mode: Mode
    sends: int = Field(description="How many messages it sends, or sent.")
    proposed_by: str
    proposed_at: UtcTime
    confirmed_by: str | None = None
    confirmed_at: UtcTime | None = Field(None, description="Absent: nothing was sent.")


class BackfillView(BackfillSummary):
    """A backfill with its list, as it was when it was proposed."""

    since: UtcTime
    until: UtcTime
    items: tuple[BackfillItem, ...] = Field(description="Every message that membership would have brought.")
    published: tuple[SentMessage, ...] = ()


class BackfillPage(Statement):
    """Backfills, newest first."""

    items: tuple[BackfillSummary, ...]


@router.post(
    "/backfills",
    status_code=201,
    summary="Propose a backfill: list what a new member of a community missed.",
    responses=answers(201, BackfillView, "The list. Nothing is sent yet.", (*BODY, *REFUSALS)),
    openapi_extra=json_body(
        {"$ref": "#/components/schemas/BackfillRequest"}, {"since February": {"value": EXAMPLE}}
    ),
)
async def propose_backfill(request: Request) -> Response:
    """Every message is decided on as of now; the list is kept, to be confirmed within 24 hours."""
    gateway = runtime(request)
    caller = await _allowed(gateway, request)
    asked = await _body(gateway, request, BackfillRequest)
    try:
        made = await propose(
            gateway.context, asked, author=caller.author, kinds=caller.kinds, modes=caller.modes
        )
    except BackfillRefused as refused:
        raise _problem(refused) from None
    return json_response(_view(made, caller).encode(), 201, {"Location": f"/v1/backfills/{made.backfill_id}"})


@router.post(
    "/backfills/{backfill_id}/confirm",
    summary="Send exactly what a backfill lists.",
    responses=answers(
        200,
        BackfillView,
        "It was sent, now or by an earlier confirmation.",
        (
            *(*BODY, *REFUSALS, C.NOT_FOUND, C.BACKFILL_DIGEST_MISMATCH),
            *(C.BACKFILL_CHANGED, C.BACKFILL_EMPTY, C.QUEUE_FULL),
        ),
    ),
    openapi_extra=json_body(_CONFIRMATION),
)
async def confirm_backfill(request: Request, backfill_id: BackfillId) -> Response:
    """All of it or nothing. Each message goes as a new one, to the nation alone."""
    gateway = runtime(request)
    caller = await _allowed(gateway, request)
    given = await _body(gateway, request, Confirmation)
    await _visible(gateway, caller, backfill_id)
    # A body may come slowly: who was disabled, or lost the role, while it came sends nothing any more.
    if not await gateway.access.still_admits(caller, Scope.BACKFILLS_WRITE):
        await gateway.access.record_refusal(request, C.CREDENTIALS_INVALID)
        raise ApiRefused(C.CREDENTIALS_INVALID)
    try:
        done = await confirm(gateway.context, backfill_id, given.digest, author=caller.author)
    except BackfillRefused as refused:
        raise _problem(refused) from None
    return statement_response(_view(done, caller))


@router.get(
    "/backfills",
    summary="List backfills, newest first.",
    responses=answers(200, BackfillPage, "Backfills proposed and sent."),
)
async def list_backfills(request: Request, limit: Limit = 50) -> Response:
    """Without their lists."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.MESSAGES_READ)
    stored = await gateway.context.store.read(lambda tx: backfills.list_newest(tx, limit))
    names = BackfillSummary.model_fields
    return statement_response(
        BackfillPage.model_construct(
            items=tuple(
                BackfillSummary.model_construct(**{name: getattr(each, name) for name in names})
                for each in stored
                if _sees(caller, each)
            )
        )
    )


@router.get(
    "/backfills/{backfill_id}",
    summary="Show one backfill with its list.",
    responses=answers(200, BackfillView, "The list, and what became of it.", (C.NOT_FOUND,)),
)
async def show_backfill(request: Request, backfill_id: BackfillId) -> Response:
    """The list as it was proposed."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.MESSAGES_READ)
    return statement_response(_view(await _visible(gateway, caller, backfill_id), caller))


async def _allowed(gateway: Runtime, request: Request) -> Caller:
    """A key with the scope, or a releaser who gave the password lately."""
    caller = await gateway.access.admit(request, Scope.BACKFILLS_WRITE)
    if caller.signed_in is not None:
        within = timedelta(minutes=gateway.settings.release_fresh_minutes)
        try:
            require_fresh(caller, within, gateway.context.now())
        except ApiRefused as refused:
            await gateway.access.record_refusal(request, refused.code)
            raise
    return caller


async def _body(gateway: Runtime, request: Request, model: type[Body]) -> Body:
    raw = await read_json_body(request, max_bytes=MAX_BODY, within=gateway.settings.body_timeout_seconds)
    try:
        return parse_model(model, raw, MAX_BODY)
    except JsonRefused as refused:
        raise refused_json(refused) from None


async def _visible(gateway: Runtime, caller: Caller, backfill_id: str) -> StoredBackfill:
    stored = await gateway.context.store.read(lambda tx: backfills.get(tx, backfill_id))
    if stored is None or not _sees(caller, listing_of(stored)):
        raise ApiRefused(C.NOT_FOUND)
    return stored


def _sees(caller: Caller, listing: BackfillList | BackfillHead) -> bool:
    return all(caller.sees(kind, listing.mode) for kind in listing.kinds)


def _problem(refused: BackfillRefused) -> ApiRefused:
    headers = {"Retry-After": "5"} if refused.code is C.QUEUE_FULL else {}
    return ApiRefused(refused.code, refused.detail, headers=headers)


def _summary(stored: StoredBackfill, listing: BackfillList) -> dict[str, Any]:
    return {
        "backfill_id": stored.backfill_id,
        "digest": stored.digest,
        "community": listing.community,
        "nation": listing.nation,
        "mode": listing.mode,
        "sends": sum(item.sends for item in listing.items),
        "proposed_by": stored.proposed_by,
        "proposed_at": stored.proposed_at,
        "confirmed_by": stored.confirmed_by,
        "confirmed_at": stored.confirmed_at,
    }


def _view(stored: StoredBackfill, caller: Caller) -> BackfillView:
    listing = listing_of(stored)
    items = listing.items
    if not caller.sees_content:
        items = tuple(item.model_copy(update={"subject": None}) for item in items)
    return BackfillView.model_construct(
        **_summary(stored, listing),
        since=listing.since,
        until=listing.until,
        items=items,
        published=tuple(
            SentMessage.model_construct(message_id=message_id, publication_id=publication_id)
            for message_id, publication_id in (stored.published or {}).items()
        ),
    )
