"""The timeline of a request names no message, and gives no code, that its reader may not see in the inbox."""

import json
from pathlib import Path

import pytest

from bus.store import request_list
from gateways.http.caller import Caller
from gateways.http.request_views import RequestStepView, request_view, stored_request
from gateways.operators.sessions import SignedIn
from schemas.header import Kind, Mode
from tests.flows.request_world import ASKER, RequestWorld
from tests.realm_fixtures import TestRealm, make_realm

ASKS, ANSWERS = Kind.INFORMATION_REQUEST, Kind.INFORMATION_RESPONSE


@pytest.fixture(scope="module")
def realm() -> TestRealm:
    return make_realm()


@pytest.fixture
def world(tmp_path: Path, realm: TestRealm) -> RequestWorld:
    return RequestWorld(tmp_path, realm)


def key(*kinds: Kind, modes: frozenset[Mode] | None = None) -> Caller:
    return Caller("key", "api-key:key", frozenset(), frozenset(kinds) or None, modes, "key")


def person(*, reads: bool) -> Caller:
    signed_in = SignedIn.__new__(SignedIn)
    return Caller(
        "operator:anna",
        "operator:anna",
        frozenset(),
        signed_in=signed_in,
        sees_content=reads,
        shows_display_only=reads,
    )


def steps(world: RequestWorld, caller: Caller, at: str = ASKER) -> tuple[RequestStepView, ...]:
    (found,) = request_list.list_newest(world.tx(at), world.world.now)
    stored = stored_request(world.tx(at), found, in_full=True)
    timeline = request_view(stored, caller, world.world.now).parties[0].timeline
    assert timeline is not None
    return timeline


@pytest.mark.parametrize("at", [ASKER, "XBB"])
def test_who_sees_no_responses_is_told_that_it_was_declined_and_neither_why_nor_by_which_message(
    world: RequestWorld, at: str
) -> None:
    world.asked("XBB")
    declined = world.respond("XBB", "DECLINED")
    world.deliver_all()
    for caller in (key(), key(ASKS, ANSWERS), person(reads=True)):
        (step,) = steps(world, caller, at)
        assert (step.message_id, step.detail) == (declined.message_id, "NO_CAPACITY")
    for caller in (key(ASKS), key(ASKS, Kind.ACKNOWLEDGEMENT), key(modes=frozenset({Mode.TEST}))):
        (step,) = steps(world, caller, at)
        assert (step.act, step.state, step.message_id, step.detail) == ("DECLINE", "DECLINED", None, None)
    (step,) = steps(world, person(reads=False), at)
    assert (step.message_id, step.detail) == (declined.message_id, None)


def test_a_response_that_may_be_displayed_only_is_named_to_people_alone(world: RequestWorld) -> None:
    world.asked("XBB", "XCC")
    response = json.loads(world.response("XBB", "DECLINED"))
    response["header"]["action_addressees"] = []
    response["label"] |= {"releasable_to": ["XCC"], "display_only_to": [ASKER]}
    declined = world.gateway("XBB").publish(json.dumps(response).encode())
    world.deliver_all()
    (step,) = steps(world, key())
    assert (step.act, step.message_id, step.detail) == ("DECLINE", None, None)
    (step,) = steps(world, person(reads=False))
    assert (step.message_id, step.detail) == (declined.message_id, None)
    (step,) = steps(world, person(reads=True))
    assert (step.message_id, step.detail) == (declined.message_id, "NO_CAPACITY")
