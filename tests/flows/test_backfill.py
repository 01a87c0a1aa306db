"""A new member is given what it missed: exactly what was listed and confirmed, as new messages, once."""

import asyncio
import json
import sqlite3

import pytest

from bus.protocol.trust_documents import digest_of
from bus.store import publications
from bus.store.errors import StoreUnavailable
from bus.store.writer import Transaction
from schemas.audit import AuditEvent
from schemas.header import Kind, Mode
from schemas.reasons import ReasonCode
from tests.flows.backfill_world import HOUR, confirmed, proposed, refused, said, withdraw
from tests.flows.backfill_world import joining as joining
from tests.flows.world import ALERT, World, draft, subjects
from tests.realm_fixtures import NOW

R = ReasonCode


async def test_exactly_what_was_listed_is_sent_as_new_messages_to_the_new_member_alone(
    joining: World,
) -> None:
    alfa, bravo, charlie = await joining.trio()
    first = await alfa.publish("NORDIC", subject="first", header={"precedence": "IMMEDIATE"})
    await alfa.publish("NORDIC", subject="too secret", label={"classification": "NATO SECRET"})
    await alfa.publish("NORDIC", subject="soon over", header={"expires_at": "2026-03-02T10:00:00Z"})
    await alfa.publish("XBB", subject="to one nation")
    await alfa.publish("NORDIC", subject="an exercise", header={"mode": "EXERCISE", "exercise_id": "E 1"})
    wrong = await alfa.publish("NORDIC", subject="wrong")
    await withdraw(alfa, wrong)
    second = await alfa.publish("NORDIC", subject="second")
    await alfa.states(second, {"XBB": "delivered"})
    joining.clock.move(2 * HOUR)
    assert await charlie.store.read(lambda tx: tx.execute("SELECT count(*) FROM inbox").fetchone()) == (0,)

    made = await proposed(alfa)
    assert said(made) == {
        "first": "sends",
        "too secret": "CLASSIFICATION_TOO_HIGH",
        "soon over": "expired",
        "wrong": "withdrawn",
        "second": "sends",
    }
    assert made.digest == digest_of(made.listing)
    (noted,) = await alfa.evidence(AuditEvent.BACKFILL_PROPOSED)
    assert (noted.partner, noted.digest, noted.count) == ("XCC", made.digest, 2)

    done = await confirmed(alfa, made)
    filed = await charlie.mail(2)
    assert subjects(filed) == ["first", "second"]
    for entry in filed:
        message = json.loads(entry.content)
        assert message["label"]["release_set"] == message["label"]["releasable_to"] == ["XCC"]
        assert message["header"]["action_addressees"] == ["XCC"]
        assert message["header"]["precedence"] == "ROUTINE"
        assert not message["header"].get("references")
        assert entry.message_id not in {first.message_id, second.message_id}
        assert first.message_id.encode() not in entry.content
        assert second.message_id.encode() not in entry.content
        assert b"NORDIC" not in entry.content
        assert message["body"]["texts"][0]["headline"] == "Port control systems"
    assert set(done.published or ()) == {first.message_id, second.message_id}
    (record,) = await alfa.evidence(AuditEvent.BACKFILL_CONFIRMED)
    assert (record.partner, record.digest, record.count) == ("XCC", made.digest, 2)
    assert record.actor == "operator:anna"
    assert len(await bravo.mail(8)) == 8, "another nation got something of it"


async def test_confirming_again_or_at_once_sends_nothing_twice(joining: World) -> None:
    alfa, _, charlie = await joining.trio()
    await alfa.publish("NORDIC", subject="missed")
    joining.clock.move(2 * HOUR)
    made = await proposed(alfa)
    answers = await asyncio.gather(*(confirmed(alfa, made) for _ in range(4)))
    assert len({json.dumps(dict(each.published or {})) for each in answers}) == 1
    assert (await confirmed(alfa, made)).published == answers[0].published
    assert subjects(await charlie.mail(1)) == ["missed"]
    assert len(await alfa.evidence(AuditEvent.BACKFILL_CONFIRMED)) == 1
    # Another proposal says that it went, and has nothing left.
    again = await proposed(alfa)
    assert said(again) == {"missed": "already_sent"}
    assert await refused(alfa, again) is R.BACKFILL_EMPTY


async def test_two_proposals_of_the_same_send_it_once(joining: World) -> None:
    alfa, _, charlie = await joining.trio()
    await alfa.publish("NORDIC", subject="missed")
    joining.clock.move(2 * HOUR)
    one, other = await proposed(alfa), await proposed(alfa)
    await confirmed(alfa, one)
    assert await refused(alfa, other) is R.BACKFILL_CHANGED
    assert subjects(await charlie.mail(1)) == ["missed"]


