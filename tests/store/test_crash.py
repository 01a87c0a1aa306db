"""Crash and power loss: what was answered is there afterwards, whole, and the file opens."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bus.store import new_publications, publications
from bus.store.writer import Store, Transaction
from tests.store.samples import NATION, REALM, publication

ROUNDS = int(os.environ.get("ENTENTE_CRASH_ROUNDS", "6"))
ROOT = Path(__file__).parents[2]
_WAL_HEADER = 32
_FRAME_HEADER = 24


async def whole_publications(path: Path) -> set[int]:
    """Open the store as a gateway does; the publications in it, each checked to be whole."""
    store = Store.open(path, NATION, REALM)
    assert await store.read(lambda tx: tx.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
    found = await store.read(lambda tx: publications.list_newest(tx, limit=10**6))
    details = await store.read(
        lambda tx: [publications.get(tx, entry.publication_id) for entry in found[:50]]
    )
    await store.close()
    assert all(len(entry.deliveries) == 2 for entry in found)
    assert all(detail is not None and len(detail.decisions) == 3 for detail in details)
    return {int(entry.publication_id, 16) for entry in found}


async def test_kill_9_while_writing_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    chance = random.Random(20260504)
    answered: set[int] = set()
    for number in range(ROUNDS):
        command = [sys.executable, "-m", "tests.store.crash_writer", str(path), str(1 + number * 10**6)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)  # noqa: ASYNC220
        assert child.stdout is not None
        for _ in range(chance.randint(1, 1500)):
            answered.add(int(child.stdout.readline()))
        child.send_signal(signal.SIGKILL)
        # What it managed to say before it died counts too; a last line cut short does not.
        rest = child.stdout.read().split(b"\n")[:-1]
        answered.update(map(int, rest))
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        missing = answered - await whole_publications(path)
        assert not missing


@dataclass(frozen=True)
class Snapshot:
    """The files around a commit: the database before it, the log after it, nobody answered yet.

    `durable`: how far the log was on the disk before that commit, with all that was answered. (The commit may
    go on to move the log into the database, but only once the log is on the disk: no cut can follow that.)
    """

    database: bytes
    log: bytes
    durable: int
    answered: frozenset[int]
    committing: frozenset[int]


def valid_length(log: bytes) -> int:
    """How far the write-ahead log's frames belong to its present run (SQLite file format, section 4)."""
    if len(log) < _WAL_HEADER:
        return 0
    page, salts, end = int.from_bytes(log[8:12], "big"), log[16:24], _WAL_HEADER
    while log[end + 8 : end + 16] == salts and end + _FRAME_HEADER + page <= len(log):
        end += _FRAME_HEADER + page
    return end


class RecordingStore(Store):
    """Takes a snapshot of its files at every commit."""

    snapshots: list[Snapshot]
    answered: set[int]
    committing: set[int]

    def _commit(self, connection: sqlite3.Connection) -> None:
        log = self.path.with_name(self.path.name + "-wal")
        before = log.read_bytes() if log.exists() else b""
        database = self.path.read_bytes()
        super()._commit(connection)
        after = log.read_bytes()
        # A log begun anew holds nothing that was answered: that stands in the database by then.
        same_run = before[:_WAL_HEADER] == after[:_WAL_HEADER]
        self.snapshots.append(
            Snapshot(
                database,
                after,
                valid_length(before) if same_run else 0,
                frozenset(self.answered),
                frozenset(self.committing),
            )
        )


async def _recorded(path: Path, commits: int, checkpoint_pages: int) -> list[Snapshot]:
    store = RecordingStore.open(path, NATION, REALM)
    store.snapshots, store.answered, store.committing = [], set(), set()
    await store.write(lambda tx: tx.execute(f"PRAGMA wal_autocheckpoint = {checkpoint_pages}").fetchone())
    for number in range(1, commits + 1):
        store.committing = {number}

        def job(tx: Transaction, number: int = number) -> int:
            return new_publications.insert(tx, publication(number, size=500 * number))

        await store.write(job)
        store.answered.add(number)
    await store.close()
    return store.snapshots[1:]


def _left_behind(place: Path, database: bytes, log: bytes) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    path = place / "store.db"
    path.write_bytes(database)
    path.with_name("store.db-wal").write_bytes(log)
    return path


async def _after_power_loss(place: Path, snapshot: Snapshot, database: bytes, log: bytes) -> None:
    found = await whole_publications(_left_behind(place, database, log))
    assert snapshot.answered <= found
    assert found <= snapshot.answered | snapshot.committing


async def test_a_log_cut_anywhere_behind_the_last_answer_loses_no_answer(tmp_path: Path) -> None:
    chance = random.Random(4)
    cuts = 0
    for snapshot in await _recorded(tmp_path / "store.db", commits=24, checkpoint_pages=12):
        end = valid_length(snapshot.log)
        offsets = {snapshot.durable, end, *chance.sample(range(snapshot.durable, end + 1), k=6)}
        for offset in offsets:
            # What was not synced may be missing, or be whatever the disk held there.
            tails = (b"", bytes(end - offset), chance.randbytes(end - offset))
            cuts += 1
            log = snapshot.log[:offset] + tails[cuts % 3]
            await _after_power_loss(tmp_path / "lost", snapshot, snapshot.database, log)
    assert cuts > 150


async def test_power_lost_in_the_middle_of_a_checkpoint_loses_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    chance = random.Random(5)
    snapshot = (await _recorded(path, commits=12, checkpoint_pages=0))[-1]
    copy = tmp_path / "copy.db"
    copy.write_bytes(snapshot.database)
    copy.with_name("copy.db-wal").write_bytes(snapshot.log)
    connection = sqlite3.connect(copy)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    done, page = copy.read_bytes(), 4096
    assert done != snapshot.database
    for _ in range(20):
        pages = [
            done[at : at + page] if chance.random() < 0.5 else snapshot.database[at : at + page]
            for at in range(0, len(done), page)
        ]
        half_done = b"".join(part.ljust(page, b"\0") for part in pages)
        await _after_power_loss(tmp_path / "lost", snapshot, half_done, snapshot.log)
