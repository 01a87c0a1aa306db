"""Server-sent events out of bytes as they come (WHATWG HTML, 9.2.6), without any I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event; ``id`` is None where it has none, ``data`` is None for one that only moves the position."""

    id: str | None
    data: bytes | None


class ServerEvents:
    """A decoder for one connection. What a connection left unfinished was never an event."""

    def __init__(self) -> None:
        self._rest = b""
        self._id: str | None = None
        self._data: list[bytes] = []

    def feed(self, received: bytes) -> Iterator[ServerEvent]:
        """The events that are complete with these bytes."""
        text = self._rest + received
        # A carriage return at the end may be half of a line's end.
        whole = len(text) - 1 if text.endswith(b"\r") else len(text)
        *lines, unfinished = _LINE_END.split(text[:whole])
        self._rest = unfinished + text[whole:]
        for line in lines:
            if line:
                self._field(line)
            elif self._data or self._id is not None:
                yield ServerEvent(self._id, b"\n".join(self._data) if self._data else None)
                self._data, self._id = [], None

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
