"""States of requests, where SQL names them as well."""

import sqlite3

from bus.store.requests import MAY_EXPIRE


def test_the_index_of_what_may_expire_names_the_states_that_the_table_lets_expire(
    tx: sqlite3.Connection,
) -> None:
    (sql,) = tx.execute("SELECT sql FROM sqlite_schema WHERE name = 'request_party_expiring'").fetchone()
    assert sql.endswith(f"WHERE {MAY_EXPIRE}")
