"""Making and signing trust documents: the offices of the realm and of each nation (design 10).

Everything here runs where the offline keys are, never in a gateway. Clock and randomness are passed in, so
that the same inputs give the same documents (ML-DSA signatures differ: they are hedged). A `Realm` holds what
is in force as signed bytes and returns the next state; it holds no secret, every act takes the keys it needs.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from bus.protocol.signing import PrivateSigningKey, Signer, sign_envelope
from bus.protocol.suites import SIGN_SUITES
from bus.protocol.trust import TrustStore
from bus.protocol.trust_documents import digest_of, read_document
from schemas.agreement import Agreement, AgreementAct
from schemas.classification import ClassificationPolicy, Equivalence
from schemas.community import Community
from schemas.trust import (
    PAYLOAD_TYPES,
    AuthorityKey,
    DeliveryObjectives,
    DocumentType,
    NationEntry,
    NationRecord,
    NationStatus,
    RealmRoot,
    Snapshot,
    SnapshotDocument,
    SnapshotNation,
    TrustDocument,
)

Randomness = Callable[[int], bytes]
RealmDocument = Agreement | Community | ClassificationPolicy | Equivalence
DocT = TypeVar("DocT", bound=TrustDocument)
DocT_co = TypeVar("DocT_co", bound=TrustDocument, covariant=True)

SNAPSHOT_LIFETIME = timedelta(days=30)


class AuthorityError(Exception):
    """An act that the realm's state or the keys at hand do not allow."""


@dataclass(frozen=True)
class Issued(Generic[DocT_co]):
    """A document as it was signed: `digest` is of the exact payload bytes, `envelope` the DSSE encoding."""

    document: DocT_co
    digest: str
    envelope: bytes


@dataclass(frozen=True)
class RealmKeys:
    """The realm's secrets: `threshold` root keys sign for it, the snapshot key says what is current."""

    root: tuple[PrivateSigningKey, ...]
    threshold: int
    snapshot: PrivateSigningKey

    @classmethod
    def generate(cls, suite: str, *, threshold: int, of: int, randomness: Randomness) -> "RealmKeys":
        """`of` new root keys and a snapshot key. AuthorityError when the threshold is not within 1..of."""
        if not 1 <= threshold <= of:
            raise AuthorityError("the threshold lies between 1 and the number of root keys")
        return cls(
            tuple(new_signing_key(suite, randomness) for _ in range(of)),
            threshold,
            new_signing_key(suite, randomness),
        )


def new_signing_key(suite: str, randomness: Randomness) -> PrivateSigningKey:
    """A sign key whose seeds are drawn from `randomness`."""
    return PrivateSigningKey.from_private_bytes(suite, randomness(SIGN_SUITES[suite].private_length))


def authority_key(key: PrivateSigningKey) -> AuthorityKey:
    """The public half of a root or snapshot key, as documents carry it."""
    public = base64.b64encode(key.public_bytes).decode("ascii")
    return AuthorityKey.model_validate_json(
        f'{{"kid":"{key.kid}","suite":"{key.suite}","public_key":"{public}"}}'
    )


def issue(document: DocT, signers: Sequence[Signer]) -> Issued[DocT]:
    """Encode and sign a document."""
    payload = document.encode()
    payload_types: Mapping[type, str] = PAYLOAD_TYPES
    envelope = sign_envelope(payload_types[type(document)], payload, signers)
    return Issued(document, digest_of(payload), envelope.encode())


