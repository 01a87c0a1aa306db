"""What the API shows of information requests: where they stand, how they came there, who works on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from bus.protocol.delivery_states import SHOWN
from bus.protocol.requests import (
    ASKED_ACTS,
    ASKING_ACTS,
    TABLE,
    SignedAct,
    Standing,
    legal_acts,
    overall,
    settle,
)
from bus.store import inbox, request_work, requests
from bus.store.request_list import ListedRequest
from bus.store.request_work import Note
from bus.store.requests import Party, RequestCopy, StoredAct
from bus.store.writer import Transaction
from gateways.http.caller import Caller
from schemas.base import Nation, Statement, UtcTime, Uuid, Uuid7
from schemas.header import Kind, Mode, Precedence
from schemas.information_request import RequestPriority
from schemas.operator import OperatorName
from schemas.request_acts import CloseOutcome, RequestAct, RequestState


class RequestStepView(Statement):
    """One signed act, in the order that counts."""

    act: RequestAct
    at: UtcTime = Field(
        description="When it was done, as its nation signed it; of EXPIRE the request's LTIOV."
    )
    by: Nation | None = Field(None, description="Whose act it is; absent where the time alone acts.")
    message_id: Uuid7 | None = Field(
        None, description="The message that says it, if a message does and it is one that you may see."
    )
    outcome: CloseOutcome | None = Field(None, description="Of CLOSE.")
    detail: str | None = Field(
        None,
        description="A decline code, or the nation that may know; for who may see what the message says.",
    )
    recorded_at: UtcTime | None = Field(None, description="When this gateway learned of it.")
    effective: bool = Field(description="Whether it was legal where it stands; else it changes nothing.")
    state: RequestState = Field(description="Where the request stands after it.")


class RequestPartyView(Statement):
    """Where a request stands with one asked nation."""

    nation: Nation
    message_id: Uuid7 = Field(description="The request's message as that nation has it.")
    addressed: str = Field(description="action, info or none")
    state: RequestState
    outcome: CloseOutcome | None = Field(None, description="Of one that is CLOSED.")
    delivery: str | None = Field(None, description="Of our own request: how far that nation's copy has come.")
    legal: tuple[RequestAct, ...] = Field(description="What this nation may do now.")
    timeline: tuple[RequestStepView, ...] | None = Field(
        None, description="Every act known, where one request is shown."
    )


class RequestNoteView(Statement):
    """A note for this nation's own people; it never leaves this gateway."""

    author: str
    at: UtcTime
    text: str


class RequestView(Statement):
    """An information request, asked of us or by us."""

    role: str = Field(description="asked: a partner asks us; asking: we ask.")
    originator: Nation
    message_id: Uuid7
    publication_id: Uuid | None = Field(None, description="Of our own request.")
    mode: Mode
    exercise_id: str | None = None
    precedence: Precedence | None = None
    rfi_id: str | None = Field(None, description="Not for auditors, nor of what is displayed only.")
    title: str | None = Field(None, description="Not for auditors, nor of what is displayed only.")
    priority: RequestPriority | None = None
    issued_at: UtcTime
    ltiov: UtcTime = Field(description="Latest time the information is of value; then it expires.")
    answer_requested_by: UtcTime | None = None
    state: RequestState = Field(description="As a whole: the furthest state that is still open, if one is.")
    assignee: OperatorName | None = Field(None, description="Who works on it here. Never sent.")
    due_at: UtcTime | None = Field(None, description="Until when, by our own plan. Never sent.")
    parties: tuple[RequestPartyView, ...]
    notes: tuple[RequestNoteView, ...] | None = Field(
        None, description="Where one request is shown. Never sent. Not for auditors."
    )


class RequestPage(Statement):
    """Requests, newest first. A page may hold fewer than asked for; ``next`` says whether to go on."""

    items: tuple[RequestView, ...]
    next: int | None = Field(None, description="Give it as before= for the next page.")


@dataclass(frozen=True, slots=True)
class StoredRequest:
    """Everything of one request, as it was read in one transaction."""

    listed: ListedRequest
    parties: tuple[Party, ...]
    copies: Mapping[str, RequestCopy]
    acts: Mapping[str, tuple[StoredAct, ...]] | None = None
    """By nation; where it was read in full."""
    notes: tuple[Note, ...] = ()
    for_display: frozenset[tuple[str, str]] = frozenset()
    """Author and id of those messages among the acts that may be displayed only."""


def stored_request(tx: Transaction, listed: ListedRequest, *, in_full: bool) -> StoredRequest:
    """Read what belongs to a listed request; ``in_full`` with its acts and notes, which may be many."""
    parties = requests.parties(tx, listed.request_seq)
    copies = {copy.nation: copy for copy in requests.copies(tx, listed.request_seq)}
    if not in_full:
        return StoredRequest(listed, parties, copies)
    acts = {party.nation: requests.acts(tx, party) for party in parties}
    said = [
        (_author(party, act.signed), act.signed.act_id) for party in parties for act in acts[party.nation]
    ]
    notes = request_work.notes(tx, listed.request_seq)
    return StoredRequest(listed, parties, copies, acts, notes, inbox.for_display_only(tx, said))


