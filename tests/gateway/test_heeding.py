"""What a request asks for is heeded or refused, never ignored in silence."""

from typing import Any

import pytest
from fastapi.routing import APIRoute

from gateways.http.heeding import SAME_WHEN_REPEATED, heeds_key
from tests.gateway.running import Gateway, assert_problem


def operations(gateway: Gateway) -> list[tuple[str, str, dict[str, Any]]]:
    paths = gateway.client.get("/openapi.json").json()["paths"]
    return [(method, path, each) for path, item in paths.items() for method, each in item.items()]


def test_no_address_takes_a_parameter_that_it_does_not_have(xaa: Gateway) -> None:
    for method, path, _ in operations(xaa):
        address = path.replace("{kind}", "threat_alert").replace("{event_seq}", "1")
        answer = xaa.client.request(method, address, params={"bogus": "1"}, headers=xaa.auth)
        problem = assert_problem(answer, 422, "PARAMETER_INVALID")
        assert "bogus" not in answer.text, "what is not ours is not quoted"
        assert problem["pointer"].startswith(("/query", "/path")), (method, path)
    assert xaa.get("/v1/inbox", params={"limit": 1}).status_code == 200


def test_a_parameter_that_is_given_once_is_not_taken_twice(xaa: Gateway) -> None:
    answer = xaa.client.get("/v1/inbox?limit=1&limit=2", headers=xaa.auth)
    assert_problem(answer, 422, "PARAMETER_INVALID", "/query/limit")
    assert xaa.client.get("/v1/events?type=lane.alarm&type=lane.cleared", headers=xaa.auth).status_code == 200


def test_no_idempotency_key_is_ignored_where_repeating_does_it_twice(xaa: Gateway) -> None:
    heeding = {
        *("publish_message", "acknowledge_message", "note_request"),
        *("accept_request", "decline_request", "redirect_request"),
    }
    posts = {each["operationId"]: (path, each) for method, path, each in operations(xaa) if method == "post"}
    assert heeding | SAME_WHEN_REPEATED < posts.keys()
    for name, (path, described) in posts.items():
        named = "Idempotency-Key" in [each["name"] for each in described.get("parameters", ())]
        assert named == (name in heeding), name
        if name in heeding | SAME_WHEN_REPEATED:
            continue
        assert "IDEMPOTENCY_KEY_NOT_HEEDED" in described["responses"]["400"]["description"]
        answer = xaa.post(path.replace("{event_seq}", "1"), {}, Idempotency_Key="twice")
        # An address with a made-up id may be refused for that before.
        if answer.json()["code"] != "PARAMETER_INVALID":
            assert_problem(answer, 400, "IDEMPOTENCY_KEY_NOT_HEEDED")


@pytest.mark.parametrize("path", ["/v1/webhooks", "/v1/backfills", "/v1/agreements"])
def test_what_creates_something_refuses_the_key(xaa: Gateway, path: str) -> None:
    assert_problem(xaa.post(path, {}, Idempotency_Key="twice"), 400, "IDEMPOTENCY_KEY_NOT_HEEDED")


def test_a_route_is_not_repeatable_unless_it_says_so() -> None:
    async def creates() -> None: ...

    assert not heeds_key(APIRoute("/new", creates, methods=["POST"]))
