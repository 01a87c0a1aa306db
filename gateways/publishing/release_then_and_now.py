"""Why a publication went to whom: as it was decided at acceptance, and as it would be decided today. Pure.

Today's decision is that of a message that was issued: its label, addressees and release set stay as they are.
"""

import json
from collections.abc import Mapping
from datetime import datetime

from pydantic import Field

from bus.protocol.explanation import Explanation, explain
from bus.protocol.plain_words import nation_words
from bus.protocol.release_case import ReleaseCase
from bus.protocol.trust import TrustStore
from bus.store.decision_table import Decision
from bus.store.publications import PublicationDetail
from gateways.publishing.release_table import RestsOnView, WayView, rests_on_of, ways_of
from schemas.base import Digest, Identifier, Nation, Statement, UtcTime, Uuid
from schemas.label import ConfidentialityLabel
from schemas.reasons import ReasonCode


class BasisView(Statement):
    """An agreement that a permit rested on; its title and version while this gateway still knows it."""

    id: Identifier
    digest: Digest
    title: str | None = None
    version: int | None = None


class DecidedThen(Statement):
    """The decision as of acceptance, as it was stored."""

    permit: bool
    code: ReasonCode
    explanation: str
    rests_on: tuple[BasisView, ...]


class DecidedNow(Statement):
    """The decision as of now, explained."""

    permit: bool
    code: ReasonCode
    explanation: str
    sentence: str
    rests_on: tuple[RestsOnView, ...]
    ways: tuple[WayView, ...] = Field(
        description="What would have to change for the other answer, the message staying as it was issued."
    )


class ReleaseThenAndNowRow(Statement):
    """One nation."""

    nation: Nation
    name: str
    addressed: str
    version: int | None = Field(None, description="Of a draft with tear lines: the version that it gets.")
    then: DecidedThen | None = Field(None, description="Absent for a nation that had no place in the realm.")
    now: DecidedNow
    difference: str | None = Field(None, description="What differs between then and now; absent for nothing.")


class ReleaseThenAndNow(Statement):
    """The decision table of a publication as of acceptance and as of now. For its author's nation only."""

    publication_id: Uuid
    accepted_at: UtcTime
    trust_version: int = Field(description="The trust version that it was accepted under.")
    asked_at: UtcTime
    trust_version_now: int
    trust_stale: bool = Field(description="The realm snapshot has expired: nothing is released meanwhile.")
    rows: tuple[ReleaseThenAndNowRow, ...]


def then_and_now(
    stored: PublicationDetail, *, originator: str, trust: TrustStore, now: datetime
) -> ReleaseThenAndNow:
    """The tables of one publication, side by side, sorted by nation."""
    decided = {row.nation: row for row in stored.decisions}
    labels = _labels(stored)
    return ReleaseThenAndNow.model_construct(
        publication_id=stored.publication.publication_id,
        accepted_at=stored.publication.accepted_at,
        trust_version=stored.trust_version,
        asked_at=now,
        trust_version_now=trust.trust_version,
        trust_stale=trust.stale(now),
        rows=tuple(
            _row(stored, decided.get(nation), nation, labels, originator=originator, trust=trust, now=now)
            for nation in sorted((decided.keys() | trust.nations.keys()) - {originator})
        ),
    )


def _labels(stored: PublicationDetail) -> Mapping[int, ConfidentialityLabel]:
    """The label of every version, as it was signed."""
    publication = stored.publication
    others = zip((other.version for other in publication.others), stored.other_contents, strict=True)
    return {version: _label(content) for version, content in ((publication.version, stored.content), *others)}


def _label(content: bytes) -> ConfidentialityLabel:
    return ConfidentialityLabel.model_validate_json(json.dumps(json.loads(content)["label"]))


def _row(
    stored: PublicationDetail,
    decided: Decision | None,
    nation: str,
    labels: Mapping[int, ConfidentialityLabel],
    *,
    originator: str,
    trust: TrustStore,
    now: datetime,
) -> ReleaseThenAndNowRow:
    addressed = "none" if decided is None else decided.addressed
    # Who gets a version is asked about for that one: nobody is ever sent another instead.
    version = max(labels) if decided is None or decided.version is None else decided.version
    case = ReleaseCase(
        originator=originator,
        kind=stored.publication.kind,
        mode=stored.publication.mode,
        label=labels[version],
        nation=nation,
        addressed=addressed,
        trust=trust,
        now=now,
    )
    today = explain(case, issued=True)
    return ReleaseThenAndNowRow.model_construct(
        nation=nation,
        name=today.name,
        addressed=addressed,
        version=version if decided is not None and decided.permit and len(labels) > 1 else None,
        then=None if decided is None else _then(decided, trust),
        now=_now(today),
        difference=_difference(decided, today, trust),
    )


def _then(decided: Decision, trust: TrustStore) -> DecidedThen:
    bases = []
    for basis in decided.basis:
        known = trust.book.by_digest.get(basis.digest)
        bases.append(
            BasisView.model_construct(
                id=basis.id,
                digest=basis.digest,
                title=None if known is None else known.agreement.title,
                version=None if known is None else known.agreement.version,
            )
        )
    return DecidedThen.model_construct(
        permit=decided.permit, code=decided.code, explanation=decided.explanation, rests_on=tuple(bases)
    )


def _now(today: Explanation) -> DecidedNow:
    decision = today.decision
    return DecidedNow.model_construct(
        permit=decision.permit,
        code=decision.code,
        explanation=decision.explanation,
        sentence=today.sentence,
        rests_on=rests_on_of(today),
        ways=ways_of(today),
    )


def _difference(decided: Decision | None, today: Explanation, trust: TrustStore) -> str | None:
    """What differs, in a sentence; None when nothing does."""
    name, decision = nation_words(today.nation, trust), today.decision
    if decided is None:
        return f"{name} had no place in the realm when it was accepted."
    if decided.permit and not decision.permit:
        return f"It was permitted then; what has not left yet is withheld now. {today.sentence}"
    if decision.permit and not decided.permit:
        return (
            f"It was denied then ({decided.code}) and would be permitted now; what was issued goes to nobody "
            "more: publish it anew."
        )
    if decided.code is not decision.code:
        return f"It was denied then for another reason ({decided.code})."
    if decided.basis != decision.basis:
        before, after = (
            ", ".join(f"{basis.id} ({basis.digest[:19]})" for basis in bases)
            for bases in (decided.basis, decision.basis)
        )
        return f"It was permitted by agreement {before} then and would be by agreement {after} now."
    return None
