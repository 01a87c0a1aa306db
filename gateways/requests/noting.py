"""What messages and control content make of requests: noted in the transaction that accepts or files them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bus.protocol.requests import ASKED_ACTS, SignedAct
from bus.store import requests
from bus.store.requests import NewAct, NewParty, Party
from bus.store.writer import Transaction
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.requests.acts_in_messages import (
    MessageAct,
    acts_in,
    addressed_as,
    changes_in,
    new_act,
    new_request,
)
from gateways.requests.standing import check_legal, refresh
from schemas.audit import AuditEvent, AuditOutcome
from schemas.header import Header, Kind
from schemas.message import AnyMessage, parse_message
from schemas.request_acts import RequestAct, RequestClosed
from schemas.wire import Handling

CONCERNED = frozenset({Kind.INFORMATION_REQUEST, Kind.INFORMATION_RESPONSE, Kind.ACKNOWLEDGEMENT})
"""Kinds of message that say something of a request."""


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A message of ours that is released now, and who gets it."""

    digest: str
    content: bytes
    recipients: tuple[str, ...]


def note_released(
    context: GatewayContext,
    tx: Transaction,
    publication_seq: int,
    kind: Kind,
    messages: Iterable[OwnMessage],
    addressed: Mapping[str, str],
    now: datetime,
    *,
    already: bool = False,
) -> None:
    """A publication of ours goes out: a request becomes known, an answer or acknowledgement is an act.

    ``addressed``: of its decision table. ``already``: it went out before, legal or not.

    Raises TransitionIllegal where an answer is illegal as things stand.
    """
    if kind not in CONCERNED:
        return
    going = [(each, parse_message(each.content)) for each in messages if each.recipients]
    if kind is Kind.INFORMATION_REQUEST:
        _note_own_request(context, tx, publication_seq, going, addressed, now)
        return
    for each, message in going:
        for act in acts_in(message):
            if act.originator in each.recipients and act.originator != context.nation:
                _note_own_act(context, tx, act, publication_seq, now, checked=not already)


def check_released(
    context: GatewayContext, tx: Transaction, kind: Kind, messages: Iterable[OwnMessage], now: datetime
) -> None:
    """Raises TransitionIllegal as ``note_released`` would; notes nothing."""
    if kind is not Kind.INFORMATION_RESPONSE:
        return
    for each in messages:
        if not each.recipients:
            continue
        for act in acts_in(parse_message(each.content)):
            party = requests.party(tx, act.originator, act.message_id, context.nation)
            if act.originator in each.recipients and party is not None:
                check_legal(tx, party, act.signed, ASKED_ACTS, now)


def note_filed(
    context: GatewayContext,
    tx: Transaction,
    message: AnyMessage,
    digest: str,
    handling: Handling,
    evidence: Evidence,
) -> None:
    """A partner's message was filed; call it once the inbox has it."""
    header, now = message.header, context.now()
    if header.kind is Kind.INFORMATION_REQUEST:
        _note_their_request(context, tx, message, digest, handling, now)
        return
    for act in acts_in(message):
        if act.originator == context.nation:
            _note_their_act(tx, act, header, evidence, now)


def note_closed(
    context: GatewayContext,
    tx: Transaction,
    partner: str,
    closed: RequestClosed,
    evidence: Evidence,
    now: datetime,
) -> None:
    """A partner closed a request of its own, which may still be on its way."""
    signed = SignedAct(closed.at, "close", RequestAct.CLOSE, closed.outcome)
    party = requests.party(tx, partner, closed.message_id, context.nation)
    same = party is None or (party.digest, party.mode) == (closed.digest, closed.mode)
    key = (partner, closed.message_id, closed.digest, closed.mode, context.nation)
    counts = _record(tx, NewAct(*key, signed), now) and same
    evidence.add(
        AuditEvent.REQUEST_ACT_RECORDED if counts else AuditEvent.REQUEST_ACT_IGNORED,
        AuditOutcome.SUCCESS if counts else AuditOutcome.REFUSED,
        partner=partner,
        kind=Kind.INFORMATION_REQUEST,
        mode=closed.mode,
        message_id=closed.message_id,
        digest=closed.digest,
    )


def note_cancelled(
    tx: Transaction, originator: str, message_id: str, nation: str, at: datetime, now: datetime
) -> None:
    """The message is cancelled, or recalled, for ``nation``, by its originator at ``at``; none that is no
    request is touched.
    """
    party = requests.party(tx, originator, message_id, nation)
    if party is None:
        return
    signed = SignedAct(at, "cancel", RequestAct.CANCEL)
    _record(tx, NewAct(originator, message_id, party.digest, party.mode, nation, signed), now)


