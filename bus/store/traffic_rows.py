"""Rows of the traffic as they are shown: with what the inbox or the publication says of each now."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from bus.protocol.deadlines import OPEN_IN, Awaited
from bus.store.columns import instant, instant_or_none, integers_text
from bus.store.traffic import LABEL_PARTS
from schemas.header import Kind

_OPEN = OPEN_IN[Awaited.ACKNOWLEDGEMENT]


class Copy(NamedTuple):
    """One nation's copy of a message of ours. `owes`: its acknowledgement is awaited still."""

    nation: str
    role: str
    state: str
    overdue: bool
    owes: bool


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row with what belongs to it; of a message received `own` is False, and there are no `copies`.

    `content` is empty for what was recalled from us.
    """

    seq: int
    own: bool
    number: int
    """`inbox_seq` or `publication_seq`."""
    id: str
    """The message's id of what was received, the publication's of ours."""
    message_id: str
    at: datetime
    issued_at: datetime
    expires_at: datetime | None
    originator: str
    kind: str
    precedence: str
    mode: str
    exercise_id: str | None
    policy: str
    classification: str
    status: str
    handling: str
    sign_kid: str | None
    content: bytes
    unread: bool
    owing: bool
    acknowledged_at: datetime | None
    read_at: datetime | None
    request_state: str | None = None
    """Of a request received: how it stood when that was last told."""
    copies: tuple[Copy, ...] = ()


_SHARED = (
    "t.seq, t.at, t.expires_at, t.originator, t.kind, t.mode, t.exercise_id, t.label, t.status, t.unread,"
    " t.owing"
)
_ASKED = "json_each(?) j CROSS JOIN traffic t ON t.seq = j.value"
_REQUEST_STATE = (
    f"CASE WHEN t.kind = '{Kind.INFORMATION_REQUEST}' THEN (SELECT p.state FROM request r"  # noqa: S608
    " JOIN request_party p USING (request_seq) WHERE r.message_id = i.message_id"
    " AND r.originator = i.originator AND r.publication_seq IS NULL) END"
)
_RECEIVED = (
    f"SELECT {_SHARED}, i.inbox_seq, i.message_id, i.message_id, i.issued_at, i.precedence, i.handling,"  # noqa: S608
    f" i.sign_kid, i.content, i.acknowledged_at, i.read_at, {_REQUEST_STATE} FROM {_ASKED} AND t.ref > 0"
    " CROSS JOIN inbox i ON i.inbox_seq = t.ref"
)
_PUBLISHED = (
    f"SELECT {_SHARED}, p.publication_seq, p.publication_id, p.message_id, p.accepted_at, p.precedence,"  # noqa: S608
    f" 'RELEASE', NULL, c.bytes, NULL, NULL, p.decisions FROM {_ASKED} AND t.ref < 0"
    " CROSS JOIN publication p ON p.publication_seq = -t.ref"
    " CROSS JOIN content c ON c.content_id = p.content_id"
)


def load(tx: sqlite3.Connection, seqs: Iterable[int]) -> list[ShownRow]:
    """These rows, in the order asked for; numbers that nothing has are left out."""
    asked = list(seqs)
    text = integers_text(asked)
    found = {row[0]: _row(row, False, ()) for row in tx.execute(_RECEIVED, (text,))}
    published = tx.execute(_PUBLISHED, (text,)).fetchall()
    copies = _copies(tx, published) if published else {}
    found |= {row[0]: _row(row, True, copies.get(row[11], ())) for row in published}
    return [found[seq] for seq in asked if seq in found]


def labels(tx: sqlite3.Connection, seqs: Iterable[int]) -> set[tuple[str, str]]:
    """The policies and classifications of these rows, each once."""
    rows = tx.execute(
        f"SELECT DISTINCT t.label FROM {_ASKED}",  # noqa: S608 - fixed texts
        (integers_text(seqs),),
    )
    return {_label(row[0]) for row in rows}


def _row(row: Any, own: bool, copies: tuple[Copy, ...]) -> ShownRow:
    policy, classification = _label(row[7])
    return ShownRow(
        seq=row[0],
        own=own,
        number=row[11],
        id=row[12],
        message_id=row[13],
        at=instant(row[1]),
        issued_at=instant(row[14]),
        expires_at=instant_or_none(row[2]),
        originator=row[3],
        kind=row[4],
        precedence=row[15],
        mode=row[5],
        exercise_id=row[6],
        policy=policy,
        classification=classification,
        status=row[8],
        handling=row[16],
        sign_kid=row[17],
        content=row[18],
        unread=bool(row[9]),
        owing=bool(row[10]),
        acknowledged_at=instant_or_none(row[19]),
        read_at=instant_or_none(row[20]),
        request_state=None if own else row[21],
        copies=copies,
    )


def _copies(tx: sqlite3.Connection, published: list[Any]) -> dict[int, tuple[Copy, ...]]:
    roles = {
        row[11]: {each["nation"]: each["addressed"] for each in json.loads(row[21])} for row in published
    }
    found: dict[int, list[Copy]] = {}
    for seq, nation, state, overdue, owes in tx.execute(
        "SELECT d.publication_seq, d.recipient, d.state, d.overdue,"
        " d.owes_acknowledgement = 1 AND d.acknowledged_at IS NULL"
        " FROM json_each(?) j CROSS JOIN delivery d ON d.publication_seq = j.value"
        " WHERE d.publication_seq IS NOT NULL ORDER BY d.publication_seq, d.recipient",
        (integers_text(roles),),
    ):
        role = roles[seq].get(nation, "action")
        owed = bool(owes) and state in _OPEN
        found.setdefault(seq, []).append(Copy(nation, role, state, overdue > 0, owed))
    return {seq: tuple(copies) for seq, copies in found.items()}


def _label(text: str) -> tuple[str, str]:
    policy, _, classification = text.partition(LABEL_PARTS)
    return policy, classification
