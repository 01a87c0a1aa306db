"""Statements that run for every message never walk through a whole table, however long a store has lived."""

import os
import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bus.protocol.deadlines import Deadlines
from bus.protocol.requests import SignedAct
from bus.store import (
    api_keys,
    audit,
    backlog,
    bundles,
    contacts,
    dead_letters,
    deadlines,
    deliveries,
    epochs,
    events,
    heads,
    held,
    idempotency,
    inbox,
    lane_bounds,
    lane_tails,
    lanes,
    new_publications,
    own_messages,
    pending,
    progress,
    publication_changes,
    publication_links,
    publications,
    reading,
    recall_asked,
    recalls,
    receipts,
    rejected,
    request_list,
    requests,
    resending,
    settlement,
    unknown_words,
    webhooks,
    withdrawals,
)
from bus.store.bundles import NewBundle
from bus.store.deliveries import ResendPolicy
from bus.store.events import NewEvent
from bus.store.lanes import Arrival, AskPolicy, LaneKey, StoredHistory
from bus.store.requests import NewAct, NewParty, NewRequest
from bus.store.settlement import Claim
from bus.store.waiting import Blocked, take_waiting
from schemas.audit import AuditEvent, AuditOutcome, AuditRecord
from schemas.event import EventType
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode
from schemas.receipt import ReceiptStatus
from schemas.request_acts import RequestAct, RequestState
from schemas.wire import ContentType, Lane
from tests.store.samples import NATION, NOW, inbox_message, message_id, publication, sealed
from tests.store.test_held_and_rejected import QUOTA, bundle, refusal

Tx = sqlite3.Connection
KEY = LaneKey("XBB", Mode.EXERCISE, Lane.NORMAL, 1)
CLAIM = Claim(Lane.NORMAL, 1, 1, publication(1).digest, ReceiptStatus.DELIVERED)
PLACE = ("XBB", Mode.OPERATION, Lane.NORMAL)
RECORD = AuditRecord(
    at=NOW, nation=NATION, event=AuditEvent.MESSAGE_ADMITTED, outcome=AuditOutcome.SUCCESS, actor="gateway"
)
REQUEST = NewRequest(NATION, message_id(1), 1, Mode.OPERATION, None, False, NOW, NOW, None)
PARTY = NewParty("XBB", message_id(1), "d", "action")
ACT = NewAct(
    NATION, message_id(1), "d", Mode.OPERATION, "XBB", SignedAct(NOW, message_id(2), RequestAct.ACCEPT)
)

