"""Work on a request inside this nation: in whose hands it is, until when, notes. Never sent."""

from datetime import datetime

from bus.store import operators, request_work
from bus.store.request_list import ListedRequest
from bus.store.request_work import Note
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.operators.roles import modes_of, rights_of, sees_content
from schemas.audit import AuditEvent
from schemas.header import Kind, Mode


async def assign(
    context: GatewayContext,
    request: ListedRequest,
    assignee: str | None,
    due_at: datetime | None,
    by: str,
    right: str,
) -> bool:
    """Put a request into an operator's hands, or nobody's; False when nobody of this name may work on it.

    ``right``: what the operator needs. Raises StoreUnavailable.
    """

    def job(tx: Transaction) -> bool:
        if assignee is not None and not _may_work(tx, assignee, right, request.mode):
            return False
        request_work.assign(tx, request.request_seq, assignee, due_at)
        evidence = context.evidence(by, context.now())
        evidence.add(
            AuditEvent.REQUEST_ASSIGNED,
            partner=_partner(request, context.nation),
            kind=Kind.INFORMATION_REQUEST,
            mode=request.mode,
            message_id=request.message_id,
            operator=assignee,
        )
        evidence.write(tx)
        return True

    return await context.store.write(job)


async def add_note(context: GatewayContext, request: ListedRequest, text: str, by: str) -> bool:
    """Add a note to a request; False when there are too many. Raises StoreUnavailable."""

    def job(tx: Transaction) -> bool:
        now = context.now()
        if not request_work.add_note(tx, request.request_seq, Note(by, now, text)):
            return False
        evidence = context.evidence(by, now)
        evidence.add(
            AuditEvent.REQUEST_NOTED,
            partner=_partner(request, context.nation),
            kind=Kind.INFORMATION_REQUEST,
            mode=request.mode,
            message_id=request.message_id,
        )
        evidence.write(tx)
        return True

    return await context.store.write(job)


def _may_work(tx: Transaction, name: str, right: str, mode: Mode) -> bool:
    found = operators.find(tx, name)
    if found is None or not found.enabled or not sees_content(found.roles):
        return False
    modes = modes_of(found.roles)
    permitted = right in {each.value for each in rights_of(found.roles)}
    return permitted and (modes is None or mode in modes)


def _partner(request: ListedRequest, nation: str) -> str | None:
    return request.originator if request.originator != nation else None
