"""`entente gateway backup`: a copy of a gateway for safe keeping, while it runs."""

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bus.keystore import KeyFileError, NationKeys, read_secret, write_secret
from bus.protocol.errors import TrustError
from bus.store.copying import copy_store, identity_of, look_into
from bus.store.errors import StoreError
from bus.store.migrations import FORMAT
from bus.trust_bundle import write_bundle
from entente.backup_files import KEYS, MANIFEST, REALM_ID, TRUST, Manifest, write_manifest
from entente.gateway_store import record_in
from entente.terminal import CommandFailed, say, write_json
from gateways.evidence import Evidence
from gateways.store_file import STORE_FILE
from schemas.audit import AuditEvent

ACTOR = "entente gateway backup"
SPARE = 64 * 1024 * 1024
"""So much of the disk is left for others while a copy is made."""
StateDirOption = Annotated[
    Path, typer.Option(envvar="ENTENTE_GATEWAY_STATE_DIR", help="The gateway's state directory.")
]


def backup(
    target: Annotated[Path, typer.Argument(help="A directory that is not there yet.")],
    state_dir: StateDirOption,
    keys_file: Annotated[
        Path | None, typer.Option(envvar="ENTENTE_GATEWAY_KEYS_FILE", help="For --with-keys: the key file.")
    ] = None,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Copy the nation's private keys too: keep it as a secret.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifest.")] = False,
) -> None:
    """Copy a gateway's store and trust documents, consistently, whether the gateway runs or not."""
    source, now = state_dir / STORE_FILE, datetime.now(UTC)
    if not source.is_file():
        raise CommandFailed(f"{state_dir} holds no store ({STORE_FILE})")
    _is_free(target)
    if not target.parent.is_dir():
        raise CommandFailed(f"{target.parent} is no directory")
    try:
        nation, realm, number = identity_of(source)
        keys = _keys_of(keys_file, nation, realm) if with_keys else None
        if number == FORMAT:
            _record(source, nation, realm, now, with_keys=with_keys)
        else:
            say(f"the store is of the older format {number}: it is copied as it is, without an audit record")
        manifest = _written(target, source, keys, now)
    except (StoreError, KeyFileError, TrustError) as error:
        raise CommandFailed(str(error)) from error
    except OSError as error:
        raise CommandFailed(f"{target} cannot be written: {error.strerror}") from error
    if as_json:
        write_json(manifest.model_dump(mode="json"))
        return
    octets = sum(file.octets for file in manifest.files)
    say(f"backup of {nation} of {now:%Y-%m-%d %H:%M:%S}Z in {target}: {octets} bytes, {MANIFEST} names them")
    say("keep it as a secret" if with_keys else "keep it as what it holds: every message, in plain text")


def _is_free(target: Path) -> None:
    if os.path.lexists(target):
        raise CommandFailed(f"{target} is there already: give a new name, nothing is written over")


def _keys_of(keys_file: Path | None, nation: str, realm: str) -> bytes:
    if keys_file is None:
        raise CommandFailed("--with-keys needs --keys-file")
    keys = NationKeys.load(keys_file)
    if (keys.nation, keys.realm) != (nation, realm):
        raise CommandFailed(f"{keys_file} is not the key file of this store's nation and realm")
    return read_secret(keys_file)


def _record(source: Path, nation: str, realm: str, now: datetime, *, with_keys: bool) -> None:
    """Before the copy, so that it is in it too: a whole store that leaves is an act."""
    evidence = Evidence(nation, ACTOR, now, os.urandom)
    evidence.add(AuditEvent.STORE_COPIED, state="with-keys" if with_keys else "without-keys")
    record_in(source, nation, realm, evidence.write)


def _written(target: Path, source: Path, keys: bytes | None, now: datetime) -> Manifest:
    """Everything is written beside, the manifest last, and gets its name when it is whole and on disk."""
    draft = Path(tempfile.mkdtemp(prefix=f".{target.name}.unfinished-", dir=target.parent))
    try:
        _has_room(draft, source)
        copy_store(source, draft / STORE_FILE)
        contents = look_into(draft / STORE_FILE)
        _write(draft / REALM_ID, contents.realm.encode("ascii") + b"\n")
        if contents.trust:
            write_bundle(draft / TRUST, contents.trust)
        if keys is not None:
            write_secret(draft / KEYS, keys)
        manifest = write_manifest(draft, contents, now)
        _sync(draft)
        _is_free(target)
        draft.rename(target)
        _sync(target.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return manifest


def _has_room(target: Path, source: Path) -> None:
    """A disk that the copy fills may be the one that the gateway writes to. Raises CommandFailed."""
    wanted = sum(path.stat().st_size for path in (source, _log_of(source)) if path.exists())
    if shutil.disk_usage(target).free < wanted + SPARE:
        raise CommandFailed(f"no room for the copy: {wanted} bytes, and {SPARE} that stay free")


def _log_of(store: Path) -> Path:
    return store.with_name(f"{store.name}-wal")


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
