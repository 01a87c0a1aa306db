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


@dataclass(frozen=True, slots=True)
class Bound:
    """What a draft answers may go to these nations only, and so may the draft.

    ``pointer``: JSON pointer to the reference.
    """

    pointer: str
    originator: str
    allowed: frozenset[str]


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
        """The answer: ``decide``, then whether it is addressed, then what the draft answers."""
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
        if any(self.nation not in bound.allowed for bound in self.bounds):
            return self._denied(ReasonCode.REPLY_BEYOND_RELEASE)
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
