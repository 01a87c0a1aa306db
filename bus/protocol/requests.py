"""The life of an information request between the asking nation and one asked nation: one table, pure.

The state is a function of the **set** of signed acts that are known, of the request's LTIOV and of the time:
they are put in order by signed time, then by id, and each moves the state as `TABLE` says. An act that is
illegal where it stands has no effect, and is shown as such. Both nations know the same acts in the end, in
whatever order they came, so both come to the same state:

* A closing act of the asker (CLOSE, CANCEL, REPLACE) ends it from every state, and nothing leaves an end.
  So the asker's closing acts win over answers that cross them, however the clocks differ.
* At LTIOV (``ltiov``, the latest time the information is of value) what is not answered or turned down
  expires. What the asked nation signed by then counts, however late it comes; what it signs later does not.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from schemas.request_acts import CloseOutcome, RequestAct, RequestState

_S, _A = RequestState, RequestAct

ASKED_ACTS = (_A.ACKNOWLEDGE, _A.ACCEPT, _A.DECLINE, _A.REDIRECT, _A.ANSWER_PARTLY, _A.ANSWER)
"""What the asked nation may do."""
ASKING_ACTS = (_A.CLOSE, _A.CANCEL, _A.REPLACE)
"""What the asking nation may do: each ends the request."""
ENDS = frozenset({_S.CLOSED, _S.CANCELLED})
"""States that nothing leaves."""

_ROWS: Mapping[RequestState, Mapping[RequestAct, RequestState]] = {
    _S.SUBMITTED: {
        _A.ACKNOWLEDGE: _S.ACKNOWLEDGED,
        _A.ACCEPT: _S.ACCEPTED,
        _A.DECLINE: _S.DECLINED,
        _A.REDIRECT: _S.REDIRECTED,
        _A.ANSWER_PARTLY: _S.PARTIALLY_ANSWERED,
        _A.ANSWER: _S.ANSWERED,
        _A.EXPIRE: _S.EXPIRED,
    },
    _S.ACKNOWLEDGED: {
        _A.ACKNOWLEDGE: _S.ACKNOWLEDGED,
        _A.ACCEPT: _S.ACCEPTED,
        _A.DECLINE: _S.DECLINED,
        _A.REDIRECT: _S.REDIRECTED,
        _A.ANSWER_PARTLY: _S.PARTIALLY_ANSWERED,
        _A.ANSWER: _S.ANSWERED,
        _A.EXPIRE: _S.EXPIRED,
    },
    _S.ACCEPTED: {
        _A.ACKNOWLEDGE: _S.ACCEPTED,
        _A.DECLINE: _S.DECLINED,
        _A.REDIRECT: _S.REDIRECTED,
        _A.ANSWER_PARTLY: _S.PARTIALLY_ANSWERED,
        _A.ANSWER: _S.ANSWERED,
        _A.EXPIRE: _S.EXPIRED,
    },
    # Who turned it down may still take it up.
    _S.DECLINED: {
        _A.ACKNOWLEDGE: _S.DECLINED,
        _A.ACCEPT: _S.ACCEPTED,
        _A.REDIRECT: _S.REDIRECTED,
        _A.ANSWER_PARTLY: _S.PARTIALLY_ANSWERED,
        _A.ANSWER: _S.ANSWERED,
    },
    _S.REDIRECTED: {
        _A.ACKNOWLEDGE: _S.REDIRECTED,
        _A.ACCEPT: _S.ACCEPTED,
        _A.DECLINE: _S.DECLINED,
        _A.ANSWER_PARTLY: _S.PARTIALLY_ANSWERED,
        _A.ANSWER: _S.ANSWERED,
    },
    _S.PARTIALLY_ANSWERED: {
        _A.ACKNOWLEDGE: _S.PARTIALLY_ANSWERED,
        _A.ANSWER_PARTLY: _S.PARTIALLY_ANSWERED,
        _A.ANSWER: _S.ANSWERED,
        _A.EXPIRE: _S.EXPIRED,
    },
    # A further or corrected answer.
    _S.ANSWERED: {_A.ACKNOWLEDGE: _S.ANSWERED, _A.ANSWER: _S.ANSWERED},
    _S.EXPIRED: {_A.ACKNOWLEDGE: _S.EXPIRED},
    _S.CLOSED: {},
    _S.CANCELLED: {},
}
_CLOSING = {_A.CLOSE: _S.CLOSED, _A.CANCEL: _S.CANCELLED, _A.REPLACE: _S.CLOSED}

TABLE: Mapping[tuple[RequestState, RequestAct], RequestState] = {
    (state, act): after
    for state, row in _ROWS.items()
    for act, after in (row if state in ENDS else {**row, **_CLOSING}).items()
}
"""(state, act) -> state. What does not stand here is illegal."""

EXPIRING = tuple(state for state in _ROWS if (state, _A.EXPIRE) in TABLE)
"""States that LTIOV ends."""

OVERALL_ORDER = (
    *(_S.ANSWERED, _S.PARTIALLY_ANSWERED, _S.ACCEPTED, _S.ACKNOWLEDGED, _S.SUBMITTED),
    *(_S.EXPIRED, _S.REDIRECTED, _S.DECLINED, _S.CLOSED, _S.CANCELLED),
)
"""A request to several nations stands as the first of these in which it stands with any of them."""


@dataclass(frozen=True, slots=True)
class SignedAct:
    """One act, as signed: ``at`` is the signer's time; ``act_id`` sets apart acts of one time."""

    at: datetime
    act_id: str
    act: RequestAct
    outcome: CloseOutcome | None = None
    """Of CLOSE: what became of the question."""


