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
    14 release decision for me, and the handling that fits it

``open_bundle`` does 1-11 and needs no history; ``judge`` does 12-14 and is cheap, so that a gateway can run
it inside the transaction that files what was admitted.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from bus.protocol.basis import basis_fault
from bus.protocol.communities import expand
from bus.protocol.errors import ReleaseRefused
from bus.protocol.history import History, Received
from bus.protocol.opening import OpenedBundle, open_bundle
from bus.protocol.release import ReleaseDecision, decide
from bus.protocol.sealing import Unsealer
from bus.protocol.trust import TrustStore
from schemas.base import MAX_CLOCK_SKEW
from schemas.control import Control, TrustUpdate
from schemas.lane_head import LaneHead
from schemas.message import AnyMessage
from schemas.reasons import ReasonCode
from schemas.receipt import Receipts
from schemas.wire import Delivery, Handling


class Outcome(StrEnum):
    """What became of a delivery."""

    ADMITTED = "ADMITTED"
    DUPLICATE = "DUPLICATE"
    EQUIVOCATION = "EQUIVOCATION"
    HELD = "HELD"
    REJECTED = "REJECTED"


class Verdict(NamedTuple):
    """Outcome of one delivery. A refusal is told to the originator only when ``verified``.

    ``content`` and ``parsed`` are given for ADMITTED only: the plaintext of anything else is discarded.
    ``late``: later serials were filed before. ``gap``: serials (first, last) that this one shows as missing.
    ``expired``: its expires_at has passed; it is admitted and flagged. ``mismatch``: well-formed, but step 14
    refused its release to us, which calls for an alarm.
    """

    outcome: Outcome
    reason: ReasonCode | None = None
    delivery: Delivery | None = None
    content: bytes | None = None
    parsed: AnyMessage | Receipts | Control | LaneHead | None = None
    gap: tuple[int, int] | None = None
    late: bool = False
    expired: bool = False
    mismatch: bool = False
    sign_kid: str = ""

    @property
    def verified(self) -> bool:
        """Whether the originator's signature covers this delivery; ``delivery`` is given only then."""
        return self.delivery is not None


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


class _Finding(NamedTuple):
    """What the steps say of one delivery; the fields are those of a ``Verdict``."""

    outcome: Outcome
    reason: ReasonCode | None = None
    expired: bool = False
    mismatch: bool = False


_ADMITTED = _Finding(Outcome.ADMITTED)


@dataclass(slots=True)
class _Lane:
    highest: int
    filed: int


@dataclass(slots=True)
class _Bench:
    """What one bundle is judged by: trust, clock, history and what its earlier deliveries just changed."""

    originator: str
    me: str
    trust: TrustStore
    now: datetime
    lanes: dict[int, _Lane] = field(default_factory=dict)
    received: dict[tuple[int, int], Received] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    decisions: dict[tuple[Any, ...], ReleaseDecision] = field(default_factory=dict)

    def decide(self, message: AnyMessage) -> ReleaseDecision:
        """The release decision for me: the same for all messages of one kind, mode and label."""
        header, label = message.header, message.label
        alike = (header.kind, header.mode, *label.__dict__.values())
        decision = self.decisions.get(alike)
        if decision is None:
            decision = self.decisions[alike] = decide(
                originator=self.originator,
                kind=header.kind,
                mode=header.mode,
                label=label,
                nation=self.me,
                trust=self.trust,
                now=self.now,
            )
        return decision


def judge(opened: OpenedBundle, history: History, *, trust: TrustStore, now: datetime) -> tuple[Verdict, ...]:
    """Steps 12-14 for every delivery of an opened bundle, in bundle order."""
    bench = _load(opened, history, trust, now)
    verdicts = []
    for item in opened.deliveries:
        delivery = item.delivery
        if item.reason is not None:
            # It failed in steps 7-11, which never spoils its neighbours.
            finding = _Finding(Outcome.HELD if item.held else Outcome.REJECTED, item.reason)
        else:
            assert delivery is not None
            finding = _judge_one(item.parsed, delivery, bench)
        if delivery is None:
            verdicts.append(Verdict(finding.outcome, finding.reason, sign_kid=opened.sign_kid))
            continue
        outcome, reason, expired, mismatch = finding
        # Only what is admitted is handed on in the clear.
        clear = (item.content, item.parsed) if outcome is Outcome.ADMITTED else (None, None)
        place = _place(delivery, bench)
        verdicts.append(
            Verdict(outcome, reason, delivery, *clear, *place, expired, mismatch, opened.sign_kid)
        )
        _note(finding, delivery, bench)
    return tuple(verdicts)


def _load(opened: OpenedBundle, history: History, trust: TrustStore, now: datetime) -> _Bench:
    header = opened.header
    place = (header.originator, header.mode.value, header.lane.value)
    bench = _Bench(header.originator, header.recipient, trust, now)
    fit = [item.delivery for item in opened.deliveries if item.delivery is not None]
    for epoch in {delivery.lane_epoch for delivery in fit}:
        state = history.lane(*place, epoch)
        bench.lanes[epoch] = _Lane(state.highest, state.filed)
        serials = [delivery.serial for delivery in fit if delivery.lane_epoch == epoch]
        for serial, received in history.received(*place, epoch, serials).items():
            bench.received[epoch, serial] = received
    message_ids = [delivery.message_id for delivery in fit if delivery.message_id is not None]
    if message_ids:
        bench.digests.update(history.message_digests(header.originator, message_ids))
    return bench


