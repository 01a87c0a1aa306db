"""`entente gateway backup` and `restore`: what is copied, and how a restored store begins."""

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from bus.store import operator_links, operator_sessions, operators
from bus.store import trust as trust_table
from bus.store.epochs import store_epoch
from bus.store.operator_links import Link
from bus.store.operator_sessions import Session
from bus.store.operators import Operator
from bus.store.writer import Transaction
from entente import gateway_backup
from entente.terminal import CommandFailed
from gateways.store_file import STORE_FILE
from gateways.stored_trust import stored_documents
from schemas.operator import Role
from tests.cli.backed_up_gateway import LONG_AGO, Place
from tests.realm_fixtures import TestRealm, make_realm
from tests.store.test_migrations import of_old_format


@pytest.fixture(scope="module")
def realm() -> TestRealm:
    return make_realm(("XAA", "XBB"))


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


def test_a_disk_that_has_no_room_for_a_backup_is_not_filled(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = place.store.stat().st_size + gateway_backup.SPARE - 1
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=room))
    with pytest.raises(CommandFailed, match="no room"):
        place.backup()
    assert sorted(path.name for path in place.directory.iterdir()) == ["keys.json", "state"]


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


def test_what_was_there_is_kept_where_going_back_fails_after_it_was_replaced(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.backup()
    before = place.store.stat().st_ino

    def broken(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(CommandFailed, match="Input/output error"):
        place.restore("--replace")
    assert place.store.stat().st_ino != before
    (aside,) = place.state.glob("replaced-*")
    assert (aside / STORE_FILE).stat().st_ino == before
