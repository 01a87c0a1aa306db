"""The kernel's randomness, drawn in larger pieces: a system call per id would cost more than the id's use."""

import os
import threading

PIECE = 4096


class BufferedRandomness:
    """``randomness(n)`` gives n random bytes, as ``os.urandom`` does; no byte is given twice. Thread-safe.

    For identifiers and salts. Not for a process that forks: parent and child would draw the same bytes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._piece = b""
        self._used = 0

    def __call__(self, octets: int) -> bytes:
        """This many random bytes."""
        if octets > PIECE // 4:
            return os.urandom(octets)
        with self._lock:
            if self._used + octets > len(self._piece):
                self._piece, self._used = os.urandom(PIECE), 0
            begin, self._used = self._used, self._used + octets
            return self._piece[begin : self._used]