HOT: dict[str, Callable[[Tx], object]] = {
    "publishing": lambda tx: new_publications.insert(tx, publication(2)),
    "counting what waits of an author": lambda tx: pending.count_of_author(tx, "key"),
    "reading a publication": lambda tx: publications.get(tx, publication(1).publication_id),
    "listing publications": lambda tx: publications.list_newest(
        tx, before=9, state="sent", kind=Kind.THREAT_ALERT
    ),
    "finding a source": lambda tx: publications.list_newest(tx, source_id="a,b,c"),
    "checking a reference of ours": lambda tx: own_messages.reference(tx, message_id(1)),
    "taking what waits": lambda tx: take_waiting(tx, limit=9),
    "taking what waits but for some": lambda tx: take_waiting(
        tx, limit=9, blocked={Blocked("XBB", Mode.TEST, control=True)}
    ),
    "sealing": sealed,
    "keeping bundles": lambda tx: bundles.insert(tx, [NewBundle("b", "s", b"x")]),
    "reading bundles": lambda tx: bundles.unconfirmed(tx, after=1),
    "confirming bundles": lambda tx: bundles.confirm(tx, [1], 1),
    "giving up bundles": bundles.drop_all,
    "marking as sent": lambda tx: deliveries.mark_sent(tx, [1], NOW, ResendPolicy()),
    "queueing the overdue again": lambda tx: resending.requeue_overdue(tx, NOW + timedelta(days=9), 9),
    "queueing the asked for again": lambda tx: resending.requeue(tx, [1, 2], NOW),
    "settling": lambda tx: settlement.mark_settled(tx, "XBB", Mode.OPERATION, [CLAIM], NOW),
    "withholding": lambda tx: settlement.mark_withheld(tx, [1], ReasonCode.NO_AGREEMENT, NOW),
    "acknowledging": lambda tx: settlement.mark_acknowledged(
        tx, message_id(1), CLAIM.digest, "XBB", Mode.OPERATION, None, NOW
    ),
    "settling what a message names": lambda tx: settlement.mark_settled(
        tx, "XBB", Mode.OPERATION, [replace(CLAIM, epoch=9, message_id=message_id(1))], NOW
    ),
    "looking when a deadline passes": deadlines.next_watch,
    "noting deadlines that passed": lambda tx: deadlines.note_passed(tx, NOW + timedelta(days=9)),
    "waiving deadlines": lambda tx: deadlines.waive(tx, [1]),
    "counting what is overdue": deadlines.count_overdue,
    "listing what is overdue": lambda tx: progress.list_newest(tx, overdue=True, nation="XBB"),
    "listing receipts": lambda tx: progress.list_newest(tx, before=9, nation="XBB"),
    "receipts of a publication": lambda tx: progress.list_newest(
        tx, publication_id=publication(1).publication_id
    ),
    "hearing of a partner": lambda tx: contacts.heard(tx, "XBB", NOW, NOW),
    "noting that somebody read": lambda tx: reading.note(tx, 1, "operator:a", NOW),
    "states of a publication": lambda tx: settlement.states(tx, publication(1).publication_id),
    "serials asked for": lambda tx: settlement.for_serials(tx, *PLACE, 1, [(1, 5)]),
    "counting the queue": backlog.queued,
    "counting per recipient": backlog.per_recipient,
    "recording arrivals": lambda tx: lanes.record(
        tx, KEY, [Arrival(3, "d", None, "admitted"), Arrival(9, "d", None, "held")], NOW
    ),
    "gaps to ask for": lambda tx: lanes.mark_asked(tx, lanes.gaps_to_ask(tx, NOW), NOW, AskPolicy()),
    "announcing the end of a lane": lambda tx: lane_tails.announce(tx, KEY, 9),
    "tails that heads announced": lane_tails.tails,
    "what was seen of lanes": lambda tx: lane_tails.seen(tx, "XBB", Mode.EXERCISE, [1]),
    "noting that receipted copies leave again": lambda tx: resending.ask_again(tx, "XBB", [1, 2], NOW),
    "taking what leaves again": lambda tx: resending.take_again(tx, NOW, limit=9, max_bytes=9),
    "the lane's state": lambda tx: StoredHistory(tx).lane("XBB", "EXERCISE", "normal", 1),
    "received serials": lambda tx: StoredHistory(tx).received("XBB", "EXERCISE", "normal", 1, [1, 2]),
    "known messages": lambda tx: StoredHistory(tx).message_digests("XBB", [message_id(1)]),
    "filing": lambda tx: inbox.file(tx, [inbox_message(2)]),
    "reading the inbox": lambda tx: inbox.list_after(tx, 1, kinds=(Kind.THREAT_ALERT,)),
    "finding in the inbox": lambda tx: inbox.by_message_id(tx, message_id(1)),
    "the inbox's end": inbox.latest_seq,
    "checking a reference to a partner's": lambda tx: inbox.reference(tx, "XBB", message_id(1), "d"),
    "acknowledging a partner's": lambda tx: inbox.mark_acknowledged(tx, "XBB", message_id(1), NOW),
    "taking receipts": lambda tx: receipts.take(tx, "XBB", Mode.TEST),
    "holding": lambda tx: held.hold(tx, bundle(2), QUOTA),
    "retrying": lambda tx: held.to_retry(tx, after=0),
    "held and due": lambda tx: held.due(tx, [ReasonCode.TRUST_STALE], NOW),
    "refusing": lambda tx: rejected.add(tx, refusal(2), kept_octets=150),
    "dropping old refusals": lambda tx: rejected.trim(tx, "XBB", 1),
    "listing refusals": rejected.list_newest,
    "idempotency": lambda tx: idempotency.get(tx, "key", "abc"),
    "finding an API key": lambda tx: api_keys.find(tx, "k"),
    "recording in the audit log": lambda tx: audit.append(tx, [RECORD], os.urandom),
    "reading the audit log": lambda tx: audit.list_after(tx, 5),
    "the audit records of a message": lambda tx: audit.list_newest(tx, message_id=message_id(1)),
    "gaps asked for in vain": lambda tx: lanes.asked_often(tx, 2),
    "beginning an epoch towards a partner": lambda tx: epochs.begin_epoch_towards(tx, "XBB", NOW, 1),
    "what lies under a publication": lambda tx: publication_links.earlier(tx, 1),
    "who did not receipt a publication": lambda tx: publication_links.not_receipted(tx, 1),
    "serials that were taken": epochs.serials_taken,
    "tails to come": lane_tails.tails,
    "control content that waits for one": lambda tx: backlog.control_queued(tx, "XBB", 9),
    "control content without receipt": lambda tx: backlog.control_unreceipted(tx, "XBB", 9),
    "words about nothing": lambda tx: unknown_words.trim(tx, "XBB"),
    "bounding gaps": lambda tx: lane_bounds.bound(tx, ("XBB", "EXERCISE", "normal")),
    "heads to come": lambda tx: heads.note_sent(tx, heads.lanes_out(tx)["XBB", Mode.OPERATION], NOW, 1),
    "hearing a head": lambda tx: heads.note_heard(tx, "XBB", Mode.OPERATION, NOW, 60, NOW),
    "a request becomes known": lambda tx: requests.add(tx, REQUEST, [PARTY]),
    "the nations asked": lambda tx: requests.parties(tx, 1),
    "one nation asked": lambda tx: requests.party(tx, NATION, message_id(1), "XBB"),
    "who was asked by a publication": lambda tx: requests.parties_of(tx, 1),
    "an act on a request": lambda tx: requests.record(tx, ACT, NOW),
    "the acts on a request": lambda tx: [requests.acts(tx, each) for each in requests.parties(tx, 1)],
    "requests that expire": lambda tx: requests.expiring(tx, NOW, 9),
    "the next request to expire": requests.next_expiry,
    "listing requests by state": lambda tx: request_list.list_newest(
        tx, NOW, before=9, states=[RequestState.EXPIRED]
    ),
    "finding a request": lambda tx: request_list.by_message_id(tx, message_id(1)),
    "what is to be recalled": lambda tx: recalls.find(tx, publication(1).publication_id),
    "whom a recall asks": lambda tx: recall_asked.possibly_sent(tx, 1),
    "stopping what is recalled": lambda tx: recalls.stop(tx, 1),
    "recalls that wait": recall_asked.outlook,
    "recalls to look at": lambda tx: recall_asked.to_look_at(tx, NOW, 9),
    "what a recall bars": lambda tx: withdrawals.barred(tx, "XBB", [message_id(1)]),
    "copies to withdraw": lambda tx: withdrawals.copies(tx, message_id(1)),
    "whom a change reaches": lambda tx: publication_changes.outstanding(tx, [1]),
    "a chain's members": lambda tx: publication_changes.members(tx, 1),
    "a chain's last": lambda tx: publication_changes.last(tx, 1),
    "taking back what a change replaces": lambda tx: publication_changes.queued(tx, [1], None),
    "telling an event": lambda tx: events.add(tx, [NewEvent(EventType.PARTNER_SILENT, NOW, nation="XBB")]),
    "reading the feed": lambda tx: events.look(tx, 5),
    "the feed's end": events.latest_seq,
    "forgetting events": lambda tx: events.prune(tx, NOW),
    "finding a webhook": lambda tx: webhooks.find(tx, "w"),
    "the next dead letter": lambda tx: dead_letters.next_again(tx, "w"),
    "listing dead letters": lambda tx: dead_letters.list_after(tx, "w"),
    "the audit records of a publication": lambda tx: audit.list_newest(tx, publication_id="p"),
}
# Walks that are wanted: over an index of what waits only, or backwards through a list until a page is full.
_WANTED = re.compile(
    r"SCAN (d|delivery) USING (COVERING )?INDEX delivery_(waiting|sealed|overdue|late)"
    r"|SCAN (lane_in|a) USING (COVERING )?INDEX (lane_in_tail|sent_again_waiting)"
    r"|SCAN (overdue_count|held_usage|lane_out|sqlite_sequence)$"  # a row or a few of each partner
    r"|SCAN p$|SCAN (rejected|audit|inbox|bundle|held)$|SCAN json_each VIRTUAL TABLE|SCAN CONSTANT ROW"
    r"|SCAN \(subquery-\d+\)$"  # what is inside it has a line of its own
)


