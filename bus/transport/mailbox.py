"""Receiving in order: rewind at every start, then require consumer sequences 1, 2, 3, ...

A session begins on a fresh connection, or after a gap, with CONSUMER.RESET, which rewinds the durable to
its ack floor and restarts the consumer sequence. From there every bundle must carry the next sequence; a
redelivery or a bundle lost on a dead connection shows as a break, and the session starts over. A lost
*last* bundle shows in the idle heartbeat, which says how far the broker believes to have delivered.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any

from nats.errors import Error as NatsError

from bus.nats_config import pull_subject, reset_subject
from bus.ports import BrokerUnavailable
from bus.protocol.subjects import consumer_name
from bus.transport.client import heeding_cancellation
from bus.transport.incoming import NatsIncoming
from bus.transport.link import Dialler, Link
from bus.transport.session import Session
from schemas.wire import Lane

_log = logging.getLogger(__name__)

BATCH = 64
BATCH_BYTES = 4 * 1024 * 1024
PULL_SECONDS = 1.0
HEARTBEAT_SECONDS = 0.4
# A pull that is pending across a restart of the server is never answered: give it up soon.
PULL_PATIENCE_SECONDS = 2.0
RESET_SECONDS = 2.0
SETTLE_SECONDS = 1.0
PING_SECONDS = 1
BACKOFF_SECONDS = (0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)


class NatsMailbox:
    """The Mailbox port over a pull consumer that provisioning made."""

    def __init__(self, dialler: Dialler, nation: str, lane: Lane, *, batch: int = BATCH) -> None:
        self._dialler = dialler
        self._consumer = consumer_name(nation, lane)
        self._batch = batch
        self._session: Session | None = None
        self._opening: asyncio.Task[None] | None = None
        self._failures = 0
        self._not_before = 0.0

    async def fetch(self, limit: int = 64, wait: float = 1.0) -> Sequence[NatsIncoming]:
        """Up to `limit` bundles, as soon as there is one; empty after `wait` seconds or while cut off.

        The next pull is already under way when this returns, so the broker sends while the caller works.
        """
        deadline = asyncio.get_running_loop().time() + wait
        try:
            async with asyncio.timeout_at(deadline):
                session = await self._session_with_mail()
        except TimeoutError:
            return []
        taken = [session.buffer.popleft() for _ in range(min(limit, len(session.buffer)))]
        if session.outstanding == 0 and len(session.buffer) < self._batch // 2:
            await self._pull(session)
        self._failures = 0
        return taken

    async def receive(self) -> AsyncIterator[NatsIncoming]:
        """Bundle after bundle, for ever."""
        while True:
            for bundle in await self.fetch():
                # A rewind while the caller was busy makes the rest of the batch come again.
                if bundle.current:
                    yield bundle

    async def close(self) -> None:
        """Stop listening; what was fetched and not acknowledged comes again later."""
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
        session, self._session = self._session, None
        if session is not None:
            await self._end(session)

    async def _session_with_mail(self) -> Session:
        while True:
            session = self._session
            if session is not None and not session.usable:
                if session.answered:
                    self._failures = 0
                await self.close()
                session = None
            if session is None:
                await self._opened()
                continue
            if session.buffer:
                return session
            if session.outstanding == 0:
                await self._pull(session)
            session.arrived.clear()
            if session.buffer or not session.usable or session.outstanding == 0:
                continue
            try:
                async with asyncio.timeout_at(session.pull_deadline):
                    await session.arrived.wait()
            except TimeoutError:
                await self._give_up_pull(session)

    async def _opened(self) -> None:
        """Return when a new session was tried.

        In a task of its own: back-off and rewind may take longer than a fetch waits, and a fetch that ran out
        of time must not make them begin again, or none would ever come to an end.
        """
        if self._opening is None:
            self._opening = asyncio.create_task(self._open(), name=f"opening {self._consumer}")
        opening = self._opening
        try:
            await asyncio.shield(opening)
        finally:
            if opening.done():
                self._opening = None

    async def _open(self) -> None:
        """After a back-off, a new session from the ack floor, if the broker gives one."""
        await self._pause()
        await self._dialler.wait_for(connected=True)
        link = self._dialler.link
        if link is None:
            return
        session = Session(link)
        try:
            inbox = link.client.new_inbox()
            with heeding_cancellation():
                session.subscription = await link.client.subscribe(inbox, cb=session.take)
            await self._rewind(link)
        except BaseException as error:
            await self._end(session)
            if isinstance(error, NatsError | OSError):
                # Closed already, though nats-py may never say so.
                link.abandon()
            elif not isinstance(error, BrokerUnavailable):
                raise
            _log.debug("mailbox %s not ready: %s", self._consumer, type(error).__name__)
        else:
            self._session = session
        finally:
            self._failures += 1

    async def _pause(self) -> None:
        """Wait out a nak's delay, and longer with every session that was never answered."""
        loop = asyncio.get_running_loop()
        backoff = BACKOFF_SECONDS[min(self._failures, len(BACKOFF_SECONDS) - 1)]
        if (delay := max(self._not_before - loop.time(), backoff)) > 0:
            await asyncio.sleep(delay)

    async def _rewind(self, link: Link) -> None:
        question = link.replies.ask()
        try:
            await link.publish(reset_subject(self._consumer), b"", question.reply)
            answer = await link.answer(question, RESET_SECONDS)
        except TimeoutError:
            raise BrokerUnavailable("the mailbox did not answer a rewind") from None
        finally:
            link.replies.forget(question)
        if answer.headers and answer.headers.get("Status") == "503":
            raise BrokerUnavailable("the mailbox does not exist yet")
        try:
            body: Any = json.loads(answer.data)
        except ValueError:
            raise BrokerUnavailable("the rewind's answer is not JSON") from None
        if not isinstance(body, dict) or "error" in body:
            raise BrokerUnavailable("the mailbox could not be rewound")

    async def _pull(self, session: Session) -> None:
        if session.subscription is None:
            raise BrokerUnavailable("the mailbox session has no subscription")
        request = {
            "batch": self._batch,
            "max_bytes": BATCH_BYTES,
            "expires": int(PULL_SECONDS * 1e9),
            "idle_heartbeat": int(HEARTBEAT_SECONDS * 1e9),
        }
        session.outstanding = self._batch
        patience = session.link.patience(PULL_PATIENCE_SECONDS)
        session.pull_deadline = asyncio.get_running_loop().time() + patience
        try:
            await session.link.publish(
                pull_subject(self._consumer), json.dumps(request).encode(), session.subscription.subject
            )
        except BrokerUnavailable:
            session.break_off()

    async def _give_up_pull(self, session: Session) -> None:
        """Break off unless the answer was only waiting for this process to read it."""
        if session.liveness is None:
            # A task of its own, since the caller's fetch may run out of time before the answer is overdue.
            session.liveness = asyncio.create_task(session.link.require_alive(PING_SECONDS))
        await asyncio.shield(session.liveness)
        session.liveness = None
        await asyncio.sleep(0)
        late = session.outstanding > 0 and not session.buffer
        if late and asyncio.get_running_loop().time() >= session.pull_deadline:
            session.break_off()

    async def _end(self, session: Session) -> None:
        session.break_off()
        session.link.unwatch(session.arrived)
        self._not_before = max(self._not_before, session.not_before)
        if session.subscription is None or session.link.lost.is_set():
            return
        try:
            with heeding_cancellation():
                await session.subscription.unsubscribe()
            if session.last_acked:
                await self._settle_acks(session.link, session.last_acked)
        except (BrokerUnavailable, NatsError, OSError):
            session.link.abandon()

    async def _settle_acks(self, link: Link, reply: str) -> None:
        """Wait until the broker has worked off our acks: a rewind would overtake those still queued there.

        Acknowledging the last one once more changes nothing and is answered behind all the others.
        """
        question = link.replies.ask()
        try:
            async with asyncio.timeout(link.patience(SETTLE_SECONDS)):
                await link.publish(reply, b"+ACK", question.reply)
                await question.answer
        except TimeoutError:
            # Then some bundles come twice, which the inbox recognises.
            return
        finally:
            link.replies.forget(question)
