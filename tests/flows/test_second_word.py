"""A second person's word: whose, on what, until when, under the rules of that moment, and exactly once."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bus.store import inbox, minimize, pending
from bus.store.minimize import Minimize
from bus.store.pending import Outcome
from gateways.context import FlowLimits
from gateways.publishing.accepted import Accepted
from gateways.recalling.recalling import WantedRecall, recall
from gateways.releasing.lapsing import lapse
from gateways.releasing.not_released import NotReleased
from gateways.releasing.policy import ReleasePolicy, TwoPersonRule
from gateways.releasing.second_person import Word, release_digest, take_word
from schemas.audit import AuditEvent, AuditOutcome
from schemas.header import Kind, Mode, Precedence
from schemas.reasons import ReasonCode
from schemas.recall import RecallReason
from tests.faults.small_world import Crash, SmallGateway, run
from tests.flows.second_persons import (
    FLASH,
    OTHERS,
    WAITING,
    R,
    Small,
    anybody,
    with_tear_line,
    word,
)
from tests.flows.world import acknowledgement, draft

MINUTE = timedelta(minutes=1)


@pytest.fixture
def small(tmp_path: Path) -> Small:
    return Small(tmp_path)


# -- what counts is the moment of the second word -----------------------------------------------------


def test_a_nation_no_longer_permitted_is_withheld_and_the_others_get_it(small: Small) -> None:
    flash = small.publish("for one of two")
    small.world.change(small.world.realm.end_agreement("with-xcc", now=small.world.now))
    small.gateway.take_up(small.world.realm)
    small.confirm(flash)
    assert small.states(flash) == {"XBB": ("queued", None), "XCC": ("withheld", R.NO_AGREEMENT)}
    small.world.relay("XAA")
    assert (small.arrived("XBB"), small.arrived("XCC")) == (["for one of two"], [])
    denied = [row for row in small.records(AuditEvent.RELEASE_DENIED) if row.actor == "operator:rita"]
    assert [(row.partner, row.reason) for row in denied] == [("XCC", R.NO_AGREEMENT)]


def test_confirming_adds_nobody(small: Small) -> None:
    small.world.change(small.world.realm.suspend("XCC", now=small.world.now))
    small.gateway.take_up(small.world.realm)
    flash = small.gateway.publish(draft(["XBB"], header=FLASH))
    small.confirm(flash)
    assert small.states(flash) == {"XBB": ("queued", None)}


def test_minimize_counts_at_the_second_word(small: Small) -> None:
    policy = ReleasePolicy(two_person=(TwoPersonRule(precedences=(Precedence.ROUTINE,)),))
    small.context.release_policy = policy
    accepted = small.publish(precedence="ROUTINE")
    assert small.states(accepted) == WAITING
    until = small.world.now + 10 * MINUTE
    held = Minimize(Precedence.FLASH, False, until, "operator:sam", small.world.now)
    run(small.gateway.store.write(lambda tx: minimize.put(tx, held)))
    assert small.refused(accepted) is R.MINIMIZE_IN_FORCE
    assert small.states(accepted) == WAITING
    small.world.pass_time(10 * MINUTE)
    small.confirm(accepted)
    assert small.states(accepted) == dict.fromkeys(OTHERS, ("queued", None))


def test_a_full_queue_keeps_it_waiting(small: Small) -> None:
    flash = small.publish()
    small.context.limits = FlowLimits(queue=1)
    assert small.refused(flash) is R.QUEUE_FULL
    small.context.limits = FlowLimits(queue=2)
    small.confirm(flash)
    assert small.states(flash) == dict.fromkeys(OTHERS, ("queued", None))


def test_stale_trust_refuses_the_second_word(small: Small) -> None:
    small.context.limits = FlowLimits(release_flash=timedelta(days=90))
    flash = small.publish()
    small.world.pass_time(timedelta(days=60))
    assert small.context.trust.stale(small.world.now)
    assert small.refused(flash) is R.TRUST_STALE
    assert small.states(flash) == WAITING


# -- whose word, on what, once ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"by": "test"}, R.RELEASE_OWN_DRAFT, id="the author"),
        pytest.param({"digest": "sha256:" + "00" * 32}, R.RELEASE_DIGEST_MISMATCH, id="something else"),
    ],
)
def test_a_word_that_does_not_count_changes_nothing(
    small: Small, changes: dict[str, Any], code: ReasonCode
) -> None:
    flash = small.publish()
    assert small.refused(flash, **changes) is code
    assert small.states(flash) == WAITING
    small.world.relay("XAA")
    assert not small.world.ever_sent


def test_the_first_word_counts_and_later_ones_are_told_of_it(small: Small) -> None:
    flash = small.publish("once")
    later = word(flash, small.tx, by="operator:ralf", confirm=False)
    small.confirm(flash)
    with pytest.raises(NotReleased, match="RELEASE_NOT_WAITING") as caught:
        run(take_word(small.context, later, anybody))
    assert "confirmed by operator:rita" in caught.value.detail
    assert small.refused(flash, by="operator:ralf") is R.RELEASE_NOT_WAITING
    small.world.relay("XAA")
    small.world.relay("XAA")
    assert small.arrived("XBB") == ["once"]
    assert len(small.records(AuditEvent.RELEASE_CONFIRMED)) == 1


def test_a_refusal_withholds_everything_and_is_final(small: Small) -> None:
    flash = small.publish()
    small.confirm(flash, confirm=False, note="wrong place", by="test")
    assert small.states(flash) == dict.fromkeys(OTHERS, ("withheld", R.RELEASE_DECLINED))
    wait = pending.of_publication(small.tx, flash.publication_id)
    assert wait is not None
    assert (wait.outcome, wait.decided_by, wait.note) == (Outcome.REFUSED, "test", "wrong place")
    assert small.refused(flash) is R.RELEASE_NOT_WAITING
    [record] = small.records(AuditEvent.RELEASE_DECLINED)
    assert (record.outcome, record.reason) == (AuditOutcome.REFUSED, R.RELEASE_DECLINED)
    assert len(small.records(AuditEvent.DELIVERY_WITHHELD)) == 2
    small.world.relay("XAA")
    assert not small.world.ever_sent


def test_one_that_never_waited_cannot_be_confirmed(small: Small) -> None:
    routine = small.publish(precedence="ROUTINE")
    said = Word(routine.publication_id, "sha256:" + "00" * 32, True, None, "operator:rita")
    with pytest.raises(NotReleased, match="RELEASE_NOT_WAITING"):
        run(take_word(small.context, said, anybody))


# -- time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "waits"),
    [
        pytest.param({}, 15 * MINUTE, id="a flash waits for a quarter of an hour"),
        pytest.param({"precedence": "ROUTINE"}, timedelta(hours=24), id="anything else waits for a day"),
        pytest.param({"expires": 7}, 7 * MINUTE, id="what expires waits no longer than that"),
    ],
)
def test_the_time_to_confirm_ends(small: Small, header: dict[str, Any], waits: timedelta) -> None:
    small.context.release_policy = ReleasePolicy(
        two_person=(TwoPersonRule(precedences=(Precedence.ROUTINE,)),)
    )
    minutes = header.pop("expires", None)
    if minutes is not None:
        header["expires_at"] = (small.world.now + minutes * MINUTE).isoformat()
    accepted = small.publish(**header)
    small.world.pass_time(waits - timedelta(microseconds=1))
    run(lapse(small.context))
    assert small.states(accepted) == WAITING
    small.world.pass_time(timedelta(microseconds=1))
    assert small.refused(accepted) is R.RELEASE_NOT_CONFIRMED
    assert small.context.counters.releases_waiting == 1
    run(lapse(small.context))
    assert small.states(accepted) == dict.fromkeys(OTHERS, ("withheld", R.RELEASE_NOT_CONFIRMED))
    assert small.refused(accepted) is R.RELEASE_NOT_CONFIRMED
    assert small.context.counters.releases_waiting == 0


def test_what_did_not_wait_too_long_lapses_not_with_the_others(small: Small) -> None:
    first = small.publish("first")
    small.world.pass_time(10 * MINUTE)
    second = small.publish("second")
    small.world.pass_time(5 * MINUTE)
    run(lapse(small.context))
    assert small.states(first)["XBB"] == ("withheld", R.RELEASE_NOT_CONFIRMED)
    assert small.states(second) == WAITING


# -- crashes, order, what goes with it ----------------------------------------------------------------


def test_a_crash_before_the_commit_leaves_it_waiting_and_after_it_confirmed(small: Small) -> None:
    flash = small.publish("through crashes")
    said = word(flash, small.tx)
    store = small.gateway.store

    async def dies(job: Callable[[Any], Any]) -> None:
        store.connection.execute("BEGIN IMMEDIATE")
        job(store.connection)
        raise Crash

    store.write = dies  # type: ignore[method-assign,assignment]
    with pytest.raises(Crash):
        run(take_word(small.context, said, anybody))
    small.gateway.restart()
    assert small.states(flash) == WAITING
    assert not small.records(AuditEvent.RELEASE_CONFIRMED)
    run(take_word(small.context, said, anybody))
    small.gateway.restart()
    small.world.relay("XAA", crash=True)
    small.world.relay("XAA")
    assert small.arrived("XBB") == ["through crashes"]
    assert small.refused(flash) is R.RELEASE_NOT_WAITING


def test_serials_are_given_when_it_leaves_so_that_a_lane_has_no_gap(small: Small) -> None:
    def urgent(subject: str) -> None:
        small.publish(subject, precedence="IMMEDIATE")
        small.world.relay("XAA")

    first, never = small.publish("first"), small.publish("never")
    urgent("second")
    small.confirm(first)
    urgent("third")
    small.confirm(never, confirm=False)
    urgent("fourth")
    assert small.arrived("XBB") == ["second", "first", "third", "fourth"]
    entries = small.world.gateways["XBB"].inbox()
    assert [entry.serial for entry in entries] == [1, 2, 3, 4]
    assert not any(entry.late for entry in entries)


def test_two_confirmed_leave_in_the_order_in_which_they_were_accepted(small: Small) -> None:
    first, second = small.publish("first"), small.publish("second")
    small.confirm(second)
    small.confirm(first)
    small.world.relay("XAA")
    assert small.arrived("XCC") == ["first", "second"]


def test_nothing_waits_in_an_exercise(small: Small) -> None:
    accepted = small.publish(mode="EXERCISE", exercise_id="DRY RUN")
    assert accepted.second_person is None
    assert small.states(accepted) == dict.fromkeys(OTHERS, ("queued", None))


def answered_where_two_release(small: Small) -> tuple[SmallGateway, Accepted, Accepted]:
    """XBB, what it was asked, and its answer, which waits there for a second person."""
    asked = small.gateway.publish(draft(["XBB"], subject="please answer"))
    small.world.relay("XAA")
    small.arrived("XBB")
    bravo = small.world.gateways["XBB"]
    rule = TwoPersonRule(kinds=(Kind.ACKNOWLEDGEMENT,))
    bravo.context.release_policy = ReleasePolicy(two_person=(rule,))
    [entry] = bravo.inbox()
    answer = bravo.publish(acknowledgement(entry, at=small.world.now))
    return bravo, asked, answer


def test_what_an_answer_that_waits_acknowledges_is_acknowledged_when_it_is_confirmed(small: Small) -> None:
    bravo, _, answer = answered_where_two_release(small)
    assert answer.second_person is not None
    assert inbox.list_after(bravo.store.connection, limit=1)[0].acknowledged_at is None
    run(take_word(bravo.context, word(answer, bravo.store.connection), anybody))
    assert inbox.list_after(bravo.store.connection, limit=1)[0].acknowledged_at == small.world.now


def test_an_answer_to_what_was_recalled_while_it_waited_is_not_released(small: Small) -> None:
    bravo, asked, answer = answered_where_two_release(small)
    code = RecallReason.ISSUED_IN_ERROR
    wanted = WantedRecall(asked.publication_id, code, False, "operator:anna", lambda kind, mode: True)
    run(recall(small.context, wanted))
    small.world.relay("XAA")
    while small.world.travelling["XBB"]:
        small.world.deliver("XBB")
    with pytest.raises(NotReleased) as refused:
        run(take_word(bravo.context, word(answer, bravo.store.connection), anybody))
    assert refused.value.code is R.RECALLED
    waits = pending.find(bravo.store.connection, answer.publication_id)
    assert waits is not None
    assert waits.wait.outcome is None


def test_every_version_of_a_draft_with_tear_lines_waits_and_is_read(small: Small) -> None:
    small.context.release_policy = ReleasePolicy(
        two_person=(TwoPersonRule(policy="NATO", classification="NATO SECRET", modes=(Mode.TEST,)),)
    )
    fuller = {"classification": "NATO SECRET", "releasable_to": ["XBB"]}
    made = draft(["XBB"], header={"mode": "TEST"}, label=fuller, subject="all of it")
    lower = draft(OTHERS, header={"mode": "TEST"}, subject="part of it")
    accepted = small.gateway.publish(with_tear_line(made, lower))
    assert small.states(accepted) == WAITING
    found = pending.find(small.tx, accepted.publication_id)
    assert found is not None
    contents = tuple(pending.contents(small.tx, found.wait).values())
    assert len(contents) == 2
    assert small.refused(accepted, digest=release_digest(contents[:1])) is R.RELEASE_DIGEST_MISMATCH
    small.confirm(accepted)
    small.world.relay("XAA")
    assert (small.arrived("XBB"), small.arrived("XCC")) == (["all of it"], ["part of it"])
