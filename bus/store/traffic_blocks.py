"""The traffic in blocks of a thousand rows: which times a block's rows lie in, and how many there are.

Numbers follow time closely, but not strictly: clocks are set back, and what is filed may be older than what
was accepted before. A block says when its first and last rows are, so that what is left out holds nothing.
"""

import sqlite3
from datetime import datetime
from typing import NamedTuple

from bus.protocol.traffic_query import Field, Query
from bus.store.columns import integers_text, micros
from bus.store.traffic_conditions import Asker, conditions_of

BITS = 10
"""A row's block is its number without so many bits, as the trigger in schema.sql has it."""
_SUMMARISED = frozenset({Field.PREC, Field.MODE})


class Times(NamedTuple):
    """From `since` on and before `until`, in microseconds; None: no bound."""

    since: int | None
    until: int | None


class Bar(NamedTuple):
    """How many rows of one precedence (by rank) one part of a histogram has."""

    part: int
    rank: int
    number: int


class Parts(NamedTuple):
    """A time in equal parts: from `start` on and before `stop`, each `width` microseconds."""

    start: int
    stop: int
    width: int


def times_of(query: Query) -> Times:
    """Between which times everything lies that the search can find."""
    since, until = list[int](), list[int]()
    for term in query.terms:
        given = [micros(value) for value in term.values if isinstance(value, datetime)]
        if term.field is Field.AFTER:
            (until if term.negated else since).append(min(given))
        elif term.field is Field.BEFORE:
            (since if term.negated else until).append(max(given))
    return Times(max(since, default=None), min(until, default=None))


def rows_between(tx: sqlite3.Connection, times: Times) -> tuple[int, int]:
    """Numbers `lower` and `upper`: no row outside (lower, upper] lies in these times."""
    conditions, values = ["1"], []
    if times.since is not None:
        conditions.append("last_at >= ?")
        values.append(times.since)
    if times.until is not None:
        conditions.append("first_at < ?")
        values.append(times.until)
    first, last = tx.execute(
        f"SELECT min(block), max(block) FROM traffic_block WHERE {' AND '.join(conditions)}",  # noqa: S608
        values,
    ).fetchone()
    return (0, 0) if first is None else (max(0, (first << BITS) - 1), ((last + 1) << BITS) - 1)


def latest_up_to(tx: sqlite3.Connection, seq: int) -> int | None:
    """A time that no row up to this one is later than; None where there is no such row."""
    found = tx.execute("SELECT max(last_at) FROM traffic_block WHERE block <= ?", (seq >> BITS,)).fetchone()
    return None if seq <= 0 or found[0] is None else int(found[0])


def counted_alone(query: Query) -> bool:
    """Whether blocks know enough to count what this search finds."""
    return all(term.field in _SUMMARISED for term in query.terms)


def bars(tx: sqlite3.Connection, query: Query, asker: Asker, parts: Parts) -> list[Bar]:
    """How many rows such a search finds in each part: blocks that lie in one part are not read row by row."""
    text, values = conditions_of(query, asker, 0)
    spans = tx.execute(
        "SELECT block, min(first_at), max(last_at) FROM traffic_block t"  # noqa: S608 - fixed texts
        f" WHERE {text} GROUP BY block HAVING max(last_at) >= ? AND min(first_at) < ?",
        (*values, parts.start, parts.stop),
    ).fetchall()
    start, stop, width = parts
    whole, split = list[int](), list[int]()
    for block, first, last in spans:
        inside = start <= first and last < stop and (first - start) // width == (last - start) // width
        (whole if inside else split).append(block)
    counted: dict[tuple[int, int], int] = {}
    for part, rank, number in (
        *tx.execute(
            "SELECT (t.first_at - ?) / ?, t.rank, sum(t.number) FROM json_each(?) j"  # noqa: S608
            f" CROSS JOIN traffic_block t ON t.block = j.value WHERE {text} GROUP BY 1, 2",
            (start, width, integers_text(whole), *values),
        ),
        *tx.execute(
            "SELECT (t.at - ?) / ?, t.rank, count(*) FROM json_each(?) j"  # noqa: S608
            f" CROSS JOIN traffic t ON t.seq >= j.value << {BITS} AND t.seq < (j.value + 1) << {BITS}"
            f" WHERE t.at >= ? AND t.at < ? AND {text} GROUP BY 1, 2",
            (start, width, integers_text(split), start, stop, *values),
        ),
    ):
        counted[part, rank] = counted.get((part, rank), 0) + number
    return [Bar(*place, number) for place, number in sorted(counted.items())]
