"""One step of the relay, in one transaction: take, re-decide, give serials, sign, seal, store (design 8)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bus.keystore import KeyFileError
from bus.protocol.errors import TrustError
from bus.protocol.outbound import Outgoing, PreparedBundle, key_use_of, prepare
from bus.protocol.sealing import seal
from bus.protocol.signing import Signer
from bus.protocol.suites import sign_suite
from bus.protocol.trust import TrustStore
from bus.store import (
    backlog,
    bundles,
    deliveries,
    lanes,
    lease,
    publication_changes,
    recalls,
    resending,
)
from bus.store import trust as trust_table
from bus.store.bundles import NewBundle, StoredBundle
from bus.store.deliveries import LanePosition, SealedDelivery, Waiting
from bus.store.lease import Lease
from bus.store.waiting import Blocked, take_waiting
from bus.store.writer import Transaction
from gateways.changing.force import tell_left_out
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from gateways.receiving.gaps import ask_for_gaps
from gateways.relaying.control_out import queue_receipts
from gateways.relaying.offering import Decided
from gateways.relaying.packing import TREE_LEAVES, Member, trees, variants_apart, whole_bundles
from gateways.relaying.redecision import Redecision
from gateways.relaying.withholding import withhold
from gateways.stored_trust import stored_trust
from schemas.audit import AuditEvent
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import KeyUse
from schemas.wire import Basis, Handling, Lane

ACTOR = "relay"
BATCH_OCTETS = 2 * 1024 * 1024
"""Content that one step takes at most, counted per delivery: what is sealed leaves before any later FLASH."""
LAPSED_FOR = timedelta(minutes=1)
"""How long to look away from what waits for consent to be signed anew, unless trust changes before."""
BATCH_AWAY = 64
BATCH_OCTETS_AWAY = 256 * 1024
"""The same while the broker takes nothing: no more than about one bundle."""


@dataclass(frozen=True)
class StepOptions:
    """``seal``: whether the sender has room for more; ``flowing``: whether the broker takes what is sealed;
    ``receipts``: whether those owed leave now; ``count``: whether to count what waits (a scan);
    ``wake``: deliveries that waited for consent under trust that is in force no more."""

    seal: bool
    count: bool
    receipts: bool = True
    flowing: bool = True
    wake: frozenset[int] = frozenset()


@dataclass(frozen=True)
class StepResult:
    """What a step did. ``bundles`` are committed and to be sent in this order."""

    lease: Lease
    decided: Decided
    """What the release of ``bundles`` was decided by."""
    bundles: tuple[StoredBundle, ...] = ()
    progressed: bool = False
    """Whether another step may find more to do at once."""
    blocked: frozenset[Blocked] = frozenset()
    """Recipients for whom nothing can be sealed now; not tried again until something changes."""
    waiting: int | None = None
    sealed: int = 0
    withheld: int = 0
    resent: int = 0
    missing: int = 0
    """Serials missing in partners' lanes; given with ``waiting``."""
    receipts: int = 0
    lapsed: Mapping[int, str] = field(default_factory=dict)
    """Deliveries, with their recipients, that wait until a party's lapsed consent is signed anew."""
    newer: TrustStore | None = None
    """Trust that is stored and not yet in force here: nothing was sealed; adopt it and step again."""


@dataclass
class _Group:
    """Deliveries under one root: one mode, one key use."""

    mode: Mode
    use: KeyUse
    signer: Signer
    needs_sha384: bool
    missing: int = 0
    """Fuller versions withheld, whose recipients would be among the members had there been none."""
    members: list[Member] = field(default_factory=list)


@dataclass
class _Work:
    context: GatewayContext
    tx: Transaction
    now: datetime
    evidence: Evidence
    blocked: set[Blocked]
    lapsed: dict[int, str] = field(default_factory=dict)
    sealable: dict[tuple[str, Mode], bool] = field(default_factory=dict)


