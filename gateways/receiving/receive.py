"""The receive flow: mailbox to inbox, one task per lane (design 6, 7).

Bundles are opened outside any transaction, filed, committed together, only then acknowledged. While one
batch is being committed the next is opened. A storage fault rewinds the mailbox: nothing is lost, the order
stays.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from bus.ports import IncomingBundle, Mailbox
from bus.store.errors import StoreError
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.receiving.filing import file_mail
from gateways.receiving.mail import Filed, OpenedMail, open_mail
from gateways.receiving.unfilable import refuse_unfilable
from schemas.wire import Lane

_log = logging.getLogger(__name__)

NAK_SECONDS = 1.0
TRIES = 3


class _Behind(Exception):
    """A bundle before this one could not be filed, so this one must come again after it."""


@dataclass
class _Batch:
    bundles: Sequence[IncomingBundle]
    mail: list[OpenedMail]


class Receiver:
    """Takes one lane's mail until cancelled by ``stop``."""

    def __init__(self, context: GatewayContext, mailbox: Mailbox, lane: Lane) -> None:
        self._context = context
        self.mailbox = mailbox
        self._lane = lane
        self._task: asyncio.Task[None] | None = None
        self._filing: asyncio.Task[bool] | None = None
        self._failed: tuple[int, int] = (0, 0)

    def start(self) -> None:
        """Begin, in the background."""
        name = f"receiver {self._context.nation} {self._lane.value}"
        self._task = asyncio.create_task(self._run(), name=name)

    async def stop(self) -> None:
        """Finish the batch that is being filed; what was only fetched comes again later."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        try:
            while True:
                try:
                    await self._one_batch()
                except Exception:  # noqa: BLE001 - logged with its trace
                    # The lane must not fall silent for good because of one batch.
                    self._fault("receiving failed")
                    await asyncio.sleep(NAK_SECONDS)
        finally:
            if self._filing is not None:
                await asyncio.gather(self._filing, return_exceptions=True)

    async def _one_batch(self) -> None:
        bundles = await self.mailbox.fetch(self._context.limits.receive_batch)
        if not bundles:
            return
        self._context.counters.bundles_received += len(bundles)
        batch = _Batch(bundles, [])
        for bundle in bundles:
            batch.mail.append(self._opened(bundle))
            # Other tasks of this gateway get their turn between two bundles.
            await asyncio.sleep(0)
        # Shielded: who stops meanwhile lets it be finished.
        if self._filing is not None and not await asyncio.shield(self._filing):
            # The mailbox was rewound. Whether this batch was fetched before or after is not known here, so
            # it is rewound to as well: it must come behind what could not be filed.
            self._filing = None
            await bundles[0].nak()
            return
        self._filing = asyncio.create_task(self._file(batch))

    def _opened(self, bundle: IncomingBundle) -> OpenedMail:
        """One that our own code fails to open cannot be filed either, and ends so: `_failed_to_file`."""
        context = self._context
        try:
            return open_mail(context, bundle.subject, bundle.payload)
        except Exception:  # noqa: BLE001 - logged with its trace
            self._fault("opening a bundle failed")
            return OpenedMail(bundle.subject, bundle.payload, context.trust)

    def _fault(self, what: str) -> None:
        _log.exception(what)
        self._context.counters.alarm_faults += 1

    async def _file(self, batch: _Batch) -> bool:
        """File and acknowledge; False when the mailbox was rewound. Raises nothing."""
        try:
            return await self._file_all(batch)
        except Exception:  # noqa: BLE001 - logged with its trace
            self._fault("a batch was neither filed nor refused")
            await batch.bundles[0].nak(NAK_SECONDS)
            return False

    async def _file_all(self, batch: _Batch) -> bool:
        broken = False

        def job_for(mail: OpenedMail) -> "asyncio.Task[Filed]":
            def job(tx: Transaction) -> Filed:
                nonlocal broken
                if broken:
                    raise _Behind
                try:
                    return file_mail(self._context, tx, mail)
                except BaseException:
                    broken = True
                    raise

            return asyncio.ensure_future(self._context.store.write(job))

        # One job per bundle, in order: the store commits them together, and one that fails stands alone.
        results = await asyncio.gather(*map(job_for, batch.mail), return_exceptions=True)
        for bundle, mail, result in zip(batch.bundles, batch.mail, results, strict=True):
            if isinstance(result, Filed):
                result.count(self._context)
                await (bundle.term() if result.end == "term" else bundle.ack())
            elif not await self._failed_to_file(bundle, mail, result):
                return False
        return True

    async def _failed_to_file(self, bundle: IncomingBundle, mail: OpenedMail, error: BaseException) -> bool:
        """Whether the bundle could be done with all the same; else the mailbox is rewound to it."""
        counters = self._context.counters
        if isinstance(error, asyncio.CancelledError | _Behind):
            await bundle.nak()
            return False
        if isinstance(error, StoreError):
            counters.storage_faults += 1
            _log.warning("filing waits for the store: %s", type(error).__name__)
        else:
            counters.alarm_faults += 1
            _log.error("filing a bundle failed", exc_info=error)
            # A bundle that our own code cannot file must not stop the lane: after some tries it is refused.
            seen, times = self._failed
            self._failed = (bundle.stream_seq, times + 1 if seen == bundle.stream_seq else 1)
            if self._failed[1] >= TRIES:
                try:
                    refused = await self._context.store.write(
                        lambda tx: refuse_unfilable(self._context, tx, mail)
                    )
                except StoreError:
                    counters.storage_faults += 1
                else:
                    refused.count(self._context)
                    await bundle.term()
                    # What was behind it has not been filed: rewind to the one after.
                    await bundle.nak()
                    return False
        await bundle.nak(NAK_SECONDS)
        return False
