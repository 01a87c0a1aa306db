"""What is current, for map and calendar: however much one nation sends, the others' stay; its own is cut."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from bus.store import inbox
from bus.store.migrations import bring_forward
from console import current
from console.current import Current, current_messages
from console.cut import Cut
from console.seating import Seat
from schemas.header import Kind
from tests.console.exercises.notices import entry
from tests.console.played import signed_in
from tests.store.samples import NATION, REALM, inbox_message

PARTNERS = ("XBB", "XCC", "XDD", "XEE")
COMING = datetime.now(UTC) + timedelta(days=90)


class PlayedInbox:
    """A gateway that answers from a real inbox, and has nothing of its own."""

    def __init__(self, tx: sqlite3.Connection) -> None:
        self._tx = tx
        self.filed = 0
        self.asked: list[httpx.QueryParams] = []

    def file(self, originator: str, count: int, content: bytes = b"") -> None:
        """File so many notices of a nation, newer than what is there."""
        numbers = range(self.filed + 1, self.filed + count + 1)
        self.filed += count
        notices = (replace(inbox_message(number, originator), content=content) for number in numbers)
        inbox.file(self._tx, [replace(each, kind=Kind.EXERCISE_NOTICE) for each in notices])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer as a gateway."""
        match request.url.path:
            case "/v1/inbox":
                return httpx.Response(200, json=self._page(request.url.params))
            case "/v1/partners":
                items = [{"nation": nation, "status": "ACTIVE"} for nation in PARTNERS]
                return httpx.Response(200, json={"items": items})
        return httpx.Response(200, json={"items": []})

    async def get_in_turn(self, path: str, params: Any = None) -> Any:
        """The same, asked as a seat asks."""
        given = [(name, value) for name, value in dict(params or {}).items() if value is not None]
        return self(httpx.Request("GET", f"http://gateway.test{path}", params=given)).json()

    def _page(self, asked: httpx.QueryParams) -> dict[str, Any]:
        self.asked.append(asked)
        before = int(asked["before"])
        rows = inbox.list_after(
            self._tx,
            limit=int(asked["limit"]),
            before=before,
            originator=asked.get("originator"),
            kinds=[Kind(each) for each in asked.get_list("kind")],
            current=True,
        )
        items = [
            {"inbox_seq": row.inbox_seq, "originator": row.originator, **json.loads(row.content or b"{}")}
            for row in rows
        ]
        return {"items": items, "next": rows[-1].inbox_seq if rows else before}


@pytest.fixture
def gateway() -> Iterator[PlayedInbox]:
    tx = sqlite3.connect(":memory:", isolation_level=None)
    bring_forward(tx, NATION, REALM)
    yield PlayedInbox(tx)
    tx.close()


async def read(gateway: PlayedInbox) -> Current:
    return await current_messages(
        cast(Seat, SimpleNamespace(gateway=gateway, nation=NATION)), "exercise_notice"
    )


async def test_one_nations_flood_leaves_the_others_messages_and_is_cut_itself(gateway: PlayedInbox) -> None:
    gateway.file("XCC", 3)
    gateway.file("XDD", 250)
    gateway.file("XBB", 700)
    found = await read(gateway)
    assert Counter(each["originator"] for each in found.received) == {"XBB": 200, "XCC": 3, "XDD": 200}
    assert found.cut == (Cut("XBB", 603), Cut("XDD", 201))
    numbers = [each["inbox_seq"] for each in found.received]
    assert numbers == [*range(953, 753, -1), *range(253, 53, -1), 3, 2, 1]
    assert not [asked for asked in gateway.asked if asked.get("originator") == "XBB"]


async def test_where_everything_has_room_nobody_is_asked_for_one_by_one(gateway: PlayedInbox) -> None:
    gateway.file("XBB", 350)
    gateway.file("XCC", 2)
    found = await read(gateway)
    assert (len(found.received), found.cut) == (352, ())
    assert len(gateway.asked) == 3
    assert not [asked for asked in gateway.asked if "originator" in asked]


async def test_the_room_is_shared_among_many_nations(
    gateway: PlayedInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current, "PAGE", 20)
    monkeypatch.setattr(current, "ROOM", 30)
    monkeypatch.setattr(current, "LEAST", 5)
    for nation in PARTNERS:
        gateway.file(nation, 40)
    found = await read(gateway)
    assert Counter(each["originator"] for each in found.received) == dict.fromkeys(PARTNERS, 7)
    assert [each.nation for each in found.cut] == list(PARTNERS)


@pytest.mark.parametrize("path", ["/exercises", "/exercises/fragment?view=month", "/map/fragment"])
async def test_the_page_says_whose_is_cut(
    gateway: PlayedInbox, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(current, "PAGE", 4)
    monkeypatch.setattr(current, "ROOM", 0)
    monkeypatch.setattr(current, "LEAST", 2)
    times: dict[str, Any] = {"start": COMING.isoformat(), "end": (COMING + timedelta(days=1)).isoformat()}
    bare: dict[str, Any] = {"phases": [], "special_activities": [], "reservations": []}
    for nation, count in (("XCC", 2), ("XBB", 20)):
        named = entry(header={"originator": nation}, designation=f"{nation} FJORD", **times, **bare)
        gateway.file(nation, count, json.dumps(named | {"precedence": "ROUTINE"}).encode())
    async with signed_in(gateway, accept="text/html") as browser:
        answer = await browser.get(path)
    assert answer.status_code == 200
    assert "XBB (at least 15)." in answer.text
    assert "XCC (" not in answer.text
    if "fragment" in path:
        assert 'data-covers data-text="REALM ' in answer.text, "the page's bands follow"
