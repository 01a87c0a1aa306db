"""The feed of events: in order, seen by whom it concerns, forgotten from its beginning, told at commits."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.store import events, inbox
from bus.store.errors import StoreUnavailable
from bus.store.events import NewEvent, Sight
from bus.store.writer import Store
from gateways.growth_signal import GrowthSignal
from schemas.event import EventType
from schemas.header import Kind, Mode
from schemas.wire import Handling
from tests.store.founded import in_memory
from tests.store.samples import NATION, NOW, REALM, inbox_message, message_id

Tx = sqlite3.Connection

OURS = NewEvent(
    EventType.DELIVERY_CHANGED,
    NOW,
    nation="XBB",
    kind=Kind.THREAT_ALERT,
    mode=Mode.OPERATION,
    message_id=message_id(1),
    publication_id="00000000-0000-4000-8000-000000000001",
    state="delivered",
)
SILENT = NewEvent(EventType.PARTNER_SILENT, NOW, nation="XBB")


NOTHING = Sight(of_inbox=False, of_publications=False, of_partners=False)


def received(number: int, **changes: object) -> NewEvent:
    """What happened to a message that lies in the inbox."""
    event = NewEvent(
        EventType.MESSAGE_RECEIVED,
        NOW,
        nation="XBB",
        kind=Kind.THREAT_ALERT,
        mode=Mode.OPERATION,
        message_id=message_id(number),
        inbox_seq=number,
    )
    return replace(event, **changes)  # type: ignore[arg-type]


def types(tx: Tx, sight: Sight) -> list[EventType]:
    return [event.type for event in events.look(tx, sight=sight).events]


def test_events_come_back_as_they_were_told_and_in_order(tx: Tx) -> None:
    told = [OURS, SILENT, received(7), replace(OURS, state="refused", reason="KEY_REVOKED")]
    events.add(tx, told)
    page = events.look(tx)
    assert [event.event_seq for event in page.events] == [1, 2, 3, 4]
    assert [NewEvent(*(getattr(each, name) for name in NewEvent.__slots__)) for each in page.events] == told
    assert (page.position, page.first, page.known) == (4, 1, True)


@pytest.mark.parametrize(
    ("sight", "seen"),
    [
        pytest.param(Sight(), 3, id="who sees everything"),
        pytest.param(Sight(types=[EventType.PARTNER_SILENT]), 1, id="who asked for one type"),
        pytest.param(Sight(types=[]), 0, id="who asked for no type"),
        pytest.param(Sight(asked_kinds=[Kind.THREAT_ALERT]), 2, id="who asked for a kind"),
        pytest.param(Sight(asked_modes=[Mode.EXERCISE]), 0, id="who asked for another mode"),
        pytest.param(Sight(kinds=[Kind.INFORMATION_REQUEST]), 1, id="who may see another kind only"),
        pytest.param(Sight(kinds=[]), 1, id="who may see no kind"),
        pytest.param(Sight(modes=[Mode.EXERCISE]), 0, id="who is never live"),
        pytest.param(Sight(of_inbox=False), 2, id="who may not read the inbox"),
        pytest.param(Sight(of_publications=False), 2, id="who may not read what we sent"),
        pytest.param(Sight(of_partners=False), 2, id="who may not list partners"),
        pytest.param(NOTHING, 0, id="who may see nothing"),
    ],
)
def test_nobody_sees_more_than_their_share(tx: Tx, sight: Sight, seen: int) -> None:
    inbox.file(tx, [inbox_message(1)])
    events.add(tx, [OURS, SILENT, received(1)])
    page = events.look(tx, sight=sight)
    assert len(page.events) == seen
    assert page.position == 3, "the cursor goes on beyond what is hidden"


def test_what_names_a_message_without_saying_whose_is_for_who_sees_both(tx: Tx) -> None:
    events.add(tx, [replace(OURS, type=EventType.REQUEST_CHANGED, publication_id=None)])
    assert len(events.look(tx).events) == 1
    for sight in (Sight(of_inbox=False), Sight(of_publications=False)):
        assert events.look(tx, sight=sight).events == ()


def test_a_message_without_kind_is_hidden_from_who_sees_some_kinds(tx: Tx) -> None:
    events.add(tx, [replace(OURS, kind=None)])
    assert events.look(tx, sight=Sight(kinds=list(Kind))).events == ()


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(received(1), id="by its place in the inbox"),
        pytest.param(received(1, message_id=None), id="by its place alone"),
        pytest.param(received(1, inbox_seq=None), id="by its id alone"),
        pytest.param(received(1, type=EventType.MESSAGE_RECALLED), id="when it is recalled"),
    ],
)
def test_what_is_for_people_only_is_no_event_for_a_key(tx: Tx, told: NewEvent) -> None:
    inbox.file(tx, [replace(inbox_message(1), handling=Handling.DISPLAY_ONLY), inbox_message(2)])
    events.add(tx, [told, received(2)])
    assert len(events.look(tx).events) == 2
    [seen] = events.look(tx, sight=Sight(display_only=False)).events
    assert seen.inbox_seq == 2
    assert events.at(tx, 1) is not None
    assert events.at(tx, 1, Sight(display_only=False)) is None


def test_a_page_of_hidden_events_still_moves_the_cursor(tx: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "SCANNED", 10)
    events.add(tx, [SILENT] * 25 + [OURS])
    position, found, looks = 0, 0, 0
    sight = Sight(types=[EventType.DELIVERY_CHANGED])
    while (page := events.look(tx, position, sight=sight)).position > position:
        position, looks = page.position, looks + 1
        found += len(page.events)
    assert (found, looks, position) == (1, 3, 26)


def test_asking_for_nothing_moves_nothing_and_tells_where_the_feed_begins(tx: Tx) -> None:
    events.add(tx, [SILENT] * 3)
    page = events.look(tx, 1, limit=0)
    assert (page.events, page.position, page.known, page.first) == ((), 1, True, 1)


def test_what_is_old_is_forgotten_from_the_beginning_and_numbers_are_never_used_again(tx: Tx) -> None:
    hour = timedelta(hours=1)
    # A clock that was set back: the fourth looks old, and stays, for a feed has no holes.
    times = [NOW, NOW + hour, NOW + 3 * hour, NOW]
    events.add(tx, [replace(SILENT, at=at) for at in times])
    assert events.prune(tx, NOW + 2 * hour) == 2
    assert [event.event_seq for event in events.look(tx).events] == [3, 4]
    assert events.prune(tx, NOW + 9 * hour, limit=1) == 1
    assert events.prune(tx, NOW + 9 * hour) == 1
    assert events.prune(tx, NOW + 9 * hour) == 0
    assert events.latest_seq(tx) == 4
    events.add(tx, [SILENT])
    assert [event.event_seq for event in events.look(tx).events] == [5]


@pytest.mark.parametrize(
    ("after", "known"),
    [
        pytest.param(0, True, id="from the oldest that is kept"),
        pytest.param(1, False, id="from before what is kept"),
        pytest.param(2, True, id="right before what is kept"),
        pytest.param(4, True, id="at the end"),
        pytest.param(5, False, id="beyond the end"),
    ],
)
def test_a_cursor_is_known_as_long_as_nothing_after_it_was_forgotten(tx: Tx, after: int, known: bool) -> None:
    events.add(tx, [SILENT] * 4)
    tx.execute("DELETE FROM event WHERE event_seq < 3")
    page = events.look(tx, after)
    assert page.known is known
    assert page.first == 3
    if not known:
        assert (page.events, page.position) == ((), after)


@given(st.lists(st.sampled_from(["ours", "silent", "prune"]), max_size=20), st.integers(1, 3))
def test_following_page_by_page_misses_nothing_and_repeats_nothing(acts: list[str], limit: int) -> None:
    connection = in_memory(NATION, REALM)
    try:
        position, seen, told = 0, list[int](), 0
        for act in acts:
            if act == "prune":
                connection.execute("DELETE FROM event WHERE event_seq <= ?", (position,))
                continue
            events.add(connection, [OURS if act == "ours" else SILENT])
            told += act == "ours"
            page = events.look(connection, position, limit=limit, sight=Sight(of_partners=False))
            assert page.known
            seen += [event.event_seq for event in page.events]
            position = page.position
        while (
            page := events.look(connection, position, limit=limit, sight=Sight(of_partners=False))
        ).position > position:
            seen += [event.event_seq for event in page.events]
            position = page.position
        assert len(seen) == told
        assert seen == sorted(set(seen))
    finally:
        connection.close()


async def test_each_commit_tells_how_far_the_feed_has_grown(store: Store) -> None:
    signal = GrowthSignal()
    store.events_grown = signal.announce
    follower = asyncio.create_task(signal.wait_beyond(0, 20))
    await store.write(lambda tx: events.add(tx, [OURS, SILENT]))
    assert signal.latest == 2, "told before the writer's caller goes on"
    assert await follower == 2
    await store.write(lambda tx: tx.execute("UPDATE meta SET value = value"))
    assert signal.latest == 2

    def failing(tx: Tx) -> None:
        events.add(tx, [OURS])
        raise RuntimeError("after the event")

    with pytest.raises(RuntimeError):
        await store.write(failing)
    assert signal.latest == 2
    assert await store.read(events.latest_seq) == 2


async def test_a_transaction_that_was_not_kept_tells_nothing(tmp_path: Path) -> None:
    class Failing(Store):
        fails = False

        def _commit(self, connection: sqlite3.Connection) -> None:
            if self.fails:
                raise sqlite3.OperationalError("disk I/O error")
            super()._commit(connection)

    opened = Failing.open(tmp_path / "store.db", NATION, REALM)
    try:
        told: list[int] = []
        opened.events_grown = told.append
        opened.fails = True
        with pytest.raises(StoreUnavailable):
            await opened.write(lambda tx: events.add(tx, [OURS]))
        assert told == [0]
        opened.fails = False
        await opened.write(lambda tx: events.add(tx, [OURS]))
        assert told[-1] == 1
    finally:
        await opened.close()


OF_A_KEY = Sight(display_only=False, kinds=[Kind.THREAT_ALERT])
HOT: dict[str, Callable[[Tx], object]] = {
    "the next page": lambda tx: events.look(tx, 5, sight=OF_A_KEY),
    "where the feed ends": events.latest_seq,
    "one event": lambda tx: events.at(tx, 5, Sight(display_only=False)),
}


@pytest.mark.parametrize("job", HOT.values(), ids=HOT.keys())
def test_looking_never_walks_through_the_inbox_or_the_feed(tx: Tx, job: Callable[[Tx], object]) -> None:
    events.add(tx, [OURS] * 10)
    statements: list[str] = []
    tx.set_trace_callback(statements.append)
    job(tx)
    tx.set_trace_callback(None)
    plans = [row[3] for each in statements for row in tx.execute(f"EXPLAIN QUERY PLAN {each}")]
    walks = [plan for plan in plans if plan.startswith("SCAN") and "sqlite_sequence" not in plan]
    # The least number stands at an end of the table: no walk.
    assert [plan for plan in walks if plan != "SCAN event"] == []
    assert not [plan for plan in plans if "TEMP B-TREE" in plan]
