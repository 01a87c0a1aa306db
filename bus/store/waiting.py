"""What waits for the relay, leaving out recipients for whom nothing can be sealed at present.

A recipient without a usable key must not hold up the others by filling every batch.
"""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bus.store.columns import CONTENT_TYPES, KINDS, LANES, MODES, integers_text, micros, strings_text
from bus.store.deliveries import Waiting
from schemas.header import Mode

MAX_TAKEN_BYTES = 8 * 1024 * 1024


# As in the index delivery_waiting: ranks 0 and 1 share the urgent lane, 2 and 3 the normal one. What has a
# serial is sent again, before whatever is new in its lane and by serial.
_SEND_ORDER = (
    "iif(d.serial IS NULL, d.precedence_rank, d.precedence_rank & 2), ifnull(d.serial, 9007199254740992),"
    " d.delivery_seq"
)


_COLUMNS = (
    "d.delivery_seq, d.content_id, c.content_type, c.digest, c.message_id, d.recipient, d.mode, d.lane,"
    " d.precedence_rank, d.lane_epoch, d.serial, d.attempts, p.publication_id, p.kind, c.wider"
)
WAITING = (
    f"SELECT {_COLUMNS} FROM delivery d JOIN content c ON c.content_id = d.content_id"  # noqa: S608 - fixed texts
    " JOIN publication p ON p.publication_seq = d.publication_seq"
)
"""Deliveries `d` of publications; `waiting_row` reads the rows."""


def waiting_row(row: Any) -> Waiting:
    """One delivery that waits, from the columns that `WAITING` selects."""
    return Waiting(
        row[0],
        row[1],
        CONTENT_TYPES[row[2]],
        row[3],
        row[4],
        row[5],
        MODES[row[6]],
        LANES[row[7]],
        row[8],
        row[9],
        row[10],
        row[11],
        row[12],
        None if row[13] is None else KINDS[row[13]],
        row[14],
    )


class Blocked(NamedTuple):
    """A recipient in one mode; ``control`` tells the control lane from the message lanes."""

    recipient: str
    mode: Mode
    control: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What the relay takes at once; ``contents`` holds the exact bytes once per ``content_id``."""

    deliveries: tuple[Waiting, ...]
    contents: dict[int, bytes]


def take_waiting(
    tx: sqlite3.Connection,
    *,
    limit: int,
    blocked: Collection[Blocked] = (),
    max_bytes: int = MAX_TAKEN_BYTES,
    now: datetime | None = None,
) -> Taken:
    """The next queued deliveries of unblocked recipients: highest precedence first, oldest first within one;
    what is to be sent again first in its lane, in the lane's order.

    With ``now``, what was set aside (``deliveries.set_aside``) is left out until its time has come.
    At most ``limit``, and no more than ``max_bytes`` of content counted per delivery (always at least one).
    Nothing is changed: what the relay does with them it records with ``deliveries.mark_sealed`` or
    ``settlement.mark_withheld`` in the same transaction.
    """
    excluded, values = "", list[object]()
    if blocked:
        excluded = (
            " AND d.recipient || d.mode || (d.lane = 'control') NOT IN (SELECT value FROM json_each(?))"
        )
        values.append(
            strings_text(f"{entry.recipient}{entry.mode.value}{int(entry.control)}" for entry in blocked)
        )
    if now is not None:
        excluded += " AND (d.resend_at IS NULL OR d.resend_at <= ?)"
        values.append(micros(now))
    taken: list[Waiting] = []
    room = max_bytes
    for row in tx.execute(
        f"SELECT {_COLUMNS}, length(c.bytes)"  # noqa: S608 - fixed texts
        " FROM delivery d INDEXED BY delivery_waiting JOIN content c ON c.content_id = d.content_id"
        " LEFT JOIN publication p ON p.publication_seq = d.publication_seq"
        f" WHERE d.state = 'queued'{excluded} ORDER BY {_SEND_ORDER} LIMIT ?",
        (*values, limit),
    ):
        room -= row[15]
        if taken and room < 0:
            break
        taken.append(waiting_row(row))
    wanted = integers_text({delivery.content_id for delivery in taken})
    contents = dict(
        tx.execute(
            "SELECT content_id, bytes FROM content WHERE content_id IN (SELECT value FROM json_each(?))",
            (wanted,),
        )
    )
    return Taken(tuple(taken), contents)
