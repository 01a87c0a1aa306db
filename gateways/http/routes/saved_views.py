"""Searches that an operator keeps under names of their own."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response
from pydantic import Field, StringConstraints

from bus.protocol.traffic_search import MOST_CHARACTERS
from bus.store import saved_views
from bus.store.saved_views import SavedView
from bus.store.writer import Transaction
from gateways.http.caller import Caller
from gateways.http.limits import read_json_body
from gateways.http.problems import ApiRefused, refused_json
from gateways.http.routes.answers import BODY, json_body, problems, statement_response
from gateways.http.traffic_asked import CODES, OPERATOR, admitted, asked
from schemas.base import Statement, UtcTime
from schemas.reasons import ReasonCode as C
from schemas.strict_json import JsonRefused, parse_model

router = APIRouter(prefix="/v1/views", tags=["traffic"])

MAX_BODY = 8 * 1024
MOST = 50
"""Views that one operator keeps."""

Name = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=60,
        # Dots alone would be a step in an address.
        pattern=r"^[^\x00-\x1f\x7f/\\]*[^\x00-\x1f\x7f/\\.][^\x00-\x1f\x7f/\\]*$",
        strip_whitespace=False,
    ),
    Path(description="The view's name: up to 60 characters, no slash, not dots alone."),
]


class ViewRequest(Statement):
    """What a view searches for."""

    query: Annotated[str, StringConstraints(max_length=MOST_CHARACTERS)]


class ViewView(Statement):
    """A saved search."""

    name: str
    query: str
    saved_at: UtcTime


class ViewList(Statement):
    """The operator's own views, by name."""

    items: tuple[ViewView, ...] = Field(description=f"At most {MOST}.")


@router.get(
    "",
    summary="List one's own saved views.",
    responses={200: {"model": ViewList, "description": "The views."}, **problems(*CODES)},
    openapi_extra=OPERATOR,
)
async def list_views(request: Request) -> Response:
    """Nobody else sees them."""
    gateway, caller = await admitted(request)
    name = _operator(caller)
    stored = await gateway.context.store.read(lambda tx: saved_views.list_of(tx, name))
    return statement_response(ViewList.model_construct(items=tuple(map(_view, stored))))


@router.put(
    "/{name}",
    summary="Save a view, in the place of one with its name.",
    responses={
        200: {"model": ViewView, "description": "It is saved."},
        **problems(*CODES, *BODY, C.SEARCH_NOT_UNDERSTOOD, C.VIEWS_TOO_MANY),
    },
    openapi_extra=OPERATOR | json_body(ViewRequest.model_json_schema()),
)
async def save_view(request: Request, name: Name) -> Response:
    """The search must be one that is understood for this operator."""
    gateway, caller = await admitted(request)
    raw = await read_json_body(request, max_bytes=MAX_BODY, within=gateway.settings.body_timeout_seconds)
    try:
        given = parse_model(ViewRequest, raw, MAX_BODY)
    except JsonRefused as refused:
        raise refused_json(refused) from None
    try:
        asked(gateway, caller, given.query)
    except ApiRefused as refused:
        refused.pointer = "/query"
        raise
    operator = _operator(caller)
    view = SavedView(name, given.query, gateway.context.now())
    if not await gateway.context.store.write(lambda tx: saved_views.save(tx, operator, view, MOST)):
        raise ApiRefused(C.VIEWS_TOO_MANY, f"An operator keeps at most {MOST} views.")
    return statement_response(_view(view))


@router.delete(
    "/{name}",
    summary="Delete a view.",
    responses={
        200: {"model": ViewView, "description": "What it was."},
        **problems(*CODES, C.NOT_FOUND),
    },
    openapi_extra=OPERATOR,
)
async def delete_view(request: Request, name: Name) -> Response:
    """It is gone at once."""
    gateway, caller = await admitted(request)
    operator = _operator(caller)

    def job(tx: Transaction) -> SavedView | None:
        return saved_views.delete(tx, operator, name)

    deleted = await gateway.context.store.write(job)
    if deleted is None:
        raise ApiRefused(C.NOT_FOUND)
    return statement_response(_view(deleted))


def _operator(caller: Caller) -> str:
    assert caller.signed_in is not None  # its right is for operators only
    return caller.signed_in.operator.name


def _view(stored: SavedView) -> ViewView:
    return ViewView.model_construct(name=stored.name, query=stored.query, saved_at=stored.saved_at)
