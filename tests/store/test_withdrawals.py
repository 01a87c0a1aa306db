"""What is withdrawn is gone: from every table, from the file and from the log beside it."""

import asyncio
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bus.store import inbox, reading, withdrawals
from bus.store.checkpoints import Checkpointer
from bus.store.overwriting import overwriting
from bus.store.withdrawals import Barred, ReceivedRecall
from bus.store.writer import Store, Transaction
from schemas.header import Mode
from schemas.recall import RecallOutcome, RecallReason
from tests.store.overwritten import watched
from tests.store.samples import NATION, NOW, REALM, SECOND, inbox_message

MARK = b"Harbour gates stand open until nine. "
PATIENCE = 20.0
PATHS = ("store.db", "store.db-wal", "store.db-shm")


def found_in(directory: Path) -> list[str]:
    """Which of the store's files hold the mark."""
    return [name for name in PATHS if (directory / name).exists() and MARK in (directory / name).read_bytes()]


async def truncated(store: Store, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once the log was cut off."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()

    class Telling(sqlite3.Connection):
        def execute(self, *given: object) -> sqlite3.Cursor:
            cursor: sqlite3.Cursor = super().execute(*given)  # type: ignore[arg-type]
            if "TRUNCATE" in str(given[0]):
                loop.call_soon_threadsafe(done.set)
            return cursor

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(store.path, isolation_level=None, check_same_thread=False, factory=Telling)

    monkeypatch.setattr(store._checkpoints, "_connect", connect)
    return done


@pytest.mark.parametrize("times", [1, 20, 200, 5000], ids=["one cell", "a page", "overflow", "many pages"])
async def test_withdrawn_content_is_overwritten_in_the_file_and_in_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    store = Store.open(tmp_path / "store.db", NATION, REALM)
    others = [inbox_message(number) for number in range(2, 12)]
    gone = replace(inbox_message(1), content=MARK * times)
    await store.write(lambda tx: inbox.file(tx, [*others[:5], gone, *others[5:]]))
    (seq,) = [each.inbox_seq for each in await store.read(inbox.list_after) if each.content == gone.content]
    await store.write(lambda tx: reading.note(tx, seq, "operator:anna", NOW))
    await store.write(lambda tx: inbox.mark_acknowledged(tx, gone.originator, gone.message_id, NOW))
    assert found_in(tmp_path)
    done = await truncated(store, monkeypatch)

    def withdraw(tx: Transaction) -> None:
        (copy,) = withdrawals.copies(tx, gone.message_id)
        assert copy.read
        withdrawals.withdraw(tx, copy.inbox_seq, RecallReason.ISSUED_IN_ERROR, NOW)

    await store.write(withdraw)
    store.scrub()
    await asyncio.wait_for(done.wait(), PATIENCE)
    assert found_in(tmp_path) == []
    (row,) = await store.read(lambda tx: inbox.by_message_id(tx, gone.message_id))
    assert (row.content, row.recalled_at, row.recall_reason) == (b"", NOW, RecallReason.ISSUED_IN_ERROR)
    assert (row.digest, row.acknowledged_at) == (gone.digest, NOW)
    kept = await store.read(lambda tx: inbox.list_after(tx))
    assert [each.content for each in kept if each.content] == [each.content for each in others]
    await store.close()


async def test_a_log_that_was_not_cut_off_before_the_end_is_at_the_next_start(tmp_path: Path) -> None:
    """The process is killed right after the commit: nothing was scrubbed, nothing closed."""
    path = tmp_path / "store.db"
    first = Store.open(path, NATION, REALM)
    gone = replace(inbox_message(1), content=MARK * 200)
    (seq,) = await first.write(lambda tx: inbox.file(tx, [gone]))
    await first.write(lambda tx: withdrawals.withdraw(tx, seq, RecallReason.UNSPECIFIED, NOW))
    assert found_in(tmp_path) == ["store.db-wal"]
    killed = tmp_path / "killed"
    killed.mkdir()
    for name in PATHS[:2]:
        (killed / name).write_bytes((tmp_path / name).read_bytes())
    await first.close()
    again = Store.open(killed / "store.db", NATION, REALM)
    assert found_in(killed) == []
    await again.close()


def test_cutting_the_log_off_is_tried_again_while_somebody_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bus.store.checkpoints.SCRUB_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("bus.store.checkpoints.SCRUB_PATIENCE_MILLISECONDS", 1)
    path = tmp_path / "store.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE t (value BLOB)")
    reader = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM t").fetchone()
    writer.execute("INSERT INTO t VALUES (?)", (MARK,))
    tries: list[int] = []

    class Telling(sqlite3.Connection):
        def execute(self, *given: object) -> sqlite3.Cursor:
            if "TRUNCATE" in str(given[0]):
                tries.append(1)
                if len(tries) == 3:
                    reader.execute("ROLLBACK")
            cursor: sqlite3.Cursor = super().execute(*given)  # type: ignore[arg-type]
            if len(tries) >= 3 and not (tmp_path / "store.db-wal").read_bytes():
                checkpoints._stopping = True
                checkpoints._wanted.set()
            return cursor

    checkpoints = Checkpointer(
        lambda: sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Telling), "test"
    )
    checkpoints.scrub()
    checkpoints._thread.join(PATIENCE)
    assert len(tries) >= 3
    assert (tmp_path / "store.db-wal").read_bytes() == b""
    for connection in (reader, writer):
        connection.close()


def test_reading_acknowledging_and_withdrawing_leave_nothing_behind(tx: sqlite3.Connection) -> None:
    new = inbox_message(1)
    with watched(tx) as changes:
        (seq,) = inbox.file(tx, [new])
        reading.note(tx, seq, "operator:anna", NOW)
        inbox.mark_acknowledged(tx, new.originator, new.message_id, NOW)
        withdrawals.withdraw(tx, seq, RecallReason.UNSPECIFIED, NOW)
    assert [change.split()[3] for change in changes] == ["read_at", "acknowledged_at", "content"]


def test_a_change_that_would_leave_something_behind_is_noticed(tx: sqlite3.Connection) -> None:
    watching = watched(tx)
    watching.__enter__()
    with overwriting(tx):
        tx.execute("UPDATE inbox SET status = 'UPDATED'")
    tx.execute("UPDATE inbox SET status = 'CURRENT'")
    with pytest.raises(AssertionError, match="leave what they replace") as noticed:
        watching.__exit__(None, None, None)
    assert "CURRENT" in str(noticed.value)
    assert "UPDATED" not in str(noticed.value)


def test_a_recall_bars_exactly_what_it_names(tx: sqlite3.Connection) -> None:
    message = inbox_message(1)
    named = (message.originator, message.message_id, message.digest, Mode.OPERATION)
    effect = ReceivedRecall(
        RecallReason.UNSPECIFIED, NOW, NOW + SECOND, RecallOutcome.NOT_HELD, None, NOW + SECOND
    )
    assert withdrawals.received(tx, named) is None
    withdrawals.record(tx, named, effect)
    assert withdrawals.received(tx, named) == effect
    withdrawals.mark_answered(tx, named, NOW + 2 * SECOND)
    assert withdrawals.received(tx, named) == replace(effect, answered_at=NOW + 2 * SECOND)
    ids = [message.message_id, inbox_message(2).message_id]
    assert withdrawals.barred(tx, message.originator, ids) == {
        message.message_id: {Barred(message.digest, Mode.OPERATION)}
    }
    assert withdrawals.barred(tx, "XCC", ids) == {}
