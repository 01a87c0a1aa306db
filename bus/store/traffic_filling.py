"""Rows of the traffic for what a store held before it had that table: once, as its file is brought forward.

Read and written row by row, in the order of time: what is in memory does not grow with the store. Their words
are indexed later, behind the writes (`traffic_words`).
"""

import json
import sqlite3
from collections.abc import Iterator
from heapq import merge
from typing import Any

from bus.store.columns import strings
from bus.store.traffic import Face, TrafficRow, add, key_mark, label_text, names_text
from schemas.header import Precedence

_NATION_LETTERS = 3


def fill(tx: sqlite3.Connection) -> None:
    """Add a row for everything that is in the inbox, and for every publication."""
    nation = tx.execute("SELECT value FROM meta WHERE key = 'nation'").fetchone()[0]
    add(tx, merge(_received(tx, nation), _published(tx, nation), key=lambda row: row.at))


def _received(tx: sqlite3.Connection, nation: str) -> Iterator[TrafficRow]:
    for row in tx.execute(
        "SELECT inbox_seq, received_at, expires_at, originator, kind, precedence, mode, exercise_id,"
        " release_set, sign_kid, iif(recalled_at IS NULL, status, 'RECALLED'), read_at IS NULL,"
        " acknowledged_at IS NULL AND recalled_at IS NULL, content FROM inbox ORDER BY inbox_seq"
    ):
        face = _face(row[13], nation)
        yield TrafficRow(
            row[0],
            row[1],
            row[2],
            row[3],
            None,
            row[4],
            Precedence(row[5]).rank,
            row[6],
            row[7],
            label_text(face.policy, face.classification),
            names_text(face.addressed),
            names_text(strings(row[8])),
            key_mark(row[9]),
            row[10],
            row[11],
            int(face.asked and row[12]),
        )


def _published(tx: sqlite3.Connection, nation: str) -> Iterator[TrafficRow]:
    for row in tx.execute(
        "SELECT -publication_seq, accepted_at, expires_at, api_key_id, kind, precedence, mode, exercise_id,"
        " release_set, status, c.bytes, (SELECT json_group_array(DISTINCT recipient) FROM delivery d"
        " WHERE d.publication_seq = p.publication_seq)"
        " FROM publication p JOIN content c USING (content_id) ORDER BY publication_seq"
    ):
        face = _face(row[10], nation)
        addressed = dict.fromkeys((*face.addressed, *strings(row[11])))
        yield TrafficRow(
            row[0],
            row[1],
            row[2],
            nation,
            row[3],
            row[4],
            Precedence(row[5]).rank,
            row[6],
            row[7],
            label_text(face.policy, face.classification),
            names_text(tuple(addressed)),
            names_text(strings(row[8])),
            None,
            row[9],
            0,
            0,
        )


def _face(content: bytes, nation: str) -> Face:
    """What a message's bytes say; nothing where a recall took them."""
    try:
        message: Any = json.loads(content)
        header, label = message["header"], message["label"]
        action = tuple(header.get("action_addressees", ()))
        addressed = action + tuple(header.get("info_addressees", ()))
        required = header.get("acknowledgement", {}).get("required", False)
    except (ValueError, LookupError, TypeError, AttributeError):
        return Face()
    # Who was in a community is not known here: one that is named for action is taken to mean this nation.
    meant = not addressed or nation in action or any(len(name) != _NATION_LETTERS for name in action)
    return Face(addressed, label["policy"], label["classification"], bool(required and meant))
