"""Answers from the broker: one reply subscription per connection, one future per question.

nats-py's own `publish_async` never resolves on an error answer or a lost connection and keeps its window
slot (nats.py #985); here every question ends, because losing the connection fails them all.
"""

import asyncio
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg

from bus.ports import BrokerUnavailable


@dataclass(frozen=True)
class Question:
    """A place for one answer: publish with `reply`, await `answer`, `forget` it when giving up."""

    reply: str
    answer: asyncio.Future[Msg]


class ReplyInbox:
    """The reply subjects of one connection."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._prefix = ""
        self._open: dict[str, asyncio.Future[Msg]] = {}
        self._next = 0
        self._lost = False

    async def listen(self) -> None:
        """Subscribe; to be called once, when connected and before the first question."""
        self._prefix = self._client.new_inbox()
        await self._client.subscribe(f"{self._prefix}.*", cb=self._arrived)

    def ask(self) -> Question:
        """A fresh question (BrokerUnavailable once the connection is lost)."""
        if self._lost:
            raise BrokerUnavailable("the connection to the broker was lost")
        self._next += 1
        reply = f"{self._prefix}.{self._next}"
        future: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
        self._open[reply] = future
        return Question(reply, future)

    def forget(self, question: Question) -> None:
        """Stop waiting for an answer; one that comes later is dropped."""
        self._open.pop(question.reply, None)
        question.answer.cancel()

    def fail_all(self) -> None:
        """The connection is lost: nothing that is open will be answered."""
        self._lost = True
        for future in self._open.values():
            if not future.done():
                future.set_exception(BrokerUnavailable("the connection to the broker was lost"))
                # Read once here, so that a question nobody awaits any more does not warn when collected.
                future.exception()
        self._open.clear()

    async def _arrived(self, message: Msg) -> None:
        future = self._open.pop(message.subject, None)
        if future is not None and not future.done():
            future.set_result(message)
