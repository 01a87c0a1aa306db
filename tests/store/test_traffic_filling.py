"""A store of an earlier format gets the rows of its traffic, once, in the order of time."""

import json
import sqlite3
import tracemalloc
from pathlib import Path

import pytest

from bus.store.columns import micros
from bus.store.migrations import bring_forward
from tests.store.samples import NATION, NOW, REALM, SECOND
from tests.store.test_migrations import OLD, of_old_format

AT = micros(NOW)


def _content(action: list[str], required: bool) -> bytes:
    header: dict[str, object] = {"action_addressees": action, "info_addressees": ["XDD"]} if action else {}
    header["subject"] = "Ford closed"
    header["acknowledgement"] = {"required": required}
    return json.dumps(
        {"header": header, "label": {"policy": "NATO", "classification": "NATO SECRET"}, "body": {}}
    ).encode()


def _file(tx: sqlite3.Connection, number: int, at: int, content: bytes, **columns: object) -> None:
    row = {
        "inbox_seq": number,
        "originator": "XBB",
        "message_id": f"m{number}",
        "digest": "d",
        "kind": "threat_alert",
        "mode": "OPERATION",
        "precedence": "FLASH",
        "lane": "urgent",
        "epoch": 1,
        "serial": number,
        "release_set": '["XAA","XCC"]',
        "handling": "RELEASE",
        "trust_version": 1,
        "basis": "[]",
        "sign_kid": "ef" * 16,
        "issued_at": at,
        "received_at": at,
        "late": 0,
        "expired": 0,
        "content": content,
        **columns,
    }
    names = ", ".join(row)
    tx.execute(f"INSERT INTO inbox ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


def _publish(tx: sqlite3.Connection, number: int, at: int, content: bytes) -> None:
    tx.execute(
        "INSERT INTO content (content_id, content_type, digest, bytes) VALUES (?, 'message', 'd', ?)",
        (number, content),
    )
    tx.execute(
        "INSERT INTO publication (publication_seq, publication_id, message_id, content_id, digest, kind,"
        " mode, precedence, release_set, api_key_id, accepted_at) VALUES"
        " (?, ?, ?, ?, 'd', 'exercise_notice', 'TEST', 'ROUTINE', '[\"XBB\"]', 'key-1', ?)",
        (number, f"p{number}", f"o{number}", number, at),
    )
    tx.execute(
        "INSERT INTO delivery (publication_seq, content_id, recipient, mode, lane, precedence_rank, state,"
        " awaits_receipt) VALUES (?, ?, 'XBB', 'TEST', 'normal', 3, 'queued', 1)",
        (number, number),
    )


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """An empty file of the last format without traffic."""
    [schema] = [path for path in OLD if path.stem == "format-3"]
    of_old_format(tmp_path / "old.db", schema)
    return tmp_path / "old.db"


def test_what_was_received_and_published_stands_in_the_traffic_in_the_order_of_time(old: Path) -> None:
    tx = _opened(old)
    second = SECOND.seconds * 1_000_000
    _file(tx, 1, AT, _content(["XAA"], True))
    _file(tx, 2, AT + 2 * second, _content(["XAA"], True), acknowledged_at=AT, read_at=AT)
    _file(tx, 3, AT + 4 * second, b"", recalled_at=AT)
    _file(tx, 4, AT + 5 * second, _content(["XCC"], True), status="UPDATED")
    _publish(tx, 1, AT + second, _content([], False))
    _publish(tx, 2, AT + 3 * second, _content(["NORDIC"], True))
    bring_forward(tx, NATION, REALM)
    rows = tx.execute("SELECT * FROM traffic ORDER BY seq").fetchall()
    assert [row["ref"] for row in rows] == [1, -1, 2, -2, 3, 4]
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row["owing"] for row in rows] == [1, 0, 0, 0, 0, 0]
    assert [row["unread"] for row in rows] == [1, 0, 0, 0, 1, 1]
    assert [row["status"] for row in rows] == ["CURRENT"] * 4 + ["RECALLED", "UPDATED"]
    assert [row["originator"] for row in rows] == ["XBB", NATION, "XBB", NATION, "XBB", "XBB"]
    assert [row["rank"] for row in rows] == [0, 3, 0, 3, 0, 0]
    assert rows[0]["label"] == "NATO\tNATO SECRET"
    assert rows[0]["addressed"] == " XAA XDD "
    assert rows[0]["released"] == " XAA XCC "
    assert (rows[1]["addressed"], rows[3]["addressed"]) == (" XBB ", " NORDIC XDD XBB ")
    assert rows[1]["author"] == "key-1"
    tx.close()


def test_filling_takes_no_memory_for_each_message(old: Path) -> None:
    tx = _opened(old)
    content = _content(["XAA"], True).ljust(2000)
    tx.execute("BEGIN")
    for number in range(1, 3001):
        _file(tx, number, AT + number, content)
    tx.execute("COMMIT")
    tracemalloc.start()
    try:
        bring_forward(tx, NATION, REALM)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert tx.execute("SELECT count(*), max(seq) FROM traffic").fetchone()[:] == (3000, 3000)
    assert peak < 1_000_000
    tx.close()
