"""What a partner says of messages that never were costs it as much as us, and keeps nothing for ever."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bus.store import backlog, unknown_words, withdrawals
from schemas.cancellation import Cancellation
from schemas.control import Control, ResendRequest, SerialRange
from schemas.header import Mode
from schemas.recall import Recall
from schemas.request_acts import CloseOutcome, RequestClosed
from schemas.wire import Lane
from tests.flows.request_world import question
from tests.lanes.lane_world import LaneWorld, control
from tests.lanes.signed_words import sign_words
from tests.protocol.messages import message_id
from tests.realm_fixtures import NOW

NOTHING = "sha256:" + "0" * 64
EPOCH = 500_000_000


def say(world: LaneWorld, contents: list[Control], *, first: int = 1) -> None:
    """XBB signs this to XAA, 60 contents in a bundle."""
    sign_words(world, [(EPOCH, serial, content) for serial, content in enumerate(contents, start=first)])


def recall(number: int, digest: str = NOTHING, at: str | None = None) -> Recall:
    return Recall.model_validate_json(
        json.dumps(
            {
                "type": "recall",
                "mode": "OPERATION",
                "message_id": at or message_id(number),
                "digest": digest,
                "reason": "UNSPECIFIED",
                "at": "2026-05-04T12:00:00Z",
            }
        )
    )


def test_a_recall_of_nothing_does_not_have_the_log_cut_off_and_one_of_something_does(
    world: LaneWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.settle()
    world.publish("XBB", "XAA", subject="to be recalled")
    world.pump()
    (row,) = world.gateways["XAA"].inbox()
    store: Any = world.gateways["XAA"].store
    scrubbed: list[int] = []
    monkeypatch.setattr(store, "scrub", lambda: scrubbed.append(1))
    say(world, [Control(v=1, control=recall(number)) for number in range(1, 9)])
    assert world.gateways["XAA"].context.counters.messages_withdrawn == 8
    assert scrubbed == []
    say(world, [Control(v=1, control=recall(0, row.digest, row.message_id))], first=100)
    assert scrubbed == [1]


def rows(world: LaneWorld, table: str, where: str = "true") -> int:
    counted = f"SELECT count(*) FROM {table} WHERE {where}"
    return world.read("XAA", lambda tx: int(tx.execute(counted).fetchone()[0]))


def cancellation(number: int) -> Cancellation:
    return Cancellation(
        type="cancellation", mode=Mode.OPERATION, message_id=message_id(number), digest=NOTHING, at=NOW
    )


def closing(number: int) -> RequestClosed:
    return RequestClosed(
        type="request_closed",
        mode=Mode.OPERATION,
        message_id=message_id(number),
        digest=NOTHING,
        outcome=CloseOutcome.SATISFIED,
        at=NOW,
    )


def test_recalls_cancellations_and_closings_of_nothing_are_kept_in_number_and_the_newest_count(
    world: LaneWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unknown_words, "KEPT", 100)
    monkeypatch.setattr(unknown_words, "SLACK", 10)
    world.settle()
    control(world, "XAA", "XBB", Control(v=1, control=recall(0, digest="sha256:" + "1" * 64)))
    for start in range(0, 400, 50):
        world.pass_time(timedelta(seconds=1))
        numbers = range(start, start + 50)
        control(world, "XAA", "XBB", *[Control(v=1, control=recall(number)) for number in numbers])
        control(world, "XAA", "XBB", *[Control(v=1, control=cancellation(number)) for number in numbers])
        control(world, "XAA", "XBB", *[Control(v=1, control=closing(number)) for number in numbers])
    assert 100 <= rows(world, "recall_received") <= 110
    assert 100 <= rows(world, "cancellation") <= 110
    assert 100 <= rows(world, "request_act") <= 110
    assert withdrawals.barred(world.gateways["XAA"].store.connection, "XBB", [message_id(399)])
    assert not withdrawals.barred(world.gateways["XAA"].store.connection, "XBB", [message_id(1)])


def differing(number: int) -> str:
    return f"sha256:{number:064x}"


def test_words_about_other_content_than_what_came_are_kept_in_number_too(
    world: LaneWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unknown_words, "KEPT", 20)
    monkeypatch.setattr(unknown_words, "SLACK", 5)
    world.settle()
    asking = {"kind": "information_request"}
    sent = world.publish("XBB", "XAA", header=asking, body=question())
    world.pump()
    for start in range(0, 100, 20):
        for said in (cancellation(0), closing(0)):
            changed = [{"message_id": sent.message_id, "digest": differing(start + n)} for n in range(20)]
            words = [Control(v=1, control=said.model_copy(update=each)) for each in changed]
            control(world, "XAA", "XBB", *words)
    true = {"message_id": sent.message_id, "digest": sent.digest}
    for said in (closing(0), cancellation(0)):
        control(world, "XAA", "XBB", Control(v=1, control=said.model_copy(update=true)))
    control(world, "XAA", "XBB", *[Control(v=1, control=cancellation(number)) for number in range(60)])
    control(world, "XAA", "XBB", *[Control(v=1, control=closing(number)) for number in range(60)])
    assert rows(world, "cancellation") <= 26
    assert rows(world, "request_act", "act_id = 'close'") <= 26
    for table in ("cancellation", "request_act"):
        assert rows(world, table, f"digest = '{sent.digest}'") >= 1, "what is about something stays"


def test_what_a_partner_ever_said_is_looked_through_seldom(
    world: LaneWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unknown_words, "KEPT", 20)
    monkeypatch.setattr(unknown_words, "SLACK", 10)
    world.settle()
    for _ in range(40):
        sent = world.publish("XBB", "XAA")
        world.pump()
        said = cancellation(0).model_copy(update={"message_id": sent.message_id, "digest": sent.digest})
        control(world, "XAA", "XBB", Control(v=1, control=said))
    ran: list[str] = []
    world.gateways["XAA"].store.connection.set_trace_callback(ran.append)
    for number in range(100):
        control(world, "XAA", "XBB", Control(v=1, control=cancellation(number)))
    world.gateways["XAA"].store.connection.set_trace_callback(None)
    looked = [sql for sql in ran if sql.startswith("SELECT count(*) FROM cancellation")]
    assert 1 <= len(looked) <= 20
    assert rows(world, "cancellation") <= 40 + 30


def test_answers_about_nothing_wait_for_no_receipt(world: LaneWorld) -> None:
    world.settle()
    control(world, "XAA", "XBB", *[Control(v=1, control=recall(number)) for number in range(20)])
    control(world, "XAA", "XBB", asking_for_what_never_was(1))
    world.relay("XAA")
    world.lose_all("XBB")
    assert rows(world, "delivery", "lane = 'control' AND state = 'sent' AND recipient = 'XBB'") == 0


def asking_for_what_never_was(epoch: int) -> Control:
    ranges = (SerialRange(mode=Mode.OPERATION, lane=Lane.NORMAL, lane_epoch=epoch, first=1, last=2**53 - 1),)
    return Control(v=1, control=ResendRequest(type="resend_request", ranges=ranges))


def test_a_bundle_that_asks_a_thousand_times_is_answered_once(world: LaneWorld) -> None:
    world.settle()
    control(world, "XAA", "XBB", *[asking_for_what_never_was(1) for _ in range(1000)])
    assert rows(world, "delivery", "lane = 'control' AND state = 'queued' AND recipient = 'XBB'") == 1


def test_a_partner_to_whom_nothing_can_leave_does_not_fill_the_queue(
    world: LaneWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its seal key is over, its receipt key is not: what it says is read, answers cannot be sealed."""
    monkeypatch.setattr("gateways.receiving.answer_room.ANSWERS_WAITING", 50)
    world.settle()
    for start in range(0, 200, 20):
        contents = [Control(v=1, control=recall(number)) for number in range(start, start + 20)]
        control(world, "XAA", "XBB", *contents, *[asking_for_what_never_was(start + 1)])
    waiting = "lane = 'control' AND state = 'queued' AND recipient = 'XBB'"
    assert rows(world, "delivery", waiting) == 50
    # Once there is room, what comes again is answered.
    world.pump()
    control(world, "XAA", "XBB", Control(v=1, control=recall(199)))
    assert rows(world, "delivery", waiting) == 1


def test_a_partner_to_whom_nothing_can_leave_does_not_close_the_queue_to_our_own_people(
    world: LaneWorld,
) -> None:
    world.settle()
    context = world.gateways["XAA"].context
    context.limits = replace(context.limits, queue=500)
    for start in range(0, 600, 100):
        control(world, "XAA", "XBB", *[Control(v=1, control=recall(start + each)) for each in range(100)])
    context.counters.waiting = world.read("XAA", backlog.queued)
    assert context.counters.waiting <= 25
    world.publish("XAA", "XCC", subject="to an honest third nation")


def test_a_gateway_with_a_small_queue_answers_too(world: LaneWorld) -> None:
    world.settle()
    context = world.gateways["XAA"].context
    context.limits = replace(context.limits, queue=10)
    control(world, "XAA", "XBB", asking_for_what_never_was(1))
    assert rows(world, "delivery", "lane = 'control' AND state = 'queued' AND recipient = 'XBB'") == 1
