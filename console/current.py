"""What is current at the gateway, of some kinds: messages received and our own, with their content.

Never more than a few pages: what lies beyond is said to be left out, the newest is what is shown.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.seating import Seat

PAGE = 200
PAGES = 3
OWN_AT_A_TIME = 6

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Current:
    """Entries of the inbox and publications, as the gateway has them. ``more``: older ones were left out."""

    received: tuple[Entry, ...]
    own: tuple[Entry, ...]
    more: bool


async def current_messages(seat: Seat, *kinds: str, expires_after: datetime | None = None) -> Current:
    """The current messages of these kinds that had not expired by then. Raises Refused, Unreachable."""
    lists = await asyncio.gather(
        _received(seat, kinds, expires_after), *(_own(seat, kind, expires_after) for kind in kinds)
    )
    (received, more), *own = lists
    return Current(
        tuple(received),
        tuple(entry for entries, _ in own for entry in entries),
        more or any(left_out for _, left_out in own),
    )


async def _received(
    seat: Seat, kinds: tuple[str, ...], expires_after: datetime | None
) -> tuple[list[Entry], bool]:
    found: list[Entry] = []
    before = 2**53
    for _ in range(PAGES):
        asked: list[tuple[str, Any]] = [("kind", kind) for kind in kinds]
        asked += [("current", "true"), ("limit", PAGE), ("before", before)]
        if expires_after is not None:
            asked.append(("expires_after", expires_after.isoformat()))
        page = await seat.gateway.get("/v1/inbox", params=asked)
        found += page["items"]
        if not page["items"]:
            return found, False
        before = page["next"]
    return found, True


async def _own(seat: Seat, kind: str, expires_after: datetime | None) -> tuple[list[Entry], bool]:
    """Publications have their content one by one only, so fewer of them are read."""
    page = await seat.gateway.get(
        "/v1/messages", params={"kind": kind, "current": "true", "limit": str(PAGE)}
    )
    wanted = [entry for entry in page["items"] if not _expired(entry, expires_after)]
    room = asyncio.Semaphore(OWN_AT_A_TIME)

    async def read(entry: Entry) -> Entry:
        async with room:
            shown: Entry = await seat.gateway.get(f"/v1/messages/{entry['publication_id']}")
            return shown

    return list(await asyncio.gather(*map(read, wanted))), "next" in page


def _expired(entry: Entry, by: datetime | None) -> bool:
    expires_at = entry.get("expires_at")
    return by is not None and expires_at is not None and datetime.fromisoformat(expires_at) <= by
