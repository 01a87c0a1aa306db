"""A recall reaches every copy that may be anywhere, whenever it comes, and everybody says what they did."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateways.publishing.draft_refused import DraftRefused
from gateways.recalling.refused import RecallRefused
from schemas.audit import AuditEvent
from schemas.event import EventType
from schemas.header import Kind
from schemas.reasons import ReasonCode
from schemas.recall import RecallOutcome, RecallReason
from schemas.wire import Lane
from tests.flows.recall_world import SECRET, RecallWorld, pairs
from tests.flows.recall_world import world as world
from tests.flows.world import acknowledgement, draft, subjects

R = ReasonCode
WITHDRAWN, NOT_HELD = RecallOutcome.WITHDRAWN, RecallOutcome.NOT_HELD


def test_a_delivered_message_is_withdrawn_and_everybody_confirms(world: RecallWorld) -> None:
    accepted = world.publish("XBB", "XCC")
    world.settle()
    assert world.recall(accepted) == 1
    world.settle()
    for nation in ("XBB", "XCC"):
        copy = world.the_copy(nation)
        assert (copy.content, copy.recall_reason) == (b"", RecallReason.ISSUED_IN_ERROR)
        assert copy.digest == accepted.digest
        (record,) = world.records(nation, AuditEvent.MESSAGE_WITHDRAWN)
        assert (record.partner, record.message_id, record.reason) == ("XAA", accepted.message_id, None)
        (told,) = world.events(nation, EventType.MESSAGE_RECALLED)
        assert (told.inbox_seq, told.reason) == (copy.inbox_seq, "ISSUED_IN_ERROR")
        answer = world.asked(accepted)[nation].confirmation
        assert answer is not None
        assert (answer.outcome, answer.already_read) == (WITHDRAWN, False)
    confirmed = [(each.nation, each.state) for each in world.events("XAA", EventType.RECALL_CONFIRMED)]
    assert confirmed == [("XBB", "WITHDRAWN"), ("XCC", "WITHDRAWN")]
    assert len(world.records("XAA", AuditEvent.RECALL_CONFIRMED)) == 2
    assert world.gateways["XAA"].context.counters.messages_recalled == 1
    assert world.gateways["XBB"].context.counters.messages_withdrawn == 1


def test_the_originator_learns_who_had_read_it_where_that_nation_tells(world: RecallWorld) -> None:
    accepted = world.publish("XBB", "XCC")
    world.settle()
    world.gateways["XCC"].context.read_receipts = False
    for nation in ("XBB", "XCC"):
        gateway = world.gateways[nation]
        gateway.publish(acknowledgement(world.the_copy(nation), at=world.now))
    world.recall(accepted)
    world.settle()
    read = {nation: asked.confirmation for nation, asked in world.asked(accepted).items()}
    assert {nation: said and said.already_read for nation, said in read.items()} == {"XBB": True, "XCC": None}
    (event,) = [event for event in world.events("XAA", EventType.RECALL_CONFIRMED) if event.reason]
    assert (event.nation, event.reason) == ("XBB", "ALREADY_READ")


def test_what_is_queued_never_leaves_and_nobody_is_asked_about_it(world: RecallWorld) -> None:
    accepted = world.publish("XBB", "XCC")
    world.recall(accepted)
    world.settle()
    assert world.ever_sent == []
    assert world.states(accepted) == dict.fromkeys(("XBB", "XCC"), ("withheld", R.RECALLED))
    assert world.asked(accepted) == {}
    assert {record.reason for record in world.records("XAA", AuditEvent.DELIVERY_WITHHELD)} == {R.RECALLED}


def test_a_recall_that_overtakes_its_message_leaves_a_tombstone(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.relay("XAA")
    (message,) = world.travelling["XBB"]
    world.travelling["XBB"].clear()
    world.recall(accepted)
    world.settle()
    answer = world.asked(accepted)["XBB"].confirmation
    assert answer is not None
    assert (answer.outcome, answer.already_read) == (NOT_HELD, None)
    assert world.events("XBB", EventType.MESSAGE_RECALLED) == []
    world.travelling["XBB"].append(message)
    world.settle()
    assert world.gateways["XBB"].inbox() == ()
    (record,) = world.records("XBB", AuditEvent.MESSAGE_REJECTED)
    assert (record.reason, record.message_id) == (R.RECALLED, accepted.message_id)
    kept = world.tx("XBB").execute("SELECT count(*) FROM rejected WHERE sealed IS NOT NULL").fetchone()
    assert kept == (0,)
    assert world.gateways["XAA"].context.counters.alarm_refused_by_partner == 0


def test_a_bundle_that_was_on_its_way_to_the_broker_is_refused_without_an_alarm(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.relay("XAA")
    world.tx("XAA").execute("UPDATE delivery SET state = 'sealed' WHERE publication_seq IS NOT NULL")
    message = world.travelling["XBB"].popleft()
    world.recall(accepted)
    world.settle()
    world.travelling["XBB"].append(message)
    world.settle()
    assert world.states(accepted) == {"XBB": ("refused", R.RECALLED)}
    assert world.gateways["XAA"].context.counters.alarm_refused_by_partner == 0


def test_a_held_bundle_with_a_recalled_message_is_never_filed(world: RecallWorld) -> None:
    world.pass_time(timedelta(hours=1))
    accepted = world.publish("XBB")
    world.relay("XAA")
    world.now -= timedelta(hours=1)  # it comes to a gateway whose clock is behind
    world.settle()
    assert world.records("XBB", AuditEvent.MESSAGE_HELD)[0].reason is R.ISSUED_IN_FUTURE
    world.recall(accepted)
    world.settle()
    world.gateways["XBB"].retry_held()
    assert world.tx("XBB").execute("SELECT count(*) FROM held").fetchone() == (0,)
    world.pass_time(timedelta(hours=2))
    world.settle()
    assert world.gateways["XBB"].inbox() == ()


def test_what_was_sent_without_a_receipt_is_not_sent_again(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.relay("XAA")
    world.lose("XBB", 0)
    world.recall(accepted)
    assert world.states(accepted) == {"XBB": ("withheld", R.RECALLED)}
    world.pass_time(timedelta(hours=7))
    world.settle()
    lanes = {bundle.subject.split(".")[3] for bundle in world.ever_sent[1:]}
    assert lanes == {Lane.CONTROL.value}
    assert world.asked(accepted)["XBB"].confirmation is not None


def test_a_lost_receipt_does_not_bring_a_recalled_message_back(world: RecallWorld) -> None:
    """The delivery is queued again by whatever brings it back: the relay withholds it."""
    accepted = world.publish("XBB")
    world.settle()
    world.recall(accepted)
    world.settle()
    tx = world.tx("XAA")
    tx.execute("UPDATE delivery SET state = 'queued' WHERE publication_seq IS NOT NULL")
    before = len(world.ever_sent)
    world.settle()
    assert all(".control." in bundle.subject for bundle in world.ever_sent[before:])


def test_a_sealed_bundle_that_never_was_offered_is_taken_back_and_withheld(world: RecallWorld) -> None:
    gateway = world.gateways["XAA"]
    trust = gateway.context.trust
    world.recall(world.publish("XBB"))
    assert gateway.context.trust is not trust
    assert gateway.context.trust == trust


def test_recalling_again_changes_nothing(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.settle()
    world.recall(accepted)
    world.settle()
    before = world.asked(accepted)
    sent = len(world.ever_sent)
    assert world.recall(accepted, reason=RecallReason.NO_LONGER_RELEASED) == 0
    world.settle()
    assert (world.asked(accepted), len(world.ever_sent)) == (before, sent)
    assert len(world.records("XAA", AuditEvent.MESSAGE_RECALLED)) == 1


def test_with_its_history_the_earlier_messages_are_recalled_too(world: RecallWorld) -> None:
    first = world.publish("XBB", subject="one")
    world.settle()
    reference = {
        "message_id": first.message_id,
        "originator": "XAA",
        "digest": first.digest,
        "relation": "supersedes",
    }
    second = world.publish("XBB", subject="two", header={"references": [reference]})
    world.settle()
    assert world.recall(second) == 1
    world.settle()
    assert [bool(copy.content) for copy in world.gateways["XBB"].inbox()] == [True, False]
    assert world.recall(second, history=True) == 1
    world.settle()
    assert [copy.content for copy in world.gateways["XBB"].inbox()] == [b"", b""]


def test_a_caller_who_may_not_see_a_kind_recalls_nothing_of_it(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.settle()
    with pytest.raises(RecallRefused) as caught:
        world.recall(accepted, kinds=frozenset({Kind.EXERCISE_NOTICE}))
    assert caught.value.code is R.NOT_FOUND
    assert world.the_copy("XBB").content


def test_nothing_may_refer_to_what_was_recalled_neither_there_nor_here(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.settle()
    copy = world.the_copy("XBB")
    world.recall(accepted)
    world.settle()
    with pytest.raises(DraftRefused) as there:
        world.gateways["XBB"].publish(acknowledgement(copy, at=world.now))
    assert (there.value.code, there.value.pointer) == (R.RECALLED, "/header/references/0")
    for relation in ("updates", "relates"):
        reference = {
            "message_id": accepted.message_id,
            "originator": "XAA",
            "digest": accepted.digest,
            "relation": relation,
        }
        with pytest.raises(DraftRefused) as here:
            world.gateways["XAA"].publish(draft(["XBB"], header={"references": [reference]}))
        assert here.value.code is R.RECALLED


def test_a_recall_that_comes_while_an_acknowledgement_is_accepted_wins(
    world: RecallWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = world.publish("XBB")
    world.settle()
    gateway, copy = world.gateways["XBB"], world.the_copy("XBB")
    write = gateway.store.write

    async def after_the_recall(job: Any) -> Any:
        monkeypatch.setattr(gateway.store, "write", write)
        world.recall(accepted)
        world.settle()
        return await write(job)

    monkeypatch.setattr(gateway.store, "write", after_the_recall)
    with pytest.raises(DraftRefused) as refused:
        gateway.publish(acknowledgement(copy, at=world.now))
    assert (refused.value.code, refused.value.pointer) == (R.RECALLED, "/header/references/0")
    world.settle()
    confirmation = world.asked(accepted)["XBB"].confirmation
    assert confirmation is not None
    assert confirmation.already_read is False
    assert world.states(accepted)["XBB"] == ("delivered", None)


def test_a_crash_before_the_commit_recalls_all_or_nothing(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.settle()
    world.recall(accepted)
    world.relay("XAA")
    world.deliver("XBB", crash=True)
    assert world.the_copy("XBB").content
    assert world.received("XBB", accepted) is None
    world.settle()
    assert world.the_copy("XBB").content == b""
    assert world.asked(accepted)["XBB"].confirmation is not None


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_in_whatever_order_and_however_often_it_comes_the_end_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    world = RecallWorld(tmp_path_factory.mktemp("recall"), pairs())
    kept = world.publish("XBB", subject="kept")
    gone = world.publish("XBB", subject="gone")
    world.relay("XAA")
    recalled = False
    for _ in range(data.draw(st.integers(2, 12))):
        step = data.draw(st.sampled_from(["recall", "deliver", "twice", "relay", "crash"]))
        if step == "recall":
            world.recall(gone)
            recalled = True
        elif step == "relay":
            for nation in ("XAA", "XBB"):
                world.relay(nation)
        else:
            for nation in ("XAA", "XBB"):
                place = data.draw(st.integers(0, 5))
                world.deliver(nation, place, keep=step == "twice", crash=step == "crash")
    if not recalled:
        world.recall(gone)
    world.calm()
    copies = world.gateways["XBB"].inbox()
    assert subjects([copy for copy in copies if copy.content]) == ["kept"]
    assert world.asked(gone)["XBB"].confirmation is not None
    assert world.states(kept)["XBB"][0] == "delivered"
    assert SECRET.encode() not in b"".join(copy.content for copy in copies)
    for gateway in world.gateways.values():
        assert gateway.context.counters.alarm_recalls_refused == 0
        gateway.store.connection.close()
