"""Information requests between nations: who asked whom, the signed acts that are known, where each stands.

The truth are the acts; a party's stored state is what was last told, kept so that requests are found by it.
An act may come before the request that it is about: it is kept, and counts once that request is known under
the digest and in the mode that the act names.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bus.protocol.requests import ASKING_ACTS, EXPIRING, SignedAct
from bus.store.columns import instant, micros, micros_or_none, strings_text
from schemas.header import Mode
from schemas.request_acts import CloseOutcome, RequestAct, RequestState

MOST_ACTS = 100
"""Acts of one kept of one asked nation on one request."""

MAY_EXPIRE = f"state IN ({', '.join(repr(state.value) for state in EXPIRING)})"
"""Condition on a party: LTIOV ends it, word for word as the index `request_party_expiring` has it."""

_ONCE = frozenset({*ASKING_ACTS, RequestAct.ACKNOWLEDGE})
"""Acts of which the earliest alone has an effect: only that one is kept."""


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request of ours (with ``publication_seq``) or a partner's.

    ``message_id``: of ours the fullest version's.
    """

    originator: str
    message_id: str
    publication_seq: int | None
    mode: Mode
    exercise_id: str | None
    display_only: bool
    issued_at: datetime
    ltiov: datetime
    answer_by: datetime | None


@dataclass(frozen=True, slots=True)
class NewParty:
    """A nation that is asked, by the message that it has; ``addressed``: action, info or none."""

    nation: str
    message_id: str
    digest: str
    addressed: str


@dataclass(frozen=True, slots=True)
class Party(NewParty):
    """One asked nation of a known request. ``state`` and ``outcome`` are what was last told."""

    request_seq: int
    originator: str
    publication_id: str | None
    inbox_seq: int | None
    mode: Mode
    exercise_id: str | None
    ltiov: datetime
    state: RequestState | None
    outcome: CloseOutcome | None


@dataclass(frozen=True, slots=True)
class NewAct:
    """One act on the request that ``nation`` has as ``message_id``.

    ``publication_seq`` and ``sent_to``: the message of ours that says it, and to whom; it counts unless that
    delivery was withheld or refused.
    """

    originator: str
    message_id: str
    digest: str
    mode: Mode
    nation: str
    signed: SignedAct
    detail: str | None = None
    """A code that goes with it: why declined, whither redirected."""
    publication_seq: int | None = None
    sent_to: str | None = None


@dataclass(frozen=True, slots=True)
class StoredAct:
    """An act that counts, and when it was recorded here."""

    signed: SignedAct
    detail: str | None
    recorded_at: datetime


def add(tx: sqlite3.Connection, new: NewRequest, parties: Sequence[NewParty]) -> None:
    """A request becomes known; one that is known already is left as it is."""
    cursor = tx.execute(
        "INSERT INTO request (originator, message_id, publication_seq, mode, exercise_id, display_only,"
        " issued_at, ltiov, answer_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (message_id, originator) DO NOTHING",
        (
            new.originator,
            new.message_id,
            new.publication_seq,
            new.mode.value,
            new.exercise_id,
            int(new.display_only),
            micros(new.issued_at),
            micros(new.ltiov),
            micros_or_none(new.answer_by),
        ),
    )
    if not cursor.rowcount:
        return
    tx.executemany(
        "INSERT INTO request_party (request_seq, nation, message_id, digest, addressed, ltiov)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (cursor.lastrowid, each.nation, each.message_id, each.digest, each.addressed, micros(new.ltiov))
            for each in parties
        ],
    )


_PARTY = (
    "SELECT p.nation, p.message_id, p.digest, p.addressed, r.request_seq, r.originator, u.publication_id,"
    " i.inbox_seq, r.mode, r.exercise_id, r.ltiov, p.state, p.outcome FROM request_party p"
    " JOIN request r USING (request_seq) LEFT JOIN publication u USING (publication_seq)"
    " LEFT JOIN inbox i ON r.publication_seq IS NULL AND i.message_id = r.message_id"
    " AND i.originator = r.originator"
)


