"""Group commit: one transaction for all that wait, each job for itself, an answer only for what is kept."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bus.store import audit, new_publications, publications, writer
from bus.store.errors import StoreConflict, StoreUnavailable
from bus.store.writer import Store, Transaction
from tests.store.samples import NATION, REALM, publication


class FaultyStore(Store):
    """A store that counts its commits and whose n-th one fails."""

    commits = 0
    failing: int | None = None
    broken = False

    def _commit(self, connection: sqlite3.Connection) -> None:
        self.commits += 1
        if self.broken or self.commits == self.failing:
            raise sqlite3.OperationalError("disk I/O error")
        super()._commit(connection)


class Gate:
    """A job that keeps the writer busy until opened, so that what is written meanwhile makes one batch."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()

    def __call__(self, tx: Transaction) -> None:
        self.entered.set()
        assert self.opened.wait(20)


async def as_one_batch(store: Store, *jobs: Callable[[Transaction], object]) -> list[object]:
    """Results or exceptions of jobs that waited together."""
    gate = Gate()
    first = asyncio.create_task(store.write(gate))
    await asyncio.to_thread(gate.entered.wait, 20)
    waiting = [asyncio.create_task(store.write(job)) for job in jobs]
    while store._jobs.qsize() < len(jobs):  # noqa: ASYNC110 - nothing to wait for but the loop's next turn
        await asyncio.sleep(0)
    gate.opened.set()
    await first
    return list(await asyncio.gather(*waiting, return_exceptions=True))


def inserting(number: int, **changes: int) -> Callable[[Transaction], int]:
    return lambda tx: new_publications.insert(tx, publication(number, **changes))  # type: ignore[arg-type]


async def kept(store: Store) -> list[int]:
    """Numbers of the publications that stand in the file, seen from another connection, whole ones only."""

    def job(tx: Transaction) -> list[int]:
        found = publications.list_newest(tx, limit=1_000_000)
        assert all(len(entry.deliveries) == 2 for entry in found)
        return sorted(int(entry.publication_id, 16) for entry in found)

    return await store.read(job)


@pytest.fixture
def faulty(tmp_path: Path) -> FaultyStore:
    return FaultyStore.open(tmp_path / "faulty.db", NATION, REALM)


async def test_jobs_that_wait_together_share_one_commit(faulty: FaultyStore) -> None:
    results = await as_one_batch(faulty, *(inserting(number) for number in range(1, 101)))
    assert results == list(range(1, 101))
    assert faulty.commits == 2  # the gate's and one for all hundred
    assert await kept(faulty) == list(range(1, 101))
    await faulty.close()


async def test_a_job_that_raises_is_rolled_back_alone(faulty: FaultyStore) -> None:
    def half_done(tx: Transaction) -> None:
        new_publications.insert(tx, publication(2))
        raise LookupError("after the insert")

    results = await as_one_batch(faulty, inserting(1), half_done, inserting(3))
    assert results[0] == 1
    assert isinstance(results[1], LookupError)
    assert results[2] == 2
    assert await kept(faulty) == [1, 3]
    await faulty.close()


async def test_a_broken_rule_of_the_schema_is_a_conflict_of_that_job_only(store: Store) -> None:
    results = await as_one_batch(store, inserting(1), inserting(1), inserting(2))
    assert results[0] == 1
    assert isinstance(results[1], StoreConflict)
    assert isinstance(results[1].__cause__, sqlite3.IntegrityError)
    assert await kept(store) == [1, 2]


async def test_a_fault_in_a_statement_is_not_disguised(store: Store) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await store.write(lambda tx: tx.execute("SELECT * FROM nowhere"))
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await store.read(lambda tx: tx.execute("SELECT * FROM nowhere"))


async def test_a_failing_commit_fails_every_job_of_its_batch_and_keeps_nothing(faulty: FaultyStore) -> None:
    faulty.failing = 2
    results = await as_one_batch(faulty, *(inserting(number) for number in range(1, 6)))
    assert faulty.commits == 2
    assert all(isinstance(result, StoreUnavailable) for result in results)
    assert await kept(faulty) == []
    assert await faulty.write(inserting(7))  # the connection stays usable
    await faulty.close()


async def test_an_answer_comes_only_after_the_commit(faulty: FaultyStore) -> None:
    answers_at_commit: list[bool] = []
    task: asyncio.Task[int]

    def commit(connection: sqlite3.Connection) -> None:
        answers_at_commit.append(task.done())
        Store._commit(faulty, connection)
        with sqlite3.connect(faulty.path) as other:
            answers_at_commit.append(task.done())
            assert other.execute("SELECT count(*) FROM publication").fetchone() == (1,)
        other.close()

    faulty._commit = commit  # type: ignore[method-assign]
    task = asyncio.create_task(faulty.write(inserting(1)))
    assert await task == 1
    assert answers_at_commit == [False, False]
    await faulty.close()


async def test_a_full_disk_refuses_and_with_space_again_goes_on(store: Store) -> None:
    await store.write(inserting(1))
    pages = await store.write(lambda tx: int(tx.execute("PRAGMA page_count").fetchone()[0]))
    await store.write(lambda tx: tx.execute(f"PRAGMA max_page_count = {pages + 30}").fetchone())
    # Small ones and one that does not fit, waiting together: whatever is answered is kept, the rest is not.
    results = await as_one_batch(store, inserting(2), inserting(3, size=250_000), inserting(4))
    assert isinstance(results[1], StoreUnavailable)
    answered = [1] + [
        number for number, result in zip((2, 3, 4), results, strict=True) if type(result) is int
    ]
    assert await kept(store) == answered
    refused = 0
    for number in range(10, 200):
        try:
            await store.write(inserting(number, size=3000))
            answered.append(number)
        except StoreUnavailable:
            refused += 1
    assert refused > 100
    assert await kept(store) == answered
    await store.write(lambda tx: tx.execute("PRAGMA max_page_count = 1000000").fetchone())
    await store.write(inserting(300, size=250_000))
    assert await kept(store) == [*answered, 300]
    assert await store.read(lambda tx: tx.execute("PRAGMA integrity_check").fetchone()) == ("ok",)