def run_step(
    context: GatewayContext, tx: Transaction, held: Lease, blocked: frozenset[Blocked], options: StepOptions
) -> StepResult:
    """Run one step under the lease ``held``; nothing for recipients in ``blocked``.

    Raises LeaseLost when the lease is not ours any more: then nothing was done.
    """
    now = context.now()
    half = context.limits.lease / 2
    if held.expires_at - now < half:
        held = lease.renew(tx, held, now, context.limits.lease)
    else:
        lease.check(tx, held, now)
    work = _Work(context, tx, now, context.evidence(ACTOR, now), set(blocked))
    resent = _requeue_overdue(work)
    ask_for_gaps(context, tx, work.evidence, now)
    if options.wake:
        deliveries.wait_until(tx, options.wake, None)
    decided = Decided(context.trust, now)
    newer = _newer_trust(work)
    if newer is not None or not options.seal:
        work.evidence.write(tx)
        waiting, missing = _count(tx, options)
        return StepResult(
            held, decided, blocked=blocked, waiting=waiting, missing=missing, resent=resent, newer=newer
        )
    receipts = queue_receipts(context, tx, now) if options.receipts else 0
    batch = take_waiting(
        tx,
        limit=context.limits.relay_batch if options.flowing else min(context.limits.relay_batch, BATCH_AWAY),
        blocked=blocked,
        now=now,
        max_bytes=BATCH_OCTETS if options.flowing else BATCH_OCTETS_AWAY,
    )
    full = len(batch.deliveries) == context.limits.relay_batch
    leaving = whole_bundles(batch.deliveries) if full else batch.deliveries
    again, contents = resending.take_again(tx, now, limit=BATCH_AWAY, max_bytes=BATCH_OCTETS_AWAY)
    # They have serials, so they go before what is new in their lanes; their states stay as they are.
    leaving, contents = (*again, *leaving), {**contents, **batch.contents}
    groups, withheld = _decide(work, leaving, contents)
    stored: list[StoredBundle] = []
    sealed = 0
    for group in groups:
        stored += _seal_group(work, group, contents)
        sealed += len(group.members)
    work.evidence.write(tx)
    waiting, missing = _count(tx, options)
    return StepResult(
        held,
        decided,
        tuple(stored),
        progressed=bool(sealed or withheld or work.lapsed or work.blocked != blocked),
        blocked=frozenset(work.blocked),
        waiting=waiting,
        missing=missing,
        sealed=sealed,
        withheld=withheld,
        resent=resent,
        receipts=receipts,
        lapsed=work.lapsed,
    )


def _newer_trust(work: _Work) -> TrustStore | None:
    """The trust store as stored, where a change of it has not been adopted yet."""
    context = work.context
    if trust_table.generation(work.tx) <= context.trust.generation:
        return None
    stored = stored_trust(context, work.tx)
    return None if set(stored.envelopes) == set(context.trust.envelopes) else stored


def _count(tx: Transaction, options: StepOptions) -> tuple[int | None, int]:
    if not options.count:
        return None, 0
    return backlog.queued(tx), sum(lanes.count_missing(tx).values())


def _requeue_overdue(work: _Work) -> int:
    requeued = resending.requeue_overdue(work.tx, work.now, work.context.limits.relay_batch)
    for row in requeued:
        work.evidence.add(
            AuditEvent.DELIVERY_RESENT,
            partner=row.recipient,
            mode=row.mode,
            lane=row.lane,
            lane_epoch=row.epoch,
            serial=row.serial,
            message_id=row.message_id,
        )
    return len(requeued)


def _decide(
    work: _Work, waiting: Collection[Waiting], contents: dict[int, bytes]
) -> tuple[list[_Group], int]:
    """Sort what may be sent now into groups; withhold what may not; leave the rest queued."""
    redecision = Redecision(work.context, contents, work.now)
    stale = work.context.trust.stale(work.now)
    groups: dict[tuple[Mode, KeyUse], _Group] = {}
    group_of: dict[tuple[str, Mode, Lane], _Group] = {}
    refused: dict[ReasonCode, list[Waiting]] = {}
    recalled = recalls.among(work.tx, {row.publication_id for row in waiting if row.publication_id})
    cancelled = publication_changes.cancelled_among(
        work.tx, [row.delivery_seq for row in waiting if row.attempts and row.publication_id]
    )
    lapsed: list[Waiting] = []
    for row in waiting:
        lane = (row.recipient, row.mode, row.lane)
        control = row.lane is Lane.CONTROL
        group = group_of.get(lane)
        if group is None and Blocked(row.recipient, row.mode, control) in work.blocked:
            continue
        basis: tuple[Basis, ...] = ()
        handling = Handling.RELEASE
        if row.publication_id in recalled:
            refused.setdefault(ReasonCode.RECALLED, []).append(row)
            continue
        if row.delivery_seq in cancelled:
            refused.setdefault(ReasonCode.CANCELLED, []).append(row)
            continue
        if not control:
            if stale:
                work.blocked.add(Blocked(row.recipient, row.mode, control))
                continue
            decision = redecision.of(row)
            if not decision.permit and redecision.lapsed(row):
                lapsed.append(row)
                continue
            if not decision.permit:
                refused.setdefault(decision.code, []).append(row)
                continue
            basis, handling = decision.basis, decision.handling
        if group is None:
            place = (row.mode, key_use_of(row.lane))
            group = groups.get(place) or _open_group(work, *place)
            if group is None or not _can_seal(work, row):
                work.blocked.add(Blocked(row.recipient, row.mode, control))
                continue
            groups[place] = group_of[lane] = group
        if group.needs_sha384 and not row.digest.startswith("sha384:"):
            # Accepted under a weaker suite than the current key's: partners would refuse its digest (ADR 6).
            refused.setdefault(ReasonCode.SUITE_MISMATCH, []).append(row)
            continue
        group.members.append((row, basis, handling))
    for group in groups.values():
        withheld = (row for rows in (lapsed, *refused.values()) for row in rows)
        group.missing = sum(row.wider > 0 and row.mode is group.mode for row in withheld)
    work.lapsed = {row.delivery_seq: row.recipient for row in lapsed}
    deliveries.wait_until(work.tx, work.lapsed, work.now + LAPSED_FOR)
    for code, rows in refused.items():
        withhold(work.context, work.tx, work.evidence, rows, code, work.now)
        tell_left_out(work.context, work.tx, work.evidence, rows, work.now)
    return list(groups.values()), sum(map(len, refused.values()))


