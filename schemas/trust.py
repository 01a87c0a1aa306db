"""Trust documents (design 10): realm root, nation record, keys, agreements, communities, snapshot.

Every document travels as a DSSE envelope over its exact bytes. The realm root is signed by k of n realm
root keys and its version 1 names the realm; a nation record is signed by that nation's offline root key;
agreements, communities, classification policies and equivalences by the realm root keys; the snapshot,
which says what is current, by the realm's snapshot key (TUF's root, targets and snapshot roles). Agreements
that nations make among themselves are signed by the party that proposes them, acts on agreements by the party
that acts, both with an online message key; no snapshot lists these.
"""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from schemas.agreement import Agreement, AgreementAct
from schemas.base import (
    Digest,
    FirstVersion,
    KeyId,
    Nation,
    ShortText,
    Statement,
    TitleText,
    UtcTime,
    Version,
    unique,
)
from schemas.classification import ClassificationPolicy, Equivalence
from schemas.community import Community
from schemas.header import Mode

Base64Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]+={0,2}$", max_length=8192)]
BrokerUser = Annotated[str, StringConstraints(pattern=r"^U[A-Z2-7]{55}$")]


class SignSuite(StrEnum):
    """Signing suites; a suite belongs to a key in the trust store, never to a message."""

    STANDARD = "standard"
    HYBRID = "hybrid"
    CNSA2 = "cnsa2"


class SealSuite(StrEnum):
    """Sealing suites (HPKE, RFC 9180, with post-quantum KEMs)."""

    SEAL_1 = "seal-1"
    SEAL_2 = "seal-2"


class KeyUse(StrEnum):
    """What a nation's online key is for; a key has exactly one use."""

    MESSAGE = "message"
    RECEIPT = "receipt"
    SEAL = "seal"
    CHECKPOINT = "checkpoint"


class AuthorityKey(Statement):
    """A realm root, snapshot or nation root key (offline or authority keys; they never sign messages)."""

    kid: KeyId
    suite: SignSuite
    public_key: Base64Key


class NationEntry(Statement):
    """A nation's seat in the realm: which offline root key signs its records."""

    nation: Nation
    root_key: AuthorityKey


class RealmRoot(Statement):
    """The realm's root of trust. The digest of version 1's exact bytes is the realm id."""

    type: Literal["realm_root"]
    v: FirstVersion
    name: TitleText
    version: Version
    realm: Digest | None = None
    previous: Digest | None = None
    issued_at: UtcTime
    threshold: Annotated[int, Field(ge=1, le=32)]
    root_keys: Annotated[tuple[AuthorityKey, ...], Field(min_length=1, max_length=32)]
    snapshot_keys: Annotated[tuple[AuthorityKey, ...], Field(min_length=1, max_length=8)]
    nations: Annotated[tuple[NationEntry, ...], Field(max_length=300)]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if (self.version == 1) != (self.realm is None) or (self.version == 1) != (self.previous is None):
            raise PydanticCustomError("root_version", "realm and previous are given from version 2 on")
        if self.threshold > len(self.root_keys):
            raise PydanticCustomError("threshold", "the threshold is above the number of root keys")
        unique(tuple(key.kid for key in self.root_keys))
        unique(tuple(entry.nation for entry in self.nations))
        return self


class KeyEntry(Statement):
    """One online key of a nation. ``public_key`` is base64 of the suite's raw public key."""

    kid: KeyId
    use: KeyUse
    modes: Annotated[tuple[Mode, ...], Field(min_length=1), AfterValidator(unique)]
    suite: SignSuite | SealSuite
    public_key: Base64Key
    not_before: UtcTime
    not_after: UtcTime
    revoked_at: UtcTime | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.not_after <= self.not_before:
            raise PydanticCustomError("time_order", "not_after is not after not_before")
        if (self.use is KeyUse.SEAL) != isinstance(self.suite, SealSuite):
            raise PydanticCustomError(
                "key_suite", "a seal key has a seal suite, every other key a sign suite"
            )
        return self


class NationRecord(Statement):
    """What a nation says of itself: its online keys and its broker user. Versions chain by digest.

    ``policy``, if given, is the classification policy its people read others' levels in; it permits nothing.
    """

    type: Literal["nation_record"]
    v: FirstVersion
    realm: Digest
    nation: Nation
    version: Version
    previous: Digest | None = None
    issued_at: UtcTime
    display_name: TitleText
    policy: ShortText | None = None
    broker_user: BrokerUser
    keys: Annotated[tuple[KeyEntry, ...], Field(max_length=64)]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if (self.version == 1) != (self.previous is None):
            raise PydanticCustomError("record_version", "previous is given from version 2 on")
        unique(tuple(key.kid for key in self.keys))
        return self


class NationStatus(StrEnum):
    """A nation's standing in the realm, as the snapshot says."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class SnapshotNation(Statement):
    """The current record of one nation."""

    nation: Nation
    status: NationStatus
    version: Version
    digest: Digest


class DocumentType(StrEnum):
    """Realm-signed documents that a snapshot lists."""

    AGREEMENT = "agreement"
    COMMUNITY = "community"
    CLASSIFICATION_POLICY = "classification_policy"
    EQUIVALENCE = "equivalence"


class SnapshotDocument(Statement):
    """A current realm-signed document."""

    type: DocumentType
    id: Annotated[str, Field(max_length=128)]
    version: Version
    digest: Digest


ObjectiveSeconds = Annotated[int, Field(ge=30, le=30 * 24 * 3600)] | None


class DeliveryObjectives(Statement):
    """How long a message may take to every recipient's gateway, by precedence; absent: what is usual."""

    flash_seconds: ObjectiveSeconds = None
    immediate_seconds: ObjectiveSeconds = None
    priority_seconds: ObjectiveSeconds = None
    routine_seconds: ObjectiveSeconds = None


class Snapshot(Statement):
    """What is current in the realm; its ``version`` is the trust version that deliveries name."""

    type: Literal["snapshot"]
    v: FirstVersion
    realm: Digest
    version: Version
    root_version: Version
    issued_at: UtcTime
    expires_at: UtcTime
    nations: Annotated[tuple[SnapshotNation, ...], Field(max_length=300)]
    documents: Annotated[tuple[SnapshotDocument, ...], Field(max_length=2000)]
    objectives: DeliveryObjectives | None = None

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.expires_at <= self.issued_at:
            raise PydanticCustomError("time_order", "expires_at is not after issued_at")
        unique(tuple(entry.nation for entry in self.nations))
        unique(tuple((entry.type, entry.id) for entry in self.documents))
        return self


TrustDocument = (
    RealmRoot
    | NationRecord
    | Agreement
    | AgreementAct
    | Community
    | ClassificationPolicy
    | Equivalence
    | Snapshot
)

DOCUMENT_MODELS: dict[str, type[TrustDocument]] = {
    f"application/vnd.entente.{name}.v1+json": model
    for name, model in (
        ("realm-root", RealmRoot),
        ("nation-record", NationRecord),
        ("agreement", Agreement),
        ("agreement-act", AgreementAct),
        ("community", Community),
        ("classification-policy", ClassificationPolicy),
        ("equivalence", Equivalence),
        ("snapshot", Snapshot),
    )
}
"""DSSE payload type of each trust document."""

PAYLOAD_TYPES: dict[type[TrustDocument], str] = {model: name for name, model in DOCUMENT_MODELS.items()}
MAX_TRUST_DOCUMENT_BYTES = 256 * 1024
