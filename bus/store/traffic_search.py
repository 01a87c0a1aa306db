"""Searching the traffic: newest first, in windows that grow, so that what is frequent is found at once, and
what is rare by walking a narrow table. No search holds a reader's thread longer than one window takes.

Words are looked up in their index; the newest rows, to which that has not come yet, are read themselves.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any, NamedTuple

from bus.protocol.traffic_query import Field, Query
from bus.store import traffic, traffic_words
from bus.store.columns import integers_text, micros
from bus.store.traffic_blocks import Bar, Parts, Times, rows_between, times_of
from bus.store.traffic_conditions import AWAITING, Asker, Condition, conditions_of, matches_of

FIRST_WINDOW = 20_000
GROWTH = 4
LARGEST_WINDOW = 650_000
SMALLEST_WINDOW = 1000
"""A window of so many rows is read to its end, however long it takes."""
UNINDEXED = 1000
"""Rows that one window reads to find words in them."""
UNINDEXED_OCTETS = 2 * 1024 * 1024
"""Of message contents that one such window reads, but one message at least."""
MOST_UNINDEXED = 5000
"""The newest rows, which are read though they are not indexed; older ones that are not are found later."""
_IN_INDEX = "SELECT rowid FROM traffic_words WHERE traffic_words MATCH ? AND rowid > ? AND rowid <= ?"


@dataclass(frozen=True, slots=True)
class Search:
    """A search, and who asks."""

    query: Query
    asker: Asker


class Window(NamedTuple):
    """Rows above `lower` up to `upper`."""

    lower: int
    upper: int

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.upper - self.lower


ALWAYS = Times(None, None)


class Found(NamedTuple):
    """What a window has: numbers, newest first, at most as many as asked for; and where it ended below."""

    seqs: list[int]
    lower: int


def first_window(upper: int) -> Window:
    """The newest rows up to `upper`."""
    return Window(max(0, upper - FIRST_WINDOW), upper)


def next_window(window: Window) -> Window:
    """The rows before, more of them."""
    size = min(LARGEST_WINDOW, GROWTH * window.rows)
    return Window(max(0, window.lower - size), window.lower)


def reach(tx: sqlite3.Connection, search: Search, within: Times = ALWAYS) -> Window:
    """The rows that the times in the search, and those given, leave to be looked through."""
    asked = times_of(search.query)
    since = [time for time in (asked.since, within.since) if time is not None]
    until = [time for time in (asked.until, within.until) if time is not None]
    if not (since or until):
        return Window(0, traffic.latest_seq(tx))
    return Window(*rows_between(tx, Times(max(since, default=None), min(until, default=None))))


def in_window(tx: sqlite3.Connection, search: Search, window: Window, limit: int) -> Found:
    """The newest rows of the window that the search finds, at most `limit`.

    A window of which some rows are not in the index of words yet is cut at those.
    """
    window = _cut(tx, search.query, window)
    if not window.rows:
        return Found([], window.lower)
    text, values = _condition(tx, search, window)
    rows = tx.execute(
        f"SELECT t.seq FROM traffic t {_hint(search)} WHERE t.seq > ? AND t.seq <= ?"  # noqa: S608
        f" AND {text} ORDER BY t.seq DESC LIMIT ?",
        (*window, *values, limit),
    )
    return Found([row[0] for row in rows], window.lower)


def of_these(tx: sqlite3.Connection, search: Search, seqs: list[int]) -> list[int]:
    """Which of these few rows the search finds."""
    if not seqs:
        return []
    window = Window(seqs[0] - 1, seqs[-1])
    text, values = conditions_of(search.query, search.asker, len(seqs))
    matches = matches_of(search.query)
    if matches.wanted or matches.unwanted:
        words = traffic_words.words_of_rows(tx, seqs)
        if matches.wanted:
            wanted = integers_text(traffic_words.matching(words, matches.wanted))
            text += " AND t.status <> 'RECALLED' AND t.seq IN (SELECT value FROM json_each(?))"
            values = [*values, wanted]
        if matches.unwanted:
            unwanted = integers_text(traffic_words.matching(words, matches.unwanted))
            text += " AND (t.status = 'RECALLED' OR t.seq NOT IN (SELECT value FROM json_each(?)))"
            values = [*values, unwanted]
    rows = tx.execute(
        f"SELECT t.seq FROM traffic t NOT INDEXED WHERE t.seq IN (SELECT value FROM json_each(?))"  # noqa: S608
        f" AND t.seq > ? AND t.seq <= ? AND {text} ORDER BY t.seq",
        (integers_text(seqs), *window, *values),
    )
    return [row[0] for row in rows]


def counted_in_window(
    tx: sqlite3.Connection, search: Search, parts: Parts, window: Window
) -> tuple[list[Bar], int]:
    """How many rows of the window the search finds in each part; and where the window ended below."""
    window = _cut(tx, search.query, window)
    if not window.rows:
        return [], window.lower
    text, values = _condition(tx, search, window)
    rows = tx.execute(
        f"SELECT (t.at - ?) / ?, t.rank, count(*) FROM traffic t {_hint(search)}"  # noqa: S608
        f" WHERE t.seq > ? AND t.seq <= ? AND t.at >= ? AND t.at < ? AND {text} GROUP BY 1, 2",
        (parts.start, parts.width, *window, parts.start, parts.stop, *values),
    )
    return [Bar(*row) for row in rows], window.lower


def awaiting(tx: sqlite3.Connection, asker: Asker, ranks: list[int], limit: int) -> list[int]:
    """What waits for this nation's acknowledgement: most urgent first; then originators in turn, of each the
    oldest, the newest, the next oldest and so on: a flood from one hides nothing from another.
    """
    found = list[int]()
    for rank in sorted(set(ranks)):
        room = limit - len(found)
        turns: dict[int, int] = {}
        for originator in _owed(tx, rank):
            oldest, newest = (_end(tx, asker, rank, originator, order, room) for order in ("ASC", "DESC"))
            turns |= {seq: 2 * place for place, seq in enumerate(newest, 1)}
            for place, seq in enumerate(oldest, 1):
                turns[seq] = min(2 * place - 1, turns.get(seq, 2 * place))
        found += sorted(turns, key=lambda seq: (turns[seq], seq))[:room]
    return found


def _owed(tx: sqlite3.Connection, rank: int) -> list[str]:
    """Originators of whose messages of this precedence some were not acknowledged: found one by one in the
    index, past whatever number each has."""
    first = "SELECT min(originator) FROM traffic INDEXED BY traffic_owing WHERE owing = 1 AND rank = ?"
    rows = tx.execute(
        f"WITH RECURSIVE named (name) AS ({first} UNION ALL"  # noqa: S608 - fixed texts
        f" SELECT ({first} AND originator > name) FROM named WHERE name IS NOT NULL)"
        " SELECT name FROM named WHERE name IS NOT NULL",
        (rank, rank),
    )
    return [row[0] for row in rows]


def _end(
    tx: sqlite3.Connection, asker: Asker, rank: int, originator: str, order: str, limit: int
) -> list[int]:
    text, values = _awaited(asker)
    rows = tx.execute(
        "SELECT t.seq FROM traffic t INDEXED BY traffic_owing"  # noqa: S608 - fixed texts
        f" WHERE t.rank = ? AND t.originator = ? AND {text} ORDER BY t.seq {order} LIMIT ?",
        (rank, originator, *values, limit),
    )
    return [row[0] for row in rows]


def count_awaiting(tx: sqlite3.Connection, asker: Asker) -> dict[int, int]:
    """How many wait for this nation's acknowledgement, by precedence (rank)."""
    text, values = _awaited(asker)
    rows = tx.execute(
        "SELECT t.rank, count(*) FROM traffic t INDEXED BY traffic_owing"  # noqa: S608
        f" WHERE {text} GROUP BY t.rank",
        values,
    )
    return {row[0]: row[1] for row in rows}


