"""A backup of a gateway on disk: its files, and the manifest by which a whole one is told.

manifest.json     whose it is, when it was made, how far it reaches, digest of every other file; written last
gateway.sqlite3   the store
realm-id          the realm, for people who compare it
trust/            the trust documents that the store keeps
keys.json         the nation's keys, where they were asked for (0600)
"""

import hashlib
import os
import stat
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bus.store.copying import Contents, LanePosition
from entente.terminal import CommandFailed
from gateways.store_file import STORE_FILE
from schemas.base import Digest, Nation, Statement, UtcTime
from schemas.header import Mode
from schemas.strict_json import JsonRefused, parse_model
from schemas.wire import Lane

MANIFEST = "manifest.json"
KEYS = "keys.json"
REALM_ID = "realm-id"
TRUST = "trust"
MAX_MANIFEST_BYTES = 16 * 1024 * 1024
_NAME = r"^(gateway\.sqlite3|keys\.json|realm-id|trust/[A-Za-z0-9%=._~-]{1,240}\.dsse\.json)$"


class BackedUpFile(Statement):
    """One file of the backup."""

    name: Annotated[str, Field(pattern=_NAME)]
    octets: Annotated[int, Field(ge=0)]
    digest: Digest


class LaneReach(Statement):
    """How far a lane had come."""

    partner: Nation
    mode: Mode
    lane: Lane
    epoch: int
    serial: int


class Manifest(Statement):
    """What a backup holds. Nothing of messages but how many went each way."""

    v: Literal[1]
    type: Literal["entente-gateway-backup"]
    nation: Nation
    realm: Digest
    store_format: Annotated[int, Field(ge=1)]
    made_at: UtcTime
    """Before the copy began: whatever came later may be missing."""
    files: Annotated[tuple[BackedUpFile, ...], Field(min_length=1)]
    lanes_out: tuple[LaneReach, ...]
    """The last serial given in each lane to a partner."""
    lanes_in: tuple[LaneReach, ...]
    """The highest serial that came in each lane of a partner."""

    @property
    def names(self) -> frozenset[str]:
        """The files that it names."""
        return frozenset(file.name for file in self.files)


def write_manifest(directory: Path, contents: Contents, made_at: datetime) -> Manifest:
    """Write the manifest of everything that lies in the directory, on disk when this returns."""
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    manifest = Manifest(
        v=1,
        type="entente-gateway-backup",
        nation=contents.nation,
        realm=contents.realm,
        store_format=contents.format,
        made_at=made_at,
        files=tuple(_described(directory, path) for path in files),
        lanes_out=tuple(_reach(lane) for lane in contents.lanes_out),
        lanes_in=tuple(_reach(lane) for lane in contents.lanes_in),
    )
    with (directory / MANIFEST).open("wb") as file:
        file.write(manifest.model_dump_json(indent=1).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return manifest


def read_manifest(directory: Path) -> Manifest:
    """The manifest of a whole backup, every file of it as it was written.

    CommandFailed where it is none, broken off, incomplete or changed.
    """
    try:
        data = (directory / MANIFEST).read_bytes()
    except OSError as error:
        raise CommandFailed(f"{directory} is no whole backup: {MANIFEST}: {error.strerror}") from error
    try:
        manifest = parse_model(Manifest, data, MAX_MANIFEST_BYTES)
    except JsonRefused as error:
        raise CommandFailed(
            f"{directory / MANIFEST} cannot be read ({error.kind} at {error.pointer or 'the top'}): "
            "it is damaged, or of a newer version"
        ) from None
    if not {STORE_FILE, REALM_ID} <= manifest.names:
        raise CommandFailed(f"{directory} is no whole backup: the manifest names no {STORE_FILE}")
    for entry in manifest.files:
        if _described(directory, directory / entry.name) != entry:
            raise CommandFailed(f"{directory / entry.name} is not what the manifest says: digests differ")
    return manifest


def _described(directory: Path, path: Path) -> BackedUpFile:
    digest, octets = hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise CommandFailed(f"{path} is not a plain file")
            while block := file.read(1024 * 1024):
                digest.update(block)
                octets += len(block)
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}") from error
    name = path.relative_to(directory).as_posix()
    return BackedUpFile(name=name, octets=octets, digest=f"sha256:{digest.hexdigest()}")


def _reach(lane: LanePosition) -> LaneReach:
    return LaneReach(**asdict(lane) | {"mode": Mode(lane.mode), "lane": Lane(lane.lane)})
