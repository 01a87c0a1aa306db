"""What recipients signed of this nation's messages, and what is overdue (design 8)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from bus.store import contacts, progress
from bus.store.progress import DeliveryProgress
from bus.store.writer import Transaction
from gateways.http.api_keys import Scope
from gateways.http.progress_views import ReceiptPage, receipt_page
from gateways.http.routes.answers import Before, Limit, answers, statement_response
from gateways.http.runtime import runtime
from schemas.base import Nation, Uuid
from schemas.header import Mode

router = APIRouter(prefix="/v1", tags=["messages"])


@router.get(
    "/receipts",
    summary="List what recipients signed of each copy, and what is overdue.",
    responses=answers(200, ReceiptPage, "A page of copies, newest first."),
)
async def list_receipts(
    request: Request,
    before: Before = None,
    limit: Limit = 50,
    overdue: Annotated[
        bool, Query(description="Only copies with a deadline that passed and was not met since.")
    ] = False,
    nation: Annotated[Nation | None, Query(description="Only this nation's copies.")] = None,
    mode: Annotated[Mode | None, Query(description="Only messages of this mode.")] = None,
    publication_id: Annotated[Uuid | None, Query(description="Only this publication's copies.")] = None,
) -> Response:
    """One item per publication and nation: its state, when each state was reached, what was due when.

    A deadline is overdue from when this gateway noticed that it passed, and is so no more once it is met, or
    once nobody can meet it any longer: the copy was refused, withheld or taken back. Partners that are silent
    stand beside the items, whether or not the page has copies of theirs.
    """
    gateway = runtime(request)
    caller = await gateway.access.admit(request, Scope.MESSAGES_READ)

    def look(tx: Transaction) -> tuple[tuple[DeliveryProgress, ...], dict[str, datetime]]:
        found = progress.list_newest(
            tx,
            before=before,
            limit=limit,
            overdue=overdue,
            nation=nation,
            mode=mode,
            publication_id=publication_id,
        )
        return found, contacts.silent(tx)

    stored, silent = await gateway.context.store.read(look)
    asked = {name: since for name, since in silent.items() if nation in (None, name)}
    shown = [row for row in stored if caller.sees(row.kind, row.mode)]
    following = stored[-1].delivery_seq if len(stored) == limit else None
    return statement_response(receipt_page(shown, following, asked if caller.modes is None else None))
