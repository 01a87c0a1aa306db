"""The feed of events through HTTP: pages, the stream, who sees what, cursors that are too old."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bus.store import api_keys, events
from bus.store.events import NewEvent
from gateways.http.api_keys import Scope
from gateways.opening import forget_events
from schemas.event import EventType
from schemas.header import Kind, Mode
from schemas.operator import Role
from tests.gateway.drafts import draft
from tests.gateway.inbox_stream import events as read_events
from tests.gateway.inbox_stream import in_time
from tests.gateway.operator_desk import hire, sign_in
from tests.gateway.running import NO_BROKER, WAIT, Gateway, World, assert_problem

Json = dict[str, Any]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
RECEIVED = NewEvent(
    EventType.MESSAGE_RECEIVED,
    LONG_AGO,
    nation="XAA",
    kind=Kind.THREAT_ALERT,
    mode=Mode.OPERATION,
    message_id="01890000-0000-7000-8000-000000000001",
    inbox_seq=10**9,
)
TOLD = (
    RECEIVED,
    NewEvent(
        EventType.DELIVERY_CHANGED,
        LONG_AGO,
        nation="XAA",
        kind=Kind.INFORMATION_REQUEST,
        mode=Mode.EXERCISE,
        message_id="01890000-0000-7000-8000-000000000002",
        publication_id="00000000-0000-4000-8000-000000000001",
        state="refused",
        reason="KEY_REVOKED",
    ),
    NewEvent(EventType.PARTNER_SILENT, LONG_AGO, nation="XCC"),
    NewEvent(EventType.LANE_ALARM, LONG_AGO, nation="XCC", mode=Mode.EXERCISE, state="WITHHELD"),
)


@pytest.fixture(scope="module")
def quiet(world: World) -> Iterator[Gateway]:
    """A gateway that nothing comes to; only what the tests tell stands in its feed."""
    with world.gateway("XBB", "quiet", nats_url=NO_BROKER, event_days=3650) as running:
        running.write(lambda tx: events.add(tx, TOLD))
        yield running


def seen(gateway: Gateway, key: str | None = None, **parameters: Any) -> list[str]:
    """The types of the events that a caller sees among those told here."""
    answer = gateway.get("/v1/events", key, params=parameters)
    assert answer.status_code == 200, answer.text
    return [item["type"] for item in answer.json()["items"] if item["event_seq"] <= len(TOLD)]


def follow(gateway: Gateway, key: str | None = None, **options: Any) -> Any:
    headers = {"Authorization": f"Bearer {key or gateway.key}"} | options.pop("headers", {})
    return gateway.client.stream("GET", "/v1/events/stream", headers=headers, timeout=WAIT, **options)


def test_events_are_shown_as_they_happened_without_what_does_not_apply(quiet: Gateway) -> None:
    page = quiet.get("/v1/events", params={"limit": 4}).json()
    assert (page["first"], page["next"]) == (1, 4)
    assert page["items"][1] == {
        "event_seq": 2,
        "type": "delivery.changed",
        "at": "2026-01-01T00:00:00Z",
        "nation": "XAA",
        "kind": "information_request",
        "mode": "EXERCISE",
        "message_id": "01890000-0000-7000-8000-000000000002",
        "publication_id": "00000000-0000-4000-8000-000000000001",
        "state": "refused",
        "reason": "KEY_REVOKED",
    }
    assert set(page["items"][2]) == {"event_seq", "type", "at", "nation"}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"type": "lane.alarm"}, ["lane.alarm"]),
        ({"type": ["lane.alarm", "partner.silent"]}, ["partner.silent", "lane.alarm"]),
        ({"kind": "threat_alert"}, ["message.received"]),
        ({"mode": "EXERCISE"}, ["delivery.changed", "lane.alarm"]),
        ({"after": 3}, ["lane.alarm"]),
        ({"limit": 1}, ["message.received"]),
        ({"kind": "threat_alert", "mode": "EXERCISE"}, []),
    ],
    ids=str,
)
def test_a_page_holds_what_was_asked_for(quiet: Gateway, parameters: Json, expected: list[str]) -> None:
    assert seen(quiet, **parameters) == expected


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"type": "message.burnt"}, "/query/type/0"),
        ({"kind": "gossip"}, "/query/kind/0"),
        ({"after": "-1"}, "/query/after"),
        ({"limit": "501"}, "/query/limit"),
    ],
    ids=str,
)
def test_a_bad_parameter_is_refused(quiet: Gateway, parameters: Json, pointer: str) -> None:
    assert_problem(quiet.get("/v1/events", params=parameters), 422, "PARAMETER_INVALID", pointer)


RIGHTS = {
    "every scope": (tuple(Scope), None, [0, 1, 2, 3]),
    "the inbox": ((Scope.EVENTS_READ, Scope.INBOX_READ), None, [0]),
    "own messages": ((Scope.EVENTS_READ, Scope.MESSAGES_READ), None, [1]),
    "partners": ((Scope.EVENTS_READ, Scope.TRUST_READ), None, [2, 3]),
    "nothing else": ((Scope.EVENTS_READ,), None, []),
    "one kind": (tuple(Scope), [Kind.INFORMATION_REQUEST], [1, 2, 3]),
    "no kind": (tuple(Scope), [], [2, 3]),
}


@pytest.mark.parametrize(("scopes", "kinds", "shown"), RIGHTS.values(), ids=RIGHTS.keys())
def test_a_key_sees_of_the_feed_what_it_may_see_elsewhere(
    quiet: Gateway, scopes: tuple[Scope, ...], kinds: list[Kind] | None, shown: list[int]
) -> None:
    key = quiet.new_key(scopes, kinds=kinds)
    assert seen(quiet, key) == [TOLD[number].type.value for number in shown]


def test_a_key_without_the_scope_sees_nothing(quiet: Gateway) -> None:
    key = quiet.new_key([scope for scope in Scope if scope is not Scope.EVENTS_READ])
    for path in ("/v1/events", "/v1/events/stream"):
        assert_problem(quiet.get(path, key), 403, "SCOPE_MISSING")


def test_people_see_of_the_feed_what_their_roles_show_them(quiet: Gateway) -> None:
    everything = [each.type.value for each in TOLD]
    for number, role in enumerate(Role):
        hire(quiet, f"reader-{number}", role)
        token = sign_in(quiet, f"reader-{number}")["access_token"]
        # Exercise staff is never live, and learns nothing of what concerns all modes.
        expected = ["delivery.changed", "lane.alarm"] if role is Role.EXERCISE_STAFF else everything
        assert seen(quiet, token) == expected, role


def test_a_received_message_is_told_to_who_follows_and_the_stream_resumes(xaa: Gateway, xbb: Gateway) -> None:
    key = xbb.new_key([Scope.EVENTS_READ, Scope.INBOX_READ])
    with follow(xbb, key, params={"type": "message.received"}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = in_time(response.iter_lines())
        assert next(lines) == "retry: 1000"
        sent = [xaa.publish(draft()).json()["message_id"] for _ in range(3)]
        found = read_events(lines, 3)
        while {data["message_id"] for _, data in found} < set(sent):
            found += read_events(lines, 1)
    mine = [(number, data) for number, data in found if data["message_id"] in sent]
    assert [number for number, _ in mine] == [data["event_seq"] for _, data in mine]
    assert {data["nation"] for _, data in mine} == {"XAA"}
    last = str(mine[0][0])
    with follow(
        xbb, key, params={"type": "message.received", "after": 0}, headers={"Last-Event-ID": last}
    ) as response:
        again = read_events(in_time(response.iter_lines()), 2)
    assert again == mine[1:]
    [received] = xbb.get("/v1/inbox", params={"after": mine[0][1]["inbox_seq"] - 1, "limit": 1}).json()[
        "items"
    ]
    assert received["message_id"] == mine[0][1]["message_id"]


def test_the_stream_ends_when_its_key_is_revoked(quiet: Gateway) -> None:
    key = quiet.new_key([Scope.EVENTS_READ, Scope.TRUST_READ])
    with follow(quiet, key, params={"after": 0}) as response:
        lines = in_time(response.iter_lines())
        assert [data["type"] for _, data in read_events(lines, 2)] == ["partner.silent", "lane.alarm"]
        quiet.write(lambda tx: api_keys.revoke(tx, key.split("_")[1], datetime.now(UTC)))
        quiet.write(lambda tx: events.add(tx, [TOLD[2]]))
        assert [line for line in lines if line.startswith("data")] == []


@pytest.mark.parametrize("wrong", ["-1", "x", "1 2", "9" * 40])
def test_a_wrong_last_event_id_is_refused(quiet: Gateway, wrong: str) -> None:
    answer = quiet.get("/v1/events/stream", headers={"Last-Event-ID": wrong})
    assert_problem(answer, 422, "PARAMETER_INVALID")


def test_who_asks_for_what_was_forgotten_is_told_so(world: World) -> None:
    with world.gateway("XBB", "forgetful", nats_url=NO_BROKER) as gateway:
        now = datetime.now(UTC)
        old = RECEIVED.at

        def job(tx: Any) -> None:
            events.add(tx, [TOLD[2]] * 5)
            events.add(tx, [NewEvent(EventType.PARTNER_HEARD, now, nation="XCC")])

        gateway.write(job)
        forgotten = world.loop.call(forget_events(gateway.runtime.context, old + timedelta(days=1)))
        assert forgotten == 5
        for path in ("/v1/events", "/v1/events/stream"):
            problem = assert_problem(gateway.get(path, params={"after": 3}), 410, "CURSOR_GONE")
            assert "number 6" in problem["detail"]
            beyond = gateway.get(path, params={"after": 7})
            assert_problem(beyond, 410, "CURSOR_GONE")
        for after in (0, 5):
            page = gateway.get("/v1/events", params={"after": after}).json()
            assert [item["event_seq"] for item in page["items"]] == [6]
            assert page["first"] == 6


def test_streams_of_both_sorts_count_together(world: World) -> None:
    with world.gateway("XBB", "one-stream", nats_url=NO_BROKER, max_streams=1) as gateway:
        with follow(gateway) as response:
            lines = in_time(response.iter_lines())
            assert next(lines) == "retry: 1000"
            assert_problem(gateway.get("/v1/inbox/stream"), 503, "GATEWAY_BUSY")
            assert_problem(gateway.get("/v1/events/stream"), 503, "GATEWAY_BUSY")


def test_one_caller_holds_a_quarter_of_the_streams_and_gets_its_places_back(world: World) -> None:
    with (
        world.gateway("XBB", "few-streams", nats_url=NO_BROKER, max_streams=8) as gateway,
        ExitStack() as held,
    ):
        other = gateway.new_key()
        opened = [held.enter_context(follow(gateway, key)).iter_lines() for key in (None, None, other)]
        assert [next(lines) for lines in opened] == ["retry: 1000"] * 3
        assert_problem(gateway.get("/v1/inbox/stream"), 503, "GATEWAY_BUSY")
        assert sorted(gateway.runtime.streams.values()) == [1, 2], "another has room"
        held.close()
        while gateway.runtime.streams:
            assert gateway.get("/v1/messages").status_code == 200


def test_an_open_stream_does_not_keep_the_gateway_from_stopping(world: World) -> None:
    with world.gateway("XBB", "stopping-stream", nats_url=NO_BROKER) as gateway:
        response = httpx.Client(base_url=gateway.url, trust_env=False, timeout=WAIT)
        with response, response.stream("GET", "/v1/events/stream", headers=gateway.auth) as opened:
            lines = opened.iter_lines()
            assert next(lines) == "retry: 1000"
            gateway.server.should_exit = True
            assert [line for line in lines if line.startswith("data")] == []
