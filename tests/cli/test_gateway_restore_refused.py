"""`entente gateway restore`: what it refuses, leaving everything as it was."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bus.keystore import NationKeys
from entente.gateway_store import record_in
from entente.terminal import CommandFailed
from gateways.sole_process import sole_process
from gateways.store_file import STORE_FILE
from tests.cli.backed_up_gateway import Place
from tests.realm_fixtures import TestRealm, make_realm


@pytest.fixture(scope="module")
def realm() -> TestRealm:
    return make_realm(("XAA", "XBB"))


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory, realm: TestRealm) -> Path:
    """A place with a backup of its store, to be copied."""
    directory = tmp_path_factory.mktemp("ready") / "place"
    directory.mkdir()
    place = Place(directory, realm)
    place.state.mkdir()
    realm.keys["XAA"].save(place.keys)
    place.write(lambda tx: None)
    place.backup()
    return directory


@pytest.fixture
def backed_up(tmp_path: Path, ready: Path, realm: TestRealm) -> Place:
    shutil.copytree(ready, tmp_path / "place")
    return Place(tmp_path / "place", realm)


def _bend(place: Place, name: str) -> None:
    data = bytearray((place.copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (place.copy / name).write_bytes(data)


def _damage(place: Place) -> None:
    """What stands in a column is not what the table says: only SQLite's check looks at that."""
    with closing(sqlite3.connect(place.copy / STORE_FILE)) as store:
        store.execute("PRAGMA writable_schema = ON")
        store.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'value TEXT', 'value INTEGER') WHERE name = 'meta'"
        )
        store.commit()
    place.forge(STORE_FILE, (place.copy / STORE_FILE).read_bytes())


def _spoil(place: Place) -> None:
    data = bytearray((place.copy / STORE_FILE).read_bytes())
    data[8192:12288] = os.urandom(4096)
    place.forge(STORE_FILE, bytes(data))


def _newer(place: Place) -> None:
    with closing(sqlite3.connect(place.copy / STORE_FILE)) as store:
        store.execute("UPDATE meta SET value = '999' WHERE key = 'format'")
        store.commit()
    place.forge(STORE_FILE, (place.copy / STORE_FILE).read_bytes())


def _manifest(place: Place, **members: object) -> None:
    file = place.copy / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_bytes()) | members))


def _outside(place: Place) -> None:
    file = {"name": "trust/../../keys.json", "octets": 0, "digest": f"sha256:{'0' * 64}"}
    manifest = json.loads((place.copy / "manifest.json").read_bytes())
    _manifest(place, files=[*manifest["files"], file])


def _other_realm(place: Place) -> None:
    keys = replace(NationKeys.load(place.keys), realm=f"sha256:{'5' * 64}")
    keys.save(place.keys)


REFUSED: dict[str, tuple[Callable[[Place], None], str]] = {
    "the manifest is missing": (lambda p: (p.copy / "manifest.json").unlink(), "no whole backup"),
    "the manifest is cut off": (lambda p: os.truncate(p.copy / "manifest.json", 200), "cannot be read"),
    "the manifest is of a newer kind": (lambda p: _manifest(p, v=2), "cannot be read"),
    "the manifest names a file elsewhere": (_outside, "cannot be read"),
    "the manifest names no store": (lambda p: _manifest(p, files=[json.loads(
        (p.copy / "manifest.json").read_bytes())["files"][1]]), "no whole backup"),
    "the store is missing": (lambda p: (p.copy / STORE_FILE).unlink(), "cannot be read"),
    "a bit of the store differs": (lambda p: _bend(p, STORE_FILE), "digests differ"),
    "a bit of the realm id differs": (lambda p: _bend(p, "realm-id"), "digests differ"),
    "the store is damaged, though the digest fits": (_damage, "damaged"),
    "a page of the store is spoilt, though the digest fits": (_spoil, "damaged"),
    "the store is of a newer format": (_newer, "999"),
    "the manifest tells of another nation": (lambda p: _manifest(p, nation="XBB"), "the key file of XAA"),
    "the manifest tells of another format": (lambda p: _manifest(p, store_format=2), "not the one that"),
    "the keys are another nation's": (lambda p: p.realm.keys["XBB"].save(p.keys), "the key file of XBB"),
    "the keys are of another realm": (_other_realm, "sha256:5555"),
}  # fmt: skip


@pytest.mark.parametrize(("bend", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_restore_is_refused_when(backed_up: Place, bend: Callable[[Place], None], words: str) -> None:
    place = backed_up
    before = place.store.read_bytes()
    bend(place)
    with pytest.raises(CommandFailed, match=words):
        place.restore("--replace")
    assert place.store.read_bytes() == before
    assert {path.name for path in place.state.iterdir()} <= {STORE_FILE, "gateway.lock"}


def test_a_store_is_replaced_only_when_that_was_said_and_no_gateway_works_with_it(backed_up: Place) -> None:
    with pytest.raises(CommandFailed, match="--replace"):
        backed_up.restore()
    with sole_process(backed_up.state), pytest.raises(CommandFailed, match="another gateway process"):
        backed_up.restore("--replace")


def test_another_nations_store_is_never_put_aside(backed_up: Place) -> None:
    backed_up.store.unlink()
    record_in(backed_up.store, "XBB", backed_up.realm.id, lambda tx: None)
    with pytest.raises(CommandFailed, match="the store of XBB"):
        backed_up.restore("--replace")


def test_keys_are_put_back_only_from_a_backup_that_has_them_and_never_over_others(backed_up: Place) -> None:
    with pytest.raises(CommandFailed, match="made without keys"):
        backed_up.restore("--replace", "--with-keys")
    shutil.rmtree(backed_up.copy)
    backed_up.keys.chmod(0o644)
    with pytest.raises(CommandFailed, match="open to group or others"):
        backed_up.backup("--with-keys")
    backed_up.keys.chmod(0o600)
    backed_up.backup("--with-keys")
    with pytest.raises(CommandFailed, match="is there already"):
        backed_up.restore("--replace", "--with-keys")
