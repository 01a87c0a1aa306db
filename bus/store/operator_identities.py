"""Who an operator is at the identity provider: a value of a claim of an issuer stands for one operator."""

import sqlite3
from dataclasses import dataclass, field
from datetime import datetime

from bus.store.columns import micros
from bus.store.operators import COLUMNS, Operator, of_row


@dataclass(frozen=True, slots=True)
class Identity:
    """What an issuer says in a claim of one person alone. Another issuer's same value is another person."""

    issuer: str
    claim: str
    value: str = field(repr=False)


def link(tx: sqlite3.Connection, operator: str, identity: Identity, at: datetime) -> None:
    """Let the identity stand for the operator, instead of another that did; StoreConflict when it stands for
    another operator. Ending sessions is the caller's."""
    unlink(tx, operator)
    tx.execute(
        "INSERT INTO operator_identity (operator, issuer, claim, value, linked_at) VALUES (?, ?, ?, ?, ?)",
        (operator, identity.issuer, identity.claim, identity.value, micros(at)),
    )


def unlink(tx: sqlite3.Connection, operator: str) -> bool:
    """Let no identity stand for the operator; False when none did. Ending sessions is the caller's."""
    return tx.execute("DELETE FROM operator_identity WHERE operator = ?", (operator,)).rowcount > 0


def find(tx: sqlite3.Connection, identity: Identity) -> Operator | None:
    """The operator whom it stands for, disabled ones included: the caller judges."""
    row = tx.execute(
        f"SELECT {COLUMNS} FROM operator_identity i JOIN operator o ON o.name = i.operator"  # noqa: S608
        " WHERE (i.issuer, i.claim, i.value) = (?, ?, ?)",
        (identity.issuer, identity.claim, identity.value),
    ).fetchone()
    return None if row is None else of_row(row)


def of_operators(tx: sqlite3.Connection) -> dict[str, Identity]:
    """Every operator's identity, by the operator's name."""
    rows = tx.execute("SELECT operator, issuer, claim, value FROM operator_identity")
    return {operator: Identity(issuer, claim, value) for operator, issuer, claim, value in rows}
