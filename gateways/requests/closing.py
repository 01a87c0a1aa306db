"""Closing a request of ours: no (further) answer is wanted. One transaction, told to everybody asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bus.protocol.requests import ASKING_ACTS, ENDS, SignedAct, legal_acts
from bus.store import deliveries, publication_changes, requests
from bus.store.requests import NewAct, Party, RequestCopy
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.relaying.withholding import withhold
from gateways.requests.standing import TransitionIllegal, refresh, standing_of
from schemas.audit import AuditEvent
from schemas.control import Control
from schemas.header import Kind
from schemas.reasons import ReasonCode
from schemas.request_acts import CloseOutcome, RequestAct, RequestClosed, RequestState
from schemas.trust import KeyUse
from schemas.wire import ContentType, Lane


@dataclass(frozen=True, slots=True)
class Closing:
    """Close a request towards one ``nation``, or (None) towards all with which it is still open."""

    request_seq: int
    outcome: CloseOutcome
    nation: str | None
    by: str


async def close(context: GatewayContext, closing: Closing) -> None:
    """Close a request of ours. Closed before with the same outcome, it is left as it is.

    Raises TransitionIllegal, or LookupError where the nation was not asked; StoreUnavailable.
    """
    withheld = await context.store.write(lambda tx: _close(context, tx, closing))
    context.counters.deliveries_withheld += withheld
    context.relay_wanted.set()


def _close(context: GatewayContext, tx: Transaction, closing: Closing) -> int:
    now = context.now()
    asked = [
        party for party in requests.parties(tx, closing.request_seq) if closing.nation in (None, party.nation)
    ]
    if not asked:
        raise LookupError(closing.nation)
    stands = {party: standing_of(tx, party, now) for party in asked}
    still_open = [party for party in asked if stands[party].state not in ENDS]
    if not still_open:
        ended = (RequestState.CLOSED, closing.outcome)
        if all((each.state, each.outcome) == ended for each in stands.values()):
            return 0
        state = stands[asked[0]].state
        legal = legal_acts(state, ASKING_ACTS, ltiov=asked[0].ltiov, now=now)
        raise TransitionIllegal(RequestAct.CLOSE, state, legal)
    evidence = context.evidence(closing.by, now)
    copies = {copy.nation: copy for copy in requests.copies(tx, closing.request_seq)}
    _queue(context, tx, [party for party in still_open if copies[party.nation].sent], copies, closing, now)
    nations = {party.nation for party in still_open}
    never_left = publication_changes.queued(tx, [requests.publication_of(tx, closing.request_seq)], ())
    withheld = [row for row in never_left if row.recipient in nations]
    # A copy that never left does not leave any more: its nation hears neither of it nor of its end.
    withhold(context, tx, evidence, withheld, ReasonCode.REQUEST_CLOSED, now)
    for party in still_open:
        _record(tx, evidence, party, closing.outcome, now)
    evidence.write(tx)
    return len(withheld)


def _queue(
    context: GatewayContext,
    tx: Transaction,
    parties: Collection[Party],
    copies: dict[str, RequestCopy],
    closing: Closing,
    now: datetime,
) -> None:
    """Tell those who may have it. Versions' closings share no tree, as the versions did not."""
    contents: dict[str, int] = {}
    for party in parties:
        if party.message_id not in contents:
            closed = RequestClosed(
                type="request_closed",
                mode=party.mode,
                message_id=party.message_id,
                digest=party.digest,
                outcome=closing.outcome,
                at=now,
            )
            content = Control(v=1, control=closed).encode()
            digest = context.digest(content, KeyUse.RECEIPT, party.mode, now)
            wider = copies[party.nation].wider
            contents[party.message_id] = deliveries.add_content(
                tx, ContentType.CONTROL, content, digest, wider=wider
            )
        deliveries.enqueue(
            tx, contents[party.message_id], (party.nation,), mode=party.mode, lane=Lane.CONTROL
        )


def _record(tx: Transaction, evidence: Evidence, party: Party, outcome: CloseOutcome, now: datetime) -> None:
    signed = SignedAct(now, "close", RequestAct.CLOSE, outcome)
    about = (party.originator, party.message_id, party.digest, party.mode, party.nation)
    requests.record(tx, NewAct(*about, signed), now)
    refresh(tx, party, now)
    evidence.add(
        AuditEvent.REQUEST_CLOSED,
        partner=party.nation,
        kind=Kind.INFORMATION_REQUEST,
        mode=party.mode,
        publication_id=party.publication_id,
        message_id=party.message_id,
        digest=party.digest,
    )
