"""Information requests between gateways: their life, what crosses, what counts for nothing."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.store import lanes, requests
from gateways.publishing.draft_refused import DraftRefused
from gateways.requests.expiring import expire
from gateways.requests.standing import TransitionIllegal
from schemas.audit import AuditEvent
from schemas.reasons import ReasonCode
from tests.faults.small_world import run
from tests.flows.request_world import ANSWERS, ASKER, LTIOV, RequestWorld
from tests.flows.world import acknowledgement

R = ReasonCode
MINUTE = timedelta(minutes=1)


@pytest.fixture
def world(tmp_path: Path) -> RequestWorld:
    return RequestWorld(tmp_path)


def test_the_life_of_a_request_is_seen_alike_by_both_sides(world: RequestWorld) -> None:
    world.asked()
    assert (world.both("XBB"), world.both("XCC")) == ("SUBMITTED", "SUBMITTED")
    steps = ["ACCEPTED", "PARTIALLY_ANSWERED", "ANSWERED"]
    world.world.pass_time(MINUTE)
    message = world.message("XBB")
    world.gateway("XBB").publish(acknowledgement(message, at=world.world.now))
    world.deliver_all()
    assert world.both("XBB") == "ACKNOWLEDGED"
    for step in steps:
        world.world.pass_time(MINUTE)
        world.respond("XBB", step)
        assert (world.stands("XBB", "XBB"), world.stands(ASKER, "XBB") == step) == (step, False)
        world.deliver_all()
        assert world.both("XBB") == step
    world.world.pass_time(MINUTE)
    world.close("SATISFIED")
    world.deliver_all()
    assert (world.both("XBB"), world.both("XCC")) == ("CLOSED SATISFIED", "CLOSED SATISFIED")
    for at in (ASKER, "XBB"):
        assert world.told(at, "XBB") == ["SUBMITTED", "ACKNOWLEDGED", *steps, "CLOSED"]
    assert world.told(ASKER, "XCC") == world.told("XCC", "XCC") == ["SUBMITTED", "CLOSED"]


@pytest.mark.parametrize(
    ("state", "detail"), [("DECLINED", "NO_CAPACITY"), ("REDIRECTED", "XCC")], ids=["declined", "redirected"]
)
def test_turning_a_request_down_says_no_more_than_a_code(
    world: RequestWorld, state: str, detail: str
) -> None:
    world.asked("XBB")
    world.respond("XBB", state)
    world.deliver_all()
    assert world.both("XBB") == state
    party = world.party(ASKER, "XBB")
    assert party is not None
    assert [act.detail for act in requests.acts(world.tx(ASKER), party)] == [detail]


@pytest.mark.parametrize("nation", ["XAA", "XBB", "XZZ"], ids=["the asker", "the asked", "nobody"])
def test_a_request_is_redirected_to_a_third_nation_of_the_realm_only(
    world: RequestWorld, nation: str
) -> None:
    world.asked("XBB")
    with pytest.raises(DraftRefused) as caught:
        world.respond("XBB", "REDIRECTED", redirect_to=nation)
    assert (caught.value.code, caught.value.pointer) == (R.REDIRECT_INVALID, "/body/redirect_to")


# -- what is illegal ----------------------------------------------------------------------------------


def test_an_answer_is_refused_where_it_is_illegal_with_the_legal_ones_named(world: RequestWorld) -> None:
    world.asked("XBB")
    world.respond("XBB", "ANSWERED")
    for state, act in (
        ("ACCEPTED", "ACCEPT"),
        ("DECLINED", "DECLINE"),
        ("PARTIALLY_ANSWERED", "ANSWER_PARTLY"),
    ):
        with pytest.raises(DraftRefused) as caught:
            world.respond("XBB", state)
        assert (caught.value.code, caught.value.pointer) == (R.REQUEST_TRANSITION_ILLEGAL, "/body/state")
        assert caught.value.explanation == (
            f"The request is ANSWERED, where {act} is illegal; legal now: ACKNOWLEDGE, ANSWER."
        )
        assert caught.value.legal == ("ACKNOWLEDGE", "ANSWER")
    world.respond("XBB", "ANSWERED", answer="A better one.")
    world.deliver_all()
    assert world.both("XBB") == "ANSWERED"


def test_nothing_is_answered_after_the_end_or_after_ltiov(world: RequestWorld) -> None:
    world.asked()
    world.close("OVERTAKEN", "XBB")
    world.deliver_all()
    with pytest.raises(DraftRefused) as caught:
        world.respond("XBB", "ANSWERED")
    assert caught.value.explanation.endswith("CLOSED, where ANSWER is illegal; legal now: none.")
    world.world.now = LTIOV + MINUTE
    with pytest.raises(DraftRefused) as caught:
        world.respond("XCC", "ANSWERED")
    assert "EXPIRED" in caught.value.explanation


def test_two_answers_at_once_are_looked_at_one_after_the_other(world: RequestWorld) -> None:
    """Both were checked before either was committed: the second is looked at again within the transaction."""
    world.asked("XBB")
    store = world.gateway("XBB").store
    read = store.read

    async def overtaken(job: Any) -> Any:
        found = await read(job)
        if "act" in getattr(job, "keywords", {}):
            store.read = read  # type: ignore[method-assign]
            world.respond("XBB", "ANSWERED")
        return found

    store.read = overtaken  # type: ignore[method-assign]
    with pytest.raises(DraftRefused) as caught:
        world.respond("XBB", "ACCEPTED")
    assert caught.value.code is R.REQUEST_TRANSITION_ILLEGAL
    world.deliver_all()
    assert world.both("XBB") == "ANSWERED"
    assert len(world.gateway(ASKER).inbox()) == 1


def test_closing_twice_is_the_same_once_and_another_outcome_is_refused(world: RequestWorld) -> None:
    world.asked()
    world.close("SATISFIED", "XBB")
    world.close("SATISFIED", "XBB")
    with pytest.raises(TransitionIllegal):
        world.close("OVERTAKEN", "XBB")
    assert world.stands(ASKER, "XCC") == "SUBMITTED"
    world.close("UNSATISFIED")
    world.deliver_all()
    assert (world.both("XBB"), world.both("XCC")) == ("CLOSED SATISFIED", "CLOSED UNSATISFIED")
    with pytest.raises(LookupError):
        world.close("SATISFIED", "XAA")
    closed = world.records(ASKER, AuditEvent.REQUEST_CLOSED)
    assert [(record.partner, record.actor) for record in closed] == [
        ("XBB", "operator:anna"),
        ("XCC", "operator:anna"),
    ]


# -- what crosses -------------------------------------------------------------------------------------


def test_a_closing_that_crosses_an_answer_wins_on_both_sides(world: RequestWorld) -> None:
    world.asked()
    world.close("OVERTAKEN")
    world.world.pass_time(MINUTE)
    world.respond("XBB", "ANSWERED")
    assert (world.stands(ASKER, "XBB"), world.stands("XBB", "XBB")) == ("CLOSED OVERTAKEN", "ANSWERED")
    world.deliver_all()
    assert world.both("XBB") == "CLOSED OVERTAKEN"
    # The answer came all the same: it is in the asker's inbox.
    assert json.loads(world.gateway(ASKER).inbox()[-1].content)["body"]["answer"] == "Three."


def test_a_closing_may_come_before_its_request(world: RequestWorld) -> None:
    world.ask("XBB")
    world.world.relay(ASKER)
    world.close("OVERTAKEN")
    world.world.relay(ASKER)
    assert len(world.world.travelling["XBB"]) == 2
    world.world.deliver("XBB", 1)
    assert world.party("XBB", "XBB") is None
    (record,) = world.records("XBB", AuditEvent.REQUEST_ACT_RECORDED)
    assert (record.partner, record.mode) == (ASKER, "OPERATION")
    world.deliver_all()
    assert world.both("XBB") == "CLOSED OVERTAKEN"
    assert world.told("XBB", "XBB") == ["CLOSED"]


def test_what_is_closed_before_it_left_never_leaves_and_nothing_is_said_of_it(world: RequestWorld) -> None:
    world.ask()
    world.close("OVERTAKEN", "XBB")
    world.deliver_all()
    assert world.party("XBB", "XBB") is None
    assert world.gateway("XBB").inbox() == ()
    assert world.tx("XBB").execute("SELECT count(*) FROM received").fetchone() == (0,)
    assert world.both("XCC") == "SUBMITTED"
    withheld = world.records(ASKER, AuditEvent.DELIVERY_WITHHELD)
    assert [(record.partner, record.reason) for record in withheld] == [("XBB", R.REQUEST_CLOSED)]


def test_a_copy_taken_back_before_the_broker_was_offered_it_leaves_no_gap_when_it_is_closed(
    world: RequestWorld,
) -> None:
    world.ask("XBB")
    world.world.relay(ASKER)
    world.world.travelling["XBB"].clear()
    world.tx(ASKER).execute("UPDATE delivery SET state = 'queued', attempts = 0 WHERE recipient = 'XBB'")
    world.close("OVERTAKEN")
    world.ask("XBB")
    world.deliver_all()
    assert [message.serial for message in world.gateway("XBB").inbox()] == [2]
    assert lanes.count_missing(world.tx("XBB")) == {}
    assert world.both("XBB") == "SUBMITTED"
    known = world.tx("XBB").execute("SELECT count(*) FROM request_act").fetchone()
    assert known == (0,)


def test_an_answer_signed_in_time_that_comes_late_still_counts(world: RequestWorld) -> None:
    world.asked("XBB")
    world.world.now = LTIOV
    world.respond("XBB", "ANSWERED")
    world.world.now = LTIOV + MINUTE
    for nation in (ASKER, "XBB"):
        run(expire(world.gateway(nation).context))
    assert world.told(ASKER, "XBB") == ["SUBMITTED", "EXPIRED"]
    assert world.told("XBB", "XBB") == ["SUBMITTED", "ANSWERED"]
    world.deliver_all()
    assert world.both("XBB") == "ANSWERED"
    assert world.told(ASKER, "XBB") == ["SUBMITTED", "EXPIRED", "ANSWERED"]
    world.close("SATISFIED")
    world.deliver_all()
    assert world.both("XBB") == "CLOSED SATISFIED"


def test_expiry_is_told_once_also_after_a_restart(world: RequestWorld) -> None:
    world.asked()
    world.world.now = LTIOV + MINUTE
    for _ in range(2):
        run(expire(world.gateway(ASKER).context))
        world.gateway(ASKER).restart()
    assert world.told(ASKER, "XBB") == world.told(ASKER, "XCC") == ["SUBMITTED", "EXPIRED"]


def test_a_new_version_of_a_request_takes_the_place_of_the_old_one(world: RequestWorld) -> None:
    first = world.asked("XBB")
    world.respond("XBB", "ACCEPTED")
    world.deliver_all()
    world.world.pass_time(MINUTE)
    reference = {
        "message_id": first.message_id,
        "originator": ASKER,
        "digest": first.digest,
        "relation": "supersedes",
    }
    world.asked("XBB", header={"references": [reference]}, rfi_id="XAA-RFI-1", revision=2)
    assert world.both("XBB") == "SUBMITTED"
    for at in (ASKER, "XBB"):
        old = requests.party(world.tx(at), ASKER, first.message_id, "XBB")
        assert old is not None
        assert (old.state, old.outcome) == ("CLOSED", "OVERTAKEN")


acts = st.lists(
    st.tuples(
        st.sampled_from(["respond", "close", "deliver", "deliver twice", "relay", "time"]),
        st.sampled_from(sorted(ANSWERS)),
        st.integers(0, 5),
    ),
    max_size=20,
)


@settings(max_examples=25, deadline=None)
@given(acts)
def test_both_gateways_come_to_the_same_end_whatever_the_network_does(
    tmp_path_factory: pytest.TempPathFactory, plan: list[tuple[str, str, int]]
) -> None:
    world = RequestWorld(tmp_path_factory.mktemp("requests"))
    world.asked("XBB")
    for what, state, place in plan:
        try:
            match what:
                case "respond":
                    world.respond("XBB", state)
                case "close":
                    world.close("UNSATISFIED")
                case "relay":
                    world.world.relay("XBB" if place % 2 else ASKER)
                case "time":
                    world.world.pass_time(timedelta(minutes=20 * place))
                case _:
                    world.world.deliver(ASKER if place % 2 else "XBB", place, keep="twice" in what)
        except (DraftRefused, TransitionIllegal):
            continue
    world.deliver_all()
    for nation in (ASKER, "XBB"):
        run(expire(world.gateway(nation).context))
    world.both("XBB")
