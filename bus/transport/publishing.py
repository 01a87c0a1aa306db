"""Sending with an expected sequence: exactly once and in order, with no time window.

Every publish carries `Nats-Expected-Last-Sequence`. When the stream ends elsewhere, the broker answers
error 10071 "wrong last sequence: N", which says exactly what is stored; so a retry never duplicates, and
nothing is stored behind a hole.

A window is only opened behind a sequence that this connection has confirmed. Were the stream in truth
further on than expected, the bundle in the middle of the window that happens to expect the real end would
be stored without those before it. So the first bundle after a (re)connection or a surprise travels alone.
"""

import asyncio
import json
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nats.aio.msg import Msg

from bus.nats_config import out_stream
from bus.ports import (
    BrokerUnavailable,
    OutboundBundle,
    PublishRefused,
    PublishResult,
    QuotaExceeded,
    TransportError,
)
from bus.transport.link import Dialler, Link
from bus.transport.replies import Question

WINDOW = 64
WINDOW_OCTETS = 1024 * 1024
"""No more is added to a window that holds so much: what goes to the broker beside it waits behind it."""
ANSWER_SECONDS = 10.0

_EXPECTED = "Nats-Expected-Last-Sequence"
_WRONG_LAST_SEQUENCE = 10071
# JSStreamMessageExceedsMaximumErr, and the store's "maximum bytes/messages exceeded", insufficient resources.
_TOO_LARGE = 10054
_STORE_FAILED = 10077
_INSUFFICIENT_RESOURCES = 10023
_SEQUENCE_IN_TEXT = re.compile(r"wrong last sequence: (\d+)")


@dataclass(frozen=True)
class _Refusal:
    """The first answer that was not a plain success."""

    actual_last: int | None = None
    error: TransportError | None = None


class NatsPublisher:
    """The Publisher port over JetStream, for one nation's OUT stream."""

    def __init__(
        self, dialler: Dialler, nation: str, *, window: int = WINDOW, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        self._dialler = dialler
        self._stream = out_stream(nation)
        self._window = window
        self._answer_seconds = answer_seconds
        self._one_at_a_time = asyncio.Lock()
        self._confirmed: tuple[Link, int] | None = None

    async def publish_window(self, items: Sequence[OutboundBundle], expected_last: int) -> PublishResult:
        """Send `items` in order, at most a window in flight, and stop at the first that is not stored.

        A wrong `expected_last` for the first item is also how the stream's real end is learnt: a nation's
        credentials allow no other question.
        """
        async with self._one_at_a_time:
            try:
                link = self._dialler.require()
            except BrokerUnavailable as error:
                return PublishResult(0, expected_last, error=error)
            return await self._send(link, items, expected_last)

    async def _send(self, link: Link, items: Sequence[OutboundBundle], expected_last: int) -> PublishResult:
        in_flight: deque[Question] = deque()
        octets: deque[int] = deque()
        sent = stored = 0
        refusal: _Refusal | None = None
        window = self._window if self._confirmed == (link, expected_last) else 1
        self._confirmed = None
        try:
            while True:
                while (
                    refusal is None
                    and sent < len(items)
                    and len(in_flight) < window
                    and sum(octets) < WINDOW_OCTETS
                ):
                    item = items[sent]
                    octets.append(len(item.payload))
                    refusal = await self._publish(link, item, expected_last + sent, in_flight)
                    sent += 1
                if not in_flight:
                    break
                question, link.leaving = in_flight.popleft(), octets.popleft()
                outcome = await self._await_answer(link, question, expected_last + stored + 1)
                if outcome is not None:
                    # The first bad answer decides. Those behind it can only be consequences of it: each was
                    # sent expecting its predecessor.
                    refusal = outcome
                    break
                stored += 1
                window = self._window
            if refusal is not None and in_flight:
                await self._settle(link, in_flight)
        finally:
            link.leaving = 0
            for question in in_flight:
                link.replies.forget(question)
        last = expected_last + stored
        if refusal is None:
            self._confirmed = (link, last) if stored else None
            return PublishResult(stored, last)
        if stored and refusal.actual_last is not None and refusal.actual_last < last:
            # Said before what this very window has stored: not where the stream ends, but bundles that came
            # there in another order than they were sent.
            return PublishResult(stored, last, error=BrokerUnavailable("bundles overtook each other"))
        return PublishResult(stored, last, actual_last=refusal.actual_last, error=refusal.error)

    async def _publish(
        self, link: Link, item: OutboundBundle, expected: int, in_flight: deque[Question]
    ) -> _Refusal | None:
        try:
            question = link.replies.ask()
        except BrokerUnavailable as error:
            return _Refusal(error=error)
        try:
            await link.publish(item.subject, item.payload, question.reply, {_EXPECTED: str(expected)})
        except TransportError as error:
            link.replies.forget(question)
            return _Refusal(error=error)
        in_flight.append(question)
        return None

    async def _await_answer(self, link: Link, question: Question, sequence: int) -> _Refusal | None:
        """None when the bundle is stored as `sequence`."""
        try:
            async with asyncio.timeout(link.patience(self._answer_seconds)):
                answer = await question.answer
        except TimeoutError:
            link.replies.forget(question)
            # Late answers on this connection could no longer be told apart from those of a retry's.
            link.abandon()
            return _Refusal(error=BrokerUnavailable(f"no answer within {self._answer_seconds} s"))
        except BrokerUnavailable as error:
            return _Refusal(error=error)
        return _judge(answer, self._stream, sequence)

    async def _settle(self, link: Link, in_flight: deque[Question]) -> None:
        """Let what is in flight be answered, so that no publish of this window is under way after it."""
        answers = [question.answer for question in in_flight]
        done, pending = await asyncio.wait(answers, timeout=link.patience(self._answer_seconds))
        for future in done:
            future.exception()
        if pending:
            link.abandon()


def _judge(answer: Msg, stream: str, sequence: int) -> _Refusal | None:
    """Read a publish acknowledgement; None when it says that the bundle is stored as `sequence`."""
    if answer.headers and answer.headers.get("Status") == "503":
        return _Refusal(error=BrokerUnavailable("nothing at the broker takes this nation's bundles yet"))
    try:
        body: Any = json.loads(answer.data)
    except ValueError:
        return _Refusal(error=BrokerUnavailable("the broker's answer is not JSON"))
    if not isinstance(body, dict):
        return _Refusal(error=BrokerUnavailable("the broker's answer is not an object"))
    problem = body.get("error")
    if problem is None:
        if body.get("stream") != stream or body.get("seq") != sequence or body.get("duplicate"):
            return _Refusal(
                error=BrokerUnavailable("the broker acknowledged another bundle than the one sent")
            )
        return None
    code = problem.get("err_code") if isinstance(problem, dict) else None
    text = str(problem.get("description", "")) if isinstance(problem, dict) else ""
    if code == _WRONG_LAST_SEQUENCE and (found := _SEQUENCE_IN_TEXT.search(text)):
        return _Refusal(actual_last=int(found.group(1)))
    if code == _TOO_LARGE:
        return _Refusal(error=PublishRefused("larger than the originator's stream takes"))
    if code in (_STORE_FAILED, _INSUFFICIENT_RESOURCES):
        return _Refusal(error=QuotaExceeded(f"the broker stores no more for this nation (error {code})"))
    if isinstance(problem, dict) and problem.get("code") == 503:
        return _Refusal(error=BrokerUnavailable(f"the broker is not ready (error {code})"))
    return _Refusal(error=PublishRefused(f"the broker refused the bundle (error {code})"))
