"""Operators' sessions and the tokens that stand for them. Of a token only its SHA-256 is stored."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bus.store.columns import instant, micros
from bus.store.operators import COLUMNS, Operator, of_row


class TokenUse(StrEnum):
    """What a token is for."""

    ACCESS = "access"
    REFRESH = "refresh"


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in of one operator. How it began (``means``) says nothing about what it may do."""

    session_id: str
    operator: str
    means: str
    started_at: datetime
    used_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a session; ``fresh_at``: when the operator last proved who they are before it was made."""

    token_hash: str
    session_id: str
    use: TokenUse
    fresh_at: datetime
    until: datetime
    spent: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A token with the session and the operator that it belongs to."""

    token: Token
    session: Session
    operator: Operator


def start(tx: sqlite3.Connection, session: Session) -> None:
    """Store a new session."""
    tx.execute(
        "INSERT INTO operator_session (session_id, operator, means, started_at, used_at, ends_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            session.session_id,
            session.operator,
            session.means,
            micros(session.started_at),
            micros(session.used_at),
            micros(session.ends_at),
        ),
    )


def put_token(tx: sqlite3.Connection, token: Token) -> None:
    """Store a new token of a session."""
    tx.execute(
        "INSERT INTO operator_token (token_hash, session_id, use, fresh_at, until, spent)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            token.token_hash,
            token.session_id,
            token.use.value,
            micros(token.fresh_at),
            micros(token.until),
            token.spent,
        ),
    )


def find(tx: sqlite3.Connection, token_hash: str) -> Found | None:
    """The token with this hash, whatever its state, with its session and operator: the caller judges."""
    row = tx.execute(
        f"SELECT {COLUMNS}, t.use, t.fresh_at, t.until, t.spent,"  # noqa: S608 - fixed texts
        " s.session_id, s.means, s.started_at, s.used_at, s.ends_at"
        " FROM operator_token t JOIN operator_session s USING (session_id)"
        " JOIN operator o ON o.name = s.operator WHERE t.token_hash = ?",
        (token_hash,),
    ).fetchone()
    if row is None:
        return None
    operator = of_row(row)
    use, fresh_at, until, spent = row[9:13]
    session = _session(operator.name, row[13:])
    token = Token(
        token_hash, session.session_id, TokenUse(use), instant(fresh_at), instant(until), bool(spent)
    )
    return Found(token, session, operator)


def _session(operator: str, columns: tuple[Any, ...]) -> Session:
    session_id, means, started_at, used_at, ends_at = columns
    return Session(session_id, operator, means, instant(started_at), instant(used_at), instant(ends_at))


def find_session(tx: sqlite3.Connection, session_id: str) -> tuple[Session, Operator] | None:
    """A session and its operator, whatever their state."""
    row = tx.execute(
        f"SELECT {COLUMNS}, s.session_id, s.means, s.started_at, s.used_at, s.ends_at"  # noqa: S608 - fixed
        " FROM operator_session s JOIN operator o ON o.name = s.operator WHERE s.session_id = ?",
        (session_id,),
    ).fetchone()
    if row is None:
        return None
    operator = of_row(row)
    return _session(operator.name, row[9:]), operator


def spend(tx: sqlite3.Connection, token_hash: str) -> bool:
    """Use a token up; False when it was spent before or is gone."""
    spent = tx.execute(
        "UPDATE operator_token SET spent = 1 WHERE token_hash = ? AND spent = 0", (token_hash,)
    )
    return spent.rowcount > 0


def spend_refresh(tx: sqlite3.Connection, session_id: str) -> None:
    """Use up whichever refresh token a session has."""
    tx.execute("UPDATE operator_token SET spent = 1 WHERE session_id = ? AND use = 'refresh'", (session_id,))


def count_tokens(tx: sqlite3.Connection, session_id: str) -> int:
    """How many tokens a session has had that are still kept."""
    row = tx.execute("SELECT count(*) FROM operator_token WHERE session_id = ?", (session_id,)).fetchone()
    return int(row[0])


def drop_expired_access(tx: sqlite3.Connection, session_id: str, now: datetime) -> None:
    """Forget access tokens that ended. Spent refresh tokens stay: one that comes again betrays a copy."""
    tx.execute(
        "DELETE FROM operator_token WHERE session_id = ? AND use = 'access' AND until <= ?",
        (session_id, micros(now)),
    )


def used(tx: sqlite3.Connection, session_id: str, at: datetime) -> None:
    """The session was used."""
    tx.execute(
        "UPDATE operator_session SET used_at = max(used_at, ?) WHERE session_id = ?", (micros(at), session_id)
    )


def end(tx: sqlite3.Connection, session_id: str) -> bool:
    """End a session with all its tokens; False when it had ended before."""
    return tx.execute("DELETE FROM operator_session WHERE session_id = ?", (session_id,)).rowcount > 0


def end_all(tx: sqlite3.Connection, operator: str) -> int:
    """End every session of an operator; how many there were. Links that would begin another end with them."""
    tx.execute("DELETE FROM operator_link WHERE operator = ?", (operator,))
    return tx.execute("DELETE FROM operator_session WHERE operator = ?", (operator,)).rowcount


def begun_by(tx: sqlite3.Connection, means: str) -> bool:
    """Whether there is a session that began by these means."""
    row = tx.execute("SELECT 1 FROM operator_session WHERE means = ? LIMIT 1", (means,)).fetchone()
    return row is not None


def end_begun_by(tx: sqlite3.Connection, means: str) -> int:
    """End every session that began by these means; how many there were."""
    return tx.execute("DELETE FROM operator_session WHERE means = ?", (means,)).rowcount


def drop_ended(tx: sqlite3.Connection, now: datetime, idle_since: datetime) -> None:
    """Forget sessions whose time is over, or that nobody used since ``idle_since``."""
    tx.execute(
        "DELETE FROM operator_session WHERE ends_at <= ? OR used_at <= ?", (micros(now), micros(idle_since))
    )


def keep_newest(tx: sqlite3.Connection, operator: str, count: int) -> None:
    """End all but the newest ``count`` sessions of an operator."""
    tx.execute(
        "DELETE FROM operator_session WHERE session_id IN (SELECT session_id FROM operator_session"
        " WHERE operator = ? ORDER BY started_at DESC, session_id LIMIT -1 OFFSET ?)",
        (operator, count),
    )
