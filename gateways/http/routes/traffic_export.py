"""Exporting what a search finds of the traffic, as CSV or JSON Lines, with the highest marking on it.

What is exported is settled and recorded before the first byte: which rows, and their highest classification.
"""

import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic_core import to_json

from bus.store import traffic_rows
from bus.store.writer import Transaction
from gateways.http.caller import Caller
from gateways.http.long_files import require_still
from gateways.http.problems import ApiRefused
from gateways.http.reading import level_of
from gateways.http.routes.answers import problems
from gateways.http.runtime import Runtime
from gateways.http.traffic_asked import CODES, OPERATOR, RIGHT, Text, admitted, asked, shown_rows
from gateways.http.traffic_views import TrafficRowView
from gateways.traffic import searching
from schemas.audit import AuditEvent
from schemas.base import rfc3339
from schemas.reasons import ReasonCode as C

router = APIRouter(prefix="/v1/traffic", tags=["traffic"])

MOST_ROWS = 100_000
PAGE = 200
LONGEST_HIGHEST = 500
NO_ROWS = "NO ROWS"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula."""
COLUMNS = (
    *("seq", "direction", "at", "issued_at", "expires_at", "precedence", "kind", "mode", "exercise_id"),
    *("originator", "action", "info", "subject", "marking", "status", "expired", "key_standing"),
    *("awaiting_ours", "own_receipt", "copies", "message_id", "publication_id", "inbox_seq"),
)


class TrafficExportFormat(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


_MEDIA_TYPES = {
    TrafficExportFormat.CSV: "text/csv; charset=utf-8",
    TrafficExportFormat.JSONL: "application/jsonl; charset=utf-8",
}


@router.get(
    "/export",
    summary="Export what a search finds.",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The first line says the rows' highest classification; then rows, newest first.",
            "content": {
                kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in _MEDIA_TYPES.values()
            },
        },
        **problems(*CODES, C.SEARCH_NOT_UNDERSTOOD, C.EXPORT_SWITCHED_OFF),
    },
    openapi_extra=OPERATOR,
)
async def export_traffic(
    request: Request,
    q: Text = "",
    form: Annotated[
        TrafficExportFormat, Query(alias="format", description="csv or jsonl.")
    ] = TrafficExportFormat.CSV,
) -> Response:
    """At most 100,000 rows, the newest. Auditors get metadata only. Each export is recorded as evidence."""
    gateway, caller = await admitted(request)
    if not gateway.settings.traffic_export:
        raise ApiRefused(C.EXPORT_SWITCHED_OFF)
    search, context = asked(gateway, caller, q), gateway.context
    upper = await searching.latest_seq(context)
    seqs: list[int] = []
    while upper > 0 and len(seqs) < MOST_ROWS:
        left = MOST_ROWS - len(seqs)
        page = await searching.page(context, gateway.searches, search, upper=upper, limit=left)
        seqs += page.seqs
        upper = page.lower
    highest = await _highest(gateway, seqs)
    evidence = context.evidence(caller.actor, context.now())
    evidence.add(AuditEvent.TRAFFIC_EXPORTED, count=len(seqs), query_length=len(q), highest=highest)
    await context.store.write(evidence.write)
    return StreamingResponse(
        _written(gateway, caller, seqs, form, highest),
        200,
        {
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="traffic.{form.value}"',
        },
        media_type=_MEDIA_TYPES[form],
    )


async def _highest(gateway: Runtime, seqs: Sequence[int]) -> str:
    """The highest classification of the rows, for each policy; what is unknown counts highest."""
    found: set[tuple[str, str]] = set()
    for begin in range(0, len(seqs), 5000):
        part = seqs[begin : begin + 5000]

        def look(tx: Transaction, part: Sequence[int] = part) -> set[tuple[str, str]]:
            return traffic_rows.labels(tx, part)

        found |= await gateway.context.store.read(look)
    trust = gateway.context.trust
    tops: dict[str, tuple[int, str]] = {}
    for policy, classification in sorted(found):
        named = (level_of(trust, policy, classification), classification)
        tops[policy] = max(tops.get(policy, named), named)
    texts = [
        text if text.startswith(policy) else f"{policy} {text}"
        for policy, (_, text) in sorted(tops.items(), key=lambda item: -item[1][0])
    ]
    return "; ".join(texts)[:LONGEST_HIGHEST] or NO_ROWS


async def _written(
    gateway: Runtime, caller: Caller, seqs: Sequence[int], form: TrafficExportFormat, highest: str
) -> AsyncIterator[bytes]:
    """The file, page by page. Raises CutOff."""
    yield _head(form, highest, len(seqs))
    for begin in range(0, len(seqs), PAGE):
        await require_still(gateway, caller, RIGHT)
        rows = await shown_rows(gateway, caller, seqs[begin : begin + PAGE])
        yield (
            _csv(map(_cells, rows))
            if form is TrafficExportFormat.CSV
            else b"".join(row.encode() + b"\n" for row in rows)
        )


def _head(form: TrafficExportFormat, highest: str, rows: int) -> bytes:
    if form is TrafficExportFormat.JSONL:
        return to_json({"highest": highest, "rows": rows}) + b"\n"
    return _csv(iter([["HIGHEST CLASSIFICATION", highest, "ROWS", str(rows)], list(COLUMNS)]))


def _csv(lines: Iterator[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([list(map(safe_cell, line)) for line in lines])
    return text.getvalue().encode()


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _cells(row: TrafficRowView) -> list[str]:
    return [_cell(getattr(row, name)) for name in COLUMNS]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return " ".join(each if isinstance(each, str) else f"{each.nation}:{each.state}" for each in value)
    if hasattr(value, "tzinfo"):
        return rfc3339(value)
    return str(value)
