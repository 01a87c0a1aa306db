"""What a gateway's store says of the messages that a chronicle tells of."""

import sqlite3

from bus.store import events, inbox, publications, recall_asked, recalls
from bus.store.inbox import InboxMessage
from bus.store.recall_asked import Asked
from schemas.event import EventType
from schemas.header import Kind
from tests.lifecycle.life_world import Version

EVERYTHING = 10**6


def alerts(tx: sqlite3.Connection) -> list[InboxMessage]:
    return [entry for entry in inbox.list_after(tx, limit=EVERYTHING) if entry.kind is Kind.THREAT_ALERT]


def states(tx: sqlite3.Connection, version: Version) -> dict[str, str]:
    """Where each nation's copy stands, as its originator sees it."""
    detail = publications.get(tx, version.publication_id)
    assert detail is not None
    return {state.nation: state.state for state in detail.publication.deliveries}


def status(tx: sqlite3.Connection, entry: InboxMessage) -> str:
    found: str
    (found,) = tx.execute("SELECT status FROM inbox WHERE inbox_seq = ?", (entry.inbox_seq,)).fetchone()
    return found


def asked_to_withdraw(tx: sqlite3.Connection, version: Version) -> dict[str, Asked]:
    """By nation, as the originator sees it."""
    found = recalls.find(tx, version.publication_id)
    assert found is not None
    return {each.nation: each for each in recall_asked.asked_of(tx, [found.publication_seq])}


def told_overdue(tx: sqlite3.Connection) -> list[tuple[str, str]]:
    """Publication and nation of every copy of which the feed said that its delivery is overdue."""
    found = events.look(tx, limit=EVERYTHING).events
    return [
        (each.publication_id or "", each.nation or "")
        for each in found
        if each.type is EventType.RECEIPT_OVERDUE and each.state == "delivery"
    ]
