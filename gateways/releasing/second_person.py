"""A second person's word on a release that waits: confirmed, or refused. One transaction, once.

Confirming decides anew, nation by nation, as of now; what was accepted can only become less. The writer runs
one transaction after another, so of two words that come at once the second finds the wait over.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bus.protocol.deadlines import deadlines as of_release
from bus.store import deadlines, minimize, pending, publications
from bus.store.deliveries import Waiting
from bus.store.delivery_changes import tell_changed
from bus.store.pending import Outcome, SecondPerson, WaitingRelease
from bus.store.writer import Transaction
from gateways.changing.force import bring_into_force, is_outdated
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.minimize import check_minimize
from gateways.publishing.planning import recalled_since
from gateways.receipts.owing import acknowledged_in, note_acknowledged
from gateways.relaying.redecision import Redecision
from gateways.relaying.withholding import withhold
from gateways.releasing.not_released import NotReleased
from gateways.requests.noting import OwnMessage, note_released
from gateways.requests.standing import TransitionIllegal
from schemas.audit import AuditEvent, AuditOutcome
from schemas.base import rfc3339
from schemas.header import Precedence
from schemas.message import parse_message
from schemas.reasons import ReasonCode


@dataclass(frozen=True, slots=True)
class Word:
    """What the second person says, of exactly what they read."""

    publication_id: str
    digest: str
    """As ``release_digest`` of what they were shown."""
    confirm: bool
    note: str | None
    by: str
    """The audit actor, which is also how drafts name an operator as their author."""


@dataclass(frozen=True, slots=True)
class _Done:
    queued: int
    withheld: int


def release_digest(messages: Sequence[bytes]) -> str:
    """What names the exact messages of a publication, the fullest version first."""
    whole = hashlib.sha256()
    for message in messages:
        whole.update(hashlib.sha256(message).digest())
    return f"sha256:{whole.hexdigest()}"


async def take_word(
    context: GatewayContext, word: Word, still_may: Callable[[Transaction, datetime], None]
) -> None:
    """Confirm or refuse a release that waits.

    ``still_may``: looks within the transaction whether the operator is still who they were when they were let
    in; what it raises is raised. Raises NotReleased, StoreUnavailable; then nothing was changed.
    """

    def job(tx: Transaction) -> _Done:
        now = context.now()
        still_may(tx, now)
        found = pending.find(tx, word.publication_id)
        _check_waits(found, now)
        assert found is not None
        if word.confirm and found.author == word.by:
            raise NotReleased(ReasonCode.RELEASE_OWN_DRAFT)
        messages = pending.contents(tx, found.wait)
        if release_digest(tuple(messages.values())) != word.digest:
            raise NotReleased(ReasonCode.RELEASE_DIGEST_MISMATCH, pointer="/digest")
        if not word.confirm:
            return end_unreleased(context, tx, found, Outcome.REFUSED, word.by, now, word.note)
        return _confirm(context, tx, found, messages, word, now)

    done = await context.store.write(job)
    context.counters.waiting += done.queued
    context.counters.deliveries_withheld += done.withheld
    context.releases_changed.set()
    context.relay_wanted.set()


def _check_waits(found: WaitingRelease | None, now: datetime) -> None:
    if found is None:
        raise NotReleased(ReasonCode.RELEASE_NOT_WAITING)
    wait = found.wait
    if wait.outcome is Outcome.LAPSED or (wait.outcome is None and wait.until <= now):
        raise NotReleased(ReasonCode.RELEASE_NOT_CONFIRMED, f"The time ended at {rfc3339(wait.until)}.")
    if wait.outcome is not None:
        assert wait.decided_at is not None
        at = rfc3339(wait.decided_at)
        raise NotReleased(
            ReasonCode.RELEASE_NOT_WAITING, f"It was {wait.outcome} by {wait.decided_by} at {at}."
        )


def _confirm(
    context: GatewayContext,
    tx: Transaction,
    found: WaitingRelease,
    messages: Mapping[int, bytes],
    word: Word,
    now: datetime,
) -> _Done:
    if context.trust.stale(now):
        raise NotReleased(ReasonCode.TRUST_STALE)
    if is_outdated(tx, found.wait.publication_seq):
        raise NotReleased(ReasonCode.CHANGE_NOT_CURRENT)
    parsed = [parse_message(message) for message in messages.values()]
    if any(recalled_since(tx, each.header, context.nation) is not None for each in parsed):
        raise NotReleased(ReasonCode.RECALLED)
    rows = pending.let_go(tx, found.wait)
    precedence = _precedence(rows)
    try:
        check_minimize(precedence, rows[0].mode, minimize.get(tx), now)
    except DraftRefused as refused:
        raise NotReleased(refused.code, refused.explanation) from None
    if context.counters.waiting + len(rows) > context.limits.queue:
        raise NotReleased(ReasonCode.QUEUE_FULL)
    redecision = Redecision(context, messages, now)
    decided = [(row, redecision.of(row)) for row in rows]
    evidence = context.evidence(word.by, now)
    _record(evidence, AuditEvent.RELEASE_CONFIRMED, rows, precedence)
    denied: dict[ReasonCode, list[Waiting]] = {}
    for row, decision in decided:
        evidence.add_decisions(
            [(row.recipient, decision.permit, decision.code)],
            publication_id=found.publication_id,
            message_id=row.message_id or "",
            digest=row.digest,
        )
        if not decision.permit:
            denied.setdefault(decision.code, []).append(row)
    for code, those in denied.items():
        withhold(context, tx, evidence, those, code, now)
    taken_back = bring_into_force(context, tx, evidence, found.wait.publication_seq, now)
    note_acknowledged(tx, acknowledged_in(parsed[0].header, parsed[0].body), now)
    _note_requests(context, tx, found, messages, [row for row, made in decided if made.permit], now)
    pending.settle(tx, found.wait, Outcome.CONFIRMED, word.by, now, word.note)
    asked, objectives = parsed[0].header.acknowledgement, context.trust.snapshot.objectives
    due = of_release(now, precedence, asked, objectives)
    deadlines.begin(tx, found.wait.publication_seq, due)
    tell_changed(tx, [row.delivery_seq for row, decision in decided if decision.permit], now)
    evidence.write(tx)
    withheld = sum(map(len, denied.values()))
    return _Done(len(rows) - withheld, withheld + taken_back)


def _note_requests(
    context: GatewayContext,
    tx: Transaction,
    found: WaitingRelease,
    messages: Mapping[int, bytes],
    released: Sequence[Waiting],
    now: datetime,
) -> None:
    """What it does to information requests, it does from now on; what is illegal by now is not released."""
    by_content: dict[int, list[str]] = {content_id: [] for content_id in messages}
    for row in released:
        by_content[row.content_id].append(row.recipient)
    digests = {row.content_id: row.digest for row in released}
    going = [
        OwnMessage(digests[content_id], messages[content_id], tuple(nations))
        for content_id, nations in by_content.items()
        if nations
    ]
    stored = publications.get(tx, found.publication_id)
    assert stored is not None
    addressed = {row.nation: row.addressed for row in stored.decisions}
    seq, kind = found.wait.publication_seq, stored.publication.kind
    try:
        note_released(context, tx, seq, kind, going, addressed, now)
    except TransitionIllegal as illegal:
        code = ReasonCode.REQUEST_TRANSITION_ILLEGAL
        raise NotReleased(code, illegal.words, legal=illegal.legal) from None


def end_unreleased(
    context: GatewayContext,
    tx: Transaction,
    found: WaitingRelease,
    outcome: Outcome,
    by: str,
    now: datetime,
    note: str | None = None,
) -> _Done:
    """Withhold everything of a publication that waited: refused, recalled, or not confirmed in time."""
    event, code = _ENDS[outcome]
    rows = pending.let_go(tx, found.wait)
    evidence = context.evidence(by, now)
    _record(evidence, event, rows, _precedence(rows), code)
    withhold(context, tx, evidence, rows, code, now)
    pending.settle(tx, found.wait, outcome, by, now, note)
    evidence.write(tx)
    return _Done(0, len(rows))


_ENDS = {
    Outcome.REFUSED: (AuditEvent.RELEASE_DECLINED, ReasonCode.RELEASE_DECLINED),
    Outcome.LAPSED: (AuditEvent.RELEASE_LAPSED, ReasonCode.RELEASE_NOT_CONFIRMED),
    Outcome.RECALLED: (AuditEvent.RELEASE_DECLINED, ReasonCode.RECALLED),
    Outcome.CANCELLED: (AuditEvent.RELEASE_DECLINED, ReasonCode.CANCELLED),
}
_PRECEDENCES = {precedence.rank: precedence for precedence in Precedence}


def _precedence(rows: Sequence[Waiting]) -> Precedence:
    return _PRECEDENCES[rows[0].precedence_rank]


def _record(
    evidence: Evidence,
    event: AuditEvent,
    rows: Sequence[Waiting],
    precedence: Precedence,
    code: ReasonCode | None = None,
) -> None:
    first = rows[0]
    evidence.add(
        event,
        AuditOutcome.SUCCESS if code is None else AuditOutcome.REFUSED,
        reason=code,
        kind=first.kind,
        mode=first.mode,
        precedence=precedence,
        publication_id=first.publication_id,
        message_id=first.message_id,
        digest=first.digest,
        count=len(rows),
    )


def is_over(wait: SecondPerson, now: datetime) -> bool:
    """Whether nobody can confirm it any more."""
    return wait.outcome is not None or wait.until <= now
