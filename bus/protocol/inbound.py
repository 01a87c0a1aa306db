"""From sealed bundles to verdicts: ``admit`` (design 6). The steps are numbered here once:

     1 size and header parse
     2 header equals subject; recipient and realm are mine
     3 seal key known (else HELD), open
     4 frame parse, padding zero
     5 originator's keys from the trust store as they stand now
     6 root signature(s), every one that the suite requires
    then per delivery:
     7 proof against root
     8 statement equals header (realm, originator, recipient, mode, lane)
     9 content digest
    10 known content type and version
    11 parse exactly the verified bytes, schema valid, own header equals the statement
    12 duplicate, equivocation, serial
    13 time: issued in the future beyond skew is HELD, expired is admitted and flagged
    14 release decision for me

``open_bundle`` does 1-11 and needs no history; ``judge`` does 12-14 and is cheap, so that a gateway can run
it inside the transaction that files what was admitted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bus.protocol.communities import expand
from bus.protocol.errors import ReleaseRefused
from bus.protocol.opening import OpenedBundle, OpenedDelivery, open_bundle
from bus.protocol.release import AGREEMENT_CODES, decide, rests_on
from bus.protocol.sealing import Unsealer
from bus.protocol.trust import TrustStore
from schemas.base import MAX_CLOCK_SKEW
from schemas.control import Control, TrustUpdate
from schemas.message import AnyMessage
from schemas.reasons import ReasonCode
from schemas.receipt import Receipts
from schemas.wire import Delivery


class Outcome(StrEnum):
    """What became of a delivery."""

    ADMITTED = "ADMITTED"
    DUPLICATE = "DUPLICATE"
    EQUIVOCATION = "EQUIVOCATION"
    HELD = "HELD"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class Received:
    """What the history says of a serial: ``outcome`` is admitted, refused, held or void (digest then "")."""

    digest: str
    outcome: str
    reason: ReasonCode | None = None


@dataclass(frozen=True, slots=True)
class LaneState:
    """The highest serial recorded in a lane, and the ranges (first, last) below it that have not come."""

    highest: int = 0
    missing: tuple[tuple[int, int], ...] = ()


class History(Protocol):
    """Port: what this gateway has recorded of an originator's lanes and messages."""

    def lane(self, originator: str, mode: str, lane: str, epoch: int) -> LaneState:
        """State of one lane; a lane never seen is LaneState()."""

    def received(
        self, originator: str, mode: str, lane: str, epoch: int, serials: Sequence[int]
    ) -> Mapping[int, Received]:
        """What was recorded for these serials; unknown ones are absent."""

    def message_digests(self, originator: str, message_ids: Sequence[str]) -> Mapping[str, str]:
        """Digest of each of these messages of the originator that was filed; unknown ones are absent."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of one delivery. A refusal is told to the originator only when ``verified``.

    ``content`` and ``parsed`` are given for ADMITTED only: the plaintext of anything else is discarded.
    ``late``: filed after later serials. ``gap``: serials (first, last) that this one shows to be missing.
    ``expired``: its expires_at has passed; it is admitted and flagged. ``mismatch``: well-formed, but step 14
    refused its release to us, which calls for an alarm.
    """

    outcome: Outcome
    reason: ReasonCode | None = None
    delivery: Delivery | None = None
    content: bytes | None = None
    parsed: AnyMessage | Receipts | Control | None = None
    late: bool = False
    gap: tuple[int, int] | None = None
    expired: bool = False
    mismatch: bool = False
    verified: bool = False
    sign_kid: str = ""


def admit(
    sealed: bytes,
    subject: str,
    *,
    me: str,
    trust: TrustStore,
    keyring: Unsealer,
    history: History,
    now: datetime,
) -> tuple[Verdict, ...]:
    """Open one bundle and judge every delivery in it: steps 1-14.

    Raises BundleRefused when the bundle as a whole is HELD or REJECTED (steps 1-6).
    """
    opened = open_bundle(sealed, subject, me=me, trust=trust, keyring=keyring, now=now)
    return judge(opened, history, trust=trust, now=now)