@dataclass(frozen=True, slots=True)
class Step:
    """One act where it stands in the order: the state after it, and whether it had an effect."""

    signed: SignedAct
    state: RequestState
    legal: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a request stands with one asked nation, how it came there; ``outcome`` when it is CLOSED."""

    state: RequestState
    outcome: CloseOutcome | None
    steps: tuple[Step, ...]


def settle(acts: Iterable[SignedAct], *, ltiov: datetime, now: datetime) -> Standing:
    """The state that follows from the acts known at ``now``."""
    state, outcome = RequestState.SUBMITTED, None
    steps: list[Step] = []
    for signed in _ordered(acts, ltiov, now):
        in_time = signed.at <= ltiov or signed.act not in ASKED_ACTS
        after = TABLE.get((state, signed.act)) if in_time else None
        if signed.act is RequestAct.EXPIRE and after is None:
            continue
        if after in ENDS and state not in ENDS:
            outcome = _outcome(signed)
        state = after or state
        steps.append(Step(signed, state, after is not None))
    return Standing(state, outcome, tuple(steps))


def _ordered(acts: Iterable[SignedAct], ltiov: datetime, now: datetime) -> list[SignedAct]:
    # By (time, id); what is signed at LTIOV itself is still in time, so expiring comes last there.
    keyed = [((each.at, 0, each.act_id, each.act.value, each.outcome or ""), each) for each in acts]
    if now > ltiov:
        keyed.append(((ltiov, 1, "", "", ""), SignedAct(ltiov, "", RequestAct.EXPIRE)))
    return [each for _, each in sorted(keyed, key=lambda pair: pair[0])]


def _outcome(signed: SignedAct) -> CloseOutcome | None:
    if signed.act is RequestAct.REPLACE:
        return CloseOutcome.OVERTAKEN
    return signed.outcome if signed.act is RequestAct.CLOSE else None


def legal_acts(
    state: RequestState, among: Collection[RequestAct], *, ltiov: datetime, now: datetime
) -> tuple[RequestAct, ...]:
    """Which of these acts are legal now, in the order of ``RequestAct``."""
    return tuple(
        act
        for act in RequestAct
        if act in among and (state, act) in TABLE and (now <= ltiov or act not in ASKED_ACTS)
    )


def takes_effect(acts: Collection[SignedAct], new: SignedAct, *, ltiov: datetime, now: datetime) -> bool:
    """Whether an act, to be sent now, moves the request as the table says from where it stands now.

    Signed earlier (it waited for a second person) it may be in time after LTIOV, but never after an end.
    """
    # Where it stands without the clock: what was signed in time counts, expired or not.
    before = settle(acts, ltiov=ltiov, now=min(now, ltiov)).state
    wanted = TABLE.get((before, new.act))
    if wanted is None or (new.at > ltiov and new.act in ASKED_ACTS):
        return False
    return settle([*acts, new], ltiov=ltiov, now=min(now, ltiov)).state is wanted


def overall(states: Collection[RequestState]) -> RequestState:
    """Where a request to several nations stands as a whole; SUBMITTED when it went to none."""
    return next((state for state in OVERALL_ORDER if state in states), RequestState.SUBMITTED)
