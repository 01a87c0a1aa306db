"""`entente gateway backup` and `restore`: what is copied, what is refused, how a restored one begins."""

import hashlib
import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bus.keystore import NationKeys
from bus.store import operator_links, operator_sessions, operators
from bus.store import trust as trust_table
from bus.store.epochs import store_epoch
from bus.store.operator_links import Link
from bus.store.operator_sessions import Session
from bus.store.operators import Operator
from bus.store.writer import Transaction
from entente import gateway_backup
from entente.gateway import app
from entente.gateway_store import record_in
from entente.terminal import CommandFailed
from gateways.sole_process import sole_process
from gateways.store_file import STORE_FILE
from gateways.stored_trust import stored_documents
from schemas.audit import AuditRecord
from schemas.operator import Role
from tests.realm_fixtures import TestRealm, make_realm
from tests.store.test_migrations import of_old_format

LONG_AGO = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def realm() -> TestRealm:
    return make_realm(("XAA", "XBB"))


def run(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@dataclass
class Place:
    """A gateway's state directory, its key file, and where backups go."""

    directory: Path
    realm: TestRealm

    @property
    def state(self) -> Path:
        return self.directory / "state"

    @property
    def store(self) -> Path:
        return self.state / STORE_FILE

    @property
    def keys(self) -> Path:
        return self.directory / "keys.json"

    @property
    def copy(self) -> Path:
        return self.directory / "copy"

    def backup(self, *options: str) -> str:
        return run("backup", str(self.copy), *self._flags, *options)

    def restore(self, *options: str) -> str:
        return run("restore", str(self.copy), *self._flags, *options)

    @property
    def _flags(self) -> tuple[str, ...]:
        return ("--state-dir", str(self.state), "--keys-file", str(self.keys))

    def write(self, job: Callable[[Transaction], None]) -> None:
        record_in(self.store, "XAA", self.realm.id, job)

    def records(self) -> list[AuditRecord]:
        with closing(sqlite3.connect(self.store)) as store:
            rows = store.execute("SELECT record FROM audit ORDER BY audit_seq").fetchall()
        return [AuditRecord.model_validate_json(row[0]) for row in rows]

    def forge(self, name: str, data: bytes) -> None:
        """Put other bytes into the backup, and into its manifest what goes with them."""
        (self.copy / name).write_bytes(data)
        manifest = json.loads((self.copy / "manifest.json").read_bytes())
        for file in manifest["files"]:
            if file["name"] == name:
                file |= {"octets": len(data), "digest": f"sha256:{hashlib.sha256(data).hexdigest()}"}
        (self.copy / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def place(tmp_path: Path, realm: TestRealm) -> Place:
    place = Place(tmp_path, realm)
    place.state.mkdir()
    realm.keys["XAA"].save(place.keys)
    documents = stored_documents(realm.trust, realm.now)

    def job(tx: Transaction) -> None:
        trust_table.replace(tx, documents)
        operators.add(tx, Operator("anna", "Anna", frozenset({Role.WATCH_OFFICER}), True, LONG_AGO))

    place.write(job)
    return place


def sign_in(tx: Transaction) -> None:
    session = Session("5" * 32, "anna", "password", LONG_AGO, LONG_AGO, LONG_AGO + timedelta(days=4000))
    operator_sessions.start(tx, session)
    operator_links.add(tx, Link("f" * 64, "anna", LONG_AGO + timedelta(days=4000)), LONG_AGO)


def test_a_backup_names_every_file_with_its_digest_and_has_keys_only_if_asked(place: Place) -> None:
    manifest = json.loads(place.backup("--json"))
    assert (manifest["nation"], manifest["realm"]) == ("XAA", place.realm.id)
    named = {file["name"] for file in manifest["files"]}
    there = {path.relative_to(place.copy).as_posix() for path in place.copy.rglob("*") if path.is_file()}
    assert named == there - {"manifest.json"}
    assert named > {STORE_FILE, "realm-id"}
    assert "keys.json" not in named
    for file in manifest["files"]:
        data = (place.copy / file["name"]).read_bytes()
        assert file["digest"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert (place.copy / "realm-id").read_text().strip() == place.realm.id
    assert len([name for name in named if name.startswith("trust/")]) == len(place.realm.envelopes)
    assert stat.S_IMODE(place.copy.stat().st_mode) == 0o700
    (record,) = place.records()
    assert (record.event.value, record.state) == ("store.copied", "without-keys")


def test_a_backup_with_keys_brings_a_gateway_to_a_machine_that_has_nothing(place: Place) -> None:
    place.backup("--with-keys")
    assert stat.S_IMODE((place.copy / "keys.json").stat().st_mode) == 0o600
    keys = place.keys.read_bytes()
    place.keys.unlink()
    shutil.rmtree(place.state)
    place.restore("--with-keys")
    assert place.keys.read_bytes() == keys
    assert stat.S_IMODE(place.keys.stat().st_mode) == 0o600
    assert [record.event.value for record in place.records()] == [
        "store.copied",
        "store.restored",
        "lane.epoch-begun",
    ]


def test_nothing_that_was_deleted_is_in_a_backup(place: Place) -> None:
    def job(tx: Transaction) -> None:
        operators.add(tx, Operator("gone", "KANARIENVOGEL" * 9, frozenset({Role.AUDITOR}), True, LONG_AGO))

    place.write(job)
    with closing(sqlite3.connect(place.store)) as store:
        store.execute("PRAGMA secure_delete = OFF")
        store.execute("DELETE FROM operator WHERE name = 'gone'")
        store.commit()
    assert b"KANARIENVOGEL" in place.store.read_bytes(), "it lies there still"
    place.backup()
    assert b"KANARIENVOGEL" not in (place.copy / STORE_FILE).read_bytes()


def _file(target: Path) -> None:
    target.write_text("something")


def _link(target: Path) -> None:
    target.symlink_to("nowhere")


@pytest.mark.parametrize("make", [Path.mkdir, _file, _link], ids=["directory", "file", "dangling link"])
def test_a_backup_writes_over_nothing(place: Place, make: Callable[[Path], None]) -> None:
    make(place.copy)
    with pytest.raises(CommandFailed, match="is there already"):
        place.backup()
    assert sorted(path.name for path in place.directory.iterdir()) == ["copy", "keys.json", "state"]


def test_a_backup_that_is_broken_off_is_never_taken_for_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(directory: Path, *_: object) -> None:
        shutil.copytree(directory, place.directory / "as kill -9 leaves it")
        raise KeyboardInterrupt

    monkeypatch.setattr(gateway_backup, "write_manifest", killed)
    with pytest.raises(KeyboardInterrupt):
        gateway_backup.backup(place.copy, place.state)
    assert not place.copy.exists()
    assert not list(place.directory.glob(".copy*")), "nothing of it lies about"
    (place.directory / "as kill -9 leaves it").rename(place.copy)
    with pytest.raises(CommandFailed, match="no whole backup"):
        place.restore("--replace")


def test_a_store_of_an_older_format_is_copied_as_it_is_and_brought_forward_by_going_back_to_it(
    place: Place,
) -> None:
    place.store.unlink()
    of_old_format(place.store, Path(__file__).parents[1] / "store" / "format-3.sql")
    with closing(sqlite3.connect(place.store)) as store:
        store.execute("UPDATE meta SET value = ? WHERE key = 'realm'", (place.realm.id,))
        store.execute("UPDATE meta SET value = 'XAA' WHERE key = 'nation'")
        store.commit()
    before = place.store.read_bytes()
    assert json.loads(place.backup("--json"))["store_format"] == 3
    assert place.store.read_bytes() == before
    place.restore("--replace")
    assert [record.event.value for record in place.records()] == ["store.restored", "lane.epoch-begun"]


def test_a_restored_store_begins_a_new_epoch_and_lets_nobody_in_who_had_signed_in(place: Place) -> None:
    place.write(sign_in)
    with closing(sqlite3.connect(place.store)) as store:
        old = store_epoch(store)
    place.backup()
    told = json.loads(place.restore("--replace", "--json"))
    with closing(sqlite3.connect(place.store)) as store:
        assert store_epoch(store) == told["lane_epoch"] > old
        assert operators.find(store, "anna") is not None
        for table in ("operator_session", "operator_link"):
            assert store.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert {path.name for path in place.state.iterdir()} == {
        STORE_FILE,
        "gateway.lock",
        Path(told["put_aside"]).name,
    }
    with closing(sqlite3.connect(Path(told["put_aside"]) / STORE_FILE)) as store:
        assert store.execute("SELECT count(*) FROM operator_session").fetchone() == (1,)


def test_a_damaged_store_is_put_aside_with_its_log(place: Place) -> None:
    place.backup()
    place.store.write_bytes(b"no database" * 1000)
    log = place.state / f"{STORE_FILE}-wal"
    log.write_bytes(b"its log")
    aside = Path(json.loads(place.restore("--replace", "--json"))["put_aside"])
    assert not log.exists()
    assert (aside / log.name).read_bytes() == b"its log"


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
