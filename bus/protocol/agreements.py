"""Agreements out of a set of documents: listed ones, nations' proposals, nations' acts (design 5, 10).

Proposal and act alike are *papers*: signed by a nation's online message key for mode OPERATION, listed by no
snapshot. The outcome is the same in whatever order papers came; what does not verify has no force.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from bus.protocol.errors import ProtocolError, TrustError
from bus.protocol.signing import verify_sole_signer
from bus.protocol.standings import AgreementTrust, VerifiedAct, obstacle_of, standing_of, worth_keeping
from bus.protocol.trust_documents import SignedDocument, verify_key_of
from schemas.agreement import Agreement, AgreementAct
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import KeyEntry, KeyUse

NationKeys = Mapping[str, Mapping[str, KeyEntry]]
"""Nation to the key entries of its current record by kid."""


@dataclass(frozen=True, slots=True)
class AgreementBook:
    """Every authentic agreement by digest, and the papers that stand behind all of it.

    ``early``: acts that verified on agreements not seen yet. ``waiting``: papers under keys not known yet.
    ``papers``: every one worth keeping, in one order; ``envelopes`` are their bytes.
    """

    by_digest: Mapping[str, AgreementTrust]
    early: tuple[VerifiedAct, ...]
    waiting: tuple[SignedDocument, ...]
    papers: tuple[SignedDocument, ...]
    envelopes: tuple[bytes, ...]


def is_paper(signed: SignedDocument) -> bool:
    """Whether a document is a proposal or an act: signed by a nation's message key, listed by no snapshot."""
    document = signed.document
    return isinstance(document, AgreementAct) or (
        isinstance(document, Agreement) and document.proposed_by is not None
    )


def signer_of(signed: SignedDocument) -> str:
    """The nation that a paper says it is of."""
    document = signed.document
    if isinstance(document, AgreementAct):
        return document.nation
    assert isinstance(document, Agreement)
    assert document.proposed_by is not None
    return document.proposed_by


def agreement_digest(signed: SignedDocument) -> str:
    """The digest of the agreement that a paper is or is about."""
    return signed.document.agreement.digest if isinstance(signed.document, AgreementAct) else signed.digest


def verify_paper(signed: SignedDocument, realm: str, keys: NationKeys) -> KeyEntry | None:
    """The key entry under which the paper verified; None when its nation or key is not known yet.

    Raises TrustError TRUST_WRONG_REALM, or TRUST_SIGNATURE for a key of another nation, use or mode and for a
    signature that does not verify. A revoked key is returned: what it still counts for is not judged here.
    """
    document = signed.document
    assert isinstance(document, AgreementAct | Agreement)
    if document.realm != realm:
        raise TrustError(ReasonCode.TRUST_WRONG_REALM, "an agreement or act is of another realm")
    nation, keyids = signer_of(signed), signed.envelope.keyids
    if len(keyids) != 1:
        raise TrustError(ReasonCode.TRUST_SIGNATURE, "an agreement or act is signed by exactly one key")
    entry = keys.get(nation, {}).get(keyids[0])
    if entry is None:
        if any(keyids[0] in listed for listed in keys.values()):
            raise TrustError(ReasonCode.TRUST_SIGNATURE, f"signed by another nation's key than {nation}'s")
        return None
    if entry.use is not KeyUse.MESSAGE or Mode.OPERATION not in entry.modes:
        raise TrustError(ReasonCode.TRUST_SIGNATURE, "signed by a key that is not for agreements")
    try:
        verify_sole_signer(signed.envelope, verify_key_of(entry))
    except ProtocolError as error:
        raise TrustError(ReasonCode.TRUST_SIGNATURE, f"not signed by {nation}") from error
    return entry


