"""A change of our own comes into force: earlier copies that never left are taken back, and who holds what the
change does not reach is told that it is cancelled. In the transaction that accepts or confirms the change.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from bus.protocol.succession import Held, Status
from bus.store import deadlines, deliveries, events, publication_changes, publication_links
from bus.store.deliveries import Waiting
from bus.store.events import NewEvent
from bus.store.publication_changes import Head
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.relaying.withholding import withhold
from gateways.requests.noting import note_all_cancelled, note_all_replaced, note_cancelled
from schemas.audit import AuditEvent
from schemas.cancellation import Cancellation
from schemas.control import Control
from schemas.event import EventType
from schemas.header import Kind, Relation
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse
from schemas.wire import ContentType


def is_outdated(tx: Transaction, publication_seq: int) -> bool:
    """Whether a publication that waited changes what is not current any more, or is a copy of such a one."""
    original = publication_changes.copy_of(tx, publication_seq)
    named = [*publication_changes.predecessors(tx, publication_seq)]
    if original is not None:
        named.append(original)
    return any(publication_changes.head(tx, seq).status is not Status.CURRENT for seq in named)


def bring_into_force(
    context: GatewayContext, tx: Transaction, evidence: Evidence, publication_seq: int, now: datetime
) -> int:
    """Let a released publication take the place of what it changes; how many copies were taken back.

    Its own deliveries are queued or withheld already. A nation that holds something of a chain to which its
    own copy does not refer is told that this is cancelled: it is not to have the change; or it came to hold
    it while the change waited for a second person.
    """
    told = publication_changes.refers_to(tx, publication_seq)
    taken_back = 0
    for predecessor, relation in publication_changes.predecessors(tx, publication_seq).items():
        members = publication_changes.members(tx, predecessor)
        held = publication_changes.outstanding(tx, members)
        missed = {
            nation: each for nation, each in held.items() if each.message_id not in told.get(nation, ())
        }
        code = ReasonCode.CANCELLED if relation is Relation.CANCELS else ReasonCode.SUPERSEDED
        rows = publication_changes.queued(tx, members, missed)
        withhold(context, tx, evidence, rows, code, now)
        taken_back += len(rows)
        head = publication_changes.head(tx, predecessor)
        tell_cancelled(context, tx, evidence, head, members, missed, now)
    for head in publication_changes.bring_into_force(tx, publication_seq, now):
        note_status(tx, evidence, head, now)
    return taken_back


def note_status(tx: Transaction, evidence: Evidence, head: Head, now: datetime) -> None:
    """Tell and record that a publication of ours has another status."""
    cancelled = head.status is Status.CANCELLED
    if head.status is not Status.CURRENT:
        deadlines.waive(tx, [head.publication_seq])
    events.add(
        tx,
        [
            NewEvent(
                EventType.MESSAGE_CANCELLED if cancelled else EventType.MESSAGE_CHANGED,
                now,
                kind=head.kind,
                mode=head.mode,
                message_id=head.message_id,
                publication_id=head.publication_id,
                state=head.status.value,
            )
        ],
    )
    if head.kind is Kind.INFORMATION_REQUEST and head.status is not Status.CURRENT:
        if cancelled:
            note_all_cancelled(tx, head.publication_seq, now, now)
        else:
            note_all_replaced(tx, head.publication_seq, now)
    evidence.add(
        AuditEvent.PUBLICATION_CHANGED,
        kind=head.kind,
        mode=head.mode,
        publication_id=head.publication_id,
        message_id=head.message_id,
        digest=head.digest,
    )


def tell_cancelled(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    head: Head,
    members: Iterable[int],
    holders: Iterable[str],
    now: datetime,
) -> None:
    """Queue neutral cancellations of what each of these nations holds of a chain, and note it."""
    holders = sorted(holders)
    if not holders:
        return
    seqs = tuple(members)
    nations_of: dict[Held, list[str]] = {}
    named = publication_changes.to_cancel(tx, seqs)
    for nation in holders:
        for held in named[nation]:
            nations_of.setdefault(held, []).append(nation)
    wider = publication_changes.wider(tx, seqs) if nations_of else {}
    for held, nations in nations_of.items():
        said = Cancellation(
            type="cancellation", mode=head.mode, message_id=held.message_id, digest=held.digest, at=now
        )
        content = Control(v=1, control=said).encode()
        digest = context.digest(content, KeyUse.RECEIPT, head.mode, now)
        # Of two versions of one publication the words travel as far apart as the versions did.
        content_id = deliveries.add_content(
            tx, ContentType.CONTROL, content, digest, wider=wider.get(held.message_id, 0)
        )
        publication_changes.enqueue_cancellation(tx, content_id, nations, head.mode, seqs, now)
        for nation in nations:
            evidence.add(
                AuditEvent.CANCELLATION_QUEUED,
                partner=nation,
                kind=head.kind,
                mode=head.mode,
                message_id=held.message_id,
                digest=held.digest,
            )
            if head.kind is Kind.INFORMATION_REQUEST:
                note_cancelled(tx, context.nation, held.message_id, nation, now, now)


def tell_left_out(
    context: GatewayContext, tx: Transaction, evidence: Evidence, rows: Iterable[Waiting], now: datetime
) -> None:
    """Copies of changes were withheld, decided on anew, before they ever left: whoever holds what they change
    would go on taking that for current.
    """
    for row in rows:
        if row.attempts or row.publication_id is None:
            continue
        seq = publication_changes.find(tx, row.publication_id)
        if seq is not None:
            cancel_under(context, tx, evidence, seq, [row.recipient], now)


def cancel_under(
    context: GatewayContext,
    tx: Transaction,
    evidence: Evidence,
    publication_seq: int,
    nations: Collection[str],
    now: datetime,
) -> None:
    """Tell those of these nations that hold what a publication changed, and do not get that, that it is
    cancelled."""
    earlier = publication_links.earlier(tx, publication_seq)
    holders = publication_changes.outstanding(tx, earlier).keys() & set(nations)
    head = publication_changes.head(tx, publication_seq)
    tell_cancelled(context, tx, evidence, head, earlier, holders, now)
