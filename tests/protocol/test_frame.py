"""Frames: exact, minimal, zero-padded, and nothing else."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.protocol.errors import FrameError, ProtocolError
from bus.protocol.frame import (
    MAX_FRAME_BYTES,
    MIN_FRAME_BYTES,
    FramedDelivery,
    encode_frame,
    frame_start_length,
    framed_delivery_length,
    padded_length,
    read_deliveries,
    read_root,
)
from bus.protocol.merkle import BATCH_DEPTHS, HASH_LENGTHS
from bus.protocol.proof import Proof
from schemas.reasons import ReasonCode

ROOT = b"root envelope"


def delivery(content: bytes = b"content", depth: int = 4, hash_length: int = 32) -> FramedDelivery:
    path = tuple(bytes((height,)) * hash_length for height in range(depth))
    return FramedDelivery(b"statement", Proof(3, path), content)


def read(frame: bytes, depth: int = 4, hash_name: str = "sha256") -> tuple[bytes, tuple[FramedDelivery, ...]]:
    root, rest = read_root(frame)
    return root, read_deliveries(rest, depth, hash_name)


FRAME = encode_frame(ROOT, [delivery(), delivery(b"other")])
USED = frame_start_length(len(ROOT)) + sum(
    framed_delivery_length(9, length, 4, "sha256") for length in (7, 5)
)


def put(offset: int, value: bytes, frame: bytes = FRAME) -> bytes:
    return frame[:offset] + value + frame[offset + len(value) :]


def test_layout_byte_by_byte() -> None:
    proof = b"\x00\x00\x00\x03" + b"".join(bytes((height,)) * 32 for height in range(4))
    body = (
        b"\x01\x00\x00\x00\x0d"
        + ROOT
        + b"\x00\x02"
        + (b"\x00\x00\x00\x09statement" + proof + b"\x00\x00\x00\x07content")
        + (b"\x00\x00\x00\x09statement" + proof + b"\x00\x00\x00\x05other")
    )
    assert len(body) == USED
    assert body + bytes(MIN_FRAME_BYTES - len(body)) == FRAME


@given(data=st.data(), depth=st.sampled_from(BATCH_DEPTHS), hash_name=st.sampled_from(["sha256", "sha384"]))
@settings(max_examples=60)
def test_reading_undoes_writing(data: st.DataObject, depth: int, hash_name: str) -> None:
    length = HASH_LENGTHS[hash_name]
    paths = st.lists(st.binary(min_size=length, max_size=length), min_size=depth, max_size=depth).map(tuple)
    proofs = st.builds(Proof, st.integers(0, 2**32 - 1), paths)
    contents = st.integers(1, 3000).map(lambda size: b"c" * size) | st.binary(min_size=1, max_size=40)
    deliveries = st.builds(FramedDelivery, st.binary(min_size=1, max_size=60), proofs, contents)
    root = data.draw(st.binary(min_size=1, max_size=100))
    framed = tuple(data.draw(st.lists(deliveries, min_size=1, max_size=6)))
    frame = encode_frame(root, framed)
    used = frame_start_length(len(root)) + sum(
        framed_delivery_length(len(each.statement), len(each.content), depth, hash_name) for each in framed
    )
    assert len(frame) == padded_length(used)
    assert read(frame, depth, hash_name) == (root, framed)


@given(st.binary(min_size=1, max_size=300), st.sampled_from(BATCH_DEPTHS))
def test_bytes_that_read_are_the_one_encoding(start: bytes, depth: int) -> None:
    frame = (b"\x01\x00\x00\x00\x01r" + start).ljust(MIN_FRAME_BYTES, b"\x00")
    try:
        root, deliveries = read(frame, depth)
    except ProtocolError:
        return
    assert encode_frame(root, deliveries) == frame


def test_every_bit_flip_is_refused_or_shows() -> None:
    original = read(FRAME)
    for bit in range(USED * 8 + 64):
        flipped = bytearray(FRAME)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            root, deliveries = read(bytes(flipped))
        except FrameError:
            continue
        assert (root, deliveries) != original
        assert encode_frame(root, deliveries) == flipped


def test_every_padding_bit_flip_is_refused() -> None:
    for offset in range(USED, len(FRAME)):
        with pytest.raises(FrameError) as refused:
            read(put(offset, bytes((1 << offset % 8,))))
        assert refused.value.code is ReasonCode.PADDING_NOT_ZERO


@pytest.mark.parametrize(
    ("used", "padded"),
    [(1, 4096), (4095, 4096), (4096, 4096), (4097, 8192), (262_145, 524_288), (524_288, 524_288)],
)
def test_padding_goes_to_the_next_power_of_two(used: int, padded: int) -> None:
    assert padded_length(used) == padded


@pytest.mark.parametrize("size", [4096, 8192, 524_288])
def test_a_frame_that_needs_no_padding_reads(size: int) -> None:
    room = size - frame_start_length(len(ROOT)) - framed_delivery_length(9, 0, 4, "sha256")
    frame = encode_frame(ROOT, [delivery(b"c" * room)])
    assert len(frame) == size
    assert read(frame)[1] == (delivery(b"c" * room),)


def test_a_bundle_that_does_not_fit_is_refused_before_it_is_sent() -> None:
    room = MAX_FRAME_BYTES - frame_start_length(len(ROOT)) - framed_delivery_length(9, 0, 4, "sha256")
    for deliveries in ([delivery(b"c" * (room + 1))], [], [delivery()] * 65):
        with pytest.raises(FrameError) as refused:
            encode_frame(ROOT, deliveries)
        assert refused.value.code is ReasonCode.BUNDLE_TOO_LARGE
    assert len(read(encode_frame(ROOT, [delivery()] * 64))[1]) == 64


def test_an_empty_part_is_not_sent() -> None:
    with pytest.raises(FrameError):
        encode_frame(ROOT, [delivery(b"")])
    with pytest.raises(FrameError):
        encode_frame(ROOT, [FramedDelivery(b"", delivery().proof, b"content")])
    with pytest.raises(FrameError):
        encode_frame(b"", [delivery()])


COUNT_AT = 5 + len(ROOT)
STATEMENT_AT = COUNT_AT + 2
CONTENT_AT = STATEMENT_AT + 4 + 9 + 4 + 4 * 32

MALFORMED: dict[str, tuple[Callable[[], bytes], ReasonCode]] = {
    "empty": (lambda: b"", ReasonCode.FRAME_MALFORMED),
    "unpadded": (lambda: FRAME[:USED], ReasonCode.FRAME_MALFORMED),
    "smaller than 4 KiB": (lambda: FRAME[:2048], ReasonCode.FRAME_MALFORMED),
    "not a power of two": (lambda: FRAME + bytes(4096) + b"\x00", ReasonCode.FRAME_MALFORMED),
    "three times 4 KiB": (lambda: FRAME + bytes(8192), ReasonCode.FRAME_MALFORMED),
    "twice as long as needed": (lambda: FRAME + bytes(4096), ReasonCode.FRAME_MALFORMED),
    "1 MiB": (lambda: FRAME.ljust(1 << 20, b"\x00"), ReasonCode.OVERSIZED),
    "version 0": (lambda: put(0, b"\x00"), ReasonCode.FRAME_MALFORMED),
    "version 2": (lambda: put(0, b"\x02"), ReasonCode.FRAME_MALFORMED),
    "an empty root": (
        lambda: (b"\x01" + bytes(4) + FRAME[COUNT_AT:]).ljust(MIN_FRAME_BYTES, b"\x00"),
        ReasonCode.FRAME_MALFORMED,
    ),
    "a root beyond the frame": (lambda: put(1, b"\xff\xff\xff\xff"), ReasonCode.FRAME_MALFORMED),
    "a root that leaves no room for the count": (
        lambda: put(1, (MIN_FRAME_BYTES - 6).to_bytes(4, "big")),
        ReasonCode.FRAME_MALFORMED,
    ),
    "no delivery": (lambda: put(COUNT_AT, b"\x00\x00"), ReasonCode.FRAME_MALFORMED),
    "65 deliveries": (lambda: put(COUNT_AT, b"\x00\x41"), ReasonCode.FRAME_MALFORMED),
    "a delivery more than there is": (lambda: put(COUNT_AT, b"\x00\x03"), ReasonCode.FRAME_MALFORMED),
    "a delivery behind the counted ones": (lambda: put(COUNT_AT, b"\x00\x01"), ReasonCode.PADDING_NOT_ZERO),
    "a statement beyond the frame": (
        lambda: put(STATEMENT_AT, b"\xff\xff\xff\xff"),
        ReasonCode.FRAME_MALFORMED,
    ),
    "a statement that leaves no room for its proof": (
        lambda: put(STATEMENT_AT, (MIN_FRAME_BYTES - STATEMENT_AT - 4).to_bytes(4, "big")),
        ReasonCode.FRAME_MALFORMED,
    ),
    "a content beyond the frame": (lambda: put(CONTENT_AT, b"\x00\x01\x00\x00"), ReasonCode.FRAME_MALFORMED),
    "a content that runs into the padding's end": (
        lambda: put(CONTENT_AT, (MIN_FRAME_BYTES - CONTENT_AT - 4).to_bytes(4, "big")),
        ReasonCode.FRAME_MALFORMED,
    ),
    "a last content longer than any frame": (
        lambda: put(USED - len(b"other") - 4, b"\xff" * 4),
        ReasonCode.FRAME_MALFORMED,
    ),
    "an empty content": (lambda: put(CONTENT_AT, bytes(4)), ReasonCode.FRAME_MALFORMED),
    "the first padding byte not zero": (lambda: put(USED, b"\x01"), ReasonCode.PADDING_NOT_ZERO),
    "the last padding byte not zero": (lambda: FRAME[:-1] + b"\x80", ReasonCode.PADDING_NOT_ZERO),
}


@pytest.mark.parametrize(("make", "code"), MALFORMED.values(), ids=MALFORMED.keys())
def test_frame_is_refused(make: Callable[[], bytes], code: ReasonCode) -> None:
    with pytest.raises(FrameError) as refused:
        read(make())
    assert refused.value.code is code


@pytest.mark.parametrize("size", [4095, 4097, 12_288, 524_287])
def test_the_root_of_a_frame_of_odd_size_is_not_even_read(size: int) -> None:
    with pytest.raises(FrameError, match="power of two"):
        read_root(FRAME.ljust(size, b"\x00")[:size])


@pytest.mark.parametrize(("depth", "hash_name"), [(8, "sha256"), (12, "sha256"), (4, "sha384")])
def test_a_root_of_another_depth_or_hash_does_not_read(depth: int, hash_name: str) -> None:
    with pytest.raises(FrameError):
        read(FRAME, depth, hash_name)


@pytest.mark.parametrize("depth", [0, 3, 5, 13])
def test_a_depth_that_does_not_exist_is_refused(depth: int) -> None:
    with pytest.raises(FrameError) as refused:
        read(FRAME, depth)
    assert refused.value.code is ReasonCode.FRAME_MALFORMED