def _open_group(work: _Work, mode: Mode, use: KeyUse) -> _Group | None:
    """A group with the signer that partners take for current, or None when we have not got its key."""
    context = work.context
    try:
        entry = context.trust.current_key(context.nation, use, mode, work.now)
        signer = context.keys.signer(use, mode, entry.kid)
        return _Group(mode, use, signer, sign_suite(signer.suite).hash_name == "sha384")
    except (TrustError, KeyFileError):
        return None


def _can_seal(work: _Work, row: Waiting) -> bool:
    place = (row.recipient, row.mode)
    known = work.sealable.get(place)
    if known is None:
        try:
            work.context.trust.current_key(row.recipient, KeyUse.SEAL, row.mode, work.now)
            known = True
        except TrustError:
            known = False
        work.sealable[place] = known
    return known


def _seal_group(work: _Work, group: _Group, contents: dict[int, bytes]) -> tuple[StoredBundle, ...]:
    """Give serials, sign, seal and store one group."""
    positions = deliveries.assign_serials(work.tx, [row for row, _, _ in group.members])
    prepared: list[PreparedBundle] = []
    for tree in trees(group.members):
        # As deep as if every variant were in it: a proof must not tell that some recipients are elsewhere.
        leaves = min(len(tree) + group.missing, TREE_LEAVES)
        for members in variants_apart(tree):
            prepared += _prepare(work, group, members, positions, contents, leaves)
    return _store(work, group, prepared, positions)


def _prepare(
    work: _Work,
    group: _Group,
    members: Sequence[Member],
    positions: Mapping[int, LanePosition],
    contents: dict[int, bytes],
    leaves: int,
) -> tuple[PreparedBundle, ...]:
    """Sign and seal one tree."""
    return prepare(
        [
            Outgoing(
                row.delivery_seq,
                row.recipient,
                row.lane,
                *positions[row.delivery_seq],
                row.content_type.value,
                contents[row.content_id],
                row.digest,
                row.message_id,
                basis,
                handling,
            )
            for row, basis, handling in members
        ],
        mode=group.mode,
        originator=work.context.nation,
        trust=work.context.trust,
        signer=group.signer,
        sealer=seal,
        now=work.now,
        randomness=work.context.randomness,
        leaves=leaves,
    )


def _store(
    work: _Work,
    group: _Group,
    prepared: Sequence[PreparedBundle],
    positions: Mapping[int, LanePosition],
) -> tuple[StoredBundle, ...]:
    new = [NewBundle(bundle.bundle_id, bundle.subject, bundle.sealed) for bundle in prepared]
    seqs = bundles.insert(work.tx, new)
    basis_of = {row.delivery_seq: basis for row, basis, _ in group.members}
    deliveries.mark_sealed(
        work.tx,
        [
            SealedDelivery(ref, seq, positions[ref], basis_of[ref], group.signer.kid)
            for seq, bundle in zip(seqs, prepared, strict=True)
            for ref in bundle.refs
        ],
    )
    return tuple(
        StoredBundle(seq, bundle.bundle_id, bundle.subject, bundle.sealed)
        for seq, bundle in zip(seqs, prepared, strict=True)
    )
