"""One question of release with everything its answer depends on, so that changes of it can be tried out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from bus.protocol.release import ReleaseDecision, decide
from bus.protocol.standings import AgreementTrust
from bus.protocol.trust import TrustStore
from schemas.header import Kind, Mode
from schemas.label import ConfidentialityLabel
from schemas.reasons import ReasonCode
from schemas.wire import Handling


@dataclass(frozen=True, slots=True)
class Bound:
    """What a draft refers to may be known to these nations only, so the draft may go to no others.

    ``pointer``: JSON pointer to the reference. ``shown``: nations that may know it for looking at. ``code``:
    REPLY_BEYOND_RELEASE for what it answers, else REFERENCE_BEYOND_RELEASE.
    """

    pointer: str
    originator: str
    allowed: frozenset[str]
    code: ReasonCode = ReasonCode.REPLY_BEYOND_RELEASE
    shown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ReleaseCase:
    """May ``nation`` have this message? ``addressed`` is "action", "info" or "none"."""

    originator: str
    kind: Kind
    mode: Mode
    label: ConfidentialityLabel
    nation: str
    addressed: str
    trust: TrustStore
    now: datetime
    bounds: tuple[Bound, ...] = ()

    def decision(self) -> ReleaseDecision:
        """The answer: ``decide``, then whether it is addressed, then what the draft refers to."""
        made = decide(
            originator=self.originator,
            kind=self.kind,
            mode=self.mode,
            label=self.label,
            nation=self.nation,
            trust=self.trust,
            now=self.now,
        )
        if not made.permit:
            return made
        if self.addressed == "none":
            return self._denied(ReasonCode.NOT_ADDRESSED)
        for bound in self.bounds:
            looks = made.handling is Handling.DISPLAY_ONLY and self.nation in bound.shown
            if self.nation not in bound.allowed and not looks:
                return self._denied(bound.code)
        return made

    def _denied(self, code: ReasonCode) -> ReleaseDecision:
        return ReleaseDecision(self.nation, False, code, code.explanation)

    def agreements(self) -> Iterator[AgreementTrust]:
        """Every agreement that has both nations as parties, those that were replaced included."""
        for trusted in self.trust.agreements_of.get(self.originator, ()):
            if self.nation in trusted.parties:
                yield trusted

    def with_agreement(self, changed: AgreementTrust, instead_of: AgreementTrust | None) -> "ReleaseCase":
        """The case under another agreement, or one more. For asking again only: it fits no documents."""
        listed = tuple(
            trusted
            for trusted in self.trust.agreements_of.get(self.originator, ())
            if trusted is not instead_of
        )
        agreements_of = {**self.trust.agreements_of, self.originator: (*listed, changed)}
        return replace(self, trust=replace(self.trust, agreements_of=MappingProxyType(agreements_of)))