def party(tx: sqlite3.Connection, originator: str, message_id: str, nation: str) -> Party | None:
    """The asked ``nation`` that has the request as this message; None when that is not known."""
    row = tx.execute(
        f"{_PARTY} WHERE p.message_id = ? AND p.nation = ? AND r.originator = ?",
        (message_id, nation, originator),
    ).fetchone()
    return None if row is None else _party(row)


def parties(tx: sqlite3.Connection, request_seq: int) -> tuple[Party, ...]:
    """Every nation that a request asks, by name."""
    rows = tx.execute(f"{_PARTY} WHERE r.request_seq = ? ORDER BY p.nation", (request_seq,))
    return tuple(map(_party, rows))


def publication_of(tx: sqlite3.Connection, request_seq: int) -> int:
    """The ``publication_seq`` of a request of ours."""
    row: tuple[int] = tx.execute(
        "SELECT publication_seq FROM request WHERE request_seq = ?", (request_seq,)
    ).fetchone()
    return row[0]


def parties_of(tx: sqlite3.Connection, publication_seq: int) -> tuple[Party, ...]:
    """Every nation that a publication of ours asks, if it is a request."""
    rows = tx.execute(f"{_PARTY} WHERE r.publication_seq = ? ORDER BY p.nation", (publication_seq,))
    return tuple(map(_party, rows))


@dataclass(frozen=True, slots=True)
class RequestCopy:
    """One nation's copy of a request of ours. ``sent``: it was put into a bundle, and so may have left.

    ``wider``: how many wider versions the publication has.
    """

    nation: str
    delivery_seq: int
    state: str
    sent: bool
    wider: int


def copies(tx: sqlite3.Connection, request_seq: int) -> tuple[RequestCopy, ...]:
    """Every copy of a request of ours; none of a partner's."""
    rows = tx.execute(
        "SELECT d.recipient, d.delivery_seq, d.state, d.attempts > 0, c.wider FROM delivery d"
        " JOIN request r USING (publication_seq) JOIN content c ON c.content_id = d.content_id"
        " WHERE r.request_seq = ? ORDER BY d.recipient",
        (request_seq,),
    )
    return tuple(RequestCopy(row[0], row[1], row[2], bool(row[3]), row[4]) for row in rows)


def was_sent(tx: sqlite3.Connection, to: Party) -> bool:
    """Whether a request of ours may have left for this nation."""
    return any(each.sent for each in copies(tx, to.request_seq) if each.nation == to.nation)


def told_by(tx: sqlite3.Connection, publication_ids: Iterable[str]) -> tuple[Party, ...]:
    """The parties on whose requests these messages of ours acted."""
    rows = tx.execute(
        "SELECT DISTINCT originator, message_id, nation FROM request_act INDEXED BY request_act_publication"
        " WHERE publication_seq IN (SELECT publication_seq FROM publication"
        " WHERE publication_id IN (SELECT value FROM json_each(?)))",
        (strings_text(publication_ids),),
    ).fetchall()
    found = (party(tx, *row) for row in rows)
    return tuple(each for each in found if each is not None)


def expiring(tx: sqlite3.Connection, now: datetime, limit: int) -> tuple[Party, ...]:
    """Parties whose LTIOV has passed and of which that was not told yet, the earliest first."""
    rows = tx.execute(
        f"{_PARTY} WHERE p.{MAY_EXPIRE} AND p.ltiov < ? ORDER BY p.ltiov LIMIT ?",
        (micros(now), limit),
    )
    return tuple(map(_party, rows))


def next_expiry(tx: sqlite3.Connection) -> datetime | None:
    """The next LTIOV at which something may expire."""
    row = tx.execute(
        f"SELECT min(ltiov) FROM request_party WHERE {MAY_EXPIRE}"  # noqa: S608 - a fixed text
    ).fetchone()
    return None if row[0] is None else instant(row[0])


