"""Where a request stands with one nation, and telling it when that has changed."""

from datetime import datetime

from bus.protocol.requests import SignedAct, Standing, legal_acts, settle, takes_effect
from bus.store import events, requests
from bus.store.events import NewEvent
from bus.store.requests import MOST_ACTS, Party
from bus.store.writer import Transaction
from schemas.event import EventType
from schemas.header import Kind
from schemas.request_acts import RequestAct, RequestState


class TransitionIllegal(Exception):
    """An act is illegal where the request stands; ``legal`` names those of the same nation that are not."""

    def __init__(self, act: RequestAct, state: RequestState, legal: tuple[RequestAct, ...]) -> None:
        super().__init__(act.value)
        self.act, self.state, self.legal = act, state, legal

    @property
    def words(self) -> str:
        """The sentence that a person reads; a program reads ``legal``."""
        named = ", ".join(self.legal) or "none"
        return f"The request is {self.state.value}, where {self.act.value} is illegal; legal now: {named}."


def standing_of(tx: Transaction, party: Party, now: datetime) -> Standing:
    """Where it stands by everything that is known now."""
    signed = [act.signed for act in requests.acts(tx, party)]
    return settle(signed, ltiov=party.ltiov, now=now)


def refresh(tx: Transaction, party: Party, now: datetime) -> None:
    """Tell where it stands now, if that is not what was told last."""
    found = standing_of(tx, party, now)
    if not requests.tell(tx, party, found.state, found.outcome, now):
        return
    theirs = party.publication_id is None
    event = NewEvent(
        EventType.REQUEST_CHANGED,
        now,
        nation=party.originator if theirs else party.nation,
        kind=Kind.INFORMATION_REQUEST,
        mode=party.mode,
        message_id=party.message_id,
        publication_id=party.publication_id,
        inbox_seq=party.inbox_seq,
        state=found.state.value,
        reason=found.outcome and found.outcome.value,
    )
    events.add(tx, [event])


def check_legal(
    tx: Transaction, party: Party, new: SignedAct, among: tuple[RequestAct, ...], now: datetime
) -> None:
    """Raises TransitionIllegal where an act of ours, to be sent now, would have no effect."""
    signed = [act.signed for act in requests.acts(tx, party)]
    room = requests.count_acts(tx, party.message_id, party.originator, party.nation) < MOST_ACTS
    if room and takes_effect(signed, new, ltiov=party.ltiov, now=now):
        return
    state = settle(signed, ltiov=party.ltiov, now=now).state
    raise TransitionIllegal(new.act, state, legal_acts(state, among, ltiov=party.ltiov, now=now))