@dataclass(slots=True)
class _Overlay:
    """History plus what earlier deliveries of this bundle have just changed."""

    lanes: dict[int, LaneState] = field(default_factory=dict)
    received: dict[tuple[int, int], Received] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)


def judge(opened: OpenedBundle, history: History, *, trust: TrustStore, now: datetime) -> tuple[Verdict, ...]:
    """Steps 12-14 for every delivery of an opened bundle, in bundle order."""
    overlay = _load(opened, history)
    verdicts = []
    for item in opened.deliveries:
        if item.delivery is None or item.reason is not None:
            verdict = _unfit(item, opened, overlay)
        else:
            verdict = _judge_one(item, item.delivery, opened, overlay, trust, now)
        _note(verdict, overlay)
        verdicts.append(verdict)
    return tuple(verdicts)


def _unfit(item: OpenedDelivery, opened: OpenedBundle, overlay: _Overlay) -> Verdict:
    """A delivery that failed in steps 7-11; it never spoils its neighbours."""
    gap, late = (None, False) if item.delivery is None else _place(item.delivery, overlay)
    return Verdict(
        Outcome.HELD if item.held else Outcome.REJECTED,
        item.reason,
        delivery=item.delivery,
        late=late,
        gap=gap,
        verified=item.verified,
        sign_kid=opened.sign_kid,
    )


def _place(delivery: Delivery, overlay: _Overlay) -> tuple[tuple[int, int] | None, bool]:
    """The gap before this serial, and whether it comes after later ones."""
    known = overlay.received.get((delivery.lane_epoch, delivery.serial))
    highest = overlay.lanes[delivery.lane_epoch].highest
    if delivery.serial > highest + 1:
        return (highest + 1, delivery.serial - 1), False
    return None, delivery.serial < highest and (known is None or known.outcome == "void")


def _load(opened: OpenedBundle, history: History) -> _Overlay:
    header = opened.header
    place = (header.originator, header.mode.value, header.lane.value)
    overlay = _Overlay()
    fit = [item.delivery for item in opened.deliveries if item.delivery is not None]
    for epoch in {delivery.lane_epoch for delivery in fit}:
        overlay.lanes[epoch] = history.lane(*place, epoch)
        serials = [delivery.serial for delivery in fit if delivery.lane_epoch == epoch]
        for serial, received in history.received(*place, epoch, serials).items():
            overlay.received[epoch, serial] = received
    message_ids = [delivery.message_id for delivery in fit if delivery.message_id is not None]
    if message_ids:
        overlay.digests.update(history.message_digests(header.originator, message_ids))
    return overlay


def _note(verdict: Verdict, overlay: _Overlay) -> None:
    """Whatever verified takes its serial, also when refused; what came first under a serial stays."""
    delivery = verdict.delivery
    if delivery is None or not verdict.verified:
        return
    epoch, serial = delivery.lane_epoch, delivery.serial
    known = overlay.received.get((epoch, serial))
    if known is not None and known.digest not in ("", delivery.content_digest):
        return
    refusals = {Outcome.HELD: "held", Outcome.REJECTED: "refused", Outcome.EQUIVOCATION: "refused"}
    outcome = refusals.get(verdict.outcome, "admitted")
    overlay.received[epoch, serial] = Received(delivery.content_digest, outcome, verdict.reason)
    state = overlay.lanes[epoch]
    overlay.lanes[epoch] = LaneState(max(state.highest, serial), state.missing)
    if verdict.outcome is Outcome.ADMITTED and delivery.message_id is not None:
        overlay.digests[delivery.message_id] = delivery.content_digest


