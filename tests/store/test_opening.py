"""Whose file it is, of which format, and who may read it."""

import sqlite3
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bus.store import migrations
from bus.store.epochs import EPOCH_ORIGIN
from bus.store.errors import StoreRefused, StoreUnavailable
from bus.store.writer import Store
from tests.store.samples import NATION, REALM


async def _made(path: Path) -> Path:
    store = Store.open(path, NATION, REALM)
    await store.write(lambda tx: tx.execute("INSERT INTO meta (key, value) VALUES ('mark', 'stays')"))
    await store.close()
    return path


def _set_format(path: Path, number: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(number),))
    connection.close()


async def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = Store.open(path, NATION, REALM)
    await store.write(lambda tx: tx.execute("INSERT INTO meta (key, value) VALUES ('mark', 'x')"))
    files = list(tmp_path.iterdir())  # noqa: ASYNC240
    assert {file.name for file in files} == {"store.db", "store.db-wal", "store.db-shm"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    await store.close()


async def test_settings_that_durability_rests_on_are_in_force(store: Store) -> None:
    def pragma(name: str) -> Callable[[sqlite3.Connection], object]:
        return lambda tx: tx.execute(f"PRAGMA {name}").fetchone()[0]

    assert await store.write(pragma("journal_mode")) == "wal"
    assert await store.write(pragma("synchronous")) == 2
    assert await store.write(pragma("foreign_keys")) == 1
    assert await store.write(pragma("recursive_triggers")) == 1
    assert await store.read(pragma("query_only")) == 1


async def test_reopening_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await Store.open(path, NATION, REALM, now=lambda: EPOCH_ORIGIN + timedelta(days=1)).close()
    await _made(path)
    store = Store.open(path, NATION, REALM)
    rows = await store.read(lambda tx: dict(tx.execute("SELECT key, value FROM meta")))
    assert rows == {
        "nation": NATION,
        "realm": REALM,
        "format": str(migrations.FORMAT),
        "lane_epoch": "86400",
        "mark": "stays",
    }
    await store.close()


async def test_the_store_of_another_nation_is_refused(tmp_path: Path) -> None:
    path = await _made(tmp_path / "store.db")
    with pytest.raises(StoreRefused, match="belongs to nation XAA, not to XBB"):
        Store.open(path, "XBB", REALM)


async def test_the_store_of_another_realm_is_refused(tmp_path: Path) -> None:
    path = await _made(tmp_path / "store.db")
    with pytest.raises(StoreRefused, match="belongs to realm"):
        Store.open(path, NATION, "sha256:" + "00" * 32)


async def test_a_newer_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = await _made(tmp_path / "store.db")
    _set_format(path, migrations.FORMAT + 1)
    with pytest.raises(StoreRefused, match=f"format {migrations.FORMAT + 1}"):
        Store.open(path, NATION, REALM)
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    connection.close()
    assert found == (str(migrations.FORMAT + 1),)


async def test_an_older_format_is_brought_forward_in_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, found = await _made(tmp_path / "store.db"), migrations.FORMAT
    monkeypatch.setattr(migrations, "FORMAT", found + 2)
    monkeypatch.setattr(migrations, "SCRIPTS", tmp_path)
    (tmp_path / f"step-{found}.sql").write_text("CREATE TABLE added (one INTEGER);")
    (tmp_path / f"step-{found + 1}.sql").write_text("INSERT INTO nowhere VALUES (1);")
    with pytest.raises(StoreUnavailable):
        Store.open(path, NATION, REALM)
    (tmp_path / f"step-{found + 1}.sql").write_text(
        "INSERT INTO added VALUES (1);\nINSERT INTO added VALUES (2);"
    )
    store = Store.open(path, NATION, REALM)
    assert await store.read(lambda tx: tx.execute("SELECT one FROM added").fetchall()) == [(1,), (2,)]
    assert (await store.read(lambda tx: dict(tx.execute("SELECT key, value FROM meta"))))["format"] == str(
        found + 2
    )
    await store.close()


async def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE something (one INTEGER)")
    connection.close()
    with pytest.raises(StoreRefused, match="not a gateway's store"):
        Store.open(path, NATION, REALM)


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    path = tmp_path / "noise.db"
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreUnavailable):
        Store.open(path, NATION, REALM)
    assert path.read_bytes().startswith(b"this is not")


def test_a_path_without_a_directory_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        Store.open(tmp_path / "missing" / "store.db", NATION, REALM)


def test_a_trigger_is_one_statement() -> None:
    script = "CREATE TABLE a (b);\nCREATE TRIGGER t BEFORE DELETE ON a BEGIN SELECT 1; SELECT 2; END;\n"
    assert len(list(migrations.statements(script))) == 2
