"""Frames of the NATS protocol in one direction of a connection, and messages that change places (pure).

A control line ends with CR LF; MSG, HMSG, PUB and HPUB say in their last word how many octets follow it,
and a CR LF behind those. Everything else (INFO, CONNECT, SUB, UNSUB, PING, PONG, +OK, -ERR) is a line alone.
"""

from collections.abc import Iterator

CARRYING = frozenset({b"MSG", b"HMSG", b"PUB", b"HPUB"})
LONGEST_LINE = 64 * 1024
"""Longer than any line of a server or client; beyond it this is not the protocol that is known here."""
LONGEST_PAYLOAD = 2 * 1024 * 1024
"""Larger messages stay in their place, so that nobody fills the memory of who swaps."""
_END = b"\r\n"
_DIGITS = 10


class FrameOrder:
    """Carries one direction; while ``swapping``, of two neighbouring messages the second goes first.

    What is not a message does not wait. `take` may hold one message back for its neighbour; `release` gives
    it when none came. A frame is never torn: swapping begins and ends between two frames.
    """

    def __init__(self) -> None:
        self.swapping = False
        self._known = True
        self._line = bytearray()
        """The control line that is being read."""
        self._left = 0
        """Octets of its message that are to come."""
        self._collecting = False
        self._frame = bytearray()
        """The frame that is being read, while it is kept whole."""
        self._message = False
        self._held = b""

    @property
    def holding(self) -> bool:
        """Whether a message waits for its neighbour."""
        return bool(self._held)

    def take(self, data: bytes) -> bytes:
        """What leaves now."""
        return b"".join(self._read(memoryview(data)))

    def release(self) -> bytes:
        """The message that waited, alone."""
        held, self._held = self._held, b""
        return held

    def _read(self, data: memoryview) -> Iterator[bytes]:
        while data:
            if not self._line and not self._left and self._known:
                yield from self._begin()
            if not self._known:
                part = bytes(data)
            elif self._left:
                part = bytes(data[: self._left])
                self._left -= len(part)
            else:
                part = self._part_of_line(data)
            data = data[len(part) :]
            if not self._collecting:
                yield part
                continue
            self._frame += part
            if not self._known or self._left > LONGEST_PAYLOAD:
                # Not understood, or too large to be kept: from here on it is carried as it comes.
                self._collecting = False
                yield self.release() + self._whole_frame()
            elif not self._line and not self._left:
                yield self._placed(self._whole_frame())

    def _begin(self) -> Iterator[bytes]:
        """A frame begins: whether it is kept whole is decided now."""
        self._collecting, self._message = self.swapping, False
        if not self.swapping:
            yield self.release()

    def _part_of_line(self, data: memoryview) -> bytes:
        """What of it belongs to the control line; at its end it is known what follows."""
        seen = len(self._line)
        self._line += data
        end = self._line.find(_END, max(0, seen - 1))
        if end < 0:
            self._known = len(self._line) <= LONGEST_LINE
            return bytes(data)
        words = bytes(self._line[:end]).split()
        self._line.clear()
        if words and words[0].upper() in CARRYING:
            size = words[-1]
            self._known = len(words) > 2 and size.isdigit() and len(size) < _DIGITS
            self._message = self._known
            self._left = int(size) + len(_END) if self._known else 0
        return bytes(data[: end + len(_END) - seen])

    def _whole_frame(self) -> bytes:
        frame = bytes(self._frame)
        self._frame.clear()
        return frame

    def _placed(self, frame: bytes) -> bytes:
        """A whole frame, where it belongs now."""
        if not self._message:
            return frame
        if self._held:
            return frame + self.release()
        self._held = frame
        return b""
