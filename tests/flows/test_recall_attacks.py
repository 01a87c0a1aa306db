"""Recalls, and answers to recalls, that do not count; and recalls that must not be got round."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bus.store import backfills, recall_asked
from gateways.backfill.acts import confirm, propose
from gateways.backfill.listing import BackfillRequest
from gateways.backfill.refused import BackfillRefused
from schemas.audit import AuditEvent
from schemas.community import Membership
from schemas.header import Mode
from schemas.reasons import ReasonCode
from schemas.recall import Recall, Recalled, RecallOutcome, RecallReason
from tests.flows.recall_world import RecallWorld
from tests.flows.recall_world import world as world
from tests.flows.second_persons import with_tear_line
from tests.flows.world import draft
from tests.realm_fixtures import NOW, AgreementPlan, make_realm

R = ReasonCode
OTHER = "sha256:" + "0" * 64
Change = dict[str, Any]


def recall_of(message: Any, **changes: Any) -> Recall:
    given: Change = {
        "type": "recall",
        "mode": Mode.OPERATION,
        "message_id": message.message_id,
        "digest": message.digest,
        "reason": RecallReason.UNSPECIFIED,
        "at": NOW,
    }
    return Recall(**given | changes)


def answer_of(message: Any, **changes: Any) -> Recalled:
    given: Change = {
        "type": "recalled",
        "mode": Mode.OPERATION,
        "message_id": message.message_id,
        "digest": message.digest,
        "outcome": RecallOutcome.WITHDRAWN,
        "at": NOW,
    }
    return Recalled(**given | changes)


@pytest.mark.parametrize(
    ("partner", "changes", "answers"),
    [
        pytest.param("XAA", {"digest": OTHER}, 0, id="its own message by another digest"),
        pytest.param("XAA", {"mode": Mode.EXERCISE}, 0, id="its own message, from an exercise"),
        pytest.param(
            "XAA", {"mode": Mode.TEST, "digest": OTHER}, 0, id="its own message by nothing but the id"
        ),
        pytest.param("XCC", {}, 1, id="another nation's message"),
        pytest.param("XCC", {"digest": OTHER}, 1, id="another nation's message by another digest"),
    ],
)
def test_a_recall_that_is_not_one_changes_nothing_and_raises_an_alarm(
    world: RecallWorld, partner: str, changes: Change, answers: int
) -> None:
    accepted = world.publish("XBB")
    world.settle()
    before = world.the_copy("XBB")
    reader = world.hears("XBB", partner, recall_of(accepted, **changes))
    assert world.the_copy("XBB") == before
    (record,) = world.records("XBB", AuditEvent.RECALL_REFUSED)
    assert (record.partner, record.reason, record.message_id) == (
        partner,
        R.RECALL_MISMATCH,
        accepted.message_id,
    )
    assert world.gateways["XBB"].context.counters.alarm_recalls_refused == 1
    # That an id is another nation's here is not told: the answer is as if there were nothing.
    assert reader.relay == bool(answers)
    world.recall(accepted)
    world.settle()
    assert world.the_copy("XBB").content == b""


def test_whether_we_have_another_nations_message_cannot_be_found_out_by_recalling_it(
    world: RecallWorld,
) -> None:
    accepted = world.publish("XBB")
    world.settle()

    def answered(message_id: str) -> dict[str, Any]:
        world.hears("XBB", "XCC", recall_of(accepted, message_id=message_id))
        (content,) = (
            world.tx("XBB")
            .execute(
                "SELECT c.bytes FROM content c JOIN delivery d USING (content_id) WHERE d.recipient = 'XCC'"
                " ORDER BY d.delivery_seq DESC LIMIT 1"
            )
            .fetchone()
        )
        said = Recalled.model_validate_json(content[len(b'{"v":1,"control":') : -1])
        return said.model_dump(exclude={"message_id"})

    assert answered(accepted.message_id) == answered(accepted.message_id[:-4] + "0000")


def test_a_wrong_tombstone_does_not_keep_the_message_out(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.relay("XAA")
    world.hears("XBB", "XAA", recall_of(accepted, mode=Mode.EXERCISE))
    world.hears("XBB", "XAA", recall_of(accepted, digest=OTHER))
    world.hears("XBB", "XCC", recall_of(accepted))
    world.settle()
    assert world.the_copy("XBB").content
    assert [record.reason for record in world.records("XBB", AuditEvent.RECALL_REFUSED)] == [
        R.RECALL_MISMATCH
    ]


def test_a_withdrawn_message_that_is_sent_again_under_any_serial_stays_withdrawn(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.settle()
    world.recall(accepted)
    world.settle()
    tx = world.tx("XAA")
    # A gateway that forgot its own recall sends it once more, in its place and as a new delivery.
    tx.execute("DELETE FROM recall_asked")
    tx.execute("DELETE FROM recall")
    tx.execute("UPDATE delivery SET state = 'queued' WHERE publication_seq IS NOT NULL")
    tx.execute(
        "INSERT INTO delivery (publication_seq, content_id, recipient, mode, lane, precedence_rank, state,"
        " awaits_receipt) SELECT publication_seq, content_id, recipient, mode, lane, precedence_rank,"
        " 'queued', 1 FROM delivery WHERE publication_seq IS NOT NULL"
    )
    world.settle()
    assert world.the_copy("XBB").content == b""
    assert len(world.records("XBB", AuditEvent.MESSAGE_DUPLICATE)) == 2


def test_a_recall_that_a_hub_repeats_is_answered_again_but_no_more_often_than_once_a_minute(
    world: RecallWorld,
) -> None:
    accepted = world.publish("XBB")
    world.settle()
    world.recall(accepted)
    world.relay("XAA")
    recall = world.ever_sent[-1]
    world.settle()

    def repeated(times: int) -> int:
        world.settle()
        before = _answers(world)
        for _ in range(times):
            world.gateways["XBB"].receive(recall)
        return _answers(world) - before

    assert repeated(5) == 0
    world.pass_time(timedelta(minutes=1))
    assert repeated(5) == 1
    world.settle()
    assert len(world.records("XAA", AuditEvent.RECALL_CONFIRMED)) == 1


def _answers(world: RecallWorld) -> int:
    rows = world.tx("XBB").execute("SELECT bytes FROM content WHERE content_type = 'control.v1'")
    return sum(b'"recalled"' in row[0] for row in rows)


@pytest.mark.parametrize(
    ("partner", "changes"),
    [
        pytest.param("XCC", {}, id="of a nation that was not asked"),
        pytest.param("XBB", {"digest": OTHER}, id="of another digest"),
        pytest.param("XBB", {"mode": Mode.EXERCISE}, id="from an exercise"),
        pytest.param("XBB", {"message_id": "01890000-0000-7000-8000-000000000000"}, id="of another message"),
    ],
)
def test_an_answer_that_answers_no_question_counts_for_nothing(
    world: RecallWorld, partner: str, changes: Change
) -> None:
    accepted = world.publish("XBB")
    world.settle()
    world.recall(accepted)
    world.hears("XAA", partner, answer_of(accepted, **changes))
    assert world.asked(accepted)["XBB"].confirmation is None
    (record,) = world.records("XAA", AuditEvent.RECALL_REFUSED)
    assert (record.partner, record.reason) == (partner, R.RECALL_MISMATCH)
    assert world.gateways["XAA"].context.counters.alarm_recalls_refused == 1


def test_an_answer_to_what_was_never_recalled_does_not_confirm_a_later_recall(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.settle()
    world.hears("XAA", "XBB", answer_of(accepted))
    world.recall(accepted)
    assert world.asked(accepted)["XBB"].confirmation is None


def test_refusing_with_the_code_of_recall_what_was_not_recalled_raises_the_alarm(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.relay("XAA")
    world.hears("XBB", "XAA", recall_of(accepted))  # not by XAA's gateway: by somebody with its key
    world.settle()
    assert world.states(accepted) == {"XBB": ("refused", R.RECALLED)}
    assert world.gateways["XAA"].context.counters.alarm_refused_by_partner == 1


def test_every_version_is_recalled_each_by_its_own_name(world: RecallWorld) -> None:
    fuller = draft(["XBB"], subject="fuller", label={"classification": "NATO SECRET"})
    accepted = world.gateways["XAA"].publish(with_tear_line(fuller, draft(["XCC"], subject="lower")))
    world.settle()
    world.recall(accepted)
    world.settle()
    asked = world.asked(accepted)
    assert asked["XBB"].message_id != asked["XCC"].message_id
    for nation in ("XBB", "XCC"):
        assert world.the_copy(nation).content == b""
        assert asked[nation].confirmation is not None
        (heard,) = world.records(nation, AuditEvent.MESSAGE_WITHDRAWN)
        assert heard.message_id == asked[nation].message_id
    # Like the versions themselves, their recalls are signed under different trees (packing.variants_apart).
    rows = world.tx("XAA").execute("SELECT content_type, wider, CAST(bytes AS TEXT) FROM content").fetchall()
    recalls = [(wider, text) for kind, wider, text in rows if kind == "control.v1" and '"recall"' in text]
    assert sorted(wider for wider, _ in recalls) == [0, 1]
    fuller_id = asked["XBB"].message_id
    assert all((fuller_id in text) == bool(wider) for wider, text in recalls)


def test_backfilled_copies_are_recalled_and_what_is_recalled_is_not_backfilled(tmp_path: Path) -> None:
    members = ("XAA", "XBB", Membership(nation="XCC", since=NOW + timedelta(hours=1)))
    agreed = (AgreementPlan(id="all", parties=("XAA", "XBB", "XCC")),)
    world = RecallWorld(tmp_path, make_realm(communities={"NORDIC": members}, agreements=agreed))
    context = world.gateways["XAA"].context
    copied, late = (world.publish("NORDIC", subject=subject) for subject in ("copied", "late"))
    world.settle()
    world.pass_time(timedelta(hours=2))
    asked = BackfillRequest(
        community="NORDIC", nation="XCC", mode=Mode.OPERATION, since=NOW - timedelta(hours=1)
    )
    world.recall(late)
    proposed = asyncio.run(propose(context, asked, author="key-1"))
    asyncio.run(confirm(context, proposed.backfill_id, proposed.digest, author="key-1"))
    world.settle()
    assert backfills.sent_before(world.tx("XAA"), "XCC") == {copied.message_id}
    copy = world.the_copy("XCC")
    assert copy.message_id != copied.message_id
    assert world.recall(copied) == 2
    world.settle()
    assert world.the_copy("XCC").content == b""
    assert world.asked(copied)["XCC"].message_id == copy.message_id
    assert all(answer.confirmation for answer in world.asked(copied).values())


def test_a_recall_in_between_stops_a_backfill_that_was_listed_before(tmp_path: Path) -> None:
    members = ("XAA", "XBB", Membership(nation="XCC", since=NOW + timedelta(hours=1)))
    agreed = (AgreementPlan(id="all", parties=("XAA", "XBB", "XCC")),)
    world = RecallWorld(tmp_path, make_realm(communities={"NORDIC": members}, agreements=agreed))
    context = world.gateways["XAA"].context
    accepted = world.publish("NORDIC")
    world.settle()
    world.pass_time(timedelta(hours=2))
    asked = BackfillRequest(
        community="NORDIC", nation="XCC", mode=Mode.OPERATION, since=NOW - timedelta(hours=1)
    )
    proposed = asyncio.run(propose(context, asked, author="key-1"))
    world.recall(accepted)
    with pytest.raises(BackfillRefused) as caught:
        asyncio.run(confirm(context, proposed.backfill_id, proposed.digest, author="key-1"))
    assert caught.value.code is R.BACKFILL_CHANGED


def test_a_copy_that_was_voided_after_it_left_is_asked_about_all_the_same(world: RecallWorld) -> None:
    accepted = world.publish("XBB")
    world.settle()
    world.tx("XAA").execute("UPDATE delivery SET state = 'withheld' WHERE publication_seq IS NOT NULL")
    world.recall(accepted)
    world.settle()
    assert world.the_copy("XBB").content == b""
    assert len(recall_asked.asked_of(world.tx("XAA"), [1])) == 1


def test_nothing_of_a_recall_names_what_was_in_the_message(world: RecallWorld) -> None:
    accepted = world.publish("XBB", subject="Harbour gates")
    world.settle()
    world.recall(accepted)
    world.settle()
    for nation in ("XAA", "XBB"):
        tx = world.tx(nation)
        for table in ("audit", "event", "recall", "recall_asked", "recall_received", "rejected"):
            assert "Harbour" not in str(tx.execute(f"SELECT * FROM {table}").fetchall())
        control = tx.execute("SELECT bytes FROM content WHERE content_type = 'control.v1'").fetchall()
        assert control
        assert "Harbour" not in str(control)