def request_view(stored: StoredRequest, caller: Caller, now: datetime) -> RequestView:
    """A request as the caller may see it, with timeline and notes where it was read in full."""
    listed, in_full = stored.listed, stored.acts is not None
    words = caller.sees_content and not listed.display_only
    parties = tuple(_party(stored, party, caller, now) for party in stored.parties)
    notes = map(note_view, stored.notes)
    return RequestView.model_construct(
        role="asked" if listed.publication_id is None else "asking",
        originator=listed.originator,
        message_id=listed.message_id,
        publication_id=listed.publication_id,
        mode=listed.mode,
        exercise_id=listed.exercise_id,
        precedence=None if listed.precedence is None else Precedence(listed.precedence),
        rfi_id=listed.rfi_id if words else None,
        title=listed.title if words else None,
        priority=None if listed.priority is None else RequestPriority(listed.priority),
        issued_at=listed.issued_at,
        ltiov=listed.ltiov,
        answer_requested_by=listed.answer_by,
        state=overall(_states_that_count(parties)),
        assignee=listed.assignee,
        due_at=listed.due_at,
        parties=parties,
        notes=tuple(notes) if in_full and caller.sees_content else None,
    )


def note_view(note: Note) -> RequestNoteView:
    """One note as it is shown."""
    return RequestNoteView.model_construct(author=note.author, at=note.at, text=note.text)


def _states_that_count(parties: Sequence[RequestPartyView]) -> set[RequestState]:
    """Of those asked to act, if anybody was, among those who may have it."""
    having = [each for each in parties if each.delivery not in ("withheld", "refused")] or list(parties)
    acting = [each for each in having if each.addressed == "action"]
    return {each.state for each in acting or having}


def _party(stored: StoredRequest, party: Party, caller: Caller, now: datetime) -> RequestPartyView:
    state, outcome, timeline = _told(party, now), party.outcome, None
    if stored.acts is not None:
        acts = stored.acts[party.nation]
        standing = settle([act.signed for act in acts], ltiov=party.ltiov, now=now)
        state, outcome = standing.state, standing.outcome
        timeline = _timeline(stored, party, acts, standing, caller)
    copy = stored.copies.get(party.nation)
    among = ASKED_ACTS if stored.listed.publication_id is None else ASKING_ACTS
    return RequestPartyView.model_construct(
        nation=party.nation,
        message_id=party.message_id,
        addressed=party.addressed,
        state=state,
        outcome=outcome,
        delivery=SHOWN[copy.state] if copy is not None else None,
        legal=legal_acts(state, among, ltiov=party.ltiov, now=now),
        timeline=timeline,
    )


def _told(party: Party, now: datetime) -> RequestState:
    """What was told last, as it is at this moment: an LTIOV may have passed since."""
    state = party.state or RequestState.SUBMITTED
    expired = TABLE.get((state, RequestAct.EXPIRE))
    return expired if expired is not None and now > party.ltiov else state


def _timeline(
    stored: StoredRequest, party: Party, acts: Sequence[StoredAct], standing: Standing, caller: Caller
) -> tuple[RequestStepView, ...]:
    known = {act.signed: act for act in acts}
    steps = []
    for step in standing.steps:
        signed, act = step.signed, known.get(step.signed)
        author = _author(party, signed)
        sees, reads = _may_see(caller, signed, party.mode, (author, signed.act_id) in stored.for_display)
        steps.append(
            RequestStepView.model_construct(
                act=signed.act,
                at=signed.at,
                by=None if act is None else author,
                message_id=signed.act_id if sees and "-" in signed.act_id else None,
                outcome=signed.outcome,
                detail=act.detail if reads and act is not None else None,
                recorded_at=None if act is None else act.recorded_at,
                effective=step.legal,
                state=step.state,
            )
        )
    return tuple(steps)


def _author(party: Party, signed: SignedAct) -> str:
    return party.nation if signed.act in ASKED_ACTS else party.originator


def _may_see(caller: Caller, signed: SignedAct, mode: Mode, display_only: bool) -> tuple[bool, bool]:
    """Whether the message that says an act is for this caller, and whether what it says is."""
    kind = Kind.INFORMATION_REQUEST
    if signed.act in ASKED_ACTS:
        acknowledges = signed.act is RequestAct.ACKNOWLEDGE
        kind = Kind.ACKNOWLEDGEMENT if acknowledges else Kind.INFORMATION_RESPONSE
    sees = caller.sees(kind, mode) and (not display_only or caller.lists_display_only)
    return sees, sees and caller.sees_content and (not display_only or caller.shows_display_only)
