"""Which realm root and snapshot count: the chain from the pinned realm id, the highest version."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bus.protocol.errors import TrustError
from bus.protocol.trust_documents import SignedDocument, verify_root, verify_snapshot
from schemas.reasons import ReasonCode
from schemas.trust import RealmRoot, Snapshot

if TYPE_CHECKING:
    from bus.protocol.trust import TrustStore


def root_chain(realm: str, documents: Mapping[str, SignedDocument]) -> tuple[SignedDocument, ...]:
    """The realm roots from version 1 (its digest is the realm id) to the newest, each signed by the last."""
    first = documents.get(realm)
    if first is None or not isinstance(first.document, RealmRoot) or first.document.version != 1:
        raise TrustError(ReasonCode.TRUST_WRONG_REALM, "version 1 of the pinned realm's root is not there")
    verify_root(first, first.document, None)
    chain, current = [first], first.document
    while True:
        successors = []
        for signed in documents.values():
            root = signed.document
            if not isinstance(root, RealmRoot) or root.version != current.version + 1:
                continue
            if root.realm == realm and root.previous == chain[-1].digest:
                verify_root(signed, root, current)
                successors.append(signed)
        if not successors:
            return tuple(chain)
        if len(successors) > 1:
            raise TrustError(ReasonCode.TRUST_FORK, f"two realm roots of version {current.version + 1}")
        successor = successors[0].document
        assert isinstance(successor, RealmRoot)
        chain.append(successors[0])
        current = successor


def newest_snapshot(realm: str, root: RealmRoot, documents: Mapping[str, SignedDocument]) -> SignedDocument:
    """The snapshot of the highest version; it alone must verify, for older ones may bear a replaced key."""
    snapshots = [signed for signed in documents.values() if isinstance(signed.document, Snapshot)]
    if not snapshots:
        raise TrustError(ReasonCode.TRUST_INCOMPLETE, "no snapshot is there")
    highest = max(snapshot_of(signed).version for signed in snapshots)
    newest = [signed for signed in snapshots if snapshot_of(signed).version == highest]
    for signed in newest:
        snapshot = snapshot_of(signed)
        if snapshot.realm != realm:
            raise TrustError(ReasonCode.TRUST_WRONG_REALM, "a snapshot belongs to another realm")
        if snapshot.root_version > root.version:
            raise TrustError(ReasonCode.TRUST_INCOMPLETE, "a snapshot rests on a realm root not yet seen")
        verify_snapshot(signed, root)
    if len(newest) > 1:
        raise TrustError(ReasonCode.TRUST_FORK, f"two snapshots of version {highest}")
    return newest[0]


def snapshot_of(signed: SignedDocument) -> Snapshot:
    """The document as the snapshot it is."""
    assert isinstance(signed.document, Snapshot)
    return signed.document


def check_no_rollback(old: "TrustStore", new: "TrustStore") -> None:
    """No listed document may go back in version, or keep its version and change bytes. Raises TrustError."""
    known_versions = {
        ("nation", entry.nation): (entry.version, entry.digest) for entry in old.snapshot.nations
    } | {(entry.type.value, entry.id): (entry.version, entry.digest) for entry in old.snapshot.documents}
    listed = [(("nation", entry.nation), entry.version, entry.digest) for entry in new.snapshot.nations]
    listed += [
        ((entry.type.value, entry.id), entry.version, entry.digest) for entry in new.snapshot.documents
    ]
    for name, version, digest in listed:
        known = known_versions.get(name)
        if known is None:
            continue
        if version < known[0]:
            raise TrustError(ReasonCode.TRUST_ROLLBACK, f"{name[1]} goes back to version {version}")
        if version == known[0] and digest != known[1]:
            raise TrustError(ReasonCode.TRUST_FORK, f"two documents {name[1]} of version {version}")
    for nation, trusted in new.nations.items():
        before = old.nations.get(nation)
        if (
            before is not None
            and trusted.record.version == before.record.version + 1
            and trusted.record.previous != before.digest
        ):
            raise TrustError(
                ReasonCode.TRUST_FORK, f"the record of {nation} does not follow the one in force"
            )