def note_all_cancelled(tx: Transaction, publication_seq: int, at: datetime, now: datetime) -> None:
    """A publication of ours is cancelled or recalled, whoever has it; none that is no request is touched."""
    for party in requests.parties_of(tx, publication_seq):
        note_cancelled(tx, party.originator, party.message_id, party.nation, at, now)


def note_all_replaced(tx: Transaction, publication_seq: int, now: datetime) -> None:
    """Another publication takes this one's place: whoever never had it is asked by that one alone.

    Who has it learns of it by a message of its own (or a cancellation), which is noted where it goes out.
    """
    for party in requests.parties_of(tx, publication_seq):
        if not requests.was_sent(tx, party):
            signed = SignedAct(now, "replaced", RequestAct.REPLACE)
            about = (party.originator, party.message_id, party.digest, party.mode, party.nation)
            _record(tx, NewAct(*about, signed), now)


def note_settled(tx: Transaction, publication_ids: Iterable[str | None], now: datetime) -> None:
    """Something became of messages of ours: what was withheld or refused says nothing of requests."""
    for party in requests.told_by(tx, {each for each in publication_ids if each is not None}):
        refresh(tx, party, now)


# -- of ours --------------------------------------------------------------------------------------------


def _note_own_request(
    context: GatewayContext,
    tx: Transaction,
    publication_seq: int,
    going: list[tuple[OwnMessage, AnyMessage]],
    addressed: Mapping[str, str],
    now: datetime,
) -> None:
    if not going:
        return
    fullest = going[0][1]
    parties = [
        NewParty(nation, message.header.message_id, each.digest, addressed.get(nation, "none"))
        for each, message in going
        for nation in each.recipients
    ]
    requests.add(tx, new_request(fullest, publication_seq, display_only=False), parties)
    for party in parties:
        _refresh(tx, context.nation, party.message_id, party.nation, now)
    for each, message in going:
        for act in changes_in(message.header):
            for nation in each.recipients:
                sent = (publication_seq, nation)
                _record(tx, new_act(act, nation, *sent), now)


def _note_own_act(
    context: GatewayContext,
    tx: Transaction,
    act: MessageAct,
    publication_seq: int,
    now: datetime,
    *,
    checked: bool,
) -> None:
    party = requests.party(tx, act.originator, act.message_id, context.nation)
    if party is None:
        return
    if checked and act.signed.act is not RequestAct.ACKNOWLEDGE:
        # People may acknowledge whatever they like; the table says what it does.
        check_legal(tx, party, act.signed, ASKED_ACTS, now)
    _record(tx, new_act(act, context.nation, publication_seq, act.originator), now)


# -- of partners ----------------------------------------------------------------------------------------


def _note_their_request(
    context: GatewayContext,
    tx: Transaction,
    message: AnyMessage,
    digest: str,
    handling: Handling,
    now: datetime,
) -> None:
    header, me = message.header, context.nation
    display_only = handling is Handling.DISPLAY_ONLY
    party = NewParty(me, header.message_id, digest, addressed_as(header, me, context.trust))
    requests.add(tx, new_request(message, None, display_only=display_only), [party])
    _refresh(tx, header.originator, header.message_id, me, now)
    for act in changes_in(header):
        _record(tx, new_act(act, me), now)


def _note_their_act(
    tx: Transaction, act: MessageAct, header: Header, evidence: Evidence, now: datetime
) -> None:
    """It counts only for the very message that we sent that nation, in its mode and exercise."""
    party = requests.party(tx, act.originator, act.message_id, header.originator)
    if party is None:
        return
    same = (party.digest, party.mode, party.exercise_id) == (act.digest, act.mode, act.exercise_id)
    counts = same and requests.was_sent(tx, party) and _record(tx, new_act(act, header.originator), now)
    if not counts and act.signed.act is RequestAct.ACKNOWLEDGE and same:
        return  # a second acknowledgement says nothing new
    evidence.add(
        AuditEvent.REQUEST_ACT_RECORDED if counts else AuditEvent.REQUEST_ACT_IGNORED,
        AuditOutcome.SUCCESS if counts else AuditOutcome.REFUSED,
        partner=header.originator,
        kind=header.kind,
        mode=header.mode,
        message_id=act.message_id,
        digest=act.digest,
    )


def _record(tx: Transaction, new: NewAct, now: datetime) -> bool:
    """Keep an act, and tell what it changes if the request is known."""
    if not requests.record(tx, new, now):
        return False
    _refresh(tx, new.originator, new.message_id, new.nation, now)
    return True


def _refresh(tx: Transaction, originator: str, message_id: str, nation: str, now: datetime) -> None:
    party: Party | None = requests.party(tx, originator, message_id, nation)
    if party is not None:
        refresh(tx, party, now)
