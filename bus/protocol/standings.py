"""Where parties stand on an agreement, and what that makes of it: a function of their acts (design 5, 10).

A party stands where its act of the highest number puts it, whatever came when; of different acts under one
number the more restrictive counts, and leaving counts under any number. A restriction holds under every key
that its nation's record lists, revoked ones too: else revoking a key would put a suspended agreement back
into force. Consent counts only under a key that is not revoked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bus.protocol.trust_documents import SignedDocument
from schemas.agreement import ActKind, Agreement, AgreementAct
from schemas.reasons import ReasonCode

ACTS_KEPT = 4
"""Different acts of one party under one number that are kept as evidence of equivocation."""


class Standing(StrEnum):
    """Where one party stands on one agreement."""

    MISSING = "missing"
    """It has not countersigned."""
    LAPSED = "lapsed"
    """It countersigned under a key that has been revoked since."""
    AGREED = "agreed"
    SUSPENDED = "suspended"
    LEFT = "left"


class AgreementState(StrEnum):
    """What an agreement is at one time. Only ``in_force`` lets anything pass."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    LEFT = "left"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class VerifiedAct:
    """An act whose signature verified under a key that its nation's record lists."""

    act: AgreementAct
    signed: SignedDocument
    revoked: bool

    @property
    def kid(self) -> str:
        """The key that signed."""
        return self.signed.envelope.keyids[0]


@dataclass(frozen=True, slots=True)
class AgreementTrust:
    """An authentic agreement with the digest that deliveries name as their basis, and what became of it.

    ``standings``: every party's. ``obstacle``: why it is not in force but for time and newer versions, None
    when every party agreed. ``superseded_from``: when a newer version, agreed to by all, takes its place.
    """

    agreement: Agreement
    digest: str
    parties: frozenset[str]
    standings: Mapping[str, Standing]
    acts: Mapping[str, tuple[VerifiedAct, ...]] = field(default_factory=dict)
    obstacle: ReasonCode | None = ReasonCode.AGREEMENT_NOT_COUNTERSIGNED
    superseded_from: datetime | None = None
    encoded: bytes | None = None
    """The proposal's envelope; None for an agreement of the realm."""

    def state(self, now: datetime) -> AgreementState:
        """What it is at ``now``; of several the one that is hardest to cure."""
        if self.superseded_from is not None and self.superseded_from <= now:
            return AgreementState.SUPERSEDED
        if self.obstacle is ReasonCode.AGREEMENT_LEFT:
            return AgreementState.LEFT
        if now >= self.agreement.not_after:
            return AgreementState.EXPIRED
        if self.obstacle is not None:
            return _STATE_OF[self.obstacle]
        if now < self.agreement.not_before:
            return AgreementState.NOT_YET_VALID
        return AgreementState.IN_FORCE

    def concerns(self, nation: str) -> bool:
        """Whether it is the realm's, or the nation proposed it or acted on it: more than others' proposal."""
        return self.agreement.proposed_by in (None, nation) or bool(self.acts.get(nation))

    def awaits_parties(self, now: datetime) -> bool:
        """Whether it is a proposal that a party has still to act on, and may yet come into force."""
        return self.state(now) is AgreementState.PROPOSED and Standing.MISSING in self.standings.values()

    def parties_standing(self, *standings: Standing) -> tuple[str, ...]:
        """The parties that stand so, sorted."""
        return tuple(sorted(name for name, found in self.standings.items() if found in standings))


_STATE_OF = {
    ReasonCode.AGREEMENT_NOT_COUNTERSIGNED: AgreementState.PROPOSED,
    ReasonCode.AGREEMENT_SUSPENDED: AgreementState.SUSPENDED,
}


def standing_of(acts: Iterable[VerifiedAct]) -> Standing:
    """Where a party stands that did these acts, in whatever order they came."""
    counting = _counting(tuple(acts))
    if not counting:
        return Standing.MISSING
    kinds = {each.act.act for each in counting}
    if ActKind.LEAVE in kinds:
        return Standing.LEFT
    if ActKind.SUSPEND in kinds:
        return Standing.SUSPENDED
    return Standing.LAPSED if all(each.revoked for each in counting) else Standing.AGREED


def _counting(acts: tuple[VerifiedAct, ...]) -> tuple[VerifiedAct, ...]:
    """The acts that decide: those that leave, else all of the highest number."""
    decisive = tuple(each for each in acts if each.act.act is ActKind.LEAVE) or acts
    highest = max((each.act.number for each in decisive), default=0)
    return tuple(each for each in decisive if each.act.number == highest)


def worth_keeping(acts: Iterable[VerifiedAct]) -> tuple[VerifiedAct, ...]:
    """Of one party's acts on one agreement those that may ever decide; the rest changes nothing."""
    restrictive = {ActKind.LEAVE: 0, ActKind.SUSPEND: 1}

    def place(each: VerifiedAct) -> tuple[int, bool, str, bytes]:
        return restrictive.get(each.act.act, 2), each.revoked, each.signed.digest, each.signed.encoded

    # One per payload and key: ML-DSA signatures differ from time to time, and anyone may repeat an envelope.
    different = {(each.signed.digest, each.kid): each for each in sorted(acts, key=place, reverse=True)}
    return tuple(sorted(_counting(tuple(different.values())), key=place)[:ACTS_KEPT])


def obstacle_of(standings: Iterable[Standing]) -> ReasonCode | None:
    """Why an agreement whose parties stand so is not in force; None when every one agreed.

    No party at all is no agreement.
    """
    found = set(standings)
    if Standing.LEFT in found:
        return ReasonCode.AGREEMENT_LEFT
    if not found or Standing.MISSING in found or Standing.LAPSED in found:
        return ReasonCode.AGREEMENT_NOT_COUNTERSIGNED
    return ReasonCode.AGREEMENT_SUSPENDED if Standing.SUSPENDED in found else None
