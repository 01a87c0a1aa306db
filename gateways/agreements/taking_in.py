"""Proposals and acts that come in: each judged by itself, within limits, recorded (design 10).

What a partner passes on is taken in only where it concerns us. Our own nation's consent is made here and
never comes in, whoever brings it: what comes in under a key of ours shows that somebody else has that key, or
that this store is an old backup. Its suspensions and departures are taken in even so: they only narrow, and
the other parties hold to them already.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bus.protocol.agreements import AgreementBook, agreement_digest, signer_of, verify_paper
from bus.protocol.errors import TrustError
from bus.protocol.standings import AgreementTrust, Standing, VerifiedAct
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import SignedDocument
from gateways.context import GatewayContext
from gateways.evidence import Evidence
from schemas.agreement import ActKind, Agreement, AgreementAct
from schemas.audit import AuditEvent, AuditOutcome
from schemas.reasons import ReasonCode
from schemas.trust import KeyEntry

MAX_PROPOSAL_BYTES = 32 * 1024
MAX_ACT_BYTES = 2 * 1024
OPEN_PROPOSALS = 64
"""Proposals of one nation that not every party has countersigned yet."""
KEPT_PROPOSALS = 512
"""Agreements that one nation proposed, in whatever state."""
EARLY_PAPERS = 64
"""Papers of one nation that cannot count yet: on agreements not seen, or under keys not known."""

CONSENT = frozenset({ActKind.COUNTERSIGN, ActKind.RESUME})

EVENT_OF = {
    ActKind.COUNTERSIGN: AuditEvent.AGREEMENT_COUNTERSIGNED,
    ActKind.SUSPEND: AuditEvent.AGREEMENT_SUSPENDED,
    ActKind.RESUME: AuditEvent.AGREEMENT_RESUMED,
    ActKind.LEAVE: AuditEvent.AGREEMENT_LEFT,
}


def take_in(
    context: GatewayContext,
    trust: TrustStore,
    papers: Iterable[SignedDocument],
    evidence: Evidence,
    now: datetime,
    partner: str | None,
) -> TrustStore:
    """The trust store with those of these papers that may be taken in; the rest is recorded as refused.

    ``partner``: who passed them on, None for what came in at this gateway itself.
    """
    known = frozenset(trust.book.envelopes)
    room = _Room(context.nation, trust, now)
    accepted = []
    refused: dict[ReasonCode, list[str]] = {}
    foreign: dict[AuditOutcome, list[str]] = {}
    # Proposals first: an act that comes with its agreement is not early.
    for signed in sorted(papers, key=lambda signed: isinstance(signed.document, AgreementAct)):
        if signed.encoded in known:
            continue
        try:
            room.check(signed, partner)
        except _OwnPaper as own:
            if own.alarm:
                outcome = AuditOutcome.SUCCESS if own.taken else AuditOutcome.REFUSED
                foreign.setdefault(outcome, []).append(agreement_digest(signed))
            if not own.taken:
                continue
        except TrustError as error:
            refused.setdefault(error.code, []).append(agreement_digest(signed))
            continue
        accepted.append(signed.encoded)
    for outcome, digests in foreign.items():
        context.counters.alarm_agreement_acts += len(digests)
        evidence.add(AuditEvent.AGREEMENT_FOREIGN_ACT, outcome, partner=partner, **_summary(digests))
    for code, digests in refused.items():
        evidence.add(
            AuditEvent.TRUST_REFUSED,
            AuditOutcome.REFUSED,
            partner=partner,
            reason=code,
            **_summary(digests),
        )
    return trust.updated(accepted) if accepted else trust


def _summary(digests: Sequence[str]) -> dict[str, str | int | None]:
    """One record for all that is alike, however many there are: how many, and the digest if it is one."""
    return {
        "digest": digests[0] if len(set(digests)) == 1 else None,
        "count": len(digests) if len(digests) > 1 else None,
    }


class _OwnPaper(Exception):
    """A paper of our own nation came in; ``alarm``: it was not made here; ``taken``: it counts even so."""

    def __init__(self, *, alarm: bool = False, taken: bool = False) -> None:
        super().__init__("a paper of our own nation")
        self.alarm = alarm
        self.taken = taken


@dataclass
class _Room:
    """What may still be taken in from partners, nation by nation."""

    me: str
    trust: TrustStore
    now: datetime
    keys: Mapping[str, Mapping[str, KeyEntry]] = field(init=False)
    early: dict[str, int] = field(default_factory=dict)
    proposals: dict[str, int] = field(default_factory=dict)
    unsigned: dict[str, int] = field(default_factory=dict)
    seen: dict[str, Agreement] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keys = {name: nation.keys for name, nation in self.trust.nations.items()}
        book = self.trust.book
        replaced = {
            trusted.agreement.id: trusted.agreement.version
            for trusted in book.by_digest.values()
            if trusted.agreement.proposed_by is None
        }
        for act in book.early:
            # What is left of agreements that the realm has replaced takes nobody's room.
            if act.act.agreement.version > replaced.get(act.act.agreement.id, 0):
                _add(self.early, act.act.nation)
        for signed in book.waiting:
            _add(self.early, signer_of(signed))
        for trusted in book.by_digest.values():
            self.seen[trusted.digest] = trusted.agreement
            if trusted.agreement.proposed_by is not None:
                _add(self.proposals, trusted.agreement.proposed_by)
                if trusted.awaits_parties(self.now):
                    _add(self.unsigned, trusted.agreement.proposed_by)

    def check(self, signed: SignedDocument, partner: str | None) -> None:
        """Raises TrustError when a paper may not be taken in, _OwnPaper when it is our nation's."""
        document, nation = signed.document, signer_of(signed)
        act = isinstance(document, AgreementAct)
        if partner is not None and len(signed.envelope.payload) > (
            MAX_ACT_BYTES if act else MAX_PROPOSAL_BYTES
        ):
            raise TrustError(ReasonCode.OVERSIZED, "an agreement or act is larger than is taken")
        entry = verify_paper(signed, self.trust.realm, self.keys)
        if nation == self.me:
            raise self._own(signed, verified=entry is not None)
        consent = isinstance(document, AgreementAct) and document.act in CONSENT
        if consent and entry is not None and self.now >= entry.not_after:
            # When it was signed, nobody but its signer can say: what counts is when it came.
            raise TrustError(ReasonCode.KEY_EXPIRED, f"consent of {nation} under a key whose time is over")
        if partner is None:
            if isinstance(document, Agreement):
                self.seen[signed.digest] = document
            return
        if entry is None and nation != partner:
            # Nobody can say whose it is: only its own nation may use room of its own nation for it.
            raise TrustError(ReasonCode.KEY_UNKNOWN, f"passed on by {partner} under no known key of {nation}")
        if isinstance(document, Agreement):
            self._check_proposal(document, nation, waiting=entry is None)
            self.seen[signed.digest] = document
        elif isinstance(document, AgreementAct):
            self._check_act(document, partner, waiting=entry is None)

    def _check_proposal(self, agreement: Agreement, nation: str, *, waiting: bool) -> None:
        if self.me not in agreement.parties:
            raise TrustError(ReasonCode.AGREEMENT_NOT_PARTY, "an agreement among others is none of ours")
        full = (
            self.proposals.get(nation, 0) >= KEPT_PROPOSALS or self.unsigned.get(nation, 0) >= OPEN_PROPOSALS
        )
        if full or (waiting and self.early.get(nation, 0) >= EARLY_PAPERS):
            raise TrustError(ReasonCode.AGREEMENT_QUOTA, f"{nation} has proposed as much as is kept")
        _add(self.proposals, nation)
        _add(self.unsigned, nation)
        if waiting:
            _add(self.early, nation)

    def _check_act(self, act: AgreementAct, partner: str, *, waiting: bool) -> None:
        agreement = self.seen.get(act.agreement.digest)
        if agreement is not None:
            if act.nation not in agreement.parties:
                raise TrustError(ReasonCode.AGREEMENT_NOT_PARTY, f"{act.nation} is no party to it")
            if agreement.proposed_by is not None and self.me not in agreement.parties:
                raise TrustError(ReasonCode.AGREEMENT_NOT_PARTY, "an agreement among others is none of ours")
            if (act.agreement.id, act.agreement.version) != (agreement.id, agreement.version):
                raise TrustError(ReasonCode.TRUST_MALFORMED, "the act names another id or version")
        if agreement is None or waiting:
            if act.nation != partner:
                # Else a third nation could use up its room with acts on agreements that are none of ours.
                raise TrustError(ReasonCode.AGREEMENT_UNKNOWN, "passed on by another nation than acted")
            if self.early.get(act.nation, 0) >= EARLY_PAPERS:
                raise TrustError(ReasonCode.AGREEMENT_QUOTA, f"too much of {act.nation} waits already")
            _add(self.early, act.nation)

    def _own(self, signed: SignedDocument, *, verified: bool) -> _OwnPaper:
        """What to make of a paper in our own name: nothing of it is consent that was not given here."""
        if not verified or not self._not_ours(signed):
            return _OwnPaper()
        act = signed.document
        if not isinstance(act, AgreementAct) or act.act in CONSENT:
            return _OwnPaper(alarm=True)
        agreement = self.seen.get(act.agreement.digest)
        fits = (
            agreement is not None
            and self.me in agreement.parties
            and (act.agreement.id, act.agreement.version) == (agreement.id, agreement.version)
        )
        return _OwnPaper(alarm=True, taken=fits)

    def _not_ours(self, signed: SignedDocument) -> bool:
        """Whether it says something that we did not: a higher number than ours, other words under one, or
        that we left, which counts under any number.
        """
        document = signed.document
        if not isinstance(document, AgreementAct):
            return signed.digest not in self.seen
        trusted = self.trust.book.by_digest.get(document.agreement.digest)
        ours = trusted.acts.get(self.me, ()) if trusted is not None else ()
        if document.act is ActKind.LEAVE:
            return trusted is None or trusted.standings.get(self.me) is not Standing.LEFT
        highest = max((each.act.number for each in ours), default=0)
        same = {each.signed.digest for each in ours if each.act.number == document.number}
        return document.number > highest or bool(same and signed.digest not in same)


