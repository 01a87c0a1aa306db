"""How the client reads streams, without any network: divided anywhere, broken off anywhere."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.client import Retries, Unreachable, Unreadable, calls
from entente.client.answers import Answer
from entente.client.following import Following
from entente.client.results import Event
from entente.client.server_events import ServerEvent, ServerEvents

RETRIES = Retries(again=3, first=1.0, longest=3.0)
STREAM = (
    b"retry: 1000\nid: 4\n: connected\n\n"
    b'id: 5\nevent: message\ndata: {"a":\ndata: 1}\n\n'
    b": still here\n\nid:6\r\ndata:x\r\n\r\ndata\rid: 7\r\rdata: cut off"
)
EVENTS = [
    ServerEvent("4", None),
    ServerEvent("5", b'{"a":\n1}'),
    ServerEvent("6", b"x"),
    ServerEvent("7", b""),
]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_a_stream_reads_the_same_wherever_it_is_divided(places: list[int]) -> None:
    cuts = sorted({0, len(STREAM), *places})
    decoder = ServerEvents()
    found = [event for a, b in pairwise(cuts) for event in decoder.feed(STREAM[a:b])]
    assert found == EVENTS


def happening(number: int) -> bytes:
    event = {"event_seq": number, "type": "message.received", "at": "2026-03-02T09:30:00Z", "new": {"x": 1}}
    return b"id: %d\ndata: %b\n\n" % (number, json.dumps(event).encode())


def following(after: int | None = None) -> Following[Event]:
    return Following(calls.stream("/v1/events/stream"), Event, RETRIES, after=after, chance=lambda: 1.0)


@given(st.lists(st.integers(0, 400), min_size=1, max_size=8), st.integers(1, 6))
def test_nothing_is_missed_or_doubled_however_often_a_stream_breaks(cuts: list[int], total: int) -> None:
    """A gateway that may even send again what came: each connection ends after some bytes."""
    reader, seen = following(after=0), []
    for cut in [*cuts, 10_000]:
        last = int(reader.next_call().headers["Last-Event-ID"])
        begin = max(0, last - 1)
        sent = b"id: %d\n\n" % begin + b"".join(happening(number) for number in range(begin + 1, total + 1))
        seen += [event.event_seq for event in reader.received(sent[:cut])]
        reader.broken()
    assert seen == list(range(1, total + 1))


def test_a_stream_begins_anew_where_its_beginning_said() -> None:
    reader = following()
    assert "Last-Event-ID" not in reader.next_call().headers
    assert list(reader.received(b"retry: 1000\nid: 41\n: connected\n\n")) == []
    assert reader.next_call().headers["Last-Event-ID"] == "41"


def test_a_stream_that_never_began_is_given_up_on_and_one_that_did_is_not() -> None:
    reader = following()
    assert [reader.broken() for _ in range(3)] == [1.0, 2.0, 3.0]
    with pytest.raises(Unreachable):
        reader.broken()
    reader = following()
    list(reader.received(b": connected\n\n"))
    assert [reader.broken() for _ in range(6)] == [1.0, 2.0, 3.0, 3.0, 3.0, 3.0]
    assert reader.refused(Answer(503, {"retry-after": "5"}, b"")) == 8.0


def test_what_a_stream_carries_must_be_understood() -> None:
    with pytest.raises(Unreadable, match="Event"):
        list(following().received(b'id: 1\ndata: {"event_seq": "SECRET"}\n\n'))