def _place(delivery: Delivery, bench: _Bench) -> tuple[tuple[int, int] | None, bool]:
    """The gap before this serial, and whether later ones were filed before it."""
    lane = bench.lanes[delivery.lane_epoch]
    if delivery.serial > lane.highest + 1:
        return (lane.highest + 1, delivery.serial - 1), False
    if delivery.serial > lane.filed:
        return None, False
    known = bench.received.get((delivery.lane_epoch, delivery.serial))
    return None, known is None or known.outcome in ("void", "held")


def _note(finding: _Finding, delivery: Delivery, bench: _Bench) -> None:
    """Whatever verified takes its serial, also when refused; what came first under a serial stays."""
    place = delivery.lane_epoch, delivery.serial
    known = bench.received.get(place)
    if known is not None and known.digest not in ("", delivery.content_digest):
        return
    outcome = _RECORDED_AS.get(finding.outcome, "admitted")
    bench.received[place] = Received(delivery.content_digest, outcome, finding.reason)
    lane = bench.lanes[delivery.lane_epoch]
    lane.highest = max(lane.highest, delivery.serial)
    if outcome == "admitted":
        lane.filed = max(lane.filed, delivery.serial)
    if finding.outcome is Outcome.ADMITTED and delivery.message_id is not None:
        bench.digests[delivery.message_id] = delivery.content_digest


_RECORDED_AS = {Outcome.HELD: "held", Outcome.REJECTED: "refused", Outcome.EQUIVOCATION: "refused"}


def _judge_one(
    parsed: AnyMessage | Receipts | Control | LaneHead | None, delivery: Delivery, bench: _Bench
) -> _Finding:
    # 12 duplicate, equivocation, serial
    known = bench.received.get((delivery.lane_epoch, delivery.serial))
    if known is not None and known.digest and known.digest != delivery.content_digest:
        return _Finding(Outcome.EQUIVOCATION, ReasonCode.SERIAL_REUSED)
    filed = bench.digests.get(delivery.message_id) if delivery.message_id is not None else None
    if filed is not None and filed != delivery.content_digest:
        return _Finding(Outcome.EQUIVOCATION, ReasonCode.EQUIVOCATION)
    if filed is not None or (known is not None and known.outcome == "admitted"):
        return _Finding(Outcome.DUPLICATE)
    if known is not None and known.outcome == "refused":
        return _Finding(Outcome.REJECTED, known.reason)
    if isinstance(parsed, Receipts | Control | LaneHead):
        # Stale trust holds everything but what can refresh it: trust documents prove themselves.
        refreshing = isinstance(parsed, Control) and isinstance(parsed.control, TrustUpdate)
        if bench.trust.stale(bench.now) and not refreshing:
            return _Finding(Outcome.HELD, ReasonCode.TRUST_STALE)
        return _ADMITTED
    assert parsed is not None
    return _judge_message(parsed, delivery, bench)


def _judge_message(message: AnyMessage, delivery: Delivery, bench: _Bench) -> _Finding:
    # 13 time
    issued_at, expires_at = message.header.issued_at, message.header.expires_at
    if issued_at > bench.now + MAX_CLOCK_SKEW:
        return _Finding(Outcome.HELD, ReasonCode.ISSUED_IN_FUTURE)
    # 14 release decision for me
    refusal = _release_fault(message, delivery, bench)
    expired = expires_at is not None and expires_at <= bench.now
    if refusal is not None:
        code, held = refusal
        return _Finding(Outcome.HELD if held else Outcome.REJECTED, code, expired, mismatch=not held)
    return _Finding(Outcome.ADMITTED, expired=True) if expired else _ADMITTED


def _release_fault(message: AnyMessage, delivery: Delivery, bench: _Bench) -> tuple[ReasonCode, bool] | None:
    """Why it is not released to me, and whether it is HELD for that; None when it is."""
    trust, me = bench.trust, bench.me
    if delivery.trust_version > trust.trust_version:
        return ReasonCode.TRUST_VERSION_UNKNOWN, True
    decision = bench.decide(message)
    same_trust = delivery.trust_version == trust.trust_version
    fault = basis_fault(delivery.basis, decision, message, same_trust=same_trust, trust=trust, now=bench.now)
    if fault is not None:
        return fault
    if delivery.handling is not decision.handling:
        return ReasonCode.HANDLING_MISMATCH, False
    return _naming_fault(message, me, decision.handling, trust)


def _naming_fault(
    message: AnyMessage, me: str, handling: Handling, trust: TrustStore
) -> tuple[ReasonCode, bool] | None:
    """The list that the handling rests on and the addressees must mean me; a community may still arrive."""
    header, label = message.header, message.label
    addressees = (*header.action_addressees, *header.info_addressees)
    names, pointer = label.releasable_to, "/label/releasable_to"
    if handling is Handling.DISPLAY_ONLY:
        names, pointer = label.display_only_to, "/label/display_only_to"
    try:
        if me not in expand(names, trust, pointer, header.issued_at):
            return ReasonCode.RELEASE_SET_MISMATCH, False
        if addressees and me not in expand(addressees, trust, "/header", header.issued_at):
            return ReasonCode.NOT_ADDRESSED, False
    except ReleaseRefused as unknown:
        return unknown.code, True
    return None
