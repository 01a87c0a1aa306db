"""Requests inside one nation: work on them never leaves, second persons, what may be displayed only."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bus.store import pending, request_list
from bus.store.operators import Operator
from bus.store.operators import add as add_operator
from gateways.http.caller import Caller
from gateways.http.request_views import request_view, stored_request
from gateways.publishing.accepted import Accepted
from gateways.releasing.not_released import NotReleased
from gateways.releasing.policy import ReleasePolicy, TwoPersonRule
from gateways.releasing.second_person import Word, release_digest, take_word
from gateways.requests.work import add_note, assign
from schemas.header import Kind
from schemas.operator import Role
from schemas.reasons import ReasonCode
from schemas.request_acts import RequestState
from tests.faults.small_world import run
from tests.flows.request_world import ASKER, LTIOV, RequestWorld
from tests.flows.second_persons import anybody
from tests.realm_fixtures import TestRealm, make_realm

MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def realm() -> TestRealm:
    return make_realm()


@pytest.fixture
def world(tmp_path: Path, realm: TestRealm) -> RequestWorld:
    return RequestWorld(tmp_path, realm)


# -- work on a request --------------------------------------------------------------------------------


def counted() -> Callable[[int], bytes]:
    """Randomness that is the same in two worlds."""
    drawn = iter(range(1, 10**9))
    return lambda length: next(drawn).to_bytes(length, "big")


def test_what_is_sent_is_the_same_whoever_works_on_a_request_until_when_and_with_what_notes(
    tmp_path: Path, realm: TestRealm
) -> None:
    said = []
    for name in ("worked on", "left alone"):
        (tmp_path / name).mkdir()
        world = RequestWorld(tmp_path / name, realm)
        for gateway in world.world.gateways.values():
            gateway.context.randomness = counted()
        world.asked("XBB")
        if name == "worked on":
            work_on(world)
        for state in ("ACCEPTED", "PARTIALLY_ANSWERED", "ANSWERED"):
            world.world.pass_time(MINUTE)
            world.respond("XBB", state)
            world.deliver_all()
            if name == "worked on":
                work_on(world)
        world.close()
        world.deliver_all()
        said.append(
            {
                nation: world.tx(nation)
                .execute("SELECT content_type, digest, bytes FROM content ORDER BY content_id")
                .fetchall()
                for nation in world.world.gateways
            }
        )
    assert said[0] == said[1]
    assert len(said[0]["XBB"]) > 3


def work_on(world: RequestWorld) -> None:
    """Somebody assigns it, plans it and writes it down; what evidence draws meanwhile is not counted."""
    gateway = world.gateway("XBB")
    context, drawn = gateway.context, gateway.context.randomness
    context.randomness = lambda length: b"\x55" * length
    tx = gateway.store.connection
    tx.execute("DELETE FROM operator")
    person = Operator("anna", "Anna", frozenset({Role.WATCH_OFFICER}), True, world.world.now)
    add_operator(tx, person)
    (found,) = request_list.list_newest(tx, world.world.now)
    due = world.world.now + MINUTE
    assert run(assign(context, found, "anna", due, "operator:anna", "requests:write"))
    run(add_note(context, found, "The harbour office knows more.", "operator:anna", lambda note: b""))
    context.randomness = drawn


def test_a_list_knows_that_ltiov_has_passed_before_anybody_told(world: RequestWorld) -> None:
    world.asked()
    world.respond("XBB", "DECLINED")
    world.deliver_all()
    expired, declined = {RequestState.EXPIRED}, {RequestState.DECLINED}
    assert (listed(world, "XCC", states=expired), listed(world, "XCC", states={RequestState.SUBMITTED})) == (
        0,
        1,
    )
    world.world.now = LTIOV + MINUTE
    assert (listed(world, "XCC", states=expired), listed(world, "XCC", states={RequestState.SUBMITTED})) == (
        1,
        0,
    )
    # Our own request stands in either state, with one nation each.
    assert (listed(world, ASKER, states=expired), listed(world, ASKER, states=declined)) == (1, 1)
    found = request_list.list_newest(world.tx(ASKER), world.world.now)[0]
    stored = stored_request(world.tx(ASKER), found, in_full=False)
    caller = Caller(author="key", actor="api-key:key", rights=frozenset())
    in_list = request_view(stored, caller, world.world.now)
    in_full = request_view(stored_request(world.tx(ASKER), found, in_full=True), caller, world.world.now)
    for view in (in_list, in_full):
        assert view.state == "EXPIRED"
        assert [party.state for party in view.parties] == ["DECLINED", "EXPIRED"]


# -- a second person ----------------------------------------------------------------------------------


def waiting(world: RequestWorld, nation: str, kind: Kind) -> None:
    rule = TwoPersonRule(kinds=(kind,))
    world.gateway(nation).context.release_policy = ReleasePolicy(two_person=(rule,))


def confirm(world: RequestWorld, nation: str, accepted: Accepted) -> None:
    tx = world.tx(nation)
    found = pending.find(tx, accepted.publication_id)
    assert found is not None
    digest = release_digest(tuple(pending.contents(tx, found.wait).values()))
    word = Word(accepted.publication_id, digest, True, None, "operator:rita")
    run(take_word(world.gateway(nation).context, word, anybody))


def test_an_answer_that_waits_for_a_second_person_changes_nothing_until_it_is_confirmed(
    world: RequestWorld,
) -> None:
    world.asked("XBB")
    waiting(world, "XBB", Kind.INFORMATION_RESPONSE)
    answer = world.respond("XBB", "ANSWERED")
    world.deliver_all()
    assert world.both("XBB") == "SUBMITTED"
    # Signed in time, confirmed after LTIOV: it counts.
    world.world.now = LTIOV + MINUTE
    assert world.stands("XBB", "XBB") == "EXPIRED"
    confirm(world, "XBB", answer)
    world.deliver_all()
    assert world.both("XBB") == "ANSWERED"


def test_an_answer_that_became_illegal_while_it_waited_is_not_released(world: RequestWorld) -> None:
    world.asked("XBB")
    waiting(world, "XBB", Kind.INFORMATION_RESPONSE)
    answer = world.respond("XBB", "ANSWERED")
    world.world.pass_time(MINUTE)
    world.close("OVERTAKEN")
    world.deliver_all()
    with pytest.raises(NotReleased) as caught:
        confirm(world, "XBB", answer)
    assert caught.value.code is ReasonCode.REQUEST_TRANSITION_ILLEGAL
    assert caught.value.detail == "The request is CLOSED, where ANSWER is illegal; legal now: none."
    assert caught.value.legal == ()
    world.deliver_all()
    assert world.both("XBB") == "CLOSED OVERTAKEN"
    assert world.gateway(ASKER).inbox() == ()


def test_a_request_that_waits_for_a_second_person_is_none_yet(world: RequestWorld) -> None:
    waiting(world, ASKER, Kind.INFORMATION_REQUEST)
    asked = world.ask()
    world.deliver_all()
    assert request_list.list_newest(world.tx(ASKER), world.world.now) == ()
    confirm(world, ASKER, asked)
    world.deliver_all()
    assert (world.both("XBB"), world.both("XCC")) == ("SUBMITTED", "SUBMITTED")
    (found,) = request_list.list_newest(world.tx(ASKER), world.world.now)
    assert found.publication_id == asked.publication_id


# -- versions, and what may be displayed only ---------------------------------------------------------


def listed(world: RequestWorld, nation: str, **options: Any) -> int:
    return len(request_list.list_newest(world.tx(nation), world.world.now, **options))


def test_a_request_for_display_is_listed_for_people_only(world: RequestWorld) -> None:
    world.asked("XCC", label={"display_only_to": ["XBB"]})
    assert (listed(world, "XBB"), listed(world, "XBB", with_display_only=True)) == (0, 1)
    message_id = world.message("XBB").message_id
    assert request_list.by_message_id(world.tx("XBB"), message_id) == ()
    assert listed(world, "XCC") == 1
    world.close("OVERTAKEN")
    world.deliver_all()
    assert (world.both("XBB"), world.both("XCC")) == ("CLOSED OVERTAKEN", "CLOSED OVERTAKEN")


def test_each_nation_answers_the_version_that_it_has(world: RequestWorld) -> None:
    accepted = world.asked("XBB", tear_line_to=("XBB", "XCC"))
    ids = {message.recipients: message.message_id for message in accepted.messages}
    assert world.message("XBB").message_id == ids["XBB",]
    assert world.message("XCC").message_id == ids["XCC",] != ids["XBB",]
    world.world.pass_time(MINUTE)
    world.respond("XCC", "ACCEPTED")
    world.deliver_all()
    assert (world.both("XBB"), world.both("XCC")) == ("SUBMITTED", "ACCEPTED")
    for nation in ("XBB", "XCC"):
        (found,) = request_list.by_message_id(world.tx(ASKER), ids[nation,])
        assert found.publication_id == accepted.publication_id
    world.close()
    world.deliver_all()
    assert (world.both("XBB"), world.both("XCC")) == ("CLOSED SATISFIED", "CLOSED SATISFIED")
