"""What follows a recall: who is asked again, who had been set back, what is waited for no longer."""

import shutil
from datetime import timedelta
from pathlib import Path

from bus.store.epochs import begin_epoch
from gateways.lanes.heads_out import Moving, queue_heads
from gateways.recalling.keeper import look_after
from gateways.recalling.recalling import WantedRecall, recall
from gateways.receipts.watching import look
from schemas.audit import AuditEvent
from schemas.event import EventType
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode
from schemas.recall import RecallReason
from tests.faults.small_world import run
from tests.flows.recall_world import RecallWorld
from tests.flows.recall_world import world as world
from tests.flows.second_persons import OTHERS, WAITING, Small

R = ReasonCode


def test_a_suspended_nation_is_asked_and_so_is_one_that_left_every_agreement(world: RecallWorld) -> None:
    accepted = world.publish("XBB", "XCC")
    world.settle()
    world.change(world.realm.suspend("XBB"))
    world.change(world.realm.end_agreement("with-xcc"))
    for gateway in world.gateways.values():
        gateway.take_up(world.realm)
    world.recall(accepted)
    world.settle()
    assert world.the_copy("XBB").content == b""
    assert world.the_copy("XCC").content == b""
    # Nothing that a suspended nation signs counts, so its answer waits, and it shows as not confirmed.
    answers = {nation: asked.confirmation for nation, asked in world.asked(accepted).items()}
    assert answers["XBB"] is None
    assert answers["XCC"] is not None


def test_no_receipt_and_no_acknowledgement_of_it_is_awaited_any_more(world: RecallWorld) -> None:
    accepted = world.publish("XBB", header={"acknowledgement": {"required": True}})
    world.settle()
    context = world.gateways["XAA"].context
    world.pass_time(timedelta(hours=7))
    run(look(context))
    assert sum(context.counters.alarm_overdue.values()) == 1
    world.recall(accepted)
    run(look(context))
    assert context.counters.alarm_overdue == {}
    assert len(world.events("XAA", EventType.RECEIPT_OVERDUE)) == 1


def test_who_does_not_confirm_is_told_once_and_asked_again(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.settle()
    world.recall(accepted)
    world.relay("XAA")
    # Its gateway takes the recall, and its answer is lost for ever with its store.
    world.settle()
    context = world.gateways["XAA"].context
    tx = world.tx("XAA")
    tx.execute("UPDATE recall_asked SET outcome = NULL, noted_at = NULL, look_at = confirm_by")
    run(look_after(context))
    assert context.counters.alarm_recalls_overdue == 0
    world.pass_time(timedelta(minutes=11))
    for _ in range(2):
        run(look_after(context))
    (overdue,) = world.events("XAA", EventType.RECALL_OVERDUE)
    assert (overdue.nation, overdue.state) == ("XBB", None)
    assert overdue.publication_id == accepted.publication_id
    assert len(world.records("XAA", AuditEvent.RECALL_OVERDUE)) == 1
    assert context.counters.alarm_recalls_overdue == 1
    assert world.asked(accepted)["XBB"].asked_count == 2
    world.pass_time(timedelta(hours=1))
    run(look_after(context))
    assert len(world.events("XAA", EventType.RECALL_OVERDUE)) == 1
    world.settle()
    assert world.asked(accepted)["XBB"].confirmation is not None
    run(look_after(context))
    assert context.counters.alarm_recalls_overdue == 0


def test_a_recall_under_way_is_not_asked_again(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.settle()
    world.recall(accepted)
    world.pass_time(timedelta(minutes=11))
    run(look_after(world.gateways["XAA"].context))
    asked = world.asked(accepted)["XBB"]
    assert (asked.asked_count, asked.overdue) == (1, True)


def test_a_copy_that_lost_its_serial_when_an_epoch_began_is_asked_about(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.relay("XAA")
    message = world.travelling["XBB"].popleft()
    world.gateways["XBB"].receive(message)  # whose receipt is never seen
    gateway = world.gateways["XAA"]
    run(gateway.store.write(lambda tx: begin_epoch(tx, world.now)))
    world.recall(accepted)
    world.settle()
    assert world.the_copy("XBB").content == b""
    assert world.asked(accepted)["XBB"].confirmation is not None


def test_what_an_old_copy_of_the_store_takes_for_queued_may_have_left_since(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    gateway = world.gateways["XAA"]
    run(gateway.store.write(lambda tx: begin_epoch(tx, world.now)))
    world.recall(accepted)
    assert world.asked(accepted).keys() == {"XBB"}


def test_a_recipient_set_back_to_before_the_recall_withdraws_the_message_again(
    world: RecallWorld, tmp_path: Path
) -> None:
    accepted = world.publish("XBB")
    world.settle()
    path, copy = tmp_path / "XBB.db", tmp_path / "copy.db"
    shutil.copy(path, copy)
    world.recall(accepted)
    world.settle()
    world.tx("XBB").close()
    shutil.copy(copy, path)
    world.gateways["XBB"].start()
    assert world.the_copy("XBB").content
    world.pass_time(timedelta(hours=1))
    gateway = world.gateways["XAA"]
    run(gateway.store.write(lambda tx: queue_heads(gateway.context, tx, world.now, Moving())))
    world.settle()
    assert world.the_copy("XBB").content == b""


def test_a_recall_ends_the_wait_for_a_second_person(tmp_path: Path) -> None:
    small = Small(tmp_path)
    accepted = small.publish()
    assert small.states(accepted) == WAITING
    wanted = WantedRecall(accepted.publication_id, RecallReason.UNSPECIFIED, False, "operator:anna", anything)
    assert run(recall(small.context, wanted)) == 1
    assert small.states(accepted) == dict.fromkeys(OTHERS, ("withheld", R.RECALLED))
    assert small.refused(accepted) is R.RELEASE_NOT_WAITING
    (record,) = small.records(AuditEvent.RELEASE_DECLINED)
    assert (record.reason, record.actor) == (R.RECALLED, "operator:anna")
    small.world.relay("XAA")
    assert small.world.ever_sent == []


def anything(kind: Kind, mode: Mode) -> bool:
    return True
