"""One webhook's sender: the next event is posted until the receiver took it, or it is given up.

What a post came to is committed before the next one begins, so that a crash repeats at most one event.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from bus.store import dead_letters, events, inbox, webhooks
from bus.store.dead_letters import DeadLetter
from bus.store.errors import StoreError
from bus.store.events import FeedPage, StoredEvent
from bus.store.inbox import InboxMessage
from bus.store.webhooks import Disabled, Webhook
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.growth_signal import GrowthSignal
from gateways.http.api_keys import Scope
from gateways.http.caller import Caller
from gateways.http.event_views import event_view, sight_of
from gateways.http.inbox_views import inbox_entry
from gateways.http.reading import own_reading
from gateways.webhooks import signing
from gateways.webhooks.cloud_event import MEDIA_TYPE, cloud_event, event_id
from gateways.webhooks.patience import Patience
from gateways.webhooks.post import Poster, PostFailed
from gateways.webhooks.target import read_target
from schemas.audit import AuditEvent, AuditOutcome
from schemas.event import EventType
from schemas.reasons import ReasonCode

_log = logging.getLogger(__name__)

ACTOR = "gateway"
LOOK_SECONDS = 60.0
"""Longest time between two looks: clocks are set, keys expire."""
FAULT_SECONDS = 5.0
PASSED_OVER = 1000
"""So many events that are not for a webhook are looked through again after a restart at most."""

KeyCaller = Callable[[str], Awaitable[Caller | None]]
"""The caller behind an API key by its id; None when the key is not good any more."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be posted, if anything, and how far the feed was looked through."""

    webhook: Webhook
    event: StoredEvent | None = None
    message: InboxMessage | None = None
    dead: DeadLetter | None = None
    page: FeedPage | None = None


