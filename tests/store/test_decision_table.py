"""The decision table comes back as it went in, also from a store of the format that had a row per nation."""

import sqlite3
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bus.store.columns import basis_text
from bus.store.decision_table import Decision, encode_table, read_table
from bus.store.publications import get
from bus.store.writer import Store
from schemas.reasons import ReasonCode
from schemas.wire import Basis
from tests.store.samples import NATION, REALM, decisions_of

bases = st.builds(
    Basis, id=st.from_regex(r"[a-z][a-z0-9:/]{0,19}", fullmatch=True), digest=st.just("sha256:" + "ab" * 32)
)
decisions = st.builds(
    Decision,
    st.from_regex(r"X[A-Z]{2}", fullmatch=True),
    st.sampled_from(("action", "info", "none")),
    st.booleans(),
    st.sampled_from(ReasonCode),
    st.text(max_size=40),
    st.lists(bases, max_size=3).map(tuple),
)


@given(st.lists(decisions, max_size=6, unique_by=lambda row: row.nation))
def test_a_table_comes_back_as_it_was_encoded(rows: list[Decision]) -> None:
    table = encode_table(rows, 3)
    assert read_table(table.rows.decode(), table.basis) == tuple(rows)


async def test_rows_per_nation_are_brought_into_their_publication(tmp_path: Path) -> None:
    rows = decisions_of(("XBB", "XCC"))
    old = sqlite3.connect(tmp_path / "old.db")
    old.executescript(Path(__file__).with_name("format-1.sql").read_text(encoding="utf-8"))
    meta = {"nation": NATION, "realm": REALM, "format": "1", "lane_epoch": "86400"}
    old.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    old.execute("INSERT INTO content VALUES (1, 'message.v1', 'sha256:00', 'm', x'7b7d')")
    for number in (1, 2):
        old.execute(
            "INSERT INTO publication VALUES (?, ?, ?, 1, 'sha256:00', 'threat_alert', 'TEST', NULL, 'FLASH',"
            " '[]', NULL, 'key', 0, NULL)",
            (number, f"publication {number}", f"message {number}"),
        )
    old.executemany(
        "INSERT INTO decision VALUES (1, ?, ?, ?, ?, ?, ?, 7)",
        [(*row[:2], int(row.permit), row.code, row.explanation, basis_text(row.basis)) for row in rows],
    )
    old.commit()
    old.close()
    store = Store.open(tmp_path / "old.db", NATION, REALM)
    detail = await store.read(lambda tx: get(tx, "publication 1"))
    without = await store.read(lambda tx: get(tx, "publication 2"))
    assert detail is not None
    assert (detail.decisions, detail.trust_version) == (rows, 7)
    assert without is not None
    assert (without.decisions, without.trust_version) == ((), 0)
    assert await store.read(_decision_tables) == []
    columns = await store.read(_columns)
    await store.close()
    new = Store.open(tmp_path / "new.db", NATION, REALM)
    assert await new.read(_columns) == columns
    await new.close()


def _columns(tx: sqlite3.Connection) -> list[tuple[object, ...]]:
    return tx.execute("PRAGMA table_info(publication)").fetchall()


def _decision_tables(tx: sqlite3.Connection) -> list[tuple[object, ...]]:
    return tx.execute("SELECT name FROM sqlite_master WHERE name = 'decision'").fetchall()
