"""A stream that goes on right after what came last, however often its connection breaks; without any I/O."""

import re
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from entente.client.answers import Answer, read_model, refuse_problems
from entente.client.attempts import REPEATABLE, Retries
from entente.client.calls import Call
from entente.client.faults import Unreachable, Unreadable
from entente.client.results.result import Result
from entente.client.server_events import ServerEvents

ResultT = TypeVar("ResultT", bound=Result)
_POSITION = re.compile(r"[0-9]{1,16}", re.ASCII)


class Following(Generic[ResultT]):
    """Where a reader of a stream stands.

    Each event is handed out once: what the gateway sends again after a broken connection is left out. Until
    it was connected once it gives up as other requests do; afterwards it never does.
    """

    def __init__(
        self,
        call: Call[object],
        model: type[ResultT],
        retries: Retries,
        *,
        after: int | None,
        chance: Callable[[], float],
    ) -> None:
        self.position = after
        """The id of the last event handed out; None before any, when it began with what comes."""
        self._call = call
        self._model = model
        self._retries = retries
        self._chance = chance
        self._failures = 0
        self._was_connected = False
        self._events = ServerEvents()

    def next_call(self) -> Call[object]:
        """The request that goes on from here."""
        self._events = ServerEvents()
        if self.position is None:
            return self._call
        return self._call.with_header("Last-Event-ID", str(self.position))

    def received(self, data: bytes) -> Iterator[ResultT]:
        """The events that are complete with these bytes. Raises Unreadable."""
        self._was_connected, self._failures = True, 0
        for event in self._events.feed(data):
            number = self._number(event.id)
            if number is not None and self.position is not None and number <= self.position:
                continue
            found = None if event.data is None else read_model(self._model, event.data)
            # Before it is handed out: whoever asks for the next one has dealt with this one.
            self.position = self.position if number is None else number
            if found is not None:
                yield found

    def broken(self) -> float:
        """Seconds to wait after the stream ended, broke, or could not be begun. Raises Unreachable."""
        return self._wait()

    def refused(self, answer: Answer) -> float:
        """Seconds to wait after this answer in place of a stream. Raises Refused, Unreadable."""
        if answer.status not in REPEATABLE or self._gives_up():
            refuse_problems(answer)
            raise Unreadable(answer.status, "a stream")
        return (answer.retry_after or 0.0) + self._wait()

    def _wait(self) -> float:
        if self._gives_up():
            raise Unreachable(self._failures + 1, maybe_done=False)
        self._failures += 1
        return self._retries.pause(self._failures - 1, self._chance())

    def _gives_up(self) -> bool:
        return not self._was_connected and self._failures >= self._retries.again

    @staticmethod
    def _number(given: str | None) -> int | None:
        usable = given is not None and _POSITION.fullmatch(given)
        return int(usable[0]) if usable else None
