"""The index of the words in the traffic: filled behind the writes, cleaned of what a recall takes away.

SQLite's FTS5 without texts of its own: the words are taken from the message (`bus.protocol.searchable`) when
it is indexed, and once more when they are taken out. That leaves them in older parts of the index until those
are merged; `erase_step` does so in bounded steps, and overwrites what it frees (ADR 23). What is handled
DISPLAY_ONLY has no words here: its content is for who opens that one message, on the record.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from bus.protocol.searchable import NO_WORDS, VERSION, Words, words_of
from bus.store.overwriting import overwriting
from schemas.wire import Handling

STEP_ROWS = 200
STEP_OCTETS = 512 * 1024
"""Of message contents that one step indexes: a step keeps the writer for some hundredths of a second."""
MERGED_PAGES = 64
"""Pages of the index that one step of cleaning writes."""
_TABLE = (
    "CREATE VIRTUAL TABLE temp.words USING fts5 (subject, body, refs, content = '', columnsize = 0,"
    " tokenize = 'unicode61 remove_diacritics 2')"
)
_CONTENT = (
    "CASE WHEN t.ref > 0 THEN"  # noqa: S608 - fixed texts
    f" (SELECT iif(handling = '{Handling.RELEASE}', content, x'') FROM inbox WHERE inbox_seq = t.ref) ELSE"
    " (SELECT c.bytes FROM publication p JOIN content c USING (content_id)"
    " WHERE p.publication_seq = -t.ref) END"
)

_LENGTH = (
    "CASE WHEN t.ref > 0 THEN (SELECT length(content) FROM inbox WHERE inbox_seq = t.ref) ELSE"
    " (SELECT length(c.bytes) FROM publication p JOIN content c USING (content_id)"
    " WHERE p.publication_seq = -t.ref) END"
)


class Indexed(NamedTuple):
    """How far the index goes: the words of every row up to `through` stand in it; `latest` is the last."""

    through: int
    latest: int


def position(tx: sqlite3.Connection) -> Indexed:
    """How far the index goes."""
    row = tx.execute("SELECT through, (SELECT max(seq) FROM traffic) FROM traffic_words_state").fetchone()
    return Indexed(row[0], row[1] or 0)


def outdated(tx: sqlite3.Connection) -> bool:
    """Whether words mean something else now than when they were indexed."""
    return bool(tx.execute("SELECT version FROM traffic_words_state").fetchone()[0] != VERSION)


def index_step(tx: sqlite3.Connection) -> Indexed:
    """Index the next rows, some; how far it goes then. Begins anew where words mean something else now."""
    through, version = tx.execute("SELECT through, version FROM traffic_words_state").fetchone()
    if version != VERSION:
        with overwriting(tx):
            tx.execute("INSERT INTO traffic_words (traffic_words) VALUES ('delete-all')")
        tx.execute("UPDATE traffic_words_state SET through = 0, version = ?, erase = 0", (VERSION,))
        through = 0
    octets, words = 0, []
    for seq, content in _contents(tx, through, through + STEP_ROWS):
        words.append((seq, *words_of(content)))
        through = seq
        octets += len(content)
        if octets >= STEP_OCTETS:
            break
    if words:
        tx.executemany(
            "INSERT INTO traffic_words (rowid, subject, body, refs) VALUES (?, ?, ?, ?)",
            [row for row in words if any(row[1:])],
        )
        tx.execute("UPDATE traffic_words_state SET through = ?", (through,))
    return position(tx)


def forget(tx: sqlite3.Connection, inbox_seq: int) -> None:
    """Take the words of a message out, before its content goes: nothing finds it by them from now on."""
    row = tx.execute(
        f"SELECT t.seq, {_CONTENT} FROM traffic t WHERE t.ref = ?",  # noqa: S608 - fixed texts
        (inbox_seq,),
    ).fetchone()
    if row is None or row[0] > position(tx).through:
        return
    words = words_of(row[1])
    if words != NO_WORDS:
        tx.execute(
            "INSERT INTO traffic_words (traffic_words, rowid, subject, body, refs)"
            " VALUES ('delete', ?, ?, ?, ?)",
            (row[0], *words),
        )
        tx.execute("UPDATE traffic_words_state SET erase = 1")


def erasing(tx: sqlite3.Connection) -> bool:
    """Whether words that were taken out still stand in old parts of the index."""
    return bool(tx.execute("SELECT erase FROM traffic_words_state").fetchone()[0])


def erase_step(tx: sqlite3.Connection) -> bool:
    """Merge some of the index, so that what was taken out goes; whether there is more to do.

    What is freed is overwritten, in the file at once, and in the log beside it by the next
    `writer.Store.scrub`.
    """
    wanted = tx.execute("SELECT erase FROM traffic_words_state").fetchone()[0]
    if not wanted:
        return False
    with overwriting(tx):
        before = tx.total_changes
        pages = -MERGED_PAGES if wanted == 1 else MERGED_PAGES
        tx.execute("INSERT INTO traffic_words (traffic_words, rank) VALUES ('merge', ?)", (pages,))
        # As the documentation of FTS5 has it: fewer than two changes say that nothing was left to merge.
        after = 2 if wanted == 1 or tx.total_changes - before >= 2 else 0
    tx.execute("UPDATE traffic_words_state SET erase = ?", (after,))
    return after != 0


def among_unindexed(tx: sqlite3.Connection, lower: int, upper: int, match: str) -> list[int]:
    """Which rows above `lower` up to `upper` match, though the index has not come to them: read and judged
    by an index of their own, by the same rules.
    """
    return matching([(seq, words_of(content)) for seq, content in _contents(tx, lower, upper)], match)


def lowest(tx: sqlite3.Connection, lower: int, upper: int, octets: int) -> int:
    """How far down from `upper`, at most to `lower`, contents of so many octets reach; one row at least."""
    reached, left = upper, octets
    for seq, length in tx.execute(
        f"SELECT t.seq, {_LENGTH} FROM traffic t WHERE t.seq > ? AND t.seq <= ? ORDER BY t.seq DESC",  # noqa: S608
        (lower, upper),
    ):
        left -= length or 0
        if left < 0 and reached < upper:
            return reached
        reached = seq - 1
    return lower


def words_of_rows(tx: sqlite3.Connection, seqs: Iterable[int]) -> list[tuple[int, Words]]:
    """The words of these few rows, indexed or not."""
    found: list[tuple[int, Words]] = []
    for seq in seqs:
        found += [(seq, words_of(content)) for _, content in _contents(tx, seq - 1, seq)]
    return found


def matching(words: Iterable[tuple[int, Words]], match: str) -> list[int]:
    """Which of these match an expression of FTS5."""
    with sqlite3.connect(":memory:") as index:
        index.execute(_TABLE)
        index.executemany(
            "INSERT INTO words (rowid, subject, body, refs) VALUES (?, ?, ?, ?)",
            [(seq, *each) for seq, each in words],
        )
        found = [row[0] for row in index.execute("SELECT rowid FROM words WHERE words MATCH ?", (match,))]
    index.close()
    return found


def _contents(tx: sqlite3.Connection, lower: int, upper: int) -> Iterable[tuple[int, bytes]]:
    rows: Iterable[tuple[int, bytes]] = tx.execute(
        f"SELECT t.seq, {_CONTENT} FROM traffic t WHERE t.seq > ? AND t.seq <= ? ORDER BY t.seq",  # noqa: S608
        (lower, upper),
    )
    return rows
