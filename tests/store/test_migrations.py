"""A file of every earlier format becomes what a new file is."""

import sqlite3
from pathlib import Path

import pytest

from bus.store import migrations
from bus.store.migrations import bring_forward, statements
from bus.store.writer import Store
from tests.store.samples import NATION, REALM

OLD = sorted(Path(__file__).parent.glob("format-*.sql"))
"""The schema of each earlier format, as it was."""


def of_old_format(path: Path, schema: Path) -> None:
    """Make an empty file as an earlier version did."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements(schema.read_text(encoding="utf-8")):
        connection.execute(statement)
    connection.executemany(
        "INSERT INTO meta (key, value) VALUES (?, ?)",
        [
            ("nation", NATION),
            ("realm", REALM),
            ("format", schema.stem.rpartition("-")[2]),
            ("lane_epoch", "1"),
        ],
    )
    connection.close()


def _shape(connection: sqlite3.Connection) -> dict[str, object]:
    """Tables with their columns, indices with theirs, triggers: whatever the order they were made in."""
    shape: dict[str, object] = {}
    for kind, name in connection.execute("SELECT type, name FROM sqlite_master ORDER BY name").fetchall():
        if kind == "table":
            columns = connection.execute(f"PRAGMA table_info({name})").fetchall()
            links = connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()
            shape[name] = sorted(column[1:] for column in columns), sorted(link[2:] for link in links)
        elif kind == "index":
            shape[name] = connection.execute(f"PRAGMA index_xinfo({name})").fetchall()
        else:
            shape[name] = kind
    return shape


def test_every_earlier_format_is_tried() -> None:
    assert [file.stem for file in OLD] == [f"format-{number}" for number in range(1, migrations.FORMAT)]


@pytest.mark.parametrize("schema", OLD, ids=lambda path: path.stem)
async def test_a_file_of_an_earlier_format_becomes_what_a_new_file_is(tmp_path: Path, schema: Path) -> None:
    of_old_format(tmp_path / "old.db", schema)
    await Store.open(tmp_path / "old.db", NATION, REALM).close()
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    bring_forward(fresh, NATION, REALM)
    brought = sqlite3.connect(tmp_path / "old.db")
    try:
        found, wanted = _shape(brought), _shape(fresh)
        for entry in found.keys() | wanted.keys():
            assert _without_places(found.get(entry)) == _without_places(wanted.get(entry)), entry
        assert brought.execute("SELECT value FROM meta WHERE key = 'format'").fetchone() == (
            str(migrations.FORMAT),
        )
    finally:
        brought.close()
        fresh.close()


def _without_places(shape: object) -> object:
    """A column's number differs where a migration added it at the end."""
    if isinstance(shape, list):
        return [(row[2], row[3], row[5]) for row in shape]
    return shape