@pytest.mark.parametrize("act", HOT.values(), ids=HOT.keys())
def test_no_whole_table_is_walked_for(tx: Tx, act: Callable[[Tx], object]) -> None:
    by = NOW + timedelta(hours=6)
    new_publications.insert(tx, publication(1)._replace(deadlines=Deadlines(NOW, by, None)))
    inbox.file(tx, [inbox_message(1)])
    lanes.record(tx, KEY, [Arrival(5, "d", None, "admitted")], NOW)
    held.hold(tx, bundle(1), QUOTA)
    requests.add(tx, REQUEST, [PARTY])
    epochs.begin_epoch_towards(tx, "XBB", NOW, 1)
    rejected.add(tx, refusal(1))
    content_id = deliveries.add_content(tx, ContentType.CONTROL, b"{}", "d")
    deliveries.enqueue(tx, content_id, ["XBB"], mode=Mode.OPERATION, lane=Lane.CONTROL)
    seen: set[str] = set()
    tx.set_trace_callback(seen.add)
    act(tx)
    tx.set_trace_callback(None)
    statements = [text for text in seen if not text.startswith("--")]
    assert statements
    for statement in statements:
        for *_, detail in tx.execute(f"EXPLAIN QUERY PLAN {statement}"):
            if "SCAN" in detail and not _WANTED.search(detail):
                pytest.fail(f"{detail}: {statement}")
