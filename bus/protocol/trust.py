"""The trust store: what a gateway believes of its realm, built only from verified documents (design 10).

It starts from one pinned value, the realm id, and is immutable: a change yields another store. The pattern
is TUF's trusted metadata set: each document is verified with what is already trusted before it is used.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from bus.protocol.agreements import (
    AgreementBook,
    agreements_by_party,
    assemble,
    current_versions,
    is_paper,
)
from bus.protocol.errors import TrustError, TrustIncompleteError
from bus.protocol.standings import AgreementTrust
from bus.protocol.trust_chain import check_no_rollback, newest_snapshot, root_chain, snapshot_of
from bus.protocol.trust_documents import (
    SignedDocument,
    read_document,
    verify_record,
    verify_threshold,
)
from schemas.agreement import Agreement
from schemas.classification import ClassificationPolicy, Equivalence
from schemas.community import Community
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.trust import (
    KeyEntry,
    KeyUse,
    NationRecord,
    NationStatus,
    RealmRoot,
    Snapshot,
    SnapshotDocument,
    SnapshotNation,
)


@dataclass(frozen=True, slots=True)
class NationTrust:
    """One nation as the current snapshot and its own current record describe it."""

    nation: str
    status: NationStatus
    record: NationRecord
    digest: str
    keys: Mapping[str, KeyEntry]


def key_status(entry: KeyEntry, now: datetime) -> ReasonCode | None:
    """Why the key can't be relied on at ``now``, or None when it can.

    A revocation counts from when it is known, whatever its date: the date is the holder's claim.
    """
    if entry.revoked_at is not None:
        return ReasonCode.KEY_REVOKED
    if now < entry.not_before:
        return ReasonCode.KEY_NOT_YET_VALID
    if now >= entry.not_after:
        return ReasonCode.KEY_EXPIRED
    return None


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Everything the realm says at one trust version. Make one with ``open`` and ``updated``."""

    realm: str
    root: RealmRoot
    snapshot: Snapshot
    snapshot_digest: str
    nations: Mapping[str, NationTrust]
    agreements: Mapping[str, AgreementTrust]
    """By id the version that counts; ``book`` has every version by digest."""
    communities: Mapping[str, Community]
    policies: Mapping[str, ClassificationPolicy]
    equivalences: tuple[Equivalence, ...]
    agreements_of: Mapping[str, tuple[AgreementTrust, ...]]
    ranks: Mapping[str, Mapping[str, int]]
    envelopes: tuple[bytes, ...]
    book: AgreementBook
    generation: int = field(default=0, compare=False)
    """Which change of a gateway's trust this is, counted by the gateway; 0 for none yet."""

    @classmethod
    def open(cls, realm: str, envelopes: Iterable[bytes]) -> "TrustStore":
        """Build the store from documents and the pinned realm id (``sha256:<hex>``).

        Raises TrustError: TRUST_WRONG_REALM, TRUST_SIGNATURE, TRUST_FORK, TRUST_INCOMPLETE, TRUST_MALFORMED.
        """
        papers: list[SignedDocument] = []
        documents: dict[str, SignedDocument] = {}
        for signed in map(read_document, dict.fromkeys(envelopes)):
            if is_paper(signed):
                papers.append(signed)
            else:
                documents[signed.digest] = signed
        roots = root_chain(realm, documents)
        root = roots[-1].document
        assert isinstance(root, RealmRoot)
        return _assemble(realm, roots, root, newest_snapshot(realm, root, documents), documents, papers)

    def updated(self, envelopes: Iterable[bytes]) -> "TrustStore":
        """The store after these documents, which may repeat known ones; ``self`` when nothing is newer.

        Raises TrustError; TRUST_ROLLBACK and TRUST_FORK when a document contradicts what is in force.
        """
        known = frozenset(self.envelopes)
        news = [read_document(envelope) for envelope in dict.fromkeys(envelopes) if envelope not in known]
        if not news:
            return self
        if all(map(is_paper, news)):
            return self._with_papers(news)
        newer = TrustStore.open(self.realm, (*self.envelopes, *(signed.encoded for signed in news)))
        if newer.snapshot_digest == self.snapshot_digest and newer.root == self.root:
            return self if newer.book.envelopes == self.book.envelopes else newer
        if newer.snapshot.version < self.snapshot.version:
            raise TrustError(ReasonCode.TRUST_ROLLBACK, "the snapshot is older than the one in force")
        check_no_rollback(self, newer)
        return newer

    def _with_papers(self, news: Iterable[SignedDocument]) -> "TrustStore":
        """The store with more papers; ``self`` when they change nothing. The realm's documents stay."""
        book = self.book
        listed = [(each.agreement, each.digest) for each in book.by_digest.values() if each.encoded is None]
        keys = {name: nation.keys for name, nation in self.nations.items()}
        verified = frozenset(book.envelopes) - {signed.encoded for signed in book.waiting}
        newer = assemble(self.realm, listed, (*book.papers, *news), keys, verified)
        if newer.envelopes == book.envelopes:
            return self
        return replace(
            self,
            agreements=MappingProxyType(current_versions(newer.by_digest.values())),
            agreements_of=MappingProxyType(agreements_by_party(self.nations, newer.by_digest.values())),
            envelopes=(*self.envelopes[: -len(book.envelopes) or None], *newer.envelopes),
            book=newer,
        )

    @property
    def trust_version(self) -> int:
        """The snapshot's number, which deliveries name."""
        return self.snapshot.version

    @property
    def expires_at(self) -> datetime:
        """When this snapshot goes stale."""
        return self.snapshot.expires_at

    def stale(self, now: datetime, grace: timedelta = timedelta(0)) -> bool:
        """Whether release and admission must wait for a fresh snapshot."""
        return now >= self.snapshot.expires_at + grace

    def holder_of(self, kid: str) -> str | None:
        """A nation whose record lists this key id, for telling a foreign key from an unknown one."""
        return next((name for name, nation in self.nations.items() if kid in nation.keys), None)

    def current_key(self, nation: str, use: KeyUse, mode: Mode, now: datetime) -> KeyEntry:
        """The newest key of ``nation`` for this use and mode that can be relied on at ``now``.

        Raises TrustError NATION_UNKNOWN or KEY_UNKNOWN.
        """
        trusted = self.nations.get(nation)
        if trusted is None:
            raise TrustError(ReasonCode.NATION_UNKNOWN, f"the realm does not know {nation}")
        usable = [
            entry
            for entry in trusted.record.keys
            if entry.use is use and mode in entry.modes and key_status(entry, now) is None
        ]
        if not usable:
            raise TrustError(
                ReasonCode.KEY_UNKNOWN, f"{nation} has no {use.value} key in force for mode {mode.value}"
            )
        return max(usable, key=lambda entry: (entry.not_before, entry.kid))


