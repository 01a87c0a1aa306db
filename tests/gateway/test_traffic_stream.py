"""Following the traffic: every change once, in order, across reconnects; alarms; who is not told what."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from bus.store import events, operator_sessions
from bus.store.events import NewEvent
from schemas.event import EventType
from schemas.operator import Role
from tests.gateway.operator_desk import as_, hire, sign_in
from tests.gateway.running import WAIT, Gateway, assert_problem
from tests.gateway.traffic_desk import Json, Who, batches, following, found, get, publish, received, told


@pytest.fixture(scope="module")
def wanda(xaa: Gateway) -> Who:
    """A watch officer."""
    hire(xaa, "walter", Role.WATCH_OFFICER)
    return as_(sign_in(xaa, "walter")["access_token"])


def test_a_row_comes_when_it_is_accepted_and_again_as_its_copies_move(
    xaa: Gateway, xbb: Gateway, wanda: Who
) -> None:
    with following(xaa, wanda, "canal") as lines:
        coming, through = batches(lines), None
        own = publish(xaa, subject="Canal lock stuck")
        states: list[str] = []
        while not states or states[-1] != "delivered":
            batch = next(coming)
            assert through in (None, batch["after"]), "no gap between batches"
            through = batch["through"]
            states += [row["copies"][0]["state"] for row in batch["rows"]]
            assert {row["publication_id"] for row in batch["rows"]} <= {own["publication_id"]}
        assert states == sorted(states, key=["queued", "sent", "delivered"].index)


def test_a_stream_goes_on_after_the_last_batch_without_gap_or_duplicate(
    xaa: Gateway, xbb: Gateway, wanda: Who
) -> None:
    page = get(xaa, wanda, "/v1/traffic", limit=1).json()
    sent = [received(xaa, xbb, subject="Pylon struck")["message_id"] for _ in range(2)]
    with following(xaa, wanda, "pylon", after=page["event_seq"]) as lines:
        seen: list[str] = []
        while len(seen) < 2:
            batch = next(batches(lines))
            seen += [row["message_id"] for row in batch["rows"]]
    assert seen == sent
    sent.append(received(xaa, xbb, subject="Pylon struck")["message_id"])
    again = {"Last-Event-ID": str(batch["through"])}
    with following(xaa, wanda, "pylon", headers=again) as lines:
        later: list[Json] = []
        place = batch["through"]
        while not later:
            batch = next(batches(lines))
            assert batch["after"] == place
            later, place = batch["rows"], batch["through"]
    assert [row["message_id"] for row in later] == sent[2:]


def test_a_row_that_the_search_finds_no_more_is_said_to_be_gone(
    xaa: Gateway, xbb: Gateway, wanda: Who
) -> None:
    sent = received(xaa, xbb, subject="Jetty lights out")
    with following(xaa, wanda, "jetty is:unread") as lines:
        coming = batches(lines)
        (row,) = found(xaa, wanda, "jetty")
        assert row["subject"] == "Jetty lights out"
        assert xaa.client.get(f"/v1/inbox/{sent['message_id']}", headers=wanda).status_code == 200
        while True:
            batch = next(coming)
            if row["seq"] in batch["gone"]:
                break
        assert batch["rows"] == []


def test_a_refused_bundle_is_an_alarm_and_never_a_row(xaa: Gateway, wanda: Who) -> None:
    alarm = NewEvent(
        EventType.BUNDLE_REFUSED, datetime.now(UTC), nation="XBB", reason="SIGNATURE_INVALID", count=3
    )
    with following(xaa, wanda, "nothing-at-all") as lines:
        coming = batches(lines)
        xaa.write(lambda tx: events.add(tx, (alarm,)))
        batch = next(each for each in coming if each["alarms"])
    (told_of,) = batch["alarms"]
    assert (told_of["type"], told_of["nation"], told_of["count"]) == ("bundle.refused", "XBB", 3)
    assert batch["rows"] == []


def test_a_heartbeat_says_who_is_heard_and_how_far_the_stream_came(
    xaa: Gateway, xbb: Gateway, wanda: Who
) -> None:
    received(xaa, xbb)
    with following(xaa, wanda) as lines:
        beats = (data for name, data in told(lines) if name == "heartbeat")
        first, second = next(beats), next(beats)
    assert second["at"] > first["at"]
    heard = {each["nation"]: each["state"] for each in second["partners"]}
    assert heard["XBB"] == "heard"
    assert heard["XDD"] == "unheard"


def test_exercise_staff_are_told_of_nothing_live(xaa: Gateway, xbb: Gateway) -> None:
    hire(xaa, "erna", Role.EXERCISE_STAFF)
    erna = as_(sign_in(xaa, "erna")["access_token"])
    with following(xaa, erna) as lines:
        coming = told(lines)
        assert next(coming)[1]["partners"] == []
        received(xaa, xbb, subject="Live", mode="OPERATION", exercise_id=None)
        played = received(xaa, xbb, subject="Played", mode="EXERCISE", exercise_id="STEADY 26")
        batch = next(data for name, data in coming if name == "batch")
        assert [row["message_id"] for row in batch["rows"]] == [played["message_id"]]
        assert batch["alarms"] == []


def test_a_stream_ends_with_its_access_token(xaa: Gateway) -> None:
    hire(xaa, "wim", Role.WATCH_OFFICER)
    session = sign_in(xaa, "wim")
    with following(xaa, as_(session["access_token"])) as lines:
        coming = told(lines)
        next(coming)
        xaa.write(lambda tx: operator_sessions.end(tx, session["operator"]["session"]))
        assert all(name == "heartbeat" for name, _ in coming), "it ended"


def test_a_place_that_is_kept_no_more_is_told(xaa: Gateway, wanda: Who) -> None:
    received_before = get(xaa, wanda, "/v1/traffic").json()["event_seq"]
    later = received_before + 1000
    for params in ({"after": later},):
        assert_problem(get(xaa, wanda, "/v1/traffic/stream", **params), 410, "CURSOR_GONE")
    headers = wanda | {"Last-Event-ID": str(later)}
    assert_problem(xaa.client.get("/v1/traffic/stream", headers=headers), 410, "CURSOR_GONE")
    xaa.write(lambda tx: events.prune(tx, datetime.now(UTC) + timedelta(days=1)))
    assert_problem(get(xaa, wanda, "/v1/traffic/stream", after=1), 410, "CURSOR_GONE")


def test_many_who_follow_see_the_same(xaa: Gateway, wanda: Who) -> None:
    seen: list[str] = []

    def follow() -> None:
        with following(xaa, wanda, "beacon") as lines:
            ready.release()
            # A receipt of an earlier test's message that comes in now is a batch too, without a row.
            with_rows = next(batch["rows"] for batch in batches(lines) if batch["rows"])
            seen.append(with_rows[0]["publication_id"])

    ready = threading.Semaphore(0)
    followers = [threading.Thread(target=follow) for _ in range(3)]
    for follower in followers:
        follower.start()
    for _ in followers:
        assert ready.acquire(timeout=WAIT)
    own = publish(xaa, subject="Beacon dark")
    for follower in followers:
        follower.join(WAIT)
    assert seen == [own["publication_id"]] * 3