def _add(counts: dict[str, int], nation: str) -> None:
    counts[nation] = counts.get(nation, 0) + 1


def note_changes(
    context: GatewayContext, evidence: Evidence, before: AgreementBook, after: AgreementBook
) -> None:
    """Record what is new: proposals, acts, and acts of one nation that contradict each other."""
    for digest, trusted in after.by_digest.items():
        held = before.by_digest.get(digest)
        if held is trusted:
            continue
        if held is None and trusted.agreement.proposed_by is not None:
            partner = trusted.agreement.proposed_by
            evidence.add(AuditEvent.AGREEMENT_PROPOSED, partner=_other(context, partner), digest=digest)
        for nation, acts in trusted.acts.items():
            _note_acts(context, evidence, trusted, nation, held.acts.get(nation, ()) if held else (), acts)


def _note_acts(
    context: GatewayContext,
    evidence: Evidence,
    trusted: AgreementTrust,
    nation: str,
    before: Iterable[VerifiedAct],
    after: tuple[VerifiedAct, ...],
) -> None:
    known = {each.signed.digest for each in before}
    news = [each for each in after if each.signed.digest not in known]
    for each in news:
        context.counters.agreement_acts += 1
        evidence.add(EVENT_OF[each.act.act], partner=_other(context, nation), digest=trusted.digest)
    if news and len({each.signed.digest for each in after}) > 1:
        context.counters.alarm_agreement_acts += 1
        evidence.add(
            AuditEvent.AGREEMENT_EQUIVOCATION,
            AuditOutcome.REFUSED,
            partner=_other(context, nation),
            digest=trusted.digest,
        )


def _other(context: GatewayContext, nation: str) -> str | None:
    return None if nation == context.nation else nation