async def test_a_store_says_whether_the_disk_takes_writes_and_finds_out_when_it_does_again(
    faulty: FaultyStore,
) -> None:
    assert await faulty.takes_writes()
    assert faulty.commits == 0, "a store that is well is not written to for the asking"
    faulty.broken = True
    with pytest.raises(StoreUnavailable):
        await faulty.write(inserting(1))
    assert not await faulty.takes_writes()
    faulty.broken = False
    await faulty.write(lambda tx: None)  # asks nothing of the disk
    assert not faulty._disk_takes
    assert await faulty.takes_writes()
    commits = faulty.commits
    assert await faulty.takes_writes()
    assert faulty.commits == commits
    faulty.broken = True
    with pytest.raises(StoreUnavailable):
        await faulty.write(inserting(2))
    faulty.broken = False
    await faulty.write(inserting(3))
    assert await faulty.takes_writes()
    await faulty.close()
    assert not await faulty.takes_writes()


async def test_a_full_disk_is_noticed_though_only_one_job_of_many_did_not_fit(store: Store) -> None:
    pages = await store.write(lambda tx: int(tx.execute("PRAGMA page_count").fetchone()[0]))
    await store.write(lambda tx: tx.execute(f"PRAGMA max_page_count = {pages + 10}").fetchone())
    assert await store.takes_writes()
    results = await as_one_batch(store, inserting(1, size=250_000), inserting(2))
    assert isinstance(results[0], StoreUnavailable)
    assert not store._disk_takes


async def test_a_transaction_that_sqlite_gives_up_fails_what_it_took_down_and_no_more(store: Store) -> None:
    def given_up(tx: Transaction) -> None:
        # What SQLite does by itself on some I/O errors.
        tx.execute("ROLLBACK")
        raise sqlite3.OperationalError("disk I/O error")

    results = await as_one_batch(store, inserting(1), given_up, inserting(2))
    assert isinstance(results[0], StoreUnavailable)
    assert isinstance(results[1], sqlite3.OperationalError)
    assert isinstance(results[2], int)
    assert await kept(store) == [2]


async def test_a_locked_file_is_unavailable_and_nothing_is_lost(store: Store) -> None:
    await store.write(lambda tx: tx.execute("PRAGMA busy_timeout = 10").fetchone())
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        await store.write(inserting(1))
    other.execute("ROLLBACK")
    other.close()
    await store.write(inserting(1))
    assert await kept(store) == [1]


async def test_callers_beyond_the_bound_wait_and_are_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MAX_WAITING", 5)
    monkeypatch.setattr(writer, "MAX_BATCH", 2)
    bounded = FaultyStore.open(tmp_path / "bounded.db", NATION, REALM)
    gate = Gate()
    first = asyncio.create_task(bounded.write(gate))
    await asyncio.to_thread(gate.entered.wait, 20)
    waiting = [asyncio.create_task(bounded.write(inserting(number))) for number in range(1, 21)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert bounded._jobs.qsize() == 4  # and the gate makes five
    gate.opened.set()
    await asyncio.gather(first, *waiting)
    assert await kept(bounded) == list(range(1, 21))
    assert bounded.commits >= 11
    await bounded.close()


async def test_a_caller_that_gives_up_harms_nobody(store: Store) -> None:
    gate = Gate()
    first = asyncio.create_task(store.write(gate))
    await asyncio.to_thread(gate.entered.wait, 20)
    given_up = asyncio.create_task(store.write(inserting(1)))
    stays = asyncio.create_task(store.write(inserting(2)))
    while store._jobs.qsize() < 2:  # noqa: ASYNC110
        await asyncio.sleep(0)
    given_up.cancel()
    gate.opened.set()
    await first
    assert isinstance(await stays, int)
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert 2 in await kept(store)


async def test_closing_finishes_what_was_taken_and_refuses_what_comes_later(tmp_path: Path) -> None:
    closing = Store.open(tmp_path / "closing.db", NATION, REALM)
    taken = [asyncio.create_task(closing.write(inserting(number))) for number in range(1, 51)]
    await asyncio.sleep(0)
    await closing.close()
    assert sorted(await asyncio.gather(*taken)) == list(range(1, 51))
    with pytest.raises(StoreUnavailable, match="closed"):
        await closing.write(inserting(99))
    with pytest.raises(StoreUnavailable, match="closed"):
        await closing.read(audit.latest_seq)
    again = Store.open(tmp_path / "closing.db", NATION, REALM)
    assert await kept(again) == list(range(1, 51))
    await again.close()


async def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="readonly"):
        await store.read(inserting(1))
    assert await kept(store) == []


async def test_a_reader_sees_one_state_throughout_its_job(store: Store) -> None:
    await store.write(inserting(1))
    started, may_go_on = threading.Event(), threading.Event()

    def twice(tx: Transaction) -> tuple[int, int]:
        before = len(publications.list_newest(tx))
        started.set()
        assert may_go_on.wait(20)
        return before, len(publications.list_newest(tx))

    reading = asyncio.create_task(store.read(twice))
    await asyncio.to_thread(started.wait, 20)
    await store.write(inserting(2))
    may_go_on.set()
    assert await reading == (1, 1)
    assert await kept(store) == [1, 2]
