"""Where a founded realm lies on disk: what is public, what each nation gets, what goes offline.

DIR/realm-id                    the pinned realm id, to be compared out of band
DIR/trust/*.dsse.json           the public trust bundle
DIR/nations/<NATION>/keys.json  that nation's online keys (0600), for its gateway alone
DIR/offline/                    realm root, snapshot and nation root keys (0600): take them off this machine
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from bus.authority import Realm, RealmKeys
from bus.keystore import NationKeys
from bus.offline_keys import load_authority_key, save_authority_key
from bus.protocol.errors import TrustError
from bus.protocol.signing import PrivateSigningKey
from bus.protocol.trust import TrustStore
from bus.trust_bundle import read_bundle, write_bundle
from entente.founding import FoundedRealm
from schemas.reasons import ReasonCode

OFFLINE_README = """OFFLINE KEYS

These keys found and govern the realm. No gateway and no broker ever needs them.

realm-root-*.json   each for another holder; {threshold} of {count} sign realm roots, agreements and policies
snapshot-key.json   signs which documents are current; needed for every change
<NATION>-root.json  for that nation alone: signs its record (its online keys)

Move each file to its holder, on media that stay offline, then delete this directory.
Whoever holds the realm root keys together can found this realm anew; whoever holds a nation's
root key speaks for that nation.
"""


class RealmFilesError(Exception):
    """The directory cannot be written or does not hold what is looked for."""


class RealmFiles:
    """The layout above, rooted at `directory`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.realm_id_file = directory / "realm-id"
        self.trust_dir = directory / "trust"
        self.offline = directory / "offline"
        self.snapshot_key_file = self.offline / "snapshot-key.json"

    def keys_file(self, nation: str) -> Path:
        """A nation's online keys."""
        return self.directory / "nations" / nation / "keys.json"

    def nation_root_file(self, nation: str) -> Path:
        """A nation's offline root key."""
        return self.offline / f"{nation}-root.json"

    @property
    def exists(self) -> bool:
        """Whether a realm was completely written here."""
        return self.realm_id_file.exists()

    @contextlib.contextmanager
    def exclusively(self) -> Iterator[None]:
        """Keep other processes from changing the realm between reading its state and publishing the next.

        Two snapshots of one number would be a fork. RealmFilesError when the directory is not there.
        """
        try:
            descriptor = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise RealmFilesError(f"{self.directory} holds no realm ({error.strerror})") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def write_new(self, founded: FoundedRealm) -> None:
        """Write a founded realm; the realm id last, so that an interrupted writing shows.

        RealmFilesError when anything is in the directory already: nothing is ever overwritten.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o755)
            if any(self.directory.iterdir()):
                raise RealmFilesError(
                    f"{self.directory} is not empty; a realm is never written over anything"
                )
            self.offline.mkdir(mode=0o700)
            (self.directory / "nations").mkdir(mode=0o700)
            keys = founded.authority
            readme = OFFLINE_README.format(threshold=keys.threshold, count=len(keys.root))
            (self.offline / "README.txt").write_text(readme, encoding="utf-8")
            for number, key in enumerate(keys.root, 1):
                save_authority_key(
                    self.offline / f"realm-root-{number}.json",
                    key,
                    f"realm root key {number} of {len(keys.root)}",
                )
            save_authority_key(self.snapshot_key_file, keys.snapshot, "realm snapshot key")
            for nation, root in founded.nation_roots.items():
                save_authority_key(self.nation_root_file(nation), root, f"root key of {nation}")
                self.keys_file(nation).parent.mkdir(mode=0o700)
                founded.nation_keys[nation].save(self.keys_file(nation))
            write_bundle(self.trust_dir, founded.realm.envelopes)
            self.realm_id_file.write_text(founded.realm.id + "\n", encoding="ascii")
        except OSError as error:
            raise RealmFilesError(f"{error.filename or self.directory}: {error.strerror}") from error

    def realm_id(self) -> str:
        """The pinned realm id. RealmFilesError when there is none."""
        try:
            return self.realm_id_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeError):
            raise RealmFilesError(f"{self.directory} holds no realm (no readable realm-id)") from None

    def trust(self) -> TrustStore:
        """The trust store of the public bundle. TrustError or TrustBundleError when it is not acceptable.

        RealmFilesError when its documents are not such as this version reads.
        """
        try:
            return TrustStore.open(self.realm_id(), read_bundle(self.trust_dir))
        except TrustError as error:
            if error.code is not ReasonCode.TRUST_MALFORMED:
                raise
            raise RealmFilesError(
                f"{self.directory} holds documents that this version cannot read ({error}). If an earlier"
                " version founded the realm, keep using that version, or move the directory away and found"
                " the realm anew"
            ) from None

    def nation_keys(self, nation: str) -> NationKeys:
        """A nation's online keys. KeyFileError."""
        return NationKeys.load(self.keys_file(nation))

    def nation_root(self, nation: str) -> PrivateSigningKey:
        """A nation's offline root key, where it is at hand. KeyFileError."""
        return load_authority_key(self.nation_root_file(nation))

    def snapshot_key(self) -> PrivateSigningKey:
        """The realm's snapshot key, where it is at hand. KeyFileError."""
        return load_authority_key(self.snapshot_key_file)

    def realm_keys(self, threshold: int) -> RealmKeys:
        """The realm's root keys that are at hand, `threshold` or more, and its snapshot key. KeyFileError."""
        root = [load_authority_key(path) for path in sorted(self.offline.glob("realm-root-*.json"))]
        if len(root) < threshold:
            raise RealmFilesError(f"{threshold} realm root keys must sign, {len(root)} are in {self.offline}")
        return RealmKeys(tuple(root), threshold, self.snapshot_key())

    def publish(self, realm: Realm) -> TrustStore:
        """Add a realm's next state to the bundle, after judging it as every gateway will. TrustError."""
        trust = self.trust().updated(realm.envelopes)
        write_bundle(self.trust_dir, realm.envelopes)
        return trust
