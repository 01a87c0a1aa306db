"""Operators of this gateway: who they are, their roles, the hash of each one's password."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bus.store.columns import instant, instant_or_none, micros, micros_or_none, strings, strings_text
from schemas.operator import Role


@dataclass(frozen=True, slots=True)
class Operator:
    """A person. Without a ``password_hash`` (Argon2id, PHC string format) no password signs them in."""

    name: str
    display_name: str
    roles: frozenset[Role]
    enabled: bool
    created_at: datetime
    password_hash: str | None = None
    password_set_at: datetime | None = None
    one_time: bool = False
    """The password serves to choose another and for nothing else."""
    password_until: datetime | None = None
    """When a one-time password that nobody used ends."""


def add(tx: sqlite3.Connection, operator: Operator) -> None:
    """Store a new operator. StoreConflict when the name is taken."""
    tx.execute(
        "INSERT INTO operator (name, display_name, roles, enabled, created_at, password_hash,"
        " password_set_at, one_time, password_until) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            operator.name,
            operator.display_name,
            _roles_text(operator.roles),
            operator.enabled,
            micros(operator.created_at),
            operator.password_hash,
            micros_or_none(operator.password_set_at),
            operator.one_time,
            micros_or_none(operator.password_until),
        ),
    )


def find(tx: sqlite3.Connection, name: str) -> Operator | None:
    """The operator with this name, disabled ones included: the caller judges."""
    row = tx.execute(f"SELECT {COLUMNS} FROM operator o WHERE o.name = ?", (name,)).fetchone()  # noqa: S608
    return None if row is None else of_row(row)


def list_all(tx: sqlite3.Connection) -> tuple[Operator, ...]:
    """Every operator by name."""
    return tuple(map(of_row, tx.execute(f"SELECT {COLUMNS} FROM operator o ORDER BY o.name")))  # noqa: S608


def set_enabled(tx: sqlite3.Connection, name: str, enabled: bool) -> None:
    """Let an operator sign in, or no longer; ending their sessions is the caller's."""
    tx.execute("UPDATE operator SET enabled = ? WHERE name = ?", (enabled, name))


def set_roles(tx: sqlite3.Connection, name: str, roles: Iterable[Role]) -> None:
    """Replace an operator's roles."""
    tx.execute("UPDATE operator SET roles = ? WHERE name = ?", (_roles_text(roles), name))


def set_password(
    tx: sqlite3.Connection,
    name: str,
    password_hash: str,
    at: datetime,
    *,
    one_time: bool = False,
    until: datetime | None = None,
) -> None:
    """Replace an operator's password; ending their sessions is the caller's."""
    tx.execute(
        "UPDATE operator SET password_hash = ?, password_set_at = ?, one_time = ?, password_until = ?"
        " WHERE name = ?",
        (password_hash, micros(at), one_time, micros_or_none(until), name),
    )


def set_hash(tx: sqlite3.Connection, name: str, old: str, new: str) -> None:
    """Keep the same password under newer parameters, unless it was replaced meanwhile."""
    tx.execute("UPDATE operator SET password_hash = ? WHERE name = ? AND password_hash = ?", (new, name, old))


COLUMNS = (
    "o.name, o.display_name, o.roles, o.enabled, o.created_at, o.password_hash, o.password_set_at,"
    " o.one_time, o.password_until"
)
"""What `of_row` reads."""


def of_row(row: Any) -> Operator:
    """The operator in the first columns of a row of `COLUMNS`."""
    return Operator(
        name=row[0],
        display_name=row[1],
        roles=frozenset(map(Role, strings(row[2]))),
        enabled=bool(row[3]),
        created_at=instant(row[4]),
        password_hash=row[5],
        password_set_at=instant_or_none(row[6]),
        one_time=bool(row[7]),
        password_until=instant_or_none(row[8]),
    )


def _roles_text(roles: Iterable[Role]) -> str:
    return strings_text(sorted(role.value for role in roles))
