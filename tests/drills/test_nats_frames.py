"""Messages that change places on their way: nothing torn, nothing lost, nothing kept for ever."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente import nats_frames
from entente.nats_frames import LONGEST_LINE, FrameOrder

payloads = st.binary(max_size=60) | st.sampled_from([b"", b"\r\n", b"PING\r\n", b"MSG a 1 5\r\nhello\r\n"])


def message(verb: bytes, payload: bytes) -> bytes:
    """A frame that carries a payload, with headers or without."""
    if not verb.upper().startswith(b"H"):
        return b"%s a.b 1 _INBOX.x %d\r\n%s\r\n" % (verb, len(payload), payload)
    headers = b"NATS/1.0\r\nA: b\r\n\r\n"
    return b"%s a.b 1 %d %d\r\n%s%s\r\n" % (
        verb,
        len(headers),
        len(headers) + len(payload),
        headers,
        payload,
    )


messages = st.builds(message, st.sampled_from([b"MSG", b"HMSG", b"PUB", b"HPUB", b"pub"]), payloads)
lines = st.sampled_from([b"PING\r\n", b"+OK\r\n", b"SUB a 1\r\n", b'INFO {"a":1}\r\n', b"\r\n"])
frames = st.lists(st.tuples(st.just(True), messages) | st.tuples(st.just(False), lines), max_size=12)


def in_chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    """The octets in arbitrary pieces."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[begin:end] for begin, end in pairwise(places)]


@given(frames, st.lists(st.integers(0, 10_000), max_size=20), st.booleans())
def test_neighbours_change_places_whole_however_the_octets_arrive(
    sent: list[tuple[bool, bytes]], cuts: list[int], swapping: bool
) -> None:
    order = FrameOrder()
    order.swapping = swapping
    came = b"".join(order.take(chunk) for chunk in in_chunks(b"".join(each for _, each in sent), cuts))
    came += order.release()
    carried = [frame for is_message, frame in sent if is_message]
    if swapping:
        for place in range(0, len(carried) - 1, 2):
            carried[place : place + 2] = carried[place + 1], carried[place]
    # Read again by the same rules: every frame is whole, and messages stand in this order.
    assert frames_of(came, carried, [frame for is_message, frame in sent if not is_message])
    assert not order.holding
    if not swapping:
        assert came == b"".join(frame for _, frame in sent)


def frames_of(came: bytes, carried: list[bytes], alone: list[bytes]) -> bool:
    """Whether the octets are these messages and these lines, both in their order, merged."""
    reached = {(0, 0)}
    for _ in range(len(carried) + len(alone)):
        reached = {
            step
            for done, lone in reached
            for step in (
                *([(done + 1, lone)] if done < len(carried) else ()),
                *([(done, lone + 1)] if lone < len(alone) else ()),
            )
            if came.startswith(
                carried[done] if step[0] > done else alone[lone],
                sum(map(len, carried[:done])) + sum(map(len, alone[:lone])),
            )
        }
    return (len(carried), len(alone)) in reached and len(came) == sum(map(len, carried + alone))


@given(
    st.lists(st.tuples(messages, st.booleans(), st.booleans()), max_size=12),
    st.lists(st.integers(0, 10_000), max_size=20),
)
def test_switching_and_giving_up_waiting_at_any_octet_tears_and_loses_nothing(
    sent: list[tuple[bytes, bool, bool]], cuts: list[int]
) -> None:
    order, came = FrameOrder(), b""
    for frame, swapping, release in sent:
        for number, chunk in enumerate(in_chunks(frame, cuts)):
            order.swapping = swapping is not (number % 2 == 1)
            came += order.take(chunk)
            if release:
                came += order.release()
    came += order.release()
    left = Counter(frame for frame, _, _ in sent)
    while came:
        frame = next(each for each in left if left[each] and came.startswith(each))
        left[frame] -= 1
        came = came[len(frame) :]
    assert not left.total()


def test_a_message_alone_waits_until_it_is_released_and_a_line_does_not() -> None:
    order = FrameOrder()
    order.swapping = True
    assert order.take(b"PUB a 2\r\nhi\r\nPING\r\n") == b"PING\r\n"
    assert order.holding
    assert order.release() == b"PUB a 2\r\nhi\r\n"
    assert not order.holding


@pytest.mark.parametrize(
    "octets",
    [
        b"PUB a x\r\nhi\r\n",
        b"PUB a " + b"9" * 5000 + b"\r\n",
        b"MSG\r\n",
        b"\x16\x03\x01" * LONGEST_LINE,
    ],
    ids=["a size that is no number", "a size too long", "a line without a size", "another protocol"],
)
def test_what_is_not_understood_is_carried_as_it_comes(octets: bytes) -> None:
    order = FrameOrder()
    order.swapping = True
    before, behind = b"PUB a 2\r\nhi\r\n", b"PUB b 2\r\n"
    assert order.take(before) == b""
    assert order.take(octets) + order.take(behind) == before + octets + behind


def test_a_message_too_large_to_be_kept_goes_by_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nats_frames, "LONGEST_PAYLOAD", 10)
    order = FrameOrder()
    order.swapping = True
    small, large = b"PUB a 2\r\nhi\r\n", b"PUB a 20\r\n" + b"x" * 20 + b"\r\n"
    assert order.take(small) == b""
    assert order.take(large[:15]) == small + large[:15]
    assert order.take(large[15:]) == large[15:]
    assert order.take(small) == b""
    assert order.holding