def assemble(
    realm: str,
    listed: Sequence[tuple[Agreement, str]],
    papers: Iterable[SignedDocument],
    keys: NationKeys,
    verified_before: Collection[bytes] = (),
) -> AgreementBook:
    """What these documents make together. ``listed``: the snapshot's agreements with their digests.

    ``verified_before``: envelopes of papers that verified under these very keys. A proposal is authentic by
    its proposer's signature, or because a party acted on its very digest. A paper that does not verify has no
    force and is left out.
    """
    acts: dict[str, dict[str, list[VerifiedAct]]] = {}
    proposals: dict[str, SignedDocument] = {}
    verified: set[str] = set()
    waiting: list[SignedDocument] = []
    for signed in sorted(papers, key=lambda signed: signed.encoded):
        try:
            if signed.encoded in verified_before:
                entry = keys[signer_of(signed)].get(signed.envelope.keyids[0])
            else:
                entry = verify_paper(signed, realm, keys)
        except TrustError:
            continue
        document = signed.document
        if isinstance(document, Agreement):
            if entry is not None:
                verified.add(signed.digest)
            if entry is not None or signed.digest not in verified:
                proposals[signed.digest] = signed
        elif entry is None:
            waiting.append(signed)
        elif isinstance(document, AgreementAct):
            made = VerifiedAct(document, signed, entry.revoked_at is not None)
            acts.setdefault(document.agreement.digest, {}).setdefault(document.nation, []).append(made)
    agreements = {digest: agreement for agreement, digest in listed}
    for digest, signed in proposals.items():
        agreement = signed.document
        assert isinstance(agreement, Agreement)
        if digest in verified or not set(acts.get(digest, ())).isdisjoint(agreement.parties):
            agreements[digest] = agreement
        else:
            waiting.append(signed)
    found = {
        digest: _agreement(
            agreement,
            digest,
            acts.pop(digest, {}),
            proposals[digest].encoded if digest in proposals else None,
        )
        for digest, agreement in agreements.items()
    }
    early = [
        each for by_nation in acts.values() for made in by_nation.values() for each in worth_keeping(made)
    ]
    kept = [signed for digest, signed in proposals.items() if digest in found]
    kept += [each.signed for trusted in found.values() for made in trusted.acts.values() for each in made]
    kept += [each.signed for each in early] + waiting
    in_order = {signed.encoded: signed for signed in sorted(kept, key=lambda signed: signed.encoded)}
    return AgreementBook(
        MappingProxyType(_with_successors(found)),
        tuple(early),
        tuple(waiting),
        tuple(in_order.values()),
        tuple(in_order),
    )


def _agreement(
    agreement: Agreement, digest: str, acts: Mapping[str, list[VerifiedAct]], encoded: bytes | None
) -> AgreementTrust:
    kept = {}
    for nation in agreement.parties:
        made = [
            each
            for each in acts.get(nation, ())
            if (each.act.agreement.id, each.act.agreement.version) == (agreement.id, agreement.version)
        ]
        if made:
            kept[nation] = worth_keeping(made)
    standings = {nation: standing_of(kept.get(nation, ())) for nation in agreement.parties}
    return AgreementTrust(
        agreement,
        digest,
        frozenset(agreement.parties),
        MappingProxyType(standings),
        MappingProxyType(kept),
        obstacle_of(standings.values()),
        encoded=encoded,
    )


def _with_successors(found: Mapping[str, AgreementTrust]) -> dict[str, AgreementTrust]:
    """Say of each agreement from when a newer version of its id stands in its place.

    Only a version that every party of the older one has countersigned does that, and it keeps doing so when
    it is suspended or left later: what was replaced does not come back.
    """
    by_id: dict[str, list[AgreementTrust]] = {}
    for trusted in found.values():
        by_id.setdefault(trusted.agreement.id, []).append(trusted)
    result = {}
    for digest, trusted in found.items():
        begins = [
            other.agreement.not_before
            for other in by_id[trusted.agreement.id]
            if other.agreement.version > trusted.agreement.version
            and other.parties >= trusted.parties
            and len(other.acts) == len(other.parties)
        ]
        result[digest] = replace(trusted, superseded_from=min(begins)) if begins else trusted
    return result


def current_versions(agreements: Iterable[AgreementTrust]) -> dict[str, AgreementTrust]:
    """Of each id the version that counts: the newest that every party agreed to, else the newest."""
    found: dict[str, AgreementTrust] = {}
    for trusted in sorted(
        agreements, key=lambda each: (each.obstacle is None, each.agreement.version, each.digest)
    ):
        found[trusted.agreement.id] = trusted
    return dict(sorted(found.items()))


def agreements_by_party(
    nations: Iterable[str], agreements: Iterable[AgreementTrust]
) -> dict[str, tuple[AgreementTrust, ...]]:
    """Each nation's agreements; those that every party agreed to first, for a decision takes the first."""
    ordered = sorted(
        agreements,
        key=lambda each: (each.obstacle is not None, each.agreement.id, each.agreement.version, each.digest),
    )
    return {name: tuple(each for each in ordered if name in each.parties) for name in nations}