def _awaited(asker: Asker) -> Condition:
    text, values = conditions_of(Query(), asker, 0)
    return f"{AWAITING} AND {text}", [micros(asker.now), *values]


def _cut(tx: sqlite3.Connection, query: Query, window: Window) -> Window:
    if not query.looks_into_messages:
        return window
    through, latest = traffic_words.position(tx)
    if window.upper <= through:
        return window
    read_from = max(through, latest - MOST_UNINDEXED)
    if window.upper > read_from:
        lower = max(window.lower, read_from, window.upper - UNINDEXED)
        return Window(traffic_words.lowest(tx, lower, window.upper, UNINDEXED_OCTETS), window.upper)
    # Too far behind to be read: passed over.
    lower = max(window.lower, through)
    return Window(lower, lower)


def _condition(tx: sqlite3.Connection, search: Search, window: Window) -> Condition:
    """The whole condition on a window."""
    text, values = conditions_of(search.query, search.asker, window.rows)
    matches = matches_of(search.query)
    if not (matches.wanted or matches.unwanted):
        return text, values
    indexed = window.upper <= traffic_words.position(tx).through
    for match, found in ((matches.wanted, "{}"), (matches.unwanted, "NOT {}")):
        if not match:
            continue
        if indexed:
            part = f"t.seq IN ({_IN_INDEX})"
            given: list[Any] = [match, *window]
        else:
            part = "t.seq IN (SELECT value FROM json_each(?))"
            given = [integers_text(traffic_words.among_unindexed(tx, *window, match))]
        # Of a recalled message no words are known to anybody.
        text += f" AND (t.status {'<>' if found == '{}' else '='} 'RECALLED'"
        text += f" {'AND' if found == '{}' else 'OR'} {found.format(part)})"
        values = [*values, *given]
    return text, values


def _hint(search: Search) -> str:
    """Which index serves: SQLite keeps no statistics that would tell it."""
    ids = any(term.field is Field.ID and not term.negated for term in search.query.terms)
    return "INDEXED BY traffic_ref" if ids else "NOT INDEXED"
