"""Every condition of a search finds the same in a small window, row by row, as in a large one."""

import sqlite3

import pytest

from bus.protocol.traffic_search import parse_search
from bus.store import new_publications, traffic, traffic_conditions, traffic_search
from bus.store.traffic_conditions import Asker
from bus.store.traffic_search import Search, Window
from schemas.header import Precedence
from tests.store.samples import NOW, publication


@pytest.mark.parametrize("few", [0, 1000], ids=["large window", "small window"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ack:missing", [3, 1]),
        ("ack:XBB", [1]),
        ("ack:XCC", [3]),
        ("ack:undelivered", [4, 3]),
        ("-ack:undelivered", [2, 1]),
        ("is:overdue", [2]),
        ("is:overdue,mine prec:flash", []),
        ("is:mine", [4, 3, 2, 1]),
        ("ack:missing,undelivered dir:out", [4, 3, 1]),
        ("is:expired", []),
        ("id:00000000000000000000000000000003", [3]),
    ],
)
def test_conditions_on_copies(
    tx: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, few: int, text: str, found: list[int]
) -> None:
    monkeypatch.setattr(traffic_conditions, "FEW_ROWS", few)
    for number in (1, 2, 3, 4):
        new = publication(number, ("XBB", "XCC"), precedence=Precedence.PRIORITY)
        new_publications.insert(tx, new)
    tx.execute("UPDATE delivery SET state = 'delivered' WHERE publication_seq <= 2")
    tx.execute("UPDATE delivery SET state = 'sent' WHERE publication_seq = 3")
    tx.execute(
        "UPDATE delivery SET owes_acknowledgement = 1"
        " WHERE (publication_seq, recipient) IN (VALUES (1, 'XBB'), (2, 'XBB'), (3, 'XCC'))"
    )
    tx.execute("UPDATE delivery SET acknowledged_at = 1, state = 'acknowledged' WHERE publication_seq = 2")
    tx.execute("UPDATE delivery SET overdue = 2 WHERE publication_seq = 2 AND recipient = 'XCC'")
    search = Search(parse_search(text, NOW), Asker(NOW, author="key-1"))
    window = Window(0, traffic.latest_seq(tx))
    assert traffic_search.in_window(tx, search, window, 10).seqs == found