def _assemble(
    realm: str,
    roots: tuple[SignedDocument, ...],
    root: RealmRoot,
    signed_snapshot: SignedDocument,
    documents: Mapping[str, SignedDocument],
    papers: Iterable[SignedDocument],
) -> TrustStore:
    snapshot = snapshot_of(signed_snapshot)
    used = [*roots, signed_snapshot]
    nations = {}
    for entry in snapshot.nations:
        signed = _listed(documents, entry.digest)
        nations[entry.nation] = _nation(realm, root, entry, signed)
        used.append(signed)
    agreements: list[tuple[Agreement, str]] = []
    communities: dict[str, Community] = {}
    policies: dict[str, ClassificationPolicy] = {}
    equivalences: list[Equivalence] = []
    for listed in snapshot.documents:
        signed = _listed(documents, listed.digest)
        match _realm_document(realm, root, listed, signed):
            case Agreement() as agreement:
                agreements.append((agreement, signed.digest))
            case Community() as community:
                communities[community.id] = community
            case ClassificationPolicy() as policy:
                policies[policy.id] = policy
            case Equivalence() as equivalence:
                equivalences.append(equivalence)
        used.append(signed)
    book = assemble(realm, agreements, papers, {name: nation.keys for name, nation in nations.items()})
    return TrustStore(
        realm=realm,
        root=root,
        snapshot=snapshot,
        snapshot_digest=signed_snapshot.digest,
        nations=MappingProxyType(nations),
        agreements=MappingProxyType(current_versions(book.by_digest.values())),
        communities=MappingProxyType(communities),
        policies=MappingProxyType(policies),
        equivalences=tuple(equivalences),
        agreements_of=MappingProxyType(agreements_by_party(nations, book.by_digest.values())),
        ranks=MappingProxyType(
            {
                policy.id: MappingProxyType({level.classification: level.rank for level in policy.levels})
                for policy in policies.values()
            }
        ),
        envelopes=(*dict.fromkeys(signed.encoded for signed in used), *book.envelopes),
        book=book,
    )


def _listed(documents: Mapping[str, SignedDocument], digest: str) -> SignedDocument:
    signed = documents.get(digest)
    if signed is None:
        raise TrustIncompleteError(
            ReasonCode.TRUST_INCOMPLETE, "the snapshot lists a document that is not there"
        )
    return signed


def _nation(realm: str, root: RealmRoot, listed: SnapshotNation, signed: SignedDocument) -> NationTrust:
    record = signed.document
    seat = next((entry for entry in root.nations if entry.nation == listed.nation), None)
    if seat is None:
        raise TrustError(ReasonCode.TRUST_SIGNATURE, f"the realm root gives no seat to {listed.nation}")
    if not isinstance(record, NationRecord) or (record.nation, record.version) != (
        listed.nation,
        listed.version,
    ):
        raise TrustError(ReasonCode.TRUST_MALFORMED, f"the record listed for {listed.nation} is another one")
    if record.realm != realm:
        raise TrustError(ReasonCode.TRUST_WRONG_REALM, f"the record of {record.nation} is of another realm")
    verify_record(signed, seat)
    keys = MappingProxyType({entry.kid: entry for entry in record.keys})
    return NationTrust(record.nation, listed.status, record, signed.digest, keys)


def _realm_document(
    realm: str, root: RealmRoot, listed: SnapshotDocument, signed: SignedDocument
) -> Agreement | Community | ClassificationPolicy | Equivalence:
    document = signed.document
    if not isinstance(document, Agreement | Community | ClassificationPolicy | Equivalence) or (
        document.type,
        document.id,
        document.version,
    ) != (listed.type.value, listed.id, listed.version):
        raise TrustError(ReasonCode.TRUST_MALFORMED, f"the document listed as {listed.id} is another one")
    if is_paper(signed):
        raise TrustError(ReasonCode.TRUST_MALFORMED, f"{listed.id} is a nation's proposal, not the realm's")
    if document.realm != realm:
        raise TrustError(ReasonCode.TRUST_WRONG_REALM, f"{listed.id} is of another realm")
    verify_threshold(signed, root.root_keys, root.threshold)
    return document
