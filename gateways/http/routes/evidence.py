"""Evidence: what was refused, what is held, and the audit records (design 6, 11)."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from bus.store import audit, held, rejected
from gateways.http.api_keys import Scope
from gateways.http.routes.answers import After, Before, Limit, answers, json_response, statement_response
from gateways.http.runtime import runtime
from schemas.audit import AuditEvent
from schemas.base import Nation, Statement, UtcTime, Uuid, Uuid7
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.wire import Lane

router = APIRouter(prefix="/v1", tags=["evidence"])


class RejectedView(Statement):
    """A bundle, or one delivery of it, that was refused for good. Its content is never shown."""

    rejected_seq: int
    originator: Nation | None = Field(None, description="As the subject or header claims.")
    mode: Mode | None = None
    lane: Lane | None = None
    serial: int | None = Field(None, description="Of the one delivery that was refused.")
    bundle_id: str | None = None
    size: int = Field(description="Bytes, sealed and padded.")
    sealed_digest: str = Field(description="SHA-256 of the sealed bytes, hex.")
    outcome: str
    reason: ReasonCode
    at: UtcTime
    kept: bool = Field(description="Whether the sealed bytes are still kept.")


class RejectedPage(Statement):
    """Refusals, newest first."""

    items: tuple[RejectedView, ...]
    next: int | None = Field(None, description="Give it as before= for the next page.")


class HeldView(Statement):
    """A bundle that cannot be judged yet; nothing in it is verified."""

    held_seq: int
    originator: Nation
    mode: Mode
    lane: Lane
    size: int
    reason: ReasonCode
    held_at: UtcTime


class HeldPage(Statement):
    """Held bundles in order of holding."""

    items: tuple[HeldView, ...]
    next: int = Field(description="Give it as after= for what follows.")


class AuditItem(Statement):
    """An audit record with its place in the log and its salt (hex)."""

    audit_seq: int
    salt: str
    record: Any = Field(description="The exact record (schema audit-record).")


class AuditPage(Statement):
    """Audit records in log order."""

    items: tuple[AuditItem, ...]
    next: int = Field(
        description="Give it as after= for what follows, now or later. A page by event may hold fewer than"
        " asked for, or none, while it still grows: one looks at so many records only."
    )


@router.get(
    "/rejected",
    summary="List what this gateway refused to admit, newest first.",
    responses=answers(200, RejectedPage, "A page of refusals: headers and codes only."),
)
async def list_rejected(
    request: Request,
    before: Before = None,
    limit: Limit = 50,
    originator: Annotated[Nation | None, Query(description="Only this originator's.")] = None,
) -> Response:
    """Refused bundles and deliveries."""
    gateway = runtime(request)
    await gateway.access.admit(request, Scope.AUDIT_READ)
    stored = await gateway.context.store.read(
        lambda tx: rejected.list_newest(tx, before=before, limit=limit, originator=originator)
    )
    items = tuple(
        RejectedView.model_construct(
            rejected_seq=row.rejected_seq,
            originator=row.originator,
            mode=row.mode,
            lane=row.lane,
            serial=row.serial,
            bundle_id=row.bundle_id,
            size=row.size,
            sealed_digest=row.sealed_digest,
            outcome=row.outcome,
            reason=row.reason,
            at=row.at,
            kept=row.kept,
        )
        for row in stored
    )
    following = stored[-1].rejected_seq if len(stored) == limit else None
    return statement_response(RejectedPage.model_construct(items=items, next=following))


@router.get(
    "/held",
    summary="List bundles that wait until they can be judged.",
    responses=answers(200, HeldPage, "A page of held bundles: headers and codes only."),
)
async def list_held(
    request: Request,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=64, description="At most this many items.")] = 50,
) -> Response:
    """Bundles waiting for a key or a trust document that may still arrive."""
    gateway = runtime(request)
    await gateway.access.admit(request, Scope.AUDIT_READ)
    stored = await gateway.context.store.read(lambda tx: held.to_retry(tx, after, limit))
    items = tuple(
        HeldView.model_construct(
            held_seq=row.held_seq,
            originator=row.originator,
            mode=row.mode,
            lane=row.lane,
            size=len(row.sealed),
            reason=row.reason,
            held_at=row.held_at,
        )
        for row in stored
    )
    following = stored[-1].held_seq if stored else after
    return statement_response(HeldPage.model_construct(items=items, next=following))


@router.get(
    "/audit",
    summary="Read the audit log in order.",
    responses=answers(200, AuditPage, "A page of audit records."),
)
async def list_audit(
    request: Request,
    after: After = 0,
    limit: Limit = 100,
    event: Annotated[AuditEvent | None, Query(description="Only this event.")] = None,
    message_id: Annotated[Uuid7 | None, Query(description="Only about this message.")] = None,
    publication_id: Annotated[Uuid | None, Query(description="Only about this publication.")] = None,
) -> Response:
    """One record per act and per decision for one nation: ids, digests and codes, never content."""
    gateway = runtime(request)
    await gateway.access.admit(request, Scope.AUDIT_READ)
    page = await gateway.context.store.read(
        lambda tx: audit.page_after(
            tx, after, limit=limit, event=event, message_id=message_id, publication_id=publication_id
        )
    )
    items = b",".join(
        b'{"audit_seq":%d,"salt":"%b","record":%b}' % (row.audit_seq, row.salt.hex().encode(), row.record)
        for row in page.records
    )
    return json_response(b'{"items":[%b],"next":%d}' % (items, page.position))
