"""Changes of agreements that may turn a release decision: acts of parties, next versions, new ones, time."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar

from bus.protocol.changes import Change
from bus.protocol.plain_words import (
    agreement_words,
    kind_words,
    listed,
    nation_words,
    nations_words,
    time_words,
)
from bus.protocol.release_case import ReleaseCase
from bus.protocol.standings import AgreementTrust, Standing, obstacle_of
from bus.protocol.trust_documents import digest_of
from schemas.agreement import Agreement, Ceiling
from schemas.header import Kind, Mode

MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitUntil(Change):
    """Time passes until an agreement begins or ends."""

    at: datetime
    digest: str
    begins: bool
    kind: ClassVar[str] = "wait_until"

    @property
    def agreement(self) -> str | None:
        """The digest of the agreement."""
        return self.digest

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        return replace(case, now=self.at)

    def text(self, case: ReleaseCase) -> str:
        agreement = agreement_words(_of_digest(case, self.digest).agreement)
        return f"wait until {time_words(self.at)}, when {agreement} {'begins' if self.begins else 'ends'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyAct(Change):
    """Acts of one sort, of one or more parties, on an agreement that is there already."""

    digest: str
    kind: ClassVar[str] = "countersign"
    standing: ClassVar[Standing] = Standing.AGREED

    @property
    def agreement(self) -> str | None:
        """The digest of the agreement."""
        return self.digest

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        trusted = _of_digest(case, self.digest)
        standings = {**trusted.standings, **dict.fromkeys(self.by, self.standing)}
        changed = replace(trusted, standings=standings, obstacle=obstacle_of(standings.values()))
        return case.with_agreement(changed, trusted)

    def text(self, case: ReleaseCase) -> str:
        does = "countersigns" if len(self.by) == 1 else "countersign"
        what = agreement_words(_of_digest(case, self.digest).agreement)
        return f"{nations_words(self.by, case.trust)} {does} {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(PartyAct):
    """Whoever suspended an agreement resumes it."""

    kind: ClassVar[str] = "resume"

    def text(self, case: ReleaseCase) -> str:
        does = "resumes" if len(self.by) == 1 else "resume"
        what = agreement_words(_of_digest(case, self.digest).agreement)
        return f"{nations_words(self.by, case.trust)} {does} {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend(PartyAct):
    """A party suspends an agreement."""

    kind: ClassVar[str] = "suspend"
    standing: ClassVar[Standing] = Standing.SUSPENDED

    def text(self, case: ReleaseCase) -> str:
        return f"a party suspends or leaves {agreement_words(_of_digest(case, self.digest).agreement)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextVersion(Change):
    """All parties agree on a next version of an agreement that covers what this one does not."""

    digest: str
    modes: tuple[Mode, ...] = ()
    kinds: tuple[Kind, ...] = ()
    highest: tuple[Ceiling, ...] = ()
    categories: tuple[str, ...] = ()
    in_force: bool = False
    """Whether its time must be another one."""
    kind: ClassVar[str] = "next_version"

    @property
    def agreement(self) -> str | None:
        """The digest of the agreement that it follows."""
        return self.digest

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        old = _of_digest(case, self.digest)
        terms = old.agreement
        policies = {ceiling.policy for ceiling in self.highest}
        kept = tuple(ceiling for ceiling in terms.highest if ceiling.policy not in policies)
        following = terms.model_copy(
            update={
                "version": terms.version + 1,
                "modes": (*terms.modes, *self.modes),
                "kinds": (*terms.kinds, *self.kinds),
                "highest": (*kept, *self.highest),
                "categories": (*terms.categories, *self.categories),
                "not_before": min(terms.not_before, case.now) if self.in_force else terms.not_before,
                "not_after": max(terms.not_after, case.now + MOMENT) if self.in_force else terms.not_after,
            }
        )
        return case.with_agreement(_agreed(following), old)

    def text(self, case: ReleaseCase) -> str:
        old = _of_digest(case, self.digest)
        terms = [f"covers {kind_words(kind)}" for kind in self.kinds]
        terms += [f"covers mode {mode.value}" for mode in self.modes]
        terms += [f"goes up to {ceiling.classification}" for ceiling in self.highest]
        if self.categories:
            terms.append(f"names {listed(self.categories)}")
        if self.in_force:
            terms.append("is valid now")
        parties = nations_words(old.agreement.parties, case.trust)
        what = f" that {listed(terms)}" if terms else ""
        return f"{parties} agree on a next version of {agreement_words(old.agreement)}{what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclude(Change):
    """The two nations conclude an agreement."""

    kind: ClassVar[str] = "conclude"

    def apply(self, case: ReleaseCase) -> ReleaseCase:
        label = case.label
        concluded = Agreement(
            type="agreement",
            v=1,
            realm=case.trust.realm,
            id="to-be-concluded",
            version=1,
            title="To be concluded",
            parties=tuple(sorted((case.originator, case.nation))),
            kinds=(case.kind,),
            modes=(case.mode,),
            highest=(Ceiling(policy=label.policy, classification=label.classification),),
            categories=label.restrictive,
            not_before=case.now,
            not_after=case.now + MOMENT,
        )
        return case.with_agreement(_agreed(concluded), None)

    def text(self, case: ReleaseCase) -> str:
        one, other = (nation_words(nation, case.trust) for nation in (case.originator, case.nation))
        return (
            f"{one} and {other} conclude an agreement that covers {kind_words(case.kind)} "
            f"in mode {case.mode.value} up to {case.label.classification}"
            + (f" and names {listed(case.label.restrictive)}" if case.label.restrictive else "")
        )


def _of_digest(case: ReleaseCase, digest: str) -> AgreementTrust:
    """An agreement between the two nations as it stands in this case."""
    return next(trusted for trusted in case.agreements() if trusted.digest == digest)


def _agreed(agreement: Agreement) -> AgreementTrust:
    """An agreement that every party has countersigned."""
    standings = dict.fromkeys(agreement.parties, Standing.AGREED)
    return AgreementTrust(
        agreement,
        digest_of(agreement.encode()),
        frozenset(agreement.parties),
        standings,
        obstacle=obstacle_of(standings.values()),
    )