def _judge_one(
    item: OpenedDelivery,
    delivery: Delivery,
    opened: OpenedBundle,
    overlay: _Overlay,
    trust: TrustStore,
    now: datetime,
) -> Verdict:
    gap, late = _place(delivery, overlay)
    base = Verdict(
        Outcome.ADMITTED, delivery=delivery, late=late, gap=gap, verified=True, sign_kid=opened.sign_kid
    )
    # 12 duplicate, equivocation, serial
    known = overlay.received.get((delivery.lane_epoch, delivery.serial))
    if known is not None and known.digest and known.digest != delivery.content_digest:
        return replace(base, outcome=Outcome.EQUIVOCATION, reason=ReasonCode.SERIAL_REUSED)
    filed = overlay.digests.get(delivery.message_id) if delivery.message_id is not None else None
    if filed is not None and filed != delivery.content_digest:
        return replace(base, outcome=Outcome.EQUIVOCATION, reason=ReasonCode.EQUIVOCATION)
    if filed is not None or (known is not None and known.outcome == "admitted"):
        return replace(base, outcome=Outcome.DUPLICATE)
    if known is not None and known.outcome == "refused":
        return replace(base, outcome=Outcome.REJECTED, reason=known.reason)
    parsed = item.parsed
    if isinstance(parsed, Receipts | Control):
        # Stale trust holds everything but what can refresh it: trust documents prove themselves.
        if trust.stale(now) and not (isinstance(parsed, Control) and isinstance(parsed.control, TrustUpdate)):
            return replace(base, outcome=Outcome.HELD, reason=ReasonCode.TRUST_STALE)
    elif parsed is not None:
        base = _judge_message(base, delivery, parsed, opened, trust, now)
        base = replace(base, mismatch=True) if base.outcome is Outcome.REJECTED else base
    if base.outcome is not Outcome.ADMITTED:
        return base
    # Only what is admitted is handed on in the clear.
    return replace(base, content=item.content, parsed=parsed)


def _judge_message(
    base: Verdict,
    delivery: Delivery,
    message: AnyMessage,
    opened: OpenedBundle,
    trust: TrustStore,
    now: datetime,
) -> Verdict:
    header, label, me = message.header, message.label, opened.header.recipient
    # 13 time
    if header.issued_at > now + MAX_CLOCK_SKEW:
        return replace(base, outcome=Outcome.HELD, reason=ReasonCode.ISSUED_IN_FUTURE)
    if header.expires_at is not None and header.expires_at <= now:
        base = replace(base, expired=True)
    # 14 release decision for me
    if delivery.trust_version > trust.trust_version:
        return replace(base, outcome=Outcome.HELD, reason=ReasonCode.TRUST_VERSION_UNKNOWN)
    decision = decide(
        originator=header.originator,
        kind=header.kind,
        mode=header.mode,
        label=label,
        nation=me,
        trust=trust,
        now=now,
    )
    same_trust = delivery.trust_version == trust.trust_version
    if not decision.permit:
        # Under our own trust version nothing unknown can still arrive, and no agreement cures a bad label.
        unknown = any(basis.id not in trust.agreements for basis in delivery.basis)
        if unknown and not same_trust and decision.code in AGREEMENT_CODES:
            return replace(base, outcome=Outcome.HELD, reason=ReasonCode.AGREEMENT_UNKNOWN)
        return replace(base, outcome=Outcome.REJECTED, reason=decision.code)
    # Under an older trust version its basis may have been replaced since: today's decision counts.
    if not delivery.basis or (
        same_trust
        and delivery.basis != decision.basis
        and not all(
            rests_on(basis, header.originator, me, header.kind, header.mode, label, trust, now)
            for basis in delivery.basis
        )
    ):
        return replace(base, outcome=Outcome.REJECTED, reason=ReasonCode.BASIS_MISMATCH)
    return _judge_names(base, message, me, trust)


def _judge_names(base: Verdict, message: AnyMessage, me: str, trust: TrustStore) -> Verdict:
    """The release set and the addressees must mean me; an unknown community may still arrive."""
    header, label = message.header, message.label
    addressees = (*header.action_addressees, *header.info_addressees)
    try:
        if me not in expand(label.releasable_to, trust, "/label/releasable_to", header.issued_at):
            return replace(base, outcome=Outcome.REJECTED, reason=ReasonCode.RELEASE_SET_MISMATCH)
        if addressees and me not in expand(addressees, trust, "/header", header.issued_at):
            return replace(base, outcome=Outcome.REJECTED, reason=ReasonCode.NOT_ADDRESSED)
    except ReleaseRefused as unknown:
        return replace(base, outcome=Outcome.HELD, reason=unknown.code)
    return base