class Sender:
    """Runs until its webhook is removed or disabled, or it is cancelled."""

    def __init__(
        self,
        context: GatewayContext,
        webhook_id: str,
        *,
        poster: Poster,
        patience: Patience,
        caller_of: KeyCaller,
        changes: GrowthSignal,
    ) -> None:
        self._context = context
        self._webhook_id = webhook_id
        self._poster = poster
        self._patience = patience
        self._caller_of = caller_of
        self._changes = changes
        self._looked_to: tuple[int, int] = (-1, 0)
        """The turn of the webhook, and how far the feed was looked through in it."""

    async def run(self) -> None:
        """Post what there is and wait for more."""
        going = True
        while going:
            # Read before the store is asked: what is announced in between wakes us again.
            seen = self._context.events.latest, self._changes.latest
            try:
                pause = await self.step()
                going = pause is not None
            except StoreError as error:
                _log.warning("a webhook waits for the store: %s", type(error).__name__)
                self._context.counters.storage_faults += 1
                pause = FAULT_SECONDS
            except Exception:  # noqa: BLE001 - logged with its trace; other webhooks and events must go on
                _log.exception("posting to a webhook failed")
                self._context.counters.alarm_faults += 1
                pause = FAULT_SECONDS
            if pause:
                await self._wait(*seen, pause)

    async def step(self) -> float | None:
        """Do what is next; how long to wait then at most (0: there may be more), None at the end."""
        webhook = await self._context.store.read(lambda tx: webhooks.find(tx, self._webhook_id))
        if webhook is None or webhook.course.disabled is not None:
            return None
        caller = await self._caller_of(webhook.key_id)
        if caller is None or Scope.EVENTS_READ.value not in caller.rights:
            await self._disable(webhook, Disabled.KEY, ReasonCode.CREDENTIALS_INVALID)
            return None
        turn, looked_to = self._looked_to
        position = max(webhook.course.position, looked_to if turn == webhook.course.turn else 0)
        due = self._due_in(webhook)
        work = await self._context.store.read(lambda tx: _next(tx, webhook, caller, position, due <= 0))
        if work.event is not None:
            await self._post(work, work.event)
            return 0
        if work.dead is not None:
            # Its event is no longer kept, or no longer for this key.
            gone = work.dead.event_seq
            await self._context.store.write(lambda tx: dead_letters.drop(tx, webhook.webhook_id, gone))
            return 0
        if work.page is None:
            return min(due, LOOK_SECONDS)
        return await self._pass_over(webhook, work.page, position)

    def _due_in(self, webhook: Webhook) -> float:
        """Seconds until the next post may be made. A clock that was set back must not stop it for long."""
        at = webhook.course.next_try_at
        if at is None:
            return 0
        left = (at - self._context.now()).total_seconds()
        return left if left <= self._patience.longest.total_seconds() else 0

    async def _pass_over(self, webhook: Webhook, page: FeedPage, position: int) -> float:
        if not page.known:
            # Forgotten, or the store was set back: go on with what is there, and say how much was missed.
            missed = max(0, page.first - 1 - position)
            if missed:
                await self._context.store.write(
                    lambda tx: webhooks.passed_over(tx, webhook, page.first - 1, missed)
                )
            else:
                await self._context.store.write(
                    lambda tx: webhooks.replay(tx, webhook.webhook_id, events.latest_seq(tx))
                )
            return 0
        self._looked_to = (webhook.course.turn, page.position)
        if page.position - webhook.course.position >= PASSED_OVER:
            await self._context.store.write(lambda tx: webhooks.passed_over(tx, webhook, page.position))
        return 0 if page.position > position else LOOK_SECONDS

    async def _post(self, work: _Work, event: StoredEvent) -> None:
        webhook, context = work.webhook, self._context
        entry = None
        if work.message is not None:
            entry = inbox_entry(work.message, context.now(), own_reading(context), with_content=True)
        body = cloud_event(context.realm, context.nation, event, event_view(event), entry)
        at = context.now()
        secrets = [webhook.secret]
        if (
            webhook.former_secret is not None
            and webhook.former_until is not None
            and at < webhook.former_until
        ):
            secrets.append(webhook.former_secret)
        headers = signing.headers(secrets, event_id(event), at, body) | {"Content-Type": MEDIA_TYPE}
        try:
            await self._poster.post(read_target(webhook.url), headers, body)
        except PostFailed as failed:
            context.counters.webhook_failures += 1
            await self._failed(work, event, failed)
        else:
            context.counters.webhook_posts += 1
            await context.store.write(lambda tx: self._taken(tx, work, event))

    def _taken(self, tx: Transaction, work: _Work, event: StoredEvent) -> None:
        webhook = work.webhook
        position = event.event_seq if work.dead is None else 0
        webhooks.delivered(tx, webhook, position, self._context.now())
        dead_letters.drop(tx, webhook.webhook_id, event.event_seq)

    async def _failed(self, work: _Work, event: StoredEvent, failed: PostFailed) -> None:
        webhook, now = work.webhook, self._context.now()
        if failed.gone:
            await self._disable(webhook, Disabled.GONE, ReasonCode.WEBHOOK_GONE)
            return
        if work.dead is not None:
            await self._context.store.write(
                lambda tx: dead_letters.still_dead(tx, webhook.webhook_id, event.event_seq, failed.fault, now)
            )
            return
        course = webhook.course
        pause = self._patience.pause(
            course.failures + 1, int.from_bytes(self._context.randomness(2), "big"), failed.retry_after
        )
        if not self._patience.over(event.at, course.failing_since or now, now):
            await self._context.store.write(
                lambda tx: webhooks.failed(tx, webhook, failed.fault, now, now + pause)
            )
            return
        # What was tried again and again may be at fault itself: the next event gets its chance at once. One
        # that is given up at its first try was only in a queue, and the receiver is to be spared.
        next_try = now if course.tries else now + pause
        await self._context.store.write(
            lambda tx: self._give_up(tx, webhook, event, failed.fault, now, next_try)
        )

    def _give_up(
        self, tx: Transaction, webhook: Webhook, event: StoredEvent, fault: str, now: datetime, then: datetime
    ) -> None:
        if webhooks.given_up(tx, webhook, event.event_seq, fault, now, then):
            self._context.counters.alarm_webhook_dead_letters += 1
            evidence = self._context.evidence(ACTOR, now)
            evidence.add(
                AuditEvent.WEBHOOK_GIVEN_UP,
                AuditOutcome.REFUSED,
                webhook=webhook.webhook_id,
                key_id=webhook.key_id,
                message_id=event.message_id,
                publication_id=event.publication_id,
            )
            evidence.write(tx)

    async def _disable(self, webhook: Webhook, why: Disabled, code: ReasonCode) -> None:
        now = self._context.now()

        def job(tx: Transaction) -> None:
            if webhooks.disable(tx, webhook.webhook_id, webhook.course.turn, why, now):
                evidence = self._context.evidence(ACTOR, now)
                evidence.add(
                    AuditEvent.WEBHOOK_DISABLED,
                    webhook=webhook.webhook_id,
                    key_id=webhook.key_id,
                    reason=code,
                )
                evidence.write(tx)

        await self._context.store.write(job)

    async def _wait(self, events_seen: int, changes_seen: int, seconds: float) -> None:
        waits = [
            asyncio.create_task(self._context.events.wait_beyond(events_seen, seconds)),
            asyncio.create_task(self._changes.wait_beyond(changes_seen, seconds)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
            await asyncio.gather(*waits, return_exceptions=True)


def _next(tx: Transaction, webhook: Webhook, caller: Caller, position: int, due: bool) -> _Work:
    """The first dead letter that is to be posted once more, else the next event beyond ``position``."""
    dead = dead_letters.next_again(tx, webhook.webhook_id)
    everything = sight_of(caller)
    if dead is not None:
        event = events.at(tx, dead.event_seq, everything)
        return _Work(webhook, event, _message_of(tx, event, caller), dead)
    if not due:
        return _Work(webhook)
    sight = sight_of(caller, webhook.types, webhook.kinds, webhook.modes)
    page = events.look(tx, position, limit=1, sight=sight)
    event = page.events[0] if page.events else None
    return _Work(webhook, event, _message_of(tx, event, caller), page=page)


def _message_of(tx: Transaction, event: StoredEvent | None, caller: Caller) -> InboxMessage | None:
    """The message that came, as the key would see it in the inbox now: without what was recalled since."""
    if event is None or event.type is not EventType.MESSAGE_RECEIVED or event.inbox_seq is None:
        return None
    number = event.inbox_seq
    found = inbox.list_after(tx, number - 1, limit=1, with_display_only=caller.lists_display_only)
    return found[0] if found and found[0].inbox_seq == number else None
