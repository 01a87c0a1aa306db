"""Cancelling a publication of ours for everybody: one transaction, and the same whoever does it again.

What never left stays here, what waits for a second person ends, and whoever holds something of it is told by
control content that says nothing else. The text stays readable, there and here: a recall takes it away.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bus.protocol.errors import ProtocolError
from bus.protocol.succession import Status
from bus.store import pending, publication_changes
from bus.store.pending import Outcome
from bus.store.publication_changes import Head
from bus.store.writer import Transaction
from gateways.changing.force import note_status, tell_cancelled
from gateways.context import GatewayContext
from gateways.publishing.draft_refused import CurrentMessage
from gateways.relaying.withholding import withhold
from gateways.releasing.second_person import end_unreleased
from gateways.requests.noting import note_all_cancelled
from schemas.audit import AuditEvent
from schemas.cancellation import CancellationReason
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode


@dataclass(frozen=True, slots=True)
class WantedCancellation:
    """What is to be cancelled, why, and by whom (an audit actor).

    ``may``: whether the caller may cancel messages of a kind and mode; to others there is no such message.
    """

    publication_id: str
    reason: CancellationReason
    by: str
    may: Callable[[Kind, Mode], bool]


class CancelRefused(ProtocolError):
    """Nothing was cancelled. ``current``: what is current in its chain instead."""

    def __init__(self, code: ReasonCode, detail: str = "", current: CurrentMessage | None = None) -> None:
        super().__init__(code, detail or code.explanation)
        self.current = current


@dataclass(frozen=True, slots=True)
class _Done:
    taken_back: int = 0
    waited: bool = False
    changed: bool = True


async def cancel(context: GatewayContext, wanted: WantedCancellation) -> None:
    """Cancel a publication that is current. One that is cancelled is left as it is.

    Raises CancelRefused NOT_FOUND, CHANGE_NOT_CURRENT, CHAIN_ENDED, RECALLED; StoreUnavailable. Then nothing
    was changed.
    """
    done = await context.store.write(lambda tx: _cancel(context, tx, wanted))
    if not done.changed:
        return
    context.counters.deliveries_withheld += done.taken_back
    if done.waited:
        context.releases_changed.set()
    # What is sealed and never was offered to the broker is decided on anew, and then withheld.
    context.decide_anew()


def _cancel(context: GatewayContext, tx: Transaction, wanted: WantedCancellation) -> _Done:
    now = context.now()
    seq = publication_changes.find(tx, wanted.publication_id)
    if seq is None:
        raise CancelRefused(ReasonCode.NOT_FOUND)
    named = publication_changes.head(tx, seq)
    if not wanted.may(named.kind, named.mode):
        raise CancelRefused(ReasonCode.NOT_FOUND)
    if named.status is Status.RECALLED:
        raise CancelRefused(ReasonCode.RECALLED)
    if named.status is Status.CANCELLED:
        return _Done(changed=False)
    # A copy that a backfill made is cancelled with what it is a copy of.
    last = publication_changes.last(tx, publication_changes.copy_of(tx, seq) or seq)
    head = publication_changes.head(tx, last)
    if named.status is not Status.CURRENT or head.status is not Status.CURRENT:
        raise _not_current(head)
    evidence = context.evidence(wanted.by, now)
    members = publication_changes.members(tx, last)
    taken_back, waited = _end_waits(context, tx, members, wanted.by, now)
    held = publication_changes.outstanding(tx, members)
    rows = publication_changes.queued(tx, members, None)
    withhold(context, tx, evidence, rows, ReasonCode.CANCELLED, now)
    tell_cancelled(context, tx, evidence, head, members, held, now)
    publication_changes.set_cancelled(tx, last, wanted.by, wanted.reason.value, now)
    if head.kind is Kind.INFORMATION_REQUEST:
        note_all_cancelled(tx, last, now, now)
    evidence.add(
        AuditEvent.PUBLICATION_CANCELLED,
        kind=head.kind,
        mode=head.mode,
        publication_id=head.publication_id,
        message_id=head.message_id,
        digest=head.digest,
        count=len(held),
    )
    note_status(tx, evidence, publication_changes.head(tx, last), now)
    evidence.write(tx)
    return _Done(taken_back + len(rows), waited)


def _end_waits(
    context: GatewayContext, tx: Transaction, members: tuple[int, ...], by: str, now: datetime
) -> tuple[int, bool]:
    """End what of the chain waits for a second person: how many copies that is, and whether any did."""
    withheld, waited = 0, False
    for seq in members:
        head = publication_changes.head(tx, seq)
        found = pending.find(tx, head.publication_id) if head.waits else None
        if found is not None:
            withheld += end_unreleased(context, tx, found, Outcome.CANCELLED, by, now).withheld
            waited = True
    return withheld, waited


def _not_current(head: Head) -> CancelRefused:
    if head.status is not Status.CURRENT:
        return CancelRefused(ReasonCode.CHAIN_ENDED)
    return CancelRefused(
        ReasonCode.CHANGE_NOT_CURRENT,
        f"the current message is {head.message_id} of publication {head.publication_id}",
        CurrentMessage(head.publication_id, head.message_id, head.digest),
    )