@dataclass(frozen=True)
class Realm:
    """What is in force: every root, the current one of the rest; `snapshot` is None only while founding.

    `acts` are nations' own, on the agreements that the realm signed: no snapshot lists them. `objectives`:
    how long messages may take, where that is not as usual.
    """

    id: str
    roots: tuple[Issued[RealmRoot], ...]
    records: Mapping[str, Issued[NationRecord]] = field(default_factory=dict)
    statuses: Mapping[str, NationStatus] = field(default_factory=dict)
    documents: Mapping[tuple[DocumentType, str], Issued[RealmDocument]] = field(default_factory=dict)
    snapshot: Issued[Snapshot] | None = None
    acts: tuple[Issued[AgreementAct], ...] = ()
    objectives: DeliveryObjectives | None = None

    @classmethod
    def found(
        cls,
        name: str,
        nation_roots: Mapping[str, AuthorityKey],
        keys: RealmKeys,
        *,
        now: datetime,
    ) -> "Realm":
        """Version 1 of a realm root; its digest is the realm's id. Records, documents and snapshot follow."""
        root = _root(name, 1, nation_roots, keys, now)
        issued = issue(root, keys.root)
        return cls(id=issued.digest, roots=(issued,))

    @classmethod
    def read(cls, trust: TrustStore) -> "Realm":
        """The state that a verified trust store describes."""
        roots: list[Issued[RealmRoot]] = []
        records: dict[str, Issued[NationRecord]] = {}
        documents: dict[tuple[DocumentType, str], Issued[RealmDocument]] = {}
        snapshot: Issued[Snapshot] | None = None
        acts: list[Issued[AgreementAct]] = []
        for signed in map(read_document, trust.envelopes):
            match signed.document:
                case RealmRoot() as root:
                    roots.append(Issued(root, signed.digest, signed.encoded))
                case NationRecord() as record:
                    records[record.nation] = Issued(record, signed.digest, signed.encoded)
                case Snapshot() as listed:
                    snapshot = Issued(listed, signed.digest, signed.encoded)
                case AgreementAct() as act:
                    acts.append(Issued(act, signed.digest, signed.encoded))
                case Agreement(proposed_by=str()):
                    pass  # between its parties only, no document of the realm
                case document:
                    slot = DocumentType(document.type), document.id
                    documents[slot] = Issued(document, signed.digest, signed.encoded)
        roots.sort(key=lambda issued: issued.document.version)
        statuses = {nation: trusted.status for nation, trusted in trust.nations.items()}
        return cls(
            trust.realm,
            tuple(roots),
            records,
            statuses,
            documents,
            snapshot,
            tuple(acts),
            trust.snapshot.objectives,
        )

    @property
    def root(self) -> RealmRoot:
        """The realm root in force."""
        return self.roots[-1].document

    @property
    def envelopes(self) -> tuple[bytes, ...]:
        """The public bundle: every realm root, then what the snapshot names, acts, then the snapshot."""
        issued: list[Issued[TrustDocument]] = [*self.roots, *self.records.values(), *self.documents.values()]
        issued += self.acts
        if self.snapshot is not None:
            issued.append(self.snapshot)
        return tuple(entry.envelope for entry in issued)

    def with_record(self, record: Issued[NationRecord]) -> "Realm":
        """Take a nation's next record in (in force with the next snapshot).

        AuthorityError when it is not the next version or not of this realm.
        """
        nation = record.document.nation
        held = self.records.get(nation)
        expected = (1, None) if held is None else (held.document.version + 1, held.digest)
        if (record.document.version, record.document.previous) != expected:
            raise AuthorityError(f"the record of {nation} does not follow the one in force")
        if record.document.realm != self.id or nation not in {entry.nation for entry in self.root.nations}:
            raise AuthorityError(f"{nation} has no seat in this realm, or the record is of another one")
        statuses = {nation: NationStatus.ACTIVE, **self.statuses}
        return replace(self, records={**self.records, nation: record}, statuses=statuses)

    def with_document(self, document: RealmDocument, keys: RealmKeys) -> "Realm":
        """Sign an agreement, community, policy or equivalence; a known id needs the next version.

        AuthorityError otherwise.
        """
        slot = DocumentType(document.type), document.id
        held = self.documents.get(slot)
        if document.realm != self.id or document.version != (held.document.version + 1 if held else 1):
            raise AuthorityError(f"{document.type} {document.id} is of another realm or not the next version")
        return replace(self, documents={**self.documents, slot: issue(document, keys.root)})

    def without_document(self, kind: DocumentType, document_id: str) -> "Realm":
        """Take a document out of force with the next snapshot. AuthorityError when there is none."""
        if (kind, document_id) not in self.documents:
            raise AuthorityError(f"there is no {kind} {document_id}")
        return replace(
            self,
            documents={slot: held for slot, held in self.documents.items() if slot != (kind, document_id)},
        )

    def with_status(self, nation: str, status: NationStatus) -> "Realm":
        """Suspend a nation or let it act again, from the next snapshot on. AuthorityError when unknown."""
        if nation not in self.records:
            raise AuthorityError(f"the realm has no record of {nation}")
        return replace(self, statuses={**self.statuses, nation: status})

    def with_objectives(self, objectives: DeliveryObjectives | None) -> "Realm":
        """Lay down how long messages may take, from the next snapshot on; where nothing is said, as usual."""
        stated = objectives is not None and objectives.model_dump(exclude_none=True)
        return replace(self, objectives=objectives if stated else None)

    def with_next_root(
        self,
        keys: RealmKeys,
        previous_keys: RealmKeys,
        *,
        nation_roots: Mapping[str, AuthorityKey],
        now: datetime,
    ) -> "Realm":
        """The next realm root: other keys, other seats. Old and new root keys sign it (TUF's rule)."""
        version = self.root.version + 1
        root = _root(self.root.name, version, nation_roots, keys, now, self.id, self.roots[-1].digest)
        signers = {key.kid: key for key in (*previous_keys.root, *keys.root)}
        kept = {nation: record for nation, record in self.records.items() if nation in nation_roots}
        statuses = {nation: status for nation, status in self.statuses.items() if nation in kept}
        roots = (*self.roots, issue(root, tuple(signers.values())))
        return replace(self, roots=roots, records=kept, statuses=statuses)

    def snapshotted(
        self, snapshot_key: PrivateSigningKey, *, now: datetime, lifetime: timedelta = SNAPSHOT_LIFETIME
    ) -> "Realm":
        """Put everything taken in into force: the next snapshot, whose number is the trust version."""
        snapshot = Snapshot(
            type="snapshot",
            v=1,
            realm=self.id,
            version=self.snapshot.document.version + 1 if self.snapshot else 1,
            root_version=self.root.version,
            issued_at=now,
            expires_at=now + lifetime,
            nations=tuple(
                SnapshotNation(
                    nation=nation,
                    status=self.statuses[nation],
                    version=record.document.version,
                    digest=record.digest,
                )
                for nation, record in sorted(self.records.items())
            ),
            documents=tuple(
                SnapshotDocument(type=kind, id=name, version=held.document.version, digest=held.digest)
                for (kind, name), held in sorted(self.documents.items())
            ),
            objectives=self.objectives,
        )
        return replace(self, snapshot=issue(snapshot, (snapshot_key,)))


def _root(
    name: str,
    version: int,
    nation_roots: Mapping[str, AuthorityKey],
    keys: RealmKeys,
    now: datetime,
    realm: str | None = None,
    previous: str | None = None,
) -> RealmRoot:
    return RealmRoot(
        type="realm_root",
        v=1,
        name=name,
        version=version,
        realm=realm,
        previous=previous,
        issued_at=now,
        threshold=keys.threshold,
        root_keys=tuple(authority_key(key) for key in keys.root),
        snapshot_keys=(authority_key(keys.snapshot),),
        nations=tuple(
            NationEntry(nation=nation, root_key=key) for nation, key in sorted(nation_roots.items())
        ),
    )
