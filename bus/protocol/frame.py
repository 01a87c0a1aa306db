"""The frame: what is sealed, a signed root and up to 64 deliveries under it, padded (design 4).

    u8 version (1) | u32 length + root envelope | u16 count
    count times: u32 length + statement | proof (u32 index, depth hashes) | u32 length + content
    zero padding to the smallest power of two >= 4 KiB that holds it

All integers are big-endian. The depth of the tree and its hash stand in the signed root, not in the frame,
so a frame is read in two steps: ``read_root``, then (once the root is verified) ``read_deliveries``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct

from bus.protocol.errors import FrameError
from bus.protocol.merkle import BATCH_DEPTHS
from bus.protocol.proof import Proof, proof_length
from schemas.reasons import ReasonCode

FRAME_VERSION = 1
MIN_FRAME_BYTES = 4 * 1024
MAX_FRAME_BYTES = 512 * 1024
MAX_DELIVERIES = 64

_START = Struct(">BI")
_COUNT = Struct(">H")
_LENGTH = Struct(">I")


@dataclass(frozen=True, slots=True)
class FramedDelivery:
    """Exact bytes of one delivery statement and of its content, and the statement's proof."""

    statement: bytes
    proof: Proof
    content: bytes


@dataclass(frozen=True, slots=True)
class FrameRest:
    """A frame whose root has been read; ``offset`` is where its deliveries begin."""

    frame: bytes
    offset: int


def frame_start_length(root_envelope_length: int) -> int:
    """Bytes of a frame before its first delivery."""
    return _START.size + root_envelope_length + _COUNT.size


def framed_delivery_length(statement_length: int, content_length: int, depth: int, hash_name: str) -> int:
    """Bytes that one delivery takes in a frame, for deciding what still fits a bundle."""
    return 2 * _LENGTH.size + statement_length + proof_length(depth, hash_name) + content_length


def padded_length(length: int) -> int:
    """The smallest power of two >= 4 KiB that holds ``length`` bytes. Raises FrameError BUNDLE_TOO_LARGE."""
    if length > MAX_FRAME_BYTES:
        raise FrameError(ReasonCode.BUNDLE_TOO_LARGE, "the deliveries do not fit a frame of 512 KiB")
    return max(MIN_FRAME_BYTES, 1 << (length - 1).bit_length())


def encode_frame(root_envelope: bytes, deliveries: Sequence[FramedDelivery]) -> bytes:
    """The padded frame.

    Raises FrameError BUNDLE_TOO_LARGE for none, more than 64, or more than 512 KiB; FRAME_MALFORMED for an
    empty part.
    """
    if not 1 <= len(deliveries) <= MAX_DELIVERIES:
        raise FrameError(ReasonCode.BUNDLE_TOO_LARGE, "a frame holds 1 to 64 deliveries")
    if not root_envelope:
        raise _malformed("the root is empty")
    length_of = _LENGTH.pack
    parts = [_START.pack(FRAME_VERSION, len(root_envelope)), root_envelope, _COUNT.pack(len(deliveries))]
    for delivery in deliveries:
        statement, content = delivery.statement, delivery.content
        if not statement or not content:
            raise _malformed("a statement or content is empty")
        parts += (
            length_of(len(statement)),
            statement,
            delivery.proof.encode(),
            length_of(len(content)),
            content,
        )
    body = b"".join(parts)
    return body.ljust(padded_length(len(body)), b"\x00")


def read_root(frame: bytes) -> tuple[bytes, FrameRest]:
    """Exact bytes of the root envelope (unverified), and the rest for ``read_deliveries``.

    Raises FrameError OVERSIZED over 512 KiB, else FRAME_MALFORMED.
    """
    size = len(frame)
    if size > MAX_FRAME_BYTES:
        raise FrameError(ReasonCode.OVERSIZED, "the frame is larger than 512 KiB")
    if size < MIN_FRAME_BYTES or size & (size - 1):
        raise _malformed("the frame's length is not a power of two from 4 KiB")
    version, root_length = _START.unpack_from(frame)
    if version != FRAME_VERSION:
        raise _malformed("the frame version is unknown")
    root_end = _START.size + root_length
    if root_length == 0 or root_end + _COUNT.size > size:
        raise _malformed("the root's length does not fit the frame")
    return frame[_START.size : root_end], FrameRest(frame, root_end)


def read_deliveries(rest: FrameRest, depth: int, hash_name: str) -> tuple[FramedDelivery, ...]:
    """The deliveries behind the root, given the root's tree depth and hash name ("sha256", "sha384").

    Raises FrameError PADDING_NOT_ZERO, else FRAME_MALFORMED: count not 1 to 64, a length out of bounds, an
    empty statement or content, or more padding than the contents need.
    """
    if depth not in BATCH_DEPTHS:
        raise _malformed("the tree's depth is not 4, 8 or 12")
    frame, at = rest.frame, rest.offset
    size, proof_size, length_size = len(frame), proof_length(depth, hash_name), _LENGTH.size
    (count,) = _COUNT.unpack_from(frame, at)
    at += _COUNT.size
    if not 1 <= count <= MAX_DELIVERIES:
        raise _malformed("a frame holds 1 to 64 deliveries")
    deliveries = []
    for _ in range(count):
        statement, at = _read_part(frame, at)
        proof_end = at + proof_size
        if proof_end + length_size > size:
            raise _malformed("a proof runs past the frame")
        proof = Proof.read(frame, at, depth, hash_name)
        content, at = _read_part(frame, proof_end)
        deliveries.append(FramedDelivery(statement, proof, content))
    if size != padded_length(at):
        raise _malformed("the frame is longer than its deliveries need")
    if frame[at:] != bytes(size - at):
        raise FrameError(ReasonCode.PADDING_NOT_ZERO, "the padding is not zero")
    return tuple(deliveries)


def _read_part(frame: bytes, at: int) -> tuple[bytes, int]:
    start = at + _LENGTH.size
    if start > len(frame):
        raise _malformed("a length runs past the frame")
    end = start + _LENGTH.unpack_from(frame, at)[0]
    if end > len(frame):
        raise _malformed("a length runs past the frame")
    if end == start:
        raise _malformed("a statement or content is empty")
    return frame[start:end], end


def _malformed(detail: str) -> FrameError:
    return FrameError(ReasonCode.FRAME_MALFORMED, detail)