async def test_a_disk_that_fails_leaves_nothing_and_a_crash_after_it_all(joining: World) -> None:
    alfa, _, charlie = await joining.trio()
    for number in range(5):
        await alfa.publish("NORDIC", subject=f"missed {number}")
    joining.clock.move(2 * HOUR)
    made = await proposed(alfa)
    alfa.store.failing = True
    with pytest.raises(StoreUnavailable):
        await confirmed(alfa, made)
    alfa.store.failing = False
    await alfa.stop()
    with sqlite3.connect(joining.directory / "XAA.db") as file:
        assert file.execute("SELECT count(*) FROM publication").fetchone() == (5,)
        assert file.execute("SELECT count(*) FROM backfilled").fetchone() == (0,)
    await alfa.start()
    # Committed, and stopped before anything of it left.
    await alfa.exchange.relay.stop()
    await confirmed(alfa, made)
    await alfa.stop()
    await alfa.start()
    assert subjects(await charlie.mail(5)) == [f"missed {number}" for number in range(5)]
    assert (await confirmed(alfa, made)).confirmed_at is not None
    assert subjects(await charlie.mail(5)) == [f"missed {number}" for number in range(5)]


async def test_modes_kinds_and_times_are_never_mixed(joining: World) -> None:
    alfa, bravo, _ = await joining.trio()
    await alfa.publish("NORDIC", subject="early")
    joining.clock.move(HOUR / 2)
    await alfa.publish("NORDIC", subject="later")
    exercise = await alfa.publish(
        "NORDIC", subject="an exercise", header={"mode": "EXERCISE", "exercise_id": "E 1"}
    )
    await alfa.states(exercise, {"XBB": "delivered"})
    await bravo.mail(3)
    joining.clock.move(HOUR)
    assert said(await proposed(alfa)) == {"early": "sends", "later": "sends"}
    assert said(await proposed(alfa, mode=Mode.EXERCISE)) == {"an exercise": "sends"}
    assert said(await proposed(alfa, mode=Mode.TEST)) == {}
    assert said(await proposed(alfa, until=NOW + HOUR / 2)) == {"early": "sends"}
    assert said(await proposed(alfa, since=NOW + HOUR / 2)) == {"later": "sends"}
    assert said(await proposed(alfa, kinds=(Kind.EXERCISE_NOTICE,))) == {}


async def test_an_update_reaches_a_new_member_as_the_first_alert_that_it_is_there(joining: World) -> None:
    alfa, _, charlie = await joining.trio()
    first = await alfa.publish("NORDIC", subject="as first known")
    reference = {
        "message_id": first.message_id,
        "originator": "XAA",
        "digest": first.digest,
        "relation": "updates",
    }
    await alfa.publish(
        "NORDIC",
        subject="as now known",
        header={"references": [reference]},
        body={**ALERT, "action": "UPDATE"},
    )
    joining.clock.move(2 * HOUR)
    made = await proposed(alfa)
    assert said(made) == {"as first known": "withdrawn", "as now known": "sends"}
    await confirmed(alfa, made)
    (copy,) = await charlie.mail(1)
    assert json.loads(copy.content)["body"]["action"] == "ALERT"
    assert first.message_id.encode() not in copy.content


async def test_what_nobody_was_sent_is_not_passed_on(joining: World) -> None:
    alfa, _, _ = await joining.trio()
    await alfa.publish("NORDIC", subject="sent")
    unsent = await alfa.publish("NORDIC", subject="withheld")

    def withhold(tx: Transaction) -> None:
        detail = publications.get(tx, unsent.publication_id)
        assert detail is not None
        seq = detail.publication.publication_seq
        tx.execute("UPDATE delivery SET state = 'withheld' WHERE publication_seq = ?", (seq,))

    await alfa.states(unsent, {"XBB": "delivered"})
    await alfa.job(withhold)
    joining.clock.move(2 * HOUR)
    assert said(await proposed(alfa)) == {"sent": "sends"}


async def test_of_a_publication_with_tear_lines_the_fullest_permitted_version_is_sent(joining: World) -> None:
    alfa, _, charlie = await joining.trio()
    raw = json.loads(draft(["NORDIC"], subject="full", label={"classification": "NATO SECRET"}))
    label = {**raw["label"], "classification": "NATO RESTRICTED"}
    raw["tear_lines"] = [
        {"label": label, "subject": "less full", "body": ALERT},
        {"label": label, "subject": "least full", "body": ALERT},
    ]
    await alfa.exchange.accept(json.dumps(raw).encode(), api_key_id="test")
    joining.clock.move(2 * HOUR)
    made = await proposed(alfa)
    assert said(made) == {
        "full": "CLASSIFICATION_TOO_HIGH",
        "less full": "sends",
        "least full": "fuller_version",
    }
    await confirmed(alfa, made)
    assert subjects(await charlie.mail(1)) == ["less full"]
