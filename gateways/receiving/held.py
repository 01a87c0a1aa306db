"""Held bundles: tried again on every trust change and as time passes, refused after a day (design 6)."""

import logging
from collections.abc import Callable
from functools import partial

from bus.store import held as held_table
from bus.store.errors import StoreError
from bus.store.held import Held
from gateways.context import GatewayContext
from gateways.keeper import LOOK_SECONDS, Ending, Keeper, never
from gateways.receiving.filing import file_mail
from gateways.receiving.mail import OpenedMail, open_mail
from gateways.receiving.refusals import close_windows
from gateways.receiving.unfilable import refuse_unfilable
from schemas.reasons import ReasonCode

_log = logging.getLogger(__name__)

PAGE = 64
TRIES = 3
TIME_MAY_HELP = frozenset({ReasonCode.ISSUED_IN_FUTURE, ReasonCode.KEY_NOT_YET_VALID, ReasonCode.TRUST_STALE})


def held_keeper(context: GatewayContext) -> Keeper:
    """Judges held bundles anew, and closes windows of refusals."""
    judged_under = context.trust
    failures: dict[int, int] = {}

    async def look(ending: Ending) -> float:
        nonlocal judged_under
        trust, behind = context.trust, context.held_behind
        context.held_behind = False
        try:
            # Also after a trust change that came between two looks, and while some wait for another try.
            everything = behind or trust is not judged_under or bool(failures)
            await retry_held(context, everything=everything, failures=failures, ending=ending)
        except BaseException:
            context.held_behind |= behind
            raise
        judged_under = trust
        await close_windows(context)
        return LOOK_SECONDS

    return Keeper(context, "held bundles", look, wake=context.held_wanted)


async def retry_held(
    context: GatewayContext,
    *,
    everything: bool,
    failures: dict[int, int] | None = None,
    ending: Ending = never,
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
            if ending():
                return gone
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
