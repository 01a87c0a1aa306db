"""`entente gateway restore`: a gateway goes back to a backup, without a serial being used twice."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bus.keystore import KeyFileError, NationKeys, read_secret, write_secret
from bus.store import epochs, operator_sessions, operators
from bus.store.copying import identity_of, look_into
from bus.store.errors import StoreError
from bus.store.writer import Transaction
from entente.backup_files import KEYS, Manifest, read_manifest
from entente.gateway_backup import StateDirOption
from entente.gateway_store import record_in
from entente.terminal import CommandFailed, say, write_json
from gateways.evidence import Evidence
from gateways.sole_process import StateInUseError, sole_process
from gateways.store_file import STORE_FILE
from schemas.audit import AuditEvent

ACTOR = "entente gateway restore"
SIDES = ("", "-wal", "-shm")


def restore(
    source: Annotated[Path, typer.Argument(help="A backup: the directory with its manifest.")],
    state_dir: StateDirOption,
    keys_file: Annotated[
        Path,
        typer.Option(envvar="ENTENTE_GATEWAY_KEYS_FILE", help="The nation's key file: whose it must be."),
    ],
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Put the key file of the backup in its place, too.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put aside the store that is there; it is kept beside.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Put a backup back in a stopped gateway's state directory. Start the gateway afterwards."""
    try:
        manifest = read_manifest(source)
        keys = _keys(source, manifest, keys_file, with_keys=with_keys)
        with sole_process(state_dir), _put_aside(state_dir, replace=replace) as aside:
            if aside is not None:
                _is_of(state_dir / STORE_FILE, manifest)
            epoch = _put_back(source, manifest, state_dir)
        if keys is not None:
            write_secret(keys_file, keys)
    except (StoreError, KeyFileError, StateInUseError) as error:
        raise CommandFailed(str(error)) from error
    except OSError as error:
        raise CommandFailed(f"{error.filename or state_dir}: {error.strerror}") from error
    partners = sorted({lane.partner for lane in (*manifest.lanes_in, *manifest.lanes_out)})
    if as_json:
        write_json(
            {
                "nation": manifest.nation,
                "made_at": f"{manifest.made_at:%Y-%m-%dT%H:%M:%SZ}",
                "lane_epoch": epoch,
                "partners": partners,
                "put_aside": None if aside is None else str(aside),
            }
        )
        return
    for line in _words(manifest, epoch, partners, aside):
        say(line)


def _words(manifest: Manifest, epoch: int, partners: list[str], aside: Path | None) -> list[str]:
    made = f"{manifest.made_at:%Y-%m-%d %H:%M:%S}Z"
    asked = ", ".join(partners) or "partners, when they are heard of"
    lines = [
        f"{manifest.nation} is back at {made}, in the new lane epoch {epoch}; start its gateway",
        f"asked again, by itself, for what came after {made}: {asked}. It comes with their next lane heads,"
        " ten minutes later at the latest; entente_alarm_gaps counts it down",
        f"not brought back: what this gateway accepted after {made}. Revoke again what was revoked since;"
        " every operator has to sign in anew",
    ]
    if aside is not None:
        lines.append(f"the store that was there lies in {aside}: delete it when it is not wanted any more")
    return lines


def _keys(source: Path, manifest: Manifest, keys_file: Path, *, with_keys: bool) -> bytes | None:
    """The key file to put in place, None for none. Whoever's keys they are, it is their store."""
    wanted = source / KEYS if with_keys else keys_file
    if with_keys and KEYS not in manifest.names:
        raise CommandFailed(f"{source} was made without keys")
    if with_keys and os.path.lexists(keys_file):
        raise CommandFailed(f"{keys_file} is there already: leave --with-keys out, or move it away")
    keys = NationKeys.load(wanted)
    if (keys.nation, keys.realm) != (manifest.nation, manifest.realm):
        raise CommandFailed(
            f"the backup is of {manifest.nation} in {manifest.realm}, the key file of {keys.nation} in "
            f"{keys.realm}"
        )
    return read_secret(wanted) if with_keys else None


@contextlib.contextmanager
def _put_aside(state_dir: Path, *, replace: bool) -> Iterator[Path | None]:
    """Give the store that is there, if any, a second place, before anybody opens it; taken back on failure.

    The first place is kept until the new store takes it: there is one at any time.
    """
    store = state_dir / STORE_FILE
    there = [path for path in (_side(store, side) for side in SIDES) if os.path.lexists(path)]
    if store not in there:
        yield None
        return
    if not replace:
        raise CommandFailed(f"{store} is there already: --replace puts it aside")
    aside = state_dir / f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
    aside.mkdir(mode=0o700)
    try:
        for path in there:
            os.link(path, aside / path.name)
        yield aside
    except BaseException:
        # Once the new store has its place, the other has none but this one.
        if store.samefile(aside / STORE_FILE):
            shutil.rmtree(aside, ignore_errors=True)
        raise


def _is_of(store: Path, manifest: Manifest) -> None:
    with contextlib.suppress(StoreError):  # one that cannot be read is what backups are for
        found = identity_of(store)[:2]
        if found != (manifest.nation, manifest.realm):
            raise CommandFailed(f"{store} is the store of {found[0]} in {found[1]}: not put aside for this")


def _put_back(source: Path, manifest: Manifest, state_dir: Path) -> int:
    """Make the new store ready beside, then put it in place; the epoch that it begins."""
    now = datetime.now(UTC)
    draft = state_dir / f".{STORE_FILE}.restoring"
    _remove(draft)
    try:
        _copy(source / STORE_FILE, draft)
        _is_described(draft, manifest)
        epoch = record_in(draft, manifest.nation, manifest.realm, lambda tx: _begin_anew(tx, manifest, now))
        _is_closed(draft)
        # SQLite would take what is left of a damaged store's log for the new store's.
        for side in SIDES[1:]:
            _side(state_dir / STORE_FILE, side).unlink(missing_ok=True)
        draft.rename(state_dir / STORE_FILE)
    except BaseException:
        _remove(draft)
        raise
    descriptor = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return epoch


def _is_described(store: Path, manifest: Manifest) -> None:
    found = look_into(store)
    described = manifest.nation, manifest.realm, manifest.store_format
    if (found.nation, found.realm, found.format) != described:
        raise CommandFailed("the store of this backup is not the one that its manifest describes")


def _is_closed(store: Path) -> None:
    if any(_side(store, side).exists() for side in SIDES[1:]):
        raise CommandFailed(f"{store} is not whole by itself: another process has it open")


def _begin_anew(tx: Transaction, manifest: Manifest, now: datetime) -> int:
    """What the old life did after the copy is not known: no serial of it, no sign-in and no link counts."""
    epoch = epochs.begin_epoch(tx, now)
    for operator in operators.list_all(tx):
        operator_sessions.end_all(tx, operator.name)
    evidence = Evidence(manifest.nation, ACTOR, now, os.urandom)
    evidence.add(AuditEvent.STORE_RESTORED, lane_epoch=epoch)
    evidence.add(AuditEvent.LANE_EPOCH_BEGUN, lane_epoch=epoch)
    evidence.write(tx)
    return epoch


def _copy(source: Path, target: Path) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file, source.open("rb") as copy:
        shutil.copyfileobj(copy, file)
        file.flush()
        os.fsync(file.fileno())


def _remove(store: Path) -> None:
    for side in SIDES:
        _side(store, side).unlink(missing_ok=True)


def _side(store: Path, side: str) -> Path:
    return store.with_name(store.name + side)
