"""Held bundles: tried again on every trust change and as time passes, refused after a day (design 6)."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from functools import partial

from bus.store import held as held_table
from bus.store.errors import StoreError
from bus.store.held import Held
from gateways.context import GatewayContext
from gateways.receiving.filing import file_mail
from gateways.receiving.mail import OpenedMail, open_mail
from gateways.receiving.refusals import close_windows
from gateways.receiving.unfilable import refuse_unfilable
from schemas.reasons import ReasonCode

_log = logging.getLogger(__name__)

LOOK_SECONDS = 15.0
PAGE = 64
TRIES = 3
TIME_MAY_HELP = frozenset({ReasonCode.ISSUED_IN_FUTURE, ReasonCode.KEY_NOT_YET_VALID, ReasonCode.TRUST_STALE})


class HeldKeeper:
    """Runs until ``stop``."""

    def __init__(self, context: GatewayContext) -> None:
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self._trust = context.trust
        self._failures: dict[int, int] = {}

    def start(self) -> None:
        """Begin, in the background."""
        self._task = asyncio.create_task(self._run(), name=f"held {self._context.nation}")

    async def stop(self) -> None:
        """End after the bundle in hand."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            # Not wait_for: where the event comes with the cancellation, Python 3.11's would swallow that.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._context.held_wanted.wait()
            self._context.held_wanted.clear()
            trust, behind = self._context.trust, self._context.held_behind
            self._context.held_behind = False
            try:
                # Also after a trust change that came between two looks, and while some wait for another try.
                everything = behind or trust is not self._trust or bool(self._failures)
                await retry_held(self._context, everything=everything, failures=self._failures)
                self._trust = trust
                await close_windows(self._context)
            except StoreError as error:
                self._context.held_behind |= behind
                _log.warning("held bundles wait for the store: %s", type(error).__name__)
                self._context.counters.storage_faults += 1
                await asyncio.sleep(1)
            except Exception:  # noqa: BLE001 - logged with its trace; holding must go on
                self._context.held_behind |= behind
                _log.exception("trying held bundles again failed")
                self._context.counters.alarm_faults += 1


async def retry_held(
    context: GatewayContext, *, everything: bool, failures: dict[int, int] | None = None
) -> int:
    """Judge held bundles anew, in the order they were held, and refuse what was held too long; how many went.

    ``everything``: all of them, as after a trust change; else those that time alone may release or end.
    ``failures``: how often our own code failed to judge each, by ``held_seq``; kept from pass to pass.
    """
    failures = {} if failures is None else failures
    after, gone = 0, 0
    too_old = context.now() - context.limits.held_age
    look: Callable[..., tuple[Held, ...]] = (
        held_table.to_retry if everything else partial(held_table.due, reasons=TIME_MAY_HELP, before=too_old)
    )
    while True:
        page = await context.store.read(partial(look, after=after, limit=PAGE))
        if not page:
            return gone
        after = page[-1].held_seq
        for entry in page:
            gone += await _retry(context, entry, failures)


async def _retry(context: GatewayContext, entry: Held, failures: dict[int, int]) -> int:
    """Whether it is held no longer. One that our own code cannot judge never keeps the others waiting."""
    mail = OpenedMail(entry.subject, entry.sealed, context.trust)
    try:
        mail = open_mail(context, entry.subject, entry.sealed)
        filed = await context.store.write(lambda tx: file_mail(context, tx, mail, again=entry))
    except StoreError:
        raise
    except Exception:  # noqa: BLE001 - logged with its trace, counted, and refused in the end
        _log.exception("trying held bundle %d again failed", entry.held_seq)
        context.counters.alarm_faults += 1
        failures[entry.held_seq] = failures.get(entry.held_seq, 0) + 1
        if failures[entry.held_seq] < TRIES:
            return 0
        filed = await context.store.write(lambda tx: refuse_unfilable(context, tx, mail, again=entry))
    failures.pop(entry.held_seq, None)
    filed.count(context)
    return int(not filed.still_held)
