"""Everything that a message's page shows, asked of the gateway at once with the operator's own token."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Any

from console.gateway import Refused
from console.seating import Seat

RECORDS = 200
"""Audit records of one message that are shown."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Fetched:
    """One message with what belongs to it. What the operator may not see, or what is not there, is None."""

    direction: str
    found: Json
    """An inbox entry, or a publication in full."""
    row: Json | None = None
    """Its row of the traffic."""
    schema: Json | None = None
    records: list[Json] | None = None
    release: Json | None = None
    recall: Json | None = None
    request: Json | None = None
    compared: Json | None = None
    """An earlier or later message of the chain, in the form of ``found``."""
    more_records: bool = False


async def received(
    seat: Seat, message_id: str, originator: str | None = None, compare: str | None = None
) -> Fetched:
    """A message of the inbox. Opening it counts as reading it. Raises Refused where it cannot be shown."""
    whose = {"originator": originator}
    found: Json = await seat.gateway.get(f"/v1/inbox/{message_id}", whose)
    asked = found["kind"] == "information_request"
    row, schema, records, request, compared = await asyncio.gather(
        _row(seat, message_id, found["originator"]),
        _schema(seat, found["kind"]),
        _records(seat, {"message_id": message_id}),
        _request(seat, message_id, found["originator"]) if asked else _nothing(),
        _or_none(seat.gateway.get(f"/v1/inbox/{compare}", {"originator": found["originator"]}))
        if compare in found["history"] and compare != message_id
        else _nothing(),
    )
    return Fetched(
        "in",
        found,
        row,
        schema,
        records,
        request=request,
        compared=compared,
        more_records=records is not None and len(records) >= RECORDS,
    )


async def published(seat: Seat, publication_id: str, compare: str | None = None) -> Fetched:
    """A publication of this nation. Raises Refused where it cannot be shown."""
    found: Json = await seat.gateway.get(f"/v1/messages/{publication_id}")
    recalled, asks = found["status"] == "RECALLED", found["kind"] == "information_request"
    row, schema, records, release, recall, request, compared = await asyncio.gather(
        _row(seat, found["message_id"], None),
        _schema(seat, found["kind"]),
        _records(seat, {"publication_id": publication_id}),
        _or_none(seat.gateway.get(f"/v1/messages/{publication_id}/release")),
        _or_none(seat.gateway.get(f"/v1/messages/{publication_id}/recall")) if recalled else _nothing(),
        _request(seat, found["message_id"], seat.nation) if asks else _nothing(),
        _or_none(seat.gateway.get(f"/v1/messages/{compare}"))
        if compare in found["history"] and compare != publication_id
        else _nothing(),
    )
    return Fetched(
        "out",
        found,
        row,
        schema,
        records,
        release,
        recall,
        request,
        compared,
        more_records=records is not None and len(records) >= RECORDS,
    )


async def rows_with_id(seat: Seat, identifier: str) -> list[Json]:
    """The rows of the traffic whose message, or publication, has this id; none where they cannot be read."""
    page = await _or_none(seat.gateway.get("/v1/traffic", {"q": f"id:{identifier}", "limit": 20}))
    return [] if page is None else list(page.get("rows") or ())


async def schema_of(seat: Seat, kind: str) -> Json | None:
    """The JSON Schema of a kind's messages."""
    return await _schema(seat, kind)


async def _row(seat: Seat, message_id: str, originator: str | None) -> Json | None:
    wanted = "out" if originator is None else "in"
    for row in await rows_with_id(seat, message_id):
        if row.get("direction") == wanted and originator in (None, row.get("originator")):
            return row
    return None


async def _schema(seat: Seat, kind: str) -> Json | None:
    found: Json | None = await _or_none(seat.gateway.get(f"/v1/schemas/{kind}", {"form": "message"}))
    return found


async def _records(seat: Seat, about: Mapping[str, str]) -> list[Json] | None:
    if not seat.may("audit:read"):
        return None
    page = await _or_none(seat.gateway.get("/v1/audit", {**about, "limit": RECORDS}))
    return None if page is None else list(page["items"])


async def _request(seat: Seat, message_id: str, originator: str) -> Json | None:
    asked = seat.gateway.get(f"/v1/requests/{message_id}", {"originator": originator})
    found: Json | None = await _or_none(asked)
    return found


async def _or_none(asked: Awaitable[Any]) -> Any:
    """What belongs to a message but may be missing: the page stands without it."""
    try:
        return await asked
    except Refused:
        return None


async def _nothing() -> None:
    return None
