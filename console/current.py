"""What is current at the gateway, of some kinds: messages received and our own, with their content.

Never more than a few pages. Where there is more, each nation has a share of the room: what one sends beyond
its own displaces nothing of another's. Whose is cut is said, and the newest of it is what is shown.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.cut import Cut
from console.seating import Seat

PAGE = 200
PAGES = 3
"""Pages that are read of everybody's together, then of one nation's at most."""
AT_A_TIME = 6
ROOM = 1200
"""Messages received, for all nations together, as far as each has ``LEAST``."""
LEAST = 50

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Current:
    """Entries of the inbox, the newest first, and publications, as the gateway has them; whose are cut."""

    received: tuple[Entry, ...]
    own: tuple[Entry, ...]
    cut: tuple[Cut, ...]


async def current_messages(seat: Seat, *kinds: str, expires_after: datetime | None = None) -> Current:
    """The current messages of these kinds that had not expired by then. Raises Refused, Unreachable."""
    (received, cut), own = await asyncio.gather(
        _received(seat, kinds, expires_after),
        asyncio.gather(*(_own(seat, kind, expires_after) for kind in kinds)),
    )
    entries = tuple(entry for found, _ in own for entry in found)
    if any(left_out for _, left_out in own):
        cut = [*cut, Cut(seat.nation, len(entries) + 1)]
    return Current(tuple(received), entries, tuple(cut))


class _Inbox:
    """The inbox as one of these pages asks for it, read from its newest end."""

    def __init__(self, seat: Seat, kinds: tuple[str, ...], expires_after: datetime | None) -> None:
        self._gateway = seat.gateway
        self._asked: list[tuple[str, Any]] = [("kind", kind) for kind in kinds]
        self._asked += [("current", "true")]
        if expires_after is not None:
            self._asked.append(("expires_after", expires_after.isoformat()))

    async def read(
        self, before: int, wanted: int, originator: str | None = None
    ) -> tuple[list[Entry], int | None]:
        """As many of the newest as are wanted, or a few more; and before which number there is more, if any.

        A page may be empty for who sees some modes only, and others come after it.
        """
        found: list[Entry] = []
        for _ in range(PAGES):
            asked = [
                *self._asked,
                ("limit", min(PAGE, wanted) + 1),
                ("before", before),
                ("originator", originator),
            ]
            page = await self._gateway.get_in_turn("/v1/inbox", asked)
            found += page["items"]
            if page["next"] == before:
                return found, None
            before = page["next"]
            if len(found) > wanted:
                break
        return found, before


async def _received(
    seat: Seat, kinds: tuple[str, ...], expires_after: datetime | None
) -> tuple[list[Entry], list[Cut]]:
    inbox = _Inbox(seat, kinds, expires_after)
    found, before = await inbox.read(2**53, PAGE * PAGES)
    if before is None:
        return found, []
    partners = (await seat.gateway.get_in_turn("/v1/partners"))["items"]
    nations = sorted({entry["originator"] for entry in found} | {partner["nation"] for partner in partners})
    share = max(LEAST, min(PAGE, ROOM // max(1, len(nations))))
    room = asyncio.Semaphore(AT_A_TIME)
    known = Counter(entry["originator"] for entry in found)

    async def rest(nation: str) -> tuple[list[Entry], int | None]:
        if known[nation] > share:
            return [], before
        async with room:
            return await inbox.read(before, share - known[nation], nation)

    rests = await asyncio.gather(*map(rest, nations))
    kept: list[Entry] = []
    cut: list[Cut] = []
    for nation, (older, more) in zip(nations, rests, strict=True):
        theirs = [entry for entry in found if entry["originator"] == nation] + older
        kept += theirs[:share]
        if more is not None or len(theirs) > share:
            cut.append(Cut(nation, len(theirs)))
    return sorted(kept, key=lambda entry: -int(entry["inbox_seq"])), cut


async def _own(seat: Seat, kind: str, expires_after: datetime | None) -> tuple[list[Entry], bool]:
    """Publications have their content one by one only, so fewer of them are read."""
    page = await seat.gateway.get_in_turn(
        "/v1/messages", {"kind": kind, "current": "true", "limit": str(PAGE)}
    )
    wanted = [entry for entry in page["items"] if not _expired(entry, expires_after)]
    room = asyncio.Semaphore(AT_A_TIME)

    async def read(entry: Entry) -> Entry:
        async with room:
            shown: Entry = await seat.gateway.get_in_turn(f"/v1/messages/{entry['publication_id']}")
            return shown

    return list(await asyncio.gather(*map(read, wanted))), "next" in page


def _expired(entry: Entry, by: datetime | None) -> bool:
    expires_at = entry.get("expires_at")
    return by is not None and expires_at is not None and datetime.fromisoformat(expires_at) <= by
