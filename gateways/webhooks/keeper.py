"""Every webhook's sender: started when the webhook is there, ended with the gateway."""

import asyncio
import logging
from collections.abc import Callable

from bus.store import webhooks
from bus.store.errors import StoreError
from gateways.context import GatewayContext
from gateways.growth_signal import GrowthSignal
from gateways.webhooks.patience import Patience
from gateways.webhooks.post import Poster
from gateways.webhooks.sender import KeyCaller, Sender

_log = logging.getLogger(__name__)

LOOK_SECONDS = 60.0


class WebhookKeeper:
    """Runs one sender for each webhook that is not disabled, between ``start`` and ``stop``."""

    def __init__(
        self,
        context: GatewayContext,
        make_poster: Callable[[], Poster],
        patience: Patience,
        caller_of: KeyCaller,
    ) -> None:
        self._context = context
        self._make_poster = make_poster
        self._poster: Poster | None = None
        self._patience = patience
        self._caller_of = caller_of
        self._changes = GrowthSignal()
        self._task: asyncio.Task[None] | None = None
        self._senders: dict[str, asyncio.Task[None]] = {}

    def start(self) -> None:
        """Begin, in the background."""
        self._task = asyncio.create_task(self._run(), name=f"webhooks {self._context.nation}")

    async def stop(self) -> None:
        """End; what is being posted may be posted again after the next start."""
        tasks = [each for each in (self._task, *self._senders.values()) if each is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._task = None
        self._senders.clear()

    def changed(self) -> None:
        """A webhook was added, removed or set on another course: look at once."""
        self._changes.announce(self._changes.latest + 1)

    async def _run(self) -> None:
        while True:
            seen = self._changes.latest
            try:
                await self._look()
            except StoreError as error:
                _log.warning("webhooks wait for the store: %s", type(error).__name__)
                self._context.counters.storage_faults += 1
            except Exception:  # noqa: BLE001 - logged with its trace; the keeper must go on
                _log.exception("looking after webhooks failed")
                self._context.counters.alarm_faults += 1
            await self._changes.wait_beyond(seen, LOOK_SECONDS)

    async def _look(self) -> None:
        known = await self._context.store.read(webhooks.list_all)
        self._context.counters.webhooks_failing = sum(
            each.course.disabled is None and each.course.failures > 0 for each in known
        )
        wanted = {each.webhook_id for each in known if each.course.disabled is None}
        self._senders = {name: task for name, task in self._senders.items() if not task.done()}
        if wanted and self._poster is None:
            self._poster = self._make_poster()
        for webhook_id in wanted - self._senders.keys():
            assert self._poster is not None
            sender = Sender(
                self._context,
                webhook_id,
                poster=self._poster,
                patience=self._patience,
                caller_of=self._caller_of,
                changes=self._changes,
            )
            task = asyncio.create_task(sender.run(), name=f"webhook {webhook_id}")
            # It may have been enabled again just when its sender saw that it was not.
            task.add_done_callback(lambda _: self.changed())
            self._senders[webhook_id] = task
