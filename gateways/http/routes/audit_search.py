"""Searching, showing and exporting the audit log (design 11)."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field

from bus.store.audit_search import AuditQuery, Found, by_seq, search
from gateways.context import GatewayContext
from gateways.http.api_keys import Scope
from gateways.http.audit_export import MEDIA_TYPES, ExportFormat, head_of, item_bytes, lines_of
from gateways.http.caller import Caller
from gateways.http.long_files import require_still
from gateways.http.problems import ApiRefused
from gateways.http.routes.answers import Before, Limit, answers, json_response, problems
from gateways.http.runtime import Runtime, runtime
from schemas.audit import AuditEvent, AuditOutcome
from schemas.base import Statement, UtcTime, rfc3339
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1/audit", tags=["evidence"])

MAX_EXPORT = 100_000
_AT_ONCE = 500
_FAR = 2**53

Events = Annotated[
    list[AuditEvent] | None,
    Query(alias="event", max_length=len(AuditEvent), description="Only these events; repeatable."),
]
Actor = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=128,
        description="Only acts of this actor, as in `operator:anna`; of all of a sort, as in `operator:`.",
    ),
]
About = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=128,
        description="Only what names exactly this: the id of a message, publication, bundle, key, session or"
        " webhook, a digest, an operator, partner, kind, mode, precedence, lane, role or state.",
    ),
]
Outcome = Annotated[AuditOutcome | None, Query(description="Only what ended so.")]
Reason = Annotated[C | None, Query(description="Only records with this code.")]
Since = Annotated[datetime | None, Query(description="Only what was done at this time or later.")]
Until = Annotated[datetime | None, Query(description="Only what was done before this time.")]


class AuditLeaf(Statement):
    """An audit record with its place in the log, its salt and its leaf (hex)."""

    audit_seq: int
    salt: str
    leaf: str = Field(
        description="HMAC-SHA256 of the record's exact bytes under its salt: what the log's tree will hold."
        " It proves nothing before there is a tree."
    )
    record: Any = Field(description="The exact record (schema audit-record).")


class AuditFound(Statement):
    """Records that match, newest first."""

    items: tuple[AuditLeaf, ...]
    next: int | None = Field(
        None,
        description="Give it as before= to look on. A page may hold fewer than asked for, or none: one search"
        " looks at so many records only. Absent when nothing older is left.",
    )
    looked_back_to: UtcTime | None = Field(None, description="How far back was looked; absent: to the end.")


@router.get(
    "/search",
    summary="Search the audit log, newest first.",
    responses=answers(200, AuditFound, "A page of records that match everything given."),
)
async def search_audit(
    request: Request,
    before: Before = None,
    limit: Limit = 100,
    events: Events = None,
    actor: Actor = None,
    about: About = None,
    outcome: Outcome = None,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
) -> Response:
    """By act, actor, object, outcome, reason and time; all that is given must hold."""
    gateway = runtime(request)
    await gateway.access.admit(request, Scope.AUDIT_READ)
    query = _query(events, actor, about, outcome, reason, since, until)

    def look(tx: Any) -> tuple[Found, datetime | None]:
        found = search(tx, query, before, limit=limit)
        reached = None if found.before is None else by_seq(tx, found.before)
        return found, None if reached is None else reached.at

    found, reached = await gateway.context.store.read(look)
    body = b'{"items":[%b]' % b",".join(item_bytes(row) for row in found.records)
    if found.before is not None and reached is not None:
        body += b',"next":%d,"looked_back_to":"%b"' % (found.before, rfc3339(reached).encode())
    return json_response(body + b"}")


@router.get(
    "/export",
    summary="Export the audit log, newest first.",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": f"At most {MAX_EXPORT} records: CSV with a line of names, or JSON Lines.",
            "content": {media: {"schema": {"type": "string"}} for media in ("text/csv", "application/jsonl")},
        },
        **problems(
            C.CREDENTIALS_MISSING, C.CREDENTIALS_INVALID, C.SCOPE_MISSING, C.RATE_LIMITED, C.STORE_UNAVAILABLE
        ),
    },
)
async def export_audit(
    request: Request,
    form: Annotated[ExportFormat, Query(alias="format", description="csv or jsonl.")] = ExportFormat.CSV,
    before: Before = None,
    limit: Annotated[int, Query(ge=1, le=MAX_EXPORT, description="At most so many records.")] = MAX_EXPORT,
    events: Events = None,
    actor: Actor = None,
    about: About = None,
    outcome: Outcome = None,
    reason: Reason = None,
    since: Since = None,
    until: Until = None,
) -> Response:
    """The same records as a search, in one file. That it was exported is recorded first, with the count."""
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.AUDIT_READ)
    query = _query(events, actor, about, outcome, reason, since, until)
    context = gateway.context
    # What is exported is settled before its own record is written; nothing in the log ever changes.
    first = await context.store.read(lambda tx: search(tx, AuditQuery(), before, limit=1))
    top = first.records[0].audit_seq + 1 if first.records else 1
    count = 0
    async for page in _pages(context, query, top, limit):
        count += len(page.records)
    evidence = context.evidence(caller.actor, context.now())
    evidence.add(AuditEvent.AUDIT_EXPORTED, count=count)
    await context.store.write(evidence.write)

    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="audit-{context.nation}.{form.value}"',
        "X-Content-Type-Options": "nosniff",
    }
    pages = _pages(context, query, top, limit)
    return StreamingResponse(
        _written(gateway, caller, form, pages), 200, headers, media_type=MEDIA_TYPES[form]
    )


@router.get(
    "/{audit_seq}",
    summary="Show one audit record.",
    responses=answers(200, AuditLeaf, "The record.", (C.NOT_FOUND,)),
)
async def show_audit_record(
    request: Request, audit_seq: Annotated[int, Path(ge=1, le=_FAR, description="Its place in the log.")]
) -> Response:
    """A record by its place, with its salt and leaf."""
    gateway = runtime(request)
    await gateway.access.admit(request, Scope.AUDIT_READ)
    found = await gateway.context.store.read(lambda tx: by_seq(tx, audit_seq))
    if found is None:
        raise ApiRefused(C.NOT_FOUND)
    return json_response(item_bytes(found))


async def _written(
    gateway: Runtime, caller: Caller, form: ExportFormat, pages: AsyncIterator[Found]
) -> AsyncIterator[bytes]:
    """The file, page by page. Raises CutOff."""
    yield head_of(form)
    async for page in pages:
        await require_still(gateway, caller, Scope.AUDIT_READ)
        yield lines_of(form, page.records)


async def _pages(context: GatewayContext, query: AuditQuery, before: int, limit: int) -> AsyncIterator[Found]:
    """Page by page, each read for itself, so that an export holds nothing up."""
    position: int | None = before
    left = limit
    while position is not None and left > 0:
        at = position
        page = await context.store.read(lambda tx: search(tx, query, at, limit=min(left, _AT_ONCE)))  # noqa: B023
        yield page
        left -= len(page.records)
        position = page.before


def _query(
    events: list[AuditEvent] | None,
    actor: str | None,
    about: str | None,
    outcome: AuditOutcome | None,
    reason: C | None,
    since: datetime | None,
    until: datetime | None,
) -> AuditQuery:
    for name, at in (("since", since), ("until", until)):
        if at is not None and at.tzinfo is None:
            raise ApiRefused(
                C.PARAMETER_INVALID, "A time with an offset is needed.", pointer=f"/query/{name}"
            )
    return AuditQuery(tuple(events or ()), actor, about, outcome, reason, since, until)