def record(tx: sqlite3.Connection, new: NewAct, at: datetime) -> bool:
    """Keep an act; False when it is known, or changes nothing whatever comes, or there are too many."""
    signed = new.signed
    key = (new.message_id, new.originator, new.nation)
    if signed.act in _ONCE:
        earliest = tx.execute(
            "SELECT at, act_id, outcome FROM request_act WHERE message_id = ? AND originator = ?"
            " AND nation = ? AND act = ? AND digest = ? AND mode = ?",
            (*key, signed.act.value, new.digest, new.mode.value),
        ).fetchone()
        mine = (micros(signed.at), signed.act_id, signed.outcome or "")
        if earliest is not None and (earliest[0], earliest[1], earliest[2] or "") <= mine:
            return False
        tx.execute(
            "DELETE FROM request_act WHERE message_id = ? AND originator = ? AND nation = ? AND act = ?"
            " AND digest = ? AND mode = ?",
            (*key, signed.act.value, new.digest, new.mode.value),
        )
    elif count_acts(tx, *key) >= MOST_ACTS:
        return False
    return (
        tx.execute(
            "INSERT INTO request_act (message_id, originator, nation, act, act_id, digest, mode, at, outcome,"
            " detail, publication_seq, sent_to, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (
                *key,
                signed.act.value,
                signed.act_id,
                new.digest,
                new.mode.value,
                micros(signed.at),
                signed.outcome and signed.outcome.value,
                new.detail,
                new.publication_seq,
                new.sent_to,
                micros(at),
            ),
        ).rowcount
        > 0
    )


def count_acts(tx: sqlite3.Connection, message_id: str, originator: str, nation: str) -> int:
    """How many acts of the asked nation are kept."""
    row = tx.execute(
        "SELECT count(*) FROM request_act WHERE message_id = ? AND originator = ? AND nation = ?",
        (message_id, originator, nation),
    ).fetchone()
    return int(row[0])


def acts(tx: sqlite3.Connection, of: Party) -> tuple[StoredAct, ...]:
    """The acts that count: on this very message, in its mode, and not held back from whom they tell it."""
    rows = tx.execute(
        "SELECT act, act_id, at, outcome, detail, recorded_at FROM request_act a"
        " WHERE message_id = ? AND originator = ? AND nation = ? AND digest = ? AND mode = ?"
        " AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.publication_seq = a.publication_seq"
        " AND d.recipient = a.sent_to AND d.state IN ('withheld', 'refused'))",
        (of.message_id, of.originator, of.nation, of.digest, of.mode.value),
    )
    return tuple(
        StoredAct(
            SignedAct(
                instant(row[2]), row[1], RequestAct(row[0]), None if row[3] is None else CloseOutcome(row[3])
            ),
            row[4],
            instant(row[5]),
        )
        for row in rows
    )


def tell(
    tx: sqlite3.Connection, of: Party, state: RequestState, outcome: CloseOutcome | None, at: datetime
) -> bool:
    """Note where it stands; False when that is what was told last."""
    if (of.state, of.outcome) == (state, outcome):
        return False
    tx.execute(
        "UPDATE request_party SET state = ?, outcome = ?, changed_at = ?"
        " WHERE request_seq = ? AND nation = ?",
        (state.value, outcome and outcome.value, micros(at), of.request_seq, of.nation),
    )
    return True


def _party(row: Any) -> Party:
    return Party(
        nation=row[0],
        message_id=row[1],
        digest=row[2],
        addressed=row[3],
        request_seq=row[4],
        originator=row[5],
        publication_id=row[6],
        inbox_seq=row[7],
        mode=Mode(row[8]),
        exercise_id=row[9],
        ltiov=instant(row[10]),
        state=None if row[11] is None else RequestState(row[11]),
        outcome=None if row[12] is None else CloseOutcome(row[12]),
    )
