"""Proposing a backfill and confirming it (design 5).

A proposal is a list, kept with its digest. Confirming decides everything again: the list must come out byte
for byte as it was read, and then all of it is published in one transaction with the note that it was. So a
crash leaves all or nothing, and confirming again, or at the same time, changes nothing.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from bus.store import backfills, events, new_publications, pending, publication_changes, recalls
from bus.store.backfills import StoredBackfill
from bus.store.writer import Transaction
from gateways.backfill.listing import BackfillList, BackfillRequest, Listed, changed_by, list_now
from gateways.backfill.refused import BackfillRefused
from gateways.context import GatewayContext
from gateways.publishing.author import actor_of_author
from gateways.publishing.draft_refused import DraftRefused
from gateways.publishing.new_publication import accepted_event, evidence_of, new_publication
from gateways.publishing.request_acts import note_requests
from gateways.releasing.wait import record_wait, second_person_wanted
from gateways.uuid7 import uuid7
from schemas.audit import AuditEvent, AuditOutcome
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode

PROPOSALS_KEPT = 100
"""Proposals never confirmed; the oldest go first."""
CONFIRM_WITHIN = timedelta(hours=24)


async def propose(
    context: GatewayContext,
    asked: BackfillRequest,
    *,
    author: str,
    kinds: Collection[Kind] | None = None,
    modes: Collection[Mode] | None = None,
) -> StoredBackfill:
    """List what the nation missed and keep the list.

    ``author``: an API key's id or ``operator:<name>``; ``kinds`` and ``modes``: what they may publish. Raises
    BackfillRefused (recorded), StoreUnavailable.
    """
    now = context.now()
    try:
        listed = await list_now(context, _allowed(asked, kinds, modes), now)
    except BackfillRefused as refused:
        await _record_refusal(context, refused, author, asked.nation, asked.mode, now)
        raise
    listing = listed.listing
    new = StoredBackfill(uuid7(now, context.randomness), listing.encode(), listed.digest, author, now)
    evidence = context.evidence(actor_of_author(author), now)
    evidence.add(
        AuditEvent.BACKFILL_PROPOSED,
        partner=listing.nation,
        mode=listing.mode,
        digest=new.digest,
        count=len(listed.planned),
    )

    def job(tx: Transaction) -> None:
        backfills.insert(tx, new, PROPOSALS_KEPT)
        evidence.write(tx)

    await context.store.write(job)
    return new


async def confirm(context: GatewayContext, backfill_id: str, digest: str, *, author: str) -> StoredBackfill:
    """Send exactly what the list with this digest says; a backfill sent before is returned as it is.

    Raises BackfillRefused NOT_FOUND, BACKFILL_DIGEST_MISMATCH, BACKFILL_CHANGED, BACKFILL_EMPTY, QUEUE_FULL
    or what ``list_now`` raises (recorded); StoreUnavailable. Then nothing was sent.
    """
    now = context.now()
    stored = await context.store.read(lambda tx: backfills.get(tx, backfill_id))
    if stored is None:
        raise BackfillRefused(ReasonCode.NOT_FOUND)
    listing = listing_of(stored)
    try:
        return await _send(context, stored, listing, digest, author, now)
    except BackfillRefused as refused:
        await _record_refusal(context, refused, author, listing.nation, listing.mode, now)
        raise


def listing_of(stored: StoredBackfill) -> BackfillList:
    """The list as it was kept."""
    return BackfillList.model_validate_json(stored.listing)


async def _send(
    context: GatewayContext,
    stored: StoredBackfill,
    listing: BackfillList,
    digest: str,
    author: str,
    now: datetime,
) -> StoredBackfill:
    if stored.digest != digest:
        raise BackfillRefused(ReasonCode.BACKFILL_DIGEST_MISMATCH)
    if stored.confirmed_at is not None:
        return stored
    trust = context.trust
    listed = await _unchanged(context, stored, listing, now)
    if not listed.planned:
        raise BackfillRefused(ReasonCode.BACKFILL_EMPTY)
    if context.counters.waiting + len(listed.planned) > context.limits.queue:
        raise BackfillRefused(ReasonCode.QUEUE_FULL)
    head = context.evidence(actor_of_author(author), now)
    head.add(
        AuditEvent.BACKFILL_CONFIRMED,
        partner=listing.nation,
        mode=listing.mode,
        digest=stored.digest,
        count=len(listed.planned),
    )
    try:
        made = {
            message_id: new_publication(context, planned, author, None, now)
            for message_id, planned in listed.planned.items()
        }
    except DraftRefused as refused:
        raise BackfillRefused(refused.code, refused.explanation) from None
    evidence = {name: evidence_of(context, new, listed.planned[name]) for name, new in made.items()}
    # By the precedence it was issued with: a text that took two persons then takes two persons now.
    wanted = {
        name: second_person_wanted(context, header, [listed.planned[name].draft.label], now)
        for name, header in listed.headers.items()
    }
    for name, new in made.items():
        if wanted[name] is not None:
            record_wait(evidence[name], new)
    published = {name: new.publication_id for name, new in made.items()}
    done = replace(stored, confirmed_by=author, confirmed_at=now, published=published)

    def job(tx: Transaction) -> StoredBackfill:
        current = backfills.get(tx, stored.backfill_id)
        if current is None:
            raise BackfillRefused(ReasonCode.NOT_FOUND)
        if current.confirmed_at is not None:
            return current
        _, changing = backfills.replacing(tx, listing.mode, listing.since, listed.newest)
        sent = backfills.sent_before(tx, listing.nation)
        outdated = backfills.not_current(tx, listing.mode, listing.since)
        if trust is not context.trust or not made.keys().isdisjoint(
            sent | outdated | changed_by(context.nation, changing) | recalls.messages_among(tx, made)
        ):
            raise BackfillRefused(ReasonCode.BACKFILL_CHANGED)
        head.write(tx)
        for name, new in made.items():
            publication_seq = new_publications.insert(tx, new)
            events.add(tx, (accepted_event(new),))
            publication_changes.copied(tx, publication_seq, name)
            waits = wanted[name]
            note_requests(context, tx, publication_seq, new, listed.planned[name], waits=waits is not None)
            if waits is not None:
                pending.hold(tx, publication_seq, waits)
            evidence[name].write(tx)
        backfills.confirm(tx, stored.backfill_id, listing.nation, author, now, published)
        return done

    result = await context.store.write(job)
    if result is done:
        waiting = sum(each is not None for each in wanted.values())
        context.counters.accepted += len(made)
        context.counters.waiting += len(made) - waiting
        context.counters.releases_waiting += waiting
        context.relay_wanted.set()
        context.releases_changed.set()
    return result


async def _unchanged(
    context: GatewayContext, stored: StoredBackfill, listing: BackfillList, now: datetime
) -> Listed:
    """The list as it comes out now, if it is the one that was kept."""
    if now - stored.proposed_at > CONFIRM_WITHIN:
        raise BackfillRefused(ReasonCode.BACKFILL_CHANGED, "the proposal is older than 24 hours")
    names = BackfillRequest.model_fields
    listed = await list_now(context, BackfillRequest(**{name: getattr(listing, name) for name in names}), now)
    if listed.listing.encode() != stored.listing:
        raise BackfillRefused(ReasonCode.BACKFILL_CHANGED)
    return listed


def _allowed(
    asked: BackfillRequest, kinds: Collection[Kind] | None, modes: Collection[Mode] | None
) -> BackfillRequest:
    """The request within what its author may publish. Raises BackfillRefused."""
    if modes is not None and asked.mode not in modes:
        raise BackfillRefused(ReasonCode.ROLE_MISSING)
    if kinds is None:
        return asked
    if asked.kinds is None:
        if not kinds:
            raise BackfillRefused(ReasonCode.SCOPE_MISSING)
        return asked.model_copy(update={"kinds": tuple(kind for kind in Kind if kind in kinds)})
    if not set(asked.kinds) <= set(kinds):
        raise BackfillRefused(ReasonCode.SCOPE_MISSING)
    return asked


async def _record_refusal(
    context: GatewayContext, refused: BackfillRefused, author: str, nation: str, mode: Mode, now: datetime
) -> None:
    evidence = context.evidence(actor_of_author(author), now)
    # A nation that the realm does not know is not written down: it may be anything.
    partner = nation if nation in context.trust.nations else None
    evidence.add(
        AuditEvent.BACKFILL_REFUSED, AuditOutcome.REFUSED, partner=partner, mode=mode, reason=refused.code
    )
    await context.store.write(evidence.write)
