"""Requests that their asker takes back: replaced, narrowed, recalled, cancelled; answers that cross it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bus.store import requests
from gateways.changing.cancel import WantedCancellation, cancel
from gateways.publishing.accepted import Accepted
from gateways.publishing.draft_refused import DraftRefused
from gateways.recalling.recalling import WantedRecall, recall
from schemas.audit import AuditEvent
from schemas.cancellation import CancellationReason
from schemas.reasons import ReasonCode
from schemas.recall import RecallReason
from tests.faults.small_world import run
from tests.flows.request_world import ASKER, RequestWorld

MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(tmp_path: Path) -> RequestWorld:
    return RequestWorld(tmp_path)


def again(world: RequestWorld, first: Accepted, *nations: str, **options: Any) -> Accepted:
    """A new version of a request."""
    world.world.pass_time(MINUTE)
    reference = {
        "message_id": first.message_id,
        "originator": ASKER,
        "digest": first.digest,
        "relation": "updates",
    }
    return world.ask(*nations, header={"references": [reference]}, revision=2, **options)


def stood(world: RequestWorld, at: str, first: Accepted, nation: str) -> str:
    """Where an earlier request was last told to stand."""
    party = requests.party(world.tx(at), ASKER, first.message_id, nation)
    assert party is not None
    assert party.state is not None
    return party.state.value if party.outcome is None else f"{party.state} {party.outcome}"


def test_who_is_left_out_of_a_new_version_is_asked_no_more(world: RequestWorld) -> None:
    first = world.asked()
    with pytest.raises(DraftRefused):
        again(world, first, "XBB")
    again(world, first, "XBB", narrowing=True)
    world.deliver_all()
    for at in (ASKER, "XCC"):
        assert stood(world, at, first, "XCC") == "CANCELLED"
    for at in (ASKER, "XBB"):
        assert stood(world, at, first, "XBB") == "CLOSED OVERTAKEN"
    assert world.both("XBB") == "SUBMITTED"
    # All that XCC's people may do now is nothing.
    with pytest.raises(DraftRefused) as caught:
        world.respond("XCC", "ANSWERED")
    assert caught.value.code in (ReasonCode.REQUEST_TRANSITION_ILLEGAL, ReasonCode.CANCELLED)


def test_an_answer_that_crosses_a_new_version_finds_the_old_one_overtaken(world: RequestWorld) -> None:
    first = world.asked("XBB")
    again(world, first, "XBB")
    world.respond("XBB", "ANSWERED")
    world.deliver_all()
    for at in (ASKER, "XBB"):
        assert stood(world, at, first, "XBB") == "CLOSED OVERTAKEN"
    assert world.both("XBB") == "SUBMITTED"


def test_what_is_replaced_before_it_left_was_never_asked(world: RequestWorld) -> None:
    first = world.ask("XBB")
    again(world, first, "XBB")
    world.deliver_all()
    assert stood(world, ASKER, first, "XBB") == "CLOSED OVERTAKEN"
    assert requests.party(world.tx("XBB"), ASKER, first.message_id, "XBB") is None
    assert world.both("XBB") == "SUBMITTED"


def take_back(world: RequestWorld, first: Accepted) -> None:
    wanted = WantedCancellation(
        first.publication_id, CancellationReason.OVERTAKEN, "operator:anna", lambda *_: True
    )
    run(cancel(world.gateway(ASKER).context, wanted))


@pytest.mark.parametrize(
    "cancel_first", [False, True], ids=["the answer comes first", "the cancel comes first"]
)
def test_a_cancel_that_crosses_an_answer_wins_on_both_sides(world: RequestWorld, cancel_first: bool) -> None:
    first = world.asked()
    world.world.pass_time(MINUTE)
    if cancel_first:
        take_back(world, first)
        world.world.pass_time(MINUTE)
    world.respond("XBB", "ANSWERED")
    if not cancel_first:
        world.world.pass_time(MINUTE)
        take_back(world, first)
    assert (world.stands(ASKER, "XBB"), world.stands("XBB", "XBB")) == ("CANCELLED", "ANSWERED")
    world.deliver_all()
    assert (world.both("XBB"), world.both("XCC")) == ("CANCELLED", "CANCELLED")
    assert world.told("XBB", "XBB") == ["SUBMITTED", "ANSWERED", "CANCELLED"]


def test_a_cancel_may_come_before_its_request(world: RequestWorld) -> None:
    first = world.ask("XBB")
    world.world.relay(ASKER)
    take_back(world, first)
    world.world.relay(ASKER)
    world.world.deliver("XBB", 1)
    (record,) = world.records("XBB", AuditEvent.CANCELLATION_KEPT)
    assert (record.partner, record.message_id) == (ASKER, first.message_id)
    world.deliver_all()
    assert world.both("XBB") == "CANCELLED"
    assert len(world.records("XBB", AuditEvent.MESSAGE_CANCELLED)) == 1


def test_a_cancelled_request_that_never_left_is_cancelled_here_and_unknown_there(world: RequestWorld) -> None:
    first = world.ask("XBB")
    take_back(world, first)
    world.deliver_all()
    assert stood(world, ASKER, first, "XBB") == "CANCELLED"
    assert world.party("XBB", "XBB") is None
    assert world.tx("XBB").execute("SELECT count(*) FROM received").fetchone() == (0,)


@pytest.mark.parametrize("answered", [False, True], ids=["before it is answered", "while an answer travels"])
def test_a_recalled_request_is_cancelled_on_both_sides(world: RequestWorld, answered: bool) -> None:
    first = world.asked()
    world.world.pass_time(MINUTE)
    if answered:
        world.respond("XBB", "ANSWERED")
    world.world.pass_time(MINUTE)
    wanted = WantedRecall(
        first.publication_id, RecallReason.ISSUED_IN_ERROR, False, "operator:anna", lambda *_: True
    )
    run(recall(world.gateway(ASKER).context, wanted))
    response = world.response("XCC", "ACCEPTED")
    world.deliver_all()
    assert (world.both("XBB"), world.both("XCC")) == ("CANCELLED", "CANCELLED")
    with pytest.raises(DraftRefused):
        world.gateway("XCC").publish(response)


def test_a_replaced_request_that_never_left_does_not_leave_when_its_new_version_is_recalled(
    world: RequestWorld,
) -> None:
    first = world.ask("XBB")
    second = again(world, first, "XBB")
    reason = RecallReason.ISSUED_IN_ERROR
    wanted = WantedRecall(second.publication_id, reason, False, "operator:anna", lambda _kind, _mode: True)
    run(recall(world.gateway(ASKER).context, wanted))
    world.deliver_all()
    assert stood(world, ASKER, first, "XBB") == "CLOSED OVERTAKEN"
    assert requests.party(world.tx("XBB"), ASKER, first.message_id, "XBB") is None
